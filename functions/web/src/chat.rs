//! The chat, and where a conversation goes on in it that began elsewhere: a mailed link opens it once, for its
//! person.

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::header;

use crate::{
    State,
    failure::Failure,
    handed,
    home::nobody,
    page::{Frame, Line, SCRIPTED, html},
    view::initials,
};

pub const PATH: &str = "/chat";

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage {
    frame: Frame,
    initials: String,
    line: Option<Line>,
    /// Whether one can talk in the browser.
    voice: bool,
}

/// The chat; or, with the secret of a link, the question whether to go on with its conversation.
pub async fn page(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let Some(persona) = state.store.persona().await? else { return nobody() };
    let frame = Frame::new(Some(&persona), false);
    match handed::secret(query.as_deref()) {
        Some(secret) => handed::confirm(frame, secret, PATH, "in writing"),
        None => chat(frame, Line::of(&state), state.calls_origin.is_some()),
    }
}

fn chat(frame: Frame, line: Option<Line>, voice: bool) -> Result<Response, Failure> {
    let initials = frame.owner.as_deref().map(initials).unwrap_or_default();
    let page = ChatPage { frame, initials, line, voice };
    Ok(([(header::CONTENT_SECURITY_POLICY, SCRIPTED)], html(&page)?).into_response())
}

/// Uses the link up.
pub async fn redeem(Extract(state): Extract<State>, request: Request) -> Result<Response, Failure> {
    handed::redeem(&state, request, PATH).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;

    async fn rendered(frame: Frame, line: Option<Line>) -> String {
        let body = chat(frame, line, true).unwrap().into_body();
        String::from_utf8(axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn says_that_it_is_an_ai_before_any_script_runs() {
        let owner = Some("Alex Sample".to_owned());
        let page = rendered(Frame { owner, sample: true, ..Frame::default() }, None).await;
        assert!(page.contains("You are talking to an AI assistant of Alex Sample"), "{page}");
        assert!(page.contains("This is sample data") && !page.contains("tel:"), "{page}");
    }

    /// The page's policy would refuse it.
    #[tokio::test]
    async fn has_no_script_or_style_within() {
        let line = Line { number: "+14155550100".to_owned(), written: "+1 415 555 0100".to_owned() };
        let page = rendered(Frame::default(), Some(line)).await;
        assert!(page.contains("tel:+14155550100"));
        for part in page.split("<script").skip(1) {
            assert!(
                part.contains("></script>") && part.trim_start().starts_with("type=\"module\" src="),
                "{part}"
            );
        }
        for refused in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(refused), "{refused}");
        }
    }

    #[tokio::test]
    async fn names_files_that_are_served() {
        let page = rendered(Frame::new(None, false), None).await;
        let named: Vec<&str> =
            page.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for wanted in ["style-", "chat-", "ask-", "stream-", "turns-", "ways-"] {
            assert!(named.iter().any(|file| file.starts_with(wanted)), "{wanted} in {named:?}");
        }
        for file in named {
            let answer = assets::asset(axum::extract::Path(file.to_owned())).await.unwrap();
            let kind = if file.rsplit('.').next() == Some("js") { "text/javascript" } else { "text/css" };
            assert!(answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind), "{file}");
        }
    }

    #[tokio::test]
    async fn only_its_own_script_runs_and_talks_to_nobody_else() {
        let answer = chat(Frame::default(), None, false).unwrap();
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
