//! Erases what is kept of the person.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{audit::Actor, error::Error, policy::Right, store::oauth::Scope};

use crate::{
    call::{Call, Caller, not_verified},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "forget_me",
    title: "Forget me",
    description: "Erase for good what the twin keeps of the person: contact, conversations, what is planned. Only when \
                  the person asks for it, and never to end a conversation. Needs confirm=true, which is their yes and \
                  not yours.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    reaches_out: false,
    scope: Scope::Memory,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            forget(call, given).await
        })
    },
};

/// Whoever sits at the host has no handle to tell.
const NAMELESS: &str =
    "name the `conversation` of an earlier result, or have the person sign in: nothing is kept of others";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `conversation` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// The person has said yes.
    #[serde(default)]
    #[schemars(with = "bool")]
    confirm: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    erased: bool,
}

async fn forget(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let (person, place) = match (&call.caller, given.conversation.as_deref()) {
        (Caller::Person(person), None) => (person.clone(), None),
        (_, Some(secret)) => match twin.chat(secret, call.now).await? {
            Some(chatting) => {
                if !twin.standing(&chatting.chat).await?.allows(Right::Erase) {
                    return Ok(not_verified());
                }
                (chatting.chat.person, Some(chatting.place))
            }
            None => {
                return Ok(Answer::Refused(
                    json!({ "error": "not_found", "detail": "no such conversation" }),
                ));
            }
        },
        (_, None) => return Ok(Answer::wrong(NAMELESS)),
    };
    match given.confirm {
        Some(true) => {}
        Some(false) => return Ok(Answer::declined()),
        None => return Ok(Answer::confirm("Erase all that is kept of you? It cannot be undone.")),
    }
    match twin.erase(&person, Actor::Person, call.now).await {
        Ok(_) | Err(Error::NotFound) => {}
        Err(error) => return Err(error),
    }
    if let Some(place) = place {
        twin.store().end_chat(&place).await?;
    }
    Ok(Answer::done(Output { erased: true }))
}
