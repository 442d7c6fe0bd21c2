//! How a person signs in: the owner with a link or through the identity provider, a visitor through the provider.
//! Afterwards they return to where they were; where that is stays with us and never comes from the provider.

use axum::{
    extract::{RawQuery, State as Extract},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use twin::{
    error::Error,
    handoff::hash,
    http::{SESSION_COOKIE, cookie},
    identity::{Email, IdentityKey},
    store::oauth::{Resource, SignIn, Visitor},
};

use super::{
    OAuth, VISITOR_PATH,
    authorize::given,
    id_token::Account,
    oidc::{Provider, ProviderError},
    page::{Failure, Notice, go},
    pkce,
    token::{is_secret, secret},
};

pub const CALLBACK: &str = "/oauth/callback";
/// Signs the owner in through the identity provider, for the owner's pages.
pub const OWNER_SIGN_IN: &str = "/owner/sign-in";
pub(super) const VISITOR_COOKIE: &str = "omnitwin_visitor";
/// Ties a sign-in to the browser that began it.
const BROWSER_COOKIE: &str = "omnitwin_sign_in";
const OWNER_PAGES: &str = "/dashboard";

/// So long a person may take at the provider.
const UNDER_WAY_FOR: SignedDuration = SignedDuration::from_mins(10);
const OWNER_FOR: SignedDuration = SignedDuration::from_hours(12);
const VISITOR_FOR: SignedDuration = SignedDuration::from_hours(1);

pub async fn owner(Extract(oauth): Extract<OAuth>, headers: HeaderMap) -> Result<Response, Failure> {
    match oauth.provider_for(Resource::Owner) {
        Some(provider) => {
            oauth.begin(provider, Resource::Owner, OWNER_PAGES.to_owned(), &headers, Timestamp::now()).await
        }
        None => Err(owner_link(OWNER_PAGES.to_owned()).into()),
    }
}

#[derive(Deserialize)]
struct Returned {
    #[serde(default, deserialize_with = "given")]
    state: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    iss: Option<String>,
}

/// The provider sends the browser back.
pub async fn callback(
    Extract(oauth): Extract<OAuth>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let returned = query.and_then(|query| serde_urlencoded::from_str::<Returned>(&query).ok());
    let returned = returned.ok_or_else(expired)?;
    let now = Timestamp::now();
    let state = returned.state.as_deref().filter(|state| is_secret(state)).ok_or_else(expired)?;
    let sign_in = oauth.store.take_sign_in(state, now).await?.ok_or_else(expired)?;
    let browser = cookie(&headers, BROWSER_COOKIE).map(hash);
    if browser.as_deref() != Some(&sign_in.browser) {
        return Err(expired());
    }
    let provider = oauth.provider_for(sign_in.resource).ok_or_else(expired)?;
    let failed = |why: ProviderError| {
        tracing::warn!(%why, "a sign-in at the identity provider failed");
        not_signed_in(&sign_in.return_to)
    };
    if returned.iss.as_deref().is_some_and(|iss| iss != provider.issuer()) {
        return Err(failed(ProviderError::Answer("the answer comes from another issuer")));
    }
    let code = returned.code.ok_or_else(|| not_signed_in(&sign_in.return_to))?;
    let account = provider.redeem(&code, &sign_in.verifier, &sign_in.nonce).await.map_err(failed)?;
    let session = match sign_in.resource {
        Resource::Owner => oauth.owner_session(provider, &account, now).await?,
        Resource::Visitor => oauth.visitor_session(provider, account, now).await?,
    };
    let mut response = go(&sign_in.return_to)?;
    for value in [session, oauth.cookie(BROWSER_COOKIE, "", SignedDuration::ZERO)] {
        response.headers_mut().append(header::SET_COOKIE, header_value(&value)?);
    }
    Ok(response)
}

impl OAuth {
    /// Has a person sign in as what a resource is for, and return.
    pub(super) async fn sign_in(
        &self,
        resource: Resource,
        return_to: String,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Response, Failure> {
        match (self.provider_for(resource), resource) {
            (Some(provider), _) => self.begin(provider, resource, return_to, headers, now).await,
            (None, Resource::Owner) => Err(owner_link(return_to).into()),
            (None, Resource::Visitor) => {
                let text = format!(
                    "Anybody may talk with this assistant. Connect your app to {} without authorization.",
                    self.url(VISITOR_PATH)
                );
                Err(Notice::new(StatusCode::FORBIDDEN, "Visitors need no sign-in here", text).into())
            }
        }
    }

    /// The provider, if there is one, and if it can tell who the owner is where that matters.
    fn provider_for(&self, resource: Resource) -> Option<&Provider> {
        let provider = self.provider.as_deref()?;
        (resource == Resource::Visitor || provider.knows_the_owner()).then_some(provider)
    }

    async fn begin(
        &self,
        provider: &Provider,
        resource: Resource,
        return_to: String,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Response, Failure> {
        // One for all tabs of a browser.
        let browser = cookie(headers, BROWSER_COOKIE).filter(|known| is_secret(known));
        let browser = browser.map_or_else(secret, str::to_owned);
        let state = secret();
        let sign_in = SignIn {
            resource,
            return_to,
            nonce: secret(),
            verifier: secret(),
            browser: hash(&browser),
            expires_at: now + UNDER_WAY_FOR,
        };
        let asked = provider.authorize(&state, &sign_in.nonce, &pkce::challenge(&sign_in.verifier)).await;
        let location = asked.map_err(|why| {
            tracing::warn!(%why, "the identity provider cannot be asked");
            Notice::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Signing in is not possible right now",
                "The identity provider does not answer as it should. Please try again in a moment.",
            )
        })?;
        self.store.save_sign_in(&state, &sign_in).await?;
        let mut response = go(&location)?;
        let value = self.cookie(BROWSER_COOKIE, &browser, UNDER_WAY_FOR);
        response.headers_mut().append(header::SET_COOKIE, header_value(&value)?);
        Ok(response)
    }

    async fn owner_session(
        &self,
        provider: &Provider,
        account: &Account,
        now: Timestamp,
    ) -> Result<String, Failure> {
        if !provider.is_owner(account) {
            let text = "You are signed in at the identity provider, but not with the owner's account. Sign out there, \
                        and begin again.";
            return Err(Notice::new(StatusCode::FORBIDDEN, "This is not the owner's account", text).into());
        }
        let session = secret();
        self.store.save_owner_session(&session, now + OWNER_FOR).await?;
        Ok(self.cookie(SESSION_COOKIE, &session, OWNER_FOR))
    }

    /// A visitor who signed in is a person of the highest assurance; the provider says their name, and their address.
    async fn visitor_session(
        &self,
        provider: &Provider,
        account: Account,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let key = IdentityKey::Oidc { issuer: provider.issuer().to_owned(), subject: account.subject };
        let email = account.verified_email.and_then(|email| Email::parse(&email).ok());
        let told = twin::twin::Account { name: account.full_name, email };
        let person = self.twin.signed_in(key.clone(), &told, now).await?;
        let session = secret();
        let visitor = Visitor { person, account: account.name, expires_at: now + VISITOR_FOR };
        self.store.save_visitor(&session, &visitor).await?;
        // Whoever unties the account drops the key before the sessions: so one of the two sees the other.
        let leads_to = self.store.identity(&key).await?.map(|identity| identity.person);
        if leads_to.as_ref() != Some(&visitor.person) {
            return Err(expired());
        }
        Ok(self.cookie(VISITOR_COOKIE, &session, VISITOR_FOR))
    }

    fn cookie(&self, name: &str, value: &str, lasts: SignedDuration) -> String {
        let secure = if self.issuer.starts_with("https://") { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lasts.as_secs())
    }
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|error| Error::Internal(Box::new(error)))
}

fn owner_link(return_to: String) -> Notice {
    let text = "An app asks to act for the owner. If that is you, open the sign-in link that Omnitwin printed when it \
                started, in this browser, and then continue here. Each link works once; this command prints a new \
                one.";
    let link = Some((return_to, "Continue"));
    Notice {
        command: Some("cargo run -- sign-in"),
        link,
        ..Notice::new(StatusCode::UNAUTHORIZED, "Only the owner may go on", text)
    }
}

fn expired() -> Failure {
    let text = "It took too long, was used already, or began in another browser. Go back to your app and connect again.";
    Notice::new(StatusCode::BAD_REQUEST, "This sign-in does not work any more", text).into()
}

fn not_signed_in(return_to: &str) -> Failure {
    let text = "The identity provider did not confirm who you are.";
    let link = Some((return_to.to_owned(), "Try again"));
    Notice { link, ..Notice::new(StatusCode::FORBIDDEN, "You are not signed in", text) }.into()
}
