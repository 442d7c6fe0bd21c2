//! What leads to somebody: addresses, numbers, profiles and accounts, with the grounds. The owner unties what is not theirs.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::Contact,
    error::Error,
    http::{Owner, query},
    identity::{Assurance, EvidenceSource, Identity},
};

use crate::{State, given::Of};

#[derive(Serialize, JsonSchema)]
pub struct Keys {
    keys: Vec<Key>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Key {
    /// `phone`, `email`, `linkedin`, `oidc`, …
    kind: String,
    /// Normalised: as it is named to untie it.
    value: String,
    /// More than somebody's word ties it to them: what is sent there reaches them.
    is_tied: bool,
    /// It was proved; a number, not so long ago that somebody else may have it by now.
    is_verified: bool,
    /// The latest of each source.
    evidence: Vec<Grounds>,
}

#[derive(Serialize, JsonSchema)]
struct Grounds {
    source: EvidenceSource,
    strength: Assurance,
    at: Timestamp,
    /// The conversation that it came up in.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction: Option<String>,
}

impl Key {
    fn of(identity: Identity, now: Timestamp) -> Self {
        Self {
            kind: identity.key.kind().to_owned(),
            value: identity.key.value().into_owned(),
            is_tied: identity.is_tied() && !identity.rested_until(now),
            is_verified: identity.is_verified(now),
            evidence: identity
                .evidence
                .into_iter()
                .map(|one| Grounds {
                    source: one.source,
                    strength: one.strength,
                    at: one.at,
                    interaction: one.interaction,
                })
                .collect(),
        }
    }
}

pub async fn list(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Keys>, Error> {
    let now = Timestamp::now();
    let keys = state.twin.keys_of(&of.person).await?;
    Ok(Json(Keys { keys: keys.into_iter().map(|identity| Key::of(identity, now)).collect() }))
}

/// Not in the path: an account's has slashes, which API Gateway decodes before it is routed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// As the list has it.
    #[schemars(length(min = 1, max = 500))]
    value: String,
}

/// Whoever gets in touch by it next is somebody else. What stands in the contact goes with it.
pub async fn untie(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<Json<Contact>, Error> {
    let Named { value } = query(&request.into_parts().0)?;
    Ok(Json(state.twin.untie(&of.person, of.text("kind")?, &value, Timestamp::now()).await?))
}
