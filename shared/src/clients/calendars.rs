//! Calendars of Google and Microsoft 365 over REST, with the owner's consent (OAuth 2.0: RFC 6749, with PKCE, RFC 7636).
//!
//! Entries are read and not free-busy times: those do not tell which of them are our own, which would block a time
//! again after the meeting in it was moved or cancelled.

mod google;
mod microsoft;
mod seal;

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use reqwest::{RequestBuilder, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::seal::Seal;
use crate::{
    config::{CalendarAccounts, Registration, Secret},
    handoff::hash,
    id::OutsideId,
    scheduling::outside::{Grant, Meeting, Part, Provider},
};

/// Where a provider sends the owner's browser back to.
pub const CALLBACK: &str = "/api/calendar/outside/callback";
const TIMEOUT: Duration = Duration::from_secs(5);
/// Of one answer, in bytes.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Pages of entries that are read of half a year, of one calendar.
const MAX_PAGES: usize = 20;
/// Calendars of one account that are read at once: as many requests as Microsoft Graph takes for a mailbox ("Outlook service
/// limits").
const AT_ONCE: usize = 4;
/// A token that ends within this is renewed.
const ENDS_SOON: SignedDuration = SignedDuration::from_secs(60);

/// What may go wrong, in words for the owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Of the consent: revoked, expired, or never for all that was asked for.
    #[error("the connection was ended there: connect it again")]
    Ended,
    #[error("not all that was asked for was allowed: connect it again, and leave every box ticked")]
    NotAllowed,
    #[error("it wants no more requests for a while")]
    Later(Option<SignedDuration>),
    #[error("it refused the access token")]
    Expired,
    #[error("there is no such entry")]
    Gone,
    #[error("a calendar that you chose is not there any more: choose again")]
    NoCalendar,
    #[error("there is such an entry")]
    Exists,
    #[error("it answers with an error (status {0})")]
    Status(u16),
    #[error("it cannot be reached")]
    NotReached,
    #[error("it did not answer in time")]
    Slow,
    #[error("what it answered cannot be read")]
    Unreadable,
    #[error("there are more entries than can be read")]
    TooMany,
    #[error("the key of the tokens is another one by now: connect it again")]
    Sealed,
    #[error("this provider is not set up here")]
    NotSetUp,
}

/// What is busy: spans, in UTC.
pub type Spans = Vec<(Timestamp, Timestamp)>;

/// As a provider gives them out.
#[derive(Serialize, Deserialize)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

pub struct Accounts {
    http: reqwest::Client,
    google: Option<Registration>,
    microsoft: Option<Registration>,
    seal: Seal,
    callback: String,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
}

impl Accounts {
    /// `base`: where we are reached, without a path.
    pub fn new(config: CalendarAccounts, base: &str) -> Result<Self, Fault> {
        let redirects = reqwest::redirect::Policy::none();
        let http = super::http().redirect(redirects).timeout(TIMEOUT).build();
        Ok(Self {
            http: http.map_err(|_| Fault::NotReached)?,
            google: config.google,
            microsoft: config.microsoft,
            seal: Seal::new(config.key.reveal())?,
            callback: format!("{base}{CALLBACK}"),
        })
    }

    /// Those that are set up.
    pub fn providers(&self) -> Vec<Provider> {
        [Provider::Google, Provider::Microsoft].into_iter().filter(|one| self.of(*one).is_ok()).collect()
    }

    fn of(&self, provider: Provider) -> Result<&Registration, Fault> {
        let registration = match provider {
            Provider::Google => &self.google,
            Provider::Microsoft => &self.microsoft,
        };
        registration.as_ref().ok_or(Fault::NotSetUp)
    }

