//! A message for the professional.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::{Call, Held, Once},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "leave_message",
    title: "Leave a message",
    description: "Leave a message that the professional reads themselves, with a name and an address to answer to if \
                  the person gives them. Not for what the twin can answer (`ask`), for a meeting (`book_meeting`) or a \
                  call back (`continue_conversation` to the phone).",
    input: schema::<Arguments>,
    output: produced::<Noted>,
    kind: Kind::Writes,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given: Arguments = given!(arguments);
            let contact = json!({ "name": given.name, "email": given.email });
            let wanted = json!({ "message": given.message });
            let key = given.idempotency_key.as_deref();
            noted(call, given.conversation.as_deref(), key, &contact, ("take_message", &wanted)).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// In the person's words.
    message: String,
    /// The person's full name.
    #[serde(default)]
    #[schemars(with = "String")]
    name: Option<String>,
    /// The person's own address.
    #[serde(default)]
    #[schemars(with = "String")]
    email: Option<String>,
    /// The `conversation` of an earlier result: keeps the thread.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// A UUID: the same again does nothing twice.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "as hosts read it")]
pub struct Noted {
    noted: bool,
    /// What to tell the person.
    say: String,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

/// Saves the contact's details that are given, then notes what is wanted. Nothing is done if either is wrong.
pub async fn noted(
    call: &Call,
    conversation: Option<&str>,
    key: Option<&str>,
    contact: &Value,
    wanted: (&str, &Value),
) -> Result<Answer, Error> {
    let (output, conversation) = match done(call, conversation, key, contact, wanted).await? {
        Ok(done) => done,
        Err(wrong) => return Ok(wrong),
    };
    let name = &call.state.twin.persona().await?.persona.core.name;
    let say = output["say"].as_str().map_or_else(|| format!("{name} will read it."), ToOwned::to_owned);
    Ok(Answer::done(Noted { noted: true, say, conversation }))
}

/// The same: what the tool put out, and the handle of the conversation; what is wrong.
pub async fn done(
    call: &Call,
    conversation: Option<&str>,
    key: Option<&str>,
    contact: &Value,
    (tool, wanted): (&str, &Value),
) -> Result<Result<(Value, Option<String>), Answer>, Error> {
    if let Err(wrong) = twin::tools::Tool::parse(tool, &wanted.to_string()) {
        return Ok(Err(Answer::wrong(wrong)));
    }
    let all = json!([contact, wanted]);
    let once = match Once::of(key, tool, &all) {
        Ok(once) => once,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let Held { mut chatting, handle } = match call.hold(conversation, once.as_ref()).await? {
        Ok(held) => held,
        Err(refused) => return Ok(Err(refused)),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let given: Map<String, Value> = contact
        .as_object()
        .map(|details| {
            details
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        })
        .unwrap_or_default();
    if !given.is_empty() {
        let mut details = Value::Object(given);
        details["confirmed"] = json!(true);
        let saved = call.act(&session, "save_contact", &details, key).await?;
        if let Some(why) = saved.output.get("error").and_then(Value::as_str) {
            return Ok(Err(Answer::wrong(why)));
        }
    }
    let done = call.act(&session, tool, wanted, key).await?;
    if let Some(why) = done.output.get("error").and_then(Value::as_str) {
        return Ok(Err(Answer::wrong(why)));
    }
    Ok(Ok((done.output, handle)))
}
