//! A server that publishes a calendar under a secret address, as calendars do (RFC 5545 over RFC 9110): it knows
//! versions, and it can be out of order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// What is under the address.
#[derive(Debug, Default)]
struct Published {
    text: String,
    version: u64,
    answers: Option<StatusCode>,
    hangs: bool,
    /// Statuses that were given.
    given: Vec<StatusCode>,
}

#[derive(Debug, Clone, Default)]
pub struct Calendar(Arc<Mutex<Published>>);

impl Calendar {
    /// Events, each the lines between BEGIN and END, in place of those before.
    pub fn publish(&self, events: &[&str]) {
        let events = events
            .iter()
            .fold(String::new(), |text, event| text + "BEGIN:VEVENT\n" + event + "\nEND:VEVENT\n");
        let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//sim//EN\n{events}END:VCALENDAR\n");
        self.publish_text(&text.replace('\n', "\r\n"));
    }

    pub fn publish_text(&self, text: &str) {
        let mut published = self.published();
        text.clone_into(&mut published.text);
        published.version += 1;
    }

    /// Answers with this status from now on; in order again with `None`.
    pub fn answer(&self, status: Option<StatusCode>) {
        self.published().answers = status;
    }

    /// Takes requests and never answers.
    pub fn hang(&self, hangs: bool) {
        self.published().hangs = hangs;
    }

    /// The statuses that were given since the last time.
    pub fn given(&self) -> Vec<StatusCode> {
        std::mem::take(&mut self.published().given)
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calendar at every path.
pub fn app(calendar: Calendar) -> Router {
    Router::new().fallback(serve).with_state(calendar)
}

async fn serve(State(calendar): State<Calendar>, request: Request) -> Response {
    if calendar.published().hangs {
        return std::future::pending().await;
    }
    let mut published = calendar.published();
    let etag = format!("\"{}\"", published.version);
    let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| *known == *etag);
    let status = match published.answers {
        Some(status) => status,
        None if known => StatusCode::NOT_MODIFIED,
        None => StatusCode::OK,
    };
    published.given.push(status);
    let headers = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()), (header::ETAG, etag)];
    match status {
        StatusCode::OK => (headers, published.text.clone()).into_response(),
        status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            (status, [(header::LOCATION, "https://elsewhere.example/a.ics")]).into_response()
        }
        status => (status, headers, Body::empty()).into_response(),
    }
}
