//! What was said with somebody, conversation by conversation, and what followed.

use std::collections::HashSet;

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    follow_up::FollowUp,
    http::{Owner, query},
    id::{CallSid, InteractionId, PersonId},
    interaction::Interaction,
    store::Conversation,
};

use crate::{State, person_id};

const DEFAULT_PAGE: usize = 20;
const MAX_PAGE: usize = 100;
/// A page ends with the conversation that brings it to so many bytes of text: a function answers with 6 MB at most.
const MAX_TEXT: usize = 2 * 1024 * 1024;
/// What stands around the text of a turn.
const AROUND: usize = 200;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Query {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<InteractionId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    person: PersonId,
    /// The oldest first.
    conversations: Vec<Conversation>,
    /// What followed from these; on the last page, also what followed from none that is kept.
    follow_ups: Vec<FollowUp>,
    /// Conversations on all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<InteractionId>,
}

pub async fn read(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Timeline>, Error> {
    let person = person_id(&id)?;
    let asked: Query = query(&request.into_parts().0)?;
    let limit = asked.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("limit is 1 to {MAX_PAGE}")));
    }
    let store = state.twin.store();
    store.known(&person).await?.ok_or(Error::NotFound)?;
    let all = store.interactions(&person).await?;
    let rest = after(&all, asked.after.as_ref());
    let (mut conversations, mut text, mut next) = (Vec::new(), 0, None);
    for (place, interaction) in rest.iter().enumerate() {
        let found = store.conversation(&person, &interaction.id).await?;
        text +=
            found.iter().flat_map(|found| &found.turns).map(|turn| turn.text.len() + AROUND).sum::<usize>();
        conversations.extend(found);
        let is_full = place + 1 == limit || text >= MAX_TEXT;
        if is_full && place + 1 < rest.len() {
            next = Some(interaction.id.clone());
            break;
        }
    }
    let mut follow_ups = store.follow_ups(&person).await?;
    let shown: HashSet<&InteractionId> = conversations.iter().map(|shown| &shown.interaction.id).collect();
    let kept: HashSet<&InteractionId> = all.iter().map(|interaction| &interaction.id).collect();
    follow_ups.retain(|one| {
        shown.contains(&one.interaction) || (next.is_none() && !kept.contains(&one.interaction))
    });
    Ok(Json(Timeline { person, conversations, follow_ups, total: all.len(), next }))
}

/// Those that come later; ids sort by time, so it does not matter whether that one is still kept.
fn after<'a>(all: &'a [Interaction], id: Option<&InteractionId>) -> &'a [Interaction] {
    let begins = id.map_or(0, |id| all.partition_point(|one| one.id.as_str() <= id.as_str()));
    &all[begins..]
}

/// What became of one call.
pub async fn call(
    _: Owner,
    Extract(state): Extract<State>,
    Path(sid): Path<String>,
) -> Result<Json<Conversation>, Error> {
    let sid: CallSid = sid.parse().map_err(|_| Error::NotFound)?;
    let call = state.twin.store().call(&sid).await?.ok_or(Error::NotFound)?;
    let conversation = state.twin.store().conversation(&call.person, &call.interaction).await?;
    conversation.map(Json).ok_or(Error::NotFound)
}
