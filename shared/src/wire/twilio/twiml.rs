//! `TwiML`: the verbs that we answer with. Text and attributes are escaped.

use quick_xml::escape::escape;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `<Connect action><Stream url><Parameter…></Stream></Connect>`: talks to the media relay; Twilio goes
    /// on with the next verb when the relay closes the socket.
    ConnectStream {
        url: String,
        parameters: Vec<(String, String)>,
    },
    /// `<Connect action><ConversationRelay url>`: Twilio hears and speaks, text goes to the media relay; then it fetches
    /// `action`.
    ConnectConversation {
        url: String,
        action: String,
        /// BCP 47, as of all that is heard and said.
        language: &'static str,
    },
    /// `<Start><Transcription>` of both sides, while the call goes on; what is heard is told to `callback`. `language`:
    /// BCP 47.
    StartTranscription {
        callback: String,
        language: String,
    },
    /// `<Stop><Transcription>`
    StopTranscription,
    Say {
        text: String,
        language: &'static str,
    },
    /// `<Record>`: voicemail. `action` is fetched when the caller is done; `transcribed` is told what was said.
    Record {
        action: String,
        transcribed: String,
        max_length_seconds: u32,
    },
    /// `<Dial><Number url>`: `whisper` says what only the number's side hears before both are joined. It is over after
    /// `limit_seconds` of talk.
    DialNumber {
        number: String,
        whisper: String,
        action: String,
        timeout_seconds: u32,
        limit_seconds: u32,
    },
    /// `<Dial><Conference>`: a room that ends with whoever leaves it. `joined` is told once this one is in it.
    DialConference {
        name: String,
        joined: Option<String>,
        limit_seconds: u32,
    },
    /// `<Gather>` of one key, with what is said meanwhile.
    Gather {
        action: String,
        say: String,
        language: &'static str,
        timeout_seconds: u32,
    },
    Redirect(String),
    Reject,
    Hangup,
}

/// A call has one.
const TRANSCRIPTION: &str = "twin";

/// A whole document.
pub fn response(verbs: &[Verb]) -> String {
    let mut xml = String::from(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#);
    for verb in verbs {
        verb.write(&mut xml);
    }
    xml.push_str("</Response>");
    xml
}

impl Verb {
    fn write(&self, xml: &mut String) {
        match self {
            Self::ConnectStream { url, parameters } => {
                xml.push_str(&format!(r#"<Connect><Stream url="{}">"#, escape(url.as_str())));
                for (name, value) in parameters {
                    xml.push_str(&format!(
                        r#"<Parameter name="{}" value="{}"/>"#,
                        escape(name.as_str()),
                        escape(value.as_str())
                    ));
                }
                xml.push_str("</Stream></Connect>");
            }
            Self::ConnectConversation { url, action, language } => xml.push_str(&format!(
                r#"<Connect action="{}" method="POST"><ConversationRelay url="{}" language="{language}" dtmfDetection="true"/></Connect>"#,
                escape(action.as_str()),
                escape(url.as_str())
            )),
            Self::StartTranscription { callback, language } => xml.push_str(&format!(
                r#"<Start><Transcription name="{TRANSCRIPTION}" track="both_tracks" languageCode="{}" statusCallbackUrl="{}" statusCallbackMethod="POST"/></Start>"#,
                escape(language.as_str()),
                escape(callback.as_str())
            )),
            Self::StopTranscription => {
                xml.push_str(&format!(r#"<Stop><Transcription name="{TRANSCRIPTION}"/></Stop>"#));
            }
            Self::Say { text, language } => {
                xml.push_str(&format!(r#"<Say language="{language}">{}</Say>"#, escape(text.as_str())));
            }
            Self::Record { action, transcribed, max_length_seconds } => xml.push_str(&format!(
                r#"<Record action="{}" method="POST" maxLength="{max_length_seconds}" playBeep="true" transcribe="true" transcribeCallback="{}"/>"#,
                escape(action.as_str()),
                escape(transcribed.as_str())
            )),
            Self::DialNumber { number, whisper, action, timeout_seconds, limit_seconds } => xml.push_str(&format!(
                r#"<Dial action="{}" method="POST" timeout="{timeout_seconds}" timeLimit="{limit_seconds}"><Number url="{}" method="POST">{}</Number></Dial>"#,
                escape(action.as_str()),
                escape(whisper.as_str()),
                escape(number.as_str())
            )),
            Self::DialConference { name, joined, limit_seconds } => {
                xml.push_str(&format!(
                    r#"<Dial timeLimit="{limit_seconds}"><Conference beep="false" endConferenceOnExit="true""#
                ));
                if let Some(url) = joined {
                    xml.push_str(&format!(
                        r#" statusCallback="{}" statusCallbackMethod="POST" statusCallbackEvent="join""#,
                        escape(url.as_str())
                    ));
                }
                xml.push_str(&format!(">{}</Conference></Dial>", escape(name.as_str())));
            }
            Self::Gather { action, say, language, timeout_seconds } => xml.push_str(&format!(
                r#"<Gather input="dtmf" numDigits="1" timeout="{timeout_seconds}" action="{}" method="POST"><Say language="{language}">{}</Say></Gather>"#,
                escape(action.as_str()),
                escape(say.as_str())
            )),
            Self::Redirect(url) => {
                xml.push_str(&format!(r#"<Redirect method="POST">{}</Redirect>"#, escape(url.as_str())));
            }
            Self::Reject => xml.push_str(r#"<Reject reason="rejected"/>"#),
            Self::Hangup => xml.push_str("<Hangup/>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        let xml = response(&[
            Verb::Say { text: r#""><Dial>+1900</Dial>"#.to_owned(), language: "en-US" },
            Verb::ConnectStream {
                url: "wss://x/media/a".into(),
                parameters: vec![("a\"".into(), "<b>".into())],
            },
            Verb::Hangup,
        ]);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Say language=\"en-US\">&quot;&gt;&lt;Dial&gt;+1900&lt;/Dial&gt;</Say>\
             <Connect><Stream url=\"wss://x/media/a\"><Parameter name=\"a&quot;\" value=\"&lt;b&gt;\"/></Stream></Connect>\
             <Hangup/></Response>"
        );
    }

    /// Twilio's own limit is four hours.
    #[test]
    fn whoever_is_dialled_does_not_talk_for_ever() {
        let number = Verb::DialNumber {
            number: "+12125550100".into(),
            whisper: "/w?a=1&b=2".into(),
            action: "/d".into(),
            timeout_seconds: 20,
            limit_seconds: 60,
        };
        let room = |joined: Option<&str>| Verb::DialConference {
            name: "r".into(),
            joined: joined.map(str::to_owned),
            limit_seconds: 60,
        };
        let xml = response(&[number, room(Some("/j")), room(None)]);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Dial action=\"/d\" method=\"POST\" timeout=\"20\" timeLimit=\"60\">\
             <Number url=\"/w?a=1&amp;b=2\" method=\"POST\">+12125550100</Number></Dial>\
             <Dial timeLimit=\"60\"><Conference beep=\"false\" endConferenceOnExit=\"true\" statusCallback=\"/j\" \
             statusCallbackMethod=\"POST\" statusCallbackEvent=\"join\">r</Conference></Dial>\
             <Dial timeLimit=\"60\"><Conference beep=\"false\" endConferenceOnExit=\"true\">r</Conference></Dial>\
             </Response>"
        );
    }
}
