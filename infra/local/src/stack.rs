//! The system, started and joined: every function's own router on one port, embedded AWS behind it, and
//! simulators of what is not configured. Tests start the same with other options.

mod options;

pub use self::options::{Model, Options};

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::{Router, serve::ListenerExt};
use jiff::{SignedDuration, Timestamp};
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
        openai::Prices,
        queue::Queue,
        realtime::{Realtime, RealtimeError},
        relay::{Relay, RelayError},
        timeouts,
        twilio::{self, TwilioRest},
        vault::Vault,
    },
    config::{ConfigError, OpenAi, PublicUrls, Secret, Twilio},
    follow_up::settings::FollowUpSettings,
    http::{OwnerAuth, edge},
    interaction::Simulated,
    persona::Persona,
    proposal::rates::RateCard,
    scheduling::CalendarSettings,
    store::{Store, StoreError},
    twin::{Post, Twin},
    wire::{realtime::session::VoiceOptions, ticket::TicketKey},
};

use crate::{
    aws::{self, Aws, dynamodb::Data, poller::Poller, sqs::queue::Settings as QueueSettings},
    outbox,
    settings::{LocalSecrets, SIMULATED_ACCOUNT},
};

pub const TABLE: &str = "omnitwin";
const JOBS: &str = "jobs";
const DEAD_JOBS: &str = "jobs-dead";
pub const SIMULATED_SNS: &str = "/sim/sns";
pub const MAIL_FROM: &str = "twin@omnitwin.example";
pub const OWNER_EMAIL: &str = "alex@omnitwin.example";
const SWEEP_EVERY: Duration = Duration::from_secs(30);
const MAX_RECEIVES: u32 = 5;
const LINK_FOR: SignedDuration = SignedDuration::from_hours(24);
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
const REGION: &str = "us-east-1";
/// The sample professional that ships.
const SAMPLE_PERSONA: &str = include_str!("../demo/persona.json");
const SAMPLE_RATES: &str = include_str!("../demo/rates.json");
const SAMPLE_CALENDAR: &str = include_str!("../demo/calendar.json");
const SAMPLE_FILES: [(&str, &str); 2] = [
    ("resume.json", include_str!("../demo/resume.json")),
    ("services.md", include_str!("../demo/services.md")),
];
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
        let aws = start_aws(&options).await?;
        let queue_and_mail = sdk_config(aws.sqs_url());
        let store = Store::new(aws_sdk_dynamodb::Client::new(&sdk_config(aws.dynamodb_url())), TABLE)
            .keeping(options.retention);
        store.create_table().await?;
        let queue = Queue::new(aws_sdk_sqs::Client::new(&queue_and_mail), aws.queue_url(JOBS)?);
        let (openai_config, openai) = model(&options, &local);
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
        let twilio = simulated(&options, &local)?;
        let slots = Slots::new(options.slots);
        let auth = OwnerAuth::new(store.clone(), Some(Secret::new(options.secrets.owner_token.clone())));
        let oauth =
            OAuth::new(twin.clone(), auth.clone(), &urls.base, options.oidc.clone(), policy(&options))?;
        let rest = if twilio.is_some() { &format!("{local}/sim/twilio") } else { twilio::BASE };
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
            .fold(router, |router, sim| router.nest("/sim/twilio", sim::twilio::rest::app(sim.clone())));
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
            sample(&twin, &importer).await?;
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
        let secret = twin::handoff::Secret::generate();
        self.twin.store().save_owner_link(secret.reveal(), Timestamp::now() + LINK_FOR).await?;
        Ok(format!("{}/owner?token={}", self.urls.base, secret.reveal()))
    }

    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Waits until no job is left to do; what died is in the answer.
    pub async fn jobs_done(&self) -> Result<aws::sqs::queue::Counts, StackError> {
        Ok(self.aws.sqs.drained(JOBS).await?)
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
                tracing::warn!(%error, "a task ended badly");
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

/// The table in `directory`, for a command while the system does not run.
pub async fn embedded(directory: &Path) -> Result<(Aws, SdkConfig, SdkConfig), StackError> {
    let options = Options { directory: Some(directory.to_owned()), ..Options::default() };
    let aws = start_aws(&options).await?;
    let (dynamodb, queue) = (sdk_config(aws.dynamodb_url()), sdk_config(aws.sqs_url()));
    Store::new(aws_sdk_dynamodb::Client::new(&dynamodb), TABLE).create_table().await?;
    Ok((aws, dynamodb, queue))
}

/// Where recordings are kept; those of a system in memory go with the machine's temporary files.
fn recordings(options: &Options) -> PathBuf {
    match &options.directory {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("omnitwin-{:016x}", rand::random::<u64>())),
    }
}

