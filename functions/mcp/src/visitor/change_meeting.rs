//! A meeting of theirs, moved or cancelled.

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{error::Error, store::oauth::Scope};

use super::leave_message::done;
use crate::{
    call::{Call, not_verified},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "change_meeting",
    title: "Move or cancel a meeting",
    description: "List, move or cancel what the person has booked. Without `start` it lists their meetings. With \
                  `start` and `to`, a time that `get_availability` gave, one is moved there; with `start` alone it is \
                  cancelled. Nothing changes before confirm=true, which is the person's yes and not yours. Meetings of \
                  other conversations need a sign-in or a code (`verify_me`).",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    reaches_out: true,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            change(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `start` of one of their meetings.
    #[serde(default)]
    #[schemars(with = "String")]
    start: Option<Timestamp>,
    /// The `start` of a free time.
    #[serde(default)]
    #[schemars(with = "String")]
    to: Option<Timestamp>,
    /// The person has said yes to what was read back.
    #[serde(default)]
    #[schemars(with = "bool")]
    confirm: Option<bool>,
    /// The `conversation` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    conversation: Option<String>,
    /// A UUID: the same again does nothing twice.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    changed: bool,
    /// What they have booked, where that was asked.
    meetings: Vec<Meeting>,
    /// What to tell the person.
    say: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Meeting {
    /// RFC 3339.
    start: String,
    title: String,
}

async fn change(call: &Call, given: Arguments) -> Result<Answer, Error> {
    if given.confirm == Some(false) {
        return Ok(Answer::declined());
    }
    if call.is_nobodys(given.conversation.as_deref()) {
        return Ok(not_verified());
    }
    let mut wanted = json!({ "confirmed": given.confirm.unwrap_or_default() });
    for (name, value) in [("start", &given.start), ("to", &given.to)] {
        if let Some(value) = value {
            wanted[name] = json!(value);
        }
    }
    // The same again finds it done.
    let key = given.idempotency_key.as_deref();
    let conversation = given.conversation.as_deref();
    let (output, conversation) =
        match done(call, conversation, key, &json!({}), ("change_meeting", &wanted)).await? {
            Ok(done) => done,
            Err(wrong) => return Ok(wrong),
        };
    if output["verified"] == false {
        return Ok(not_verified());
    }
    let say = output["say"].as_str().unwrap_or_default().to_owned();
    if given.start.is_some() && given.confirm.is_none() && output["start"].is_string() {
        return Ok(Answer::confirm(&say));
    }
    let meetings = serde_json::from_value(output["meetings"].clone()).unwrap_or_default();
    Ok(Answer::done(Output { changed: output["changed"] == true, meetings, say, conversation }))
}
