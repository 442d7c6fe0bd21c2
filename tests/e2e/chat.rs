//! The web chat over HTTP: answers that stream, a session in a cookie, what is refused, and what it leaves behind.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sim::openai::{Answer, Cue, Endpoint, TextFault};
use tests::{Bench, options};
use twin::{
    chat::{Chat, Expects},
    handoff::hash,
    id::InteractionId,
    identity::Assurance,
    interaction::Channel,
    store::{Limit, MODEL_SPEND, StoreError},
};

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

/// Nobody who writes uses up the day of all: what is more than their share is answered without a model.
#[tokio::test]
async fn who_writes_has_a_share_of_the_budget() {
    // A fifth of it is less than an answer is taken to cost.
    let bench = Bench::with(Options { daily_budget: 19_000, ..with_model() }).await;
    let question = "What has Alex done with Rust?";
    let quoted = Browser::new(&bench).say(question).await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    let asked = bench.as_owner(Method::POST, "/api/conversation-flow/response");
    let answer = asked.json(&json!({ "message": question, "channel": "chat" })).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["engine"], "openai", "there is money for others: {answer}");
}

/// What no model was asked for is taken from nobody's share, and looking at the page costs nothing.
#[tokio::test]
async fn a_share_is_only_used_by_answers() {
    let day = SignedDuration::from_hours(24);
    let bench = Bench::with(Options { daily_budget: 100_000, ..with_model() }).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let before = twin.model_spend(now).await.unwrap().taken;
    let mut browser = Browser::new(&bench);
    let history = browser.history().await;
    assert!(history["suggestions"].to_string().contains("available for new work"), "{history}");
    assert_eq!(twin.model_spend(now).await.unwrap().taken, before);
    let all = Limit { name: MODEL_SPEND, most: 0, window: day };
    twin.store().correct(&all, "", 100_000, now).await.unwrap();
    let quoted = browser.say("What has Alex done with Rust?").await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    bench.close_chats().await;
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap();
    let share = Limit { name: "model-spend-share", most: 0, window: day };
    let row = twin.store().taken(&share, person, now).await.unwrap();
    assert_eq!(row, 0, "the day's budget was spent by others");
}

/// What a model reads of a conversation afterwards is paid by who held it and by where it began, as its answers are; what it
/// was never set to work on, by nobody.
#[tokio::test]
async fn a_reading_is_paid_by_who_held_the_conversation() {
    let bench = Bench::with(with_model()).await;
    let (twin, now) = (&bench.stack.twin, Timestamp::now());
    let mut browser = Browser::new(&bench);
    browser.say("What has Alex done with Rust?").await;
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap();
    let share = Limit { name: "model-spend-share", most: 0, window: SignedDuration::from_hours(24) };
    let shares = async || {
        let of_address = hash("127.0.0.1");
        let [person, address] =
            [person, of_address.as_str()].map(|payer| twin.store().taken(&share, payer, now));
        (person.await.unwrap(), address.await.unwrap())
    };
    let answered = shares().await;
    assert!(answered.0 > 0 && answered.0 == answered.1, "{answered:?}");
    bench.openai().misbehave_at(Endpoint::Responses, TextFault::Status(400));
    let quoted = browser.say("What has Alex done with Rust?").await;
    assert!(quoted.text().ends_with("(Sample data.)"), "no model: {}", quoted.text());
    assert_eq!(shares().await, answered, "it was refused before it began");
    bench.close_chats().await;
    let read = shares().await;
    assert!(read.0 > answered.0 && read.0 == read.1, "{answered:?}, then {read:?}");
    let most = read.0 - answered.0;
    assert!(most < 20_000, "what it came to, not what it might have: {most}");
}

/// For anybody to keep; none where the owner keeps it back.
#[tokio::test]
async fn the_resume_is_a_file() {
    let bench = Bench::start().await;
    let file = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::OK);
    assert_eq!(file.headers()[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(file.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"resume.pdf\"");
    // It says what is known, as a reader finds it.
    let read = knowledge::file::read("resume.pdf", &file.bytes().await.unwrap()).unwrap();
    let sections = read.documents[0].sections.iter();
    let words: Vec<&str> = sections.flat_map(|section| section.text.split_whitespace()).collect();
    let text = words.join(" ");
    assert!(text.contains("40 million transfers a day") && !text.contains('@'), "{text}");
    let home = bench.http.get(bench.url("/")).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("href=\"/resume.pdf\""), "{home}");
    let saved = bench.owner("/api/persona").await;
    let mut persona = saved["persona"].clone();
    persona["contextIntegration"]["resume"] = json!(false);
    let kept_back = json!({ "version": saved["version"], "persona": persona });
    let saved = bench.as_owner(Method::PUT, "/api/persona").json(&kept_back).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
    let gone = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap().status();
    assert_eq!(gone, StatusCode::NOT_FOUND);
}

