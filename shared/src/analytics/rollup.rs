//! The counts of a day, of a month, or of any time: the same shape, and they add up.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{CameOver, Event, Gaps, Handed, Mark, Merged, Pipeline, Settled, Span, Tally, Via};
use crate::{
    contact::{Opportunity, RelationshipKind},
    follow_up::FollowUp,
    interaction::{Channel, Cost, Interaction},
    knowledge::gap::Gap,
    merging::{Merging, Proposal},
    screening::Recovered,
};

pub const HOURS_A_WEEK: usize = 7 * 24;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollup {
    pub span: Span,
    /// By who it was and how they came: nobody is named.
    pub by_channel: BTreeMap<Channel, BTreeMap<RelationshipKind, Tally>>,
    /// Conversations that are no spam by hour of the week in UTC, from Monday at midnight.
    pub hours: BTreeMap<Channel, BTreeMap<u8, u64>>,
    /// Of these, those that the twin did not hold to an end.
    pub uncovered: BTreeMap<Channel, BTreeMap<u8, u64>>,
    pub pipeline: BTreeMap<Via, BTreeMap<RelationshipKind, Pipeline>>,
    pub settled: BTreeMap<Via, BTreeMap<RelationshipKind, Settled>>,
    pub handed: Handed,
    pub merged: Merged,
    pub gaps: Gaps,
}

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
    pub fn empty(span: Span) -> Self {
        Self {
            span,
            by_channel: BTreeMap::new(),
            hours: BTreeMap::new(),
            uncovered: BTreeMap::new(),
            pipeline: BTreeMap::new(),
            settled: BTreeMap::new(),
            handed: Handed::default(),
            merged: Merged::default(),
            gaps: Gaps::default(),
        }
    }

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

    pub fn add(&mut self, other: &Self) {
        for (channel, of_channel) in &other.by_channel {
            let sums = self.by_channel.entry(*channel).or_default();
            for (relationship, tally) in of_channel {
                sums.entry(*relationship).or_default().add(tally);
            }
        }
        for (sums, added) in [(&mut self.hours, &other.hours), (&mut self.uncovered, &other.uncovered)] {
            for (channel, hours) in added {
                let sums = sums.entry(*channel).or_default();
                for (hour, count) in hours {
                    *sums.entry(*hour).or_default() += count;
                }
            }
        }
        for (via, of_channel) in &other.pipeline {
            let sums = self.pipeline.entry(*via).or_default();
            for (relationship, pipeline) in of_channel {
                sums.entry(*relationship).or_default().add(pipeline);
            }
        }
        for (via, of_channel) in &other.settled {
            let sums = self.settled.entry(*via).or_default();
            for (relationship, settled) in of_channel {
                sums.entry(*relationship).or_default().add(settled);
            }
        }
        self.handed.add(&other.handed);
        self.merged.add(&other.merged);
        self.gaps.add(&other.gaps);
    }

    /// All of these together, as those of `span`.
    pub fn sum<'a>(span: Span, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::empty(span), |mut sum, part| {
            sum.add(part);
            sum
        })
    }

    /// How many conversations have a mark, of a channel if one is wanted; nothing else is added up.
    pub fn count(&self, mark: Mark, wanted: Option<Channel>) -> u64 {
        self.tallies(wanted).map(|tally| tally.of(mark)).sum()
    }

    /// What the conversations cost, of a channel if one is wanted.
    pub fn cost(&self, wanted: Option<Channel>) -> Cost {
        let mut cost = Cost::default();
        for tally in self.tallies(wanted) {
            cost += tally.cost;
        }
        cost
    }

    fn tallies(&self, wanted: Option<Channel>) -> impl Iterator<Item = &Tally> {
        let channels = self.by_channel.iter();
        let channels = channels.filter(move |(channel, _)| wanted.is_none_or(|wanted| wanted == **channel));
        channels.flat_map(|(_, tallies)| tallies.values())
    }

    /// The tally of what `is` picks.
    pub fn tally(&self, is: impl Fn(Channel, RelationshipKind) -> bool) -> Tally {
        let mut sum = Tally::default();
        for (channel, of_channel) in &self.by_channel {
            for (relationship, tally) in of_channel {
                if is(*channel, *relationship) {
                    sum.add(tally);
                }
            }
        }
        sum
    }

    /// Micro-dollars of the mails that came of a channel, if one is wanted.
    pub fn mailed(&self, wanted: Option<Via>) -> u64 {
        let settled = self.settled.iter().filter(|(via, _)| wanted.is_none_or(|wanted| wanted == **via));
        settled.flat_map(|(_, of_channel)| of_channel.values()).map(|settled| settled.cost).sum()
    }

    /// The follow-ups of what `is` picks.
    pub fn settled_of(&self, is: impl Fn(Via, RelationshipKind) -> bool) -> Settled {
        let mut sum = Settled::default();
        for settled in picked(&self.settled, is) {
            sum.add(settled);
        }
        sum
    }

    /// And the opportunities.
    pub fn pipeline_of(&self, is: impl Fn(Via, RelationshipKind) -> bool) -> Pipeline {
        let mut sum = Pipeline::default();
        for pipeline in picked(&self.pipeline, is) {
            sum.add(pipeline);
        }
        sum
    }
}

