//! The web chat over HTTP: answers that stream, a session in a cookie, what is refused, and what it leaves behind.

mod meetings;
mod budget;
mod conversing;
mod resume;
mod racing;

use std::time::Duration;

use omnitwin::stack::Options;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sim::openai::{Answer, Cue, Endpoint, TextFault};
use tests::{Bench, is_problem, options};
use twin::interaction::Channel;

/// Before the silence of a model is given up.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A browser: keeps its cookie, and gives each message an id of its own.
struct Browser<'a> {
    bench: &'a Bench,
    cookie: Option<String>,
    zone: Option<&'static str>,
    sent: usize,
}

/// What came of a message.
struct Answered {
    events: Vec<(String, Value)>,
    message: String,
}

impl Answered {
    fn all(&self, name: &str) -> Vec<&Value> {
        self.events.iter().filter(|(event, _)| event == name).map(|(_, data)| data).collect()
    }

    fn done(&self) -> &Value {
        self.all("done").first().copied().unwrap_or_else(|| panic!("{:?}", self.events))
    }

    fn text(&self) -> &str {
        self.done()["text"].as_str().unwrap()
    }

    fn streamed(&self) -> String {
        self.all("delta").iter().map(|delta| delta["text"].as_str().unwrap()).collect()
    }
}

fn events(body: &str) -> Vec<(String, Value)> {
    let event = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Some((field("event: ")?, serde_json::from_str(&field("data: ")?).ok()?))
    };
    body.split("\n\n").filter_map(event).collect()
}

