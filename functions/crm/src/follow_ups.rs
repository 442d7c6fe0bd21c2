//! Follow-ups that wait for the owner's word, the word, and what goes out without one.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    follow_up::{
        FollowUp,
        settings::{FollowUpSettings, SavedFollowUpSettings},
    },
    http::{Owner, json},
    twin::Decision,
};

use crate::{State, given::Of};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUps {
    /// The oldest first.
    follow_ups: Vec<Waiting>,
}

/// A follow-up, whom it is about, and what a word on it has to name.
#[derive(Serialize, JsonSchema)]
pub struct Waiting {
    #[serde(flatten)]
    follow_up: FollowUp,
    /// Of recipient and contents: a word is given for exactly these.
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    decision: Word,
    /// The one that was read with it.
    #[schemars(length(max = 64))]
    fingerprint: String,
    /// What the owner adds to a mail.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Reject,
}

pub async fn waiting(_: Owner, Extract(state): Extract<State>) -> Result<Json<FollowUps>, Error> {
    let store = state.twin.store();
    let waiting = store.awaiting().await?;
    let mut people: Vec<_> = waiting.iter().map(|one| one.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    let with_names = waiting.into_iter().map(|follow_up| Waiting {
        name: contacts.get(&follow_up.person).and_then(|contact| contact.name.clone()),
        fingerprint: follow_up.fingerprint(),
        follow_up,
    });
    Ok(Json(FollowUps { follow_ups: with_names.collect() }))
}

/// What was decided. 409 if it does not wait any more, or is not what the fingerprint was taken of.
pub async fn decide(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<Json<FollowUp>, Error> {
    let Given { decision, fingerprint, note } = json(request).await?;
    let decision = match (decision, note) {
        (Word::Approve, note) => Decision::Approve { note },
        (Word::Reject, None) => Decision::Reject,
        (Word::Reject, Some(_)) => {
            return Err(Error::Invalid("what is rejected takes no note".to_owned()));
        }
    };
    let id = of.id("follow_up")?;
    Ok(Json(state.twin.decide(&of.person, &id, &fingerprint, decision, Timestamp::now()).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The version that was read; 0 if there was none.
    version: u64,
    settings: FollowUpSettings,
}

pub async fn settings(
    _: Owner,
    Extract(state): Extract<State>,
) -> Result<Json<SavedFollowUpSettings>, Error> {
    Ok(Json(state.twin.store().follow_up_settings().await?))
}

/// 409 if somebody else saved another version meanwhile, 422 with the field if it is not valid.
pub async fn replace_settings(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<SavedFollowUpSettings>, Error> {
    let given: Replacement = json(request).await?;
    let saved = state.twin.replace_follow_up_settings(&given.settings, given.version, Timestamp::now());
    Ok(Json(saved.await?))
}
