//! The AWS of one machine: DynamoDB, SQS and SES that the unchanged `aws-sdk-*` crates talk to over HTTP,
//! and the event source mapping from SQS to a function.
//!
//! - [`dynamodb`]: tables on a `SQLite` file or in memory, on a port of its own
//! - [`sqs`]: queues in memory; [`poller`] feeds them to a function as Lambda does
//! - [`ses`]: an outbox instead of the internet
//!
//! Everything listens on the loopback address only, and asks for a signature's presence without checking
//! it: any credentials do. What this cannot show is what only AWS has: permissions, quotas, real latency.

pub mod dynamodb;
pub mod poller;
mod private;
pub mod ses;
pub mod sqs;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use dynamodb::{Data, Dynamodb};
use ses::Ses;
use sqs::Sqs;
use sqs::queue::Settings;

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";

/// A 10 MB mail in base64 in a form, with room for its escapes.
const MAX_REQUEST: usize = 20 * 1024 * 1024;

/// How long a stop waits for requests that are under way.
const GRACE: Duration = Duration::from_secs(2);

/// What to start.
#[derive(Debug, Clone)]
pub struct Config {
    pub region: String,
    pub data: Data,
    /// How often expired items are deleted.
    pub sweep: Duration,
    /// The queues by name. A dead-letter queue that one of them names need not be listed.
    pub queues: Vec<(String, Settings)>,
    /// Addresses and domains that may send mail.
    pub identities: Vec<String>,
    /// Where mail is kept; in memory only when `None`.
    pub outbox: Option<PathBuf>,
}

impl Default for Config {
    /// Nothing on disk, no queue, no one who may send mail.
    fn default() -> Self {
        Self {
            region: "us-east-1".into(),
            data: Data::Memory,
            sweep: Duration::from_mins(1),
            queues: Vec::new(),
            identities: Vec::new(),
            outbox: None,
        }
    }
}

/// Why the local AWS does not start, or stopped badly.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Dynamodb(#[from] dynamodb::Error),
    #[error("the outbox {} cannot be made ({error}): check its directory, or choose another", outbox.display())]
    Outbox { outbox: PathBuf, error: io::Error },
    #[error("cannot serve on the loopback address: {0}")]
    Listen(#[from] io::Error),
}

/// The running services.
#[derive(Debug)]
pub struct Aws {
    dynamodb: String,
    pub sqs: Arc<Sqs>,
    pub ses: Arc<Ses>,
    /// Where SQS and SES listen.
    pub queue_and_mail: SocketAddr,
    /// `None`: it runs elsewhere.
    database: Option<Dynamodb>,
    server: JoinHandle<io::Result<()>>,
    stop: watch::Sender<bool>,
}

/// Starts all services on free ports of 127.0.0.1.
pub async fn start(config: Config) -> Result<Aws, Error> {
    let (stop, stopped) = watch::channel(false);
    let (dynamodb, database) = match config.data {
        Data::Elsewhere(endpoint) => (endpoint, None),
        data => {
            let database =
                Dynamodb::start(bind().await?, data, config.sweep, is_true(stopped.clone())).await?;
            (url(database.address()), Some(database))
        }
    };

    let listener = bind().await?;
    let queue_and_mail = listener.local_addr()?;
    let sqs = Arc::new(Sqs::new(url(queue_and_mail), &config.region, config.queues));
    let ses = Ses::new(&config.region, config.identities, config.outbox.clone())
        .map_err(|error| Error::Outbox { outbox: config.outbox.unwrap_or_default(), error })?;
    let ses = Arc::new(ses);
    let server = axum::serve(listener, router(sqs.clone(), ses.clone()));
    let server = tokio::spawn(server.with_graceful_shutdown(is_true(stopped)).into_future());
    Ok(Aws { dynamodb, sqs, ses, queue_and_mail, database, server, stop })
}

impl Aws {
    /// For `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn dynamodb_url(&self) -> String {
        self.dynamodb.clone()
    }

    /// For `AWS_ENDPOINT_URL_SQS`.
    pub fn sqs_url(&self) -> String {
        url(self.queue_and_mail)
    }

    /// For `AWS_ENDPOINT_URL_SES`.
    pub fn ses_url(&self) -> String {
        url(self.queue_and_mail)
    }

    /// The URL that senders name the queue by.
    pub fn queue_url(&self, queue: &str) -> Result<String, sqs::Error> {
        self.sqs.queue_url(queue)
    }

    /// Ends all waiting, lets requests finish, closes the database. Stop pollers first.
    pub async fn stop(self) -> Result<(), Error> {
        self.sqs.close();
        self.ses.close();
        self.stop.send_replace(true);
        let mut server = self.server;
        match timeout(GRACE, &mut server).await {
            Ok(ended) => ended.map_err(io::Error::other).flatten()?,
            Err(_) => server.abort(),
        }
        match self.database {
            Some(database) => Ok(database.stopped().await?),
            None => Ok(()),
        }
    }
}

/// SQS and SES under whatever path it is nested at, and apart from it. The endpoint given to
/// [`Sqs::new`] has to be the URL of that path.
pub fn router(sqs: Arc<Sqs>, ses: Arc<Ses>) -> Router {
    Router::new()
        .fallback(post(answer))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(Services { sqs, ses })
}

#[derive(Clone)]
struct Services {
    sqs: Arc<Sqs>,
    ses: Arc<Ses>,
}

/// Tells the services apart by what only one of them has: SQS names its operation in a header.
async fn answer(State(services): State<Services>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    // Only a client that means it sets this header; a web page could send a mail's form without it.
    if !headers.contains_key(header::AUTHORIZATION) {
        return refusal(StatusCode::FORBIDDEN, "MissingAuthenticationToken");
    }
    let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap_or_default());
    match target.map(|target| target.strip_prefix(sqs::wire::TARGET)) {
        Some(Some(operation)) => sqs::wire::answer(&services.sqs, operation, &body).await,
        Some(None) => refusal(StatusCode::BAD_REQUEST, "UnknownOperationException"),
        None => ses::wire::answer(&services.ses, &body).await,
    }
}

fn refusal(status: StatusCode, code: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!(r#"{{"__type":"{code}"}}"#)));
    *response.status_mut() = status;
    response
}

async fn bind() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Waits for true, or for nobody being left to say it.
async fn is_true(mut flag: watch::Receiver<bool>) {
    flag.wait_for(|flag| *flag).await.ok();
}

/// A version 4 UUID (RFC 9562).
fn random_uuid() -> String {
    let version_and_variant = (0x4 << 76) | (0b10 << 62);
    let free = !((0xf << 76) | (0b11 << 62));
    let hex = format!("{:032x}", rand::random::<u128>() & free | version_and_variant);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
