//! The system, started and joined: every function's own router on one port, embedded AWS behind it, and
//! simulators of what is not configured. Tests start the same with other options.

mod options;

mod embedded;
mod routers;
mod running;
mod sample;
mod simulated;

pub use self::{
    embedded::{DATA_FILE, embedded},
    options::{Model, Options},
};

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use knowledge::import::{Failure, Importer};
use mcp::{Keys, oauth::OAuth};
use media_relay::Slots;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use twin::{
    brain::Brain,
    clients::{
        calendars::{self, Accounts},
        fetch::Policy,
        mail::Mailer,
        queue::Queue,
        realtime::{Realtime, RealtimeError},
        relay::{Relay, RelayError},
        twilio::{self, TwilioRest},
        vault::Vault,
    },
    config::{ConfigError, PublicUrls, Secret, Twilio},
    http::{OwnerAuth, edge},
    interaction::Simulated,
    store::Store,
    twin::{Post, Twin},
    wire::ticket::TicketKey,
};

use self::{
    embedded::{recordings, sdk_config},
    routers::{Parts, router},
    running::{every, follow_up_worker, refresh, serve, sweep},
};
use crate::{
    aws::{self, Aws, poller::Poller},
    entrance,
    settings::LocalSecrets,
};

pub const TABLE: &str = "omnitwin";
const JOBS: &str = "jobs";
const DEAD_JOBS: &str = "jobs-dead";
pub const SIMULATED_SNS: &str = "/sim/sns";
pub const SIMULATED_TWILIO: &str = "/sim/twilio";
pub const MAIL_FROM: &str = "twin@omnitwin.example";
pub const OWNER_EMAIL: &str = "owner@omnitwin.example";
const SWEEP_EVERY: Duration = Duration::from_secs(30);
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// Pages, feeds and GitHub are read again this often.
const REFRESH_EVERY: Duration = Duration::from_hours(24);