/// A link that leads nowhere is not shown.
#[tokio::test]
async fn a_resume_that_cannot_be_drawn_is_no_file() {
    let bench = Bench::start().await;
    let basics = json!({ "name": "山田太郎", "label": "技術者", "summary": "決済台帳を書き直した。" });
    let resume = bench.as_owner(Method::PUT, "/api/knowledge/files/resume.json");
    let imported = resume.body(json!({ "basics": basics }).to_string()).send().await.unwrap();
    assert_eq!(imported.status(), StatusCode::OK);
    let file = bench.http.get(bench.url("/resume.pdf")).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::NOT_FOUND);
    let home = bench.http.get(bench.url("/")).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("山田太郎") && !home.contains("/resume.pdf"), "{home}");
    assert_eq!(Browser::new(&bench).history().await["resume"], Value::Null);
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

/// Whoever says who they are with a wish for a time is known by it, though nothing is booked.
#[tokio::test]
async fn an_address_with_a_wish_for_a_time_is_kept() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let said = "Can I meet Alex next Tuesday at 3 pm? I am Bob Miller, bob@miller.example";
    let offered = browser.say(said).await;
    assert!(
        offered.text().contains("These times are free") && offered.text().contains("saved"),
        "{}",
        offered.text()
    );
    assert!(browser.say("the first one, please").await.text().contains("bob@miller.example"));
    bench.close_chats().await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().to_owned();
    let kept = bench.owner(&format!("/api/omni-context/{person}")).await.to_string();
    assert!(kept.contains("Bob Miller") && kept.contains("bob@miller.example"), "{kept}");
    assert!(!kept.contains("\"Alex\""), "the owner is no company: {kept}");
}

/// Without a model, on the clock of the owner as long as nobody says where they are.
#[tokio::test]
async fn a_meeting_is_booked_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let offered = browser.say("Could we meet next Tuesday at 3 pm?").await;
    let text = offered.text();
    assert!(text.starts_with("These times are free, in Berlin time:\n\n1. Tuesday "), "{text}");
    assert!(text.contains(", 3 pm\n") && text.contains("Alex Sample’s clock"), "{text}");
    let held = browser.say("the first one, please").await;
    assert!(
        held.text().starts_with("I hold Tuesday ") && held.text().contains("your name"),
        "{}",
        held.text()
    );
    let aside = browser.say("What has Alex done with Rust?").await;
    assert!(!aside.done()["citations"].as_array().unwrap().is_empty(), "a question in between is answered");
    let booked = browser.say("I am Dana Lee, dana@northgate.example").await;
    assert!(booked.text().starts_with("It is booked: Introduction, Tuesday "), "{}", booked.text());
    assert!(booked.text().contains("dana@northgate.example once the owner has seen it"), "{}", booked.text());
    assert_eq!(booked.done()["actions"][0]["label"], "Your meeting was booked.");
    let bookings = bench.owner("/api/calendar/bookings").await;
    assert_eq!(bookings["bookings"].as_array().unwrap().len(), 1, "{bookings}");
    let booking = &bookings["bookings"][0];
    assert_eq!((&booking["guest"]["name"], booking.get("topic")), (&json!("Dana Lee"), None));

    // The time is nobody else's now.
    let mut other = Browser::new(&bench);
    let late = other.say("Could we meet next Tuesday at 3 pm?").await;
    assert!(
        late.text().starts_with("Nothing is free then; these are the next free times"),
        "{}",
        late.text()
    );

    bench.close_chats().await;
    let person = booking["person"].as_str().unwrap();
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await;
    let told: Vec<_> = timeline["followUps"].as_array().unwrap().iter().collect();
    let state = |kind: &str| {
        let of_kind: Vec<_> = told.iter().filter(|one| one["content"]["kind"] == kind).collect();
        of_kind.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((told.len(), state("invitation")), (2, vec!["awaiting_approval".to_owned()]), "{told:?}");
    assert_eq!(state("meeting_notification"), ["sent"]);
    assert!(timeline["conversations"][0]["actions"].to_string().contains("meeting_booked"), "{timeline}");
}