/// Which hosts may be asked for what strangers name.
fn policy(options: &Options) -> Policy {
    let hosts = options.local_hosts.iter();
    hosts.fold(Policy::public(), |policy, host| policy.with_plain_http().with_loopback(host))
}

fn importer(options: &Options, twin: &Twin) -> Result<Importer, StackError> {
    Ok(Importer::new(twin.clone(), policy(options), &options.github, options.github_token.as_deref())?)
}

/// The sample professional, in a table that knows nobody yet.
async fn sample(twin: &Twin, importer: &Importer) -> Result<(), StackError> {
    let now = Timestamp::now();
    let persona: Persona = serde_json::from_str(SAMPLE_PERSONA)?;
    twin.store().save_persona(&persona, &[], 0, now).await?;
    let calendar: CalendarSettings = serde_json::from_str(SAMPLE_CALENDAR)?;
    match twin.store().save_calendar_settings(&calendar, 0, now).await {
        // There are others already.
        Ok(_) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let rate_card: RateCard = serde_json::from_str(SAMPLE_RATES)?;
    let time_zone = calendar.time_zone.clone();
    let settings = FollowUpSettings { rate_card, time_zone, ..FollowUpSettings::default() };
    match twin.store().save_follow_up_settings(&settings, 0, now).await {
        Ok(_) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    for (name, text) in SAMPLE_FILES {
        importer.sample(name, text.as_bytes().to_vec(), now).await?;
    }
    Ok(())
}

/// Of the data directory.
pub const DATA_FILE: &str = "twin.db";

async fn start_aws(options: &Options) -> Result<Aws, aws::Error> {
    let data = match (&options.dynamodb, &options.directory) {
        (Some(endpoint), _) => Data::Elsewhere(endpoint.clone()),
        (None, Some(directory)) => Data::File(directory.join(DATA_FILE)),
        (None, None) => Data::Memory,
    };
    let redrive = aws::sqs::queue::Redrive { queue: DEAD_JOBS.to_owned(), max_receives: MAX_RECEIVES };
    let jobs = QueueSettings { visibility: options.visibility, redrive: Some(redrive) };
    aws::start(aws::Config {
        region: REGION.to_owned(),
        data,
        queues: vec![(JOBS.to_owned(), jobs)],
        identities: vec![MAIL_FROM.to_owned()],
        outbox: options.directory.as_ref().map(|directory| directory.join("outbox")),
        ..aws::Config::default()
    })
    .await
}

/// The AWS SDK as a function would have it, pointed at an embedded service.
fn sdk_config(endpoint: String) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts())
        .endpoint_url(endpoint)
        .build()
}

fn model(options: &Options, local: &str) -> (OpenAi, Option<Arc<sim::openai::OpenAi>>) {
    match &options.model {
        Model::Real(openai) => (openai.clone(), None),
        Model::Simulated(simulated) => {
            let key = simulated.api_key.clone().unwrap_or_else(|| "simulated".to_owned());
            let openai = OpenAi {
                api_key: Secret::new(key),
                base_url: format!("{local}/sim/openai/v1"),
                realtime_model: "gpt-realtime-2.1".to_owned(),
                live_model: options.live_model.clone(),
                voice: "marin".to_owned(),
                text_model: "gpt-6-luna".to_owned(),
                prices: Prices::default(),
                daily_budget: options.daily_budget,
            };
            (openai, Some(Arc::new(sim::openai::OpenAi::new(simulated.clone()))))
        }
    }
}

