//! The product with a person around it: the same stack that `cargo run` starts, in memory and on a free
//! port, and what a caller, an operator and the owner do with it.
#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on panics with its reason")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

pub mod between;
pub mod dying;
mod elsewhere;
pub mod outage;

/// Messages for the benchmarks.
#[path = "../bench/samples.rs"]
pub mod samples;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use omnitwin::stack::{Model, Options, Stack};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use sim::{
    openai::OpenAi,
    scenario::Scenario,
    twilio::{
        caller::CallConfig,
        report::Report,
        signature,
        twiml::{self, Verb},
    },
};
use twin::interaction::Status;
use twin::{
    config::Twilio,
    store::{Call, StoreError},
};

pub struct Bench {
    pub stack: Stack,
    pub http: reqwest::Client,
}

/// A job that failed comes again after this.
const VISIBILITY: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const SETTLE_WITHIN: Duration = Duration::from_secs(10);
/// What comes in the end comes by then, on a busy machine, too.
pub const PATIENCE: Duration = Duration::from_mins(1);
pub const CALL_SID: &str = "CA0123456789abcdef0123456789abcdef";

/// Options of a test: in memory, quick to repeat jobs.
pub fn options() -> Options {
    Options { visibility: VISIBILITY, ..Options::default() }
}

/// Simulated models that know these scenarios, and answer at once.
pub fn model(scenarios: Vec<Scenario>) -> Model {
    let think = Duration::from_millis(50);
    Model::Simulated(sim::openai::Options { scenarios, think, ..sim::openai::Options::default() })
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(options()).await
    }

    pub async fn with(mut options: Options) -> Self {
        if options.directory.is_none() && options.dynamodb.is_none() {
            options.dynamodb = elsewhere::own_account().await;
        }
        let redirects = reqwest::redirect::Policy::none();
        let http = twin::clients::http().redirect(redirects).build().unwrap();
        Self { stack: Box::pin(Stack::start(options)).await.unwrap(), http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stack.urls.base)
    }

    pub fn openai(&self) -> &OpenAi {
        self.stack.openai.as_ref().expect("the model is simulated")
    }

    /// A caller of a scenario, with status callback and fallback, as Twilio has them configured.
    pub fn caller(&self, scenario: &Scenario) -> CallConfig {
        let twilio = self.stack.twilio.as_ref().expect("Twilio is simulated");
        let to = self.stack.account.phone_number.as_str();
        let mut config = twilio.call(&self.url(phone_webhook::INCOMING), "", to).playing(scenario);
        config.fallback = Some(self.url(phone_webhook::FALLBACK));
        config.status_callback = Some(self.url(phone_webhook::STATUS));
        config.tempo = 0.0;
        config
    }

    /// Places a call, waits until it is over, and until all that follows from it is done.
    pub async fn place(&self, config: CallConfig) -> Report {
        let report = self.stack.twilio.as_ref().unwrap().place(config).unwrap().report().await.unwrap();
        self.settled(&report.call_sid).await;
        report
    }

    /// Waits until the relay has closed the conversation of a call, and the worker has done its part.
    pub async fn settled(&self, call_sid: &str) {
        let store = self.stack.twin.store();
        let closed = async {
            let mut look = tokio::time::interval(LOOK_EVERY);
            loop {
                look.tick().await;
                let call = match call_sid.parse() {
                    Ok(sid) => match store.call(&sid).await {
                        Err(StoreError::Erased) => None,
                        call => call.unwrap(),
                    },
                    Err(_) => None,
                };
                let Some(call) = call else { return };
                let interaction = store.interaction(&call.person, &call.interaction).await.unwrap();
                if interaction.is_none_or(|interaction| interaction.status != Status::Open) {
                    return;
                }
            }
        };
        // One that the relay left open is the sweep's.
        tokio::time::timeout(SETTLE_WITHIN, closed).await.unwrap_or_default();
        self.stack.jobs_done().await.unwrap();
    }

    /// Nobody writes any more: the sweep of an hour later closes what is open, and the worker does its part.
    pub async fn close_chats(&self) {
        let later = Timestamp::now() + SignedDuration::from_hours(1);
        self.stack.twin.sweep(later).await.unwrap();
        self.stack.jobs_done().await.unwrap();
    }

    /// A JSON document of the owner's API.
    pub async fn owner(&self, path: &str) -> Value {
        let answer = self.as_owner(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    pub fn as_owner(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).bearer_auth(&self.stack.secrets.owner_token)
    }

    pub async fn conversation(&self, call_sid: &str) -> Value {
        self.owner(&format!("/api/omni-context/calls/{call_sid}")).await
    }

    /// Waits until a turn with these words is stored.
    pub async fn until_said(&self, call_sid: &str, words: &str) {
        let stored = async {
            let mut look = tokio::time::interval(LOOK_EVERY);
            while !turns(&self.conversation(call_sid).await).iter().any(|(_, text)| *text == words) {
                look.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, stored).await.expect("the turn is stored");
    }

    /// A webhook request that Twilio signed.
    pub async fn webhook(&self, path: &str, form: &[(&str, &str)]) -> Response {
        signed(&self.http, &self.stack.account, &self.url(path), form).send().await.unwrap()
    }

    /// The fields of a voice request, as Twilio sends them.
    pub fn voice_form<'a>(&'a self, call_sid: &'a str, from: &'a str) -> Vec<(&'a str, &'a str)> {
        voice_form(&self.stack.account, call_sid, from)
    }

    /// The row of a call.
    pub async fn call(&self, call_sid: &str) -> Option<Call> {
        self.stack.twin.store().call(&call_sid.parse().unwrap()).await.unwrap()
    }

    /// Where the webhook sends the audio of a call: the media relay, with a ticket.
    pub async fn stream_url(&self, call_sid: &str, from: &str) -> String {
        let answer = self.webhook(phone_webhook::INCOMING, &self.voice_form(call_sid, from)).await;
        let verbs = verbs(answer).await;
        let Some(Verb::Connect { stream, .. }) = verbs.first() else { panic!("no stream: {verbs:?}") };
        stream.url.clone()
    }

    /// How many people, calls and model sessions there are: what a refusal must not change.
    pub async fn footprint(&self) -> (usize, usize) {
        let people = self.owner("/api/omni-context").await;
        (people["people"].as_array().unwrap().len(), self.openai().attempts())
    }
}

