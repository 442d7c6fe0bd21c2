//! Pages around an authorization. No script, nothing from elsewhere, no frame.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use twin::{error::Error, store::StoreError};

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
