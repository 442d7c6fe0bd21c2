//! How a day is counted: each thing that happened, by its date.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Rollup, on};
use crate::{
    analytics::{CameOver, Event, Mark, Span, Via},
    contact::{Opportunity, RelationshipKind},
    follow_up::FollowUp,
    interaction::{Channel, Interaction},
    knowledge::gap::Gap,
    merging::{Merging, Proposal},
    screening::Recovered,
};

/// What happened on a day, or may have: what did not is left out by the fold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Day<'a> {
    pub interactions: &'a [Interaction],
    pub follow_ups: &'a [FollowUp],
    pub opportunities: &'a [Opportunity],
    pub handed: &'a [CameOver],
    pub recovered: &'a [Recovered],
    pub merges: &'a [Merging],
    /// Of two records each.
    pub pairs: &'a [Proposal],
    pub gaps: &'a [Gap],
}

impl Rollup {
    /// The fold of a day: whatever order things come in, it is the same.
    pub fn of_day(date: Date, day: &Day<'_>) -> Self {
        let mut rollup = Self::empty(Span::Day(date));
        let is_today = |at: Timestamp| on(at) == date;
        for held in day.interactions.iter().filter(|held| is_today(held.started_at)) {
            rollup.hold(held);
        }
        for follow_up in day.follow_ups {
            if follow_up.settled_at.is_some_and(is_today) {
                let of_channel = rollup.settled.entry(Via::of_follow_up(follow_up)).or_default();
                of_channel.entry(follow_up.relationship).or_default().settle(follow_up);
            }
        }
        for opportunity in day.opportunities {
            let of_channel = rollup.pipeline.entry(Via::of(opportunity)).or_default();
            let pipeline = of_channel.entry(opportunity.source.relationship).or_default();
            if is_today(opportunity.created_at) {
                pipeline.bring();
            }
            for change in opportunity.history.iter().filter(|change| is_today(change.at)) {
                pipeline.end(opportunity, change.stage, change.at);
            }
            for passage in Event::OpportunityWentOn.passages(opportunity) {
                if is_today(passage.at) {
                    pipeline.go_on(&passage);
                }
            }
        }
        without_nothing(&mut rollup.settled);
        without_nothing(&mut rollup.pipeline);
        for one in day.recovered.iter().filter(|one| is_today(one.at)) {
            let of_channel = rollup.by_channel.entry(Channel::Phone).or_default();
            of_channel.entry(one.relationship).or_default().recovered += 1;
        }
        for merging in day.merges {
            let counted = |event: Event| u64::from(event.of_merge(merging).is_some_and(is_today));
            rollup.merged.made += counted(Event::MergeMade);
            rollup.merged.undone += counted(Event::MergeUndone);
        }
        for pair in day.pairs {
            rollup.merged.conflicts += u64::from(Event::ConflictFound.of_pair(pair).is_some_and(is_today));
        }
        for one in day.handed.iter().filter(|one| is_today(one.ended_at)) {
            rollup.handed.hold(one);
        }
        for gap in day.gaps {
            rollup.gaps.found += u64::from(is_today(gap.first_asked_at));
            if let Some(at) = gap.answered_at.filter(|at| is_today(*at)) {
                rollup.gaps.fill(gap, at);
            }
        }
        rollup
    }

    fn hold(&mut self, held: &Interaction) {
        let of_channel = self.by_channel.entry(held.channel).or_default();
        of_channel.entry(held.relationship()).or_default().hold(held);
        if Mark::Heard.holds(held) {
            let hour = hour_of_week(held.started_at);
            let count = |hours: &mut BTreeMap<Channel, BTreeMap<u8, u64>>| {
                *hours.entry(held.channel).or_default().entry(hour).or_default() += 1;
            };
            count(&mut self.hours);
            if !Mark::Answered.holds(held) {
                count(&mut self.uncovered);
            }
        }
    }
}

/// Nothing is kept of what did not happen.
fn without_nothing<T: Default + PartialEq>(counts: &mut BTreeMap<Via, BTreeMap<RelationshipKind, T>>) {
    for of_channel in counts.values_mut() {
        of_channel.retain(|_, one| *one != T::default());
    }
    counts.retain(|_, of_channel| !of_channel.is_empty());
}

fn hour_of_week(at: Timestamp) -> u8 {
    let at = at.to_zoned(TimeZone::UTC);
    let day = at.weekday().to_monday_zero_offset();
    u8::try_from(i32::from(day) * 24 + i32::from(at.hour())).unwrap_or_default()
}
