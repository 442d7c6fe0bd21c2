//! The Conversation Flow Manager over HTTP, for the owner.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use twin::{
    brain::UserIntent,
    error::Error,
    http::{Owner, json},
    id::{InteractionId, PersonId},
    interaction::Channel,
    twin::{FollowUpPlan, Response},
};

use crate::State;

/// Bytes of one message.
const MAX_MESSAGE: usize = 4000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    #[schemars(length(min = 1, max = 4000))]
    message: String,
}

pub async fn intent(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<UserIntent>, Error> {
    let said: Said = json(request).await?;
    Ok(Json(state.twin.determine_intent(message(&said.message)?, Timestamp::now()).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    #[schemars(length(min = 1, max = 4000))]
    message: String,
    channel: Channel,
}

pub async fn response(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<Response>, Error> {
    let asked: Asked = json(request).await?;
    let said = message(&asked.message)?;
    Ok(Json(state.twin.generate_response(said, asked.channel, Timestamp::now()).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// `per_…`
    person: String,
    /// `int_…`
    interaction: String,
}

pub async fn follow_up(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<FollowUpPlan>, Error> {
    let held: Held = json(request).await?;
    let person: PersonId = held.person.parse().map_err(|_| Error::NotFound)?;
    let interaction: InteractionId = held.interaction.parse().map_err(|_| Error::NotFound)?;
    Ok(Json(state.twin.plan_follow_up(&person, &interaction, Timestamp::now()).await?))
}

fn message(text: &str) -> Result<&str, Error> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_MESSAGE {
        return Err(Error::Invalid(format!("a message has 1 to {MAX_MESSAGE} bytes")));
    }
    Ok(text)
}
