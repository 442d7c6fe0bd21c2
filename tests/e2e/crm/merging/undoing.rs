//! A merge that is taken back leaves both as they were.

use jiff::Timestamp;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::{Bench, is_problem};
use twin::{id::PersonId, interaction::Channel, memory::Given, predicate::Predicate};

use super::{
    super::{CONTACTS, asked, created, edited},
    MERGES, OWNER, caller, held, merged, names, table, unmerged,
};

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

    // Merged again, the first time is not forgotten.
    merged(&bench, &dana, &other).await;
    let report = bench.owner("/api/analytics/report?days=2").await;
    let tiles = report["tiles"].as_array().unwrap();
    let undone = &tiles.iter().find(|tile| tile["key"] == "merges_undone").unwrap()["now"];
    assert_eq!((&undone["part"], &undone["n"]), (&json!(1), &json!(2)), "{undone}");
    let listed = bench.owner("/api/analytics/events?days=2&event=merge_undone").await;
    let of = &listed["events"][0];
    assert_eq!((&of["person"], &of["with"], &of["by"]), (&json!(dana), &json!(other), &json!("owner")));
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
