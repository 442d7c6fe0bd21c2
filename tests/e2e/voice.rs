//! Voice in the browser over HTTP: how a session begins, what may be done in it, what is refused, and what it leaves
//! behind. The conversation itself is held in `tests/browser`.

mod resumed;
mod live;
mod attended;
mod chat;

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::Options;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sim::{browser::Browser, openai::Fault};
use tests::{Bench, is_problem, options};
use twin::talk::{GONE_AFTER, reserve};

/// A page in a browser.
pub struct Page<'a> {
    bench: &'a Bench,
    cookie: Option<String>,
}

/// A session that a page began.
pub struct Begun {
    token: Value,
}

impl Begun {
    pub fn path(&self, rest: &str) -> String {
        format!("/api/voice/sessions/{}/{rest}", self.token["session"].as_str().unwrap())
    }

    pub fn with(&self, mut body: Value) -> Value {
        body["pass"] = self.token["pass"].clone();
        body
    }
}

impl<'a> Page<'a> {
    fn new(bench: &'a Bench) -> Self {
        Self { bench, cookie: None }
    }

    /// One in which there is a chat already.
    pub fn with_cookie(bench: &'a Bench, cookie: String) -> Self {
        Self { bench, cookie: Some(cookie) }
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Response {
        let request = self.bench.http.request(Method::POST, self.bench.url(path));
        let mut request = request.header(header::ORIGIN, &self.bench.stack.urls.base).json(&body);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = request.send().await.unwrap();
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            self.cookie = set.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        answer
    }

    pub async fn begin(&mut self, body: Value) -> Begun {
        let answer = self.post("/api/voice/token", body).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        Begun { token: answer.json().await.unwrap() }
    }

    pub async fn told(&mut self, session: &Begun, turns: Value) -> StatusCode {
        self.post(&session.path("events"), session.with(json!({ "turns": turns }))).await.status()
    }
}

/// So many milliseconds into it.
pub fn turn(sequence: u32, speaker: &str, text: &str) -> Value {
    json!({ "sequence": sequence, "offsetMs": sequence, "speaker": speaker, "text": text })
}

/// Everybody who was ever in touch, with all that is known of their conversations.
async fn voice_of(bench: &Bench) -> Vec<Value> {
    let people = bench.owner("/api/omni-context").await;
    let mut found = Vec::new();
    for person in people["people"].as_array().unwrap() {
        let id = person["id"].as_str().unwrap();
        found.push(bench.owner(&format!("/api/people/{id}/export")).await);
    }
    found
}

#[tokio::test]
async fn a_session_is_held_under_its_pass_and_closed_once() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({ "kind": "practice", "job": "Staff engineer, payments" })).await;
    let token = &begun.token;
    let secret = token["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("ek_"), "never the project's key");
    let left = token["expires_at"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((0..=60).contains(&left), "{left}");
    assert!(token["greeting"].as_str().unwrap().contains("AI assistant"), "{token}");
    assert_eq!(token["calls_url"], bench.url("/sim/openai/v1/realtime/calls"));

    let tool = begun.path("tools/take_message");
    let called = json!({ "call_id": "call_1", "arguments": r#"{"message":"Please read my mail."}"# });
    let first: Value = page.post(&tool, begun.with(called.clone())).await.json().await.unwrap();
    assert_eq!(first["ends_call"], false);
    let again: Value = page.post(&tool, begun.with(called)).await.json().await.unwrap();
    assert_eq!(first, again, "the same call is made once");

    let said = json!([turn(1, "twin", "Hello."), turn(2, "person", "Please read my mail.")]);
    assert_eq!(page.told(&begun, said.clone()).await, StatusCode::NO_CONTENT);
    assert_eq!(page.told(&begun, said).await, StatusCode::NO_CONTENT);

    let closing = begun.with(json!({ "turns": [turn(3, "twin", "Goodbye.")], "reason": "completed" }));
    let ended: Value = page.post(&begun.path("close"), closing.clone()).await.json().await.unwrap();
    assert_eq!(ended["noted"], json!(["Your message"]));
    assert_eq!(page.post(&begun.path("close"), closing).await.status(), StatusCode::OK, "closed once more");
    assert_eq!(page.told(&begun, json!([turn(4, "person", "Late.")])).await, StatusCode::NOT_FOUND);

    bench.stack.jobs_done().await.unwrap();
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    let [held] = &person["interactions"].as_array().unwrap()[..] else { panic!("one interaction: {person}") };
    assert_eq!((&held["channel"], &held["outcome"]), (&json!("voice"), &json!("completed")));
    let texts: Vec<&str> =
        held["turns"].as_array().unwrap().iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Hello.", "Please read my mail.", "Goodbye."]);
    let voice = &person["context"]["channels"]["voice"];
    assert_eq!(voice["interactionType"], "practice", "{person}");
    assert_eq!(voice["sessionId"], token["session"]);
    assert_eq!(person["talks"][0]["job"], "Staff engineer, payments");
}

#[tokio::test]
async fn a_browser_that_vanishes_is_closed_by_the_sweep() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let begun = page.begin(json!({})).await;
    assert_eq!(page.told(&begun, json!([turn(2_000, "person", "Hello?")])).await, StatusCode::NO_CONTENT);
    let later = Timestamp::now() + GONE_AFTER + SignedDuration::from_secs(1);
    bench.stack.twin.sweep(later).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    let [person] = &voice_of(&bench).await[..] else { panic!("one person") };
    assert_eq!(person["interactions"][0]["outcome"], "lost");
    assert_eq!(person["context"]["channels"]["voice"]["callDuration"], 2, "until it was last heard of");
}

#[tokio::test]
async fn what_a_page_may_not_say_is_refused() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let before = bench.footprint().await;
    for body in [
        json!({ "instructions": "You are a pirate." }),
        json!({ "tools": [] }),
        json!({ "kind": "chess" }),
        json!({ "job": "x".repeat(12_001) }),
        json!({ "job": "a\u{0}b" }),
    ] {
        is_problem(page.post("/api/voice/token", body).await, StatusCode::UNPROCESSABLE_ENTITY, "invalid")
            .await;
    }
    let foreign =
        bench.http.post(bench.url("/api/voice/token")).header(header::ORIGIN, "https://evil.example");
    is_problem(foreign.json(&json!({})).send().await.unwrap(), StatusCode::FORBIDDEN, "forbidden").await;
    assert_eq!(bench.footprint().await, before, "nothing is written and nobody is asked");

    let begun = page.begin(json!({})).await;
    let other = Page::new(&bench).begin(json!({})).await;
    let forged = json!({ "turns": [], "pass": "a.b" });
    let answer = page.post(&begun.path("events"), forged).await;
    is_problem(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    let of_another = other.with(json!({ "turns": [turn(1, "person", "Mine.")] }));
    let answer = page.post(&begun.path("events"), of_another).await;
    is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    let on_the_phone = json!({ "call_id": "call_1", "arguments": "{}" });
    let answer = page.post(&begun.path("tools/transfer_to_owner"), begun.with(on_the_phone)).await;
    is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    for turns in [
        json!([turn(2, "twin", "b"), turn(1, "twin", "a")]),
        json!([turn(1, "twin", " ")]),
        json!([turn(1, "twin", &"x".repeat(4001))]),
        json!([{ "sequence": 1, "offsetMs": 86_400_000, "speaker": "twin", "text": "Late" }]),
    ] {
        assert_eq!(page.told(&begun, turns).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn the_cap_and_one_more() {
    let bench = Bench::start().await;
    let mut page = Page::new(&bench);
    let first = page.begin(json!({})).await;
    assert_eq!(page.post(&first.path("close"), first.with(json!({}))).await.status(), StatusCode::OK);
    let mut refused = None;
    for _ in 0..12 {
        let asked = bench.openai().attempts();
        let answer = page.post("/api/voice/token", json!({})).await;
        if answer.status() == StatusCode::OK {
            let begun = Begun { token: answer.json().await.unwrap() };
            page.post(&begun.path("close"), begun.with(json!({}))).await;
        } else {
            refused = Some((answer, asked));
            break;
        }
    }
    let (answer, asked) = refused.expect("there is a cap");
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    is_problem(answer, StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;
    assert_eq!(bench.openai().attempts(), asked, "nobody upstream is asked");
}

#[tokio::test]
async fn the_days_budget_holds_two_and_no_third_at_once() {
    let bench = Bench::with(Options { daily_budget: 2 * reserve() + 1, ..options() }).await;
    let mut pages: Vec<Page<'_>> = (0..6).map(|_| Page::new(&bench)).collect();
    let all = pages.iter_mut().map(|page| page.post("/api/voice/token", json!({})));
    let answers = futures_util::future::join_all(all).await;
    let begun: Vec<&Response> = answers.iter().filter(|answer| answer.status() == StatusCode::OK).collect();
    assert_eq!(begun.len(), 2);
    assert_eq!(bench.openai().attempts(), 2, "nobody upstream is asked for the others");
    for answer in answers.iter().filter(|answer| answer.status() != StatusCode::OK) {
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }
    // One that ends gives back what it did not use.
    let mut page = Page::new(&bench);
    for answer in answers {
        if answer.status() == StatusCode::OK {
            let begun = Begun { token: answer.json().await.unwrap() };
            page.post(&begun.path("close"), begun.with(json!({}))).await;
        }
    }
    page.begin(json!({})).await;
}

#[tokio::test]
async fn without_a_model_nothing_is_left_behind() {
    let bench = Bench::with(Options { daily_budget: reserve(), ..options() }).await;
    let mut page = Page::new(&bench);
    bench.openai().misbehave(Fault::Refuse(503).times(1));
    let answer = page.post("/api/voice/token", json!({})).await;
    is_problem(answer, StatusCode::SERVICE_UNAVAILABLE, "unavailable").await;
    page.begin(json!({})).await;
    let people = voice_of(&bench).await;
    let held: usize = people.iter().map(|person| person["interactions"].as_array().unwrap().len()).sum();
    assert_eq!(held, 1, "only the one that began");
}

const WITH_ADDRESS: &str = "Great. You can reach me at dana at northgate dot example.";
const GOODBYE: &str = "Perfect, thank you. Goodbye.";

/// Until the relay attends nobody, and the worker has done its part.
async fn settled(bench: &Bench) {
    while bench.stack.slots.taken() > 0 {
        bench.stack.slots.changed().await;
    }
    bench.stack.jobs_done().await.unwrap();
}

impl Page<'_> {
    /// Calls the model as the page does, and reports the call.
    async fn calls(&mut self, begun: &Begun) -> (Browser, Value) {
        let text = |field: &str| begun.token[field].as_str().unwrap().to_owned();
        let browser = Box::pin(Browser::call(&text("calls_url"), &text("client_secret"))).await.unwrap();
        assert!(browser.until(|seen| seen.open).await.is_some());
        let reported = begun.with(json!({ "call_id": browser.call_id }));
        let control = self.post(&begun.path("call"), reported).await.json().await.unwrap();
        (browser, control)
    }
}
