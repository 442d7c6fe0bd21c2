//! `/api/crm/merges`, `/proposals` and `/conflicts`: two contacts that are one person, and apart again.

mod undoing;
mod proposals;
mod crashing;

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
    types::AttributeValue,
};
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::TABLE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, is_problem};
use twin::{
    error::Error,
    id::PersonId,
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, LinkedIn, Phone},
    interaction::{Channel, Outcome, Speaker, Turn},
    merging::By,
    routing::RouteKind,
    store::StoreError,
    twin::Arrival,
};

use super::{CONTACTS, asked, created};

const MERGES: &str = "/api/crm/merges";
const OWNER: (By, Vec<String>) = (By::Owner, Vec::new());

fn config(bench: &Bench) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(bench.stack.aws().dynamodb_url())
        .build()
}

/// Every item of the table, but for the audit log and what is proposed. A card says when it was written, by which lists
/// in memory learn of it: that is left out.
async fn table(bench: &Bench) -> BTreeMap<(String, String), BTreeMap<String, AttributeValue>> {
    let scan = Client::new(&config(bench)).scan().table_name(TABLE).into_paginator().items().send();
    let mut all = BTreeMap::new();
    for item in scan.collect::<Result<Vec<_>, _>>().await.unwrap() {
        let mut item: BTreeMap<_, _> = item.into_iter().collect();
        let part = |name: &str| item[name].as_s().unwrap().clone();
        let key = (part("pk"), part("sk"));
        if key.1 == "CARD" {
            item.remove("list_at");
        }
        if !key.0.starts_with("AUDIT#") && !key.1.starts_with("PROPOSAL#") {
            all.insert(key, item);
        }
    }
    all
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

/// A conversation so many minutes ago, over and read.
async fn held(bench: &Bench, person: &PersonId, channel: Channel, minutes: i64, said: &str) {
    let twin = &bench.stack.twin;
    let arrival = Arrival {
        person: person.clone(),
        interaction: twin::id::InteractionId::generate(at(minutes)),
        channel,
        call_sid: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Verified,
    };
    let session = twin.open(&arrival, at(minutes)).await.unwrap();
    for (sequence, speaker, text) in [(0, Speaker::Person, said), (1, Speaker::Twin, "I see.")] {
        let offset_ms = u64::from(sequence) * 1000;
        let turn =
            Turn { offset_ms, sequence, speaker, text: text.to_owned(), interrupted: false, heard: None };
        twin.heard(&session, &turn).await.unwrap();
    }
    twin.act(&session, "call_1", "take_message", r#"{"message":"Ring back"}"#, at(minutes)).await.unwrap();
    twin.close(person, &arrival.interaction, Outcome::Completed, at(minutes)).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
}

async fn caller(bench: &Bench, number: &str) -> PersonId {
    let key = IdentityKey::Phone(Phone::parse(number).unwrap());
    let evidence = Evidence::new(EvidenceSource::CallerId, at(60), None);
    bench.stack.twin.store().resolve(key, evidence, at(60)).await.unwrap().person
}

async fn merged(bench: &Bench, survivor: impl ToString, absorbed: impl ToString) -> Value {
    let wanted = json!({ "survivor": survivor.to_string(), "absorbed": absorbed.to_string() });
    let answer = asked(bench, Method::POST, MERGES, &wanted).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn unmerged(bench: &Bench, absorbed: impl ToString) -> reqwest::Response {
    bench.as_owner(Method::DELETE, &format!("{MERGES}/{}", absorbed.to_string())).send().await.unwrap()
}

async fn names(bench: &Bench, query: &str) -> Vec<String> {
    let page = bench.owner(&format!("{CONTACTS}?sort=name&{query}")).await;
    let contacts = page["contacts"].as_array().unwrap();
    contacts.iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn different_accounts_are_two_people() {
    let bench = Bench::start().await;
    let one = created(
        &bench,
        json!({ "name": "Dana Lee", "company": "Northgate", "email": "dana.lee@northgate.example",
                "linkedin": "https://www.linkedin.com/in/dana-lee-1" }),
    )
    .await;
    let other = created(
        &bench,
        json!({ "name": "Dana Lee", "company": "Northgate", "role": "CTO",
                "linkedin": "https://www.linkedin.com/in/dana-lee-2" }),
    )
    .await;
    let conflict = &bench.owner("/api/crm/conflicts").await["proposals"][0];
    let mut pair = [conflict["one"].as_str().unwrap(), conflict["other"].as_str().unwrap()];
    let mut both = [one.as_str(), other.as_str()];
    pair.sort_unstable();
    both.sort_unstable();
    assert_eq!((pair, &conflict["conflicts"]), (both, &json!(["linkedin"])));
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"], json!([]));
    let before = table(&bench).await;
    let wanted = json!({ "survivor": one, "absorbed": other });
    let refused = asked(&bench, Method::POST, MERGES, &wanted).await;
    is_problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(table(&bench).await, before);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_goes_where_the_conversation_came_from() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let dana = created(&bench, json!({ "name": "Dana Lee", "email": "dana@northgate.example" })).await;
    let other = created(&bench, json!({ "name": "D. Lee", "email": "d.lee@private.example" })).await;
    let silent = caller(&bench, "+14155550123").await;
    merged(&bench, &dana, &other).await;
    merged(&bench, &dana, &silent).await;
    for (person, to, waits) in [
        (dana.parse().unwrap(), "dana@northgate.example", false),
        (other.parse().unwrap(), "d.lee@private.example", false),
        (silent, "dana@northgate.example", true),
    ] {
        let now = Timestamp::now();
        let arrival = Arrival {
            person,
            interaction: twin::id::InteractionId::generate(now),
            channel: Channel::Phone,
            call_sid: None,
            host: None,
            route: RouteKind::Recruiter,
            level: Assurance::Verified,
        };
        let session = twin.open(&arrival, now).await.unwrap();
        let meeting = r#"{"topic":"a role","preferred_times":["Tuesday"],"duration_minutes":30}"#;
        twin.act(&session, "call_1", "propose_meeting", meeting, now).await.unwrap();
        twin.close(&arrival.person, &arrival.interaction, Outcome::Completed, now).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let planned = store.follow_ups(&arrival.person).await.unwrap();
        let planned: Vec<_> =
            planned.into_iter().filter(|one| one.interaction == arrival.interaction).collect();
        let summary = planned.iter().find_map(|one| match &one.content {
            twin::follow_up::Content::SummaryEmail { to, .. } => Some((to.key(), one.state)),
            _ => None,
        });
        let (address, state) = summary.unwrap();
        assert_eq!(address, to);
        assert_eq!(state == twin::follow_up::State::AwaitingApproval, waits, "{to}: {state:?}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn erasing_and_exporting_cover_both() {
    for by_the_absorbed in [false, true] {
        let bench = Bench::start().await;
        let dana = created(&bench, json!({ "name": "Dana Lee", "email": "dana@northgate.example" })).await;
        let other = created(&bench, json!({ "name": "Zoe Former", "email": "zoe@southgate.example" })).await;
        held(&bench, &other.parse().unwrap(), Channel::Phone, 50, "I work at Southgate.").await;
        merged(&bench, &dana, &other).await;
        let id = if by_the_absorbed { &other } else { &dana };
        let export = bench.owner(&format!("/api/people/{id}/export")).await.to_string();
        for word in ["Dana Lee", "Zoe Former", "zoe@southgate.example", "I work at Southgate."] {
            assert!(export.contains(word), "{word}: {export}");
        }
        let erased =
            bench.as_owner(Method::DELETE, &format!("/api/people/{id}?confirm={id}")).send().await.unwrap();
        assert!(erased.status().is_success());
        let left = format!("{:?}", table(&bench).await);
        for word in ["Dana", "Zoe", "southgate", "northgate.example"] {
            assert!(!left.contains(word), "{word}");
        }
        for id in [&dana, &other] {
            let answer = bench.as_owner(Method::GET, &format!("{CONTACTS}/{id}")).send().await.unwrap();
            is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
        }
        bench.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_is_merged_into_somebody_who_was_erased() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let one: PersonId = created(&bench, json!({ "name": "Xaver Quill" })).await.parse().unwrap();
    let other: PersonId = created(&bench, json!({ "name": "Yvonne Root" })).await.parse().unwrap();
    // The tombstone is there, and nothing is looked for yet.
    store.bury(&other, Timestamp::now()).await.unwrap();
    let refused = twin.merge(&one, &other, OWNER, Timestamp::now()).await;
    assert!(matches!(refused, Err(Error::Conflict | Error::NotFound)), "{refused:?}");
    let known = store.known(&one).await.unwrap().unwrap();
    assert_eq!(known.contact.name.as_deref(), Some("Xaver Quill"));
    assert!(!format!("{known:?}").contains("Yvonne"));
    let profile = IdentityKey::LinkedIn(LinkedIn::parse("linkedin.com/in/nobody").unwrap());
    assert_eq!(store.identity(&profile).await.unwrap(), None);
    bench.stack.stop().await.unwrap();
}

/// Nobody writes this: then nobody waits for its end.
#[tokio::test]
async fn merges_that_lead_in_a_circle_are_an_error() {
    let bench = Bench::start().await;
    let store = bench.stack.twin.store();
    let one = created(&bench, json!({ "name": "Xaver Quill" })).await;
    let other = created(&bench, json!({ "name": "Yvonne Root" })).await;
    merged(&bench, &one, &other).await;
    let update = Client::new(&config(&bench)).update_item().table_name(TABLE);
    let update = update.key("pk", AttributeValue::S(format!("PERSON#{one}")));
    let update = update.key("sk", AttributeValue::S("A#CONTACT".to_owned()));
    let update = update.update_expression("SET mergedInto = :other");
    update.expression_attribute_values(":other", AttributeValue::S(other)).send().await.unwrap();
    let one: PersonId = one.parse().unwrap();
    let read = async {
        [
            store.contact(&one).await.map(drop),
            store.known(&one).await.map(drop),
            store.partitions(&one).await.map(drop),
        ]
    };
    for read in tokio::time::timeout(std::time::Duration::from_mins(1), Box::pin(read)).await.unwrap() {
        assert!(matches!(read, Err(StoreError::Unreadable(_))), "{read:?}");
    }
    bench.stack.stop().await.unwrap();
}
