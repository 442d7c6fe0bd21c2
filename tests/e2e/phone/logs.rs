//! What is logged: enough to follow a call, and nothing that tells who called, what was said, or a secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

use http::StatusCode;
use omnitwin::stack::{Model, Options};
use phone_webhook::{INCOMING, RECORDING};
use sim::scenario::Scenario;
use tests::{Bench, is_problem, logs, options};

const NUMBER: &str = "+442071838993";
const MODEL_KEY: &str = "sk-canary-5f2d8e1b";

/// A whole short call in which a canary says who they are.
fn canary() -> Scenario {
    let text = r#"
        title = "a canary"
        from = "+442071838993"
        [[turn]]
        caller = "I am Ottoline Vandersloot."
        [[turn.response]]
        [[turn.response.call]]
        tool = "save_contact"
        arguments = { name = "Ottoline Vandersloot", email = "ottoline@vandersloot.example", company = "Quillfeather Ltd", relationship = "recruiter", confirmed = true }
        [[turn.response.call]]
        tool = "take_message"
        arguments = { message = "The marzipan zeppelin lands on Thursday." }
        [[turn.response.call]]
        tool = "no_such_tool"
        arguments = { text = "Marzipan again." }
        [[turn.response]]
        say = "Goodbye Ottoline."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "the marzipan is settled" }
    "#;
    Scenario::parse("canary", text).unwrap()
}

#[tokio::test]
async fn no_line_tells_who_called_or_what_was_said() {
    logs::keep();
    let think = std::time::Duration::from_millis(50);
    let simulated = sim::openai::Options {
        scenarios: vec![canary()],
        think,
        api_key: Some(MODEL_KEY.to_owned()),
        ..sim::openai::Options::default()
    };
    let bench = Bench::with(Options { model: Model::Simulated(simulated), ..options() }).await;
    let mut config = bench.caller(&canary());
    config.caller_name = Some("VANDERSLOOT OTTOLINE".to_owned());
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed");
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    refused_and_left_messages(&bench, &report.call_sid).await;
    let ticket = report.streams[0].url.rsplit_once('/').unwrap().1.to_owned();
    let secrets = bench.stack.secrets.clone();
    bench.stack.stop().await.unwrap();

    for told in ["a call begins", "a call ends", "call status"] {
        let lines = logs::lines_with(&report.call_sid);
        assert!(lines.iter().any(|line| line.contains(told)), "{told:?} is to be found: {lines:?}");
    }
    let (claims, mac) = ticket.split_once('.').unwrap();
    let number = NUMBER.trim_start_matches('+');
    for canary in [
        number,
        &number[2..],
        "2071 838993",
        "7183 8993",
        "ottoline",
        "vandersloot",
        "quillfeather",
        "marzipan",
        "zeppelin",
        MODEL_KEY,
        &secrets.twilio_auth_token,
        &secrets.owner_token,
        &secrets.ticket_secret,
        claims,
        mac,
        "session=",
        "bearer ",
    ] {
        assert_eq!(logs::lines_with(canary), [""; 0], "{canary:?} was logged");
    }
}

/// The paths beside the straight one: refusals, a voicemail, and what the owner asks for.
async fn refused_and_left_messages(bench: &Bench, call_sid: &str) {
    let mut form = bench.voice_form(call_sid, NUMBER);
    form.push(("CallerName", "Ottoline Vandersloot"));
    let unsigned = bench.http.post(bench.url(INCOMING)).form(&form).send().await.unwrap();
    is_problem(unsigned, StatusCode::FORBIDDEN, "forbidden").await;
    form.push(("RecordingUrl", "https://api.twilio.example/marzipan"));
    form.push(("RecordingDuration", "3"));
    assert_eq!(bench.webhook(RECORDING, &form).await.status(), StatusCode::OK);
    form.push(("From", NUMBER));
    let twice = bench.webhook(INCOMING, &form).await;
    is_problem(twice, StatusCode::BAD_REQUEST, "malformed").await;
    let stranger =
        bench.http.get(bench.url("/api/omni-context")).bearer_auth("marzipan").send().await.unwrap();
    is_problem(stranger, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    bench.stack.jobs_done().await.unwrap();
}