/// Whoever booked it in this conversation may call it off in it; whoever cannot be told what was before may not.
#[tokio::test]
async fn a_meeting_is_called_off_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("the first one, please").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    let stranger = Browser::new(&bench).say("I have to cancel our meeting.").await;
    assert!(stranger.text().contains("once I know for sure who you are"), "{}", stranger.text());
    let asked = browser.say("I have to cancel our meeting.").await;
    assert!(asked.text().starts_with("You have booked Introduction, Tuesday "), "{}", asked.text());
    assert!(asked.text().contains("Shall I cancel it?"), "{}", asked.text());
    let cancelled = browser.say("Yes, cancel it.").await;
    assert!(cancelled.text().starts_with("It is cancelled: Introduction, Tuesday "), "{}", cancelled.text());
    assert_eq!(cancelled.done()["actions"][0]["label"], "Your meeting was cancelled.");
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"], json!([]));
}

/// To a time that is named, or to one of the next; another is looked for, and the meeting is one and the same.
#[tokio::test]
async fn a_meeting_is_moved_in_words() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("the first one, please").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    let booked = bench.owner("/api/calendar/bookings").await["bookings"][0].clone();
    let stranger = Browser::new(&bench).say("Please move my meeting to Thursday at three.").await;
    assert!(stranger.text().contains("once I know for sure who you are"), "{}", stranger.text());

    let offered = browser.say("Please move my meeting from Tuesday to next Thursday at 4 pm.").await;
    let text = offered.text();
    assert!(
        text.starts_with("You have booked Introduction, Tuesday ") && text.contains("1. Thursday "),
        "{text}"
    );
    assert!(text.contains(", 4 pm\n") && !text.contains("cancel"), "{text}");
    let others = browser.say("Or rather next Wednesday at 11 am?").await;
    assert!(
        others.text().contains("1. Wednesday ") && others.text().contains(", 11 am"),
        "{}",
        others.text()
    );
    let moved = browser.say("Yes, the first").await;
    assert!(moved.text().starts_with("It is moved: Introduction, Wednesday "), "{}", moved.text());
    assert_eq!(moved.done()["actions"][0]["label"], "Your meeting was moved.");
    let all = bench.owner("/api/calendar/bookings").await["bookings"].clone();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["id"]), (1, &booked["id"]), "{all}");
    assert_ne!(all[0]["start"], booked["start"]);

    // Without a time, and of what is offered to cancel.
    let asked = browser.say("I have to reschedule our meeting.").await;
    assert!(asked.text().contains("Which one suits you?"), "{}", asked.text());
    let aside = browser.say("What has Alex done with Rust?").await;
    assert!(!aside.done()["citations"].as_array().unwrap().is_empty(), "a question in between is answered");
    assert_eq!(browser.say("never mind").await.text(), "All right.");
    browser.say("I have to cancel our meeting.").await;
    let instead = browser.say("Or next Friday at 10 am instead?").await;
    assert!(instead.text().contains("1. Friday "), "{}", instead.text());
    let moved = browser.say("yes").await;
    assert!(moved.text().starts_with("It is moved: Introduction, Friday "), "{}", moved.text());
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"].as_array().unwrap().len(), 1);
}

/// Times are said on the clock of the browser, until somebody names another.
#[tokio::test]
async fn times_are_told_where_somebody_is() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.zone = Some("America/New_York");
    let offered = browser.say("Can we schedule a meeting?").await;
    assert!(
        offered.text().starts_with("These are the next free times, in New York time:"),
        "{}",
        offered.text()
    );
    assert!(!offered.text().contains("clock"), "{}", offered.text());
    let moved = browser.say("I am in London this week").await;
    assert!(moved.text().contains("in London time:"), "{}", moved.text());
    browser.zone = Some("Mars/Olympus");
    let still = browser.say("none of these work for me").await;
    assert!(still.text().contains("in London time:"), "{}", still.text());
    let held = browser.say("2").await;
    assert!(held.text().contains("London time for you"), "{}", held.text());
    let named = browser.say("Dana Lee").await;
    assert!(named.text().contains("To which e-mail address"), "{}", named.text());
    let refused = browser.say("no").await;
    assert!(!refused.text().contains("booked"), "{}", refused.text());
    assert_eq!(bench.owner("/api/calendar/bookings").await["bookings"], json!([]));
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
    let rest = tokio::time::timeout(Duration::from_secs(5), slow.text()).await.expect("it ends").unwrap();
    let events = events(&rest);
    let (name, done) = events.last().unwrap();
    assert_eq!((name.as_str(), &done["stopped"]), ("done", &json!(true)), "{events:?}");
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
    let vanity =
        browser.send(Method::POST, "/api/chat/callback", Some(json!({ "phone": "+1-415-TOP-MUSI" }))).await;
    assert_eq!(vanity.status(), StatusCode::UNPROCESSABLE_ENTITY);
    bench.close_chats().await;
    let person = bench.owner("/api/omni-context").await["people"][0]["id"].as_str().unwrap().to_owned();
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

