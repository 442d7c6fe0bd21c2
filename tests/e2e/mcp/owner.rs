//! The owner's surface.

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::Bench;
use twin::contact::Detail;

use super::{OWNER, VISITOR, call, gave, refusal};

#[tokio::test]
async fn the_owner_changes_the_persona_as_it_was_read() {
    let bench = Bench::start().await;
    let shown = gave(&bench, OWNER, "get_persona", json!({})).await;
    let version = shown["version"].as_u64().unwrap();
    let change = |version: u64, changes: Value, confirm: bool| {
        let mut arguments = json!({ "version": version, "changes": changes });
        if confirm {
            arguments["confirm"] = json!(true);
        }
        call(&bench, OWNER, "update_persona", arguments)
    };
    let title = json!({ "core": { "title": "Engineer of canary-5" } });
    let unasked = change(version, title.clone(), false).await;
    let unasked = refusal(&unasked);
    assert_eq!(unasked["missing"], json!(["confirm"]));
    assert!(unasked["message"].as_str().unwrap().contains("core.title"), "{unasked}");
    for (changes, word) in [
        (json!({ "core": { "name": "" } }), "name"),
        (json!({ "core": { "name": null } }), "name"),
        (json!({ "core": { "colour": "red" } }), "colour"),
        (json!({ "communication": { "tone": "rude" } }), "rude"),
        (json!({ "core": { "title": "two\nlines" } }), "one line"),
        (json!({}), "already"),
    ] {
        let wrong = change(version, changes.clone(), true).await;
        let wrong = refusal(&wrong);
        assert_eq!(wrong["error"], "invalid_arguments", "{changes}");
        assert!(wrong["detail"].as_str().unwrap().contains(word), "{changes}: {wrong}");
    }
    let mut lost = json!({ "version": version, "changes": title, "confirm": true, "idempotency_key": "k1" });
    let saved = call(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!(saved["structuredContent"]["version"], version + 1, "{saved}");
    let changed = &saved["structuredContent"]["changed"];
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(changed[0]["before"], shown["persona"]["core"]["title"]);
    let stale = change(version, json!({ "core": { "title": "Other" } }), true).await;
    let stale = refusal(&stale);
    assert_eq!((&stale["error"], &stale["version"]), (&json!("conflict"), &json!(version + 1)));
    let profile = gave(&bench, VISITOR, "get_profile", json!({})).await;
    assert_eq!(profile["title"], "Engineer of canary-5");
    // The answer was lost: under a key the same change finds itself done, and another one does not.
    let again = gave(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!((&again["version"], &again["changed"]), (&json!(version + 1), &json!([])));
    lost["changes"] = json!({ "core": { "title": "Other" } });
    let other = call(&bench, OWNER, "update_persona", lost.clone()).await;
    assert_eq!(refusal(&other)["error"], "idempotency_key_used");
    lost["idempotency_key"] = json!("k2");
    assert_eq!(refusal(&call(&bench, OWNER, "update_persona", lost).await)["error"], "conflict");
    let history = bench.owner("/api/persona/history").await;
    assert_eq!(history["versions"].as_array().unwrap().len() as u64, version + 1);
    // What several say at once becomes one version, and the others are told.
    let both = tokio::join!(
        change(version + 1, json!({ "core": { "title": "One" } }), true),
        change(version + 1, json!({ "core": { "title": "Two" } }), true),
    );
    let good = [&both.0, &both.1].iter().filter(|answer| answer["isError"] != true).count();
    assert_eq!(good, 1, "{both:?}");
}

#[tokio::test]
async fn the_owner_answers_what_the_twin_could_not() {
    let bench = Bench::start().await;
    let question = "Does Alex hold a pilot licence for gliders?";
    let unknown = gave(&bench, VISITOR, "ask", json!({ "question": question })).await;
    assert_eq!(unknown["known"], false);
    let gaps = gave(&bench, OWNER, "list_knowledge_gaps", json!({})).await;
    let gap = &gaps["gaps"][0];
    assert_eq!(gap["question"], question);
    let answer = json!({ "id": gap["id"], "answer": "Yes, a licence for gliders since 2019." });
    gave(&bench, OWNER, "answer_knowledge_gap", answer).await;
    let known = gave(&bench, VISITOR, "ask", json!({ "question": question })).await;
    assert!(known["answer"].as_str().unwrap().contains("2019"), "{known}");
    let written = json!({ "name": "Robin Muster", "email": "robin@sample.example" });
    let created = bench.as_owner(Method::POST, "/api/crm/contacts").json(&written).send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let brief = gave(&bench, OWNER, "daily_brief", json!({})).await;
    assert_eq!(
        brief["latest"],
        json!([]),
        "two of whom nothing is known yet, and one who was never in touch"
    );
    let conversations = &brief["summary"]["metrics"][0];
    assert_eq!(
        (&conversations["key"], &conversations["now"]["n"]),
        (&json!("conversations"), &json!(2)),
        "{brief}"
    );
    let figures = gave(&bench, OWNER, "get_analytics", json!({ "days": 365 })).await;
    assert_eq!(figures["metrics"][0]["now"]["value"], 2.0, "{figures}");
    gave(&bench, OWNER, "list_opportunities", json!({})).await;
    assert!(gave(&bench, OWNER, "get_persona", json!({})).await["version"].is_number());
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let bench = Bench::start().await;
    for number in 0..30 {
        let question = format!("Zyx{number}?");
        bench.stack.twin.not_known(&question, Timestamp::now()).await.unwrap();
    }
    bench.stack.twin.not_known("Zyx29?", Timestamp::now()).await.unwrap();
    let mut seen = Vec::new();
    let mut cursor = json!({});
    loop {
        let page = gave(&bench, OWNER, "list_knowledge_gaps", cursor.clone()).await;
        assert_eq!(page["total"], 30);
        let gaps = page["gaps"].as_array().unwrap();
        assert!(gaps.len() <= 25);
        seen.extend(gaps.iter().map(|gap| gap["question"].as_str().unwrap().to_owned()));
        let Some(next) = page.get("next_cursor") else { break };
        cursor = json!({ "cursor": next });
    }
    assert_eq!((seen[0].as_str(), seen.len()), ("Zyx29?", 30), "the most frequent first: {seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 30);
    let brief = gave(&bench, OWNER, "daily_brief", json!({})).await;
    assert_eq!(brief["open_questions"][0], "Zyx29?", "{brief}");
    for tool in ["list_follow_ups", "list_opportunities", "list_knowledge_gaps"] {
        let astray = call(&bench, OWNER, tool, json!({ "cursor": "bm8" })).await;
        assert_eq!(refusal(&astray)["error"], "invalid_arguments", "{tool}");
    }
}

/// Asked for again because the answer was lost, before and after the first one ended: one call.
#[tokio::test]
async fn a_call_is_placed_once_by_its_key() {
    let (bench, person) = crate::phone::outbound::bench(Some(true)).await;
    let mut wanted = json!({
        "contact": person, "purpose": "your interview on Tuesday", "at": crate::phone::outbound::noon(),
        "idempotency_key": "k1",
    });
    let unasked = call(&bench, OWNER, "place_call", wanted.clone()).await;
    assert_eq!(refusal(&unasked)["missing"], json!(["confirm"]));
    wanted["confirm"] = json!(false);
    assert_eq!(refusal(&call(&bench, OWNER, "place_call", wanted.clone()).await)["error"], "declined");
    wanted["confirm"] = json!(true);
    let first = gave(&bench, OWNER, "place_call", wanted.clone()).await;
    assert_eq!(first["contact"], json!(person));
    assert_eq!(gave(&bench, OWNER, "place_call", wanted.clone()).await, first);
    let mut other = wanted.clone();
    other["purpose"] = json!("something else");
    let refused = call(&bench, OWNER, "place_call", other.clone()).await;
    assert_eq!(refusal(&refused)["error"], "idempotency_key_used");
    other["idempotency_key"] = json!("k2");
    assert_eq!(
        refusal(&call(&bench, OWNER, "place_call", other).await)["error"],
        "conflict",
        "one at a time"
    );
    let (whose, id) = (person.parse().unwrap(), first["id"].as_str().unwrap().parse().unwrap());
    bench.stack.twin.cancel_call(&whose, &id, Timestamp::now()).await.unwrap();
    let again = gave(&bench, OWNER, "place_call", wanted).await;
    assert_eq!(again["id"], first["id"], "{again}");
    assert_eq!(bench.stack.twin.store().dials_of(&whose).await.unwrap().len(), 1);
}

/// However many there are, each is found, and by a name as it is typed.
#[tokio::test]
async fn everybody_is_found() {
    let bench = Bench::start().await;
    let names = (0..25).map(|one| format!("Guest {one}")).chain(["Zoë Quill".to_owned()]);
    for name in names {
        bench.stack.twin.create_contact(vec![Detail::Name(Some(name))], Timestamp::now()).await.unwrap();
    }
    let (mut seen, mut asked, mut cursor) = (HashSet::new(), json!({}), None);
    loop {
        let page = gave(&bench, OWNER, "find_contacts", asked).await;
        seen.extend(page["contacts"].as_array().unwrap().iter().map(|one| one["name"].to_string()));
        let Some(next) = page.get("next_cursor") else { break };
        cursor = Some(next.clone());
        asked = json!({ "cursor": next });
    }
    assert_eq!(seen.len(), 26);
    let found = gave(&bench, OWNER, "find_contacts", json!({ "query": "zoe" })).await;
    assert_eq!(
        (found["contacts"].as_array().unwrap().len(), &found["contacts"][0]["name"]),
        (1, &json!("Zoë Quill"))
    );
    let other = json!({ "query": "zoe", "cursor": cursor.unwrap() });
    let other = call(&bench, OWNER, "find_contacts", other).await;
    assert_eq!(refusal(&other)["error"], "invalid_arguments", "a cursor is of one question");
}
