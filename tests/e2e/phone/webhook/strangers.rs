//! Rows 6 and 7: callers without a number, and names that are markup.

use jiff::Timestamp;
use phone_webhook::{AFTER_STREAM, FALLBACK, INCOMING, RECORDING};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sim::twilio::twiml::{self, Verb};
use tests::{Bench, CALL_SID, document, is_problem, is_safe, verbs};
use twin::{
    id::InteractionId,
    identity::{Assurance, Email},
    routing::RouteKind,
};

use super::{CALLER, ROUTES, at_once, sid, untouched};
use crate::phone::{but_for_the_clock, relay::client::Client};

const NAME: &str = "Zenobia Canary";
const EMAIL: &str = "zenobia@canary.example";

/// Twilio's ways to write a hidden number.
const HIDDEN: [&str; 6] =
    ["", "anonymous", "+266696687", "Anonymous", "+7378742833", "sip:anonymous@anonymous.invalid"];

/// What the model is told in this call, once it speaks; but for the time of day.
async fn told(bench: &Bench, call_sid: &str, from: &str) -> String {
    let before = bench.openai().sessions().len();
    let url = bench.stream_url(call_sid, from).await;
    let mut client = Client::connect(bench, &url, call_sid).await;
    client.begin().await;
    client.hears().await;
    client.hang_up().await;
    but_for_the_clock(&bench.openai().sessions()[before].instructions)
}

/// What the model is told about the caller of this call.
async fn instructions(bench: &Bench, call_sid: &str, from: &str) -> String {
    told(bench, call_sid, from).await.split("Where the owner is").next().unwrap_or_default().to_owned()
}

