//! The identity provider: any issuer of `OpenID` Connect. We are its client, with a code, PKCE and a nonce; with one that
//! knows neither, with a code and the state alone.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::header;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, de::DeserializeOwned};
use twin::config::{ConfigError, Secret, Settings};
use url::{Url, form_urlencoded::byte_serialize};

use super::{
    id_token::{self, Account, Expected},
    pkce,
};

/// An issuer and our registration with it.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// Exactly as its tokens name it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// Whose account is the owner's; without it the provider signs visitors in only.
    pub owner: Option<OwnerAccount>,
    pub binding: Binding,
}

/// What ties an answer of the provider's to our request, beside the state, which works once, in the browser that began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Binding {
    /// A nonce in the ID token (`OpenID` Connect Core §3.1.2.1), and PKCE (RFC 7636).
    #[default]
    NonceAndPkce,
    /// Neither. `LinkedIn`'s ID tokens have no nonce, and its token endpoint refuses a code verifier, unless PKCE was
    /// switched on for the app: so say those who built clients for it (nextauthjs/next-auth#8831, authlib/authlib#763,
    /// directus/directus#23645). Whoever steals a code can then bring it in a sign-in of their own.
    State,
}

const LINKEDIN: &str = "https://www.linkedin.com";

impl Binding {
    /// What an issuer can do.
    fn of(issuer: &str) -> Self {
        let rest = issuer.strip_prefix(LINKEDIN);
        match rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            true => Self::State,
            false => Self::NonceAndPkce,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerAccount {
    Subject(String),
    /// Counts only if the issuer says that it is verified.
    Email(String),
}

impl Oidc {
    /// What the settings say: none without an issuer.
    pub fn from(settings: &Settings<'_>) -> Result<Option<Self>, ConfigError> {
        let Some(issuer) = settings.optional("OIDC_ISSUER") else { return Ok(None) };
        if !is_safe(&issuer) {
            let why = "not an https URL, or http on this machine";
            return Err(ConfigError::Invalid { name: "OIDC_ISSUER", why });
        }
        let subject = settings.optional("OIDC_OWNER_SUBJECT").map(OwnerAccount::Subject);
        let email = || settings.optional("OIDC_OWNER_EMAIL").map(OwnerAccount::Email);
        Ok(Some(Self {
            binding: Binding::of(&issuer),
            issuer,
            client_id: settings.required("OIDC_CLIENT_ID")?,
            client_secret: Secret::new(settings.required("OIDC_CLIENT_SECRET")?),
            owner: subject.or_else(email),
        }))
    }
}

/// Whether nobody on the way reads what is sent there.
fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && local)
}

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("it was not reached: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Answer(&'static str),
    #[error("its ID token is not valid: {0}")]
    IdToken(#[from] id_token::Fault),
}

#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = 256 * 1024;
/// Discovery and keys count so long.
const CACHED_FOR: Duration = Duration::from_hours(1);
const SCOPE: &str = "openid email profile";

/// What is known of the provider, and since when.
#[derive(Default)]
struct Known {
    discovery: Option<(Instant, Arc<Discovery>)>,
    keys: Option<(Instant, Arc<JwkSet>)>,
}

pub struct Provider {
    config: Oidc,
    /// Where the provider sends the browser back to.
    callback: String,
    http: reqwest::Client,
    known: Mutex<Known>,
}

impl Provider {
    pub fn new(config: Oidc, callback: String) -> Result<Self, reqwest::Error> {
        let redirects = reqwest::redirect::Policy::none();
        let http = twin::clients::http().redirect(redirects).timeout(TIMEOUT).build()?;
        Ok(Self { config, callback, http, known: Mutex::default() })
    }

    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    pub fn knows_the_owner(&self) -> bool {
        self.config.owner.is_some()
    }

    pub fn is_owner(&self, account: &Account) -> bool {
        match &self.config.owner {
            Some(OwnerAccount::Subject(subject)) => *subject == account.subject,
            Some(OwnerAccount::Email(email)) => {
                account.verified_email.as_ref().is_some_and(|verified| verified.eq_ignore_ascii_case(email))
            }
            None => false,
        }
    }

    /// Where the browser goes to sign in.
    pub async fn authorize(
        &self,
        state: &str,
        nonce: &str,
        challenge: &str,
    ) -> Result<String, ProviderError> {
        let discovery = self.discovery().await?;
        let endpoint = Url::parse(&discovery.authorization_endpoint);
        let mut url =
            endpoint.map_err(|_| ProviderError::Answer("its authorization endpoint is not a URL"))?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.callback),
            ("scope", SCOPE),
            ("state", state),
        ]);
        if self.config.binding == Binding::NonceAndPkce {
            url.query_pairs_mut().extend_pairs([
                ("nonce", nonce),
                ("code_challenge", challenge),
                ("code_challenge_method", pkce::METHOD),
            ]);
        }
        Ok(url.into())
    }

    /// Who signed in, by the code that the browser brought back.
    pub async fn redeem(&self, code: &str, verifier: &str, nonce: &str) -> Result<Account, ProviderError> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let discovery = self.discovery().await?;
        let request = self.http.post(&discovery.token_endpoint);
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.callback)];
        let is_bound = self.config.binding == Binding::NonceAndPkce;
        if is_bound {
            form.push(("code_verifier", verifier));
        }
        let (id, secret) = (self.config.client_id.as_str(), self.config.client_secret.reveal());
        let methods = &discovery.token_endpoint_auth_methods_supported;
        let request = if methods.iter().any(|method| method == "client_secret_post") {
            form.extend([("client_id", id), ("client_secret", secret)]);
            request
        } else {
            // RFC 6749 §2.3.1: both are encoded as in a form.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            request.basic_auth(encoded(id), Some(encoded(secret)))
        };
        let tokens: Tokens = read(request.form(&form)).await?;
        let nonce = is_bound.then_some(nonce);
        let expected = Expected { issuer: &self.config.issuer, client: id, nonce };
        let keys = self.keys(&discovery, false).await?;
        match id_token::verify(&tokens.id_token, &keys, &expected) {
            // It may be newer than those that we know.
            Err(id_token::Fault::UnknownKey) => {
                let keys = self.keys(&discovery, true).await?;
                Ok(id_token::verify(&tokens.id_token, &keys, &expected)?)
            }
            other => Ok(other?),
        }
    }

    async fn discovery(&self) -> Result<Arc<Discovery>, ProviderError> {
        let known = self.known().discovery.clone();
        if let Some((since, discovery)) = known
            && since.elapsed() < CACHED_FOR
        {
            return Ok(discovery);
        }
        let url = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let read: Discovery = read(self.http.get(url)).await?;
        if read.issuer != self.config.issuer {
            return Err(ProviderError::Answer("its configuration names another issuer"));
        }
        if ![&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri]
            .into_iter()
            .all(|url| is_safe(url))
        {
            return Err(ProviderError::Answer("an endpoint of its is not https"));
        }
        let read = Arc::new(read);
        self.known().discovery = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// The provider's keys, fetched `again` if a token names one that we do not know.
    async fn keys(&self, discovery: &Discovery, again: bool) -> Result<Arc<JwkSet>, ProviderError> {
        let known = self.known().keys.clone();
        if let Some((since, keys)) = known
            && since.elapsed() < CACHED_FOR
            && !again
        {
            return Ok(keys);
        }
        let keys: Arc<JwkSet> = Arc::new(read(self.http.get(&discovery.jwks_uri)).await?);
        self.known().keys = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    /// Never while the provider is asked: whoever comes meanwhile asks, too, and does not wait for one who waits.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A JSON document of bounded size.
async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, ProviderError> {
    let request = request.header(header::ACCEPT, "application/json");
    let mut answer = request.send().await?.error_for_status().map_err(reqwest::Error::without_url)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ProviderError::Answer("an answer of its is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| ProviderError::Answer("an answer of its cannot be read"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::{Json, Router, routing::get};
    use serde_json::json;
    use tokio::{net::TcpListener, sync::Notify};

    use super::*;

    fn provider(issuer: &str, owner: Option<OwnerAccount>) -> Provider {
        let config = Oidc {
            issuer: issuer.to_owned(),
            client_id: "twin".to_owned(),
            client_secret: Secret::new("x"),
            owner,
            binding: Binding::default(),
        };
        Provider::new(config, String::new()).unwrap()
    }

    fn settings(rows: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        |name| rows.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn settings_name_an_issuer_or_none() {
        assert!(Oidc::from(&Settings::new(&|_| None)).unwrap().is_none());
        let whole = settings(&[
            ("OIDC_ISSUER", "https://id.example/"),
            ("OIDC_CLIENT_ID", "twin"),
            ("OIDC_CLIENT_SECRET", "hidden"),
            ("OIDC_OWNER_EMAIL", "alex@omnitwin.example"),
        ]);
        let oidc = Oidc::from(&Settings::new(&whole)).unwrap().unwrap();
        assert_eq!(oidc.issuer, "https://id.example/");
        assert_eq!(oidc.owner, Some(OwnerAccount::Email("alex@omnitwin.example".to_owned())));
        assert!(!format!("{oidc:?}").contains("hidden"));
        let half = settings(&[("OIDC_ISSUER", "https://id.example")]);
        assert_eq!(Oidc::from(&Settings::new(&half)).unwrap_err(), ConfigError::Missing("OIDC_CLIENT_ID"));
        let plain = settings(&[("OIDC_ISSUER", "http://id.example")]);
        assert!(matches!(Oidc::from(&Settings::new(&plain)), Err(ConfigError::Invalid { .. })));
    }

    #[test]
    fn only_where_there_is_no_nonce_none_is_asked_for() {
        for (issuer, expected) in [
            ("https://id.example", Binding::NonceAndPkce),
            ("https://www.linkedin.com", Binding::State),
            ("https://www.linkedin.com/oauth", Binding::State),
            ("https://www.linkedin.com.evil.example", Binding::NonceAndPkce),
        ] {
            assert_eq!(Binding::of(issuer), expected, "{issuer}");
        }
    }

    /// A provider that answers everybody but the first.
    async fn answers_the_second() -> (String, Arc<Notify>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let configuration = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        let (asked, was_asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let told = Arc::clone(&was_asked);
        let answer = move || {
            let (is_first, configuration) =
                (asked.fetch_add(1, Ordering::SeqCst) == 0, configuration.clone());
            told.notify_one();
            async move {
                if is_first {
                    std::future::pending::<()>().await;
                }
                Json(configuration)
            }
        };
        let routes = Router::new().route("/.well-known/openid-configuration", get(answer));
        tokio::spawn(axum::serve(listener, routes).into_future());
        (issuer, was_asked)
    }

    #[tokio::test]
    async fn nobody_waits_for_somebody_else_who_gets_no_answer() {
        let (issuer, was_asked) = answers_the_second().await;
        let first = Arc::new(provider(&issuer, None));
        let second = Arc::clone(&first);
        let first = tokio::spawn(async move { first.authorize("state", "nonce", "challenge").await });
        was_asked.notified().await;
        let url = second.authorize("state", "nonce", "challenge").await.unwrap();
        assert!(url.starts_with(&format!("{issuer}/authorize?")), "{url}");
        assert!(!first.is_finished());
        first.abort();
    }

    #[test]
    fn only_a_verified_address_is_the_owners() {
        let provider = |owner| provider("https://id.example", owner);
        let account = |subject: &str, email: Option<&str>| Account {
            subject: subject.to_owned(),
            verified_email: email.map(str::to_owned),
            name: None,
            full_name: None,
        };
        let by_email = provider(Some(OwnerAccount::Email("alex@omnitwin.example".to_owned())));
        assert!(by_email.is_owner(&account("1", Some("Alex@omnitwin.example"))));
        assert!(!by_email.is_owner(&account("alex@omnitwin.example", None)));
        assert!(!by_email.is_owner(&account("1", Some("alex@omnitwin.example.evil.example"))));
        let by_subject = provider(Some(OwnerAccount::Subject("1".to_owned())));
        assert!(by_subject.is_owner(&account("1", None)) && !by_subject.is_owner(&account("2", None)));
        assert!(!provider(None).is_owner(&account("1", None)) && !provider(None).knows_the_owner());
    }
}
