//! The product with a person around it: the same stack that `cargo run` starts, in memory and on a free
//! port, and what a caller, an operator and the owner do with it.
#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on panics with its reason")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics with its reason")]

use std::time::Duration;

use omnitwin::stack::{Model, Options, Stack};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use sim::{
    openai::OpenAi,
    scenario::Scenario,
    twilio::{caller::CallConfig, report::Report, signature},
};

pub struct Bench {
    pub stack: Stack,
    pub http: reqwest::Client,
}

/// A job that failed comes again after this.
const VISIBILITY: Duration = Duration::from_millis(200);
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

    pub async fn with(options: Options) -> Self {
        let redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(redirects).build().unwrap();
        Self { stack: Stack::start(options).await.unwrap(), http }
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
        self.stack.jobs_done().await.unwrap();
        report
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

    /// A webhook request that Twilio signed.
    pub async fn webhook(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let url = self.url(path);
        let token = self.stack.account.auth_token.reveal();
        let pairs: Vec<(String, String)> =
            form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signature = signature::form(token, &url, &pairs);
        let request = self.http.post(url).header("X-Twilio-Signature", signature).form(&pairs);
        request.send().await.unwrap()
    }

    /// The fields of a voice request, as Twilio sends them.
    pub fn voice_form<'a>(&'a self, call_sid: &'a str, from: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("AccountSid", &self.stack.account.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", call_sid),
            ("CallStatus", "ringing"),
            ("Direction", "inbound"),
            ("From", from),
            ("To", self.stack.account.phone_number.as_str()),
        ]
    }

    /// How many people, calls and model sessions there are: what a refusal must not change.
    pub async fn footprint(&self) -> (usize, usize) {
        let people = self.owner("/api/omni-context").await;
        (people["people"].as_array().unwrap().len(), self.openai().attempts())
    }
}

/// The turns of a conversation as (speaker, text), in the order in which they began.
pub fn turns(conversation: &Value) -> Vec<(&str, &str)> {
    let turns = conversation["turns"].as_array().unwrap();
    turns.iter().map(|turn| (turn["speaker"].as_str().unwrap(), turn["text"].as_str().unwrap())).collect()
}