fn picked<T>(
    counts: &BTreeMap<Via, BTreeMap<RelationshipKind, T>>,
    is: impl Fn(Via, RelationshipKind) -> bool,
) -> Vec<&T> {
    let all = counts
        .iter()
        .flat_map(|(via, of_channel)| of_channel.iter().map(move |(kind, one)| (*via, *kind, one)));
    all.filter(|(via, kind, _)| is(*via, *kind)).map(|(.., one)| one).collect()
}

/// Nothing is kept of what did not happen.
fn without_nothing<T: Default + PartialEq>(counts: &mut BTreeMap<Via, BTreeMap<RelationshipKind, T>>) {
    for of_channel in counts.values_mut() {
        of_channel.retain(|_, one| *one != T::default());
    }
    counts.retain(|_, of_channel| !of_channel.is_empty());
}

/// The day of a time, in UTC.
pub fn on(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn hour_of_week(at: Timestamp) -> u8 {
    let at = at.to_zoned(TimeZone::UTC);
    let day = at.weekday().to_monday_zero_offset();
    u8::try_from(i32::from(day) * 24 + i32::from(at.hour())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        analytics::{Period, Report, Subject, Things, Tile},
        contact::{Brought, Money, Source, Stage},
        follow_up::{Content, News, State, Word},
        identity::Assurance,
        interaction::{Analysis, Intent, Left, Measured, Outcome, Status, Waited},
        memory::Tie,
        merging::{By, Merge, Verdict},
        routing::RouteKind,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn held(number: u64, channel: Channel, intent: Intent, outcome: Outcome) -> Interaction {
        let started_at =
            at("2026-03-02T09:30:00Z") + jiff::SignedDuration::from_mins(i64::try_from(number).unwrap());
        let analysis = Analysis {
            intent,
            relationship: RelationshipKind::ALL[usize::try_from(number).unwrap() % 6],
            ..Analysis::default()
        };
        let measured = Measured {
            left: [(2, Left::Meeting), (3, Left::Message)]
                .into_iter()
                .filter(|(every, _)| number.is_multiple_of(*every))
                .map(|(_, left)| left)
                .collect(),
            grounded: 2,
            abstained: u32::from(number.is_multiple_of(5)),
            first_words_ms: (channel != Channel::Chat).then_some(700 + number),
            tie: [None, Some(Tie::Formed), Some(Tie::Renewed)][usize::try_from(number % 3).unwrap()],
            waited: (channel == Channel::Phone).then_some(Waited { p50_ms: 600 + number, p95_ms: 1000 }),
            cost: Cost { telephony: 5, model: 7 },
            ..Measured::default()
        };
        Interaction {
            id: format!("int_{number}").parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            status: Status::Analysed,
            started_at,
            ended_at: Some(started_at + jiff::SignedDuration::from_secs(60)),
            outcome: Some(outcome),
            analysis: Some(analysis),
            measured: Some(measured),
            words_read: 0,
            came_later: 0,
        }
    }

    fn brought_by_phone() -> Brought {
        let relationship = RelationshipKind::Recruiter;
        Brought { by: Source::Conversation, channel: Some(Channel::Phone), relationship, interaction: None }
    }

    fn recovered(interaction: &str, at: Timestamp) -> Recovered {
        Recovered {
            person: "per_1".parse().unwrap(),
            interaction: interaction.parse().unwrap(),
            call: format!("CA{:032x}", 1).parse().unwrap(),
            relationship: RelationshipKind::Recruiter,
            began_at: at,
            at,
        }
    }

    fn merge(at: Timestamp) -> Merge {
        let (survivor, absorbed) = ("per_1".parse().unwrap(), "per_2".parse().unwrap());
        Merge { survivor, absorbed, at, by: By::Twin, why: Vec::new() }
    }

    fn pair(conflicts: Vec<String>, found_at: Timestamp) -> Proposal {
        let (one, other) = ("per_1".parse().unwrap(), "per_2".parse().unwrap());
        let (state, why, undone) = (Verdict::Open, Vec::new(), Vec::new());
        Proposal { one, other, bits: 9, why, conflicts, state, found_at, decided_at: None, undone }
    }

    fn some() -> Vec<Interaction> {
        let outcomes =
            [Outcome::Completed, Outcome::HungUp, Outcome::Voicemail, Outcome::Screened, Outcome::Lost];
        let intents = [Intent::JobOpportunity, Intent::Networking, Intent::Consultation, Intent::Spam];
        (0..60_u64)
            .map(|number| {
                let at = usize::try_from(number).unwrap();
                held(number, Channel::ALL[at % 3], intents[at % 4], outcomes[at % 5])
            })
            .collect()
    }

    fn folded(interactions: &[Interaction]) -> Rollup {
        Rollup::of_day(date(2026, 3, 2), &Day { interactions, ..Day::default() })
    }

    proptest! {
        /// The same bytes, in whatever order things were read; and parts add up to the whole.
        #[test]
        fn a_fold_knows_no_order(order in Just(some()).prop_shuffle(), cut in 0_usize..60) {
            let whole = serde_json::to_string(&folded(&some())).unwrap();
            prop_assert_eq!(&serde_json::to_string(&folded(&order)).unwrap(), &whole);
            let (one, other) = order.split_at(cut);
            let sum = Rollup::sum(Span::Day(date(2026, 3, 2)), [&folded(one), &folded(other)]);
            prop_assert_eq!(serde_json::to_string(&sum).unwrap(), whole);
        }
    }

    #[test]
    fn a_rollup_is_read_as_it_was_written() {
        let rollup = folded(&some());
        let written = serde_json::to_string(&rollup).unwrap();
        assert_eq!(serde_json::from_str::<Rollup>(&written).unwrap(), rollup);
        assert!(!written.contains("per_1") && !written.contains("int_"), "nobody is in it: {written}");
    }

    #[test]
    fn each_mark_counts_what_it_finds() {
        let (all, rollup) = (some(), folded(&some()));
        let tally = rollup.tally(|_, _| true);
        for mark in Mark::ALL {
            let found = all.iter().filter(|held| mark.holds(held)).count() as u64;
            assert_eq!(tally.of(mark), found, "{mark:?}");
        }
        assert!(tally.of(Mark::NewTie) > 0 && tally.of(Mark::RenewedTie) > 0);
        assert_eq!(tally.of(Mark::Heard) + tally.of(Mark::Spam), 60);
        assert_eq!(tally.of(Mark::Answered) + tally.of(Mark::Missed), tally.of(Mark::Heard));
        let calls = all.iter().filter(|held| held.channel == Channel::Phone).count() as u64;
        assert_eq!((tally.waits.len(), tally.long_waits.len()), (calls, calls), "chats are not waited for");
        let hours: u64 = rollup.hours.values().flat_map(BTreeMap::values).sum();
        assert_eq!(hours, tally.of(Mark::Heard));
        let uncovered: u64 = rollup.uncovered.values().flat_map(BTreeMap::values).sum();
        assert_eq!(uncovered, tally.of(Mark::Missed), "all others are over");
        // 2 March 2026 is a Monday.
        assert!(rollup.hours.values().flat_map(BTreeMap::keys).all(|hour| (9..=10).contains(hour)));
    }

    /// Whatever a metric is made of is found one by one, and there are as many.
    #[test]
    fn each_metric_counts_what_is_listed_behind_it() {
        let today = at("2026-03-02T10:00:00Z");
        let source = brought_by_phone();
        let opportunities: Vec<_> = (0..6_u8)
            .map(|number| {
                let (id, person) = (format!("opp_{number}").parse().unwrap(), "per_1".parse().unwrap());
                let stage = if number == 5 { Stage::Won } else { Stage::Lead };
                let mut one = Opportunity::new(id, person, "A role".to_owned(), source.clone(), stage, today);
                let stages = [Stage::Contacted, Stage::Won, Stage::Proposal, Stage::Won, Stage::Lost];
                for stage in stages.into_iter().take(number.into()) {
                    one.move_to(stage, Source::Owner, today);
                }
                one
            })
            .collect();
        let states = [State::Sent, State::Failed, State::Cancelled, State::Bounced, State::Unknown];
        let words = [None, Some(Word::AsIs), Some(Word::Edited), Some(Word::Rejected)];
        let about = held(1, Channel::Phone, Intent::Networking, Outcome::Completed);
        let follow_ups: Vec<_> = (0..20)
            .map(|number| {
                let (state, news) = (states[number % 5], Content::news(News::Message, "hello".to_owned()));
                let mut one = FollowUp::new(&about, "key", news, state, String::new(), today).unwrap();
                (one.decided, one.settled_at) = (words[number % 4], Some(today));
                one
            })
            .collect();
        let handed = [(false, None), (true, None), (true, Some(false)), (true, Some(true))]
            .map(|(is_taken_up, is_served)| CameOver { ended_at: today, is_taken_up, is_served });
        let recovered = ["int_3", "int_8"].map(|id| recovered(id, today));
        let merges = [None, Some(today)].map(|undone_at| Merging { merge: merge(today), undone_at });
        let pairs = [vec!["linkedin".to_owned()], Vec::new()].map(|conflicts| pair(conflicts, today));
        let mut gaps = ["gap_1", "gap_2"].map(|id| Gap::new(id.parse().unwrap(), "A cat?", today));
        gaps[0].answered_at = Some(today);
        let mut all = some();
        all[0].outcome = Some(Outcome::Transferred);
        for held in &mut all {
            held.measured.get_or_insert_default().is_first = true;
        }
        let day = Day {
            interactions: &all,
            follow_ups: &follow_ups,
            opportunities: &opportunities,
            handed: &handed,
            recovered: &recovered,
            merges: &merges,
            pairs: &pairs,
            gaps: &gaps,
        };
        let rollup = Rollup::of_day(date(2026, 3, 2), &day);
        let report = Report::of(Period { from: date(2026, 3, 2), to: date(2026, 3, 2) }, &[rollup], &[]);
        let questions = |held: &Interaction| {
            let measured = held.measured.clone().unwrap_or_default();
            (u64::from(measured.grounded), u64::from(measured.grounded + measured.abstained))
        };
        let found = |things: Things| match things {
            Things::Conversations(mark) => all.iter().filter(|held| mark.holds(held)).count(),
            Things::Events(event) => match event.subject() {
                Subject::FollowUp => follow_ups.iter().filter(|one| event.is_of(one)).count(),
                Subject::Opportunity => opportunities.iter().map(|one| event.passages(one).len()).sum(),
                Subject::Link => handed.iter().filter(|one| event.came_of(one)).count(),
                Subject::Gap => gaps.iter().filter_map(|gap| event.of_gap(gap)).count(),
                Subject::Spam => recovered.len(),
                Subject::Merge => merges.iter().filter_map(|one| event.of_merge(one)).count(),
                Subject::Conflict => pairs.iter().filter_map(|pair| event.of_pair(pair)).count(),
            },
        };
        for Tile { key, basis, now, by_channel, by_relationship, .. } in &report.tiles {
            assert!(now.n > 0, "{key} counts something");
            let (part, n) = (basis.part.map(|part| found(part) as u64), found(basis.all) as u64);
            if *key == "grounded" {
                let asked = || all.iter().filter(|held| Mark::Asked.holds(held)).map(questions);
                let sums = (asked().map(|(part, _)| part).sum(), asked().map(|(_, all)| all).sum());
                assert_eq!((now.part, now.n), (Some(sums.0), sums.1), "questions, not conversations");
                assert!(part <= now.part && n <= now.n);
                continue;
            }
            assert_eq!((now.part, now.n), (part, n), "{key}");
            if let (Things::Events(_), Some(phone)) = (basis.all, by_channel.get(&Channel::Phone)) {
                assert_eq!((phone, by_channel[&Channel::Chat].n), (now, 0), "{key}: all came of a call");
                let with: Vec<_> = by_relationship.values().filter(|one| one.n > 0).collect();
                assert_eq!(with, [now], "{key}: and were with one kind of people");
            }
        }
        for step in &report.funnel {
            assert_eq!(found(step.counts) as u64, step.count, "{}", step.title);
        }
    }

    #[test]
    fn what_happens_counts_on_its_day() {
        let (brought, won) = (at("2026-03-01T10:00:00Z"), at("2026-03-02T10:00:00Z"));
        let (id, person) = ("opp_1".parse().unwrap(), "per_1".parse().unwrap());
        let mut role =
            Opportunity::new(id, person, "A role".to_owned(), brought_by_phone(), Stage::Lead, brought);
        role.value = Some(Money { amount: 900, currency: "USD".to_owned().try_into().unwrap() });
        role.move_to(Stage::Won, Source::Owner, won);
        let mut sent = FollowUp::new(
            &held(1, Channel::Phone, Intent::Networking, Outcome::Completed),
            "key",
            Content::news(News::Message, "hello".to_owned()),
            State::Sent,
            String::new(),
            brought,
        )
        .unwrap();
        (sent.decided, sent.settled_at) = (Some(Word::AsIs), Some(won));
        let mut late = sent.clone();
        late.settled_at = Some(won + jiff::SignedDuration::from_secs(1));
        let mut in_time = late.clone();
        in_time.due_at = Some(won);
        let mut gap = Gap::new("gap_1".parse().unwrap(), "A cat?", brought);
        gap.answered_at = Some(won);
        let (opportunities, follow_ups, gaps) = ([role], [sent, late, in_time], [gap]);
        let over = |ended_at, is_taken_up, is_served| CameOver { ended_at, is_taken_up, is_served };
        let handed = [over(brought, false, None), over(won, true, Some(true)), over(won, true, None)];
        let day = Day {
            interactions: &[],
            follow_ups: &follow_ups,
            opportunities: &opportunities,
            handed: &handed,
            recovered: &[recovered("int_3", won)],
            merges: &[Merging { merge: merge(brought), undone_at: Some(won) }],
            pairs: &[pair(vec!["linkedin".to_owned()], brought)],
            gaps: &gaps,
        };
        let (first, second, third) = (
            Rollup::of_day(date(2026, 3, 1), &day),
            Rollup::of_day(date(2026, 3, 2), &day),
            Rollup::of_day(date(2026, 3, 3), &day),
        );
        let pipeline = |day: &Rollup| day.pipeline[&Via::Phone][&RelationshipKind::Recruiter].clone();
        assert_eq!((pipeline(&first).brought, pipeline(&first).won), (1, 0));
        assert_eq!((pipeline(&second).brought, pipeline(&second).won), (0, 1));
        assert_eq!(pipeline(&second).value["USD"], 900);
        let in_stage = |day: &Rollup| pipeline(day).days_in_stage;
        assert!(in_stage(&first).is_empty() && in_stage(&second).len() == 1);
        assert_eq!(in_stage(&second).quantile(50), Some(1), "a day as a lead");
        let settled = &second.settled[&Via::Phone][&RelationshipKind::Colleague];
        assert_eq!((first.settled.len(), settled.sent, settled.as_is, settled.late), (0, 3, 3, 1));
        assert_eq!((second.mailed(None), second.mailed(Some(Via::Chat))), (settled.cost, 0));
        assert_eq!(first.handed, Handed { ended: 1, ..Handed::default() });
        assert_eq!(second.handed, Handed { ended: 2, taken_up: 2, known: 1, served: 1 });
        assert_eq!(first.merged, Merged { made: 1, undone: 0, conflicts: 1 });
        assert_eq!(second.merged, Merged { made: 0, undone: 1, conflicts: 0 });
        let recovered = |day: &Rollup| day.tally(|_, kind| kind == RelationshipKind::Recruiter).recovered;
        assert_eq!((recovered(&first), recovered(&second)), (0, 1), "when it was let through");
        assert_eq!(
            (first.gaps.found, first.gaps.filled, second.gaps.found, second.gaps.filled),
            (1, 0, 0, 1)
        );
        assert_eq!(third, Rollup::empty(Span::Day(date(2026, 3, 3))));
    }
}
