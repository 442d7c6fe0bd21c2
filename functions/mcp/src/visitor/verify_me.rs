//! Makes it sure who the person is: has a one-time code sent to them, and takes its digits.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{error::Error, store::oauth::Scope, tools::Tool};

use crate::{
    call::{Call, Held, Once},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "verify_me",
    title: "Make sure who I am",
    description: "Make sure who the person is, where `my_data`, `change_meeting` or `forget_me` ask for it. Without \
                  `code`: has a one-time code of six digits sent to them, by e-mail or as a text message. They tell \
                  you the digits; call again with them as `code`, and the same `conversation`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    reaches_out: true,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            verify(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Where the code goes: the person's own e-mail address, or number with country code; left out, what is known of them
    /// is taken.
    #[serde(default)]
    #[schemars(with = "String")]
    to: Option<String>,
    /// The six digits that reached the person.
    #[serde(default)]
    #[schemars(with = "String")]
    code: Option<String>,
    /// The `conversation` of an earlier result; with `code`, that in which the code was asked for.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// A UUID: the same again has no second code sent.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    sent: bool,
    /// It is sure now who they are.
    confirmed: bool,
    /// What to tell the person.
    say: String,
    /// What is known of them, and where things stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    brief: Option<String>,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

async fn verify(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let Arguments { to, code, conversation, idempotency_key } = given;
    if code.is_some() && call.is_nobodys(conversation.as_deref()) {
        return Ok(Answer::wrong("name the `conversation` in which the code was asked for"));
    }
    let (tool, wanted) = match (code, to) {
        (Some(code), _) => ("confirm_code", json!({ "code": code })),
        (None, Some(to)) => ("send_code", json!({ "to": to })),
        (None, None) => ("send_code", json!({})),
    };
    if let Err(wrong) = Tool::parse(tool, &wanted.to_string()) {
        return Ok(Answer::wrong(wrong));
    }
    let once = match Once::of(idempotency_key.as_deref(), "verify_me", &wanted) {
        Ok(once) => once,
        Err(wrong) => return Ok(wrong),
    };
    let Held { mut chatting, handle } = match call.hold(conversation.as_deref(), once.as_ref()).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let done = match &once {
        Some(once) => call.act(&session, tool, &wanted, Some(once.key)).await?,
        None => call.act_anew(&session, tool, &wanted).await?,
    }
    .output;
    if let Some(why) = done.get("error").and_then(Value::as_str) {
        return Ok(Answer::wrong(why));
    }
    let text = |name: &str| done[name].as_str().map(ToOwned::to_owned);
    Ok(Answer::done(Output {
        sent: done["sent"] == true,
        confirmed: done["confirmed"] == true,
        say: text("say").unwrap_or_default(),
        brief: text("brief"),
        conversation: handle,
    }))
}
