//! A host asks to act for somebody: the request is checked, the person signs in and says yes or no, and the answer
//! goes back. Until client and redirect URI are trusted nothing is sent there: what is wrong is shown as a page.

use axum::{
    extract::{Request, State as Extract},
    response::Response,
};
use http::{HeaderMap, StatusCode, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use twin::{
    error::Error,
    http::{SESSION_COOKIE, address, cookie, posted},
    store::oauth::{Client, Resource, Scopes, Who},
};

use super::{
    AUTHORIZE, OAuth,
    clients::NoClient,
    consent::{Consent, account_of},
    grant,
    page::{Failure, Notice, Onward, page},
    pkce,
    redirect::Redirect,
    sign_in::VISITOR_COOKIE,
    token::{self, Kind, Token},
};

const MAX_QUERY: usize = 8 * 1024;

#[derive(Deserialize)]
struct Query {
    #[serde(default, deserialize_with = "given")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    redirect_uri: Option<String>,
    #[serde(default, deserialize_with = "given")]
    response_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code_challenge: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code_challenge_method: Option<String>,
    #[serde(default, deserialize_with = "given")]
    resource: Option<String>,
    #[serde(default, deserialize_with = "given")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "given")]
    state: Option<String>,
}

/// A parameter without a value is as if it were not there (RFC 6749 §3.1).
pub fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(value)?).filter(|text| !text.is_empty()))
}

/// A request that may be put before a person.
struct Asked {
    client: Client,
    redirect: Redirect,
    state: Option<String>,
    challenge: String,
    resource: Resource,
    scopes: Scopes,
}

/// An error that the client is told.
type Refusal = (&'static str, &'static str);

/// What comes next.
enum Step {
    /// What the client asks is wrong. Anybody can register one, so no browser is sent there by itself.
    Back(Notice),
    SignIn(Resource),
    Consent(Box<Asked>, Signed),
}

/// Somebody who is signed in, in this browser.
struct Signed {
    who: Who,
    account: Option<String>,
}

pub async fn ask(Extract(oauth): Extract<OAuth>, parts: Parts) -> Result<Response, Failure> {
    let (query, now) = (parts.uri.query().unwrap_or_default(), Timestamp::now());
    match oauth.next(query, &parts, now).await? {
        Step::Back(notice) => Err(notice.into()),
        Step::SignIn(resource) => {
            oauth.sign_in(resource, format!("{AUTHORIZE}?{query}"), &parts.headers, now).await
        }
        Step::Consent(asked, signed) => oauth.consent(&asked, &signed, query).await,
    }
}

#[derive(Deserialize)]
struct Decision {
    request: String,
    decision: String,
}

/// The request comes back with the form, and is checked again as if it had just come.
pub async fn decide(Extract(oauth): Extract<OAuth>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body);
    let Decision { request: query, decision } = posted(form, &oauth.issuer).await?;
    let now = Timestamp::now();
    match oauth.next(&query, &parts, now).await? {
        Step::Back(notice) => Err(notice.into()),
        Step::SignIn(_) => {
            let link = Some((format!("{AUTHORIZE}?{query}"), "Continue"));
            let title = "You are not signed in any more";
            let notice = Notice::new(StatusCode::UNAUTHORIZED, title, "Sign in again to decide.");
            Err(Notice { link, ..notice }.into())
        }
        Step::Consent(asked, signed) => {
            let location = match decision.as_str() {
                "allow" => oauth.allow(&asked, &signed.who, now).await?,
                _ => oauth.refuse(&asked.redirect, asked.state.as_deref(), DENIED),
            };
            Ok(page(&Onward { location, host: asked.redirect.host() })?)
        }
    }
}

const DENIED: Refusal = ("access_denied", "it was not allowed");

impl OAuth {
    async fn next(&self, query: &str, parts: &Parts, now: Timestamp) -> Result<Step, Failure> {
        // It is also where the person returns to after signing in.
        let plain = query.len() <= MAX_QUERY && query.bytes().all(|byte| byte.is_ascii_graphic());
        let read = plain.then(|| serde_urlencoded::from_str(query).ok());
        let query: Query = read.flatten().ok_or_else(|| unreadable("It cannot be read."))?;
        let (client, redirect) = self.trusted(&query, &address(parts), now).await?;
        let state = query.state.clone();
        let asked = match self.check(query, client, redirect.clone()) {
            Ok(asked) => asked,
            Err(refusal) => return Ok(Step::Back(self.back(&redirect, state.as_deref(), refusal))),
        };
        Ok(match self.signed(asked.resource, &parts.headers, now).await? {
            Some(signed) => Step::Consent(Box::new(asked), signed),
            None => Step::SignIn(asked.resource),
        })
    }

    /// Who asks, and where the answer may go.
    async fn trusted(
        &self,
        query: &Query,
        address: &str,
        now: Timestamp,
    ) -> Result<(Client, Redirect), Failure> {
        let id = query.client_id.as_deref().ok_or_else(|| unreadable("It does not say which app asks."))?;
        let client = self.client(id, address, now).await.map_err(stranger)?;
        let redirect = query.redirect_uri.as_deref().and_then(Redirect::parse);
        let redirect =
            redirect.filter(|redirect| redirect.is_among(&client.redirect_uris)).ok_or_else(|| {
                unreadable("The app wants its answer sent to an address that is not registered as its own.")
            })?;
        Ok((client, redirect))
    }

