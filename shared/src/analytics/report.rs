//! A report of a period: its metrics beside those of the period before, the funnel, what each channel brought and cost,
//! how it went over time, and at which hours.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Basis, DEFINITIONS, Definition, Event, Figure, HOURS_A_WEEK, Mark, Measure, Period, Rollup, Span, Things,
    Unit, Via,
    metric::{ENOUGH, Totals},
};
use crate::{
    contact::RelationshipKind,
    interaction::{Channel, Cost, Simulated},
};

/// By which rule value is attributed.
pub const ATTRIBUTION: &str = "First touch: what an opportunity is worth when it is won counts for the channel of the \
                               conversation that brought it up, on the day it is won. Costs count on the day they \
                               arise. Opportunities that you entered yourself count for no channel.";

/// The currency of costs: values in others are told, and not converted.
const DOLLARS: &str = "USD";
const MICRO: u64 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub from: Date,
    pub to: Date,
    pub days: i64,
    pub before_from: Date,
    pub before_to: Date,
    pub tiles: Vec<Tile>,
    pub funnel: Vec<Step>,
    pub funnel_by_channel: BTreeMap<Channel, Vec<Step>>,
    pub attribution: &'static str,
    pub returns: Vec<Return>,
    pub spend: Spend,
    pub spend_before: Spend,
    /// Of this, what is only played: nothing is paid for it.
    pub simulated: Simulated,
    pub trend: Vec<Bucket>,
    /// The period before by the same days or months, the last one beside the last.
    pub trend_before: Vec<Bucket>,
    /// Conversations that are no spam by hour of the week in UTC, from Monday at midnight.
    pub hours: BTreeMap<Channel, Vec<u64>>,
    /// Of these, those that the twin did not hold to an end.
    pub uncovered: BTreeMap<Channel, Vec<u64>>,
}

/// A metric as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tile {
    pub key: &'static str,
    /// Under which it is shown, with others.
    pub group: &'static str,
    pub title: &'static str,
    pub unit: Unit,
    pub definition: &'static str,
    /// What it counts, to be found one by one.
    pub basis: Basis,
    pub now: Figure,
    pub before: Figure,
    /// Whether it changed by more than chance does, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_channel: BTreeMap<Channel, Figure>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_relationship: BTreeMap<RelationshipKind, Figure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub title: &'static str,
    pub count: u64,
    /// The share of the step before; steps happen on their own days, so a late one can be more than all.
    pub of_previous: Figure,
    /// What it counts, to be found one by one.
    pub counts: Things,
}

/// What a channel brought, and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    pub channel: Via,
    pub brought: u64,
    pub won: u64,
    pub lost: u64,
    /// Of those won, by currency, in whole units.
    pub value: BTreeMap<String, u64>,
    /// Micro-dollars.
    pub cost: u64,
    /// Value in dollars less cost, in micro-dollars; absent where too few opportunities ended to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<i64>,
    /// How many opportunities ended.
    pub n: u64,
}

/// Micro-dollars by list prices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spend {
    pub telephony: u64,
    pub model: u64,
    pub mail: u64,
}

/// A day of the trend, or a month.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    pub span: Span,
    /// Days of it that the period holds.
    pub days: i64,
    pub conversations: BTreeMap<Channel, u64>,
    pub qualified: u64,
    pub spam: u64,
    pub spend: Spend,
}

impl Report {
    /// `now` and `before` hold days and months of the period and of the one before, in any order.
    pub fn of(period: Period, now: &[Rollup], before: &[Rollup]) -> Self {
        let before_period = period.before();
        let whole = Rollup::sum(Span::Day(period.from), now);
        let whole_before = Rollup::sum(Span::Day(before_period.from), before);
        let (counts, totals_before) = (Counts::of(&whole), of_all(&whole_before));
        let tile = |definition: &Definition| Tile::of(definition, &counts, &totals_before);
        let funnels = counts.by_channel.iter().map(|(channel, totals)| (*channel, funnel(totals)));
        Self {
            from: period.from,
            to: period.to,
            days: period.days(),
            before_from: before_period.from,
            before_to: before_period.to,
            tiles: DEFINITIONS.iter().map(tile).collect(),
            funnel: funnel(&counts.all),
            funnel_by_channel: funnels.collect(),
            attribution: ATTRIBUTION,
            returns: Via::ALL.into_iter().map(|via| Return::of(&whole, via)).collect(),
            spend: Spend::of(&whole),
            spend_before: Spend::of(&whole_before),
            simulated: Simulated::default(),
            trend: trend(period, now),
            trend_before: trend(before_period, before),
            hours: hours(&whole.hours),
            uncovered: hours(&whole.uncovered),
        }
    }
}