/// A request with Twilio's signature.
pub fn signed(http: &reqwest::Client, account: &Twilio, url: &str, form: &[(&str, &str)]) -> RequestBuilder {
    let signature = signature::form(account.auth_token.reveal(), url, form);
    http.post(url).header(signature::HEADER, signature).form(form)
}

/// The fields of a voice request, as Twilio sends them.
pub fn voice_form<'a>(account: &'a Twilio, call_sid: &'a str, from: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("AccountSid", &account.account_sid),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", call_sid),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", from),
        ("To", account.phone_number.as_str()),
    ]
}

/// The document of an answer that has to be `TwiML`.
pub async fn document(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/xml");
    answer.text().await.unwrap()
}

/// What an answer has Twilio do.
pub async fn verbs(answer: Response) -> Vec<Verb> {
    twiml::parse(&document(answer).await).unwrap()
}

/// Says that it is an AI, apologises, and takes a voicemail: what a caller gets when nothing else works.
pub async fn is_safe(answer: Response) {
    let verbs = verbs(answer).await;
    let names: Vec<&str> = verbs.iter().map(Verb::name).collect();
    assert_eq!(names, ["Say", "Record", "Say", "Hangup"]);
    let Verb::Say { text } = &verbs[0] else { unreachable!("its name is Say") };
    assert!(text.contains("this is an AI assistant") && text.contains("sorry"), "{text}");
    assert!(text.contains("leave a message"), "{text}");
}

/// An answer that has to be a problem (RFC 9457) without internals.
pub async fn is_problem(answer: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = answer.json().await.unwrap();
    let mut expected = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "code": code,
        "request_id": request_id,
    });
    let is_bare = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::UPGRADE_REQUIRED
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::INTERNAL_SERVER_ERROR
    );
    if !is_bare {
        expected["detail"] = problem["detail"].clone();
        assert!(expected["detail"].is_string(), "what is wrong is said: {problem}");
    }
    assert_eq!(problem, expected);
    problem
}

/// The turns of a conversation as (speaker, text), in the order in which they began.
pub fn turns(conversation: &Value) -> Vec<(&str, &str)> {
    let turns = conversation["turns"].as_array().unwrap();
    turns.iter().map(|turn| (turn["speaker"].as_str().unwrap(), turn["text"].as_str().unwrap())).collect()
}
