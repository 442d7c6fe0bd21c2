//! What is remembered of a person: facts with their history, the owner's word, and channels that speak at once.

mod interleaved;
mod open;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Channel, Outcome, Speaker, Turn},
    routing::RouteKind,
    twin::Arrival,
};

async fn person(bench: &Bench, email: &str) -> PersonId {
    let key = IdentityKey::Email(Email::parse(email).unwrap());
    let now = Timestamp::now();
    let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
    bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person
}

fn arrival(person: &PersonId, channel: Channel, level: Assurance, at: Timestamp) -> Arrival {
    Arrival {
        person: person.clone(),
        interaction: InteractionId::generate(at),
        channel,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level,
    }
}

fn turn(sequence: u32, speaker: Speaker, text: &str) -> Turn {
    Turn {
        offset_ms: u64::from(sequence) * 1000,
        sequence,
        speaker,
        text: text.to_owned(),
        interrupted: false,
        heard: None,
    }
}

/// A conversation so many minutes ago, over and read.
async fn said(bench: &Bench, person: &PersonId, level: Assurance, minutes: i64, text: &str) {
    let twin = &bench.stack.twin;
    let at = Timestamp::now() - SignedDuration::from_mins(minutes);
    let arrival = arrival(person, Channel::Phone, level, at);
    let session = twin.open(&arrival, at).await.unwrap();
    twin.heard(&session, &turn(0, Speaker::Person, text)).await.unwrap();
    twin.heard(&session, &turn(1, Speaker::Twin, "I see.")).await.unwrap();
    twin.act(&session, "call_1", "take_message", r#"{"message":"Ring Dana"}"#, at).await.unwrap();
    let meeting = r#"{"topic":"payments","preferred_times":["Tuesday"],"duration_minutes":30}"#;
    twin.act(&session, "call_2", "propose_meeting", meeting, at).await.unwrap();
    twin.close(person, &arrival.interaction, Outcome::Completed, at).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

struct Facts<'a> {
    bench: &'a Bench,
    path: String,
}

impl Facts<'_> {
    async fn all(&self) -> Value {
        self.bench.owner(&self.path).await
    }

    /// The one that holds.
    async fn of(&self, predicate: &str) -> Value {
        let all = self.all().await;
        let mut facts = all["facts"].as_array().unwrap().iter().filter(|fact| fact["predicate"] == predicate);
        let fact = facts.next().unwrap_or_else(|| panic!("no {predicate}: {all}")).clone();
        assert!(facts.next().is_none(), "{all}");
        fact
    }

    async fn state(&self, fact: Value) -> reqwest::Response {
        self.bench.as_owner(Method::POST, &self.path).json(&fact).send().await.unwrap()
    }

    async fn edit(&self, fact: &Value, edit: Value) -> reqwest::Response {
        let path = format!("{}/{}", self.path, fact["id"].as_str().unwrap());
        self.bench.as_owner(Method::PUT, &path).json(&edit).send().await.unwrap()
    }
}

