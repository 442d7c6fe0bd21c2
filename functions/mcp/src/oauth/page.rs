//! Pages around an authorization, and how their form is taken. No script, nothing from elsewhere, no frame.

use askama::Template;
use axum::{
    extract::Request,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use twin::{error::Error, http::body, store::StoreError};
use url::Url;

const FORM: &str = "application/x-www-form-urlencoded";

/// A page that says something, and perhaps leads on.
#[derive(Debug, Template)]
#[template(path = "oauth/notice.html")]
pub struct Notice {
    pub status: StatusCode,
    pub title: &'static str,
    pub text: String,
    pub command: Option<&'static str>,
    /// Address and label.
    pub link: Option<(String, &'static str)>,
}

impl Notice {
    pub fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Self {
        Self { status, title, text: text.into(), command: None, link: None }
    }
}

/// What is shown in place of the page that was asked for.
#[derive(Debug)]
pub enum Failure {
    Notice(Box<Notice>),
    Own(Error),
}

impl From<Notice> for Failure {
    fn from(notice: Notice) -> Self {
        Self::Notice(Box::new(notice))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Own(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (notice, later) = match self {
            Self::Notice(notice) => (*notice, None),
            // What the status is, and what is logged, stays the business of the common mapping.
            Self::Own(error) => {
                let mut mapped = error.into_response();
                (apology(mapped.status()), mapped.headers_mut().remove(header::RETRY_AFTER))
            }
        };
        let status = notice.status;
        let mut response = match page(&notice) {
            Ok(page) => (status, page).into_response(),
            Err(_) => status.into_response(),
        };
        response.headers_mut().extend(later.map(|later| (header::RETRY_AFTER, later)));
        response
    }
}

fn apology(status: StatusCode) -> Notice {
    let (title, text) = match status {
        StatusCode::FORBIDDEN => {
            ("This did not come from our own page", "Go back to your app and begin again from there.")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            ("That was a lot in a short time", "Please wait a moment, and try again.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Not available right now", "Nothing is lost. Please try again in a moment.")
        }
        status if status.is_client_error() => {
            ("This request cannot be read", "Go back to your app and begin again from there.")
        }
        _ => ("Something went wrong", "It was noted. Please try again in a moment."),
    };
    Notice::new(status, title, text)
}

/// The answer to a form leads on from here: browsers would hold a redirect, and those that the app makes of it, to
/// what our own forms may lead to.
#[derive(Debug, Template)]
#[template(path = "oauth/onward.html")]
pub struct Onward {
    pub location: String,
    pub host: String,
}

pub fn page(page: &impl Template) -> Result<Response, Error> {
    let text = page.render().map_err(|error| Error::Internal(Box::new(error)))?;
    Ok((GUARDS, Html(text)).into_response())
}

/// With `no-referrer`, browsers would send a form's POST with `Origin: null`. This policy tells the origin alone.
const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Sends the browser on.
pub fn go(location: &str) -> Result<Response, Error> {
    let location = HeaderValue::from_str(location).map_err(|error| Error::Internal(Box::new(error)))?;
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The fields of a form that was sent from one of our own pages.
pub async fn posted<T: DeserializeOwned>(request: Request, base_url: &str) -> Result<T, Error> {
    if !is_same_origin(request.headers(), base_url) {
        return Err(Error::Forbidden);
    }
    form(request).await
}

/// The fields of a form.
pub async fn form<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let (parts, bytes) = body(request).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.and_then(|kind| kind.split(';').next()).is_none_or(|kind| !kind.trim().eq_ignore_ascii_case(FORM))
    {
        return Err(Error::UnsupportedMediaType);
    }
    let read = serde_urlencoded::from_bytes(&bytes);
    read.map_err(|_| Error::Malformed("not the fields of this form".to_owned()))
}

fn is_same_origin(headers: &HeaderMap, base_url: &str) -> bool {
    let given = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let ours = Url::parse(base_url).map(|url| url.origin().ascii_serialization());
    given.is_some_and(|given| ours.is_ok_and(|ours| ours == given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_come_from_our_own_pages_only() {
        let from = |value: Option<&'static str>, base: &str| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (header::ORIGIN, HeaderValue::from_static(value))));
            is_same_origin(&headers, base)
        };
        assert!(from(Some("https://twin.example"), "https://Twin.example:443/"));
        assert!(from(Some("http://localhost:8080"), "http://localhost:8080"));
        for other in
            ["null", "http://twin.example", "https://twin.example.evil.example", "https://evil.example", ""]
        {
            assert!(!from(Some(other), "https://twin.example"), "{other}");
        }
        assert!(!from(None, "https://twin.example"));
    }
}
