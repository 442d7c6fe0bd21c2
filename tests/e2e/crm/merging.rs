//! `/api/crm/merges`, `/proposals` and `/conflicts`: two contacts that are one person, and apart again.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
    types::AttributeValue,
};
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::TABLE;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Bench, dying::Life, is_problem};
use twin::{
    clients::queue::Queue,
    error::Error,
    id::PersonId,
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, LinkedIn, Phone},
    interaction::{Channel, Outcome, Speaker, Turn},
    memory::Given,
    merging::By,
    predicate::Predicate,
    routing::RouteKind,
    store::Store,
    twin::{Arrival, Twin},
};

use super::{CONTACTS, asked, created, edited};

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
async fn two_are_one_and_then_two_again_byte_for_byte() {
    let bench = Bench::start().await;
    let dana = created(
        &bench,
        json!({ "name": "Dana Lee", "email": "dana@northgate.example", "company": "Northgate", "tags": ["rust"] }),
    )
    .await;
    asked(&bench, Method::POST, &format!("{CONTACTS}/{dana}/notes"), &json!({ "text": "likes jazz" })).await;
    let other = caller(&bench, "+14155550123").await;
    held(&bench, &other, Channel::Phone, 50, "Hi, this is Ben. I work at Southgate. I love chess.").await;
    held(&bench, &dana.parse().unwrap(), Channel::Chat, 40, "I work at Northgate, as a recruiter.").await;
    let path = format!("{CONTACTS}/{other}");
    asked(&bench, Method::POST, &format!("{path}/notes"), &json!({ "text": "plays the oboe" })).await;
    asked(&bench, Method::POST, &format!("{path}/tasks"), &json!({ "title": "ring back" })).await;
    asked(&bench, Method::POST, &format!("{path}/opportunities"), &json!({ "title": "a role" })).await;
    let before = table(&bench).await;
    let export = bench.owner(&format!("/api/people/{other}/export")).await;

    let dry = bench.owner(&format!("{MERGES}/{dana}/{other}")).await;
    assert_eq!(table(&bench).await, before, "a dry run does nothing");
    let fields = dry["fields"].as_array().unwrap();
    let stands = |field: &str| {
        let choice = fields.iter().find(|choice| choice["field"] == field);
        choice.map(|choice| choice["stands"].as_str().unwrap().to_owned())
    };
    assert_eq!(stands("phone").as_deref(), Some("absorbed"));
    for (kind, count) in [("conversations", 1), ("turns", 2), ("notes", 1), ("tasks", 1), ("keys", 1)] {
        assert_eq!(dry["moves"][kind], count, "{kind}: {dry}");
    }

    merged(&bench, &dana, &other).await;
    assert_eq!(bench.owner(MERGES).await["merges"].as_array().unwrap().len(), 1);
    for id in [dana.as_str(), other.as_str()] {
        let full = bench.owner(&format!("{CONTACTS}/{id}")).await;
        assert_eq!(full["contact"]["id"], dana, "either id leads to both");
        assert_eq!(full["contact"]["contactMethods"]["phone"], "+14155550123");
        assert_eq!(
            (full["notes"].as_array().unwrap().len(), full["tasks"].as_array().unwrap().len()),
            (2, 1)
        );
        let timeline = bench.owner(&format!("{CONTACTS}/{id}/timeline")).await;
        let conversations = timeline["entries"].as_array().unwrap().iter();
        let conversations = conversations.filter(|entry| entry["kind"] == "conversation");
        assert_eq!(conversations.filter(|entry| entry["turns"].as_array().unwrap().len() == 2).count(), 2);
        let context = bench.owner(&format!("/api/omni-context/{id}")).await;
        assert_eq!(context["context"]["metadata"]["totalInteractions"], 2, "{context}");
    }
    assert_eq!(names(&bench, "").await, ["Dana Lee"]);
    assert_eq!(names(&bench, "q=oboe").await, ["Dana Lee"], "found by the note of the other");
    assert_eq!(names(&bench, "hasOpenTask=true").await, ["Dana Lee"]);
    let facts = bench.stack.twin.store().facts(&dana.parse().unwrap()).await.unwrap();
    let works: Vec<_> = facts.iter().filter(|fact| fact.predicate == Predicate::WorksAt).collect();
    assert_eq!(
        works.iter().filter(|fact| fact.is_current()).count(),
        1,
        "of what both said one holds: {works:?}"
    );

    assert_eq!(unmerged(&bench, &other).await.status(), StatusCode::OK);
    let after = table(&bench).await;
    for (key, item) in &before {
        assert_eq!(after.get(key), Some(item), "{key:?}");
    }
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(names(&bench, "").await.len(), 2);
    let mut again = bench.owner(&format!("/api/people/{other}/export")).await;
    for grown in ["exportedAt", "audit", "proposals"] {
        again[grown] = export[grown].clone();
    }
    assert_eq!(again, export);
    is_problem(unmerged(&bench, &other).await, StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_happens_meanwhile_stays_with_whom_it_is() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana Lee", "email": "dana@northgate.example" })).await;
    let id: PersonId = dana.parse().unwrap();
    let other = caller(&bench, "+14155550123").await;
    held(&bench, &other, Channel::Phone, 50, "I work at Southgate.").await;
    merged(&bench, &dana, &other).await;

    let path = format!("{CONTACTS}/{dana}");
    let full = bench.owner(&path).await;
    let version = full["contact"]["version"].as_u64().unwrap();
    let answer = edited(&bench, &path, version, json!({ "role": "CTO" })).await;
    assert_eq!(answer.status(), StatusCode::OK);
    asked(&bench, Method::POST, &format!("{path}/notes"), &json!({ "text": "since then" })).await;
    assert_eq!(caller(&bench, "+14155550123").await, other, "a key goes on leading where it led");
    // Clocks: it ends after the merge.
    held(&bench, &other, Channel::Phone, 0, "I moved to Westgate. I live in Paris.").await;
    held(&bench, &id, Channel::Chat, 0, "I live in Rome.").await;
    let context = bench.owner(&format!("/api/omni-context/{dana}")).await;
    assert_eq!(context["context"]["metadata"]["totalInteractions"], 3);

    assert_eq!(unmerged(&bench, &other).await.status(), StatusCode::OK);
    let store = bench.stack.twin.store();
    let ours = store.known(&id).await.unwrap().unwrap();
    let theirs = store.known(&other).await.unwrap().unwrap();
    assert_eq!((ours.contact.role.as_deref(), ours.contact.name.as_deref()), (Some("CTO"), Some("Dana Lee")));
    assert_eq!(ours.contact.contact_methods.phone, None);
    assert_eq!(theirs.contact.contact_methods.phone.unwrap().as_str(), "+14155550123");
    let total = |known: &twin::memory::Known| known.context.metadata.total_interactions;
    assert_eq!(total(&ours), 1);
    assert_eq!(theirs.context.metadata.total_interactions, 2);
    assert_eq!(store.interactions(&id).await.unwrap().len(), 1);
    assert_eq!(store.interactions(&other).await.unwrap().len(), 2);
    assert_eq!(ours.contact.relationship.interaction_history.len(), 1);
    assert_eq!(theirs.contact.relationship.interaction_history.len(), 2);
    assert_eq!(ours.memory.exchanges.len(), 1);
    assert_eq!((store.notes(&id).await.unwrap().len(), store.notes(&other).await.unwrap().len()), (1, 0));
    for person in [&id, &other] {
        let of: Vec<_> =
            store.interactions_in(person).await.unwrap().into_iter().map(|held| held.id).collect();
        for fact in store.facts_in(person).await.unwrap() {
            assert!(of.contains(fact.interaction.as_ref().unwrap()), "{fact:?}");
        }
    }
    bench.stack.stop().await.unwrap();
}

/// Of what is said again and again the last time takes the place of an earlier one, though not for good of the other's.
#[tokio::test]
async fn what_both_say_stays_with_who_said_it() {
    let bench = Bench::start().await;
    let dana = created(&bench, json!({ "name": "Dana Lee", "email": "dana@northgate.example" })).await;
    let id: PersonId = dana.parse().unwrap();
    let other = caller(&bench, "+14155550123").await;
    for minutes in [50, 40] {
        held(&bench, &other, Channel::Phone, minutes, "I live in Oslo.").await;
    }
    merged(&bench, &dana, &other).await;
    held(&bench, &id, Channel::Chat, 0, "I live in Oslo.").await;
    assert_eq!(unmerged(&bench, &other).await.status(), StatusCode::OK);
    let store = bench.stack.twin.store();
    for (person, expected) in [(&id, 1), (&other, 2)] {
        let held = store.interactions_in(person).await.unwrap();
        let facts = store.facts_in(person).await.unwrap();
        let is_theirs = |said: &twin::id::InteractionId| held.iter().any(|held| held.id == *said);
        assert!(facts.iter().all(|fact| fact.interaction.as_ref().is_some_and(is_theirs)), "{facts:?}");
        let lives = facts.iter().filter(|fact| fact.predicate == Predicate::LocatedIn);
        assert_eq!(lives.count(), expected, "{facts:?}");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_tree_comes_apart_in_any_order_that_can_be() {
    let bench = Bench::start().await;
    let (a, b, c) = (
        created(&bench, json!({ "name": "Ann Smith", "tags": ["a"] })).await,
        created(&bench, json!({ "name": "Bob Jones", "tags": ["b"], "company": "Bobs" })).await,
        created(&bench, json!({ "name": "Cat Brown", "tags": ["c"] })).await,
    );
    let before = table(&bench).await;
    merged(&bench, &a, &b).await;
    merged(&bench, &a, &c).await;
    let tags = async |id: &str| bench.owner(&format!("{CONTACTS}/{id}")).await["contact"]["tags"].clone();
    assert_eq!(tags(&c).await, json!(["a", "b", "c"]));
    assert_eq!(unmerged(&bench, &b).await.status(), StatusCode::OK);
    assert_eq!((tags(&a).await, tags(&b).await), (json!(["a", "c"]), json!(["b"])));
    assert_eq!(unmerged(&bench, &c).await.status(), StatusCode::OK);
    let parted = table(&bench).await;
    assert_eq!(parted.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());

    // One in another: the outer comes first.
    merged(&bench, &b, &c).await;
    merged(&bench, &a, &c).await;
    let wanted = json!({ "survivor": c, "absorbed": b });
    let same = asked(&bench, Method::POST, MERGES, &wanted).await;
    is_problem(same, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    is_problem(unmerged(&bench, &c).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(tags(&c).await, json!(["a", "b", "c"]));
    for absorbed in [&b, &c] {
        assert_eq!(unmerged(&bench, absorbed).await.status(), StatusCode::OK);
    }
    assert_eq!((tags(&a).await, tags(&b).await, tags(&c).await), (json!(["a"]), json!(["b"]), json!(["c"])));
    bench.stack.stop().await.unwrap();
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
async fn who_may_be_one_is_proposed_once_with_reasons() {
    let bench = Bench::start().await;
    let one =
        created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate", "role": "Head of HR" }))
            .await;
    created(&bench, json!({ "name": "Ann Other", "company": "Northgate" })).await;
    let other =
        created(&bench, json!({ "name": "Bob Whitfield", "company": "Northgate Inc", "role": "Head of HR" }))
            .await;
    edited(&bench, &format!("{CONTACTS}/{other}"), 1, json!({ "company": "Northgate, Inc." })).await;
    let proposals = bench.owner("/api/crm/proposals").await["proposals"].clone();
    assert_eq!(proposals.as_array().unwrap().len(), 1, "{proposals}");
    let why: Vec<&str> =
        proposals[0]["why"].as_array().unwrap().iter().map(|why| why.as_str().unwrap()).collect();
    assert!(why.contains(&"same family name") && why.iter().any(|why| why.contains("first name")), "{why:?}");
    assert!(!why.iter().any(|why| why.contains("Whitfield")), "reasons hold no value: {why:?}");

    let path = format!("/api/crm/proposals/{other}/{one}/dismiss");
    let answer = asked(&bench, Method::POST, &path, &json!({})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["state"], "dismissed");
    edited(&bench, &format!("{CONTACTS}/{other}"), 2, json!({ "role": "Head of HR, Europe" })).await;
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"], json!([]), "it is remembered");
    let unknown = asked(&bench, Method::POST, "/api/crm/proposals/per_1/per_2/dismiss", &json!({})).await;
    is_problem(unknown, StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

/// The owner says of the likeliest that they are others: then the next is proposed.
#[tokio::test]
async fn who_was_dismissed_stands_in_nobodys_way() {
    let bench = Bench::start().await;
    for _ in 0..4 {
        created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate" })).await;
    }
    let last = created(&bench, json!({ "name": "Robert Whitfield", "company": "Northgate" })).await;
    let of_last = async || {
        let open = bench.owner("/api/crm/proposals").await["proposals"].as_array().unwrap().clone();
        open.into_iter().filter(|one| one["one"] == last || one["other"] == last).collect::<Vec<_>>()
    };
    let first = of_last().await;
    assert_eq!(first.len(), 3, "{first:?}");
    for known in &first {
        let id = |side: &str| known[side].as_str().unwrap().to_owned();
        let path = format!("/api/crm/proposals/{}/{}/dismiss", id("one"), id("other"));
        assert_eq!(asked(&bench, Method::POST, &path, &json!({})).await.status(), StatusCode::OK);
    }
    assert_eq!(of_last().await, Vec::<Value>::new());
    edited(&bench, &format!("{CONTACTS}/{last}"), 1, json!({ "role": "Head of HR" })).await;
    assert_eq!(of_last().await.len(), 1, "the fourth");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_what_was_proved_merges_by_itself() {
    let bench = Bench::start().await;
    let (twin, store) = (&bench.stack.twin, bench.stack.twin.store());
    let now = Timestamp::now();
    let one: PersonId = created(
        &bench,
        json!({ "name": "Dana Whitfield", "company": "Northgate", "phone": "+14155550123", "linkedin": "https://www.linkedin.com/in/dana-w" }),
    )
    .await
    .parse()
    .unwrap();
    // Somebody says all of it.
    let other = caller(&bench, "+14155550199").await;
    let mut contact = store.contact(&other).await.unwrap().unwrap();
    let said = twin::contact::Origin::conversation(&"int_1".parse().unwrap(), now);
    for detail in [
        twin::contact::Detail::Name(Some("Dana Whitfield".into())),
        twin::contact::Detail::Company(Some("Northgate".into())),
        twin::contact::Detail::Phone(Some(Phone::parse("+14155550123").unwrap())),
        twin::contact::Detail::Linkedin(Some("https://www.linkedin.com/in/dana-w".into())),
    ] {
        contact.infer(detail, said.clone()).unwrap();
    }
    store.save_contact(contact.clone(), &twin::store::Beside::default()).await.unwrap();
    twin.look_for_others(std::slice::from_ref(&other), Timestamp::now()).await;
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"].as_array().unwrap().len(), 1);
    assert_eq!(bench.owner(MERGES).await["merges"], json!([]), "what anybody can say merges nobody");

    // The owner vouches for it: it stands in a file.
    contact.version += 1;
    for detail in [
        twin::contact::Detail::Name(Some("Dana Whitfield".into())),
        twin::contact::Detail::Phone(Some(Phone::parse("+14155550123").unwrap())),
        twin::contact::Detail::Linkedin(Some("https://www.linkedin.com/in/dana-w".into())),
    ] {
        contact.edit(detail, now);
    }
    contact.updated_at = Timestamp::now();
    store.save_contact(contact, &twin::store::Beside::default()).await.unwrap();
    twin.look_for_others(std::slice::from_ref(&other), Timestamp::now()).await;
    let merges = bench.owner(MERGES).await["merges"].clone();
    assert_eq!((&merges[0]["by"], merges.as_array().unwrap().len()), (&json!("twin"), 1));
    assert!(!merges[0]["why"].as_array().unwrap().is_empty());
    // The owner knows better, and that is remembered.
    let absorbed = merges[0]["absorbed"].as_str().unwrap();
    assert_eq!(unmerged(&bench, absorbed).await.status(), StatusCode::OK);
    twin.look_for_others(&[other, one], Timestamp::now()).await;
    assert_eq!(bench.owner(MERGES).await["merges"], json!([]));
    assert_eq!(bench.owner("/api/crm/proposals").await["proposals"], json!([]));
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

/// What somebody has before they are merged.
#[derive(Debug, Clone)]
struct Past {
    notes: usize,
    facts: Vec<(bool, String)>,
    tags: Vec<String>,
    company: Option<String>,
    conversations: usize,
}

fn past() -> impl Strategy<Value = Past> {
    let facts = prop::collection::vec((any::<bool>(), "[a-c]{1,2}"), 0..4);
    let tags = prop::collection::vec("[a-c]", 0..3);
    (0..4usize, facts, tags, proptest::option::of("[A-C]{2}"), 0..2usize).prop_map(
        |(notes, facts, mut tags, company, conversations)| {
            tags.sort();
            tags.dedup();
            Past { notes, facts, tags, company, conversations }
        },
    )
}

async fn lived(bench: &Bench, past: &Past, name: &str) -> PersonId {
    let fields = json!({ "name": name, "tags": past.tags, "company": past.company });
    let id: PersonId = created(bench, fields).await.parse().unwrap();
    for number in 0..past.notes {
        let text = json!({ "text": format!("note {number}") });
        asked(bench, Method::POST, &format!("{CONTACTS}/{id}/notes"), &text).await;
    }
    for (is_work, value) in &past.facts {
        let predicate = if *is_work { Predicate::WorksAt } else { Predicate::Noted };
        let given = Given { subject: "person".to_owned(), predicate, value: value.clone(), pinned: false };
        bench.stack.twin.state_fact(&id, &given, Timestamp::now()).await.unwrap();
    }
    for number in 0..past.conversations {
        let minutes = 10 + i64::try_from(number).unwrap();
        held(bench, &id, Channel::Chat, minutes, "I work at Northgate.").await;
    }
    id
}

#[test]
fn whatever_was_before_is_again() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::start());
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let cases = (past(), past(), any::<bool>());
    let outcome = runner.run(&cases, |(one, other, facts_first)| {
        runtime.block_on(async {
            let survivor = lived(&bench, &one, "Xaver Quill").await;
            let absorbed = lived(&bench, &other, "Yvonne Root").await;
            let before = table(&bench).await;
            let twin = &bench.stack.twin;
            twin.merge(&survivor, &absorbed, OWNER, Timestamp::now()).await.unwrap();
            prop_assert!(table(&bench).await != before);
            let facts = twin.store().facts(&absorbed).await.unwrap().len();
            prop_assert_eq!(facts, twin.store().facts(&survivor).await.unwrap().len());
            if facts_first {
                // Reading changes nothing.
                twin.plan_merge(&survivor, &absorbed).await.unwrap_err();
            }
            twin.unmerge(&absorbed, Timestamp::now()).await.unwrap();
            prop_assert_eq!(table(&bench).await, before);
            Ok(())
        })
    });
    outcome.unwrap();
    runtime.block_on(bench.stack.stop()).unwrap();
}

/// Whoever merges, or takes it back, dies after each number of writes: readers see one or two, never half, and the next
/// to try brings it to its end.
#[tokio::test]
async fn a_crash_between_any_two_writes_leaves_one_or_two() {
    let bench = Bench::start().await;
    let dying = |life: &Life| {
        let nowhere = Queue::new(aws_sdk_sqs::Client::new(&config(&bench)), "http://127.0.0.1:1/jobs");
        Twin::new(Store::new(life.client(&config(&bench)), TABLE), nowhere)
    };
    let twin = &bench.stack.twin;
    let store = twin.store();
    for apart in [false, true] {
        for writes in 0.. {
            let one: PersonId = created(&bench, json!({ "name": "Xaver Quill" })).await.parse().unwrap();
            let other: PersonId = created(&bench, json!({ "name": "Yvonne Root" })).await.parse().unwrap();
            held(&bench, &other, Channel::Chat, 9, "I work at Northgate.").await;
            if apart {
                twin.merge(&one, &other, OWNER, Timestamp::now()).await.unwrap();
                // Facts that have to be given back.
                held(&bench, &other, Channel::Chat, 0, "I work at Southgate. I live in Rome.").await;
            }
            let life = Life::of(writes);
            let now = Timestamp::now();
            let done = match apart {
                false => dying(&life).merge(&one, &other, OWNER, now).await.map(drop),
                true => dying(&life).unmerge(&other, now).await.map(drop),
            };
            let is_one = store.contact(&other).await.unwrap().unwrap().id == one;
            let facts = async |person| {
                let all = store.facts(person).await.unwrap();
                all.iter().filter(|fact| fact.is_current()).count()
            };
            let conversations = store.interactions(&one).await.unwrap().len();
            assert_eq!(conversations > 0, is_one, "after {writes} writes");
            assert_eq!(facts(&one).await > 0, is_one, "after {writes} writes");
            assert!(facts(&other).await > 0, "after {writes} writes");
            match done {
                Ok(()) => assert_ne!(is_one, apart),
                Err(Error::Unavailable(_)) => {
                    let again = match apart {
                        false => twin.merge(&one, &other, OWNER, Timestamp::now()).await.map(drop),
                        true => twin.unmerge(&other, Timestamp::now()).await.map(drop),
                    };
                    // What was done before the death is done.
                    assert!(matches!(again, Ok(()) | Err(Error::NotFound | Error::Invalid(_))), "{again:?}");
                    let is_one = store.contact(&other).await.unwrap().unwrap().id == one;
                    assert_ne!(is_one, apart);
                }
                Err(error) => panic!("{error:?}"),
            }
            let theirs = store.facts_in(&one).await.unwrap();
            assert!(!apart || theirs.is_empty(), "{theirs:?}");
            if !life.is_over() {
                break;
            }
        }
    }
    bench.stack.stop().await.unwrap();
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

/// Whoever is like two is proposed with each, and the list of proposals names them twice.
#[tokio::test]
async fn namesakes_are_proposed_with_each_other() {
    let bench = Bench::start().await;
    for number in 0..3 {
        let email = format!("d{number}@mail{number}.example");
        created(&bench, json!({ "name": "Dana Whitfield", "company": "Northgate", "email": email })).await;
    }
    let open = bench.owner("/api/crm/proposals").await;
    assert_eq!(open["proposals"].as_array().unwrap().len(), 3, "{open}");
    bench.stack.stop().await.unwrap();
}
