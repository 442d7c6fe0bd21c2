//! What each operation costs of the table at 1 and 10 times the load, and with `--hundred` at 100 times:
//! `cargo run -p tests --example scale`.
//!
//! The access patterns are driven through the functions' own routers and the twin's verbs against the embedded store,
//! behind a meter that asks for each request's capacity. Units are counted, not time, so a debug build tells the same.
//! With `--requests` each request is listed. With `--json PATH` what was counted at the most load is written there: the cost model reads it.

mod meter;

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::{SignedDuration, Timestamp};
use meter::{Counted, Meter};
use omnitwin::stack::{MAIL_FROM, OWNER_EMAIL, Options, TABLE};
use reqwest::header;
use serde_json::{Value, json};
use tests::{Bench, voice_form};
use tokio::net::TcpListener;
use twin::{
    clients::{mail::Mailer, queue::Queue, twilio::TwilioRest},
    config::{PublicUrls, Secret},
    contact::{Detail, Filter, Sort},
    http::{OwnerAuth, edge},
    id::InteractionId,
    identity::{Assurance, Evidence, EvidenceSource, IdentityKey, Phone},
    interaction::{Channel, Outcome, Speaker, Turn},
    routing::RouteKind,
    store::Store,
    twin::{Arrival, Contacts, Post, Session, Twin},
    wire::ticket::TicketKey,
};

type Failure = Box<dyn std::error::Error>;

const FACTORS: [u32; 2] = [1, 10];
/// Takes a quarter of an hour and more.
const MOST: u32 = 100;
/// At factor 1: contacts, and earlier conversations of whoever is measured: as many as the head of a memory tells of, so that
/// what is read of it has its full size.
const CONTACTS: u32 = 30;
const CONVERSATIONS: u32 = 32;
/// Contacts were last written so long ago, more than a list is read again for.
const WRITTEN_BEFORE: SignedDuration = SignedDuration::from_hours(48);
const TURNS: u32 = 10;
/// Callers and visitors that nobody knows, for the partitions that they share: fewer than an address may send messages.
const STRANGERS: u32 = 15;
/// A unit more or less is the length of a number.
const SLACK: f64 = 1.0;

/// What an operation costs, in the order in which they are measured.
type Costs = Vec<(&'static str, Counted)>;

/// What a reader of the whole costs more for as the list grows: said, and not held against it.
const GROWS: [&str; 2] = ["the list of contacts, a cold start", "a timeline with everything"];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let json = std::env::args().skip_while(|argument| argument != "--json").nth(1);
    let mut all: Vec<Costs> = Vec::new();
    let most = std::env::args().any(|argument| argument == "--hundred").then_some(MOST);
    for factor in FACTORS.into_iter().chain(most) {
        eprintln!("at {factor} times the load …");
        all.push(Box::pin(at(factor)).await?);
    }
    if std::env::args().any(|argument| argument == "--requests") {
        listed(&all);
    }
    let grew = table(&all);
    if let (Some(path), Some(costs)) = (json, all.last()) {
        std::fs::write(path, format!("{:#}\n", measured(costs)))?;
    }
    Box::pin(strangers()).await?;
    if grew { Err("an operation costs more with more history".into()) } else { Ok(()) }
}

/// The product at a size, with a twin of its own behind the meter.
struct System {
    bench: Bench,
    meter: Meter,
    config: SdkConfig,
    twin: Twin,
    urls: PublicUrls,
    post: Post,
}

fn sdk(endpoint: String) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build()
}

