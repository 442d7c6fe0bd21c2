use super::*;
use crate::twilio::{
    faults::Faults,
    recording::Recording,
    web::{Web, http_client},
};

fn sim() -> Arc<Twilio> {
    Arc::new(Twilio::new("AC1", "token", "http://127.0.0.1:1/twilio").expect("a client"))
}

fn ask(
    sim: &Arc<Twilio>,
    method: &str,
    path: &str,
    form: &[(&str, &str)],
) -> Result<(u16, Value), RestError> {
    let mut headers = HeaderMap::new();
    let basic = format!("Basic {}", STANDARD.encode("AC1:token"));
    headers.insert(header::AUTHORIZATION, basic.parse().expect("ASCII"));
    let form = Form(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    match route(sim, &method, path, &headers, &form, &Form(vec![]))? {
        Answer::Json(status, body) => Ok((status, body)),
        Answer::Wav(_) | Answer::Deleted => Ok((204, Value::Null)),
    }
}

fn code(sim: &Arc<Twilio>, path: &str, form: &[(&str, &str)]) -> (u16, u32) {
    let error = ask(sim, "POST", path, form).expect_err("refused");
    (error.status, error.code)
}

const MESSAGES: &str = "/2010-04-01/Accounts/AC1/Messages.json";
const CALLS: &str = "/2010-04-01/Accounts/AC1/Calls.json";

#[test]
fn credentials_and_account_must_be_right() {
    let sim = sim();
    assert_eq!(authenticate(&sim, &HeaderMap::new()).expect_err("none").code, 20003);
    assert_eq!(code(&sim, "/2010-04-01/Accounts/AC2/Calls.json", &[]), (404, 20404));
    assert_eq!(code(&sim, "/2010-04-01/Accounts/AC1/Calls/CA0.json", &[]), (404, 20404));
}

#[test]
fn a_good_message_lands_in_the_outbox_and_a_bad_one_does_not() {
    let sim = sim();
    let message = |to, body| [("To", to), ("From", "+15005550006"), ("Body", body)];
    let (status, body) = ask(&sim, "POST", MESSAGES, &message("+14155550100", "hi")).expect("accepted");
    assert_eq!((status, body["status"].as_str()), (201, Some("queued")));
    let long = "x".repeat(1601);
    assert_eq!(code(&sim, MESSAGES, &message("+14155550100", &long)), (400, 21617));
    assert_eq!(code(&sim, MESSAGES, &message("4155550100", "hi")), (400, 21211));
    assert_eq!(code(&sim, MESSAGES, &message("", "hi")), (400, 21604));
    assert_eq!(code(&sim, MESSAGES, &message("+14155550100", "")), (400, 21602));
    sim.opt_out("+14155550101");
    assert_eq!(code(&sim, MESSAGES, &message("+14155550101", "hi")), (400, 21610));
    assert_eq!(sim.outbox().iter().map(|sent| sent.body.as_str()).collect::<Vec<_>>(), ["hi"]);
}

#[test]
fn a_call_to_nobody_stays_queued() {
    let sim = sim();
    let form = [("To", "+14155550100"), ("From", "+15005550006"), ("Twiml", "<Response/>")];
    let (status, body) = ask(&sim, "POST", CALLS, &form).expect("created");
    assert_eq!(
        (status, body["status"].as_str(), body["direction"].as_str()),
        (201, Some("queued"), Some("outbound-api"))
    );
    let one = format!("/2010-04-01/Accounts/AC1/Calls/{}.json", body["sid"].as_str().expect("a sid"));
    assert_eq!(ask(&sim, "GET", &one, &[]).expect("known").1["sid"], body["sid"]);
    assert_eq!(code(&sim, CALLS, &form[..2]), (400, 21205));
    assert_eq!(code(&sim, &one, &[("Status", "completed")]), (400, 21220));
}

#[test]
fn failures_on_demand_come_once() {
    let sim = sim();
    sim.fail_next(RestError::new(429, 20429, "Too Many Requests"));
    assert_eq!(code(&sim, MESSAGES, &[]), (429, 20429));
    assert_eq!(code(&sim, MESSAGES, &[]), (400, 21604));
}

#[tokio::test]
async fn what_another_process_recorded_is_fetched_here() {
    let sim = sim();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/twilio", listener.local_addr().expect("an address"));
    let served = Router::new().nest("/twilio", app(Arc::clone(&sim)));
    tokio::spawn(axum::serve(listener, served).into_future());
    let wav = Recording::left(&[0x80; 1600], None).wav(false);
    let path = "/2010-04-01/Accounts/AC1/Recordings/RE1.wav";
    assert_eq!(ask(&sim, "GET", path, &[]).expect_err("nobody told").status, 404);

    let hand_over = async |token: &str, wav: Vec<u8>| {
        let web = Web::new(http_client().expect("a client"), token, Faults::default());
        web.heard(&base, "AC1", ["CA1", "RE1"], wav).await
    };
    assert!(hand_over("another", wav.clone()).await.is_err(), "whoever is not of the account");
    assert!(hand_over("token", b"RIFF".to_vec()).await.is_err(), "what is no recording");
    assert_eq!(ask(&sim, "GET", path, &[]).expect_err("still").status, 404);
    hand_over("token", wav.clone()).await.expect("taken");

    let url = format!("{base}{path}");
    let client = http_client().expect("a client");
    let fetched = client.get(&url).basic_auth("AC1", Some("token")).send().await.expect("an answer");
    assert_eq!(fetched.bytes().await.expect("a file"), wav);
    let deleted = path.replace(".wav", ".json");
    assert_eq!(ask(&sim, "DELETE", &deleted, &[]).expect("deleted").0, 204);
    assert_eq!(ask(&sim, "GET", path, &[]).expect_err("gone").status, 404);
}
