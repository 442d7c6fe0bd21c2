//! Codes and refresh tokens become tokens (RFC 6749 §4.1.3 and §6), and are given back (RFC 7009).

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::form,
    store::{
        StoreError,
        oauth::{Grant, Resource, Scopes},
    },
};

use super::{
    OAuth,
    authorize::given,
    error::Fault,
    grant::{self, Decision, Fresh, Redemption, Refusal, Rotation},
    token::{Kind, Token},
};

/// Others may change a grant at the same time.
const TRIES: u32 = 4;

#[derive(Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "given")]
    grant_type: Option<String>,
    #[serde(default, deserialize_with = "given")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code: Option<String>,
    #[serde(default, deserialize_with = "given")]
    redirect_uri: Option<String>,
    #[serde(default, deserialize_with = "given")]
    code_verifier: Option<String>,
    #[serde(default, deserialize_with = "given")]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "given")]
    resource: Option<String>,
    #[serde(default, deserialize_with = "given")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "given")]
    token: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: String,
    scope: String,
}

pub async fn token(Extract(oauth): Extract<OAuth>, request: Request) -> Result<Response, Fault> {
    let fields = fields(request).await?;
    let now = Timestamp::now();
    let answer = match fields.grant_type.as_deref() {
        Some("authorization_code") => oauth.redeem(&fields, now).await,
        Some("refresh_token") => oauth.refresh(&fields, now).await,
        Some(_) => {
            Err(Fault::new("unsupported_grant_type", "authorization_code and refresh_token are supported"))
        }
        None => Err(missing("grant_type is missing")),
    };
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(answer?)).into_response())
}

/// Whatever is given back: all tokens of its grant end. What is not known, or not the client's, changes nothing.
pub async fn revoke(Extract(oauth): Extract<OAuth>, request: Request) -> Result<StatusCode, Fault> {
    let fields = fields(request).await?;
    let client = fields.client_id.as_deref().ok_or_else(no_client)?;
    let given = fields.token.as_deref().ok_or_else(|| missing("token is missing"))?;
    let token = [Kind::Refresh, Kind::Access].into_iter().find_map(|kind| Token::parse(kind, given));
    if let Some(token) = token {
        let found = oauth.store.grant(&token.who, &token.grant, Timestamp::now()).await?;
        if found.is_some_and(|grant| grant.client == client && grant::holds(&grant, &token.hash())) {
            oauth.store.revoke_grant(&token.who, &token.grant).await?;
        }
    }
    Ok(StatusCode::OK)
}

impl OAuth {
    async fn redeem(&self, fields: &Fields, now: Timestamp) -> Result<Answer, Fault> {
        let client = fields.client_id.as_deref().ok_or_else(no_client)?;
        let code = fields.code.as_deref().ok_or_else(|| missing("code is missing"))?;
        let verifier = fields.code_verifier.as_deref().ok_or_else(|| missing("code_verifier is missing"))?;
        let code = Token::parse(Kind::Code, code).ok_or_else(invalid_grant)?;
        let shown = Redemption {
            hash: &code.hash(),
            client,
            redirect_uri: fields.redirect_uri.as_deref(),
            verifier,
            resource: self.target(fields)?,
        };
        self.exchange(&code, now, |grant, fresh| grant::redeem(grant, &shown, fresh, now)).await
    }

    async fn refresh(&self, fields: &Fields, now: Timestamp) -> Result<Answer, Fault> {
        let client = fields.client_id.as_deref().ok_or_else(no_client)?;
        let token = fields.refresh_token.as_deref().ok_or_else(|| missing("refresh_token is missing"))?;
        let token = Token::parse(Kind::Refresh, token).ok_or_else(invalid_grant)?;
        let scopes = fields.scope.as_deref().map(Scopes::named);
        let shown = Rotation {
            hash: &token.hash(),
            family: &token.family_hash(),
            client,
            resource: self.target(fields)?,
            scopes: scopes.as_ref(),
        };
        self.exchange(&token, now, |grant, fresh| grant::rotate(grant, &shown, fresh, now)).await
    }

    /// The resource that a client repeats, if it does.
    fn target(&self, fields: &Fields) -> Result<Option<Resource>, Fault> {
        match &fields.resource {
            None => Ok(None),
            Some(named) => self.resource(named).map(Some).ok_or_else(|| refused(Refusal::Target)),
        }
    }

    /// Reads a grant, decides, and writes what was decided, unless the grant has changed meanwhile: then once more.
    async fn exchange(
        &self,
        shown: &Token,
        now: Timestamp,
        decide: impl Fn(&Grant, Fresh<'_>) -> Decision,
    ) -> Result<Answer, Fault> {
        let access = Token::new(Kind::Access, shown.who.clone(), shown.grant.clone());
        let refresh = shown.next();
        let hashes = (access.hash(), refresh.hash(), refresh.family_hash());
        let fresh = Fresh { access: &hashes.0, refresh: &hashes.1, family: &hashes.2 };
        for _ in 0..TRIES {
            let grant = self.store.grant(&shown.who, &shown.grant, now).await?.ok_or_else(invalid_grant)?;
            let (next, scopes) = match decide(&grant, fresh) {
                Decision::Goes(next, scopes) => (next, scopes),
                Decision::Refused(refusal) => return Err(refused(refusal)),
                Decision::Ends => {
                    self.store.revoke_grant(&shown.who, &shown.grant).await?;
                    tracing::warn!(client = %grant.client, "a code or refresh token came back: its grant ended");
                    return Err(invalid_grant());
                }
            };
            match self.store.save_grant(&next).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    return Ok(Answer {
                        access_token: access.to_string(),
                        token_type: "Bearer",
                        expires_in: grant::ACCESS_FOR.as_secs(),
                        refresh_token: refresh.to_string(),
                        scope: scopes.to_string(),
                    });
                }
            }
        }
        Err(Error::from(StoreError::Conflict).into())
    }
}

async fn fields(request: Request) -> Result<Fields, Fault> {
    form(request).await.map_err(|error| match error {
        Error::Malformed(_) | Error::UnsupportedMediaType => {
            missing("a request is a form, and each parameter is there once")
        }
        other => other.into(),
    })
}

fn missing(description: &'static str) -> Fault {
    Fault::new("invalid_request", description)
}

fn no_client() -> Fault {
    Fault::new(
        "invalid_client",
        "client_id is missing: clients are public here, and name themselves in the form",
    )
}

fn invalid_grant() -> Fault {
    refused(Refusal::Grant)
}

fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Grant => Fault::new("invalid_grant", "the code or token is not valid, or has ended"),
        Refusal::Target => Fault::new("invalid_target", "the resource is not the one that was granted"),
        Refusal::Scope => Fault::new("invalid_scope", "this is more than was granted"),
    }
}
