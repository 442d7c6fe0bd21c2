//! A call to somebody who has agreed to be called.

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    audit::Actor,
    error::Error,
    identity::Phone,
    outbound::{By, Dial},
    store::oauth::Scope,
    twin::Wanted,
};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "place_call",
    title: "Have the twin call somebody",
    description: "The twin calls a contact who has agreed to be called, within the hours that are allowed where they \
                  are, and says that it is an AI. `purpose` is said to whoever picks up; `context` is for the twin \
                  alone. Needs the owner's yes.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    scope: Scope::Write,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            place(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The contact's id.
    contact: String,
    /// Another number of theirs than the one that is noted: +14155550123.
    #[serde(default)]
    #[schemars(with = "String")]
    number: Option<String>,
    /// What it is about, on one line: "your interview on Tuesday".
    purpose: String,
    /// What the twin has to know and to find out.
    #[serde(default)]
    #[schemars(with = "String")]
    context: Option<String>,
    /// Not before this time, in RFC 3339.
    #[serde(default)]
    #[schemars(with = "String")]
    at: Option<Timestamp>,
    /// The owner has said yes to exactly this.
    #[serde(default)]
    #[schemars(with = "bool")]
    confirm: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    id: String,
    contact: String,
    state: String,
    /// It rings at this time at the earliest.
    due_at: String,
}

impl Output {
    fn of(dial: &Dial) -> Self {
        Self {
            id: dial.id.to_string(),
            contact: dial.person.to_string(),
            state: dial.state.words().to_owned(),
            due_at: dial.due_at.to_string(),
        }
    }
}

async fn place(call: &Call, given: Arguments) -> Result<Answer, Error> {
    match given.confirm {
        Some(true) => {}
        Some(false) => return Ok(Answer::Refused(serde_json::json!({ "error": "declined" }))),
        None => return Ok(Answer::confirm("Call them about exactly this?")),
    }
    let person = given.contact.parse().map_err(|_| Error::NotFound)?;
    let number = match given.number.as_deref().map(Phone::parse).transpose() {
        Ok(number) => number,
        Err(error) => return Ok(Answer::wrong(format!("number: {error}"))),
    };
    let Ok(own) = Phone::parse(&call.state.phone_number) else {
        return Ok(Answer::wrong("the twin has no telephone"));
    };
    let wanted = Wanted {
        person: Some(person),
        number,
        purpose: given.purpose,
        context: given.context,
        at: given.at,
        by: By::Owner,
        id: None,
    };
    let dial = call.state.twin.call(wanted, &own, Actor::OwnersHost, call.now).await?;
    Ok(Answer::done(Output::of(&dial)))
}
