//! A simulator of an `OpenID` Connect provider: discovery, an authorization endpoint that signs a chosen account in at
//! once, a token endpoint with signed ID tokens, and the keys.
//!
//! Like the real ones it checks its client, the redirect URI, PKCE, and that a code is used once. It can misbehave
//! ([`Fault`]). Not simulated: pages, sessions, user info, refresh tokens, sign-out.

mod id_token;
mod key;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD as BASE64,
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use self::key::Algorithm;
use self::key::Key;

#[derive(Debug, Clone)]
pub struct Options {
    /// Where it is served.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uri: String,
    pub algorithm: Algorithm,
    /// How a client may prove itself: `client_secret_basic`, `client_secret_post`.
    pub auth_methods: Vec<&'static str>,
    /// As `LinkedIn`'s does, it leaves the nonce out of its ID tokens, says in a string whether an address is verified, and
    /// refuses a code verifier.
    pub without_nonce_and_pkce: bool,
}

/// Who signs in.
#[derive(Debug, Clone)]
pub struct Account {
    pub subject: String,
    pub name: Option<String>,
    pub email: String,
    pub email_verified: bool,
}

/// What may go wrong with one sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The person says no.
    Denied,
    /// The answer names another issuer.
    ForeignAnswer,
    /// The token endpoint fails.
    ServerError,
    AlgNone,
    /// Signed with the public key as if that were a shared secret.
    Hmac,
    WrongAudience,
    /// For others as well, without saying who asked.
    TwoAudiences,
    WrongParty,
    WrongIssuer,
    NoIssuer,
    Expired,
    StringExp,
    NoExp,
    NotYet,
    WrongNonce,
    NoNonce,
    NoSubject,
    UnknownKey,
    /// The key's name is right, the key is not.
    OtherKey,
    /// The claims were changed after signing.
    Tampered,
}

/// A person who signed in and whose client has not fetched the tokens yet.
struct Pending {
    account: Account,
    nonce: Option<String>,
    challenge: String,
    fault: Option<Fault>,
}

struct Book {
    account: Account,
    fault: Option<Fault>,
    key: Key,
    pending: HashMap<String, Pending>,
}

pub struct Provider {
    options: Options,
    book: Mutex<Book>,
}

type Parameters = BTreeMap<String, String>;

impl Provider {
    pub fn new(options: Options, account: Account) -> Result<Arc<Self>, key::KeyError> {
        let key = Key::generate(options.algorithm, "key-1")?;
        let book = Book { account, fault: None, key, pending: HashMap::new() };
        Ok(Arc::new(Self { options, book: Mutex::new(book) }))
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(Arc::clone(self))
    }

    pub fn issuer(&self) -> &str {
        &self.options.issuer
    }

    /// Who signs in from now on.
    pub fn sign_in_as(&self, account: Account) {
        self.book().account = account;
    }

    /// The next sign-in goes wrong.
    pub fn misbehave(&self, fault: Fault) {
        self.book().fault = Some(fault);
    }

    /// Signs with another key from now on, and publishes only that one.
    pub fn replace_key(&self, name: &str) -> Result<(), key::KeyError> {
        self.book().key = Key::generate(self.options.algorithm, name)?;
        Ok(())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_client(&self, headers: &HeaderMap, form: &Parameters) -> bool {
        let Options { client_id, client_secret, auth_methods, .. } = &self.options;
        let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{client_secret}")));
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let posted = (form.get("client_id"), form.get("client_secret"));
        match authorization {
            Some(given) => {
                auth_methods.contains(&"client_secret_basic") && given == basic && posted.1.is_none()
            }
            None => {
                auth_methods.contains(&"client_secret_post")
                    && posted == (Some(client_id), Some(client_secret))
            }
        }
    }
}

async fn configuration(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let Options { issuer, auth_methods, algorithm, .. } = &provider.options;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm.name()],
        "token_endpoint_auth_methods_supported": auth_methods,
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({ "keys": [provider.book().key.public()] }))
}

async fn authorize(State(provider): State<Arc<Provider>>, Query(query): Query<Parameters>) -> Response {
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let Options { issuer, client_id, redirect_uri, .. } = &provider.options;
    let is_ours = of("client_id") == client_id && of("redirect_uri") == redirect_uri;
    let is_whole = of("response_type") == "code"
        && of("scope").split(' ').any(|scope| scope == "openid")
        && (provider.options.without_nonce_and_pkce
            || (of("code_challenge_method") == "S256" && !of("code_challenge").is_empty()))
        && !of("state").is_empty();
    if !is_ours || !is_whole {
        return (StatusCode::BAD_REQUEST, "this is no request of a client that is known").into_response();
    }
    let mut book = provider.book();
    let fault = book.fault.take();
    let code = BASE64.encode(rand::random::<[u8; 16]>());
    let pending = Pending {
        account: book.account.clone(),
        nonce: query.get("nonce").cloned().filter(|_| !provider.options.without_nonce_and_pkce),
        challenge: of("code_challenge").to_owned(),
        fault,
    };
    book.pending.insert(code.clone(), pending);
    let answered_by = if fault == Some(Fault::ForeignAnswer) { "https://evil.example" } else { issuer };
    let outcome =
        if fault == Some(Fault::Denied) { ("error", "access_denied") } else { ("code", code.as_str()) };
    let answer = [outcome, ("state", of("state")), ("iss", answered_by)];
    let answer = serde_urlencoded::to_string(answer).unwrap_or_default();
    (StatusCode::FOUND, [(header::LOCATION, format!("{redirect_uri}?{answer}"))]).into_response()
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(form): Form<Parameters>,
) -> Response {
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if !provider.is_client(&headers, &form) {
        return refuse("invalid_client");
    }
    let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if of("grant_type") != "authorization_code" {
        return refuse("unsupported_grant_type");
    }
    let mut book = provider.book();
    let Some(pending) = book.pending.remove(of("code")) else { return refuse("invalid_grant") };
    let proof = BASE64.encode(Sha256::digest(of("code_verifier")));
    let is_proved = match provider.options.without_nonce_and_pkce {
        true if form.contains_key("code_verifier") => return refuse("invalid_client"),
        true => true,
        false => proof == pending.challenge,
    };
    if of("redirect_uri") != provider.options.redirect_uri || !is_proved {
        return refuse("invalid_grant");
    }
    if pending.fault == Some(Fault::ServerError) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    match id_token::issue(&provider.options, &pending, &book.key) {
        Ok(id_token) => Json(json!({
            "access_token": BASE64.encode(rand::random::<[u8; 16]>()),
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": id_token,
        }))
        .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