fn simulated(options: &Options, local: &str) -> Result<Option<Arc<sim::twilio::Twilio>>, StackError> {
    if !options.twilio_is_simulated {
        return Ok(None);
    }
    let token = options.twilio.auth_token.reveal();
    let base = format!("{local}/sim/twilio");
    Ok(Some(Arc::new(sim::twilio::Twilio::new(SIMULATED_ACCOUNT, token, &base)?)))
}

struct Parts<'a> {
    options: &'a Options,
    twin: &'a Twin,
    importer: &'a Importer,
    urls: &'a PublicUrls,
    openai: OpenAi,
    realtime: Realtime,
    /// Attends conversations in browsers.
    relay: Option<Relay>,
    slots: &'a Slots,
    auth: &'a OwnerAuth,
    oauth: &'a OAuth,
    keys: Keys,
    telephony: TwilioRest,
    vault: Vault,
    ses: Arc<aws::ses::Ses>,
    texts: Option<Arc<sim::twilio::Twilio>>,
    certificates: mail::Certificates,
    dead_jobs: Option<String>,
}

/// Every function's own router, as each has it in AWS.
fn router(parts: &Parts<'_>) -> Router {
    let Parts {
        options,
        twin,
        importer,
        urls,
        openai,
        realtime,
        relay,
        slots,
        auth,
        oauth,
        keys,
        ses,
        texts,
        telephony,
        vault,
        certificates,
        dead_jobs,
    } = parts;
    let tickets = TicketKey::new(&options.secrets.ticket_secret);
    let store = twin.store();
    phone_webhook::app(phone_webhook::State {
        twin: (*twin).clone(),
        twilio: options.twilio.clone(),
        urls: (*urls).clone(),
        tickets: tickets.clone(),
        auth: (*auth).clone(),
        telephony: telephony.clone(),
    })
    .merge(media_relay::app(media_relay::State {
        twin: (*twin).clone(),
        twilio: Arc::new(options.twilio.clone()),
        urls: Arc::new((*urls).clone()),
        tickets: tickets.clone(),
        model: media_relay::Model::new(openai.clone()),
        realtime: realtime.clone(),
        voice: Arc::new(VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() }),
        limits: options.limits,
        slots: (*slots).clone(),
        telephony: telephony.clone(),
        metrics_of: None,
        call_logs: options.call_logs.clone().map(media_relay::CallLogs::in_folder),
    }))
    .merge(context::app(context::State { twin: (*twin).clone(), auth: (*auth).clone() }))
    .merge(crm::app(crm::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        dead_jobs: dead_jobs.clone(),
    }))
    .merge(mail::app(mail::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        links: tickets.clone(),
        certificates: certificates.clone(),
        topics: vec![sim::sns::TOPIC.to_owned()],
    }))
    .merge(analytics::app(analytics::State { twin: (*twin).clone(), auth: (*auth).clone() }))
    .merge(calendar::app(calendar::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        owner_email: OWNER_EMAIL.to_owned(),
    }))
    .merge(chat::app(chat::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
    }))
    .merge(voice_token::app(voice_token::State {
        twin: (*twin).clone(),
        public_base_url: urls.base.clone(),
        realtime: realtime.clone(),
        relay: relay.clone(),
        voice: VoiceOptions { voice: openai.voice.clone(), ..VoiceOptions::default() },
        tickets,
    }))
    .merge(mcp::app(mcp::State {
        twin: (*twin).clone(),
        auth: (*auth).clone(),
        public_base_url: urls.base.clone(),
        oauth: (*oauth).clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
        origins: options.mcp_origins.clone(),
        keys: (*keys).clone(),
    }))
    .merge(knowledge::app(knowledge::State {
        twin: (*twin).clone(),
        importer: (*importer).clone(),
        auth: (*auth).clone(),
    }))
    .merge(web::app(web::State {
        store: store.clone(),
        auth: (*auth).clone(),
        entrance: entrance(options),
        public_base_url: urls.base.clone(),
        phone_number: options.twilio.phone_number.as_str().to_owned(),
        calls_origin: Some(twin::http::origin(&openai.base_url)),
        vault: vault.clone(),
        parts: set_up(options, urls),
        simulated: twin.simulated(),
    }))
    .merge(outbox::app(outbox::State { ses: ses.clone(), texts: texts.clone(), auth: (*auth).clone() }))
}