/// What metrics are computed from, added up once: of all, and by how and by whom.
struct Counts {
    all: Totals,
    by_channel: [(Channel, Totals); Channel::ALL.len()],
    by_relationship: [(RelationshipKind, Totals); RelationshipKind::ALL.len()],
}

impl Counts {
    fn of(rollup: &Rollup) -> Self {
        Self {
            all: of_all(rollup),
            by_channel: Channel::ALL.map(|channel| (channel, of_channel(rollup, channel))),
            by_relationship: RelationshipKind::ALL
                .map(|relationship| (relationship, of_relationship(rollup, relationship))),
        }
    }
}

fn of_all(rollup: &Rollup) -> Totals {
    Totals {
        tally: rollup.tally(|_, _| true),
        settled: rollup.settled_of(|_, _| true),
        pipeline: rollup.pipeline_of(|_, _| true),
        handed: rollup.handed,
        merged: rollup.merged,
        gaps: rollup.gaps.clone(),
    }
}

fn of_channel(rollup: &Rollup, wanted: Channel) -> Totals {
    let via = Via::from(wanted);
    Totals {
        tally: rollup.tally(|channel, _| channel == wanted),
        settled: rollup.settled_of(|of, _| of == via),
        pipeline: rollup.pipeline_of(|of, _| of == via),
        ..Totals::default()
    }
}

fn of_relationship(rollup: &Rollup, wanted: RelationshipKind) -> Totals {
    Totals {
        tally: rollup.tally(|_, relationship| relationship == wanted),
        settled: rollup.settled_of(|_, relationship| relationship == wanted),
        pipeline: rollup.pipeline_of(|_, relationship| relationship == wanted),
        ..Totals::default()
    }
}

impl Tile {
    fn of(definition: &Definition, counts: &Counts, before: &Totals) -> Self {
        let (measure, measure_before) = ((definition.of)(&counts.all), (definition.of)(before));
        let (mut by_channel, mut by_relationship) = (BTreeMap::new(), BTreeMap::new());
        let figure = |totals: &Totals| (definition.of)(totals).figure();
        if definition.basis.all.has_origin() {
            by_channel.extend(counts.by_channel.iter().map(|(channel, totals)| (*channel, figure(totals))));
            by_relationship
                .extend(counts.by_relationship.iter().map(|(kind, totals)| (*kind, figure(totals))));
        }
        Self {
            key: definition.key,
            group: definition.group,
            title: definition.title,
            unit: definition.unit,
            definition: definition.words,
            basis: definition.basis,
            now: measure.figure(),
            before: measure_before.figure(),
            changed: measure.changed(&measure_before),
            by_channel,
            by_relationship,
        }
    }
}

fn funnel(totals: &Totals) -> Vec<Step> {
    let (tally, pipeline) = (&totals.tally, &totals.pipeline);
    let steps = [
        ("Conversations", tally.of(Mark::Heard), Things::Conversations(Mark::Heard)),
        ("Qualified", tally.of(Mark::Qualified), Things::Conversations(Mark::Qualified)),
        ("Meeting proposed", tally.of(Mark::Meeting), Things::Conversations(Mark::Meeting)),
        ("Opportunity", pipeline.brought, Things::Events(Event::OpportunityBroughtUp)),
        ("Won", pipeline.won, Things::Events(Event::OpportunityWon)),
    ];
    let mut previous = None;
    let steps = steps.into_iter().map(|(title, count, counts)| {
        let all = previous.replace(count).unwrap_or(count);
        let part = count.min(all);
        Step { title, count, of_previous: Measure::Share { part, all }.figure(), counts }
    });
    steps.collect()
}

