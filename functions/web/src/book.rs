//! Where a time is booked, and where a guest's link leads. The pages are empty: their script asks the calendar's API,
//! so that looking at a link, as scanners of mail do, changes nothing.

use askama::Template;
use axum::{
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use twin::http::offered;

use crate::{
    State,
    failure::Failure,
    home::nobody,
    page::{Frame, Line, SCRIPTED, html},
};

pub const PATH: &str = "/book";
pub const LINK: &str = "/book/{link}";

#[derive(Template)]
#[template(path = "book.html")]
struct BookPage {
    frame: Frame,
    line: Option<Line>,
    /// Whether there are hours in which the owner may be met.
    open: bool,
}

#[derive(Template)]
#[template(path = "booked.html")]
struct BookedPage {
    frame: Frame,
}

/// The browser gets the cookie under which it books, so that what it sends twice is one booking.
pub async fn page(Extract(state): Extract<State>, headers: HeaderMap) -> Result<Response, Failure> {
    let Some(persona) = state.store.persona().await? else { return nobody() };
    let open = state.store.calendar_settings().await?.settings.is_open();
    let page = BookPage { frame: Frame::new(Some(&persona), false), line: Line::of(&state), open };
    let mut response = ([(header::CONTENT_SECURITY_POLICY, SCRIPTED)], html(&page)?).into_response();
    if let Some(cookie) = offered(&headers, &state.public_base_url) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The same page for whatever link it is: it tells nothing about the secret.
pub async fn booked(Extract(state): Extract<State>) -> Result<Response, Failure> {
    let persona = state.store.persona().await?;
    let page = BookedPage { frame: Frame::new(persona.as_ref(), false) };
    let mut response = ([(header::CONTENT_SECURITY_POLICY, SCRIPTED)], html(&page)?).into_response();
    response.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages' policy would refuse it.
    #[test]
    fn have_no_script_or_style_within() {
        let pages = [
            BookPage { frame: Frame::default(), line: None, open: true }.render().unwrap(),
            BookedPage { frame: Frame::default() }.render().unwrap(),
        ];
        for page in pages {
            for part in page.split("<script").skip(1) {
                assert!(part.trim_start().starts_with("type=\"module\" src="), "{part}");
            }
            for refused in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
                assert!(!page.contains(refused), "{refused}");
            }
        }
    }
    /// Also to whoever has no scripts.
    #[test]
    fn a_calendar_that_is_closed_promises_no_times() {
        let line = || Some(Line { number: "+14155550100".to_owned(), written: "+1 415 555 0100".to_owned() });
        let page = |open| BookPage { frame: Frame::default(), line: line(), open }.render().unwrap();
        let (open, closed) = (page(true), page(false));
        assert!(open.contains("books a time with you") && open.contains("<script"), "{open}");
        assert!(closed.contains("No times can be booked at present"), "{closed}");
        for promised in ["books a time", "Choose a free time", "<script", "<form"] {
            assert!(!closed.contains(promised), "{promised} in {closed}");
        }
    }
}
