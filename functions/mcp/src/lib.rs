//! The Model Context Protocol: the twin for Claude, ChatGPT, Cursor and other hosts; and the authorization server
//! that lets a host act for somebody.

//!
//! - `guard`, `strict`: in front of the protocol: tokens and scopes, well-formed messages
//! - `server`: the protocol, over tables
//! - `visitor`, `owner`: the tools, one file a tool; `resources`, `prompts`, `apps`
//! - `audited`: what is written down of what a host does for the owner
//! - `call`, `tool`, `mrtr`, `page`: what a tool is given, what it answers, how it asks back, how lists are cut
//! - `oauth`: the authorization server

pub mod oauth;

mod guard;
mod strict;
mod server;
mod call;
mod audited;
mod tool;
mod mrtr;
mod page;
mod visitor;
mod owner;
mod resources;
mod prompts;
mod apps;
#[cfg(feature = "conformance")]
mod conformance;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, delete_service, get_service, post_service},
};
use http::Method;
use rmcp::{
    model::{RequestStateCodec, RequestStateError},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use sha2::{Digest as _, Sha256};
use twin::{
    config::Secret,
    http::{OwnerAuth, Route, app as router, origin},
    store::oauth::Resource,
    twin::Twin,
};
use url::Url;

use crate::server::Server;

use crate::oauth::{OWNER_PATH, VISITOR_PATH};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
    /// Where this deployment is reached, without a path: the issuer, and the base of each resource.
    pub public_base_url: String,
    pub oauth: oauth::OAuth,
    /// The twin's own number, in E.164; empty when there is none.
    pub phone_number: String,
    /// Web pages, beside our own, whose scripts may speak with us: `https://host:port`, or `https://host` at its usual one.
    pub origins: Vec<String>,
    pub keys: Keys,
}

/// What this deployment alone knows.
#[derive(Clone)]
pub struct Keys {
    secret: Secret,
    /// Seals what a host carries from one request to the next.
    sealed: Arc<RequestStateCodec>,
}

pub type KeysError = RequestStateError;

impl Keys {
    pub fn of(secret: Secret) -> Result<Self, KeysError> {
        let key = Sha256::new().chain_update("mcp request state").chain_update(secret.reveal()).finalize();
        Ok(Self { secret, sealed: Arc::new(RequestStateCodec::try_new(key.to_vec())?) })
    }
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

impl FromRef<State> for oauth::OAuth {
    fn from_ref(state: &State) -> Self {
        state.oauth.clone()
    }
}

const METHODS: [Method; 4] = [Method::POST, Method::GET, Method::DELETE, Method::OPTIONS];

/// Where hosts speak the protocol; GET and DELETE are answered that they are not used.
pub fn routes() -> Vec<Route<State>> {
    let mut routes = oauth::routes();
    for path in [VISITOR_PATH, OWNER_PATH] {
        routes.extend(METHODS.map(|method| Route::new(method, path, MethodRouter::new())));
    }
    routes
}

pub fn app(state: State) -> Router {
    let mcp = |path: &str, resource: Resource| {
        let service = service(&state, resource);
        let all =
            post_service(service.clone()).merge(get_service(service.clone())).merge(delete_service(service));
        let guarded = match resource {
            Resource::Visitor => all.layer(from_fn_with_state(state.clone(), guard::visitor)),
            Resource::Owner => all.layer(from_fn_with_state(state.clone(), guard::owner)),
        };
        Router::new().route(path, guarded).layer(from_fn(strict::strict)).layer(oauth::cors())
    };
    router(oauth::routes(), state.clone())
        .merge(mcp(VISITOR_PATH, Resource::Visitor))
        .merge(mcp(OWNER_PATH, Resource::Owner))
}

#[cfg(not(feature = "conformance"))]
type Handler = Server;
#[cfg(feature = "conformance")]
type Handler = conformance::Fixtures<Server>;

type Service = StreamableHttpService<Handler, NeverSessionManager>;

/// Without sessions, for both eras of the protocol.
fn service(state: &State, resource: Resource) -> Service {
    let own = origin(&state.public_base_url);
    let host = own.split_once("://").map_or(own.as_str(), |(_, host)| host);
    // The same machine by its other name.
    let pages = [host.to_owned(), host.replacen("localhost", "127.0.0.1", 1)];
    let origins = pages.iter().map(|host| format!("{}://{host}", own.split("://").next().unwrap_or("https")));
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(strict::LARGEST_BODY)
        .with_allowed_origins(
            origins.chain(state.origins.iter().cloned()).filter_map(|origin| with_port(&origin)),
        )
        // A program on this machine may ask for it as such: a page that was led here asks by its own name.
        .with_allowed_hosts(["localhost", "127.0.0.1", host])
        .enforce_origin_validation();
    let server = Server::new(state.clone(), resource);
    #[cfg(feature = "conformance")]
    let server = conformance::Fixtures::around(server);
    StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config)
}

/// An origin with its port, because of one that is allowed without the SDK compares none. `None`: it is no origin.
fn with_port(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    Some(format!("{}://{}:{}", url.scheme(), url.host_str()?, url.port_or_known_default()?))
}
