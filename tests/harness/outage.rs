//! The phone's webhooks while the store is out of order.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use omnitwin::stack::Options;
use reqwest::Response;
use tokio::{net::TcpListener, task::JoinHandle};
use twin::{
    clients::{queue::Queue, timeouts, twilio::TwilioRest},
    config::{PublicUrls, Twilio},
    http::{OwnerAuth, edge},
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

/// The webhooks alone, on a port of their own.
pub struct Outage {
    pub http: reqwest::Client,
    pub urls: PublicUrls,
    pub account: Twilio,
    /// The kernel takes connections for it; nobody reads them.
    _silence: TcpListener,
    server: JoinHandle<std::io::Result<()>>,
}

const CLOSED_PORT: &str = "http://127.0.0.1:1";

impl Outage {
    pub async fn start(fault: Fault) -> Self {
        let silence = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = match fault {
            Fault::Refuses => CLOSED_PORT.to_owned(),
            Fault::Hangs => format!("http://{}", silence.local_addr().unwrap()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let urls = PublicUrls { base: format!("http://{address}"), relay: format!("ws://{address}") };
        let Options { twilio: account, secrets, .. } = Options::default();
        let config = sdk_config(&endpoint);
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
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { http: reqwest::Client::new(), urls, account, _silence: silence, server }
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
        self.server.abort();
    }
}

fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts())
        .endpoint_url(endpoint)
        .build()
}