/// What the preview shows is what the model is told, to the letter: with a stranger, by their number, and with somebody
/// who is known by theirs.
#[tokio::test]
async fn the_preview_of_a_call_is_what_is_told_in_it() {
    let bench = Bench::start().await;
    let settings = json!({
        "timeZone": "Europe/Berlin", "ownerLine": "+12125550100", "recording": "announce", "doNotDisturb": true,
    });
    let body = json!({ "version": 0, "settings": settings });
    let saved = bench.as_owner(Method::PUT, "/api/phone/settings").json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let preview = async |query: &str| {
        let shown = bench.owner(&format!("/api/persona?channel=phone&{query}")).await;
        but_for_the_clock(shown["instructions"].as_str().unwrap())
    };
    // In California all sides have to agree to being recorded, in Texas they are told.
    for (call, number) in [(0, "+14155550170"), (1, "+15125550171")] {
        let shown = preview(&format!("preview=&from=%2B{}", &number[1..])).await;
        assert!(shown.contains("record"), "{shown}");
        assert_eq!(told(&bench, &sid(call), number).await, shown, "{number}");
    }
    bench.settled(&sid(0)).await;
    let known = bench.call(&sid(0)).await.expect("a row");
    let shown = preview(&format!("preview={}&level=1", known.person)).await;
    assert!(shown.contains("been in touch before"), "{shown}");
    assert_eq!(told(&bench, &sid(2), "+14155550170").await, shown);
    let wrong = bench.as_owner(Method::GET, "/api/persona?preview=&from=911").send().await.unwrap();
    is_problem(wrong, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn hidden_callers_share_nothing() {
    let bench = Bench::start().await;
    at_once(&bench, 2 * HIDDEN.len()).await;
    let mut people = Vec::new();
    let mut told = Vec::new();
    for (number, from) in (0..).zip(HIDDEN.iter().chain(&HIDDEN)) {
        let call_sid = sid(number);
        told.push(instructions(&bench, &call_sid, from).await);
        let call = bench.call(&call_sid).await.expect("a row");
        assert_eq!(
            (call.number, call.level, call.route),
            (None, Assurance::Anonymous, RouteKind::default()),
            "{from:?}"
        );
        assert!(!people.contains(&call.person), "{from:?}");
        the_caller_says_who_they_are(&bench, &call.person, &call.interaction).await;
        people.push(call.person);
    }
    assert_eq!(bench.footprint().await.0, people.len());
    for words in &told {
        assert_eq!(words, &told[0], "each is told what a stranger is told");
        assert!(!words.contains("Zenobia") && !words.contains(EMAIL), "{words}");
        assert!(words.contains("Ask who they are"), "{words}");
    }
    bench.stack.stop().await.unwrap();
}

async fn the_caller_says_who_they_are(bench: &Bench, person: &twin::id::PersonId, call: &InteractionId) {
    bench.stack.jobs_done().await.unwrap();
    let store = bench.stack.twin.store();
    let mut contact = store.known(person).await.unwrap().expect("written").contact;
    contact.name = Some(NAME.to_owned());
    contact.contact_methods.email = Some(Email::parse(EMAIL).unwrap());
    store.act(person, call, "test", None, &json!({}), Some(contact), &[], Timestamp::now()).await.unwrap();
}

/// The same call again is the same stranger, not another one.
#[tokio::test]
async fn a_hidden_caller_keeps_their_call() {
    let bench = Bench::start().await;
    let form_sid = sid(1);
    for from in HIDDEN {
        let answer = document(bench.webhook(INCOMING, &bench.voice_form(&form_sid, from)).await).await;
        assert!(answer.contains("<Connect>"), "{answer}");
    }
    assert_eq!(bench.footprint().await, (1, 0));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn markup_stays_text() {
    const MARKUP: [&str; 4] = [
        r#""><Dial>+19005550100</Dial><Say x=""#,
        "</Say><Dial>+19005550100</Dial>",
        "]]><Dial>+19005550100</Dial><![CDATA[",
        "&lt;Dial&gt;<!-- \u{202e}",
    ];
    let bench = Bench::start().await;
    for (number, markup) in (0..).zip(MARKUP) {
        for path in ROUTES.into_iter().filter(|path| *path != phone_webhook::STATUS) {
            let call_sid = sid(number);
            let mut form = bench.voice_form(&call_sid, CALLER);
            for name in ["CallerName", "FromCity", "ForwardedFrom", "RecordingUrl", "ErrorUrl", "StirVerstat"]
            {
                form.push((name, markup));
            }
            let text = document(bench.webhook(path, &form).await).await;
            let names: Vec<_> = twiml::parse(&text).unwrap().iter().map(Verb::name).collect();
            assert!(!names.contains(&"Dial"), "{text}");
            assert!(!text.contains("+1900"), "{text}");
        }
    }
    bench.stack.stop().await.unwrap();
}

/// In a field that has a pattern, markup is a hidden caller, or a number that is not ours.
#[tokio::test]
async fn markup_for_a_number_is_nobody() {
    const MARKUP: &str = r#""><Dial>+19005550100</Dial>"#;
    let bench = Bench::start().await;
    let call_sid = sid(1);
    let mut form = bench.voice_form(&call_sid, MARKUP);
    let answer = verbs(bench.webhook(INCOMING, &form).await).await;
    assert_eq!(answer.iter().map(Verb::name).collect::<Vec<_>>(), ["Connect", "Redirect"]);
    assert_eq!(bench.call(&call_sid).await.expect("a row").number, None);
    for (name, value) in &mut form {
        if *name == "To" {
            *value = MARKUP;
        }
    }
    is_safe(bench.webhook(INCOMING, &form).await).await;
    bench.stack.stop().await.unwrap();
}

/// What a caller is asked after a refusal is the same, whoever they say they are.
#[tokio::test]
async fn the_fallback_writes_nothing() {
    let bench = Bench::start().await;
    let call_sid = sid(1);
    for from in HIDDEN.into_iter().chain([CALLER]) {
        let mut form = bench.voice_form(&call_sid, from);
        form.push(("ErrorCode", "11200"));
        is_safe(bench.webhook(FALLBACK, &form).await).await;
        for path in [AFTER_STREAM, RECORDING] {
            let last = verbs(bench.webhook(path, &form).await).await.pop();
            assert_eq!(last, Some(Verb::Hangup), "{path}");
        }
    }
    assert_eq!(bench.footprint().await, (0, 0));
    assert_eq!(bench.call(&call_sid).await, None);
    let asked = bench.stack.twilio.as_ref().unwrap().requests();
    assert!(asked.iter().any(|one| one.path.contains("Recordings/Twilio.CURRENT")), "nothing is recorded on");
    bench.stack.stop().await.unwrap();
}

/// The owner's telephone passes on what they do not take, to us: two twins would talk with each other.
#[tokio::test]
async fn a_call_of_ours_that_comes_back_is_not_answered() {
    let bench = Bench::start().await;
    let form = bench.voice_form(CALL_SID, bench.stack.account.phone_number.as_str());
    let answer = verbs(bench.webhook(INCOMING, &form).await).await;
    assert_eq!(answer.iter().map(Verb::name).collect::<Vec<_>>(), ["Reject"]);
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}