impl System {
    async fn start() -> Result<Self, Failure> {
        let bench = Bench::with(Options::default()).await;
        let aws = bench.stack.aws();
        let (meter, url) = Meter::start(aws.dynamodb_url()).await?;
        let (config, others) = (sdk(url), sdk(aws.sqs_url()));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let urls = PublicUrls { relay: base.replace("http", "ws"), base: base.clone() };
        // Nobody works this queue: jobs are done by hand, and counted.
        let twin = cold(&config, &others, &aws.queue_url("jobs-dead")?);
        let post = Post {
            texts: bench.stack.telephony.clone(),
            links: TicketKey::new(&bench.stack.secrets.ticket_secret),
            reply_domain: None,
            mailer: Mailer::new(&others),
            from: MAIL_FROM.into(),
            owner: OWNER_EMAIL.into(),
            public_base_url: base,
        };
        let account = bench.stack.account.clone();
        let webhook = phone_webhook::app(phone_webhook::State {
            auth: OwnerAuth::new(twin.store().clone(), Some(Secret::new("owner"))),
            twin: twin.clone(),
            telephony: TwilioRest::new("http://127.0.0.1:1", account.clone())?,
            twilio: account.clone(),
            urls: urls.clone(),
            tickets: TicketKey::new("ticket"),
        });
        let chat = chat::app(chat::State {
            twin: twin.clone(),
            public_base_url: urls.base.clone(),
            phone_number: account.phone_number.as_str().to_owned(),
        });
        let router = edge(webhook.merge(chat));
        tokio::spawn(async move {
            axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>()).await
        });
        Ok(Self { bench, meter, config, twin, urls, post })
    }

    /// A twin that has just been started.
    fn cold(&self) -> Result<Twin, Failure> {
        let aws = self.bench.stack.aws();
        Ok(cold(&self.config, &sdk(aws.sqs_url()), &aws.queue_url("jobs-dead")?))
    }

    async fn rings(&self, number: u32, from: &str) -> Result<(), Failure> {
        let call = format!("CA{number:032x}");
        let form = voice_form(&self.bench.stack.account, &call, from);
        let url = format!("{}{}", self.urls.base, phone_webhook::INCOMING);
        let answer = tests::signed(&self.bench.http, &self.bench.stack.account, &url, &form).send().await?;
        if answer.text().await?.contains("<Stream") { Ok(()) } else { Err("the call was not taken".into()) }
    }

    /// A message in a chat; the cookie leads to it again.
    async fn writes(&self, id: &str, cookie: Option<&str>) -> Result<String, Failure> {
        let mut request = self.bench.http.post(format!("{}/api/chat", self.urls.base));
        request = request.json(&json!({ "id": id, "message": "What has Alex done with Rust?" }));
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = request.send().await?.error_for_status()?;
        let set = answer.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
        let set = set.and_then(|value| value.split(';').next()).or(cookie).unwrap_or_default().to_owned();
        if answer.text().await?.contains("event: done") {
            Ok(set)
        } else {
            Err("the message was not answered".into())
        }
    }

    async fn session(&self, number: &str, now: Timestamp) -> Result<Session, Failure> {
        let key = IdentityKey::Phone(Phone::parse(number)?);
        let evidence = Evidence::new(EvidenceSource::CallerId, now, None);
        let person = self.twin.store().resolve(key, evidence, now).await?.person;
        let arrival = Arrival {
            person,
            interaction: InteractionId::generate(now),
            channel: Channel::Phone,
            call_sid: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
        };
        Ok(self.twin.open(&arrival, now).await?)
    }
}

fn cold(table: &SdkConfig, others: &SdkConfig, queue: &str) -> Twin {
    let store = Store::new(aws_sdk_dynamodb::Client::new(table), TABLE);
    Twin::new(store, Queue::new(aws_sdk_sqs::Client::new(others), queue))
}

/// Contacts, and a history of whoever is measured.
async fn filled(system: &System, factor: u32) -> Result<(), Failure> {
    let now = Timestamp::now();
    // The owner is mailed about each conversation: beyond a day's cap one is left for the digest, and costs less.
    let mut saved = system.twin.store().follow_up_settings().await?;
    saved.settings.caps.to_owner = u32::MAX;
    system.twin.replace_follow_up_settings(&saved.settings, saved.version, now).await?;
    for number in 0..CONTACTS * factor {
        let name = Detail::Name(Some(format!("Person {number:06}")));
        system.twin.create_contact(vec![name], now - WRITTEN_BEFORE).await?;
    }
    let conversations = CONVERSATIONS * factor;
    for number in 0..conversations {
        // One after the other, the last one a moment ago.
        let at = now - SignedDuration::from_secs(i64::from(conversations - number));
        let session = system.session(CALLER, at).await?;
        spoken(&system.twin, &session).await?;
        system.twin.close(&session.person, &session.interaction, Outcome::Completed, at).await?;
        system.twin.follow_up(&session.person, &session.interaction, &system.post, at).await?;
    }
    Ok(())
}

const CALLER: &str = "+14155550160";

async fn spoken(twin: &Twin, session: &Session) -> Result<(), Failure> {
    for sequence in 0..TURNS {
        let speaker = if sequence % 2 == 0 { Speaker::Person } else { Speaker::Twin };
        let text =
            "We are looking for somebody who knows Rust well, for a role in our payments team.".to_owned();
        let turn =
            Turn { offset_ms: u64::from(sequence), sequence, speaker, text, interrupted: false, heard: None };
        twin.heard(session, &turn).await?;
    }
    Ok(())
}

