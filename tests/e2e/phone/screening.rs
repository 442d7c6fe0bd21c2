//! Calls of strangers: weighed, asked who calls, refused if several signs agree; and whoever is known is not.

use std::time::Duration;

use jiff::Timestamp;
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sim::{
    scenario::Scenario,
    twilio::{rest::LookedUp, twiml::Verb},
};
use tests::{Bench, is_problem, model, options, turns, verbs};

const FROM: &str = "+14155550181";
const FAILED: &str = "TN-Validation-Failed-A";

/// A call that is over at once.
async fn ring(bench: &Bench, call: u32, from: &str, verstat: Option<&str>) -> (String, Vec<Verb>) {
    let sid = format!("CA{call:032x}");
    let mut form = bench.voice_form(&sid, from);
    form.extend(verstat.map(|verstat| ("StirVerstat", verstat)));
    let verbs = verbs(bench.webhook(phone_webhook::INCOMING, &form).await).await;
    form.retain(|(name, _)| *name != "CallStatus");
    form.push(("CallStatus", "completed"));
    let told = bench.webhook(phone_webhook::STATUS, &form).await;
    assert_eq!(told.status(), StatusCode::NO_CONTENT);
    (sid, verbs)
}

async fn save(bench: &Bench, settings: Value) {
    let version = bench.owner(phone_webhook::SETTINGS).await["version"].clone();
    let body = json!({ "version": version, "settings": settings });
    let saved = bench.as_owner(Method::PUT, phone_webhook::SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
}

/// A number that is not theirs, on a line of the internet, that calls again and again: not answered in the end; the owner
/// sees why, and lets them in.
#[tokio::test]
async fn several_signs_refuse_a_call_and_the_owner_lets_them_in() {
    let bench = Bench::start().await;
    save(&bench, json!({ "lookUp": true })).await;
    let twilio = bench.stack.twilio.as_ref().unwrap();
    twilio.know(FROM, LookedUp { kind: "nonFixedVoip", ..LookedUp::default() });
    let mut last = String::new();
    let mut names = Vec::new();
    // Calls are counted by the clock: where a count began anew meanwhile, as many again.
    let window = || Timestamp::now().as_second().div_euclid(10 * 60);
    let begun = window();
    for call in 1..=24 {
        if call > 12 && window() == begun {
            break;
        }
        let (sid, verbs) = ring(&bench, call, FROM, Some(FAILED)).await;
        names.push(verbs[0].name().to_owned());
        last = sid;
    }
    assert!(names[..10].iter().all(|name| name == "Connect"), "{names:?}");
    assert_eq!(names[names.len() - 2..], ["Reject", "Reject"], "35 + 15 + 15 + 25 + 30");
    let call = bench.conversation(&last).await;
    assert_eq!(call["outcome"], "screened");
    let screened =
        call["actions"].as_array().unwrap().iter().find(|one| one["kind"] == "call_screened").unwrap();
    assert_eq!(
        screened["screening"],
        json!({
            "score": 100,
            "reasons": ["not_their_number", "very_often", "often", "looks_like_ours", "voip"],
            "looked_up": true,
        })
    );
    let page = async || {
        let page = bench.as_owner(Method::GET, &format!("/people/{}", call["person"].as_str().unwrap()));
        page.send().await.unwrap().text().await.unwrap()
    };
    let shown = page().await;
    assert!(shown.contains("very many calls within an hour"));
    let marked = format!("data-spam=\"{last}\"");
    assert!(shown.contains(&marked), "the owner may say that it was none");

    let path = format!("/api/phone/screened/{last}/allow");
    let stranger = bench.http.post(bench.url(&path)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    for _ in 0..2 {
        assert_eq!(bench.as_owner(Method::POST, &path).send().await.unwrap().status(), StatusCode::OK);
    }
    let report = bench.owner("/api/analytics/report?days=2").await;
    let tiles = report["tiles"].as_array().unwrap();
    let wrong = &tiles.iter().find(|tile| tile["key"] == "spam_recovered").unwrap()["now"];
    assert_eq!(wrong["part"], 1, "once");
    assert!(wrong["n"].as_u64() >= Some(2), "two were refused: {wrong}");
    assert!(!page().await.contains(&marked), "and is not asked again");
    let listed = bench.owner("/api/analytics/events?days=2&event=spam_recovered&channel=phone").await;
    assert_eq!((&listed["events"][0]["call"], &listed["events"][1]), (&json!(last), &Value::Null));
    let (_, verbs) = ring(&bench, 25, FROM, Some(FAILED)).await;
    assert_eq!(verbs[0].name(), "Connect");
    let nobody = format!("/api/phone/screened/CA{:032x}/allow", 99);
    assert_eq!(bench.as_owner(Method::POST, &nobody).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let (hidden, _) = ring(&bench, 26, "anonymous", None).await;
    let numberless = format!("/api/phone/screened/{hidden}/allow");
    let refused = bench.as_owner(Method::POST, &numberless).send().await.unwrap();
    is_problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

/// Whoever has told who they are is never weighed, however often they call.
#[tokio::test]
async fn a_known_person_is_never_refused() {
    let bench = Bench::start().await;
    let scenario = Scenario::built_in("networking").unwrap();
    bench.place(bench.caller(&scenario)).await;
    for call in 1..=13 {
        let (_, verbs) = ring(&bench, call, &scenario.from, Some(FAILED)).await;
        assert_eq!(verbs[0].name(), "Connect", "{call}");
    }
    bench.stack.stop().await.unwrap();
}

/// Nor are they taken for who they may not be without a word: the owner sees that the number may not have been theirs.
#[tokio::test]
async fn a_number_that_is_not_theirs_is_told_of_in_the_timeline() {
    let bench = Bench::start().await;
    let scenario = Scenario::built_in("networking").unwrap();
    let first = bench.place(bench.caller(&scenario)).await;
    let mut config = bench.caller(&scenario);
    config.stir_verstat = Some(FAILED.to_owned());
    let second = bench.place(config).await;
    let screened = async |sid: &str| -> Vec<Value> {
        let call = bench.conversation(sid).await;
        let actions = call["actions"].as_array().unwrap().iter();
        actions.filter(|one| one["kind"] == "call_screened").map(|one| one["screening"].clone()).collect()
    };
    assert!(screened(&first.call_sid).await.is_empty());
    let told = screened(&second.call_sid).await;
    assert_eq!(told, [json!({ "score": 0, "reasons": ["not_their_number"] })]);
    let call = bench.conversation(&second.call_sid).await;
    assert_eq!(call["outcome"], "completed", "they were talked with as ever");
    let page = bench.as_owner(Method::GET, &format!("/people/{}", call["person"].as_str().unwrap()));
    assert!(page.send().await.unwrap().text().await.unwrap().contains("the number is not theirs"));
    bench.stack.stop().await.unwrap();
}

fn robocall(first: &str) -> Scenario {
    let text = format!(
        r#"
        title = "a stranger"
        from = "{FROM}"
        [[turn]]
        caller = "{first}"
        [[turn.response]]
        say = "No, thank you."
        [[turn]]
        caller = "Are you sure?"
        [[turn.response]]
        say = "Yes. Goodbye."
        [[turn.response.call]]
        tool = "end_call"
        arguments = {{ reason = "an advertisement" }}
        "#
    );
    Scenario::parse("robocall", &text).unwrap()
}

/// A call that may be spam is asked who calls, and for whom; what is said first decides how it goes on.
#[tokio::test]
async fn a_stranger_is_asked_who_calls_and_advertises() {
    advertises("We are calling to offer you a lower interest rate on your credit card, act now.").await;
}

#[tokio::test]
async fn a_stranger_advertises_in_another_language() {
    advertises("Guten Tag, wollen Sie Ihre Stromkosten senken? Dieses Angebot gilt nur heute.").await;
}

async fn advertises(first: &str) {
    let scenario = robocall(first);
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    save(&bench, json!({ "lookUp": true })).await;
    bench.stack.twilio.as_ref().unwrap().know(FROM, LookedUp { kind: "nonFixedVoip", ..LookedUp::default() });
    let mut config = bench.caller(&scenario);
    config.stir_verstat = Some(FAILED.to_owned());
    config.manners.grace = Duration::from_secs(2);
    let report = bench.place(config).await;
    let call = bench.conversation(&report.call_sid).await;
    let (who, first) = turns(&call)[0];
    assert_eq!(who, "twin");
    assert!(
        first.contains("AI assistant") && first.ends_with("Who is calling, please, and for whom?"),
        "{first}"
    );
    assert_eq!(call["route"], "spam", "{call}");
    let actions = call["actions"].as_array().unwrap();
    let why = actions.iter().find(|one| one["kind"] == "call_screened").expect("why they were asked");
    assert!(why["screening"]["score"].as_u64() >= Some(50), "{why}");
    assert_eq!(bench.openai().sessions()[0].tools.len(), 4, "an advertisement has few tools");
    bench.stack.stop().await.unwrap();
}
