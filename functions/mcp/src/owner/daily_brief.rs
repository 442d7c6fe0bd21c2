//! What the owner should know today.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use super::{
    get_analytics::{Summary, summary},
    list_knowledge_gaps::open,
};
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "daily_brief",
    title: "Daily brief",
    description: "What happened since yesterday, what waits for a decision, and what the twin could not answer.",
    input: schema::<Arguments>,
    output: produced::<Brief>,
    kind: Kind::Reads,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            Ok(Answer::done(brief(call).await?))
        })
    },
};

/// Yesterday and today.
const DAYS: i64 = 2;
const LATEST: usize = 5;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Brief {
    summary: Summary,
    /// Who was in touch last, and about what.
    latest: Vec<String>,
    awaiting_approval: usize,
    /// The most frequent first.
    open_questions: Vec<String>,
}

async fn brief(call: &Call) -> Result<Brief, Error> {
    let store = call.state.twin.store();
    let people = store.people(call.now).await?;
    let latest = people.into_iter().take(LATEST).map(|person| {
        let name = person.name.unwrap_or_else(|| "Somebody".to_owned());
        format!("{name}: {}", person.last_summary.unwrap_or_else(|| "in conversation".to_owned()))
    });
    Ok(Brief {
        summary: summary(call, DAYS).await?,
        latest: latest.collect(),
        awaiting_approval: store.awaiting().await?.len(),
        open_questions: open(call).await?.into_iter().map(|gap| gap.question).take(LATEST).collect(),
    })
}
