//! The relay as its own process, killed in the middle of a call: what was said before stays, the caller is
//! offered a voicemail, and the conversation is closed and followed up without it.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use omnitwin::{settings::LocalSecrets, stack::Options};
use reqwest::StatusCode;
use sim::{scenario::Scenario, twilio::report::CallerEvent};
use tests::{Bench, model, options, turns};
use twin::config::PublicUrls;

/// Says to the process that runs a test that it is to be the relay.
const BE_THE_RELAY: &str = "E2E_BE_THE_RELAY";

/// The relay's own process is this test alone, in a process of its own. In an ordinary run it starts one with
/// nothing set, which says what is missing and ends.
#[tokio::test]
async fn the_relay_itself() {
    if std::env::var_os(BE_THE_RELAY).is_some() {
        let ran = media_relay::run(&|name| std::env::var(name).ok()).await;
        // As its own `main` says it: a panic's words are in no log.
        assert!(ran.inspect_err(|error| eprintln!("{error}")).is_ok());
        return;
    }
    let ended = relay_process().output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned() + &String::from_utf8_lossy(&ended.stdout);
    assert!(said.contains("OPENAI_API_KEY"), "{said}");
}

fn relay_process() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "phone::killed::the_relay_itself", "--nocapture"]);
    command.env_clear().env(BE_THE_RELAY, "yes");
    command
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The relay with the environment that ECS would give it.
fn start_relay(bench: &Bench, secrets: &LocalSecrets, port: u16) -> Child {
    let aws = bench.stack.aws();
    let twilio = &bench.stack.account;
    relay_process()
        .envs([
            ("PORT", port.to_string()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", aws.dynamodb_url()),
            ("AWS_ENDPOINT_URL_SQS", aws.sqs_url()),
            ("TABLE_NAME", "omnitwin".to_owned()),
            ("JOBS_QUEUE_URL", aws.queue_url("jobs").unwrap()),
            ("PUBLIC_BASE_URL", bench.stack.urls.base.clone()),
            ("RELAY_BASE_URL", bench.stack.urls.relay.clone()),
            ("TICKET_SECRET", secrets.ticket_secret.clone()),
            ("TWILIO_ACCOUNT_SID", twilio.account_sid.clone()),
            ("TWILIO_AUTH_TOKEN", twilio.auth_token.reveal().to_owned()),
            ("TWILIO_PHONE_NUMBER", twilio.phone_number.as_str().to_owned()),
            ("OPENAI_API_KEY", "simulated".to_owned()),
            ("OPENAI_BASE_URL", bench.url("/sim/openai/v1")),
            ("LOG", "warn".to_owned()),
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn until_ready(bench: &Bench, port: u16) {
    let url = format!("http://localhost:{port}{}", media_relay::READY);
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let ready = async {
        loop {
            tick.tick().await;
            if bench.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready).await.expect("the relay is ready");
}

fn talk() -> Scenario {
    let text = r#"
        title = "a talk that is cut off"
        from = "+14155550170"
        [[turn]]
        caller = "Please remember this first sentence."
        [[turn.response]]
        say = "I remember it."
        [[turn]]
        caller = "And this is the second sentence of mine."
        [[turn.response]]
        say = "The answer to the second one is rather long, so that there is time to break it off in the middle."
    "#;
    Scenario::parse("cut-off", text).unwrap()
}

/// A system whose relay is a process of its own, on this port.
async fn apart(scenario: Scenario) -> (Bench, Child, u16) {
    let (port, relay_port) = (free_port(), free_port());
    let secrets = LocalSecrets::generate();
    let urls = PublicUrls {
        base: format!("http://localhost:{port}"),
        relay: format!("ws://localhost:{relay_port}"),
    };
    let twilio = omnitwin::settings::simulated_twilio(&secrets).unwrap();
    let bench = Bench::with(Options {
        port,
        urls: Some(urls),
        twilio,
        secrets: secrets.clone(),
        model: model(vec![scenario]),
        ..options()
    })
    .await;
    let relay = start_relay(&bench, &secrets, relay_port);
    until_ready(&bench, relay_port).await;
    (bench, relay, relay_port)
}

/// ECS stops a task: it takes no new call, the one that goes on comes to its end, and then the process does.
#[tokio::test]
async fn a_relay_that_is_stopped_finishes_its_call() {
    let mut scenario = talk();
    let goodbye = r#"
        title = "goodbye"
        from = "+14155550170"
        [[turn]]
        caller = "No thank you, that is all for today."
        [[turn.response]]
        say = "Goodbye then."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "done" }
    "#;
    scenario.turn[1] = Scenario::parse("goodbye", goodbye).unwrap().turn.remove(0);
    let (bench, mut relay, relay_port) = apart(scenario.clone()).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let mut call = twilio.place(bench.caller(&scenario)).unwrap();
    while !matches!(call.events.recv().await.expect("the call goes on"), CallerEvent::TwinAudible) {}
    let stopped = Command::new("kill").args(["-TERM", &relay.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let full = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let url = format!("http://localhost:{relay_port}{}", media_relay::READY);
        loop {
            match bench.http.get(&url).send().await {
                Ok(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => return true,
                Ok(_) => tick.tick().await,
                Err(_) => return false,
            };
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(10), full).await.expect("it takes no other call");
    assert!(seen, "it was gone before that was seen");
    assert!(relay.try_wait().unwrap().is_none(), "it waits for the call");

    let report = call.report().await.unwrap();
    let ended = tokio::task::spawn_blocking(move || relay.wait());
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it ends with the call");
    assert!(ended.unwrap().unwrap().success());
    bench.settled(&report.call_sid).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["outcome"], "completed", "{:?} {}", report.faults, call["turns"]);
    assert!(turns(&call).contains(&("twin", "Goodbye then.")), "{:?}", turns(&call));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_relay_loses_at_most_the_current_turn() {
    let (bench, mut relay, _) = apart(talk()).await;

    let twilio = bench.stack.twilio.as_ref().unwrap();
    let mut call = twilio.place(bench.caller(&talk())).unwrap();
    let mut audible = 0;
    while audible < 3 {
        let event = call.events.recv().await.expect("the call goes on");
        audible += usize::from(matches!(event, CallerEvent::TwinAudible));
    }
    // Greeting, first answer, and now the long one is being heard.
    let sid = call.sid().to_owned();
    bench.until_said(&sid, "And this is the second sentence of mine.").await;
    relay.kill().unwrap();
    relay.wait().unwrap();
    let report = call.report().await.unwrap();
    bench.stack.twin.sweep(Timestamp::now() + SignedDuration::from_mins(1)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();

    assert!(report.verbs.iter().any(|verb| verb == "Record"), "a voicemail is offered: {:?}", report.verbs);
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!(call["status"], "analysed", "it was closed and followed up without the relay");
    let turns = turns(&call);
    assert!(turns.contains(&("person", "Please remember this first sentence.")), "{turns:?}");
    assert!(turns.contains(&("twin", "I remember it.")), "{turns:?}");
    assert!(turns.contains(&("person", "And this is the second sentence of mine.")), "{turns:?}");
    bench.stack.stop().await.unwrap();
}
