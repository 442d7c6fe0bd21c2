//! What is kept of people: that it ends, that it can be had and erased, and that who looked at it is written down.

mod asking;
mod erasing;
mod keeping;
mod outage;
mod recordings;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, SharedCredentialsProvider},
};
use jiff::Timestamp;
use omnitwin::stack::TABLE;
use serde_json::{Value, json};
use tests::Bench;
use twin::{
    clients::transport,
    id::{InteractionId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Channel, Speaker, Turn},
    routing::RouteKind,
    twin::{Arrival, Session},
};

const EMAIL: &str = "dana@northgate.example";

pub fn config(bench: &Bench) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(transport())
        .endpoint_url(bench.stack.aws().dynamodb_url())
        .build()
}

/// Every item of the table, as text.
async fn items(bench: &Bench) -> Vec<(String, String)> {
    let scan = Client::new(&config(bench)).scan().table_name(TABLE).into_paginator().items().send();
    let all = scan.collect::<Result<Vec<_>, _>>().await.unwrap();
    let key = |item: &std::collections::HashMap<String, _>| {
        let part = |name| -> String {
            let value: &aws_sdk_dynamodb::types::AttributeValue = &item[name];
            value.as_s().unwrap().clone()
        };
        format!("{} {}", part("pk"), part("sk"))
    };
    all.iter().map(|item| (key(item), format!("{item:?}"))).collect()
}

/// Items that hold any of these words. Audit lines may name a person by the id, and so does the tombstone.
pub async fn traces(bench: &Bench, person: &PersonId, words: &[&str]) -> Vec<String> {
    let remembers = |key: &str| key.starts_with("AUDIT#") || key == format!("PERSON#{person} TOMBSTONE");
    let found = items(bench).await.into_iter().filter(|(key, text)| {
        words.iter().any(|word| text.contains(word)) || (text.contains(person.as_str()) && !remembers(key))
    });
    found.map(|(key, _)| key).collect()
}

/// Somebody who signed in.
async fn person(bench: &Bench, email: &str) -> PersonId {
    let now = Timestamp::now();
    let key = IdentityKey::Email(Email::parse(email).unwrap());
    let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
    bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person
}

fn arrival(person: &PersonId, channel: Channel, level: Assurance) -> Arrival {
    let interaction = InteractionId::generate(Timestamp::now());
    let (person, route) = (person.clone(), RouteKind::Unknown);
    Arrival { person, interaction, channel, call_sid: None, host: None, route, level }
}

async fn opened(bench: &Bench, person: &PersonId, channel: Channel, level: Assurance) -> Session {
    bench.stack.twin.open(&arrival(person, channel, level), Timestamp::now()).await.unwrap()
}

fn turn(sequence: u32, speaker: Speaker, text: &str) -> Turn {
    let offset_ms = u64::from(sequence) * 1000;
    Turn { offset_ms, sequence, speaker, text: text.to_owned(), interrupted: false, heard: None }
}

async fn acted(bench: &Bench, session: &Session, name: &str, arguments: Value) -> Value {
    let call = format!("{name}-{arguments}");
    let arguments = arguments.to_string();
    let acted = bench.stack.twin.act(session, &call, name, &arguments, Timestamp::now());
    acted.await.unwrap().output
}

fn details(confirmed: bool) -> Value {
    json!({ "name": "Dana Whitfield", "email": EMAIL, "confirmed": confirmed })
}

/// The lines of today's audit log.
async fn lines(bench: &Bench) -> Vec<Value> {
    bench.owner("/api/audit").await["lines"].as_array().unwrap().clone()
}
