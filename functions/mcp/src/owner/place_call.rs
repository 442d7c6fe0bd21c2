//! A call to somebody who has agreed to be called.

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{
    audit::Actor,
    error::Error,
    id::{DialId, PersonId},
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
    description: "Have the twin telephone a contact who has agreed to be called, within the hours that are allowed \
                  where they are; it says that it is an AI. `purpose` is said to whoever picks up; `context` is for \
                  the twin alone. It rings somebody: needs the owner's yes, which is never yours. For a mail see \
                  `list_follow_ups`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    reaches_out: true,
    scope: Scope::Call,
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
    /// The id from `find_contacts`.
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
    /// The same key again is the same call: nothing is done twice.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
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
        Some(false) => return Ok(Answer::declined()),
        None => return Ok(Answer::confirm("Call them about exactly this?")),
    }
    let person: PersonId = given.contact.parse().map_err(|_| Error::NotFound)?;
    let named = json!([given.contact, given.number, given.purpose, given.context, given.at]);
    let once = match call.owners_once(given.idempotency_key.as_deref(), "place_call", &named).await? {
        Ok(once) => once,
        Err(refused) => return Ok(refused),
    };
    let id = once.as_ref().map(|named| DialId::derived(&named.name));
    let id = id.transpose().map_err(|error| Error::Internal(Box::new(error)))?;
    if let Some(id) = &id
        && let Some(placed) = call.state.twin.store().dial(&person, id).await?
    {
        return Ok(Answer::done(Output::of(&placed)));
    }
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
        id,
    };
    let dial = call.state.twin.call(wanted, &own, Actor::OwnersHost, call.now).await?;
    Ok(Answer::done(Output::of(&dial)))
}
