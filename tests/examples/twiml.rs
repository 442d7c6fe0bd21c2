//! A document with each verb that our webhooks answer with, a line each, for a peer that knows the vendor's own types:
//! `cargo run -p tests --example twiml`.

use twin::wire::twilio::twiml::{Verb, response};

/// The next verb after this one; each is in the list once.
fn after(verb: Option<&Verb>) -> Option<Verb> {
    let odd = || "\"><Dial>+1900</Dial> & more".to_owned();
    Some(match verb {
        None => Verb::ConnectStream {
            url: "wss://relay.example.com/media/ticket".to_owned(),
            parameters: vec![("a name".to_owned(), odd())],
        },
        Some(Verb::ConnectStream { .. }) => Verb::ConnectConversation {
            url: "wss://relay.example.com/media/text/ticket".to_owned(),
            action: "https://twin.example.com/api/phone/after-stream?engine=text&a=b".to_owned(),
            language: "de-DE",
        },
        Some(Verb::ConnectConversation { .. }) => Verb::StartTranscription {
            callback: "https://twin.example.com/api/phone/live-transcription".to_owned(),
            language: "en-US".to_owned(),
        },
        Some(Verb::StartTranscription { .. }) => Verb::StopTranscription,
        Some(Verb::StopTranscription) => Verb::Say { text: odd(), language: "fr-FR" },
        Some(Verb::Say { .. }) => Verb::Record {
            action: "https://twin.example.com/api/phone/recording".to_owned(),
            transcribed: "https://twin.example.com/api/phone/transcription".to_owned(),
            max_length_seconds: 120,
        },
        Some(Verb::Record { .. }) => Verb::DialNumber {
            number: "+12125550100".to_owned(),
            whisper: "https://twin.example.com/api/phone/transfer/owner?call=CA1&b=2".to_owned(),
            action: "https://twin.example.com/api/phone/transfer/dialled".to_owned(),
            timeout_seconds: 20,
            limit_seconds: 7200,
        },
        Some(Verb::DialNumber { .. }) => Verb::DialConference {
            name: "transfer-CA1".to_owned(),
            joined: Some("https://twin.example.com/api/phone/transfer/joined?call=CA1".to_owned()),
            limit_seconds: 7200,
        },
        Some(Verb::DialConference { .. }) => Verb::Gather {
            action: "https://twin.example.com/api/phone/transfer/answer?call=CA1".to_owned(),
            say: odd(),
            language: "es-ES",
            timeout_seconds: 10,
        },
        Some(Verb::Gather { .. }) => {
            Verb::Redirect("https://twin.example.com/api/phone/after-stream".to_owned())
        }
        Some(Verb::Redirect(_)) => Verb::Reject,
        Some(Verb::Reject) => Verb::Hangup,
        Some(Verb::Hangup) => return None,
    })
}

fn main() {
    let mut last = None;
    while let Some(verb) = after(last.as_ref()) {
        println!("{}", response(std::slice::from_ref(&verb)));
        last = Some(verb);
    }
}
