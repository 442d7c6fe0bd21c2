//! Calls against a webhook on this machine that answers at once; nothing waits for time to pass.

use std::{collections::HashMap, future::IntoFuture as _, sync::Mutex, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::*;
use crate::twilio::{
    Twilio,
    faults::{Faults, Signing, Stop},
    report::Ending,
    rest, signature,
    turns::Line,
};

const XML: &str = "text/xml; charset=utf-8";

/// Path → (status, content type, body).
type Pages = HashMap<&'static str, (u16, &'static str, String)>;

struct Asked {
    path: String,
    headers: HeaderMap,
    params: Vec<(String, String)>,
}

#[derive(Default)]
struct Product {
    pages: Pages,
    asked: Mutex<Vec<Asked>>,
}

impl Product {
    /// Serves TwiML bodies by path; the base URL.
    async fn serve(pages: &[(&'static str, &str)]) -> (Arc<Self>, String) {
        let page = |body: &str| (200, XML, format!("<Response>{body}</Response>"));
        Self::serve_pages(pages.iter().map(|(path, body)| (*path, page(body))).collect()).await
    }

    async fn serve_pages(pages: Pages) -> (Arc<Self>, String) {
        let product = Arc::new(Self { pages, asked: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&product));
        tokio::spawn(axum::serve(listener, app).into_future());
        (product, base)
    }

    fn paths(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").iter().map(|asked| asked.path.clone()).collect()
    }

    /// The values of one parameter in the requests that have it.
    fn values(&self, name: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("not poisoned");
        let params = asked.iter().flat_map(|asked| &asked.params);
        params.filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

async fn answer(
    State(product): State<Arc<Product>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (axum::http::StatusCode, [(&'static str, &'static str); 1], String) {
    let params = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    product.asked.lock().expect("not poisoned").push(Asked { path: uri.to_string(), headers, params });
    let missing = (404, "text/plain", String::new());
    let (status, content_type, body) = product.pages.get(uri.path()).unwrap_or(&missing).clone();
    (axum::http::StatusCode::from_u16(status).expect("valid"), [("content-type", content_type)], body)
}

fn config(base: &str) -> CallConfig {
    CallConfig {
        tempo: 0.0,
        ..CallConfig::new(&format!("{base}/voice?b=1"), "AC1", "12345", "+14155550123", "+15005550006")
    }
}

async fn run(config: CallConfig) -> Report {
    Call::place(config).expect("placed").report().await.expect("no panic")
}

#[tokio::test]
async fn a_call_follows_its_documents_with_signed_requests() {
    let (product, base) = Product::serve(&[
        ("/voice", r#"<Say>One.</Say><Gather input="speech" action="next"/>"#),
        ("/next", r#"<Dial action="/dialled"><Number>+14155550100</Number></Dial>"#),
        ("/dialled", r#"<Record action="/recorded"/>"#),
        ("/recorded", "<Say>Two.</Say>"),
    ])
    .await;
    let report = run(CallConfig {
        lines: vec![Line::spoken("Yes."), Line::spoken("Hello.")],
        dial: DialOutcome::Busy,
        status_callback: Some(format!("{base}/status")),
        progress: true,
        ..config(&base)
    })
    .await;
    assert_eq!((report.status, report.faults.as_slice()), ("completed", &[][..]));
    assert_eq!(report.verbs, ["Say", "Gather", "Dial", "Record", "Say"]);
    assert_eq!(
        (report.heard, report.said),
        (vec!["One.".into(), "Two.".into()], vec!["Yes.".into(), "Hello.".into()])
    );
    assert_eq!(product.values("SpeechResult"), ["Yes."]);
    assert_eq!(product.values("DialCallStatus"), ["busy"]);
    assert!(
        product.values("RecordingUrl")[0]
            .starts_with("https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE")
    );
    assert_eq!(product.values("SequenceNumber"), ["0", "1", "2"]);
    for asked in product.asked.lock().expect("not poisoned").iter() {
        let url = format!("{base}{}", asked.path);
        let signed = asked.headers[signature::HEADER].to_str().expect("ASCII");
        assert_eq!(signed, signature::form("12345", &url, &asked.params), "{}", asked.path);
    }
}

#[tokio::test]
async fn what_is_recorded_is_with_an_account_elsewhere() {
    let account = Arc::new(Twilio::new("AC1", "12345", "http://127.0.0.1:1/twilio").expect("a client"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let elsewhere = format!("http://{}/twilio", listener.local_addr().expect("bound"));
    let app = Router::new().nest("/twilio", rest::app(Arc::clone(&account)));
    tokio::spawn(axum::serve(listener, app).into_future());
    let (product, base) =
        Product::serve(&[("/voice", r#"<Record action="/recorded"/>"#), ("/recorded", "<Say>Thanks.</Say>")])
            .await;
    let report =
        run(CallConfig { lines: vec![Line::spoken("Hello.")], heard_at: Some(elsewhere), ..config(&base) })
            .await;
    assert_eq!((report.status, report.faults.as_slice()), ("completed", &[][..]));
    let known = account.calls();
    assert_eq!(known.iter().map(|live| live.sid.as_str()).collect::<Vec<_>>(), [report.call_sid.as_str()]);
    let sids: Vec<String> = known[0].recordings(|all| all.iter().map(|one| one.sid.clone()).collect());
    assert_eq!((sids.len(), sids), (1, product.values("RecordingSid")));
}

#[tokio::test]
async fn a_failing_webhook_leads_to_the_fallback() {
    let page = |status, kind, body: &str| (status, kind, body.to_owned());
    for (first, code) in [
        (page(500, XML, ""), "11200"),
        (page(200, "application/json", "{}"), "12300"),
        (page(200, XML, "<Response><Speak/></Response>"), "12200"),
        (page(200, XML, "<Response>"), "12100"),
    ] {
        let fallback = page(200, XML, "<Response><Reject reason='busy'/></Response>");
        let (product, base) =
            Product::serve_pages(HashMap::from([("/voice", first.clone()), ("/fallback", fallback)])).await;
        let lost = run(config(&base)).await;
        assert_eq!((lost.status, lost.fault_codes()[0].to_string()), ("failed", code.to_owned()));
        let saved = run(CallConfig { fallback: Some(format!("{base}/fallback")), ..config(&base) }).await;
        assert_eq!(saved.status, "busy", "rejected before it was answered");
        assert_eq!(product.values("ErrorCode"), [code]);
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_once_more_with_a_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let report = run(config(&base)).await;
    assert_eq!((report.status, report.fault_codes()), ("failed", vec![11200]));
    let tokens: Vec<_> = report.exchanges.iter().map(|made| made.idempotency_token.is_some()).collect();
    assert_eq!(tokens, [false, true]);
}

#[tokio::test]
async fn an_endless_redirect_ends() {
    let (product, base) = Product::serve(&[("/voice", "<Redirect>/voice</Redirect>")]).await;
    assert_eq!(run(config(&base)).await.fault_codes(), [11205]);
    assert_eq!(product.paths().len(), MOST_DOCUMENTS);
}

#[tokio::test]
async fn status_callbacks_arrive_in_order_twice_or_reversed() {
    let (product, base) = Product::serve(&[("/voice", "<Hangup/>")]).await;
    for (callbacks, order) in [
        (Callbacks::InOrder, vec!["0", "1", "2"]),
        (Callbacks::Twice, vec!["0", "0", "1", "1", "2", "2"]),
        (Callbacks::Reversed, vec!["2", "1", "0"]),
    ] {
        product.asked.lock().expect("not poisoned").clear();
        let faults = Faults { callbacks, ..Faults::default() };
        run(CallConfig {
            status_callback: Some(format!("{base}/s")),
            progress: true,
            faults,
            ..config(&base)
        })
        .await;
        assert_eq!(product.values("SequenceNumber"), order);
    }
}

#[tokio::test]
async fn spoilt_requests_are_what_they_should_be() {
    let (product, base) = Product::serve(&[("/voice", "")]).await;
    run(CallConfig { faults: Faults { from_twice: true, ..Faults::default() }, ..config(&base) }).await;
    assert_eq!(product.values("From"), ["+14155550123", "+15005550009"]);
    run(CallConfig { faults: Faults { shifted: true, ..Faults::default() }, ..config(&base) }).await;
    assert!(product.values("CallStatus")[1].starts_with("ringingCallToken"));
    let unsigned = Faults { signing: Signing::Missing, ..Faults::default() };
    run(CallConfig { faults: unsigned, ..config(&base) }).await;
    let asked = product.asked.lock().expect("not poisoned");
    let signed: Vec<_> = asked.iter().map(|asked| asked.headers.contains_key(signature::HEADER)).collect();
    assert_eq!(signed, [true, true, false]);
}

/// A media server that takes one connection: says what `script` says, then closes; what it received.
async fn media(script: Vec<Message>, refuse: bool) -> (String, JoinHandle<(String, Vec<String>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/media/1", listener.local_addr().expect("bound"));
    let task = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut signed = String::new();
        #[expect(clippy::result_large_err, reason = "the callback's own type")]
        let check = |request: &Request, response: Response| {
            let header = request.headers().get("x-twilio-signature");
            signed = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = axum::http::StatusCode::FORBIDDEN;
            if refuse { Err(refusal) } else { Ok(response) }
        };
        let mut received = Vec::new();
        if let Ok(mut socket) = accept_hdr_async(socket, check).await {
            for message in script {
                socket.send(message).await.expect("sent");
            }
            while let Some(Ok(message)) = socket.next().await {
                received.extend(message.is_text().then(|| message.to_text().expect("text").to_owned()));
            }
        }
        (signed, received)
    });
    (url, task)
}

async fn stream(
    script: Vec<Message>,
    refuse: bool,
    faults: Faults,
    hang_up: bool,
) -> (Report, String, Vec<String>) {
    let (url, server) = media(script, refuse).await;
    let connect = format!(r#"<Connect action="/after"><Stream url="{url}?gone=1"/></Connect>"#);
    let (_, base) = Product::serve(&[("/voice", &connect), ("/after", "<Say>After.</Say>")]).await;
    let mut placed = Call::place(CallConfig { faults, ..config(&base) }).expect("placed");
    while hang_up && !matches!(placed.events.recv().await, Some(CallerEvent::StreamStarted) | None) {}
    if hang_up {
        placed.hang_up();
    }
    let report = placed.report().await.expect("no panic");
    let (signed, received) = server.await.expect("no panic");
    assert_eq!(signed, signature::url("12345", &url.replace("ws://", "wss://")));
    (report, signed, received)
}

fn close(code: u16) -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "bye".into() }))
}

#[tokio::test]
async fn when_the_server_closes_the_next_document_runs() {
    let script = vec![Message::binary(vec![1]), Message::text("{"), close(1008)];
    let (report, _, received) = stream(script, false, Faults::default(), false).await;
    let stream = &report.streams[0];
    assert_eq!((stream.handshake, stream.close_code, stream.ending), (101, Some(1008), Ending::ServerClosed));
    assert_eq!(stream.close_reason, "bye");
    assert_eq!(report.fault_codes(), [31950, 31950]);
    assert_eq!(report.heard, ["After."]);
    assert!(received[0].contains("connected") && received[1].contains(r#""event":"start""#));
    assert!(!received.iter().any(|text| text.contains(r#""event":"stop""#)));
}

#[tokio::test]
async fn a_refused_upgrade_is_told_by_its_status() {
    let (report, ..) = stream(vec![], true, Faults::default(), false).await;
    assert_eq!((report.streams[0].handshake, report.fault_codes()), (403, vec![31920]));
    assert_eq!(report.answers("upgrade").collect::<Vec<_>>(), [&Ok(403)]);
    assert_eq!(report.heard, ["After."]);
}

#[tokio::test]
async fn a_caller_who_hangs_up_stops_the_stream() {
    for (stop, stopped) in [(Stop::ThenClose, true), (Stop::Missing, false), (Stop::Abrupt, false)] {
        let faults = Faults { stop, ..Faults::default() };
        let (report, _, received) = stream(vec![], false, faults, true).await;
        assert_eq!((report.status, report.streams[0].ending), ("completed", Ending::CallerHungUp));
        let last = received.last().expect("something");
        assert_eq!(last.contains(r#""event":"stop""#), stopped, "{stop:?}");
        assert!(report.heard.is_empty());
    }
}

#[tokio::test]
async fn only_wss_or_this_machine_is_called() {
    let (_, base) =
        Product::serve(&[("/voice", r#"<Connect><Stream url="ws://example.com/a"/></Connect><Hangup/>"#)])
            .await;
    let report = run(CallConfig { limit: Duration::from_secs(5), ..config(&base) }).await;
    assert_eq!((report.fault_codes(), report.verbs), (vec![31922], vec!["Connect".into(), "Hangup".into()]));
}

#[tokio::test]
async fn a_server_without_tls_fails_the_stream_and_the_call_goes_on() {
    let (_, plain) = Product::serve(&[]).await;
    let url = plain.replace("http://", "wss://");
    let connect = format!(r#"<Connect><Stream url="{url}/a"/></Connect><Say>After.</Say>"#);
    let (_, base) = Product::serve(&[("/voice", &connect)]).await;
    let report = run(config(&base)).await;
    assert_eq!(
        (report.streams[0].handshake, report.faults.len(), report.heard),
        (0, 1, vec!["After.".into()])
    );
    assert!([31902, 31910].contains(&report.faults[0].code), "{:?}", report.faults);
}