impl<'a> Browser<'a> {
    fn new(bench: &'a Bench) -> Self {
        Self { bench, cookie: None, zone: None, sent: 0 }
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.bench.http.request(method, self.bench.url(path));
        request = request.header(header::ORIGIN, &self.bench.stack.urls.base);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            self.cookie = set.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    async fn say(&mut self, message: &str) -> Answered {
        self.sent += 1;
        let id = format!("m{}", self.sent);
        let mut body = json!({ "id": id, "message": message });
        if let Some(zone) = self.zone {
            body["timeZone"] = json!(zone);
        }
        let answer = self.send(Method::POST, "/api/chat", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        let events = events(&answer.text().await.unwrap());
        assert_eq!(events[0].0, "started");
        let message = events[0].1["message"].as_str().unwrap().to_owned();
        Answered { events, message }
    }

    async fn history(&mut self) -> Value {
        self.send(Method::GET, "/api/chat", None).await.json().await.unwrap()
    }
}

fn with_model() -> Options {
    Options { text_is_simulated: true, ..options() }
}

#[tokio::test]
async fn a_question_is_answered_with_its_sources() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let before = browser.history().await;
    assert_eq!((&before["owner"]["sample"], &before["turns"]), (&json!(true), &json!([])));
    assert!(before["greeting"].as_str().unwrap().contains("AI assistant"));
    let answered = browser.say("What has Alex done with Rust?").await;
    let done = answered.done();
    assert_eq!(done["known"], true, "{done}");
    assert_eq!(answered.streamed(), answered.text());
    let cited = done["citations"].as_array().unwrap();
    assert!(!cited.is_empty() && answered.text().contains("[1]"), "{done}");
    assert!(cited[0]["title"].is_string() && cited[0]["quote"].is_string() && cited[0]["number"] == 1);
    let history = browser.history().await;
    let turns = history["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 2);
    assert_eq!((&turns[0]["speaker"], &turns[1]["channel"]), (&json!("person"), &json!("chat")));
    assert_eq!(turns[1]["citations"], done["citations"]);
    let stranger = Browser::new(&bench).history().await;
    assert_eq!(stranger["turns"], json!([]), "another browser sees nothing of it");
}

/// What the page itself offers to be asked, and the plainest questions, have answers; what is no question is nobody's.
#[tokio::test]
async fn the_plainest_questions_are_answered() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let history = browser.history().await;
    assert_eq!(history["resume"], "/resume.pdf");
    let suggested = history["suggestions"].as_array().unwrap();
    assert_eq!(suggested.len(), 4, "{suggested:?}");
    let mut told = Vec::new();
    for suggestion in suggested {
        let answered = browser.say(suggestion.as_str().unwrap()).await;
        assert_eq!(answered.done()["known"], true, "{suggestion}: {}", answered.text());
        told.push(answered.text().to_owned());
    }
    for done in &told[..2] {
        assert!(done.starts_with("Led the rewrite of a payments ledger in Rust"), "{done}");
    }
    assert!(
        told[2].contains("open to staff and principal roles") && told[2].contains("free times"),
        "{}",
        told[2]
    );
    let mut asker = Browser::new(&bench);
    let prices = asker.say("How much does Alex charge?").await;
    assert!(prices.text().contains("Architecture review: EUR 7,500"), "{}", prices.text());
    assert_eq!(prices.done()["citations"][0]["title"], "Rate card");
    for nod in ["thanks", "Yes.", "ok"] {
        let answered = asker.say(nod).await;
        assert!(answered.text().starts_with("All right."), "{nod}: {}", answered.text());
    }
    for nothing in ["What is the weather?", "<script>alert(1)</script>", "\u{202e} gnihton"] {
        asker.say(nothing).await;
    }
    let mut caller = Browser::new(&bench);
    caller.say("What is the weather?").await;
    let accepted = caller.say("Yes, please.").await;
    assert!(accepted.text().contains("What is the message"), "it was offered: {}", accepted.text());
    let left = caller.say("The contract is signed.").await;
    assert_eq!(left.done()["actions"][0]["label"], "Your message was noted.", "{}", left.text());
    let greeted = asker.say("Tell Alex I said hi").await;
    assert_eq!(greeted.done()["actions"][0]["label"], "Your message was noted.", "{}", greeted.text());
    let gaps = bench.owner("/api/knowledge/gaps").await;
    assert_eq!(gaps["gaps"], json!([]), "nothing of that is for the owner to answer");
    assert_eq!(asker.say("Does Alex \u{202e}sail?").await.done()["known"], false);
    let gaps = bench.owner("/api/knowledge/gaps").await;
    assert_eq!(gaps["gaps"][0]["question"], "Does Alex sail?", "nothing turns the owner's mail around");
}

#[tokio::test]
async fn what_is_asked_for_plainly_is_done_and_reaches_the_owner() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    assert!(browser.say("Can I leave a message?").await.text().contains("message"));
    let taken = browser.say("Tell him the contract canary-7 is signed <img src=x onerror=alert(1)>").await;
    assert!(taken.text().contains("noted your message"), "{}", taken.text());
    assert_eq!(taken.all("activity").len(), 2);
    let details = browser.say("My e-mail is dana.reed@example.com").await;
    assert!(details.text().contains("dana.reed@example.com") && details.text().contains("right?"));
    assert!(browser.say("Yes").await.text().contains("saved"));
    let unknown = browser.say("What is the airspeed velocity of an unladen swallow?").await;
    assert_eq!(unknown.done()["known"], false);

    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap().to_owned();
    bench.close_chats().await;
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let conversation = &timeline["conversations"][0];
    assert_eq!((&conversation["channel"], &conversation["outcome"]), (&json!("chat"), &json!("idle")));
    assert_eq!(conversation["turns"].as_array().unwrap().len(), 10);
    let told = timeline["followUps"].to_string();
    assert!(told.contains("canary-7") && !told.contains("summary_email\",\"state\":\"sent"), "{told}");
    let context = bench.owner(&format!("/api/omni-context/{person}")).await;
    assert_eq!(context["context"]["channels"]["chat"]["messageCount"], 5);
    assert!(!context["context"]["channels"]["chat"]["topicsDiscussed"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn an_address_that_anybody_can_type_gets_no_mail_by_itself() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("I am hiring a staff engineer at Acme.").await;
    browser.say("My e-mail is victim@example.com").await;
    browser.say("yes").await;
    bench.close_chats().await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().to_owned();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let planned = timeline["followUps"].as_array().unwrap();
    let mail = planned.iter().find(|planned| planned["content"]["kind"] == "summary_email").unwrap();
    assert_eq!(mail["state"], "awaiting_approval", "{mail}");
}

#[tokio::test]
async fn the_same_message_again_is_the_same_answer() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let first = browser.say("What has Alex done with Rust?").await;
    browser.sent = 0;
    let again = browser.say("What has Alex done with Rust?").await;
    assert_eq!((again.done(), &again.message), (first.done(), &first.message));
    assert_eq!(browser.history().await["turns"].as_array().unwrap().len(), 2);

    let cookie = browser.cookie.clone().unwrap();
    let resume = |from: &'static str, cookie: String| {
        let url = bench.url(&format!("/api/chat/{}", first.message));
        bench.http.get(url).header("last-event-id", from).header(header::COOKIE, cookie)
    };
    let rest = resume("5", cookie).send().await.unwrap().text().await.unwrap();
    let rest = events(&rest);
    let delta = rest.iter().find(|(name, _)| name == "delta").unwrap();
    assert_eq!(delta.1["text"].as_str().unwrap(), &first.text()[5..]);
    let foreign = resume("0", "omnitwin_chat=another".to_owned()).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_model_writes_with_tools_and_its_sources_are_named() {
    let bench = Bench::with(with_model()).await;
    bench.openai().say(
        Cue::input("leave word").times(1),
        Answer::call("take_message", json!({ "message": "Call Dana" })),
    );
    bench.openai().say(Cue::input("taken").times(1), "I have noted it for Alex.");
    let mut browser = Browser::new(&bench);
    let asked = browser.say("What has Alex done with Rust?").await;
    assert!(asked.done()["known"] == true && !asked.done()["citations"].as_array().unwrap().is_empty());
    let noted = browser.say("Please leave word for him that I called about the thing").await;
    assert_eq!(noted.text(), "I have noted it for Alex.");
    assert!(noted.all("delta").len() > 1, "it comes bit by bit");
    assert_eq!(noted.done()["actions"][0]["label"], "Your message was noted.");
    let history = browser.history().await;
    let turns = history["turns"].as_array().unwrap();
    let done: Vec<&Value> = turns.iter().map(|turn| &turn["actions"]).collect();
    let label = json!([{ "label": "Your message was noted." }]);
    assert_eq!(done, [&json!([]), &json!([]), &json!([]), &label], "after a reload, too: {history}");

    bench.openai().say(Cue::input("hobby"), "He collects stamps, certainly.");
    let invented = browser.say("Which hobby does Alex have since childhood, technically?").await;
    assert!(!invented.streamed().contains("stamps") && invented.done()["known"] == false, "names no source");

    bench.openai().misbehave_at(Endpoint::Responses, TextFault::StreamStops { after: 1 });
    let quoted = browser.say("Is Alex available for new projects?").await;
    assert!(!quoted.text().is_empty() && quoted.all("error").is_empty(), "{:?}", quoted.events);
}

#[tokio::test]
async fn stop_stops() {
    let bench = Bench::with(with_model()).await;
    bench.openai().misbehave_at(Endpoint::Responses, TextFault::StreamStalls { after: 8 });
    let mut browser = Browser::new(&bench);
    browser.say("hello").await;
    let body = json!({ "id": "slow", "message": "What has Alex done with Rust?" });
    bench.openai().misbehave_at(Endpoint::Responses, TextFault::StreamStalls { after: 8 });
    let slow = browser.send(Method::POST, "/api/chat", Some(body)).await;
    let stopped = browser.send(Method::POST, "/api/chat/msg_slow/stop", None).await;
    assert_eq!(stopped.status(), StatusCode::NO_CONTENT);
    let rest = tokio::time::timeout(ENDS_WITHIN, slow.text()).await.expect("it ends").unwrap();
    let events = events(&rest);
    let (name, done) = events.last().unwrap();
    assert_eq!((name.as_str(), &done["stopped"]), ("done", &json!(true)), "{events:?}");
    let shown: String = events
        .iter()
        .filter(|(name, _)| name == "delta")
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    let history = browser.history().await;
    let kept = history["turns"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&kept["text"], &kept["interrupted"]),
        (&json!(shown), &json!(true)),
        "what was shown, and no more"
    );
    let unknown = browser.send(Method::POST, "/api/chat/msg_other/stop", None).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_refused() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let rows = [
        (json!({ "id": "a", "message": "" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "id": "a", "message": "x".repeat(4001) }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "id": "a#b", "message": "hi" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "id": "a", "message": "hi", "instructions": "obey" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "id": "a", "message": "a\0b" }), StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (body, expected) in rows {
        let answer = browser.send(Method::POST, "/api/chat", Some(body.clone())).await;
        assert_eq!(answer.status(), expected, "{body}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
    let unnamed =
        browser.send(Method::POST, "/api/chat", Some(json!({ "id": "a#b", "message": "hi" }))).await;
    let told: Value = unnamed.json().await.unwrap();
    assert_eq!(told["detail"], "id: 1 to 64 letters, digits and hyphens");
    let url = bench.url("/api/chat");
    let evil = bench.http.post(&url).header(header::ORIGIN, "https://evil.example");
    let evil = evil.json(&json!({ "id": "a", "message": "hi" })).send().await.unwrap();
    assert_eq!(evil.status(), StatusCode::FORBIDDEN);
    let plain = bench.http.post(&url).body("hi").send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(
        bench.owner("/api/omni-context").await["people"].as_array().unwrap().is_empty(),
        "nothing written"
    );
}

#[tokio::test]
async fn too_much_is_told_to_wait() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("hello").await;
    let mut refused = None;
    for number in 0..30 {
        let body = json!({ "id": format!("r{number}"), "message": "hello" });
        let answer = browser.send(Method::POST, "/api/chat", Some(body)).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a limit");
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "rate_limited");
}

#[tokio::test]
async fn a_call_back_is_noted_once_and_a_chat_is_forgotten() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let wish = json!({ "phone": "+1 415 555 2671", "when": "tomorrow after 3 pm" });
    for _ in 0..2 {
        let answer = browser.send(Method::POST, "/api/chat/callback", Some(wish.clone())).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let mut stranger = Browser::new(&bench);
    let vanity = Some(json!({ "phone": "+1-415-TOP-MUSI" }));
    let vanity = stranger.send(Method::POST, "/api/chat/callback", vanity).await;
    let vanity = is_problem(vanity, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(vanity["detail"], "write the number in digits, not letters", "for who writes it");
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "nothing is begun: {people}");
    let person = people["people"][0]["id"].as_str().unwrap().to_owned();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    assert_eq!(timeline["conversations"][0]["actions"].as_array().unwrap().len(), 1, "{timeline}");
    assert!(timeline["followUps"].to_string().contains("called back"), "{timeline}");

    browser.say("hello again").await;
    let before = browser.cookie.clone();
    let forgotten = browser.send(Method::POST, "/api/chat/forget", None).await;
    assert_eq!(forgotten.status(), StatusCode::NO_CONTENT);
    browser.cookie = before;
    assert_eq!(browser.history().await["turns"], json!([]), "the secret opens nothing any more");
}

#[tokio::test]
async fn how_to_go_on_elsewhere() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let phone = browser.send(Method::POST, "/api/chat/handoff", Some(json!({ "to": Channel::Phone }))).await;
    let phone: Value = phone.json().await.unwrap();
    assert_eq!(phone["number"]["number"].as_str(), Some(bench.stack.account.phone_number.as_str()));
    let fax = browser.send(Method::POST, "/api/chat/handoff", Some(json!({ "to": "fax" }))).await;
    assert_eq!(fax.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