    fn check(&self, query: Query, client: Client, redirect: Redirect) -> Result<Asked, Refusal> {
        if query.response_type.as_deref() != Some("code") {
            return Err(("unsupported_response_type", "only response_type=code is supported"));
        }
        if query.code_challenge_method.as_deref() != Some(pkce::METHOD) {
            return Err(("invalid_request", "PKCE with S256 is required"));
        }
        let challenge = query.code_challenge.filter(|challenge| pkce::is_challenge(challenge));
        let challenge =
            challenge.ok_or(("invalid_request", "code_challenge is not a SHA-256 in base64url"))?;
        let named = query.resource.as_deref().and_then(|named| self.resource(named));
        let resource = named.ok_or(("invalid_target", "resource does not name one of this server's"))?;
        let all = resource.scopes();
        let scopes = query.scope.map_or_else(|| all.clone(), |scope| Scopes::named(&scope).and(&all));
        if scopes.is_empty() {
            return Err(("invalid_scope", "none of these scopes is one of this resource"));
        }
        Ok(Asked { client, redirect, state: query.state, challenge, resource, scopes })
    }

    /// Who is signed in as what the resource is for.
    async fn signed(
        &self,
        resource: Resource,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<Signed>, Failure> {
        match resource {
            Resource::Owner => {
                let Some(session) = cookie(headers, SESSION_COOKIE) else { return Ok(None) };
                let is_owner = self.store.is_owner_session(session, now).await?;
                Ok(is_owner.then_some(Signed { who: Who::Owner, account: None }))
            }
            Resource::Visitor => {
                let Some(session) = cookie(headers, VISITOR_COOKIE) else { return Ok(None) };
                let visitor = self.store.visitor(session, now).await?;
                Ok(visitor.map(|known| Signed { who: Who::Person(known.person), account: known.account }))
            }
        }
    }

    async fn consent(&self, asked: &Asked, signed: &Signed, query: &str) -> Result<Response, Failure> {
        let persona = self.store.persona().await?;
        let owner = persona.as_ref().map_or("the owner", |saved| saved.persona.core.name.as_str());
        let account = account_of(asked.resource, signed.account.as_deref());
        let page = Consent::new(&asked.client, &asked.redirect, &asked.scopes, owner, &account, query);
        Ok(page.response()?)
    }

    /// Where the client gets its code.
    async fn allow(&self, asked: &Asked, who: &Who, now: Timestamp) -> Result<String, Error> {
        let code = Token::new(Kind::Code, who.clone(), token::name());
        let consent = grant::Consent {
            id: &code.grant,
            who,
            client: &asked.client.id,
            resource: asked.resource,
            scopes: &asked.scopes,
            code_hash: &code.hash(),
            redirect_uri: asked.redirect.as_str(),
            challenge: &asked.challenge,
        };
        self.store.save_grant(&grant::begin(&consent, now)).await?;
        self.keep(&asked.client, now).await?;
        tracing::info!(client = %asked.client.id, scopes = %asked.scopes, "a host may act for somebody");
        Ok(self.answer(&asked.redirect, asked.state.as_deref(), &[("code", &code.to_string())]))
    }

    /// What is wrong, for the person; and a way to tell the client.
    fn back(&self, redirect: &Redirect, state: Option<&str>, refusal: Refusal) -> Notice {
        let text = format!(
            "The app asks in a way that is not accepted here: {}. Nothing was allowed. If you began this yourself, go \
             back to {} and let it know.",
            refusal.1,
            redirect.host()
        );
        let link = Some((self.refuse(redirect, state, refusal), "Go back"));
        Notice { link, ..Notice::new(StatusCode::BAD_REQUEST, "The app cannot be connected like this", text) }
    }

    fn refuse(&self, redirect: &Redirect, state: Option<&str>, (error, description): Refusal) -> String {
        self.answer(redirect, state, &[("error", error), ("error_description", description)])
    }

    /// The redirect URI with an answer, the client's state, and who answers (RFC 9207).
    fn answer(&self, redirect: &Redirect, state: Option<&str>, answer: &[(&str, &str)]) -> String {
        let mut answer = answer.to_vec();
        answer.extend(state.map(|state| ("state", state)));
        answer.push(("iss", &self.issuer));
        redirect.with(&answer)
    }
}

fn unreadable(why: &'static str) -> Failure {
    let text = format!("{why} Nothing was sent to the app: go back to it and connect again.");
    Notice::new(StatusCode::BAD_REQUEST, "This request to connect is not valid", text).into()
}

fn stranger(error: NoClient) -> Failure {
    match error {
        NoClient::Unknown => unreadable("The app is not registered here, or its registration has expired."),
        NoClient::Document(fault) => {
            tracing::info!(%fault, "a client's document was not accepted");
            unreadable("The document that describes the app cannot be read, or is not as it has to be.")
        }
        NoClient::Own(error) => error.into(),
    }
}
