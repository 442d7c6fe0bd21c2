//! What is around every page: its frame and its security headers.

use askama::Template;
use axum::{
    extract::Request,
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use twin::{error::Error, identity::Phone, persona::Versioned};

use crate::{
    State, assets,
    dashboard::{VIEWS, View},
    failure::Failure,
};

/// Of pages with a script: our own, which talks to nobody but us.
pub const SCRIPTED: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                            img-src 'self' data:; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// No script, nothing from elsewhere, no frame around a page, no address of a page told to anybody.
const GUARDS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Puts the headers on each response that a route did not set itself.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in GUARDS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What each page says about whose it is.
#[derive(Debug, Default)]
pub struct Frame {
    /// The professional's name.
    pub owner: Option<String>,
    pub sample: bool,
    /// The owner's own pages.
    pub private: bool,
    /// Of these, the view that this is.
    pub at: &'static str,
    /// Where else the owner can go.
    pub views: &'static [View],
    pub style: String,
}

impl Frame {
    pub fn new(persona: Option<&Versioned>, private: bool) -> Self {
        Self {
            owner: persona.map(|saved| saved.persona.core.name.clone()),
            sample: persona.is_some_and(|saved| saved.persona.sample),
            private,
            at: "",
            views: if private { &VIEWS } else { &[] },
            style: assets::stylesheet(),
        }
    }

    /// This as a view of the dashboard.
    #[must_use]
    pub fn at(self, at: &'static str) -> Self {
        Self { at, ..self }
    }

    /// The professional in a sentence.
    pub fn owner_name(&self) -> &str {
        self.owner.as_deref().unwrap_or("the owner")
    }
}

/// The twin's number, to dial and to read.
pub struct Line {
    pub number: String,
    pub written: String,
}

impl Line {
    pub fn of(state: &State) -> Option<Self> {
        let number = Some(&state.phone_number).filter(|number| !number.is_empty())?;
        let written = Phone::parse(number).map_or_else(|_| number.clone(), |phone| phone.written());
        Some(Self { number: number.clone(), written })
    }
}

/// A page with one button, so that only a person uses a link up.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct Confirm {
    pub frame: Frame,
    pub title: String,
    pub text: String,
    pub path: &'static str,
    pub field: &'static str,
    pub secret: String,
    pub button: &'static str,
    pub note: &'static str,
}

impl Confirm {
    /// With `no-referrer`, browsers would send the form's POST with `Origin: null`. This policy tells the
    /// origin and never the path, where the secret is.
    pub fn response(&self) -> Result<Response, Failure> {
        let page = html(self)?;
        Ok(([(header::REFERRER_POLICY, "strict-origin")], page).into_response())
    }
}

pub fn html(page: &impl Template) -> Result<Html<String>, Failure> {
    page.render().map(Html).map_err(|error| Error::Internal(Box::new(error)).into())
}
