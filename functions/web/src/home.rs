//! Who this is and how to reach it: for everybody.

use askama::Template;
use axum::{Json, extract::State as Extract, response::IntoResponse};
use serde::Serialize;
use twin::persona::Persona;

use crate::{
    State,
    failure::Failure,
    page::{Frame, Line, html},
};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process answers. It asks nobody else, so that it answers at once.
pub async fn health() -> impl IntoResponse {
    Json(Health { status: "ok" })
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    persona: Option<Persona>,
    initials: String,
    line: Option<Line>,
}

pub async fn home(Extract(state): Extract<State>) -> Result<impl IntoResponse, Failure> {
    let saved = state.store.persona().await?;
    let frame = Frame::new(saved.as_ref(), false);
    let persona = saved.map(|saved| saved.persona);
    html(&Home {
        frame,
        initials: persona
            .as_ref()
            .map(|persona| crate::view::initials(&persona.core.name))
            .unwrap_or_default(),
        line: Line::of(&state),
        persona,
    })
}
