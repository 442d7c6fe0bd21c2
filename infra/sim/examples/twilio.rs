//! The Twilio simulator by itself.
//!
//! - `twilio call WEBHOOK [SCENARIO]`: a caller dials a webhook; prints what happens and the report
//! - `twilio peer`: calls a little product of its own, prints one line of JSON with every signed request and
//!   `TwiML` document, and serves the REST API until standard input ends (for `tests/peers/twilio_sdk.py`)
//! - `twilio load N`: N callers at once against the little product

use std::{error::Error, io::Write as _, sync::Arc, time::Duration};

use axum::{Router, http::header, routing::any};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sim::{
    scenario::Scenario,
    speech,
    twilio::{
        Twilio,
        faults::{Faults, SHARED_KEY, Signing},
        report::{Ending, Report},
        rest,
        turns::{Line, Manners},
    },
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "12345";
const TO: &str = "+15005550006";

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["call", webhook] => call(webhook, "recruiter").await,
        ["call", webhook, scenario] => call(webhook, scenario).await,
        ["peer"] => peer().await,
        ["load", callers] => load(callers.parse()?).await,
        _ => Err("twilio call WEBHOOK [SCENARIO] | twilio peer | twilio load N".into()),
    }
}

async fn call(webhook: &str, scenario: &str) -> Outcome {
    let scenario = Scenario::built_in(scenario)?;
    let twilio = Twilio::new(ACCOUNT, TOKEN, "https://api.twilio.com")?;
    let mut placed = twilio.place(twilio.call(webhook, "", TO).playing(&scenario))?;
    let began = std::time::Instant::now();
    while let Some(event) = placed.events.recv().await {
        println!("{:7.2}s  {event:?}", began.elapsed().as_secs_f64());
    }
    println!("{}", serde_json::to_string_pretty(&placed.report().await?)?);
    Ok(())
}

async fn peer() -> Outcome {
    let product = product().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/twilio", listener.local_addr()?);
    let twilio = Arc::new(Twilio::new(ACCOUNT, TOKEN, &base)?);
    twilio.answer_with(Vec::new());
    let app = Router::new().nest("/twilio", rest::app(Arc::clone(&twilio)));
    tokio::spawn(axum::serve(listener, app).into_future());
    let report = one(&twilio, &product, 0.0, Faults::default()).await?;
    let signed = Faults { signing: Signing::Shared, stream_signing: Signing::Shared, ..Faults::default() };
    let with_a_shared_key = one(&twilio, &product, 0.0, signed).await?;
    let line = json!({"rest": base, "product": product, "account_sid": ACCOUNT, "auth_token": TOKEN,
        "report": report, "shared_key": SHARED_KEY, "with_a_shared_key": with_a_shared_key});
    println!("{line}");
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}

async fn load(callers: usize) -> Outcome {
    let product = product().await?;
    let twilio = Arc::new(Twilio::new(ACCOUNT, TOKEN, "https://api.twilio.com")?);
    let calls = (0..callers).map(|_| one(&twilio, &product, 0.0, Faults::default()));
    let reports: Vec<Report> =
        futures_util::future::join_all(calls).await.into_iter().collect::<Outcome<_>>()?;
    let streams: Vec<_> = reports.iter().flat_map(|report| &report.streams).collect();
    let closed = streams.iter().filter(|stream| stream.ending == Ending::ServerClosed).count();
    let reactions = streams.iter().flat_map(|stream| &stream.interruptions);
    let worst = reactions.filter_map(|it| it.cleared_at?.checked_sub(it.spoke_at)).max();
    let sent: u64 = streams.iter().map(|stream| stream.frames_sent).sum();
    let faults: usize = reports.iter().map(|report| report.faults.len()).sum();
    let longest = reports.iter().map(|report| report.duration).max().unwrap_or_default();
    println!("{closed} of {callers} calls ended well in {longest:?}, {sent} frames sent, {faults} faults");
    let late = streams.iter().map(|stream| stream.worst_lateness).max().unwrap_or_default();
    println!("slowest clear after a barge-in: {worst:?}; latest frame: {late:?}");
    Ok(())
}