/// A provider that does not know the owner signs only visitors in.
fn entrance(options: &Options) -> web::Entrance {
    match &options.oidc {
        Some(oidc) if oidc.owner.is_some() => web::Entrance::Provider,
        _ => web::Entrance::Printed,
    }
}

/// What is configured and what is simulated.
fn set_up(options: &Options, urls: &PublicUrls) -> web::Parts {
    use web::Standing::{Configured, Simulated};
    let part = |name, standing, detail: &str| web::Part { name, standing, detail: detail.to_owned() };
    let model = match &options.model {
        Model::Real(openai) => part("OpenAI", Configured, &openai.base_url),
        Model::Simulated(_) => part("OpenAI", Simulated, "set OPENAI_API_KEY to use the real model"),
    };
    let twilio = match options.twilio_is_simulated {
        true => part("Twilio", Simulated, "set TWILIO_ACCOUNT_SID and the others to take real calls"),
        false => part("Twilio", Configured, options.twilio.phone_number.as_str()),
    };
    let sign_in = match &options.oidc {
        Some(_) => part("Sign-in", Configured, "by OpenID Connect"),
        None => {
            part("Sign-in", Configured, "by the link that is printed at start; set OIDC_ISSUER for others")
        }
    };
    Arc::new([
        model,
        twilio,
        part("AWS", Simulated, "DynamoDB, SQS and SES run inside this process"),
        part("Address", Configured, &urls.base),
        sign_in,
    ])
}

fn follow_up_worker(
    aws: &Aws,
    twin: &Twin,
    post: Post,
    (telephony, vault): (TwilioRest, Vault),
) -> Result<Poller, StackError> {
    let state = follow_up::State { twin: twin.clone(), post: Arc::new(post), telephony, vault };
    let poller = Poller::start(aws.sqs.clone(), JOBS, move |event| {
        let state = state.clone();
        async move { Ok::<_, std::convert::Infallible>(follow_up::handle(&state, event).await) }
    })?;
    Ok(poller)
}

fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    let listener = listener.tap_io(|io| {
        if let Err(error) = io.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(until(stopped));
        if let Err(error) = serve.await {
            tracing::error!(%error, "serving ended");
        }
    })
}

/// What AWS has schedules for.
fn every<W, F>(period: Duration, stopped: watch::Receiver<bool>, work: W) -> JoinHandle<()>
where
    W: Fn() -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let stopped = until(stopped);
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => return,
                _ = tick.tick() => work().await,
            }
        }
    })
}

/// Finds what is overdue.
async fn sweep(twin: Twin, ses: Arc<aws::ses::Ses>) {
    if let Err(error) = twin.sweep(Timestamp::now()).await {
        tracing::warn!(%error, "the sweep failed and comes again");
    }
    if let Err(error) = outbox::forget_erased(twin.store(), &ses).await {
        tracing::warn!(%error, "mails about who was erased are still in the outbox");
    }
}

/// Reads pages, feeds and GitHub again.
async fn refresh(importer: Importer) {
    if let Err(error) = importer.refresh(Timestamp::now()).await {
        tracing::warn!(%error, "what the twin knows was not refreshed");
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        tracing::debug!("nobody is left to stop this");
    }
}
