//! Follow-ups that wait for the owner's word, the word, and what goes out without one.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::Response,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::RelationshipKind,
    error::Error,
    follow_up::{
        Edited, FollowUp, Kind,
        settings::{FollowUpSettings, SavedFollowUpSettings},
    },
    http::{Owner, json, shown},
    proposal::Rewritten,
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
    /// What it would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<Letter>,
}

#[derive(Serialize, JsonSchema)]
pub struct Letter {
    to: String,
    subject: String,
    text: String,
    /// What `edited` would replace, if it may be written anew: the text without what stands below every mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
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
    /// In place of what it would say.
    #[serde(default)]
    edited: Option<Edited>,
    /// What is like this goes out by itself from now on.
    #[serde(default)]
    always: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anew {
    /// The one that was read with it.
    #[schemars(length(max = 64))]
    fingerprint: String,
    proposal: Rewritten,
}

/// What was decided.
#[derive(Serialize, JsonSchema)]
pub struct Decided {
    #[serde(flatten)]
    follow_up: FollowUp,
    /// What is like this was approved as it was several times in a row: it could go out by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Suggestion>,
}

#[derive(Serialize, JsonSchema)]
pub struct Suggestion {
    always: Kind,
    to: RelationshipKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Reject,
}

pub async fn waiting(_: Owner, Extract(state): Extract<State>) -> Result<Json<FollowUps>, Error> {
    let store = state.twin.store();
    let (waiting, now) = (store.awaiting().await?, Timestamp::now());
    let mut people: Vec<_> = waiting.iter().map(|one| one.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    let mut follow_ups = Vec::with_capacity(waiting.len());
    for follow_up in waiting {
        let name = contacts.get(&follow_up.person).and_then(|contact| contact.name.clone());
        follow_ups.push(Waiting::of(&state, follow_up, name, now).await?);
    }
    Ok(Json(FollowUps { follow_ups }))
}

impl Waiting {
    async fn of(
        state: &State,
        follow_up: FollowUp,
        name: Option<String>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let letter = state.twin.preview(&follow_up, &state.public_base_url, now).await?;
        let letter = letter.map(|it| Letter { to: it.to, subject: it.subject, text: it.text, body: it.body });
        Ok(Self { name, fingerprint: follow_up.fingerprint(), letter, follow_up })
    }
}

/// What a proposal says from now on. 404 if it is none; 409 if it does not wait any more, or is not what the fingerprint was
/// taken of.
pub async fn rewrite(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<Json<Waiting>, Error> {
    let Anew { fingerprint, proposal } = json(request).await?;
    let (id, now) = (of.id("follow_up")?, Timestamp::now());
    let waiting = state.twin.rewrite((&of.person, &id), &fingerprint, proposal, now).await?;
    let contact = state.twin.store().contact(&of.person).await?;
    Ok(Json(Waiting::of(&state, waiting, contact.and_then(|contact| contact.name), now).await?))
}

/// The document of a proposal, as it is attached. 404 if a follow-up has none.
pub async fn document(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Response, Error> {
    let document = state.twin.document(&of.person, &of.id("follow_up")?).await?;
    Ok(shown(document))
}

/// What was decided. 409 if it does not wait any more, or is not what the fingerprint was taken of.
pub async fn decide(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<Json<Decided>, Error> {
    let Given { decision, fingerprint, note, edited, always } = json(request).await?;
    let decision = match (decision, note) {
        (Word::Approve, note) => Decision::Approve { note, edited, always },
        (Word::Reject, None) => Decision::Reject,
        (Word::Reject, Some(_)) => {
            return Err(Error::Invalid("what is rejected takes no note".to_owned()));
        }
    };
    let id = of.id("follow_up")?;
    let decided = state.twin.decide(&of.person, &id, &fingerprint, decision, Timestamp::now()).await?;
    let suggestion = decided.suggests_always.map(|(always, to)| Suggestion { always, to });
    Ok(Json(Decided { follow_up: decided.follow_up, suggestion }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The version that was read; 0 if there was none.
    version: u64,
    settings: FollowUpSettings,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    #[serde(default)]
    #[schemars(length(max = 200))]
    why: String,
}

#[derive(Serialize, JsonSchema)]
pub struct Redriven {
    /// How many follow-ups that were given up are tried again.
    redriven: usize,
    /// How many jobs that died are tried again.
    jobs: usize,
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

/// From the next effect on nothing is sent. Again, it changes nothing.
pub async fn stop(
    _: Owner,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Json<SavedFollowUpSettings>, Error> {
    let Why { why } = json(request).await?;
    Ok(Json(state.twin.stop_everything(&why, Timestamp::now()).await?))
}

pub async fn go_on(_: Owner, Extract(state): Extract<State>) -> Result<Json<SavedFollowUpSettings>, Error> {
    Ok(Json(state.twin.go_on(Timestamp::now()).await?))
}

pub async fn redrive(_: Owner, Extract(state): Extract<State>) -> Result<Json<Redriven>, Error> {
    let (redriven, jobs) = state.twin.redrive(state.dead_jobs.as_deref(), Timestamp::now()).await?;
    Ok(Json(Redriven { redriven, jobs }))
}
