//! A running system for peers that are programs of their own: prints where it is, the owner's token and a link that
//! hands a phone call over, as one line of JSON, and serves until it is killed.
//!
//! `--slow`: a simulated model answers in text, each answer after a moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

use std::time::Duration;

use mail_parser::MessageParser;
use omnitwin::stack::Options;
use serde_json::json;
use sim::{
    openai::{Endpoint, TextFault},
    scenario::Scenario,
};
use tests::{Bench, options};

/// Between two bits of an answer: long enough to press a button before it is over.
const PACE: Duration = Duration::from_millis(80);
/// What the slow model writes of Rust: it names its source at once.
const ANSWER: &str = "Alex rewrote a payments ledger in Rust [1]. It settles forty million transfers a day, and the \
team that built it learned the language on the way. What the rewrite taught them was told at conferences since.";
/// More than any peer asks.
const ANSWERS: usize = 200;

#[tokio::main]
async fn main() {
    let slow = std::env::args().any(|argument| argument == "--slow");
    let bench = Bench::with(Options { text_is_simulated: slow, ..options() }).await;
    bench.place(bench.caller(&Scenario::built_in("consultation").unwrap())).await;
    bench.stack.jobs_done().await.unwrap();
    let sent = bench.stack.aws().ses.sent();
    let link = sent.iter().find_map(|mail| {
        let text = MessageParser::default().parse(&mail.raw)?.body_text(0)?.into_owned();
        text.split_whitespace().find(|word| word.contains("/chat?session=")).map(str::to_owned)
    });
    if slow {
        bench.openai().say("Rust", ANSWER);
        for _ in 0..ANSWERS {
            bench.openai().misbehave_at(Endpoint::Responses, TextFault::SlowStream(PACE));
        }
    }
    let told = json!({
        "url": bench.stack.urls.base, "token": bench.stack.secrets.owner_token, "handoff": link.expect("a link"),
    });
    println!("{told}");
    std::future::pending::<()>().await;
}
