//! Who this is and how to reach it: for everybody.

use askama::Template;
use axum::{
    Json,
    extract::State as Extract,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use twin::{
    knowledge::{document::SourceKind, manifest::Entry},
    persona::Persona,
    resume::{PATH, is_drawable},
    store::{Store, StoreError},
};

use crate::{
    State,
    failure::Failure,
    page::{Frame, Line, html},
    routes,
    view::initials,
};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process answers. It asks nobody else, so that it answers at once.
pub async fn health() -> impl IntoResponse {
    Json(Health { status: "ok" })
}

/// What programs may look at that read pages for others: those that are for everybody, and what they are drawn with. Behind the
/// rest is somebody's link, the owner, or a model that is paid for.
const FOR_ROBOTS: &str = "User-agent: *\nAllow: /$\nAllow: /assets/\nAllow: /book$\nAllow: /chat$\nAllow: /voice$\n\
                          Disallow: /\n";

pub async fn robots() -> impl IntoResponse {
    FOR_ROBOTS
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    persona: Option<Persona>,
    initials: String,
    line: Option<Line>,
    /// What there is to be reached by, beside writing.
    voice: bool,
    book: bool,
    resume: Option<&'static str>,
}

impl Home {
    fn new(frame: Frame, persona: Option<Persona>, line: Option<Line>) -> Self {
        let initials = persona.as_ref().map(|persona| initials(&persona.core.name)).unwrap_or_default();
        let has = |path: &str| routes().iter().any(|route| route.path == path);
        Self { frame, persona, initials, line, voice: has("/voice"), book: has("/book"), resume: None }
    }
}

pub async fn home(Extract(state): Extract<State>) -> Result<impl IntoResponse, Failure> {
    let saved = state.store.persona().await?;
    let frame = Frame::new(saved.as_ref(), false);
    let has_resume = match &saved {
        Some(saved) => has_resume(&state.store, &saved.persona).await?,
        None => false,
    };
    let mut page = Home::new(frame, saved.map(|saved| saved.persona), Line::of(&state));
    page.voice &= state.calls_origin.is_some();
    page.book &= state.store.calendar_settings().await?.settings.is_open();
    page.resume = has_resume.then_some(PATH);
    html(&page)
}

/// Whether there is a file of the résumé: the newest one is neither kept back nor in letters that cannot be drawn.
async fn has_resume(store: &Store, persona: &Persona) -> Result<bool, StoreError> {
    if !persona.may_use(SourceKind::Resume) {
        return Ok(false);
    }
    let manifest = store.manifest().await?;
    let resumes = manifest.entries.iter().filter(|entry| entry.kind == SourceKind::Resume);
    let Some(Entry { hash, .. }) = resumes.max_by_key(|entry| (entry.date, &entry.hash)) else {
        return Ok(false);
    };
    let documents = store.documents(std::slice::from_ref(hash)).await?;
    Ok(documents.get(hash).is_some_and(|stored| is_drawable(stored, &persona.core.name)))
}

/// In place of a page on which one speaks with a twin: nobody has said whose it is.
pub fn nobody() -> Result<Response, Failure> {
    let page = html(&Home::new(Frame::new(None, false), None, None))?;
    Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(persona: Option<&str>, line: Option<Line>) -> String {
        let persona = persona.map(|text| serde_json::from_str(text).unwrap());
        Home::new(Frame::default(), persona, line).render().unwrap()
    }

    #[test]
    fn each_way_that_is_offered_is_there() {
        let sample = include_str!("../../../infra/local/demo/persona.json");
        let line = Line { number: "+14155550100".to_owned(), written: "+1 415 555 0100".to_owned() };
        let with = page(Some(sample), Some(line));
        assert!(with.contains("tel:+14155550100") && with.contains("You talk with an AI"), "{with}");
        assert!(!page(Some(sample), None).contains("tel:"));
        for path in ["/chat", "/voice", "/book"] {
            let is_route = routes().iter().any(|route| route.path == path);
            assert_eq!(with.contains(&format!("href=\"{path}\"")), is_route, "{path}");
        }
    }

    #[test]
    fn an_empty_house_says_so() {
        let empty = page(None, None);
        assert!(empty.contains("Nobody lives here yet") && empty.contains("omnitwin"), "{empty}");
    }
}
