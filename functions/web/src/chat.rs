//! Where a conversation goes on that began on the phone: a mailed link opens it once, for its person.

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State as Extract},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;
use twin::error::Error;

use crate::{
    State,
    failure::{Failure, Link},
    page::{Confirm, Frame, Line, html, posted},
    view::conversation::{Noted, Said, said, told},
};

pub const PATH: &str = "/chat";

#[derive(Deserialize)]
struct Fields {
    session: String,
}

#[derive(Template)]
#[template(path = "handoff.html")]
struct HandoffPage {
    frame: Frame,
    line: Option<Line>,
    when: String,
    actions: Vec<Noted>,
    turns: Vec<Said>,
}

/// Uses nothing up and tells nothing about the secret.
pub async fn ask(Extract(state): Extract<State>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let fields: Option<Fields> = query.and_then(|query| serde_urlencoded::from_str(&query).ok());
    let fields = fields.ok_or_else(|| Link::Handoff.failure(Error::NotFound))?;
    let frame = Frame::new(state.store.persona().await?.as_ref(), false);
    Confirm {
        title: format!("Continue your conversation with {}’s AI assistant", frame.owner_name()),
        frame,
        text: "See what was said on the phone and what was noted, and how to go on from there.".to_owned(),
        path: PATH,
        field: "session",
        secret: fields.session,
        button: "Open the conversation",
        note: "For your privacy it opens once: keep the page open, or print it.",
    }
    .response()
}

pub async fn redeem(Extract(state): Extract<State>, request: Request) -> Result<Response, Failure> {
    let fields: Fields = posted(request, &state.public_base_url).await?;
    // Read before the link is used up, so that a failure here costs nothing.
    let persona = state.store.persona().await?;
    let now = Timestamp::now();
    let redeemed = state.store.redeem_handoff(&fields.session, now).await;
    let handoff = redeemed.map_err(|error| Link::Handoff.failure(error))?;
    let found = state.store.conversation(&handoff.person, &handoff.from).await?;
    let conversation = found.ok_or_else(|| Link::Handoff.failure(Error::NotFound))?;
    let page = HandoffPage {
        frame: Frame::new(persona.as_ref(), false),
        line: Line::of(&state),
        when: conversation.interaction.started_at.strftime("%-d %B %Y").to_string(),
        actions: told(conversation.actions),
        turns: said(conversation.turns, "You"),
    };
    Ok(html(&page)?.into_response())
}
