//! Answers that a model writes, and passages that are found by what they mean: how far a model is believed, and what is done
//! without one.

use axum::http::header;
use jiff::Timestamp;
use omnitwin::{
    commands::eval::retrieval::{Question, Turn, measure},
    stack::Options,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sim::{
    openai::{Answer, Cue, Endpoint, TextFault},
    scenario::Scenario,
};
use tests::{Bench, options};
use twin::{brain::Brain, config::Settings};

use super::post;

/// A model that is scripted, with what it was asked.
async fn asked_model(answer: Value) -> (Bench, Value) {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    bench.openai().say(Cue::format("answer"), Answer::Json(answer));
    let asked = json!({ "message": "Has Alex used Rust for payments?", "channel": "chat" });
    let (status, said) = post(&bench, "/api/conversation-flow/response", asked).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    (bench, said)
}

#[tokio::test]
async fn a_model_answers_from_passages() {
    let (bench, said) =
        asked_model(json!({ "known": true, "text": "Yes: a ledger.", "sources": [1, 99, 0] })).await;
    assert_eq!((&said["engine"], &said["known"]), (&json!("openai"), &json!(true)));
    assert_eq!(said["citations"].as_array().unwrap().len(), 1, "what is no passage is no source: {said}");
    assert_eq!(
        (&said["text"], &said["citations"][0]["title"]),
        (&json!("Yes: a ledger."), &json!("Résumé of Alex Sample"))
    );
    let all = bench.openai().asked();
    let asked = all.iter().find(|asked| asked.endpoint == Endpoint::Responses).unwrap();
    let told = asked.body["instructions"].as_str().unwrap();
    assert!(
        told.contains("AI assistant of Alex Sample") && told.contains("payments ledger in Rust"),
        "{told}"
    );
    assert_eq!(
        (&asked.body["store"], &asked.body["text"]["format"]["strict"]),
        (&json!(false), &json!(true))
    );
    bench.stack.stop().await.unwrap();
}

/// The preview is what the model was asked, to the letter.
#[tokio::test]
async fn the_preview_is_what_a_model_is_told() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    let said = "What has Alex done with Rust?";
    let base = &bench.stack.urls.base;
    let body = json!({ "id": "m1", "message": said });
    let sent = bench
        .http
        .post(bench.url("/api/chat"))
        .header(header::ORIGIN, base)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(sent.text().await.unwrap().contains("event: done"));
    let asked = bench.openai().asked();
    let told = asked.iter().find_map(|asked| asked.body["instructions"].as_str()).unwrap();
    let said = said.replace(' ', "+").replace('?', "%3F");
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap();
    let preview = bench.owner(&format!("/api/persona?channel=chat&preview={person}&said={said}")).await;
    assert_eq!(preview["instructions"].as_str().unwrap(), told);
    bench.stack.stop().await.unwrap();
}

/// What was imported while the model did not answer is found by what it means later, also by who had it in memory.
#[tokio::test]
async fn vectors_come_later() {
    const FAULTS: usize = 8;
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    for _ in 0..FAULTS {
        bench.openai().misbehave_at(Endpoint::Embeddings, TextFault::Status(500));
    }
    let note = json!({ "kind": "note", "title": "Timekeeping", "text": "Clock synchronisation with PTP." });
    assert_eq!(post(&bench, "/api/knowledge/imports", note).await.0, StatusCode::OK);
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let hash =
        twin.store().manifest().await.unwrap().entries.into_iter().find(|entry| entry.title == "Timekeeping");
    let hash = [hash.unwrap().hash];
    assert!(twin.store().vectors(&hash).await.unwrap().is_empty());
    twin.library(now).await.unwrap();
    for _ in 0..=FAULTS {
        assert!(twin.embed_missing(now).await.is_ok(), "a model that does not answer stops nothing");
    }
    assert_eq!(twin.store().vectors(&hash).await.unwrap().len(), 1);
    let found = twin.library(now).await.unwrap().read().without_vectors();
    assert!(!found.contains(&hash[0]), "loaded by who had it in memory");
    assert_eq!(twin.embed_missing(now).await.unwrap(), 0, "once");
    bench.stack.stop().await.unwrap();
}

/// What `omnitwin eval retrieval --vectors` measures: words with typos are found by what they mean alone.
#[tokio::test]
async fn retrieval_is_measured_with_vectors() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    let base = format!("{}/sim/openai/v1", bench.stack.urls.base);
    let lookup = |name: &str| match name {
        "OPENAI_API_KEY" => Some("simulated".to_owned()),
        "OPENAI_BASE_URL" => Some(base.clone()),
        _ => None,
    };
    let turn = |id: &str, session: u32, text: &str| json!({ "space": "one", "id": id, "session": session, "speaker": "Dana", "text": text });
    let turns: Vec<Turn> = serde_json::from_value(json!([
        turn("t1", 1, "We spoke about synchronisation of clocks."),
        turn("t2", 1, "Lunch was fine."),
        turn("t3", 2, "The harbour was cold."),
    ]))
    .unwrap();
    let questions: Vec<Question> = serde_json::from_value(json!([
        { "space": "one", "question": "synchronisatoin clokcs", "evidence": ["t1"] },
    ]))
    .unwrap();
    let mut recall = Vec::new();
    for brain in [Brain::Offline, Brain::from(&Settings::new(&lookup)).unwrap()] {
        let measured = measure(&turns, &questions, (&[1], None), &brain).await.unwrap();
        recall.push(measured.all.recall()[0]);
    }
    assert_eq!(recall, [0.0, 1.0]);
    bench.stack.stop().await.unwrap();
}

