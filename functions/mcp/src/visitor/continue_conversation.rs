//! The same conversation on another channel: from here to there, or from there to here.

mod elsewhere;
mod redeemed;

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::store::oauth::Scope;

use self::redeemed::Said;
use crate::tool::{Answer, Entry, Kind, given, produced, schema};

pub const ENTRY: Entry = Entry {
    name: "continue_conversation",
    title: "Continue on another channel",
    description: "Go on with a conversation on another channel: give either `to` or `code`. `to` takes this one \
                  elsewhere. `chat`, `voice`: a link to write or to talk on the web that works once, for fifteen \
                  minutes. `phone`: with a number, the wish to be called back is noted; without one, the number on \
                  which the twin answers, and a code of nine digits to tell it there. `code` brings one here that \
                  began on the phone, in the web chat or in another host: the link or code that the person was given, \
                  which works once. Within this host no code is needed: pass `conversation` on.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given: Arguments = given!(arguments);
            match (given.to, given.code.clone()) {
                (Some(to), None) => elsewhere::elsewhere(call, to, given).await,
                (None, Some(code)) => redeemed::redeemed(call, &code, given.idempotency_key.as_deref()).await,
                _ => Ok(Answer::wrong(
                    "say either `to` where it goes on, or the `code` of one that goes on here",
                )),
            }
        })
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum To {
    Chat,
    Voice,
    Phone,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Where it goes on from here.
    #[serde(default)]
    #[schemars(with = "To")]
    to: Option<To>,
    /// To `phone`: the number to be called, with the country code.
    #[serde(default)]
    #[schemars(with = "String")]
    phone: Option<String>,
    /// When a call suits, in the person's words, with the zone.
    #[serde(default)]
    #[schemars(with = "String")]
    when: Option<String>,
    /// Of what goes on here: the link, the code in it, or the nine digits that the person was told.
    #[serde(default)]
    #[schemars(with = "String")]
    code: Option<String>,
    /// The `conversation` of an earlier result: what goes on elsewhere.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// A UUID: the same again does nothing twice; a code is used up once, and the answer is the same.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Output {
    /// What to tell the person.
    #[serde(skip_serializing_if = "String::is_empty")]
    say: String,
    /// Works once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    expires_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    phone_number: Option<String>,
    /// Nine digits, to be told there. Works once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    code: Option<String>,
    /// Of what goes on here: what was said last, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    turns: Vec<Said>,
    /// What was noted for the professional.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    noted: Vec<String>,
    /// What the person said of themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<String>,
    /// What is left to do from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<String>,
    /// What the person came for, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    wish: Option<String>,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}
