//! An error as a page: the same statuses as elsewhere, in words for a person.

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header, request::Parts};
use twin::{error::Error, http::Owner, store::StoreError};

use crate::{State, page::Frame};

/// The owner, or a page that says how to sign in.
pub struct SignedIn;

impl FromRequestParts<State> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Failure> {
        Owner::from_request_parts(parts, state).await?;
        Ok(Self)
    }
}

/// An error as a page.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    link: Option<Link>,
}

/// A link that works once.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    Owner,
    Handoff,
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
}

impl FailurePage {
    fn new(status: StatusCode, link: Option<Link>) -> Self {
        let (title, text, command) = words(status, link);
        Self { frame: Frame::new(None, false), status: status.as_u16(), title, text, command }
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

/// Title, text, and the command that helps.
fn words(status: StatusCode, link: Option<Link>) -> (&'static str, &'static str, Option<&'static str>) {
    match (status, link) {
        (StatusCode::NOT_FOUND, Some(Link::Owner)) => (
            "This sign-in link does not work",
            "It works once and only for a while; this one was used, has expired, or was not copied in full. \
             Start Omnitwin again: it prints a new link.",
            Some("cargo run"),
        ),
        (StatusCode::NOT_FOUND, Some(Link::Handoff)) => (
            "This link does not work any more",
            "It opens the conversation once and only for a while; this one was used, has expired, or was not \
             copied in full. Reply to the mail that it came with, or call again.",
            None,
        ),
        (StatusCode::UNAUTHORIZED, _) => (
            "Only the owner sees this page",
            "Open the link that Omnitwin printed when it started: one click signs this browser in for twelve \
             hours. Each link works once; start Omnitwin again for a new one.",
            Some("cargo run"),
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
}
