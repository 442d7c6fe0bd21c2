//! GPT-Live in a browser.

use omnitwin::stack::Options;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sim::browser::{Browser, Seen};
use tests::{Bench, is_problem, options};
use twin::config::LIVE_MODEL;

use super::{Page, voice_of};

/// GPT-Live where it is chosen: the offer goes through us, the relay says the greeting and runs the tools, and the page may
/// do nothing but hang up.
#[tokio::test]
async fn live_speaks_in_a_browser() {
    let live_model = Some(LIVE_MODEL.to_owned());
    let bench = Bench::with(Options { live_model, ..options() }).await;
    let mut page = Page::new(&bench);
    let without = page.post("/api/voice/token", json!({})).await;
    is_problem(without, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let odd = page.post("/api/voice/token", json!({ "offer": "v=1" })).await;
    is_problem(odd, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;

    let offering = Browser::offers().await.unwrap();
    let begun = page.begin(json!({ "offer": offering.sdp })).await;
    let text = |field: &str| begun.token[field].as_str().unwrap().to_owned();
    assert!(begun.token.get("client_secret").is_none(), "{}", begun.token);
    let browser = offering.answered(&text("answer"), text("call_id")).unwrap();
    let said = |seen: &Seen| {
        let words = seen.events.iter().filter(|event| event["type"] == "session.output_transcript.delta");
        words.filter_map(|event| event["delta"].as_str()).collect::<String>()
    };
    let greeting = text("greeting");
    assert!(browser.until(|seen| said(seen).contains(&greeting)).await.is_some(), "{:?}", browser.seen());
    let content = json!({ "type": "session.commentary.append", "content": "Lie.", "delegation_id": null });
    assert!(browser.send(&content));
    let refused = browser.until(|seen| seen.count("error") == 1).await.expect("an answer");
    assert!(refused.events.iter().any(|event| event["error"]["code"] == "event_not_allowed"), "{refused:?}");
    let tool = page
        .post(&begun.path("tools/take_message"), begun.with(json!({ "call_id": "c", "arguments": "{}" })))
        .await;
    assert_eq!(tool.status(), StatusCode::CONFLICT, "the relay runs them");

    assert!(browser.say("Perfect, thank you. Goodbye."));
    assert!(browser.until(|seen| seen.over).await.is_some(), "the relay ends it");
    assert!(browser.seen().voiced > 0);
    let ended: Value = page.post(&begun.path("close"), begun.with(json!({}))).await.json().await.unwrap();
    assert_eq!(ended["outcome"], "completed", "{ended}");
    bench.stack.jobs_done().await.unwrap();
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    let turns = person["interactions"][0]["turns"].as_array().unwrap();
    let words: Vec<&str> = turns.iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!(words[..2], [greeting.as_str(), "Perfect, thank you. Goodbye."], "{words:?}");
    let sessions = bench.openai().live_sessions();
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    let allowed = &session.session["client"]["data_channel"]["allowed_client_events"];
    assert_eq!(*allowed, json!(["session.close"]));
    assert_eq!(session.closed, Some("close_requested"));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_page_may_hang_up_its_live_session() {
    let live_model = Some(LIVE_MODEL.to_owned());
    let bench = Bench::with(Options { live_model, ..options() }).await;
    let mut page = Page::new(&bench);
    let offering = Browser::offers().await.unwrap();
    let begun = page.begin(json!({ "offer": offering.sdp })).await;
    let text = |field: &str| begun.token[field].as_str().unwrap().to_owned();
    let browser = offering.answered(&text("answer"), text("call_id")).unwrap();
    assert!(browser.until(|seen| seen.count("session.output_transcript.delta") > 3).await.is_some());
    assert!(browser.send(&json!({ "type": "session.close" })));
    let ended: Value = page.post(&begun.path("close"), begun.with(json!({}))).await.json().await.unwrap();
    assert_eq!(ended["outcome"], "hung_up", "{ended}");
    bench.stack.stop().await.unwrap();
}