async fn at(factor: u32) -> Result<Costs, Failure> {
    let system = System::start().await?;
    filled(&system, factor).await?;
    let now = Timestamp::now();
    // What a process knows after its first request, it knows. The first sweep closes yesterday, and sums up today.
    system.rings(1, "+14155550170").await?;
    let cookie = system.writes("first", None).await?;
    system.twin.sweep(now).await?;
    system.meter.take();
    let mut costs = Costs::new();
    let mut note = |what| costs.push((what, system.meter.take()));
    system.rings(2, "+14155550171").await?;
    note("webhook, a new caller");
    system.rings(3, CALLER).await?;
    note("webhook, a known caller");
    let session = system.session(CALLER, now).await?;
    note("a conversation opened");
    spoken(&system.twin, &session).await?;
    note("ten turns");
    let message = json!({ "message": "Please ring back." }).to_string();
    system.twin.act(&session, "call_1", "take_message", &message, now).await?;
    note("a tool");
    system.twin.close(&session.person, &session.interaction, Outcome::Completed, now).await?;
    note("a conversation closed");
    system.twin.follow_up(&session.person, &session.interaction, &system.post, now).await?;
    note("the job after it");
    system.writes("second", Some(&cookie)).await?;
    note("a message in a chat");
    system.twin.sweep(now).await?;
    note("a sweep with nothing to do");
    let cold = system.cold()?;
    system.meter.take();
    cold.generate_response("What has Alex done with Rust?", Channel::Chat, now).await?;
    note("a question, a cold start");
    let wanted = Contacts {
        filter: Filter::default(),
        has_open_task: None,
        sort: Sort::default(),
        after: None,
        limit: 25,
    };
    system.cold()?.contacts(&wanted, now).await?;
    note("the list of contacts, a cold start");
    system.twin.store().history(&session.person).await?;
    note("a timeline with everything");
    system.bench.stack.stop().await?;
    Ok(costs)
}

fn listed(all: &[Costs]) {
    for (what, counted) in all.last().into_iter().flatten() {
        println!("{what}");
        for request in &counted.each {
            println!("    {request}");
        }
    }
}

/// Prints what was counted; whether something grew that must not.
fn table(all: &[Costs]) -> bool {
    let mut grew = false;
    println!("| operation | requests | read units at 1, 10, … times | write units at 1, 10, … times |");
    println!("|---|---|---|---|");
    for (at, (what, last)) in all.last().into_iter().flatten().enumerate() {
        let row: Vec<&Counted> =
            all.iter().filter_map(|costs| costs.get(at)).map(|(_, counted)| counted).collect();
        let units = |of: fn(&Counted) -> f64| {
            row.iter().map(|counted| format!("{:.1}", of(counted))).collect::<Vec<_>>().join(", ")
        };
        println!(
            "| {what} | {} | {} | {} |",
            last.requests,
            units(|all| all.read_units),
            units(|all| all.write_units)
        );
        let grown = row.first().is_some_and(|first| {
            last.read_units > first.read_units + SLACK || last.write_units > first.write_units + SLACK
        });
        grew |= grown && !GROWS.contains(what);
    }
    grew
}

fn measured(costs: &Costs) -> Value {
    let each = costs.iter().map(|(what, counted)| {
        let units = json!({ "requests": counted.requests, "read_units": counted.read_units,
            "write_units": counted.write_units });
        ((*what).to_owned(), units)
    });
    json!({ "as_of": Timestamp::now().strftime("%F").to_string(), "operations": each.collect::<serde_json::Map<_, _>>() })
}

/// Many at once who have nothing to do with each other: which partitions they meet in.
async fn strangers() -> Result<(), Failure> {
    let system = System::start().await?;
    system.rings(1, "+14155550170").await?;
    let first = system.writes("first", None).await?;
    drop(first);
    system.meter.take();
    let now = Timestamp::now();
    for number in 0..STRANGERS {
        let from = format!("+1415556{number:04}");
        system.rings(100 + number, &from).await?;
        let session = system.session(&from, now).await?;
        spoken(&system.twin, &session).await?;
        system.twin.close(&session.person, &session.interaction, Outcome::Completed, now).await?;
        system.twin.follow_up(&session.person, &session.interaction, &system.post, now).await?;
    }
    shared("calls", &system.meter.take().partitions);
    for number in 0..STRANGERS {
        system.writes(&format!("of-{number}"), None).await?;
    }
    shared("chats", &system.meter.take().partitions);
    system.bench.stack.stop().await?;
    Ok(())
}

fn shared(what: &str, partitions: &BTreeMap<String, u32>) {
    println!("\npartitions that {STRANGERS} {what} of strangers share:");
    let own = ["PERSON#", "CALL#", "CHAT#"];
    let mut met: Vec<_> = partitions
        .iter()
        .filter(|(partition, requests)| {
            **requests >= STRANGERS && !own.iter().any(|kind| partition.starts_with(kind))
        })
        .collect();
    met.sort_by_key(|(_, requests)| std::cmp::Reverse(**requests));
    for (partition, requests) in met {
        println!("- {partition}: {:.1} requests each", f64::from(*requests) / f64::from(STRANGERS));
    }
}
