//! What the owner should know today.

use jiff::civil::Date;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    analytics::{Figure, Unit},
    error::Error,
    store::oauth::Scope,
};

use super::{
    get_analytics::{self, summary},
    list_knowledge_gaps::open,
};
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "daily_brief",
    title: "Daily brief",
    description: "Yesterday and today in short: how many were in touch, who was last, how many follow-ups wait \
                  (`list_follow_ups`), and which questions have no answer (`list_knowledge_gaps`). For other times, \
                  and for what a figure means, use `get_analytics`.",
    input: schema::<Arguments>,
    output: produced::<Brief>,
    kind: Kind::Reads,
    reaches_out: false,
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

/// What was counted, without its definitions.
#[derive(Serialize, JsonSchema)]
struct Summary {
    from: Date,
    to: Date,
    /// What has anything to count, now or in as many days before.
    metrics: Vec<Counted>,
    /// Micro-dollars by list prices.
    cost: u64,
}

#[derive(Serialize, JsonSchema)]
struct Counted {
    key: &'static str,
    title: &'static str,
    unit: Unit,
    now: Figure,
    before: Figure,
}

impl From<get_analytics::Summary> for Summary {
    fn from(all: get_analytics::Summary) -> Self {
        let counted = all.metrics.into_iter().filter(|one| one.now.n > 0 || one.before.n > 0);
        let metrics = counted.map(|one| Counted {
            key: one.key,
            title: one.title,
            unit: one.unit,
            now: one.now,
            before: one.before,
        });
        Self { from: all.from, to: all.to, metrics: metrics.collect(), cost: all.cost }
    }
}

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
    let people = store.in_touch(call.now).await?;
    // Of whom neither name nor words are known, there is nothing to tell yet.
    let told = people.into_iter().filter(|person| person.name.is_some() || person.last_summary.is_some());
    let latest = told.take(LATEST).map(|person| {
        let name = person.name.unwrap_or_else(|| "Somebody".to_owned());
        format!("{name}: {}", person.last_summary.unwrap_or_else(|| "in conversation".to_owned()))
    });
    Ok(Brief {
        summary: summary(call, DAYS).await?.into(),
        latest: latest.collect(),
        awaiting_approval: store.awaiting().await?.len(),
        open_questions: open(call).await?.into_iter().map(|gap| gap.question).take(LATEST).collect(),
    })
}
