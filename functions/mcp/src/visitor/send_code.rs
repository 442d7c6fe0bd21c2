//! Has a one-time code sent to the person, so that it becomes sure who they are.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::{Call, Held},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "send_code",
    title: "Send a code",
    description: "Send the person a one-time code of six digits, by e-mail or as a text message, so that it is sure who \
                  they are and their earlier conversations can be told. They tell you the digits; pass them to \
                  `confirm_code` with the same `conversation`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            send(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The person's own e-mail address, or number with country code; left out, what is known of them is taken.
    #[serde(default)]
    #[schemars(with = "String")]
    to: Option<String>,
    /// The `conversation` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    sent: bool,
    /// What to tell the person.
    say: String,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

async fn send(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let wanted = given.to.map_or_else(|| json!({}), |to| json!({ "to": to }));
    if let Err(wrong) = twin::tools::Tool::parse("send_code", &wanted.to_string()) {
        return Ok(Answer::wrong(wrong));
    }
    let Held { mut chatting, handle } = match call.hold(given.conversation.as_deref(), None).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let done = call.act_anew(&session, "send_code", &wanted).await?.output;
    if let Some(why) = done.get("error").and_then(Value::as_str) {
        return Ok(Answer::wrong(why));
    }
    let say = done["say"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::done(Output { sent: done["sent"] == true, say, conversation: handle }))
}