#[tokio::test]
async fn facts_are_superseded_and_kept() {
    let bench = Bench::start().await;
    let dana = person(&bench, "dana@northgate.example").await;
    let facts = Facts { bench: &bench, path: format!("/api/omni-context/{dana}/facts") };
    said(&bench, &dana, Assurance::Verified, 30, "I work for Northgate, and I am interested in Rust.").await;
    said(&bench, &dana, Assurance::Verified, 20, "I work for Muster. I'm interested in Kafka.").await;
    let works = facts.of("works_at").await;
    assert_eq!((&works["value"], &works["quote"]), (&json!("Muster"), &json!("I work for Muster.")));
    assert_eq!((&works["speaker"], &works["origin"]), (&json!("person"), &json!("conversation")));
    let all = facts.all().await;
    let interests =
        all["facts"].as_array().unwrap().iter().filter(|fact| fact["predicate"] == "interested_in");
    assert_eq!(interests.count(), 2, "{all}");
    let history = all["history"].as_array().unwrap();
    let before = history.iter().find(|fact| fact["value"] == "Northgate").unwrap();
    assert_eq!(before["supersededBy"], works["id"]);
    assert_eq!(before["validUntil"], works["at"]);

    // Whoever merely has the number displaces nothing.
    said(&bench, &dana, Assurance::Claimed, 10, "I work for Elsewhere.").await;
    let works = facts.of("works_at").await;
    assert_eq!((&works["value"], works["contradictedBy"].as_array().unwrap().len()), (&json!("Muster"), 1));

    let brief = bench.owner(&format!("/api/omni-context/{dana}/brief")).await;
    assert_eq!(brief["promises"].as_array().unwrap().len(), 1, "one is kept, and the same is one: {brief}");
    assert_eq!(brief["promises"][0]["value"], "ask for a time to talk about payments (Tuesday)");
    assert_eq!(
        (&brief["bond"]["strength"], &brief["conversations"]),
        (&json!("medium"), &json!(3)),
        "{brief}"
    );
    let page = bench.owner(&format!("/api/omni-context/{dana}")).await;
    assert!(
        page["bond"]["why"].as_str().unwrap().starts_with("3 conversations, 3 in the last 90 days"),
        "{page}"
    );
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_owners_word_holds() {
    let bench = Bench::start().await;
    let dana = person(&bench, "dana@northgate.example").await;
    let facts = Facts { bench: &bench, path: format!("/api/omni-context/{dana}/facts") };
    said(&bench, &dana, Assurance::SignedIn, 30, "I work for Northgate. Our budget is 40,000 euros.").await;
    let works = facts.of("works_at").await;
    let answer =
        facts.edit(&works, json!({ "version": 1, "action": "correct", "value": "Northgate Search" })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let correct: Value = answer.json().await.unwrap();
    assert_eq!((&correct["origin"], &correct["value"]), (&json!("owner"), &json!("Northgate Search")));
    let stale = facts.edit(&works, json!({ "version": 1, "action": "retract" })).await;
    is_problem(stale, StatusCode::CONFLICT, "conflict").await;
    let gone = facts.edit(&works, json!({ "version": 2, "action": "pin" })).await;
    is_problem(gone, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;

    let budget = facts.of("budget").await;
    let pinned = facts.edit(&budget, json!({ "version": 1, "action": "pin" })).await;
    assert_eq!(pinned.status(), StatusCode::OK);
    let answer =
        facts.state(json!({ "predicate": "noted", "value": "Met at a conference", "pinned": true })).await;
    assert_eq!(answer.status(), StatusCode::CREATED);

    said(&bench, &dana, Assurance::SignedIn, 0, "I work for Northgate. Our budget is 90,000 euros.").await;
    assert_eq!(
        facts.of("works_at").await["value"],
        "Northgate Search",
        "what was corrected is not learned again"
    );
    let budget = facts.of("budget").await;
    assert_eq!(budget["value"], "40,000 euros");
    assert_eq!(budget["contradictedBy"].as_array().unwrap().len(), 1, "{budget}");
    let persona = bench.owner(&format!("/api/persona?channel=phone&preview={dana}&level=2")).await;
    let told = persona["instructions"].as_str().unwrap();
    assert!(told.contains("Met at a conference") && told.contains("Northgate Search"), "{told}");
    let stranger = bench.owner(&format!("/api/persona?channel=phone&preview={dana}&level=1")).await;
    assert!(!stranger["instructions"].as_str().unwrap().contains("conference"));

    let version = budget["version"].as_u64().unwrap();
    let answer = facts.edit(&budget, json!({ "version": version, "action": "unpin" })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(facts.of("budget").await["value"], "90,000 euros", "what is not pinned gives way");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_no_fact_is_refused() {
    let bench = Bench::start().await;
    let dana = person(&bench, "dana@northgate.example").await;
    let facts = Facts { bench: &bench, path: format!("/api/omni-context/{dana}/facts") };
    let long = "x".repeat(400);
    for value in ["", " ", "…", "a\u{0}b", "a\nb", &long] {
        let answer = facts.state(json!({ "predicate": "budget", "value": value })).await;
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    let answer = facts.state(json!({ "predicate": "likes_to", "value": "x" })).await;
    is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let nobody = Facts { bench: &bench, path: "/api/omni-context/per_nobody/facts".to_owned() };
    is_problem(
        nobody.state(json!({ "predicate": "budget", "value": "1" })).await,
        StatusCode::NOT_FOUND,
        "not_found",
    )
    .await;
    let unknown = facts.edit(&json!({ "id": "fac_1" }), json!({ "version": 1, "action": "pin" })).await;
    is_problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(facts.all().await, json!({ "facts": [], "history": [] }));
    let path = format!("/api/omni-context/{dana}/facts");
    let stranger = bench.http.post(bench.url(&path)).json(&json!({ "predicate": "budget", "value": "1" }));
    is_problem(stranger.send().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthenticated").await;
    bench.stack.stop().await.unwrap();
}
