//! Takes the digits of a code that reached the person.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::{Call, Held},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "confirm_code",
    title: "Confirm a code",
    description: "The person tells the six digits that `send_code` had sent to them. Afterwards it is sure who they are: \
                  `recall` and `what_you_know_about_me` tell of earlier conversations.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            confirm(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The six digits.
    code: String,
    /// The `conversation` in which the code was asked for.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    confirmed: bool,
    /// What to tell the person.
    say: String,
    /// What is known of them, and where things stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    brief: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

async fn confirm(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let Held { mut chatting, handle } = match call.hold(given.conversation.as_deref(), None).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let done = call.act_anew(&session, "confirm_code", &json!({ "code": given.code })).await?.output;
    if let Some(why) = done.get("error").and_then(Value::as_str) {
        return Ok(Answer::wrong(why));
    }
    let text = |name: &str| done[name].as_str().map(ToOwned::to_owned);
    Ok(Answer::done(Output {
        confirmed: done["confirmed"] == true,
        say: text("say").unwrap_or_default(),
        brief: text("brief"),
        conversation: handle,
    }))
}
