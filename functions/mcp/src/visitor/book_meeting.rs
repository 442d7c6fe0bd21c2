//! A meeting: booked at a free time, or proposed at others, which the professional confirms.

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::{error::Error, store::oauth::Scope};

use super::leave_message::done;
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "book_meeting",
    title: "Book a meeting",
    description: "Book a time that `get_availability` gave, by its `start`: both sides get a mail. Only where none of \
                  these suits, `preferred_times` in its place proposes others: noted, not booked, and confirmed by \
                  e-mail. Needs the person's name and e-mail address, and for a call the number; ask for them, do not \
                  invent them. To move or cancel a meeting use `change_meeting`.",
    input: schema::<Arguments>,
    output: produced::<Arranged>,
    kind: Kind::Writes,
    reaches_out: true,
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
    /// The `start` of a free time, which the person agreed to: it is booked.
    #[serde(default)]
    #[schemars(with = "String")]
    start: Option<Timestamp>,
    /// The id of the type of meeting; without it, the first.
    #[serde(default)]
    #[schemars(with = "String")]
    meeting: Option<String>,
    /// Where the person is: an IANA name, such as Europe/London.
    #[serde(default)]
    #[schemars(with = "String")]
    time_zone: Option<String>,
    /// Without a `start`: times as the person says them, with the zone.
    #[serde(default)]
    preferred_times: Vec<String>,
    /// Of proposed times; a type of meeting has its own.
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
    /// The number to call, with the country code: of a meeting in which they are called.
    #[serde(default)]
    #[schemars(with = "String")]
    phone: Option<String>,
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
struct Arranged {
    noted: bool,
    /// `false`: the professional decides.
    booked: bool,
    /// What to tell the person.
    say: String,
    /// Pass it with the next call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    conversation: Option<String>,
}

async fn book(call: &Call, given: Arguments) -> Result<Answer, Error> {
    if given.start.is_none() && given.preferred_times.iter().all(|time| time.trim().is_empty()) {
        return Ok(Answer::wrong("name the start of a free time, or preferred_times"));
    }
    let absent = [("name", &given.name), ("email", &given.email), ("phone", &given.phone)];
    let is_call = given.start.is_some()
        && call
            .state
            .twin
            .calendar()
            .await?
            .meeting(given.meeting.as_deref())
            .is_some_and(|one| one.asks_phone);
    let missing: Vec<&str> = absent
        .into_iter()
        .filter(|(name, value)| value.is_none() && (*name != "phone" || is_call))
        .map(|(name, _)| name)
        .collect();
    if missing == ["phone"] {
        return Ok(Answer::ask("In this meeting they are called: on which number?", &missing));
    }
    if !missing.is_empty() {
        return Ok(Answer::ask("Who wants to meet, and where is the confirmation sent?", &missing));
    }
    let (tool, wanted, contact) = match given.start {
        Some(start) => ("book_meeting", booking(&given, start), json!({})),
        None => ("propose_meeting", proposal(&given), json!({ "name": given.name, "email": given.email })),
    };
    let key = given.idempotency_key.as_deref();
    let (output, conversation) =
        match done(call, given.conversation.as_deref(), key, &contact, (tool, &wanted)).await? {
            Ok(done) => done,
            Err(wrong) => return Ok(wrong),
        };
    let say = output["say"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::done(Arranged { noted: true, booked: output["booked"] == true, say, conversation }))
}

fn booking(given: &Arguments, start: Timestamp) -> Value {
    let mut wanted = json!({
        "start": start, "topic": given.topic, "name": given.name, "email": given.email, "confirmed": true,
    });
    for (name, value) in
        [("meeting", &given.meeting), ("phone", &given.phone), ("time_zone", &given.time_zone)]
    {
        if let Some(value) = value {
            wanted[name] = json!(value);
        }
    }
    wanted
}

fn proposal(given: &Arguments) -> Value {
    let mut wanted = json!({ "topic": given.topic, "preferred_times": given.preferred_times });
    if let Some(minutes) = given.duration_minutes {
        wanted["duration_minutes"] = Value::from(minutes);
    }
    wanted
}