impl Return {
    fn of(rollup: &Rollup, via: Via) -> Self {
        let pipeline = rollup.pipeline_of(|of, _| of == via);
        let channels = Channel::ALL.into_iter().filter(|channel| Via::from(*channel) == via);
        let cost = channels.fold(0, |sum: u64, channel| {
            let held = rollup.cost(Some(channel)).sum();
            sum.saturating_add(held)
        });
        let mails = if via == Via::Owner { 0 } else { rollup.mailed(Some(via)) };
        let cost = cost.saturating_add(mails);
        let n = pipeline.won + pipeline.lost;
        let dollars = pipeline.value.get(DOLLARS).copied().unwrap_or_default().saturating_mul(MICRO);
        let net = i128::from(dollars) - i128::from(cost);
        let net = i64::try_from(net).ok().filter(|_| n >= ENOUGH && via != Via::Owner);
        Self {
            channel: via,
            brought: pipeline.brought,
            won: pipeline.won,
            lost: pipeline.lost,
            value: pipeline.value,
            cost,
            net,
            n,
        }
    }
}

impl Spend {
    fn of(rollup: &Rollup) -> Self {
        let Cost { telephony, model } = rollup.cost(None);
        Self { telephony, model, mail: rollup.mailed(None) }
    }
}

/// Each day of the period, or each month that it touches, those without anything too.
fn trend(period: Period, parts: &[Rollup]) -> Vec<Bucket> {
    let span = |date: Date| if period.is_by_months() { Span::month_of(date) } else { Span::Day(date) };
    let mut sums: BTreeMap<Span, (i64, Rollup)> = BTreeMap::new();
    for date in period.dates() {
        sums.entry(span(date)).or_insert_with(|| (0, Rollup::empty(span(date)))).0 += 1;
    }
    for part in parts {
        if let Some((_, sum)) = sums.get_mut(&span(part.span.first_day())) {
            sum.add(part);
        }
    }
    let buckets = sums.into_iter().map(|(span, (days, sum))| {
        let heard = |channel: Channel| (channel, sum.count(Mark::Heard, Some(channel)));
        Bucket {
            span,
            days,
            conversations: Channel::ALL.map(heard).into(),
            qualified: sum.count(Mark::Qualified, None),
            spam: sum.count(Mark::Spam, None),
            spend: Spend::of(&sum),
        }
    });
    buckets.collect()
}

