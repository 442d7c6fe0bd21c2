//! How things go: conversations by channel, intent and outcome.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, interaction::Interaction, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_analytics",
    title: "Analytics summary",
    description: "Conversations of the last days by channel, intent, relationship and outcome, with how many they \
                  are.",
    input: schema::<Arguments>,
    output: produced::<Summary>,
    kind: Kind::Reads,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let given: Arguments = given!(arguments);
            let days = given.days.unwrap_or(DAYS);
            if !(1..=MOST_DAYS).contains(&days) {
                return Ok(Answer::wrong(format!("days is 1 to {MOST_DAYS}")));
            }
            Ok(Answer::done(summary(call, days).await?))
        })
    },
};

const DAYS: u32 = 7;
const MOST_DAYS: u32 = 31;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    #[schemars(with = "u32", range(min = 1, max = 31))]
    days: Option<u32>,
}

#[derive(Default, Serialize, JsonSchema)]
pub struct Summary {
    days: u32,
    pub conversations: usize,
    people: usize,
    by_channel: BTreeMap<String, usize>,
    by_intent: BTreeMap<String, usize>,
    by_relationship: BTreeMap<String, usize>,
    by_outcome: BTreeMap<String, usize>,
}

pub async fn summary(call: &Call, days: u32) -> Result<Summary, Error> {
    let mut all: Vec<Interaction> = Vec::new();
    for back in 0..days {
        let day = call.now - SignedDuration::from_hours(24 * i64::from(back));
        all.extend(call.state.twin.store().interactions_of_day(day).await?);
    }
    let mut summary = Summary { days, conversations: all.len(), ..Summary::default() };
    let mut people: Vec<&str> = all.iter().map(|held| held.person.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    summary.people = people.len();
    for held in &all {
        *summary.by_channel.entry(label(&held.channel)).or_default() += 1;
        if let Some(analysis) = &held.analysis {
            *summary.by_intent.entry(label(&analysis.intent)).or_default() += 1;
            *summary.by_relationship.entry(label(&analysis.relationship)).or_default() += 1;
        }
        if let Some(outcome) = &held.outcome {
            *summary.by_outcome.entry(label(outcome)).or_default() += 1;
        }
    }
    Ok(summary)
}

/// As it is written in data.
fn label(value: &impl Serialize) -> String {
    let written = serde_json::to_value(value).unwrap_or_default();
    written.as_str().unwrap_or("unknown").to_owned()
}
