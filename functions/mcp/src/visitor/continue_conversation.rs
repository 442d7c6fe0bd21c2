//! Goes on with a conversation that began elsewhere, by the link or the code of its handoff.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{
    error::Error,
    handoff::hash,
    interaction::{Channel, Speaker},
    policy::Standing,
    store::{Limit, Stands, oauth::Scope},
    twin::begin_handed_over_under,
};

use crate::{
    call::{Call, Once, used_before},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "continue_conversation",
    title: "Continue a conversation",
    description: "Go on with a conversation that began on the phone, in the web chat or in another host: redeem the \
                  link or code that the person was given. It works once.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            redeem(call, given).await
        })
    },
};

/// Whoever guesses gets nowhere.
const TRIES: Limit =
    Limit { name: "mcp-redeem-minute", most: 30, window: jiff::SignedDuration::from_mins(1) };

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The link, the code in it, or the nine digits that the person was told.
    code: String,
    /// The same key again is the same call: the code is used up once, and the answer is the same.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Output {
    /// What was said last, the oldest first.
    turns: Vec<Said>,
    /// What was noted for the professional.
    noted: Vec<String>,
    /// What the person said of themselves.
    facts: Vec<String>,
    /// What is left to do from it.
    open: Vec<String>,
    /// What the person came for, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    wish: Option<String>,
    /// Pass it with the next call.
    conversation: String,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    channel: &'static str,
    speaker: &'static str,
    text: String,
}

async fn redeem(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let code = given.code.trim();
    let secret = code.split_once("session=").map_or(code, |(_, secret)| secret);
    let twin = &call.state.twin;
    call.take(&TRIES, &call.address).await?;
    let named = json!([secret]);
    let once = match Once::of(given.idempotency_key.as_deref(), "continue_conversation", &named) {
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
    let conversation = handle.reveal().to_owned();
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
    }))
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "chat",
        Channel::Voice => "voice",
        Channel::Phone => "phone",
    }
}
