//! How things go: the metrics of the last days, beside those of the days before.

use jiff::civil::Date;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    analytics::{Figure, MAX_DAYS, Period, Report, Unit, on},
    error::Error,
    store::oauth::Scope,
};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_analytics",
    title: "Analytics summary",
    description: "How things go: each metric of the last days with its definition, how many it is of and how sure it \
                  is, beside the same of as many days before; the funnel and the costs. A value that is missing had \
                  too little to go by. For today in short use `daily_brief`.",
    input: schema::<Arguments>,
    output: produced::<Summary>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let given: Arguments = given!(arguments);
            let days = given.days.unwrap_or(DAYS);
            if !(1..=MAX_DAYS).contains(&days) {
                return Ok(Answer::wrong(format!("days is 1 to {MAX_DAYS}")));
            }
            Ok(Answer::done(summary(call, days).await?))
        })
    },
};

const DAYS: i64 = 7;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Up to today; 7 without it.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 731))]
    days: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub struct Summary {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) metrics: Vec<Metric>,
    funnel: Vec<Stage>,
    /// Micro-dollars by list prices.
    pub(super) cost: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Metric {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    definition: &'static str,
    pub(super) now: Figure,
    pub(super) before: Figure,
    /// It changed by more than chance does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    changed: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Stage {
    title: &'static str,
    count: u64,
    /// The share of the stage before.
    of_previous: Figure,
}

pub async fn summary(call: &Call, days: i64) -> Result<Summary, Error> {
    let Report { from, to, tiles, funnel, spend, .. } =
        call.state.twin.report(Period::last(days, on(call.now)), call.now).await?;
    let metrics = tiles.into_iter().map(|tile| Metric {
        key: tile.key,
        title: tile.title,
        unit: tile.unit,
        definition: tile.definition,
        now: tile.now,
        before: tile.before,
        changed: tile.changed,
    });
    let funnel = funnel.into_iter().map(|step| Stage {
        title: step.title,
        count: step.count,
        of_previous: step.of_previous,
    });
    let cost = spend.telephony + spend.model + spend.mail;
    Ok(Summary { from, to, metrics: metrics.collect(), funnel: funnel.collect(), cost })
}