/// A call with a barge-in and a message after the tone.
async fn one(twilio: &Twilio, product: &str, tempo: f64, faults: Faults) -> Outcome<Report> {
    let interrupting = Line { barge_in: Some(Duration::from_millis(600)), ..Line::spoken("Wait, please.") };
    let lines = vec![interrupting, Line::spoken("Thank you."), Line::spoken("Call me back.")];
    let config = sim::twilio::caller::CallConfig {
        status_callback: Some(format!("{product}/status")),
        progress: true,
        stir_verstat: Some("TN-Validation-Passed-A".into()),
        caller_name: Some("\"><Dial>+1900…".into()),
        lines,
        digits: vec!["12#".into()],
        manners: Manners { max_wait: Duration::from_secs(3), ..Manners::default() },
        tempo,
        faults,
        ..twilio.call(&format!("{product}/voice?b=1&a=2"), "+14155550100", TO)
    };
    Ok(twilio.place(config)?.report().await?)
}

/// A product that answers, talks, stops when interrupted, hangs up, and takes a message; its base URL.
async fn product() -> Outcome<String> {
    let sockets = TcpListener::bind("127.0.0.1:0").await?;
    let media = sockets.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = sockets.accept().await {
            tokio::spawn(async move { talk(socket).await.map_err(|why| eprintln!("stream: {why}")) });
        }
    });
    let voice = format!(
        r#"<Say>This is an AI.</Say><Start><Recording channels="dual" recordingStatusCallback="/recorded"/></Start>
        <Connect><Stream url="ws://{media}/media/1?dropped=1" statusCallback="/streamed">
        <Parameter name="ticket" value="t&amp;1"/></Stream></Connect><Redirect>voicemail</Redirect>"#
    );
    let voicemail = r#"<Say>Please leave a message.</Say>
        <Record action="keyed?x=1" maxLength="30" playBeep="true" recordingStatusCallback="/recorded"/>"#;
    let keyed = r#"<Gather input="dtmf" action="bye" method="GET" numDigits="2"><Say>Press.</Say></Gather>"#;
    let hold = r#"<Pause length="60"/>"#;
    let bye = r"<Say>Goodbye.</Say><Hangup/>";
    let mut app = Router::new();
    for (path, body) in [
        ("/voice", voice.as_str()),
        ("/voicemail", voicemail),
        ("/keyed", keyed),
        ("/bye", bye),
        ("/hold", hold),
    ] {
        let document = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>"#);
        app = app.route(path, any(move || async { ([(header::CONTENT_TYPE, "text/xml")], document) }));
    }
    for path in ["/status", "/recorded", "/streamed"] {
        app = app.route(path, any(async || ""));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(base)
}

/// Greets, says `clear` on hearing a voice, answers, and closes after the second line.
async fn talk(socket: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let mut socket = accept_async_with_config(socket, Some(config)).await?;
    let (mut stream, mut voiced, mut quiet, mut heard_lines) = (String::new(), 0, 0, 0);
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let event: Value = serde_json::from_str(&text)?;
        match event["event"].as_str() {
            Some("start") => {
                event["streamSid"].as_str().unwrap_or_default().clone_into(&mut stream);
                say(&mut socket, &stream, "This is a rather long greeting of the little product.").await?;
            }
            Some("media") => {
                let audio = STANDARD.decode(event["media"]["payload"].as_str().unwrap_or_default())?;
                if speech::is_voiced(&audio) {
                    (voiced, quiet) = (voiced + 1, 0);
                    if voiced == 3 {
                        let clear = json!({"event": "clear", "streamSid": stream});
                        socket.send(Message::text(clear.to_string())).await?;
                    }
                } else {
                    quiet += 1;
                }
                if voiced > 3 && quiet == 25 {
                    (voiced, heard_lines) = (0, heard_lines + 1);
                    if heard_lines == 2 {
                        break;
                    }
                    say(&mut socket, &stream, "I see.").await?;
                }
            }
            _ => {}
        }
    }
    Ok(socket.close(None).await?)
}

async fn say(
    socket: &mut tokio_tungstenite::WebSocketStream<TcpStream>,
    stream: &str,
    text: &str,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    for audio in speech::speak(text).chunks(2000) {
        let media =
            json!({"event": "media", "streamSid": stream, "media": {"payload": STANDARD.encode(audio)}});
        socket.feed(Message::text(media.to_string())).await?;
    }
    let mark = json!({"event": "mark", "streamSid": stream, "mark": {"name": text}});
    socket.send(Message::text(mark.to_string())).await
}
