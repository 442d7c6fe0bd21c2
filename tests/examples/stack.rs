//! A running system for peers that are programs of their own: prints where it is, the owner's token, a link that hands
//! a phone call over and one that signs the owner in, as one line of JSON, and serves until it is killed. Visitors sign
//! in at a simulated identity provider, which does not know the owner.
//!
//! `--slow`: a simulated model answers in text, each answer after a moment. `--live`: browsers and calls talk with GPT-Live.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

use std::{sync::Arc, time::Duration};

use mail_parser::MessageParser;
use mcp::oauth::{CALLBACK, Oidc};
use omnitwin::stack::Options;
use serde_json::json;
use sim::{
    oidc::{Account, Algorithm, Provider},
    openai::{Endpoint, TextFault},
    scenario::Scenario,
};
use tests::{Bench, options};
use tokio::net::TcpListener;
use twin::config::{LIVE_MODEL, Secret};

/// Between two bits of an answer: long enough to press a button before it is over.
const PACE: Duration = Duration::from_millis(80);
/// What the slow model writes of Rust: it names its source at once.
const ANSWER: &str = "Alex rewrote a payments ledger in Rust [1]. It settles forty million transfers a day, and the \
team that built it learned the language on the way. What the rewrite taught them was told at conferences since.";
/// More than any peer asks.
const ANSWERS: usize = 200;
const CALLS: usize = 10;
/// Our client at the identity provider.
const CLIENT: &str = "twin";
const CLIENT_SECRET: &str = "a-secret-of-ours";
/// The visitor who is signed in there.
const VISITOR: &str = "dana@northgate.example";

#[tokio::main]
pub async fn main() {
    let asked = |switch: &str| std::env::args().any(|argument| argument == switch);
    let (slow, live) = (asked("--slow"), asked("--live"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let oidc = Oidc {
        issuer: issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        owner: None,
        binding: mcp::oauth::Binding::default(),
    };
    let (bench, link) = Box::pin(called(oidc, slow, live)).await;
    let router = provider(issuer, bench.url(CALLBACK)).router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    if slow {
        bench.openai().say("Rust", ANSWER);
        for _ in 0..ANSWERS {
            bench.openai().misbehave_at(Endpoint::Responses, TextFault::SlowStream(PACE));
        }
    }
    let told = json!({
        "url": bench.stack.urls.base, "token": bench.stack.secrets.owner_token, "handoff": link,
        "owner": bench.stack.owner_link().await.unwrap(),
    });
    println!("{told}");
    std::future::pending::<()>().await;
}

/// A system in which somebody has called, and the link that was mailed to them. A call is spoken and heard as time goes
/// by, so a machine that was busy may have garbled it: then all begins anew.
async fn called(oidc: Oidc, slow: bool, live: bool) -> (Bench, String) {
    for _ in 0..CALLS {
        // A peer on this machine has a document that says which app it is.
        let local_hosts = vec!["127.0.0.1".to_owned()];
        let oidc = Some(oidc.clone());
        let live_model = live.then(|| LIVE_MODEL.to_owned());
        let bench =
            Bench::with(Options { text_is_simulated: slow, live_model, oidc, local_hosts, ..options() })
                .await;
        bench.place(bench.caller(&Scenario::built_in("consultation").unwrap())).await;
        bench.stack.jobs_done().await.unwrap();
        let sent = bench.stack.aws().ses.sent();
        let link = sent.iter().find_map(|mail| {
            let text = MessageParser::default().parse(&mail.raw)?.body_text(0)?.into_owned();
            text.split_whitespace().find(|word| word.contains("/chat?session=")).map(str::to_owned)
        });
        if let Some(link) = link {
            return (bench, link);
        }
        eprintln!("no link was mailed after the call: once more");
        bench.stack.stop().await.unwrap();
    }
    panic!("no link was mailed after {CALLS} calls");
}

fn provider(issuer: String, redirect_uri: String) -> Arc<Provider> {
    let options = sim::oidc::Options {
        issuer,
        client_id: CLIENT.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        redirect_uri,
        algorithm: Algorithm::Es256,
        auth_methods: vec!["client_secret_post"],
        without_nonce_and_pkce: false,
    };
    let visitor = Account {
        subject: "visitor-1".to_owned(),
        name: None,
        email: VISITOR.to_owned(),
        email_verified: true,
    };
    Provider::new(options, visitor).unwrap()
}