#[derive(Debug, thiserror::Error)]
pub enum StackError {
    #[error("port {0} is in use: stop what uses it, or choose another with PORT=…")]
    PortInUse(u16),
    #[error("port {port} cannot be opened: {source}")]
    Listen { port: u16, source: std::io::Error },
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error("the queue cannot be used: {0}")]
    Queue(#[from] aws::sqs::Error),
    #[error("the table cannot be used: {0}")]
    Store(#[from] twin::store::StoreError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the sample professional cannot be read: {0}")]
    Sample(#[from] serde_json::Error),
    #[error("what the sample professional has done cannot be imported: {0}")]
    Import(#[from] Failure),
    #[error("the keys of MCP cannot be made: {0}")]
    Keys(#[from] mcp::KeysError),
    #[error("authorization cannot be set up: {0}")]
    OAuth(#[from] mcp::oauth::SetupError),
    #[error("Twilio's API cannot be asked: {0}")]
    Telephony(#[from] twin::clients::twilio::RestError),
    #[error("the model's HTTP API cannot be asked: {0}")]
    Realtime(#[from] RealtimeError),
    #[error("calendars of providers cannot be asked: {0}")]
    Calendars(#[from] calendars::Fault),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Certificates(#[from] mail::SetupError),
    #[error("the simulator of Twilio does not start: {0}")]
    Twilio(#[from] sim::twilio::report::Fault),
}

impl StackError {
    /// Another process has this directory.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Aws(aws::Error::Dynamodb(aws::dynamodb::Error::InUse(_))))
    }
}

/// The running system.
pub struct Stack {
    pub address: SocketAddr,
    pub urls: PublicUrls,
    pub secrets: LocalSecrets,
    pub twin: Twin,
    pub oauth: OAuth,
    pub account: Twilio,
    pub slots: Slots,
    pub telephony: TwilioRest,
    pub vault: Vault,
    /// The simulators, where nothing real is configured.
    pub openai: Option<Arc<sim::openai::OpenAi>>,
    pub twilio: Option<Arc<sim::twilio::Twilio>>,
    aws: Aws,
    poller: Poller,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Stack {
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let listener = listen(options.port).await?;
        let address =
            listener.local_addr().map_err(|source| StackError::Listen { port: options.port, source })?;
        let local = format!("http://localhost:{}", address.port());
        let urls = options.urls.clone().unwrap_or_else(|| PublicUrls {
            base: local.clone(),
            relay: format!("ws://localhost:{}", address.port()),
        });
        let aws = embedded::start(&options).await?;
        let queue_and_mail = sdk_config(aws.sqs_url());
        let store = Store::new(aws_sdk_dynamodb::Client::new(&sdk_config(aws.dynamodb_url())), TABLE)
            .keeping(options.retention);
        store.create_table().await?;
        let queue = Queue::new(aws_sdk_sqs::Client::new(&queue_and_mail), aws.queue_url(JOBS)?);
        let (openai_config, openai) = simulated::model(&options, &local);
        let brain = match (&openai, options.text_is_simulated) {
            (Some(_), false) => Brain::Offline,
            _ => Brain::of(&openai_config)?,
        };
        let line = Some(options.twilio.phone_number.clone());
        let played =
            Simulated { model: openai.is_some(), telephony: options.twilio_is_simulated, mail: true };
        let twin = Twin::new(store.clone(), queue).with_brain(brain).with_line(line).with_simulated(played);
        let accounts =
            options.calendars.clone().map(|calendars| Accounts::new(calendars, &urls.base)).transpose()?;
        let twin = twin.with_accounts(policy(&options), accounts);
        let importer = importer(&options, &twin)?;
        let twilio = simulated::twilio(&options, &local)?;
        let slots = Slots::new(options.slots);
        let auth = OwnerAuth::new(store.clone(), Some(Secret::new(options.secrets.owner_token.clone())));
        let oauth =
            OAuth::new(twin.clone(), auth.clone(), &urls.base, options.oidc.clone(), policy(&options))?;
        let rest = if twilio.is_some() { &format!("{local}{SIMULATED_TWILIO}") } else { twilio::BASE };
        let telephony = TwilioRest::new(rest, options.twilio.clone())?;
        let vault = Vault::folder(recordings(&options));
        let router = router(&Parts {
            options: &options,
            twin: &twin,
            importer: &importer,
            urls: &urls,
            realtime: Realtime::new(openai_config.clone())?,
            relay: Relay::at(&urls.relay)?,
            openai: openai_config,
            slots: &slots,
            auth: &auth,
            oauth: &oauth,
            keys: Keys::of(Secret::new(options.secrets.ticket_secret.clone()))?,
            telephony: telephony.clone(),
            vault: vault.clone(),
            ses: aws.ses.clone(),
            texts: twilio.clone(),
            certificates: mail::Certificates::of_sns()?.and(&format!("{local}{SIMULATED_SNS}")),
            dead_jobs: Some(aws.queue_url(DEAD_JOBS)?),
        });
        let router = router.nest(SIMULATED_SNS, sim::sns::app());
        let router = openai
            .iter()
            .fold(router, |router, sim| router.nest("/sim/openai/v1", sim::openai::app(sim.clone())));
        let router = twilio
            .iter()
            .fold(router, |router, sim| router.nest(SIMULATED_TWILIO, sim::twilio::rest::app(sim.clone())));
        let post = Post {
            mailer: Mailer::new(&queue_and_mail),
            texts: telephony.clone(),
            from: MAIL_FROM.to_owned(),
            owner: OWNER_EMAIL.to_owned(),
            public_base_url: urls.base.clone(),
            links: TicketKey::new(&options.secrets.ticket_secret),
            reply_domain: options.reply_domain.clone(),
        };
        let poller = follow_up_worker(&aws, &twin, post, (telephony.clone(), vault.clone()))?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = vec![
            serve(listener, edge(router), stopped.clone()),
            every(SWEEP_EVERY, stopped.clone(), {
                let (twin, ses) = (twin.clone(), aws.ses.clone());
                move || sweep(twin.clone(), ses.clone())
            }),
            every(REFRESH_EVERY, stopped.clone(), {
                let importer = importer.clone();
                move || refresh(importer.clone())
            }),
        ];
        if let Some(logs) = options.call_logs.clone() {
            media_relay::prune_logs(logs.clone()).await;
            let prune = move || media_relay::prune_logs(logs.clone());
            tasks.push(every(media_relay::PRUNED_EVERY, stopped, prune));
        }
        // What is served now may be what an import asks.
        if options.sample && store.persona().await?.is_none() {
            sample::moves_in(&twin, &importer).await?;
        }
        Ok(Self {
            address,
            urls,
            secrets: options.secrets,
            twin,
            oauth,
            account: options.twilio,
            slots,
            telephony,
            vault,
            openai,
            twilio,
            aws,
            poller,
            stop,
            tasks,
        })
    }

    /// A link that signs the owner in, once.
    pub async fn owner_link(&self) -> Result<String, StackError> {
        Ok(entrance::link(self.twin.store(), &self.urls.base, Timestamp::now()).await?)
    }

    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Waits until no job is left to do; what died is in the answer.
    pub async fn jobs_done(&self) -> Result<aws::sqs::queue::Counts, StackError> {
        Ok(self.aws.sqs.drained(JOBS).await?)
    }

    /// Takes no new call, and has those that go on end with a goodbye.
    pub async fn say_goodbye(&self) {
        self.slots.say_goodbye();
        self.slots.drain().await;
    }

    /// Lets calls end for a moment, then stops everything in order.
    pub async fn stop(self) -> Result<(), StackError> {
        if tokio::time::timeout(DRAIN_WITHIN, self.slots.drain()).await.is_err() {
            tracing::warn!(calls = self.slots.taken(), "calls were cut off");
        }
        self.stop.send_replace(true);
        self.poller.stop().await;
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::warn!(panicked = error.is_panic(), "a task ended badly");
            }
        }
        Ok(self.aws.stop().await?)
    }
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StackError::PortInUse(port),
        _ => StackError::Listen { port, source },
    })
}

/// Which hosts may be asked for what strangers name.
fn policy(options: &Options) -> Policy {
    let hosts = options.local_hosts.iter();
    hosts.fold(Policy::public(), |policy, host| policy.with_plain_http().with_loopback(host))
}

fn importer(options: &Options, twin: &Twin) -> Result<Importer, StackError> {
    Ok(Importer::new(twin.clone(), policy(options), &options.github, options.github_token.as_deref())?)
}
