//! A secret in each part of a person's memory, and a model at its worst: it calls every tool with every id, on every channel,
//! at every level. Nothing of it reaches another: no model's input, no tool's output, no answer, no mail, no log.

use std::process::Command;

use jiff::Timestamp;
use omnitwin::stack::OWNER_EMAIL;
use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::{Bench, options};
use twin::{
    id::{InteractionId, MessageId, PersonId, RequestId},
    identity::{Assurance, Email, Evidence, EvidenceSource, Identity, IdentityKey, Phone},
    interaction::{Channel, Outcome, Speaker, Turn},
    memory::Given,
    predicate::Predicate,
    routing::RouteKind,
    telemetry,
    tools::Tool,
    twin::{Arrival, Session, Written},
};

/// Says to the process that runs a test that its log will be read.
const BE_LOGGED: &str = "E2E_CANARIES_LOGGED";
const FILTER: &str =
    "info,aws_config=warn,hyper=warn,twin=trace,chat=trace,mcp=trace,follow_up=trace,context=trace";
const NUMBER: &str = "+14155552671";
const OTTOLINE: &str = "ottoline@vandersloot.example";
const MALLORY: &str = "mallory@elsewhere.example";
/// What is Ottoline's, each in a part of its own: name, company, turn, message, fact, note, task, address.
const CANARIES: [&str; 8] = [
    "Vandersloot",
    "Quillfeather",
    "marzipan",
    "zeppelin",
    "halcyon",
    "vermilion",
    "tarragon",
    "vandersloot.example",
];
const LEVELS: [Assurance; 2] = [Assurance::Claimed, Assurance::SignedIn];

fn phone() -> IdentityKey {
    IdentityKey::Phone(Phone::parse(NUMBER).unwrap())
}

fn email(text: &str) -> IdentityKey {
    IdentityKey::Email(Email::parse(text).unwrap())
}

async fn person(bench: &Bench, key: IdentityKey, source: EvidenceSource) -> PersonId {
    let now = Timestamp::now();
    bench.stack.twin.store().resolve(key, Evidence::new(source, now, None), now).await.unwrap().person
}

async fn opened(bench: &Bench, person: &PersonId, channel: Channel, level: Assurance) -> Session {
    let now = Timestamp::now();
    let (interaction, person) = (InteractionId::generate(now), person.clone());
    let route = RouteKind::Unknown;
    let arrival = Arrival { person, interaction, channel, call_sid: None, host: None, route, level };
    bench.stack.twin.open(&arrival, now).await.unwrap()
}

async fn acted(bench: &Bench, session: &Session, name: &str, arguments: &Value) -> String {
    let (call, now) = (RequestId::generate(Timestamp::now()).to_string(), Timestamp::now());
    match bench.stack.twin.act(session, &call, name, &arguments.to_string(), now).await {
        Ok(acted) => acted.output.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Ottoline, with a canary in each part; all ids that there are of hers.
async fn confided(bench: &Bench) -> (PersonId, Vec<String>) {
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let ottoline = person(bench, phone(), EvidenceSource::CallerId).await;
    let evidence = Evidence::new(EvidenceSource::Owner, Timestamp::now(), None);
    store.add_identity(&Identity::new(email(OTTOLINE), ottoline.clone(), evidence)).await.unwrap();
    let session = opened(bench, &ottoline, Channel::Phone, Assurance::Verified).await;
    let text = "We call it the marzipan.".to_owned();
    let turn =
        Turn { offset_ms: 1, sequence: 1, speaker: Speaker::Person, text, interrupted: false, heard: None };
    twin.heard(&session, &turn).await.unwrap();
    let details = json!({ "name": "Ottoline Vandersloot", "company": "Quillfeather", "email": OTTOLINE, "confirmed": true });
    acted(bench, &session, "save_contact", &details).await;
    acted(bench, &session, "take_message", &json!({ "message": "The zeppelin lands on Thursday." })).await;
    twin.close(&ottoline, &session.interaction, Outcome::Completed, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let given = Given {
        subject: twin::memory::PERSON.to_owned(),
        predicate: Predicate::LookingFor,
        value: "halcyon".to_owned(),
        pinned: true,
    };
    let fact = twin.state_fact(&ottoline, &given, Timestamp::now()).await.unwrap();
    for (path, body) in [("notes", json!({ "text": "vermilion" })), ("tasks", json!({ "title": "tarragon" }))]
    {
        let path = format!("/api/crm/contacts/{ottoline}/{path}");
        let answer = bench.as_owner(Method::POST, &path).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
    }
    let mut ids = vec![ottoline.to_string(), session.interaction.to_string(), fact.id.to_string()];
    ids.extend([OTTOLINE, NUMBER, "421 337 008"].map(str::to_owned));
    (ottoline, ids)
}

/// Arguments of a tool in which each text is this.
fn filled(schema: &Value, id: &str, yes: bool) -> Value {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let fill = |property: &Value| match property["type"].as_str() {
        Some("string") => property["enum"].get(0).cloned().unwrap_or_else(|| json!(id)),
        Some("boolean") => json!(yes),
        Some("array") => json!([id]),
        Some("integer" | "number") => property.get("minimum").cloned().unwrap_or(json!(30)),
        _ => Value::Null,
    };
    Value::Object(
        properties.iter().map(|(name, property)| (name.clone(), fill(property))).collect::<Map<_, _>>(),
    )
}

/// Every tool with every id; what came of it, and what a model was told before.
async fn worst(bench: &Bench, session: &Session, ids: &[String]) -> Vec<String> {
    let mut told = vec![session.briefing.instructions.clone(), session.briefing.greeting.clone()];
    for tool in Tool::for_realtime() {
        let asks = tool.parameters.to_string().contains("boolean");
        for id in ids {
            for yes in [false, true].into_iter().filter(|yes| asks || *yes) {
                told.push(acted(bench, session, &tool.name, &filled(&tool.parameters, id, yes)).await);
            }
        }
    }
    told
}

fn nothing_of_hers(told: &[String], asked: &[String], whom: &str) {
    for text in told {
        // What somebody says themselves is no secret to them.
        let text = asked.iter().fold(text.clone(), |text, said| text.replace(said.as_str(), "…"));
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary:?} was told {whom}: {text}");
        }
    }
}

#[test]
fn nothing_of_one_person_reaches_another() {
    let logged = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "canary::what_everybody_is_told", "--nocapture"])
        .env(BE_LOGGED, "yes")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let log = String::from_utf8(logged.stderr).unwrap();
    assert!(logged.status.success(), "{log}");
    assert!(log.contains("somebody was erased") || log.contains("request"), "it is logged: {log}");
    for canary in CANARIES.iter().chain(&[NUMBER, MALLORY]) {
        let told: Vec<_> = log.lines().filter(|line| line.contains(canary)).collect();
        assert!(told.is_empty(), "{canary:?} was logged: {told:?}");
    }
}

