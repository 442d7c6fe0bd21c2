//! A proposal to meet: noted for the professional, who confirms it.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{error::Error, store::oauth::Scope};

use super::leave_message::{Noted, noted};
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "book_meeting",
    title: "Propose a meeting",
    description: "Propose times to meet the professional. It is noted, not booked: they confirm by e-mail. Needs \
                  the person's name and e-mail address; ask for them, do not invent them.",
    input: schema::<Arguments>,
    output: produced::<Noted>,
    kind: Kind::Writes,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            book(call, given).await
        })
    },
};

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What it is about.
    topic: String,
    /// Times as the person says them, with the zone.
    preferred_times: Vec<String>,
    #[serde(default)]
    #[schemars(with = "u32", range(min = 5, max = 480))]
    duration_minutes: Option<u32>,
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

async fn book(call: &Call, given: Arguments) -> Result<Answer, Error> {
    if given.preferred_times.iter().all(|time| time.trim().is_empty()) {
        return Ok(Answer::wrong("preferred_times names at least one time"));
    }
    let absent = [("name", &given.name), ("email", &given.email)];
    let missing: Vec<&str> =
        absent.into_iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        return Ok(Answer::ask("Who wants to meet, and where is the confirmation sent?", &missing));
    }
    let contact = json!({ "name": given.name, "email": given.email });
    let mut wanted = json!({ "topic": given.topic, "preferred_times": given.preferred_times });
    if let Some(minutes) = given.duration_minutes {
        wanted["duration_minutes"] = Value::from(minutes);
    }
    let key = given.idempotency_key.as_deref();
    noted(call, given.conversation.as_deref(), key, &contact, ("propose_meeting", &wanted)).await
}
