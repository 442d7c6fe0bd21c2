//! Goes on with a conversation that began elsewhere, by the link or the code of its handoff.

use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;
use serde_json::json;
use twin::{
    error::Error,
    handoff::hash,
    interaction::{Channel, Speaker},
    policy::Standing,
    store::{Limit, Stands},
    twin::begin_handed_over_under,
};

use super::Output;
use crate::{
    call::{Call, Once, used_before},
    tool::Answer,
};

/// Whoever guesses gets nowhere.
const TRIES: Limit =
    Limit { name: "mcp-redeem-minute", most: 30, window: jiff::SignedDuration::from_mins(1) };

#[derive(Serialize, JsonSchema)]
pub(super) struct Said {
    channel: &'static str,
    speaker: &'static str,
    text: String,
}

pub(super) async fn redeemed(call: &Call, code: &str, key: Option<&str>) -> Result<Answer, Error> {
    let code = code.trim();
    let secret = code.split_once("session=").map_or(code, |(_, secret)| secret);
    let twin = &call.state.twin;
    call.take(&TRIES, &call.address).await?;
    let named = json!([secret]);
    let once = match Once::of(key, "continue_conversation", &named) {
        Ok(once) => once,
        Err(wrong) => return Ok(wrong),
    };
    let handle = match call.handle(once.as_ref()) {
        Ok(handle) => handle,
        Err(wrong) => return Ok(wrong),
    };
    // A chat under the key: the answer was lost, and the conversation goes on as it was begun, for who still has the code.
    let begun = match twin.chat(handle.reveal(), call.now).await? {
        // The chat is kept for longer than what its key stands for.
        Some(begun) if begun.chat.begun_by.as_ref().is_some_and(|code| *code != hash(secret)) => {
            return Ok(used_before());
        }
        Some(begun) => Ok(begun),
        None => {
            begin_handed_over_under(twin.store(), &handle, secret, Some(call.host.clone()), call.now).await
        }
    };
    let chatting = match begun {
        Ok(begun) => begun,
        Err(Error::NotFound) => {
            let detail = "the code is unknown, was used, or has expired";
            return Ok(Answer::Refused(json!({ "error": "not_found", "detail": detail })));
        }
        Err(error) => return Err(error),
    };
    let chat = &chatting.chat;
    if let Some(once) = &once
        && call.stands(&chat.person, once).await? == Stands::ForSomethingElse
    {
        return Ok(used_before());
    }
    let carried = match &chat.continues {
        Some(continues) => {
            twin.carried(&chat.person, continues, Standing::new(Channel::Chat, chat.level)).await?
        }
        None => None,
    };
    let conversation = Some(handle.reveal().to_owned());
    let Some(carried) = carried else {
        return Ok(Answer::done(Output { conversation, ..Output::default() }));
    };
    let channel = name(carried.channel);
    let turns = carried.turns.into_iter().map(|turn| {
        let speaker = if turn.speaker == Speaker::Person { "person" } else { "twin" };
        Said { channel, speaker, text: turn.text }
    });
    Ok(Answer::done(Output {
        turns: turns.collect(),
        noted: carried.noted,
        facts: carried.facts,
        open: carried.open,
        wish: carried.wish,
        conversation,
        ..Output::default()
    }))
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "chat",
        Channel::Voice => "voice",
        Channel::Phone => "phone",
    }
}
