//! Who asks at the MCP endpoint: the token of a request, checked against the resource that it is shown to.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use twin::{
    error::Error,
    store::{
        StoreError,
        oauth::{Resource, Scope, Scopes, Who},
    },
};

use super::{
    OAuth,
    error::Body,
    grant, metadata,
    token::{Kind, Token},
};

/// Somebody for whom a client acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub who: Who,
    pub scopes: Scopes,
    /// The client's id; `owner-token` for the owner's own token.
    pub client: String,
}

const OWNER_TOKEN: &str = "owner-token";

/// Why a request goes no further.
#[derive(Debug)]
pub enum Challenge {
    /// A token is needed.
    Missing(Demand),
    /// The token is unknown, has expired or was revoked, or is for something else.
    Invalid(Demand),
    /// The token does not go so far.
    Insufficient(Demand),
    Failed(Error),
}

/// What would do.
#[derive(Debug)]
pub struct Demand {
    metadata: String,
    scopes: Scopes,
}

impl From<StoreError> for Challenge {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl OAuth {
    /// Who asks. Nobody in particular (`None`) may ask at the visitors' resource; a token that is shown has to be good.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        resource: Resource,
        now: Timestamp,
    ) -> Result<Option<Principal>, Challenge> {
        let demand = || self.demand(resource, resource.scopes());
        if !headers.contains_key(header::AUTHORIZATION) {
            return match resource {
                Resource::Visitor => Ok(None),
                Resource::Owner => Err(Challenge::Missing(demand())),
            };
        }
        let given = bearer(headers).ok_or_else(|| Challenge::Invalid(demand()))?;
        let principal = match Token::parse(Kind::Access, given) {
            Some(token) => self.holder(&token, resource, now).await?,
            None if resource == Resource::Owner && self.auth.is_token(given) => {
                Some(Principal { who: Who::Owner, scopes: resource.scopes(), client: OWNER_TOKEN.to_owned() })
            }
            None => None,
        };
        principal.map(Some).ok_or_else(|| Challenge::Invalid(demand()))
    }

    /// Whether somebody may do this; if not, with which scope they could.
    pub fn require(&self, principal: &Principal, scope: Scope) -> Result<(), Challenge> {
        if principal.scopes.contains(scope) {
            return Ok(());
        }
        // With those that it has, so that a host asks for all of them.
        let scopes = principal.scopes.iter().chain([scope]).collect();
        Err(Challenge::Insufficient(self.demand(scope.resource(), scopes)))
    }

    async fn holder(
        &self,
        token: &Token,
        resource: Resource,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        let Some(grant) = self.store.grant(&token.who, &token.grant, now).await? else { return Ok(None) };
        let scopes = grant::allowed(&grant, &token.hash(), resource, now);
        Ok(scopes.map(|scopes| Principal { who: grant.who, scopes, client: grant.client }))
    }

    fn demand(&self, resource: Resource, scopes: Scopes) -> Demand {
        Demand { metadata: self.url(metadata::of(resource)), scopes }
    }
}

/// The one bearer token of a request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let only = all.next().filter(|_| all.next().is_none())?;
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

impl IntoResponse for Challenge {
    fn into_response(self) -> Response {
        let (status, error, description, demand) = match self {
            Self::Failed(error) => return error.into_response(),
            Self::Missing(demand) => (StatusCode::UNAUTHORIZED, None, "an access token is needed", demand),
            Self::Invalid(demand) => {
                let description = "the access token is not valid here, or has ended";
                (StatusCode::UNAUTHORIZED, Some("invalid_token"), description, demand)
            }
            Self::Insufficient(demand) => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "the access token does not allow this",
                demand,
            ),
        };
        let named = error.map(|error| format!("error=\"{error}\", error_description=\"{description}\", "));
        let Demand { metadata, scopes } = demand;
        let value = format!(
            "Bearer {}resource_metadata=\"{metadata}\", scope=\"{scopes}\"",
            named.unwrap_or_default()
        );
        let body = Body { error: error.unwrap_or("unauthorized"), error_description: description };
        let mut response = (status, Json(body)).into_response();
        match HeaderValue::from_str(&value) {
            Ok(value) => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
                response
            }
            Err(error) => Error::Internal(Box::new(error)).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let named = |value: &&'static str| (header::AUTHORIZATION, HeaderValue::from_static(value));
        let mut headers = HeaderMap::new();
        for (name, value) in values.iter().map(named) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_request_has_one_bearer_token() {
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["bearer  abc "])), Some("abc"));
        for other in [&[][..], &["Basic abc"], &["Bearer"], &["abc"], &["Bearer a", "Bearer a"]] {
            assert_eq!(bearer(&headers(other)), None, "{other:?}");
        }
    }

    #[test]
    fn a_challenge_says_what_would_do() {
        let demand = || Demand {
            metadata: "https://twin.example/m".to_owned(),
            scopes: Scopes::named("owner:read owner:call"),
        };
        let rows = [
            (
                Challenge::Missing(demand()),
                401,
                "Bearer resource_metadata=\"https://twin.example/m\", scope=\"owner:read owner:call\"",
            ),
            (
                Challenge::Invalid(demand()),
                401,
                "Bearer error=\"invalid_token\", error_description=\"the access token is not valid here, or has \
                 ended\", resource_metadata=\"https://twin.example/m\", scope=\"owner:read owner:call\"",
            ),
            (
                Challenge::Insufficient(demand()),
                403,
                "Bearer error=\"insufficient_scope\", error_description=\"the access token does not allow this\", \
                 resource_metadata=\"https://twin.example/m\", scope=\"owner:read owner:call\"",
            ),
        ];
        for (challenge, status, value) in rows {
            let response = challenge.into_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::WWW_AUTHENTICATE], value);
        }
        let failed = Challenge::from(StoreError::Unavailable("slow".to_owned())).into_response();
        assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