    /// Where the owner's browser goes to consent.
    pub fn authorize(&self, provider: Provider, state: &str, verifier: &str) -> Result<String, Fault> {
        let registration = self.of(provider)?;
        let mut url = url::Url::parse(&registration.authorize).map_err(|_| Fault::NotSetUp)?;
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &registration.client_id),
                ("redirect_uri", &self.callback),
                ("state", state),
                ("code_challenge", &hash(verifier)),
                ("code_challenge_method", "S256"),
            ])
            .extend_pairs(match provider {
                Provider::Google => google::CONSENT,
                Provider::Microsoft => microsoft::CONSENT,
            });
        Ok(url.into())
    }

    /// The tokens for the code that the browser brought back, and whose calendar it is. `owner`: the address that they
    /// invite with here.
    pub async fn redeem(
        &self,
        provider: Provider,
        id: &OutsideId,
        (code, verifier): (&str, &str),
        owner: &str,
        now: Timestamp,
    ) -> Result<Grant, Fault> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("code_verifier", verifier),
        ];
        let given = self.token(provider, &form).await?;
        let needed = match provider {
            Provider::Google => google::SCOPE,
            Provider::Microsoft => microsoft::SCOPE,
        };
        let allowed = given.scope.as_deref().unwrap_or_default();
        if !allowed.split(' ').any(|scope| scope.rsplit('/').next() == needed.rsplit('/').next()) {
            return Err(Fault::NotAllowed);
        }
        let refresh = given.refresh_token.clone().ok_or(Fault::NotAllowed)?;
        let account = match provider {
            Provider::Google => google::account(given.id_token.as_deref().unwrap_or_default())?,
            Provider::Microsoft => microsoft::account(self, &given.access_token).await?,
        };
        if account.is_empty() {
            return Err(Fault::Unreadable);
        }
        self.granted(id, (account, owner.to_owned()), given, refresh, now)
    }

    /// A grant whose access token holds for a while, and the token. `again`: the one that is kept was refused.
    pub async fn access(
        &self,
        provider: Provider,
        id: &OutsideId,
        grant: &Grant,
        again: bool,
        now: Timestamp,
    ) -> Result<(Grant, String), Fault> {
        self.of(provider)?;
        let kept: Tokens = serde_json::from_slice(&self.seal.open(id.as_str(), &grant.tokens)?)
            .map_err(|_| Fault::Sealed)?;
        if !again && grant.access_until > now {
            return Ok((grant.clone(), kept.access));
        }
        let form = [("grant_type", "refresh_token"), ("refresh_token", &kept.refresh)];
        let given = self.token(provider, &form).await?;
        let access = given.access_token.clone();
        // Microsoft gives a new one each time, Google keeps the first.
        let refresh = given.refresh_token.clone().unwrap_or(kept.refresh);
        let whose = (grant.account.clone(), grant.owner.clone());
        Ok((self.granted(id, whose, given, refresh, now)?, access))
    }

    /// Tells the provider that the consent is over. Microsoft knows no such request: there the tokens are forgotten.
    pub async fn revoke(&self, provider: Provider, id: &OutsideId, grant: &Grant) -> Result<(), Fault> {
        let Some(url) = self.of(provider)?.revoke.as_ref() else { return Ok(()) };
        let kept: Tokens = serde_json::from_slice(&self.seal.open(id.as_str(), &grant.tokens)?)
            .map_err(|_| Fault::Sealed)?;
        match answered(self.http.post(url).form(&[("token", &kept.refresh)])).await {
            // It is not valid any more.
            Ok(_) | Err(Fault::Status(400)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The calendars of an account that can be read, and whether each is its first one.
    pub async fn calendars(&self, provider: Provider, access: &str) -> Result<Vec<(Part, bool)>, Fault> {
        match provider {
            Provider::Google => google::calendars(self, access).await,
            Provider::Microsoft => microsoft::calendars(self, access).await,
        }
    }

    /// What is busy in a window in the calendars that are chosen, but for our own. Days are those of `zone`.
    pub async fn busy(
        &self,
        provider: Provider,
        access: &str,
        (owner, chosen): (&str, &[Part]),
        zone: &TimeZone,
        window: (Timestamp, Timestamp),
    ) -> Result<Spans, Fault> {
        let first = [None];
        let chosen: Vec<Option<&str>> = chosen.iter().map(|part| Some(part.id.as_str())).collect();
        let of = if chosen.is_empty() { first.as_slice() } else { &chosen };
        let reads = of.iter().copied().map(|one| self.busy_in(provider, access, (owner, one), zone, window));
        let reads: Vec<_> = reads.collect();
        let spans: Vec<Spans> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        Ok(spans.into_iter().flatten().collect())
    }

    async fn busy_in(
        &self,
        provider: Provider,
        access: &str,
        (owner, calendar): (&str, Option<&str>),
        zone: &TimeZone,
        window: (Timestamp, Timestamp),
    ) -> Result<Spans, Fault> {
        let read = match provider {
            Provider::Google => google::busy(self, access, (owner, calendar), zone, window).await,
            Provider::Microsoft => microsoft::busy(self, access, (owner, calendar), zone, window).await,
        };
        read.map_err(|fault| match fault {
            Fault::Gone if calendar.is_some() => Fault::NoCalendar,
            fault => fault,
        })
    }

    /// Writes a meeting as it stands: the same again changes nothing. `known`: what the provider called it before. Its id
    /// there.
    pub async fn put(
        &self,
        provider: Provider,
        access: &str,
        meeting: &Meeting,
        known: Option<&str>,
    ) -> Result<String, Fault> {
        match provider {
            Provider::Google => google::put(self, access, meeting).await,
            Provider::Microsoft => microsoft::put(self, access, meeting, known).await,
        }
    }

    /// Takes a meeting out; what is not there is out.
    pub async fn remove(
        &self,
        provider: Provider,
        access: &str,
        meeting: &Meeting,
        known: Option<&str>,
    ) -> Result<(), Fault> {
        match provider {
            Provider::Google => google::remove(self, access, meeting).await,
            Provider::Microsoft => microsoft::remove(self, access, meeting, known).await,
        }
    }

    fn granted(
        &self,
        id: &OutsideId,
        (account, owner): (String, String),
        given: Given,
        refresh: String,
        now: Timestamp,
    ) -> Result<Grant, Fault> {
        let lasts = SignedDuration::from_secs(given.expires_in.unwrap_or(0)) - ENDS_SOON;
        let tokens =
            serde_json::to_vec(&Tokens { access: given.access_token, refresh }).map_err(|_| Fault::Sealed)?;
        Ok(Grant {
            account,
            owner,
            tokens: self.seal.close(id.as_str(), &tokens)?,
            access_until: now.checked_add(lasts).unwrap_or(now),
            is_over: false,
        })
    }

    async fn token(&self, provider: Provider, form: &[(&str, &str)]) -> Result<Given, Fault> {
        let registration = self.of(provider)?;
        let mut form = form.to_vec();
        let secret: &Secret = &registration.client_secret;
        form.extend([("client_id", registration.client_id.as_str()), ("client_secret", secret.reveal())]);
        let answer = self.http.post(&registration.token).form(&form).send().await.map_err(transport)?;
        if matches!(answer.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
            let refusal: Refusal = read(answer).await?;
            return Err(match refusal.error.as_str() {
                "invalid_grant" | "interaction_required" | "consent_required" => Fault::Ended,
                _ => Fault::Status(400),
            });
        }
        read(checked(answer).await?).await
    }
}

async fn asked<T: DeserializeOwned>(request: RequestBuilder, access: &str) -> Result<T, Fault> {
    read(answered(request.bearer_auth(access)).await?).await
}

async fn answered(request: RequestBuilder) -> Result<Response, Fault> {
    checked(request.send().await.map_err(transport)?).await
}

/// What a status says. Sources: Google, "Handle API errors"; Microsoft Graph, "Error responses", "Throttling".
async fn checked(answer: Response) -> Result<Response, Fault> {
    let status = answer.status();
    let seconds =
        answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let wait = seconds.map(SignedDuration::from_secs);
    Err(match status {
        status if status.is_success() => return Ok(answer),
        StatusCode::UNAUTHORIZED => Fault::Expired,
        StatusCode::FORBIDDEN => match read::<google::Failure>(answer).await {
            Ok(failure) if failure.is_about_rate() => Fault::Later(wait),
            _ => Fault::NotAllowed,
        },
        StatusCode::NOT_FOUND | StatusCode::GONE => Fault::Gone,
        StatusCode::CONFLICT => Fault::Exists,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Fault::Later(wait),
        status => Fault::Status(status.as_u16()),
    })
}

async fn read<T: DeserializeOwned>(mut answer: Response) -> Result<T, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Fault::TooMany);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| Fault::Unreadable)
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn transport(error: reqwest::Error) -> Fault {
    if error.is_timeout() { Fault::Slow } else { Fault::NotReached }
}
