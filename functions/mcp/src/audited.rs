//! What a host reads and does for the owner is written down. What visitors may do about themselves the twin notes.

use rmcp::model::JsonObject;
use twin::{
    audit::{Act, Actor, Line},
    error::Error,
    id::PersonId,
};

use crate::call::{Call, Caller};

/// Arguments that name a person.
const PERSON: [&str; 2] = ["id", "person"];

/// A tool that is about to run. What would change something does not run if it cannot be written down.
pub async fn tool(call: &Call, name: &str, arguments: &JsonObject, reads: bool) -> Result<(), Error> {
    let mut values = PERSON.iter().filter_map(|name| arguments.get(*name)?.as_str());
    let person = values.find_map(|value| value.parse().ok());
    noted(call, name, person, reads).await
}

/// A resource that is about to be read.
pub async fn resource(call: &Call, uri: &str) -> Result<(), Error> {
    let person = uri.split('/').find_map(|part| part.parse().ok());
    noted(call, "resources/read", person, true).await
}

async fn noted(call: &Call, name: &str, person: Option<PersonId>, reads: bool) -> Result<(), Error> {
    if call.caller != Caller::Owner {
        return Ok(());
    }
    let line = Line::new(Actor::OwnersHost, Act::Tool(name.to_owned()), call.now).within(&call.host);
    let line = Line { person, ..line };
    if reads {
        call.state.twin.audit_reading(line).await;
        return Ok(());
    }
    call.state.twin.audit(line).await
}