/// A first message that is sent twice, because nothing came back, begins one conversation: its secret was there before.
#[tokio::test]
async fn a_first_message_begins_one_conversation() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.history().await;
    let offered = browser.cookie.clone().expect("a page is offered a cookie");
    assert_eq!(bench.owner("/api/omni-context").await["people"], json!([]), "which keeps nothing");
    browser.history().await;
    assert_eq!(browser.cookie.as_deref(), Some(offered.as_str()), "in another tab it is the same");
    let post = || {
        let body = json!({ "id": "m1", "message": "What has Alex done with Rust?" });
        bench.http.post(bench.url("/api/chat")).header(header::COOKIE, &offered).json(&body).send()
    };
    let answers = futures_util::future::join_all((0..5).map(|_| post())).await;
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        assert_eq!(events(&answer.text().await.unwrap()).last().unwrap().0, "done");
    }
    let history = browser.history().await;
    assert_eq!(history["turns"].as_array().unwrap().len(), 2, "{history}");
    assert_eq!(browser.cookie.as_deref(), Some(offered.as_str()), "it has its chat");
    let people = bench.owner("/api/omni-context").await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "{people}");

    // What is no secret of ours begins nothing under it; and what is over does not come back.
    browser.send(Method::POST, "/api/chat/forget", Some(json!({}))).await;
    for stale in ["omnitwin_chat=guess", "omnitwin_chat="] {
        let mut other = Browser::new(&bench);
        other.cookie = Some(stale.to_owned());
        other.say("Hello?").await;
        assert_ne!(other.cookie.as_deref(), Some(stale));
    }
}

/// Writers that know nothing of each other: what each changed stands.
#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let bench = Bench::start().await;
    let (twin, store, now) = (&bench.stack.twin, bench.stack.twin.store(), Timestamp::now());
    let (secret, chatting) = twin.begin_chat(None, now).await.unwrap();
    let (place, person, hashed) = (&chatting.place, &chatting.chat.person, hash(secret.reveal()));
    let talk = InteractionId::generate(now);
    let zone = Some("Europe/Berlin".to_owned());
    let later = |chat: &mut Chat| chat.expires_at += SignedDuration::from_secs(1);
    let changes = (0..4).map(|_| store.change_chat(place, later));
    let (later, lives, expects, raised, talked) = tokio::join!(
        join_all(changes),
        store.change_chat(place, |chat| chat.time_zone.clone_from(&zone)),
        store.change_chat(place, |chat| chat.expects = Some(Expects::Message)),
        store.raise_chat(&hashed, person, Assurance::Verified, now),
        store.chat_talked(&hashed, &talk),
    );
    assert!(later.iter().all(Result::is_ok) && lives.is_ok() && expects.is_ok(), "{later:?}");
    assert!(raised.is_ok() && talked.is_ok());
    let stands = store.chat(place, now).await.unwrap().unwrap();
    let expires_at = chatting.chat.expires_at + SignedDuration::from_secs(4);
    let expected = Chat {
        time_zone: zone,
        expects: Some(Expects::Message),
        level: Assurance::Verified,
        talked: Some(talk),
        expires_at,
        version: stands.version,
        ..chatting.chat.clone()
    };
    assert_eq!(stands, expected);
    store.end_chat(place).await.unwrap();
    let gone = store.change_chat(place, |chat| chat.expects = None).await;
    assert!(matches!(gone, Err(StoreError::Conflict)), "what is over stays so");
    assert_eq!(store.chat(place, now).await.unwrap(), None);
    bench.stack.stop().await.unwrap();
}
