//! The page on which one talks. It asks our server for a secret, and the model's side for the call.

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
    page::{Frame, Line, html},
    view::initials,
};

pub const PATH: &str = "/voice";

#[derive(Template)]
#[template(path = "voice.html")]
struct VoicePage {
    frame: Frame,
    initials: String,
    line: Option<Line>,
    /// Whether there is a model to talk with.
    available: bool,
}

/// The page; or, with the secret of a link, the question whether to go on with its conversation.
pub async fn page(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let Some(persona) = state.store.persona().await? else { return nobody() };
    let frame = Frame::new(Some(&persona), false);
    if let Some(secret) = handed::secret(query.as_deref()) {
        return handed::confirm(frame, secret, PATH, "by voice");
    }
    voice(frame, Line::of(&state), state.calls_origin.as_deref())
}

/// Uses the link up.
pub async fn redeem(Extract(state): Extract<State>, request: Request) -> Result<Response, Failure> {
    handed::redeem(&state, request, PATH).await
}

fn voice(frame: Frame, line: Option<Line>, calls_origin: Option<&str>) -> Result<Response, Failure> {
    let initials = frame.owner.as_deref().map(initials).unwrap_or_default();
    let page = VoicePage { frame, initials, line, available: calls_origin.is_some() };
    let headers = [
        (header::CONTENT_SECURITY_POLICY.as_str(), policy(calls_origin)),
        ("permissions-policy", "microphone=(self), camera=()".to_owned()),
    ];
    Ok((headers, html(&page)?).into_response())
}

/// Our own script, which talks to us and to the model.
fn policy(calls_origin: Option<&str>) -> String {
    let calls = calls_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{calls}; img-src 'self' data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rendered(calls_origin: Option<&str>) -> String {
        let owner = Some("Alex Sample".to_owned());
        let frame = Frame { owner, ..Frame::new(None, false) };
        let body = voice(frame, None, calls_origin).unwrap().into_body();
        String::from_utf8(axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn says_that_it_is_an_ai_and_has_no_script_or_style_within() {
        let page = rendered(Some("https://api.openai.com")).await;
        assert!(page.contains("You are talking to an AI assistant of Alex Sample"), "{page}");
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
    async fn without_a_model_nothing_pretends_that_one_could_talk() {
        let page = rendered(None).await;
        assert!(page.contains("Talking is not set up here") && page.contains("href=\"/chat\""), "{page}");
        assert!(!page.contains("<script") && !page.contains("Start talking"), "{page}");
    }

    #[test]
    fn talks_to_us_and_to_the_model_alone() {
        let policy = policy(Some("https://api.openai.com"));
        assert!(policy.contains("connect-src 'self' https://api.openai.com;"), "{policy}");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    }
}
