//! Leads that conversations brought.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Contact, Opportunity, Stage},
    error::Error,
    store::oauth::Scope,
};

use crate::{
    call::Call,
    page::{NO_CURSOR, cut},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "list_opportunities",
    title: "Opportunities",
    description: "Roles and projects that people brought up, the latest first, each with its stage and whose it is \
                  (`get_contact`).",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            list(call, given).await
        })
    },
};

/// Opportunities of a stage that are told: the latest.
const MOST: i32 = 200;
const PAGE: usize = 25;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `next_cursor` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    opportunities: Vec<Lead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Lead {
    id: String,
    title: String,
    stage: &'static str,
    at: String,
    contact: String,
    name: String,
    company: String,
    /// The conversation that brought it up, if one did.
    interaction: String,
}

async fn list(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let store = call.state.twin.store();
    let mut found = Vec::new();
    for stage in Stage::ALL {
        found.extend(store.pipeline(stage, MOST).await?);
    }
    let mut people: Vec<_> = found.iter().map(|one| one.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    found.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    let Some((shown, next_cursor)) = cut(&found, given.cursor.as_deref(), PAGE, |one| one.id.as_str()) else {
        return Ok(Answer::wrong(NO_CURSOR));
    };
    let told = shown.into_iter().filter_map(|one| Some(Lead::of(contacts.get(&one.person)?, one)));
    Ok(Answer::done(Output { opportunities: told.collect(), next_cursor }))
}

impl Lead {
    fn of(contact: &Contact, opportunity: Opportunity) -> Self {
        Self {
            id: opportunity.id.to_string(),
            title: opportunity.title,
            stage: opportunity.stage.name(),
            at: opportunity.created_at.to_string(),
            contact: contact.id.to_string(),
            name: contact.name.clone().unwrap_or_default(),
            company: contact.company.clone().unwrap_or_default(),
            interaction: opportunity.source.interaction.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}
