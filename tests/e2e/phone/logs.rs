//! What is logged: enough to follow a call, and nothing that tells who called, what was said, or a secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

use std::{process::Command, time::Duration};

use http::StatusCode;
use omnitwin::{
    settings::{LocalSecrets, simulated_twilio},
    stack::{Model, Options},
};
use phone_webhook::{INCOMING, RECORDING};
use sim::{
    openai::Fault,
    scenario::Scenario,
    twilio::{caller::CallConfig, turns::Line, twiml::Verb},
};
use tests::{Bench, CALL_SID, is_problem, options, signed, verbs};
use twin::{telemetry, wire::trace};

use super::relay::client::Client;

/// Says to the process that runs a test that its log will be read.
const BE_LOGGED: &str = "E2E_BE_LOGGED";
/// Everything of ours, and of others what the product lets through.
const FILTER: &str = "info,aws_config=warn,hyper=warn,twin=trace,phone_webhook=trace,media_relay=trace,\
                      follow_up=trace,context=trace,web=trace,omnitwin=trace";
const NUMBER: &str = "+442071838993";
const MODEL_KEY: &str = "sk-canary-5f2d8e1b";
const OWNER_TOKEN: &str = "owner-canary-77c1";
const TICKET_SECRET: &str = "ticket-canary-93aa";
const TWILIO_TOKEN: &str = "twilio-canary-10fe";
/// How the claims of every ticket begin: `{"call":"CA`.
const ANY_TICKET: &str = "eyJjYWxsIjoiQ0";
const TRACED: &str = "CA00000000000000000000000000000200";
const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
/// Without a model: refused with this status.
const REFUSED: [(u16, &str); 2] =
    [(401, "CA00000000000000000000000000000401"), (429, "CA00000000000000000000000000000429")];

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

#[test]
fn no_line_tells_who_called_or_what_was_said() {
    let logged = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "phone::logs::what_is_logged", "--nocapture"])
        .env(BE_LOGGED, "yes")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let log = String::from_utf8(logged.stderr).unwrap();
    assert!(logged.status.success(), "{log}");
    let line = |parts: &[&str]| log.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    for told in ["a call begins", "a call ends", "call status"] {
        assert!(line(&[CALL_SID, told]), "{told:?} is not in {log}");
    }
    for told in ["a call begins", "followed up"] {
        assert!(line(&[ROOT, told]), "{told:?} is of no trace: {log}");
    }
    for (status, call_sid) in REFUSED {
        let alarm = [call_sid, r#""alarm":"model_unavailable""#, &status.to_string()];
        assert!(line(&alarm), "{alarm:?} is not in {log}");
    }
    let log = log.to_lowercase();
    for canary in [
        "442071838993",
        "2071838993",
        "7183 8993",
        "ottoline",
        "vandersloot",
        "quillfeather",
        "marzipan",
        "zeppelin",
        MODEL_KEY,
        OWNER_TOKEN,
        TICKET_SECRET,
        TWILIO_TOKEN,
        ANY_TICKET,
        "session=",
        "bearer ",
    ] {
        let told: Vec<_> = log.lines().filter(|line| line.contains(&canary.to_lowercase())).collect();
        assert!(told.is_empty(), "{canary:?} was logged: {told:?}");
    }
}

/// In a process of its own for the test above, since a process has one log; elsewhere there is nothing to do.
#[tokio::test]
async fn what_is_logged() {
    if std::env::var_os(BE_LOGGED).is_none() {
        return;
    }
    telemetry::start(telemetry::Format::Json, Some(FILTER));
    let bench = bench().await;
    let report = bench.place(caller(&bench, CALL_SID)).await;
    assert_eq!(bench.conversation(&report.call_sid).await["outcome"], "completed");
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    traced(&bench).await;
    refused_and_left_messages(&bench).await;
    for (status, call_sid) in REFUSED {
        bench.openai().misbehave(Fault::Refuse(status));
        let mut config = caller(&bench, call_sid);
        config.lines = vec![Line::spoken("Tell him about the marzipan.")];
        let report = bench.place(config).await;
        assert!(report.verbs.iter().any(|verb| verb == "Record"), "{:?}", report.verbs);
        bench.openai().behave();
    }
    bench.stack.stop().await.unwrap();
}

/// A call whose webhook AWS traces: through Twilio and the relay its trace comes to the queue, and to the worker.
async fn traced(bench: &Bench) {
    let form = bench.voice_form(TRACED, NUMBER);
    let webhook = signed(&bench.http, &bench.stack.account, &bench.url(INCOMING), &form);
    let header = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
    let verbs = verbs(webhook.header(trace::HEADER, header).send().await.unwrap()).await;
    let Some(Verb::Connect { stream, .. }) = verbs.first() else { panic!("no stream: {verbs:?}") };
    let mut client = Client::connect(bench, &stream.url, TRACED).await;
    client.begin().await;
    client.hears().await;
    client.hang_up().await;
    bench.settled(TRACED).await;
}

async fn bench() -> Bench {
    let simulated = sim::openai::Options {
        scenarios: vec![canary()],
        think: Duration::from_millis(50),
        api_key: Some(MODEL_KEY.to_owned()),
        ..sim::openai::Options::default()
    };
    let secrets = LocalSecrets {
        owner_token: OWNER_TOKEN.to_owned(),
        ticket_secret: TICKET_SECRET.to_owned(),
        twilio_auth_token: TWILIO_TOKEN.to_owned(),
    };
    let twilio = simulated_twilio(&secrets).unwrap();
    Bench::with(Options { model: Model::Simulated(simulated), secrets, twilio, ..options() }).await
}

fn caller(bench: &Bench, call_sid: &str) -> CallConfig {
    let mut config = bench.caller(&canary());
    config.call_sid = Some(call_sid.to_owned());
    config.caller_name = Some("VANDERSLOOT OTTOLINE".to_owned());
    config.progress = true;
    config
}

/// The paths beside the straight one: refusals, a voicemail, and what a stranger asks for.
async fn refused_and_left_messages(bench: &Bench) {
    let mut form = bench.voice_form(CALL_SID, NUMBER);
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
