//! How calls are taken: the owner's settings, and a conversation that finds out what it is about.

use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::scenario::Scenario;
use tests::{Bench, CALL_SID, is_problem, model, options, verbs};

const SETTINGS: &str = phone_webhook::SETTINGS;

async fn save(bench: &Bench, version: u64, settings: Value) -> reqwest::Response {
    let body = json!({ "version": version, "settings": settings });
    bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn settings_are_the_owners_and_have_versions() {
    let bench = Bench::start().await;
    let refused = bench.http.get(bench.url(SETTINGS)).send().await.unwrap();
    is_problem(refused, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    let first = bench.owner(SETTINGS).await;
    assert_eq!((&first["version"], &first["settings"]["doNotDisturb"]), (&json!(0), &json!(false)));

    let mut settings = first["settings"].clone();
    settings["timeZone"] = json!("Europe/Berlin");
    settings["hours"] = json!([{ "days": ["monday"], "from": "09:00", "to": "17:30" }]);
    settings["vip"] = json!(["+14155550123"]);
    assert_eq!(save(&bench, 0, settings.clone()).await.status(), StatusCode::OK);
    let saved = bench.owner(SETTINGS).await;
    assert_eq!((&saved["version"], &saved["settings"]["timeZone"]), (&json!(1), &settings["timeZone"]));

    is_problem(save(&bench, 0, settings.clone()).await, StatusCode::CONFLICT, "conflict").await;
    for (field, value) in [
        ("timeZone", json!("Mars/Olympus")),
        ("vip", json!(["911"])),
        ("hours", json!([{ "days": ["monday"], "from": "17:00", "to": "09:00" }])),
        ("volume", json!(11)),
    ] {
        let mut wrong = settings.clone();
        wrong[field] = value;
        let answer = save(&bench, 1, wrong).await;
        assert!(answer.status().is_client_error(), "{field}: {}", answer.status());
    }
    assert_eq!(bench.owner(SETTINGS).await, saved, "what is refused changes nothing");
    bench.stack.stop().await.unwrap();
}

/// The number is not answered, no model is paid for, and the owner sees the call.
#[tokio::test]
async fn a_blocked_number_is_not_answered() {
    let bench = Bench::start().await;
    let from = "+14155550123";
    assert_eq!(save(&bench, 0, json!({ "blocked": [from] })).await.status(), StatusCode::OK);
    for _ in 0..2 {
        let answer = bench.webhook(phone_webhook::INCOMING, &bench.voice_form(CALL_SID, from)).await;
        let names: Vec<&str> = verbs(answer).await.iter().map(sim::twilio::twiml::Verb::name).collect();
        assert_eq!(names, ["Reject"]);
    }
    let call = bench.conversation(CALL_SID).await;
    assert_eq!((&call["route"], &call["outcome"]), (&json!("spam"), &json!("screened")));
    assert_eq!(bench.openai().attempts(), 0);
    bench.stack.stop().await.unwrap();
}

/// Nobody knows who calls; after their first words the call is a recruiter's, and nobody is greeted twice.
#[tokio::test]
async fn a_conversation_finds_its_route() {
    let text = r#"
        title = "about a job"
        from = "+14155550151"
        [[turn]]
        caller = "I am calling about a staff engineer position."
        [[turn.response]]
        [[turn.response.call]]
        tool = "route_call"
        arguments = { kind = "recruiter" }
        [[turn.response]]
        say = "Tell me more about the position."
        [[turn]]
        caller = "I will write instead, goodbye."
        [[turn.response]]
        say = "Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = { reason = "done" }
    "#;
    let scenario = Scenario::parse("job", text).unwrap();
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let report = bench.place(bench.caller(&scenario)).await;
    let call = bench.conversation(&report.call_sid).await;
    assert_eq!((&call["route"], &call["outcome"]), (&json!("recruiter"), &json!("completed")), "{call}");
    assert_eq!(call["analysis"]["relationship"], "recruiter");
    let session = &bench.openai().sessions()[0];
    assert!(session.instructions.contains("the role, the company"), "{}", session.instructions);
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    let greetings = report.heard.iter().chain(&report.said).filter(|said| said.contains("AI assistant"));
    assert!(greetings.count() <= 1, "{:?}", report.heard);
    let said = tests::turns(&call);
    assert_eq!(said.iter().filter(|(_, text)| text.contains("AI assistant")).count(), 1, "{said:?}");
    bench.stack.stop().await.unwrap();
}
