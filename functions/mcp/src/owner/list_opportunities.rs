//! Leads that conversations brought.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "list_opportunities",
    title: "Opportunities",
    description: "Roles and projects that people brought up, the latest first.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            list(call).await
        })
    },
};

/// People that are looked at, the latest first, and opportunities that are told.
const PEOPLE: usize = 50;
const MOST: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Output {
    opportunities: Vec<Lead>,
}

#[derive(Serialize, JsonSchema)]
struct Lead {
    title: String,
    at: String,
    contact: String,
    name: String,
    company: String,
    /// The conversation that brought it up.
    interaction: String,
}

async fn list(call: &Call) -> Result<Answer, Error> {
    let store = call.state.twin.store();
    let mut opportunities = Vec::new();
    for person in store.people(call.now).await?.into_iter().take(PEOPLE) {
        let Some(known) = store.known(&person.id).await? else { continue };
        let contact = known.contact;
        let (name, company) = (contact.name.unwrap_or_default(), contact.company.unwrap_or_default());
        opportunities.extend(contact.professional.opportunities.into_iter().map(|found| Lead {
            title: found.title,
            at: found.at.to_string(),
            contact: person.id.to_string(),
            name: name.clone(),
            company: company.clone(),
            interaction: found.source.to_string(),
        }));
    }
    opportunities.sort_by(|one, other| other.at.cmp(&one.at));
    opportunities.truncate(MOST);
    Ok(Answer::done(Output { opportunities }))
}
