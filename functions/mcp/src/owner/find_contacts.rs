//! People, by how words of their name, company or last conversation begin: however many there are.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Filter, Place},
    error::Error,
    http::cursor,
    store::{PersonSummary, oauth::Scope},
    twin::Contacts,
};

use crate::{
    call::Call,
    page::NO_CURSOR,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "find_contacts",
    title: "Find contacts",
    description: "People who got in touch, the latest first; with `query`, those whose name, company or last \
                  conversation has all of its words. Gives the ids for `get_contact` and `place_call`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            find(call, given).await
        })
    },
};

const PAGE: usize = 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Words, or how they begin; without it, everybody.
    #[serde(default)]
    #[schemars(with = "String")]
    query: Option<String>,
    /// The `next_cursor` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    contacts: Vec<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "as hosts read it")]
struct Contact {
    id: String,
    name: String,
    company: String,
    relationship: String,
    last_contact: String,
    /// What the last conversation was about.
    last_summary: String,
}

async fn find(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let words = given.query.filter(|query| !query.trim().is_empty());
    let question = words.clone().unwrap_or_default();
    let after = given.cursor.map(|after| cursor::read::<Place>(&question, &after)).transpose();
    let Ok(after) = after else { return Ok(Answer::wrong(NO_CURSOR)) };
    let filter = Filter { words, ..Filter::default() };
    let wanted = Contacts { filter, after, limit: PAGE, ..Contacts::default() };
    let listed = call.state.twin.contacts(&wanted, call.now).await?;
    let next_cursor = listed.end.map(|end| cursor::write(&question, &end)).transpose()?;
    let contacts = listed.contacts.into_iter().map(PersonSummary::from).map(Contact::from).collect();
    Ok(Answer::done(Output { contacts, next_cursor }))
}

impl From<PersonSummary> for Contact {
    fn from(person: PersonSummary) -> Self {
        let relationship = serde_json::to_value(person.relationship).unwrap_or_default();
        Self {
            id: person.id.to_string(),
            name: person.name.unwrap_or_default(),
            company: person.company.unwrap_or_default(),
            relationship: relationship.as_str().unwrap_or_default().to_owned(),
            last_contact: person.last_contact.map(|at| at.to_string()).unwrap_or_default(),
            last_summary: person.last_summary.unwrap_or_default(),
        }
    }
}
