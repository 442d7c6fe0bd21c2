//! People, by any word of their name, company or last conversation.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    store::{PersonSummary, oauth::Scope},
};

use crate::{
    call::Call,
    page::{NO_CURSOR, cut},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "find_contacts",
    title: "Find contacts",
    description: "People who got in touch, the latest first; with `query`, those whose name, company or last \
                  conversation has all of its words.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
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
    let words: Vec<String> =
        given.query.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let people = call.state.twin.store().people(call.now).await?.into_iter().map(Contact::from);
    let found: Vec<Contact> = people.filter(|contact| words.iter().all(|word| contact.has(word))).collect();
    let Some((contacts, next_cursor)) = cut(&found, given.cursor.as_deref(), PAGE, |contact| &contact.id)
    else {
        return Ok(Answer::wrong(NO_CURSOR));
    };
    Ok(Answer::done(Output { contacts, next_cursor }))
}

impl Contact {
    fn has(&self, word: &str) -> bool {
        let fields = [&self.name, &self.company, &self.relationship, &self.last_summary];
        fields.into_iter().any(|field| field.to_lowercase().contains(word))
    }
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
