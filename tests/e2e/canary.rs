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

/// Somebody, with a canary in each part of what is theirs.
struct Soul {
    number: &'static str,
    address: &'static str,
    name: &'static str,
    company: &'static str,
    turn: &'static str,
    message: &'static str,
    fact: &'static str,
    note: &'static str,
    task: &'static str,
    opportunity: &'static str,
    meeting: &'static str,
    /// Words of these that nobody else says.
    canaries: [&'static str; 10],
}

const OTTOLINE: Soul = Soul {
    number: "+14155552671",
    address: "ottoline@vandersloot.example",
    name: "Ottoline Vandersloot",
    company: "Quillfeather",
    turn: "We call it the marzipan.",
    message: "The zeppelin lands on Thursday.",
    fact: "halcyon",
    note: "vermilion",
    task: "tarragon",
    opportunity: "gossamer",
    meeting: "persimmon",
    canaries: [
        "Vandersloot",
        "Quillfeather",
        "marzipan",
        "zeppelin",
        "halcyon",
        "vermilion",
        "tarragon",
        "gossamer",
        "persimmon",
        "vandersloot.example",
    ],
};
const MALLORY: Soul = Soul {
    number: "+14155552672",
    address: "mallory@ashgrovely.example",
    name: "Mallory Ashgrovely",
    company: "Thistledown",
    turn: "We call it the nougatine.",
    message: "The velodrome opens on Friday.",
    fact: "solstice",
    note: "ultramarine",
    task: "cardamom",
    opportunity: "filigree",
    meeting: "mulberry",
    canaries: [
        "Ashgrovely",
        "Thistledown",
        "nougatine",
        "velodrome",
        "solstice",
        "ultramarine",
        "cardamom",
        "filigree",
        "mulberry",
        "ashgrovely.example",
    ],
};
const LEVELS: [Assurance; 2] = [Assurance::Claimed, Assurance::SignedIn];

fn phone(number: &str) -> IdentityKey {
    IdentityKey::Phone(Phone::parse(number).unwrap())
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

/// Somebody with a canary in each part; all ids that there are of theirs.
async fn confided(bench: &Bench, soul: &Soul) -> (PersonId, Vec<String>) {
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let known = person(bench, phone(soul.number), EvidenceSource::CallerId).await;
    let evidence = Evidence::new(EvidenceSource::Owner, Timestamp::now(), None);
    store.add_identity(&Identity::new(email(soul.address), known.clone(), evidence)).await.unwrap();
    let session = opened(bench, &known, Channel::Phone, Assurance::Verified).await;
    let text = soul.turn.to_owned();
    let turn =
        Turn { offset_ms: 1, sequence: 1, speaker: Speaker::Person, text, interrupted: false, heard: None };
    twin.heard(&session, &turn).await.unwrap();
    let details =
        json!({ "name": soul.name, "company": soul.company, "email": soul.address, "confirmed": true });
    acted(bench, &session, "save_contact", &details).await;
    acted(bench, &session, "take_message", &json!({ "message": soul.message })).await;
    let meeting = json!({ "topic": soul.meeting, "preferred_times": ["Tuesday"], "duration_minutes": 30 });
    acted(bench, &session, "propose_meeting", &meeting).await;
    twin.close(&known, &session.interaction, Outcome::Completed, Timestamp::now()).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let given = Given {
        subject: twin::memory::PERSON.to_owned(),
        predicate: Predicate::LookingFor,
        value: soul.fact.to_owned(),
        pinned: true,
    };
    let fact = twin.state_fact(&known, &given, Timestamp::now()).await.unwrap();
    let kept = [
        ("notes", json!({ "text": soul.note })),
        ("tasks", json!({ "title": soul.task })),
        ("opportunities", json!({ "title": soul.opportunity })),
    ];
    for (path, body) in kept {
        let path = format!("/api/crm/contacts/{known}/{path}");
        let answer = bench.as_owner(Method::POST, &path).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
    }
    let mut ids = vec![known.to_string(), session.interaction.to_string(), fact.id.to_string()];
    ids.extend([soul.address, soul.number, "421 337 008"].map(str::to_owned));
    let export = bench.owner(&format!("/api/people/{known}/export")).await.to_string();
    for canary in soul.canaries {
        assert!(export.contains(canary), "{canary} is theirs: {export}");
    }
    (known, ids)
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

fn nothing_of(soul: &Soul, told: &[String], asked: &[String], whom: &str) {
    for text in told {
        // What somebody says themselves is no secret to them.
        let text = asked.iter().fold(text.clone(), |text, said| text.replace(said.as_str(), "…"));
        for canary in soul.canaries {
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
    let addresses = [&OTTOLINE, &MALLORY].map(|soul| [soul.number, soul.address]);
    let canaries = [&OTTOLINE, &MALLORY].map(|soul| soul.canaries);
    for canary in canaries.iter().flatten().chain(addresses.iter().flatten()) {
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
    for (soul, other) in [(&OTTOLINE, &MALLORY), (&MALLORY, &OTTOLINE)] {
        let bench = Bench::with(omnitwin::stack::Options { text_is_simulated: true, ..options() }).await;
        let (known, ids) = confided(&bench, soul).await;
        confided(&bench, other).await;
        kept_from(&bench, soul, (&known, &ids), other).await;
        in_writing(&bench, soul, &ids).await;
        over_http(&bench, soul, &ids).await;
        bench.stack.jobs_done().await.unwrap();
        let theirs = [soul.address.to_owned(), OWNER_EMAIL.to_owned()];
        for mail in bench.stack.aws().ses.sent() {
            if !mail.recipients.iter().all(|to| theirs.contains(to)) {
                let raw = String::from_utf8_lossy(&mail.raw).into_owned();
                nothing_of(soul, &[raw], &ids, "by mail");
            }
        }
        bench.stack.stop().await.unwrap();
    }
}

/// Whoever shows somebody's number, or has a link that was made for it; and another person, however well they are known.
async fn kept_from(bench: &Bench, soul: &Soul, (known, ids): (&PersonId, &[String]), other: &Soul) {
    for channel in Channel::ALL {
        for level in [Assurance::Anonymous, Assurance::Claimed] {
            let session = opened(bench, known, channel, level).await;
            let told = worst(bench, &session, ids).await;
            nothing_of(soul, &told, ids, "a caller with their number");
            let closed =
                bench.stack.twin.close(known, &session.interaction, Outcome::HungUp, Timestamp::now());
            closed.await.unwrap();
        }
    }
    bench.stack.jobs_done().await.unwrap();
    assert!(bench.stack.twin.store().known(known).await.unwrap().is_some(), "nobody else erases them");
    for channel in Channel::ALL {
        for level in LEVELS {
            // They may have had themselves erased.
            let other = person(bench, email(other.address), EvidenceSource::Owner).await;
            let session = opened(bench, &other, channel, level).await;
            let told = worst(bench, &session, ids).await;
            nothing_of(soul, &told, ids, "another person");
        }
    }
}

/// A model that is asked anything by somebody new calls each tool with each id: nothing of hers is in what it is sent.
async fn in_writing(bench: &Bench, soul: &Soul, ids: &[String]) {
    let calls = Tool::in_writing().iter().flat_map(|tool| {
        ids.iter().map(move |id| sim::openai::Call {
            name: tool.name.to_owned(),
            arguments: filled(&tool.parameters, id, false),
        })
    });
    bench.openai().say("who am I", sim::openai::Answer::Calls(calls.collect()));
    let before = bench.openai().asked().len();
    let (_, mut chatting) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    for text in ["Who am I, and what did I say?", "And what do you know of the last who called?"] {
        let id = MessageId::generate(Timestamp::now());
        let answer =
            bench.stack.twin.answer(&mut chatting, &Written { id: &id, text }, Timestamp::now()).await;
        nothing_of(soul, &[answer.unwrap().text], ids, "in the chat");
    }
    let sent: Vec<String> =
        bench.openai().asked()[before..].iter().map(|asked| asked.body.to_string()).collect();
    assert!(!sent.is_empty(), "a model was asked");
    nothing_of(soul, &sent, ids, "to a model");
}

/// Every tool of a host with every id; and what the owner's routes say to nobody.
async fn over_http(bench: &Bench, soul: &Soul, ids: &[String]) {
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
    // A conversation of theirs is named, with no pass, and with one that is none.
    for path in ["tools/recall", "events", "close"] {
        let url = bench.url(&format!("/api/voice/sessions/{}/{path}", ids[1]));
        let body = json!({ "pass": ids[0], "arguments": { "about": soul.fact }, "turns": [] });
        told.push(bench.http.post(url).json(&body).send().await.unwrap().text().await.unwrap());
    }
    for path in ["chat", "chat/my-data"] {
        let cookie = format!("omnitwin_chat={}", ids[1]);
        let request = bench.http.get(bench.url(&format!("/api/{path}"))).header("Cookie", cookie);
        told.push(request.send().await.unwrap().text().await.unwrap());
    }
    nothing_of(soul, &told, ids, "over HTTP");
}

async fn mcp(bench: &Bench, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = bench.http.post(bench.url("/api/mcp")).header("mcp-protocol-version", "2025-11-25");
    let request = request.header("accept", "application/json, text/event-stream");
    request.json(&body).send().await.unwrap().json().await.unwrap()
}
