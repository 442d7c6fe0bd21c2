//! An error as a page: the same statuses as elsewhere, in words for a person.

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use twin::{error::Error, http::Owner, store::StoreError};

use crate::{
    State,
    page::Frame,
    sign_in::{self, Entrance},
};

/// The owner, or a page that says how to sign in.
pub struct SignedIn;

impl FromRequestParts<State> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        match Owner::from_request_parts(parts, state).await {
            Ok(_) => Ok(Self),
            Err(error @ Error::Unauthenticated) => {
                Err(Failure { error, link: Some(Link::SignIn(state.entrance)) })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// An error as a page.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    link: Option<Link>,
}

/// A link that works once, or that somebody would need.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    Owner,
    Handoff,
    SignIn(Entrance),
}

impl Link {
    /// Used, expired, unknown: all are `NotFound` and look alike.
    pub fn failure(self, error: impl Into<Error>) -> Failure {
        Failure { error: error.into(), link: Some(self) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, link: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    status: u16,
    title: &'static str,
    text: &'static str,
    command: Option<&'static str>,
    /// Where it goes on.
    next: Option<&'static str>,
}

impl FailurePage {
    fn new(status: StatusCode, link: Option<Link>) -> Self {
        let (title, text, command) = words(status, link);
        let next = matches!(link, Some(Link::SignIn(Entrance::Provider))).then_some(sign_in::AT_THE_PROVIDER);
        Self { frame: Frame::new(None, false), status: status.as_u16(), title, text, command, next }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // What the status is, and what is logged, stays the business of the common mapping.
        let problem = self.error.into_response();
        let page = FailurePage::new(problem.status(), self.link).render().unwrap_or_default();
        let mut response = (problem.status(), Html(page)).into_response();
        if let Some(challenge) = problem.headers().get(header::WWW_AUTHENTICATE) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
        }
        response
    }
}

/// How the owner signs in, for whoever is not: on pages of others, too.
pub fn sign_in_first(entrance: Entrance) -> Response {
    Link::SignIn(entrance).failure(Error::Unauthenticated).into_response()
}

/// An address that is none: a page for whoever would rather read one.
pub async fn nothing(headers: HeaderMap) -> Response {
    match prefers_a_page(&headers) {
        true => Failure::from(Error::NotFound).into_response(),
        false => Error::NotFound.into_response(),
    }
}

/// Whether HTML is named as accepted, and JSON is not preferred to it (RFC 9110 §12.5.1).
fn prefers_a_page(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let named: Vec<(String, f32)> = lines.flat_map(|line| line.split(',')).map(weighed).collect();
    let weight = |kinds: &[&str]| {
        let of = named.iter().filter(|(kind, _)| kinds.contains(&kind.as_str()));
        of.map(|(_, weight)| *weight).fold(0.0, f32::max)
    };
    let html = weight(&["text/html", "application/xhtml+xml"]);
    html > 0.0 && html >= weight(&["application/json", "application/problem+json"])
}

fn weighed(range: &str) -> (String, f32) {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (kind, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

/// Title, text, and the command that helps.
fn words(status: StatusCode, link: Option<Link>) -> (&'static str, &'static str, Option<&'static str>) {
    match (status, link) {
        (StatusCode::NOT_FOUND, Some(Link::Owner)) => (
            "This sign-in link does not work",
            "It works once and only for a while; this one was used, has expired, or was not copied in full. \
             This command prints a new one.",
            Some("cargo run -- sign-in"),
        ),
        (StatusCode::NOT_FOUND, Some(Link::Handoff)) => (
            "This link does not work any more",
            "It opens the conversation once and only for a while; this one was used, has expired, or was not \
             copied in full. Reply to the mail that it came with, or call again.",
            None,
        ),
        (StatusCode::UNAUTHORIZED, Some(Link::SignIn(Entrance::Provider))) => (
            "Only the owner sees this page",
            "Sign in with the owner's account: this browser then stays signed in for twelve hours.",
            None,
        ),
        (StatusCode::UNAUTHORIZED, Some(Link::SignIn(Entrance::Missing))) => (
            "Only the owner sees this page",
            "Nobody can sign in with a browser here yet. Deploy again with SignInPrefix for a sign-in of your own, \
             or with OidcIssuer and OidcOwnerEmail for one elsewhere. Until then this command prints a link that signs \
             this browser in for twelve hours, to whoever has the AWS account's credentials.",
            Some("cargo run -- sign-in --stack omnitwin"),
        ),
        (StatusCode::UNAUTHORIZED, _) => (
            "Only the owner sees this page",
            "Open the link that Omnitwin printed when it started: one click signs this browser in for twelve \
             hours. Each link works once; this command prints a new one.",
            Some("cargo run -- sign-in"),
        ),
        (StatusCode::FORBIDDEN, _) => (
            "This did not come from our own page",
            "Open the link again exactly as you were given it, and use the button there.",
            None,
        ),
        (StatusCode::NOT_FOUND, _) => {
            ("There is nothing here", "The page does not exist, or it is no longer kept.", None)
        }
        (StatusCode::SERVICE_UNAVAILABLE, _) => {
            ("Not available right now", "Nothing is lost. Please try again in a moment.", None)
        }
        (status, _) if status.is_client_error() => {
            ("This request cannot be read", "Please go back and try again.", None)
        }
        _ => ("Something went wrong", "It was noted. Please try again in a moment.", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_page_with_the_errors_own_status() {
        let rows = [
            (Failure::from(Error::Unauthenticated), 401),
            (Link::Owner.failure(Error::NotFound), 404),
            (Link::Handoff.failure(StoreError::NotFound), 404),
            (Failure::from(StoreError::Unavailable("slow".to_owned())), 503),
        ];
        for (failure, status) in rows {
            let response = failure.into_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), status == 401);
        }
    }

    #[test]
    fn a_page_is_for_whoever_would_rather_read_one() {
        let prefers = |accept: &'static str| {
            prefers_a_page(&HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]))
        };
        for browser in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json;q=0.5, Text/HTML; level=1; q=0.7",
        ] {
            assert!(prefers(browser), "{browser}");
        }
        for script in
            ["*/*", "", "application/json, text/html;q=0.9", "text/html;q=0", "text/html;q=x", "text/*"]
        {
            assert!(!prefers(script), "{script}");
        }
        assert!(!prefers_a_page(&HeaderMap::new()));
    }

    #[test]
    fn whoever_is_signed_out_is_told_the_way_that_there_is() {
        let page = |entrance| {
            FailurePage::new(StatusCode::UNAUTHORIZED, Some(Link::SignIn(entrance))).render().unwrap()
        };
        let (printed, provider, missing) =
            (page(Entrance::Printed), page(Entrance::Provider), page(Entrance::Missing));
        assert!(
            provider.contains("href=\"/owner/sign-in\"") && !provider.contains("cargo run"),
            "{provider}"
        );
        assert!(printed.contains("cargo run") && !printed.contains("/owner/sign-in"), "{printed}");
        assert!(missing.contains("SignInPrefix") && missing.contains("sign-in --stack"), "{missing}");
    }
}
