//! The authorization server: it lets a host such as Claude act for the owner or for a visitor who signed in
//! (OAuth 2.1 with PKCE; RFC 6749, 7009, 7591, 7636, 8252, 8414, 8707, 9207, 9728; client id metadata documents).
//!
//! A grant is one row with all its tokens, and what a request makes of it is decided by a value ([`grant`]): codes and
//! refresh tokens work once, and one that comes back ends the grant. Tokens name their grant and hold 256 random bits,
//! of which only the hash is kept.

mod redirect;
mod pkce;
mod token;
mod grant;
mod metadata;
mod clients;
mod document;
mod authorize;
mod consent;
mod exchange;
mod bearer;
mod sign_in;
mod oidc;
mod id_token;
mod page;
mod error;

use std::sync::Arc;

use axum::routing::{MethodRouter, get, options, post};
use http::{HeaderName, Method, StatusCode, header};
use tower_http::cors::{Any, CorsLayer};
use twin::{
    clients::fetch::{FetchError, Fetcher, Limits, Policy},
    http::{OwnerAuth, Route},
    store::Store,
    twin::Twin,
};
use url::Url;

pub use self::{
    bearer::{Challenge, Principal},
    oidc::{Binding, Oidc, OwnerAccount},
    sign_in::{CALLBACK, OWNER_SIGN_IN},
};
use crate::State;
pub use twin::store::oauth::{Resource, Scope, Scopes, Who};

/// The MCP endpoint for everybody, and the owner's.
pub const VISITOR_PATH: &str = "/api/mcp";
pub const OWNER_PATH: &str = "/api/mcp/owner";
const AUTHORIZE: &str = "/oauth/authorize";
const TOKEN: &str = "/oauth/token";
const REVOKE: &str = "/oauth/revoke";
const REGISTER: &str = "/oauth/register";

/// The authorization server of one deployment. Cheap to clone.
#[derive(Clone)]
pub struct OAuth {
    twin: Twin,
    store: Store,
    auth: OwnerAuth,
    /// Where it is reached, without a path.
    issuer: Arc<str>,
    provider: Option<Arc<oidc::Provider>>,
    documents: Fetcher,
}

/// It cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("documents of clients cannot be fetched: {0}")]
    Documents(#[from] FetchError),
    #[error("the identity provider cannot be asked: {0}")]
    Provider(#[from] reqwest::Error),
}

impl OAuth {
    /// `policy` says which hosts may be asked for a client's document.
    pub fn new(
        twin: Twin,
        auth: OwnerAuth,
        base_url: &str,
        oidc: Option<Oidc>,
        policy: Policy,
    ) -> Result<Self, SetupError> {
        let issuer: Arc<str> = base_url.trim_end_matches('/').into();
        let callback = format!("{issuer}{CALLBACK}");
        let provider = oidc.map(|oidc| oidc::Provider::new(oidc, callback)).transpose()?;
        let limits = Limits { body: document::MAX_BODY, ..Limits::default() };
        let documents = Fetcher::new(policy, limits)?;
        let store = twin.store().clone();
        Ok(Self { twin, store, auth, issuer, provider: provider.map(Arc::new), documents })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    fn resource_url(&self, resource: Resource) -> String {
        self.url(path_of(resource))
    }

    /// The resource that a client names.
    fn resource(&self, named: &str) -> Option<Resource> {
        let same = |resource: &Resource| {
            let ours = Url::parse(&self.resource_url(*resource));
            ours.is_ok_and(|ours| Url::parse(named.trim_end_matches('/')).is_ok_and(|named| named == ours))
        };
        [Resource::Visitor, Resource::Owner].into_iter().find(same)
    }
}

fn path_of(resource: Resource) -> &'static str {
    match resource {
        Resource::Visitor => VISITOR_PATH,
        Resource::Owner => OWNER_PATH,
    }
}

/// Hosts that run in a browser read metadata, register, and ask for tokens; no cookie goes with that.
pub fn cors() -> CorsLayer {
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        HeaderName::from_static("mcp-protocol-version"),
        HeaderName::from_static("mcp-method"),
        HeaderName::from_static("mcp-name"),
    ];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers)
        .expose_headers([header::WWW_AUTHENTICATE])
}

/// A route that pages of any origin may use.
fn open(method: Method, path: &'static str, handler: MethodRouter<State>) -> [Route<State>; 2] {
    let preflight = options(async || StatusCode::NO_CONTENT).layer(cors());
    [Route::new(method, path, handler.layer(cors())), Route::new(Method::OPTIONS, path, preflight)]
}

pub fn routes() -> Vec<Route<State>> {
    let mut routes = vec![
        Route::new(Method::GET, AUTHORIZE, get(authorize::ask)),
        Route::new(Method::POST, AUTHORIZE, post(authorize::decide)),
        Route::new(Method::GET, CALLBACK, get(sign_in::callback)),
        Route::new(Method::GET, OWNER_SIGN_IN, get(sign_in::owner)),
    ];
    routes.extend(open(Method::GET, metadata::SERVER, get(metadata::server)));
    for path in [metadata::RESOURCE, metadata::VISITOR_RESOURCE] {
        routes.extend(open(Method::GET, path, get(metadata::visitor_resource)));
    }
    routes.extend(open(Method::GET, metadata::OWNER_RESOURCE, get(metadata::owner_resource)));
    routes.extend(open(Method::POST, REGISTER, post(clients::register)));
    routes.extend(open(Method::POST, TOKEN, post(exchange::token)));
    routes.extend(open(Method::POST, REVOKE, post(exchange::revoke)));
    routes
}
