//! The owner's persona: read, replaced, and shown as a model is told it.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    brain::{PASSAGES, told},
    error::Error,
    http::{Owner, json, query},
    id::PersonId,
    identity::{Assurance, Phone},
    interaction::Channel,
    persona::{Persona, Versioned},
    policy::Standing,
    routing::RouteKind,
};

use crate::State;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {
    channel: Option<Channel>,
    /// Shows what a model would be told of this person, or of somebody unknown: `preview=` or `preview=per_…`.
    preview: Option<String>,
    /// The number that they would call from; without one, that of their contact.
    from: Option<String>,
    /// What they would say: with what is looked up for it.
    said: Option<String>,
    #[schemars(range(min = 0, max = 3))]
    level: Option<u8>,
    #[serde(default)]
    route: RouteKind,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Shown {
    Persona(Box<Versioned>),
    Preview(Preview),
}

/// Exactly what a model would be told as a conversation begins; in the chat, where a model is told anew with each message,
/// at the message in `said`.
#[derive(Serialize, JsonSchema)]
pub struct Preview {
    channel: Channel,
    level: Assurance,
    instructions: String,
    greeting: String,
}

pub async fn read(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(HeaderMap, Json<Shown>), Error> {
    let look: Look = query(&request.into_parts().0)?;
    let level = look.level.unwrap_or_default();
    let level = Assurance::try_from(level).map_err(|error| Error::Invalid(error.to_string()))?;
    let saved = state.twin.store().persona().await?.ok_or(Error::NotFound)?;
    let headers = version(saved.version);
    let Some(person) = &look.preview else { return Ok((headers, Json(Shown::Persona(Box::new(saved))))) };
    let known = match person.as_str() {
        "" => None,
        id => {
            let id: PersonId = id.parse().map_err(|_| Error::NotFound)?;
            Some(state.twin.store().known(&id).await?.ok_or(Error::NotFound)?)
        }
    };
    let (channel, now) = (look.channel.unwrap_or(Channel::Chat), Timestamp::now());
    let from = look.from.as_deref().map(Phone::parse).transpose();
    let from = from.map_err(|error| Error::Invalid(format!("from: {error}")))?;
    let (place, whom) = ((channel, look.route), (known.as_ref(), level));
    let briefing = state.twin.would_be_told(&saved.persona, place, whom, from, now).await?;
    let mut instructions = briefing.instructions;
    if channel == Channel::Chat {
        let twin = &state.twin;
        let said = look.said.as_deref().unwrap_or_default();
        if let Some(known) = known.as_ref().filter(|_| !said.is_empty()) {
            let who = (&known.contact.id, Standing::new(channel, level));
            instructions.push_str(&twin.reminded(who, said, now).await);
        }
        let found = match said {
            "" => Vec::new(),
            said => {
                let intent = twin.determine_intent(said, now).await?.intent;
                twin.supported(said, intent, PASSAGES, now).await?
            }
        };
        instructions = told(&instructions, &found, false);
    }
    let preview = Preview { channel, level, instructions, greeting: briefing.greeting };
    Ok((headers, Json(Shown::Preview(preview))))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The version that was read.
    version: u64,
    persona: Persona,
}

/// 409 if somebody else saved another version meanwhile, 422 with the field if it is not valid.
pub async fn replace(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(HeaderMap, Json<Versioned>), Error> {
    let given: Replacement = json(request).await?;
    let saved = state.twin.replace_persona(&given.persona, given.version, Timestamp::now()).await?;
    Ok((version(saved.version), Json(saved)))
}

#[derive(Serialize, JsonSchema)]
pub struct History {
    versions: Vec<Versioned>,
}

pub async fn history(_: Owner, Extract(state): Extract<State>) -> Result<Json<History>, Error> {
    Ok(Json(History { versions: state.twin.store().persona_history().await? }))
}

fn version(version: u64) -> HeaderMap {
    let tag = HeaderValue::try_from(format!("\"{version}\"")).ok();
    tag.map(|tag| (header::ETAG, tag)).into_iter().collect()
}
