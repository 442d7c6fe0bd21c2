//! The phone's webhooks while the store is out of order.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::{Router, body::Bytes, extract::State as Extract, response::IntoResponse as _};
use http::HeaderMap;
use omnitwin::stack::Options;
use reqwest::Response;
use tokio::{net::TcpListener, task::JoinHandle};
use twin::{
    clients::{queue::Queue, timeouts, transport, twilio::TwilioRest},
    config::{PublicUrls, Twilio},
    http::{OwnerAuth, edge},
    language::Language,
    store::Store,
    twin::Twin,
    wire::ticket::TicketKey,
};

/// What is the matter with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens.
    Refuses,
    /// Connections are taken, and nothing is ever answered.
    Hangs,
}

/// A store that stops to answer.
#[derive(Clone)]
struct Stopping {
    http: reqwest::Client,
    store: String,
    /// So many requests are still answered.
    left: Arc<AtomicUsize>,
}

/// The webhooks alone, on a port of their own.
pub struct Outage {
    pub http: reqwest::Client,
    pub urls: PublicUrls,
    pub account: Twilio,
    /// The kernel takes connections for it; nobody reads them.
    _silence: TcpListener,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
}

const CLOSED_PORT: &str = "http://127.0.0.1:1";

impl Outage {
    pub async fn start(fault: Fault) -> Self {
        Self::speaking(Vec::new(), fault).await
    }

    /// Deployed with these languages.
    pub async fn speaking(languages: Vec<Language>, fault: Fault) -> Self {
        let silence = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = match fault {
            Fault::Refuses => CLOSED_PORT.to_owned(),
            Fault::Hangs => format!("http://{}", silence.local_addr().unwrap()),
        };
        Self::at(&endpoint, silence, Vec::new(), languages).await
    }

    /// Behind the webhooks is this store, until it has answered so many requests.
    pub async fn after(store: String, answers: usize) -> Self {
        let silence = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(AtomicUsize::new(answers));
        let stopping = Stopping { http: reqwest::Client::new(), store, left };
        let router = Router::new().fallback(hand_on).with_state(stopping);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self::at(&endpoint, silence, vec![server], Vec::new()).await
    }

    async fn at(
        endpoint: &str,
        silence: TcpListener,
        mut servers: Vec<JoinHandle<std::io::Result<()>>>,
        languages: Vec<Language>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let urls = PublicUrls { base: format!("http://{address}"), relay: format!("ws://{address}") };
        let Options { twilio, secrets, .. } = Options::default();
        let account = Twilio { languages, ..twilio };
        let config = sdk_config(endpoint);
        let queue = Queue::new(aws_sdk_sqs::Client::new(&config), format!("{endpoint}/000000000000/jobs"));
        let store = Store::new(aws_sdk_dynamodb::Client::new(&config), "omnitwin");
        let state = phone_webhook::State {
            auth: OwnerAuth::new(store.clone(), None),
            twin: Twin::new(store, queue),
            telephony: TwilioRest::new(CLOSED_PORT, account.clone()).unwrap(),
            twilio: account.clone(),
            urls: urls.clone(),
            tickets: TicketKey::new(&secrets.ticket_secret),
        };
        let router = edge(phone_webhook::app(state));
        servers.push(tokio::spawn(async move { axum::serve(listener, router).await }));
        Self { http: reqwest::Client::new(), urls, account, _silence: silence, servers }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.urls.base)
    }

    /// A webhook request that Twilio signed.
    pub async fn webhook(&self, path: &str, form: &[(&str, &str)]) -> Response {
        crate::signed(&self.http, &self.account, &self.url(path), form).send().await.unwrap()
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

async fn hand_on(
    Extract(stopping): Extract<Stopping>,
    mut headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let left = stopping.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if left.is_err() {
        std::future::pending::<()>().await;
    }
    headers.remove(http::header::HOST);
    let answer = stopping.http.post(&stopping.store).headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap()).into_response()
}

fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(transport())
        .timeout_config(timeouts())
        .endpoint_url(endpoint)
        .build()
}
