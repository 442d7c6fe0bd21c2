//! The client against the simulator, which misbehaves, and against servers that do what it cannot.

mod answers;
mod streams;
mod attempts;
mod limits;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use futures_util::StreamExt as _;
use sim::openai::{Endpoint, OpenAi, Options, TextFault, app};
use twin::clients::openai::{Ask, Config, Delta, Input, Policy, Role, Text, TextError, Timeouts};
use twin::config::Secret;

const KEY: &str = "sk-test-0123456789";
const SAID: &str = "What does Ann's secret project cost?";
const ANSWER: &str = "It costs nothing at all, as far as anybody in the whole of the company knows today.";
/// Long for an answer that comes, on a busy machine, too; short for one that does not.
const SHORT: Duration = Duration::from_millis(1500);

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn config(base: &str, key: &str) -> Config {
    let timeouts = Timeouts { attempt: SHORT, idle: SHORT, ..Timeouts::default() };
    let retry = Policy { base: Duration::ZERO, ..Policy::default() };
    Config { timeouts, retry, dimensions: 8, ..Config::new(base, Secret::new(key)) }
}

struct World {
    sim: Arc<OpenAi>,
    base: String,
    text: Text,
}

impl World {
    async fn new() -> Self {
        let sim = Arc::new(OpenAi::new(Options { api_key: Some(KEY.to_owned()), ..Options::default() }));
        sim.say("project", ANSWER);
        let base = serve(app(Arc::clone(&sim))).await;
        let text = Text::new(config(&base, KEY)).expect("a client");
        Self { sim, base, text }
    }

    fn plan(&self, faults: impl IntoIterator<Item = TextFault>) {
        for fault in faults {
            self.sim.misbehave_at(Endpoint::Responses, fault);
        }
    }

    async fn ask(&self) -> Result<String, TextError> {
        self.text.text(&ask(&messages())).await.map(|answered| answered.value)
    }

    /// What was streamed, and how it ended.
    async fn stream(&self) -> (String, Option<TextError>) {
        let mut stream = self.text.stream(&ask(&messages()));
        let (mut text, mut is_done) = (String::new(), false);
        while let Some(delta) = stream.next().await {
            assert!(!is_done, "nothing comes after the end");
            match delta {
                Ok(Delta::Text(more)) => text += &more,
                Ok(Delta::Call(call)) => panic!("{call:?}"),
                Ok(Delta::Done(usage)) => is_done = usage.output_tokens > 0,
                Err(error) => {
                    assert!(stream.next().await.is_none(), "nothing comes after an error");
                    return (text, Some(error));
                }
            }
        }
        assert!(is_done);
        (text, None)
    }

    fn attempts(&self) -> usize {
        self.sim.asked().len()
    }
}

fn messages() -> Vec<Input> {
    vec![Input::Message { role: Role::User, text: SAID.to_owned() }]
}

fn ask(input: &[Input]) -> Ask<'_> {
    Ask {
        instructions: "Be brief.",
        input,
        tools: &[],
        max_output_tokens: 800,
        safety_identifier: Some("pseudonym"),
    }
}

/// Neither the key nor what was said shows in it, nor in what caused it.
fn assert_discreet(error: &TextError) {
    let mut shown = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        shown += &format!(" {next}");
        cause = next.source();
    }
    for hidden in [KEY, "sk-", "Ann", "secret", "nothing at all", "127.0.0.1"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

/// A server that always answers so, and how often it was asked.
async fn always(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> (Text, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let router = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(answer.clone())
    });
    (Text::new(config(&serve(router).await, KEY)).expect("a client"), count)
}

fn http(status: u16) -> axum::http::StatusCode {
    axum::http::StatusCode::from_u16(status).expect("a status")
}