fn hours(counts: &BTreeMap<Channel, BTreeMap<u8, u64>>) -> BTreeMap<Channel, Vec<u64>> {
    let of = |channel: Channel| {
        let mut all = vec![0; HOURS_A_WEEK];
        for (hour, count) in counts.get(&channel).into_iter().flatten() {
            if let Some(place) = all.get_mut(usize::from(*hour)) {
                *place = *count;
            }
        }
        (channel, all)
    };
    Channel::ALL.map(of).into()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::analytics::{Settled, Tally};

    /// A day on which `heard` conversations were held by phone, of which `qualified` were so.
    fn day(on: Date, heard: u64, qualified: u64) -> Rollup {
        let mut rollup = Rollup::empty(Span::Day(on));
        let marks = [
            (Mark::Conversation, heard),
            (Mark::Heard, heard),
            (Mark::Answered, heard),
            (Mark::Qualified, qualified),
        ];
        let cost = Cost { telephony: 1_000 * heard, model: 0 };
        let [cost_squares, cost_of_heard, cost_of_qualified] =
            [1_000_000 * heard, cost.telephony, 1_000 * qualified];
        let tally = Tally {
            marks: marks.into(),
            cost,
            cost_squares,
            cost_of_heard,
            cost_of_qualified,
            ..Tally::default()
        };
        rollup.by_channel.entry(Channel::Phone).or_default().insert(RelationshipKind::Recruiter, tally);
        rollup
    }

    fn tile<'a>(report: &'a Report, key: &str) -> &'a Tile {
        report.tiles.iter().find(|tile| tile.key == key).unwrap()
    }

    #[test]
    fn a_metric_stands_beside_that_of_the_period_before() {
        let period = Period { from: date(2026, 3, 8), to: date(2026, 3, 14) };
        let now = [day(date(2026, 3, 8), 40, 20), day(date(2026, 3, 9), 60, 30)];
        let before = [day(date(2026, 3, 2), 10, 1)];
        let report = Report::of(period, &now, &before);
        assert_eq!((report.before_from, report.before_to), (date(2026, 3, 1), date(2026, 3, 7)));
        let conversations = tile(&report, "conversations");
        assert_eq!((conversations.now.value, conversations.before.value), (Some(100.0), Some(10.0)));
        assert_eq!(conversations.changed, Some(true));
        let qualified = tile(&report, "qualified");
        assert_eq!((qualified.now.value, qualified.now.n), (Some(0.5), 100));
        assert_eq!(qualified.by_channel[&Channel::Phone].value, Some(0.5));
        assert_eq!(qualified.by_channel[&Channel::Chat], Figure { part: Some(0), ..Figure::default() });
        assert_eq!(qualified.by_relationship[&RelationshipKind::Recruiter].n, 100);
        let lead = tile(&report, "cost_per_lead");
        // Of each lead, another conversation that costs as much: its residues are 1,000 each, 50 times up and 50 times down.
        let half = lead.now.high.unwrap() - 2_000.0;
        assert!(lead.now.value == Some(2_000.0) && (half - 406.0).abs() < 0.1, "{half}");
        let each = tile(&report, "cost_per_conversation").now;
        assert_eq!((each.value, each.low, each.high), (Some(1_000.0), Some(1_000.0), Some(1_000.0)));
        let trend: Vec<u64> = report.trend.iter().map(|one| one.conversations[&Channel::Phone]).collect();
        assert_eq!(trend, [40, 60, 0, 0, 0, 0, 0]);
        let trend: Vec<u64> =
            report.trend_before.iter().map(|one| one.conversations[&Channel::Phone]).collect();
        assert_eq!(trend, [0, 10, 0, 0, 0, 0, 0]);
        assert_eq!(report.trend[1].spend.telephony + report.trend[1].spend.model, 60_000);
        let steps: Vec<u64> = report.funnel.iter().map(|step| step.count).collect();
        assert_eq!(steps, [100, 50, 0, 0, 0]);
    }

    #[test]
    fn a_return_waits_for_enough_that_ended() {
        let period = Period { from: date(2026, 3, 8), to: date(2026, 3, 8) };
        let mut now = day(date(2026, 3, 8), 10, 10);
        let by_phone = now.pipeline.entry(Via::Phone).or_default();
        let pipeline = by_phone.entry(RelationshipKind::Client).or_default();
        pipeline.won = ENOUGH - 1;
        pipeline.value = [("USD".to_owned(), 5), ("EUR".to_owned(), 7)].into();
        let phone =
            |report: &Report| report.returns.iter().find(|one| one.channel == Via::Phone).unwrap().clone();
        assert_eq!(phone(&Report::of(period, std::slice::from_ref(&now), &[])).net, None);
        now.pipeline.entry(Via::Phone).or_default().entry(RelationshipKind::Mentor).or_default().lost = 1;
        let mailed = |kind, cost| BTreeMap::from([(kind, Settled { cost, ..Settled::default() })]);
        now.settled = [
            (Via::Phone, mailed(RelationshipKind::Recruiter, 400)),
            (Via::Chat, mailed(RelationshipKind::Client, 300)),
        ]
        .into();
        let report = Report::of(period, std::slice::from_ref(&now), &[]);
        let cost = tile(&report, "cost_per_conversation");
        assert_eq!((cost.now.value, cost.by_channel[&Channel::Phone].value), (Some(1_070.0), Some(1_040.0)));
        let of_recruiters = cost.by_relationship[&RelationshipKind::Recruiter].value;
        assert_eq!(of_recruiters, Some(1_040.0), "with the mails to them");
        let told = phone(&report);
        assert_eq!((told.net, told.cost, told.n), (Some(5_000_000 - 10_400), 10_400, ENOUGH));
        assert_eq!(told.value["EUR"], 7, "told, and not converted");
    }

    #[test]
    fn a_year_is_shown_by_months() {
        let period = Period::last(365, date(2026, 11, 29));
        let mut month = day(date(2026, 1, 1), 5, 1);
        month.span = Span::Month(date(2026, 1, 1));
        let report = Report::of(period, &[month, day(date(2026, 11, 29), 2, 0)], &[]);
        assert_eq!(report.trend.len(), 13);
        assert_eq!(report.trend.iter().map(|bucket| bucket.days).sum::<i64>(), 365);
        let held: Vec<u64> = report.trend.iter().map(|one| one.conversations[&Channel::Phone]).collect();
        assert_eq!((held[2], held[12], held.iter().sum::<u64>()), (5, 2, 7));
        let csv = crate::analytics::csv(&report);
        assert!(
            csv.starts_with("metric,title,")
                && csv.contains("\r\nconversations,\"Conversations\",count,phone,7,7,")
        );
    }
}
