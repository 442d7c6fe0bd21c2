//! A simulator of the `OpenAI` API: Realtime (GA) over WebSocket and WebRTC, and the text endpoints.
//!
//! [`text`] is `POST /v1/responses` and `POST /v1/embeddings`: what the model answers, what tests let it say
//! ([`OpenAi::say`]), how it misbehaves ([`OpenAi::misbehave_at`]), and what clients asked ([`OpenAi::asked`]).
//!
//! The rest speaks the wire protocol of `GET /v1/realtime?model=…` and of `POST /v1/realtime/calls`: session life
//! cycle, server VAD over what really arrives, transcription, responses with audio and function calls, truncation,
//! cancellation, and the errors. A call is real WebRTC: ICE, DTLS, Opus both ways and the data channel `oai-events`;
//! `GET /v1/realtime?call_id=…` is the server's own line to it.
//! What the model says comes from [`crate::scenario`]s. It can misbehave ([`Fault`]), and remembers what
//! clients did ([`OpenAi::sessions`]).
//!
//! `GET /v1/live/sessions` is GPT-Live ([`OpenAi::live_sessions`]), `POST` the same as a call over WebRTC, and
//! `GET /v1/live/sessions/{id}/attach` the server's own line to it.
//!
//! - `connect`, `socket`, `secrets`, `calls`, `line`: HTTP, `WebSocket` and WebRTC, and the only I/O
//! - `live`: one session of GPT-Live in the same way
//! - `session`: one session as a value: events in, outputs and a deadline out; no socket, task or clock
//! - `microphone`, `conversation`, `config`, `mind`, `performance`, `playback`: what a session is made of
//! - `faults`, `record`: for tests
//!
//! Not simulated: offers as `multipart/form-data`, SIP, transcription sessions, `idle_timeout_ms`, MCP, log probabilities,
//! token limits, and the audio in `conversation.item.retrieved`; of Live: audio on the
//! server's own line, decisions, triggers, SIP, stored sessions, and other formats than µ-law. For text see [`text`].

mod calls;
mod config;
mod connect;
mod conversation;
mod faults;
mod format;
mod line;
mod live;
mod microphone;
mod mind;
mod performance;
mod peer;
mod playback;
mod record;
mod secrets;
mod session;
mod socket;
pub mod text;
mod wire;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};

use crate::scenario::Scenario;
use mind::Library;
use session::Session;

pub use conversation::Item;
pub use faults::{Fault, Plan};
pub(crate) use line::address;
pub use live::LiveView;
pub use record::{Heard, SessionView, Truncation};
pub use text::{Answer, Asked, Call, Cue, Endpoint, TextFault};

/// A session that its task and tests look at.
type Shared = Arc<Mutex<Session>>;

/// Ended sessions beyond this many are forgotten.
const REMEMBERED: usize = 1024;

/// How the simulator behaves when it behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The only key that is accepted; any if there is none.
    pub api_key: Option<String>,
    /// What the model knows. No two may share a caller's line.
    pub scenarios: Vec<Scenario>,
    /// From the creation of a response to its first output.
    pub think: Duration,
    /// How much faster than real time audio is generated.
    pub speed: f32,
    /// Bytes of µ-law (8 a millisecond) in an audio delta, in turns.
    pub delta_bytes: Vec<usize>,
    /// From a commit to its transcription.
    pub transcription: Duration,
}

impl Default for Options {
    /// All scenarios that ship; first words after 300 ms, then deltas of 200 to 400 ms, six times faster than
    /// real time; transcriptions 200 ms after the turn.
    fn default() -> Self {
        Self {
            api_key: None,
            scenarios: Scenario::names()
                .filter_map(|name| Scenario::built_in(name).ok())
                .chain(Scenario::callees())
                .collect(),
            think: Duration::from_millis(300),
            speed: 6.0,
            delta_bytes: vec![1600, 2400, 3200],
            transcription: Duration::from_millis(200),
        }
    }
}

/// The simulator: all sessions, and what tests may see and do.
#[derive(Debug)]
pub struct OpenAi {
    options: Arc<Options>,
    library: Arc<Library>,
    faults: faults::Faults,
    attempts: AtomicUsize,
    sessions: Mutex<Vec<Shared>>,
    lives: Mutex<Vec<Arc<Mutex<live::Live>>>>,
    secrets: secrets::Secrets,
    calls: calls::Calls,
    text: text::Text,
}

impl OpenAi {
    pub fn new(options: Options) -> Self {
        Self {
            library: Arc::new(Library::new(&options.scenarios)),
            options: Arc::new(options),
            faults: faults::Faults::new(),
            attempts: AtomicUsize::new(0),
            sessions: Mutex::new(Vec::new()),
            lives: Mutex::new(Vec::new()),
            secrets: secrets::Secrets::default(),
            calls: calls::Calls::default(),
            text: text::Text::default(),
        }
    }

    /// Plans a fault, for running sessions too.
    pub fn misbehave(&self, plan: impl Into<Plan>) {
        self.faults.add(plan.into());
    }

    /// Drops all plans, also those for the text endpoints.
    pub fn behave(&self) {
        self.faults.clear();
        self.text.behave();
    }