/// A question without a word of what answers it is found by what it means.
#[tokio::test]
async fn vectors_are_kept_and_compared() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    let note = json!({ "kind": "note", "title": "Timekeeping", "text": "Clock synchronisation with PTP." });
    assert_eq!(post(&bench, "/api/knowledge/imports", note).await.0, StatusCode::OK);
    let found = bench.owner("/api/knowledge/search?q=clocks+synchronised+by+ptp&k=1").await;
    assert!(found["results"][0]["text"].as_str().unwrap().contains("PTP"), "{found}");
    assert!(found["results"][0]["likeness"].as_f64().unwrap() > 0.2, "{found}");
    let embeddings =
        || bench.openai().asked().iter().filter(|asked| asked.endpoint == Endpoint::Embeddings).count();
    let before = embeddings();
    let again = json!({ "kind": "note", "title": "Timekeeping", "text": "Clock synchronisation with PTP." });
    assert_eq!(post(&bench, "/api/knowledge/imports", again).await.1["unchanged"], 1);
    assert_eq!(embeddings(), before, "what has vectors is not embedded again");
    bench.openai().misbehave_at(Endpoint::Embeddings, TextFault::InvalidJson);
    let found = bench.owner("/api/knowledge/search?q=ptp&k=1").await;
    assert!(found["results"][0]["text"].as_str().unwrap().contains("PTP"));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_model_that_names_no_passage_is_not_believed() {
    let (bench, said) =
        asked_model(json!({ "known": true, "text": "Alex won a prize.", "sources": [] })).await;
    assert_eq!((&said["known"], &said["citations"]), (&json!(false), &json!([])));
    assert!(!said["text"].as_str().unwrap().contains("prize"));
    assert_eq!(bench.owner("/api/knowledge/gaps").await["gaps"].as_array().unwrap().len(), 1);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn without_the_model_the_twin_quotes() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    for _ in 0..8 {
        bench.openai().misbehave_at(Endpoint::Responses, TextFault::InvalidJson);
    }
    let asked = json!({ "message": "Has Alex used Rust for payments?", "channel": "chat" });
    let (_, said) = post(&bench, "/api/conversation-flow/response", asked).await;
    assert_eq!((&said["engine"], &said["known"]), (&json!("offline"), &json!(true)));
    assert!(said["text"].as_str().unwrap().contains("ledger in Rust"), "{said}");
    bench.stack.stop().await.unwrap();
}

/// Imports, answers and readings are made without a model once the day's budget is spent.
#[tokio::test]
async fn what_is_not_paid_is_not_asked() {
    let bench = Bench::with(Options { text_is_simulated: true, daily_budget: 0, ..options() }).await;
    let asked = json!({ "message": "Has Alex used Rust for payments?", "channel": "chat" });
    let (_, said) = post(&bench, "/api/conversation-flow/response", asked).await;
    assert_eq!((&said["engine"], &said["known"]), (&json!("offline"), &json!(true)));
    let said = json!({ "message": "I'm a recruiter at Northgate Search with a staff engineer role" });
    let (_, read) = post(&bench, "/api/conversation-flow/intent", said).await;
    assert_eq!(read["intent"], "job_opportunity", "{read}");
    let report = bench.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).await;
    assert_eq!(report.status, "completed", "a call leaves a message");
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(bench.openai().asked(), []);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_reading_counts_with_what_was_said() {
    let bench = Bench::with(Options { text_is_simulated: true, ..options() }).await;
    let fact = |quote: &str| {
        json!({
            "statement": "A fact.", "quote": quote, "subject": "person", "predicate": "works_at",
            "value": "Northgate Search", "confidence": 95,
        })
    };
    let reading = json!({
        "summary": "Dana has a role in payments.", "topics": ["Staff engineer role"],
        "intent": "job_opportunity", "relationship": "recruiter", "industry": "recruiting",
        "company": "Northgate Search", "importance": "high",
        "facts": [fact("I'm a recruiter at Northgate Search"), fact("I like cats")],
        "career_goals": [], "next_actions": ["Read the role's description"], "follow_up_required": true,
    });
    bench.openai().say(Cue::format("conversation_analysis"), Answer::Json(reading));
    let report = bench.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).await;
    let call = bench.conversation(&report.call_sid).await;
    let analysis = &call["analysis"];
    assert_eq!(analysis["summary"], "Dana has a role in payments.");
    let facts = analysis["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 1, "what was not said is no fact: {facts:?}");
    assert_eq!(facts[0]["quote"], "I'm a recruiter at Northgate Search");
    let remembered =
        bench.owner(&format!("/api/omni-context/{}/facts", call["person"].as_str().unwrap())).await;
    let works =
        remembered["facts"].as_array().unwrap().iter().find(|fact| fact["predicate"] == "works_at").unwrap();
    assert_eq!(
        (&works["value"], &works["confidence"]),
        (&json!("Northgate Search"), &json!(60)),
        "a caller's word"
    );
    let next = analysis["nextActions"].to_string();
    assert!(next.contains("Confirm a time") && next.contains("Read the role's description"), "{next}");
    bench.stack.stop().await.unwrap();
}
