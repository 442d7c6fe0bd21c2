//! The mission's Omni-Channel Service over HTTP, for the owner: one request, four actions, named as there.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::{
    context::{UnifiedContext, reported::Reported},
    error::Error,
    http::{Owner, json},
    id::InteractionId,
    interaction::Channel,
    twin::{Handed, InteractionData, PersonaForChannel, UserContext},
};

use crate::{State, person_id};

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ContextAction")]
pub enum Action {
    UnifyConversationContext {
        channel_type: Channel,
        #[serde(default)]
        session_data: Value,
        user_identifier: String,
    },
    GetPersonaForChannel {
        channel: Channel,
        #[serde(default)]
        user_context: UserContext,
    },
    TrackInteraction {
        context: Of,
        interaction: InteractionData,
    },
    GetChannelHandoff {
        from_channel: Channel,
        to_channel: Channel,
        context: Of,
    },
}

/// Of a unified context, whose it is and which version was read; the rest may come along.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OfContext")]
pub struct Of {
    user_id: String,
    version: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Done {
    Unified(Box<UnifiedContext>),
    Persona(Box<PersonaForChannel>),
    Tracked(Tracked),
    Handed(Box<Handed>),
}

#[derive(Serialize, JsonSchema)]
pub struct Tracked {
    interaction: InteractionId,
}

pub async fn unify(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Done>, Error> {
    let (twin, now) = (&state.twin, Timestamp::now());
    let done = match json(request).await? {
        Action::UnifyConversationContext { channel_type, session_data, user_identifier } => {
            let reported = Reported::read(channel_type, session_data).map_err(Error::Invalid)?;
            let context = twin.unify_conversation_context(reported, &user_identifier, now).await?;
            Done::Unified(Box::new(context))
        }
        Action::GetPersonaForChannel { channel, user_context } => {
            Done::Persona(Box::new(twin.get_persona_for_channel(channel, &user_context, now).await?))
        }
        Action::TrackInteraction { context, interaction } => {
            let person = person_id(&context.user_id)?;
            let interaction = twin.track_interaction(&person, context.version, &interaction, now).await?;
            Done::Tracked(Tracked { interaction })
        }
        Action::GetChannelHandoff { from_channel, to_channel, context } => {
            let person = person_id(&context.user_id)?;
            Done::Handed(Box::new(twin.get_channel_handoff(from_channel, to_channel, &person, now).await?))
        }
    };
    Ok(Json(done))
}