    /// What happened in every session so far, in the order of connecting.
    pub fn sessions(&self) -> Vec<SessionView> {
        lock(&self.sessions).iter().map(|session| lock(session).view()).collect()
    }

    /// The same of every Live session.
    pub fn live_sessions(&self) -> Vec<LiveView> {
        lock(&self.lives).iter().map(|session| lock(session).view()).collect()
    }

    /// How often a client tried to connect or to get a secret for it, with or without success.
    pub fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }

    fn count_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    fn remember(&self, session: Session) -> Shared {
        remembered(&self.sessions, session, Session::has_ended)
    }

    fn remember_live(&self, session: live::Live) -> Arc<Mutex<live::Live>> {
        remembered(&self.lives, session, live::Live::has_ended)
    }
}

impl Default for OpenAi {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

fn remembered<S>(all: &Mutex<Vec<Arc<Mutex<S>>>>, session: S, has_ended: fn(&S) -> bool) -> Arc<Mutex<S>> {
    let session = Arc::new(Mutex::new(session));
    let mut sessions = lock(all);
    if sessions.len() >= REMEMBERED
        && let Some(ended) = sessions.iter().position(|session| has_ended(&lock(session)))
    {
        sessions.remove(ended);
    }
    sessions.push(Arc::clone(&session));
    session
}

/// `GET /realtime?model=…` and `?call_id=…` as a WebSocket, `POST /realtime/client_secrets`, `POST /realtime/calls` and
/// `/realtime/calls/{call_id}/hangup`, `GET /live/sessions` and `/live/sessions/{id}/attach` in the same way, `POST /live/sessions`, `POST /responses` and `POST /embeddings`. Nest it where the base URL points, for instance at `/v1`.
pub fn app(sim: Arc<OpenAi>) -> Router {
    Router::new()
        .route("/realtime", get(connect::connect))
        .route("/live/sessions", get(connect::connect_live).post(calls::offer_live))
        .route("/live/sessions/{session}/attach", get(connect::attach))
        .route("/realtime/client_secrets", post(secrets::mint))
        .merge(calls::routes())
        .merge(text::routes())
        .with_state(sim)
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the pure parts cannot show: HTTP, and how connections end.
#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use futures_util::{SinkExt, StreamExt};
    use http::Request;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::{Error, Message};
    use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

    use super::*;

    type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

    async fn serve(sim: &Arc<OpenAi>) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let app = Router::new().nest("/v1", app(Arc::clone(sim)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    fn request(address: SocketAddr, query: &str, authorization: Option<&str>) -> Request<()> {
        let mut request = format!("ws://{address}/v1/realtime{query}").into_client_request().expect("valid");
        if let Some(value) = authorization {
            request.headers_mut().insert("authorization", value.parse().expect("valid"));
        }
        request
    }

    async fn connect(address: SocketAddr) -> Result<Client, u16> {
        attempt(request(address, "?model=gpt-realtime-2.1", Some("Bearer key"))).await
    }

    async fn attempt(request: Request<()>) -> Result<Client, u16> {
        match connect_async(request).await {
            Ok((client, _)) => Ok(client),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    async fn text(client: &mut Client) -> String {
        client.next().await.expect("open").expect("a frame").into_text().expect("text").to_string()
    }

    #[tokio::test]
    async fn only_clients_with_a_key_and_a_model_are_admitted() {
        let options = Options { api_key: Some("key".to_owned()), ..Options::default() };
        let sim = Arc::new(OpenAi::new(options));
        let address = serve(&sim).await;
        assert_eq!(attempt(request(address, "?model=m", None)).await.err(), Some(401));
        assert_eq!(attempt(request(address, "?model=m", Some("Bearer other"))).await.err(), Some(401));
        assert_eq!(attempt(request(address, "", Some("Bearer key"))).await.err(), Some(400));
        sim.misbehave(Fault::Refuse(429).times(1));
        assert_eq!(connect(address).await.err(), Some(429));
        let mut client = connect(address).await.expect("admitted");
        assert!(text(&mut client).await.contains("session.created"));
        assert_eq!((sim.attempts(), sim.sessions().len()), (5, 1));
    }

    #[tokio::test]
    async fn an_expired_session_is_closed_with_1001() {
        let sim = Arc::new(OpenAi::default());
        let mut client = connect(serve(&sim).await).await.expect("admitted");
        assert!(text(&mut client).await.contains("session.created"));
        sim.misbehave(Fault::SessionExpired);
        assert!(text(&mut client).await.contains("session_expired"));
        let Some(Ok(Message::Close(Some(frame)))) = client.next().await else { panic!("no close") };
        assert_eq!(u16::from(frame.code), 1001);
    }

    #[tokio::test]
    async fn a_reset_ends_without_a_close_and_spares_the_next_session() {
        let sim = Arc::new(OpenAi::default());
        let address = serve(&sim).await;
        sim.misbehave(Fault::Reset.times(1));
        let mut client = connect(address).await.expect("admitted");
        assert!(text(&mut client).await.contains("session.created"));
        assert!(matches!(client.next().await, Some(Err(_))));
        let mut next = connect(address).await.expect("admitted");
        assert!(text(&mut next).await.contains("session.created"));
        next.send(Message::text("{")).await.expect("sent");
        assert!(text(&mut next).await.contains("invalid_request_error"));
    }
}
