//! Rows 1 to 3: who is not Twilio, and what Twilio would not send.

use http::StatusCode;
use phone_webhook::INCOMING;
use reqwest::header;
use sim::{
    scenario::Scenario,
    twilio::{
        faults::{Faults, SHARED_KEY, Signing},
        signature,
    },
};
use tests::{Bench, CALL_SID, is_problem, options, verbs};
use twin::config::Secret;

use super::{CALLER, ROUTES, untouched};

const ELSEWHERE: &str = "elsewhere.example";

/// What sort order makes neighbours of the fields that are used: Twilio's form in full.
fn full_form(bench: &Bench) -> Vec<(&str, &str)> {
    let mut form = bench.voice_form(CALL_SID, CALLER);
    form.extend([
        ("Called", "+14155550100"),
        ("Caller", CALLER),
        ("FromCity", "SAN FRANCISCO"),
        ("SequenceNumber", "0"),
        ("ToCity", "OAKLAND"),
    ]);
    form.sort_unstable();
    form
}

async fn send(
    bench: &Bench,
    path: &str,
    form: &[(&str, &str)],
    signature: Option<&str>,
    headers: &[(&str, &str)],
) -> reqwest::Response {
    let mut request = bench.http.post(bench.url(path)).form(form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(signature) = signature {
        request = request.header(signature::HEADER, signature);
    }
    request.send().await.unwrap()
}

async fn is_forbidden(answer: reqwest::Response) {
    is_problem(answer, StatusCode::FORBIDDEN, "forbidden").await;
}

#[tokio::test]
async fn without_the_right_signature_every_webhook_is_forbidden() {
    let bench = Bench::start().await;
    let token = bench.stack.account.auth_token.reveal();
    let form = bench.voice_form(CALL_SID, CALLER);
    for path in ROUTES {
        let url = bench.url(path);
        is_forbidden(send(&bench, path, &form, None, &[]).await).await;
        for wrong in [
            String::new(),
            "*".to_owned(),
            signature::form("another-token", &url, &form),
            signature::form(token, &format!("{url}/"), &form),
            signature::form(token, &format!("{url}?a=b"), &form),
            signature::form(token, &url.replace("http://", "https://"), &form),
            signature::form(token, &bench.url("/api/phone/other"), &form),
            signature::url(token, &url),
        ] {
            is_forbidden(send(&bench, path, &form, Some(&wrong), &[]).await).await;
        }
        let right = signature::form(token, &url, &form);
        is_forbidden(send(&bench, &format!("{path}?a=b"), &form, Some(&right), &[]).await).await;
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// The URL that is checked is the configured one: headers neither help a forger nor hurt Twilio.
#[tokio::test]
async fn forged_hosts_change_nothing() {
    let bench = Bench::start().await;
    let token = bench.stack.account.auth_token.reveal();
    let form = bench.voice_form(CALL_SID, CALLER);
    let headers = [
        ("host", ELSEWHERE),
        ("x-forwarded-host", ELSEWHERE),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
        ("forwarded", "host=elsewhere.example;proto=https"),
        ("x-original-url", "https://elsewhere.example/api/phone/webhook"),
    ];
    for scheme in ["http", "https"] {
        let forged = signature::form(token, &format!("{scheme}://{ELSEWHERE}{INCOMING}"), &form);
        is_forbidden(send(&bench, INCOMING, &form, Some(&forged), &headers).await).await;
    }
    untouched(&bench).await;
    let right = signature::form(token, &bench.url(INCOMING), &form);
    let answer = verbs(send(&bench, INCOMING, &form, Some(&right), &headers).await).await;
    assert_eq!(answer[0].name(), "Connect");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn every_changed_byte_is_forbidden() {
    let bench = Bench::start().await;
    let form = bench.voice_form(CALL_SID, CALLER);
    let right = signature::form(bench.stack.account.auth_token.reveal(), &bench.url(INCOMING), &form);
    for (index, (name, value)) in form.iter().enumerate() {
        let names = changes(name).map(|changed| (changed, (*value).to_owned()));
        let values = changes(value).map(|changed| ((*name).to_owned(), changed));
        for (name, value) in names.chain(values) {
            let mut changed = form.clone();
            changed[index] = (&name, &value);
            is_forbidden(send(&bench, INCOMING, &changed, Some(&right), &[]).await).await;
        }
        let mut without = form.clone();
        without.remove(index);
        is_forbidden(send(&bench, INCOMING, &without, Some(&right), &[]).await).await;
    }
    let mut more = form.clone();
    more.push(("StirVerstat", "TN-Validation-Passed-A"));
    is_forbidden(send(&bench, INCOMING, &more, Some(&right), &[]).await).await;
    for wrong in changes(&right) {
        is_forbidden(send(&bench, INCOMING, &form, Some(&wrong), &[]).await).await;
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// The text with each of its bytes changed in turn.
fn changes(text: &str) -> impl Iterator<Item = String> {
    (0..text.len()).map(move |at| {
        let other = if &text[at..=at] == "0" { "1" } else { "0" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    })
}

/// Signed by our token, but for another account.
#[tokio::test]
async fn another_account_is_forbidden() {
    let bench = Bench::start().await;
    let mut form = bench.voice_form(CALL_SID, CALLER);
    form[0] = ("AccountSid", "AC11111111111111111111111111111111");
    for path in ROUTES {
        is_forbidden(bench.webhook(path, &form).await).await;
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// The signature does not say where one field ends and the next begins: the fields' patterns do.
#[tokio::test]
async fn shifted_parameters_are_malformed() {
    const USED: [&str; 6] = ["AccountSid", "CallSid", "CallStatus", "Direction", "From", "To"];
    let bench = Bench::start().await;
    let token = bench.stack.account.auth_token.reveal();
    let form = full_form(&bench);
    let mut shifts = Vec::new();
    for (at, pair) in form.windows(2).enumerate() {
        let [(name, value), (next_name, next_value)] = [pair[0], pair[1]];
        if USED.contains(&name) || USED.contains(&next_name) {
            // The next field becomes a part of this one's value.
            let mut swallowed = owned(&form);
            swallowed.splice(at..at + 2, [(name.to_owned(), format!("{value}{next_name}{next_value}"))]);
            shifts.push(swallowed);
        }
        if USED.contains(&name) {
            // The end of the name becomes the beginning of the value, and the other way round.
            for split in [name.len() - 1, name.len() + 1] {
                let both = format!("{name}{value}");
                let mut moved = owned(&form);
                moved[at] = (both[..split].to_owned(), both[split..].to_owned());
                shifts.push(moved);
            }
        }
    }
    for shifted in &shifts {
        let shifted: Vec<_> = shifted.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for path in ROUTES {
            let sign = |form: &[(&str, &str)]| signature::form(token, &bench.url(path), form);
            assert_eq!(sign(&shifted), sign(&form), "the encoding is ambiguous");
            let answer = bench.webhook(path, &shifted).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path} {shifted:?}");
            is_problem(answer, StatusCode::BAD_REQUEST, "malformed").await;
        }
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

fn owned(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_repeated_field_is_malformed() {
    let bench = Bench::start().await;
    for again in ["+15005550009", CALLER] {
        let mut form = bench.voice_form(CALL_SID, CALLER);
        form.push(("From", again));
        for path in ROUTES {
            let problem =
                is_problem(bench.webhook(path, &form).await, StatusCode::BAD_REQUEST, "malformed").await;
            assert_eq!(problem["detail"], "the field From is there twice");
        }
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn odd_and_missing_fields_are_malformed() {
    let long = format!("+1{}", "4".repeat(127));
    let odd = [
        ("AccountSid", "AC0"),
        ("CallSid", "CA0123456789abcdef0123456789abcde#"),
        ("CallSid", "CA0123456789abcdef0123456789abcde"),
        ("CallStatus", "ringing "),
        ("CallStatus", "RINGING"),
        ("Direction", "sideways"),
        ("From", "+1415555\u{661}150"),
        ("From", "+14155550150\0"),
        ("From", "+14155550150\r\nX: y"),
        ("From", "+1 415 555 0150"),
        ("From", &long),
        ("To", "+14155550100&From=x"),
        ("CallDuration", "-1"),
        ("SequenceNumber", "1e3"),
    ];
    let bench = Bench::start().await;
    for (name, value) in odd {
        let mut form = bench.voice_form(CALL_SID, CALLER);
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        is_problem(bench.webhook(INCOMING, &form).await, StatusCode::BAD_REQUEST, "malformed").await;
    }
    for name in ["AccountSid", "CallSid", "CallStatus", "Direction", "From", "To"] {
        let mut form = bench.voice_form(CALL_SID, CALLER);
        form.retain(|(known, _)| *known != name);
        is_problem(bench.webhook(INCOMING, &form).await, StatusCode::BAD_REQUEST, "malformed").await;
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_no_form_is_an_unsupported_media_type() {
    const JSON: &str = r#"{"CallSid":"CA0123456789abcdef0123456789abcdef"}"#;
    let bench = Bench::start().await;
    let token = bench.stack.account.auth_token.reveal();
    for path in ROUTES {
        for kind in
            [Some("application/json"), Some("text/plain"), Some("multipart/form-data; boundary=a"), None]
        {
            // As Twilio signs JSON: right, and still not a form.
            let url = signature::with_body_hash(&bench.url(path), JSON.as_bytes());
            let signature = signature::url(token, &url);
            let mut request = bench.http.post(url).header(signature::HEADER, signature).body(JSON);
            if let Some(kind) = kind {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            let answer = request.send().await.unwrap();
            is_problem(answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").await;
        }
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// The same from end to end: a call whose webhook is refused asks the fallback, which refuses too.
#[tokio::test]
async fn a_call_that_is_not_twilios_ends_at_once() {
    let bench = Bench::start().await;
    let signed = |signing| Faults { signing, ..Faults::default() };
    let cases = [
        (signed(Signing::Missing), 403),
        (signed(Signing::Wrong), 403),
        (signed(Signing::OtherUrl), 403),
        (signed(Signing::OtherToken), 403),
        (signed(Signing::Shared), 403),
        (Faults { from_twice: true, ..Faults::default() }, 400),
        (Faults { shifted: true, ..Faults::default() }, 400),
    ];
    for (faults, status) in cases {
        let mut config = bench.caller(&Scenario::built_in("networking").unwrap());
        config.faults = faults;
        let report = bench.place(config).await;
        for purpose in ["voice", "fallback", "status"] {
            let answers: Vec<_> = report.answers(purpose).collect();
            assert_eq!(answers, [&Ok(status)], "{purpose}");
        }
        assert_eq!((report.status, report.streams.len(), report.heard.len()), ("failed", 0, 0));
        assert_eq!(bench.call(&report.call_sid).await, None);
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}

/// A rule of the account has all of it signed so: webhooks, callbacks, and the stream.
#[tokio::test]
async fn a_call_may_be_signed_with_a_shared_key() {
    let mut options = options();
    options.twilio.shared_keys = ["another", SHARED_KEY].map(Secret::new).to_vec();
    let bench = Bench::with(options).await;
    let scenario = Scenario::built_in("recruiter").unwrap();
    for stream_signing in [Signing::Shared, Signing::Right] {
        let mut config = bench.caller(&scenario);
        config.faults = Faults { signing: Signing::Shared, stream_signing, ..Faults::default() };
        let report = bench.place(config).await;
        assert_eq!((report.status, report.faults.len()), ("completed", 0), "{:?}", report.faults);
        assert_eq!(report.streams[0].handshake, 101);
        assert!(report.answers("status").all(|answer| matches!(answer, Ok(200..=299))));
    }
    let mut config = bench.caller(&scenario);
    config.faults = Faults { stream_signing: Signing::OtherToken, ..Faults::default() };
    let report = bench.place(config).await;
    assert_eq!(report.streams[0].handshake, 403, "the header is no way around it");
    bench.stack.stop().await.unwrap();
}