/// In a process of its own for the test above, since a process has one log; elsewhere there is nothing to do.
#[tokio::test]
async fn what_everybody_is_told() {
    if std::env::var_os(BE_LOGGED).is_none() {
        return;
    }
    telemetry::start(telemetry::Format::Json, Some(FILTER));
    let bench = Bench::with(omnitwin::stack::Options { text_is_simulated: true, ..options() }).await;
    let (ottoline, ids) = confided(&bench).await;
    // Whoever shows her number, or has a link that was made for it.
    for channel in Channel::ALL {
        for level in [Assurance::Anonymous, Assurance::Claimed] {
            let session = opened(&bench, &ottoline, channel, level).await;
            let told = worst(&bench, &session, &ids).await;
            nothing_of_hers(&told, &ids, "a caller with her number");
            bench
                .stack
                .twin
                .close(&ottoline, &session.interaction, Outcome::HungUp, Timestamp::now())
                .await
                .unwrap();
        }
    }
    bench.stack.jobs_done().await.unwrap();
    assert!(bench.stack.twin.store().known(&ottoline).await.unwrap().is_some(), "nobody else erases her");
    // Another person, however well they are known.
    for channel in Channel::ALL {
        for level in LEVELS {
            let mallory = person(&bench, email(MALLORY), EvidenceSource::Owner).await;
            let session = opened(&bench, &mallory, channel, level).await;
            let told = worst(&bench, &session, &ids).await;
            nothing_of_hers(&told, &ids, "another person");
        }
    }
    in_writing(&bench, &ids).await;
    over_http(&bench, &ids).await;
    bench.stack.jobs_done().await.unwrap();
    let hers = [OTTOLINE.to_owned(), OWNER_EMAIL.to_owned()];
    for mail in bench.stack.aws().ses.sent() {
        if !mail.recipients.iter().all(|to| hers.contains(to)) {
            nothing_of_hers(&[String::from_utf8_lossy(&mail.raw).into_owned()], &ids, "by mail");
        }
    }
    bench.stack.stop().await.unwrap();
}

/// A model that is asked anything by somebody new calls each tool with each id: nothing of hers is in what it is sent.
async fn in_writing(bench: &Bench, ids: &[String]) {
    let calls = Tool::in_writing().iter().flat_map(|tool| {
        ids.iter().map(move |id| sim::openai::Call {
            name: tool.name.to_owned(),
            arguments: filled(&tool.parameters, id, false),
        })
    });
    bench.openai().say("who am I", sim::openai::Answer::Calls(calls.collect()));
    let before = bench.openai().asked().len();
    let (_, mut chatting) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    for text in ["Who am I, and what did I say?", "And what do you know of Ottoline?"] {
        let id = MessageId::generate(Timestamp::now());
        let answer =
            bench.stack.twin.answer(&mut chatting, &Written { id: &id, text }, Timestamp::now()).await;
        nothing_of_hers(&[answer.unwrap().text], ids, "in the chat");
    }
    let sent: Vec<String> =
        bench.openai().asked()[before..].iter().map(|asked| asked.body.to_string()).collect();
    assert!(!sent.is_empty(), "a model was asked");
    nothing_of_hers(&sent, ids, "to a model");
}

/// Every tool of a host with every id; and what the owner's routes say to nobody.
async fn over_http(bench: &Bench, ids: &[String]) {
    let listed = mcp(bench, "tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let mut told = Vec::new();
    for tool in &tools {
        for id in ids {
            let arguments = filled(&tool["inputSchema"], id, true);
            let params = json!({ "name": tool["name"], "arguments": arguments });
            told.push(mcp(bench, "tools/call", params).await.to_string());
        }
    }
    for path in ["people", "omni-context", "crm/contacts"] {
        let url = bench.url(&format!("/api/{path}/{}", ids[0]));
        told.push(bench.http.get(url).send().await.unwrap().text().await.unwrap());
    }
    nothing_of_hers(&told, ids, "over HTTP");
}

async fn mcp(bench: &Bench, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = bench.http.post(bench.url("/api/mcp")).header("mcp-protocol-version", "2025-11-25");
    let request = request.header("accept", "application/json, text/event-stream");
    request.json(&body).send().await.unwrap().json().await.unwrap()
}
