//! The owner's dashboard: a page a view. What it shows, its scripts read from the JSON API under the owner's session.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State as Extract, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::header;
use twin::{config::Settings, error::Error};

use crate::{
    State, assets,
    failure::{Failure, SignedIn},
    page::{Frame, html},
    sign_in::Entrance,
};

pub const PATH: &str = "/dashboard";

/// Our own scripts, which talk to nobody but us; pictures that a chart is saved as are `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A part of the system, for the page that says how it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    pub standing: Standing,
    pub detail: String,
}

pub type Parts = Arc<[Part]>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Configured,
    Simulated,
    Missing,
}

/// How a deployed system is set up, by its settings.
pub fn deployed_parts(settings: &Settings<'_>) -> Parts {
    let part = |name, is: Option<String>, without: &str| match is {
        Some(detail) => Part { name, standing: Standing::Configured, detail },
        None => Part { name, standing: Standing::Missing, detail: without.to_owned() },
    };
    let relay = settings.optional("RELAY_BASE_URL").filter(|url| !url.ends_with(".invalid"));
    let sign_in = match Entrance::deployed(settings) {
        Entrance::Missing => None,
        _ => settings.optional("OIDC_ISSUER"),
    };
    let without_sign_in =
        "no sign-in for the owner's browser: SignInPrefix, or OidcIssuer and OidcOwnerEmail";
    Arc::new([
        part("OpenAI", settings.optional("CALLS_ORIGIN"), "no key: the twin cannot talk or write"),
        part("Mail", settings.optional("MAIL_FROM"), "no address to send from: nothing is mailed"),
        part("Sign-in", sign_in, without_sign_in),
        part("Address", settings.optional("PUBLIC_BASE_URL"), "PUBLIC_BASE_URL is not set"),
        part("Phone", settings.optional("TWILIO_PHONE_NUMBER"), "no number: nobody can call"),
        part("Media relay", relay, "no relay: callers are asked for a message"),
        part("Recordings", settings.optional("RECORDINGS_BUCKET"), "no bucket: nothing is recorded"),
    ])
}

impl Standing {
    fn words(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::Simulated => "simulated",
            Self::Missing => "not set up",
        }
    }

    /// The look of its badge.
    fn mood(self) -> &'static str {
        match self {
            Self::Configured => "good",
            Self::Simulated => "waiting",
            Self::Missing => "bad",
        }
    }
}

#[derive(Debug)]
pub struct View {
    /// As in the address, and for the script.
    pub name: &'static str,
    pub title: &'static str,
    text: &'static str,
}

pub const VIEWS: [View; 11] = [
    View { name: "today", title: "Today", text: "What needs you, and what goes on." },
    View { name: "people", title: "People", text: "Everybody who has been in touch or is written down." },
    View { name: "tasks", title: "Tasks", text: "What you mean to do, the most pressing first." },
    View {
        name: "opportunities",
        title: "Opportunities",
        text: "Roles and projects that conversations brought up, by stage.",
    },
    View { name: "follow-ups", title: "Follow-ups", text: "What the twin wants to send in your name." },
    View { name: "calendar", title: "Calendar", text: "Who comes when, and when you may be met." },
    View {
        name: "knowledge",
        title: "Knowledge",
        text: "What it could not answer, and what it knows from where.",
    },
    View { name: "persona", title: "Persona", text: "Who the twin speaks for, and how." },
    View {
        name: "analytics",
        title: "Analytics",
        text: "What it brings and costs. Each figure says what it is, of how many, and how sure.",
    },
    View { name: "settings", title: "Settings", text: "Your phone, and what goes out in your name." },
    View {
        name: "health",
        title: "Health",
        text: "What is configured, what went wrong, and what today came to.",
    },
];

impl View {
    pub fn href(&self) -> String {
        if self.name == VIEWS[0].name { PATH.to_owned() } else { format!("{PATH}/{}", self.name) }
    }
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    frame: Frame,
    view: &'static View,
    parts: Parts,
    call: Option<String>,
}

pub async fn today(_: SignedIn, Extract(state): Extract<State>) -> Result<Response, Failure> {
    page(&state, &VIEWS[0]).await
}

pub async fn view(
    _: SignedIn,
    Extract(state): Extract<State>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let name = name.map_err(|_| Error::NotFound)?;
    let view = VIEWS.iter().find(|view| view.name == *name).ok_or(Error::NotFound)?;
    page(&state, view).await
}

async fn page(state: &State, view: &'static View) -> Result<Response, Failure> {
    let persona = state.store.persona().await?;
    shown(Frame::new(persona.as_ref(), true).at(view.name), view, state.parts.clone(), state.call.clone())
}

fn shown(frame: Frame, view: &'static View, parts: Parts, call: Option<String>) -> Result<Response, Failure> {
    let page = html(&Dashboard { frame, view, parts, call })?;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(view: &'static View) -> String {
        let part = Part { name: "Twilio", standing: Standing::Simulated, detail: "<b>none</b>".to_owned() };
        let call = Some("cargo run -- --data <mine> call".to_owned());
        let page = shown(Frame::new(None, true).at(view.name), view, Arc::new([part]), call).unwrap();
        let body = page.into_body();
        String::from_utf8(axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    /// The page's policy would refuse it.
    #[tokio::test]
    async fn no_view_has_a_script_or_style_within() {
        for view in &VIEWS {
            let page = text(view).await;
            assert!(page.contains(&format!("data-view=\"{}\"", view.name)), "{page}");
            assert!(page.contains("data-call=\"cargo run -- --data ") && !page.contains("<mine>"), "{page}");
            assert_eq!(page.matches("aria-current=\"page\"").count(), 1, "{page}");
            for part in page.split("<script").skip(1) {
                assert!(part.trim_start().starts_with("type=\"module\" src=\"/assets/"), "{part}");
            }
            for refused in [" style=", "<style", " onclick=", "javascript:", "<b>none"] {
                assert!(!page.contains(refused), "{refused} in {page}");
            }
        }
        assert!(text(VIEWS.last().unwrap()).await.contains("simulated"));
    }

    #[test]
    fn only_its_own_scripts_run_and_nobody_frames_it() {
        assert!(POLICY.contains("script-src 'self';") && POLICY.contains("frame-ancestors 'none'"));
        assert!(!POLICY.contains("unsafe"));
    }
}
