use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::{
    analytics::{CameOver, Mark, Period, Report, Subject, Things, Tile},
    contact::{Brought, Money, Opportunity, Source, Stage},
    follow_up::{Content, FollowUp, News, State, Word},
    identity::Assurance,
    interaction::{Analysis, Cost, Intent, Interaction, Left, Measured, Outcome, Status, Waited},
    knowledge::gap::Gap,
    memory::Tie,
    merging::{By, Merge, Merging, Proposal, Verdict},
    routing::RouteKind,
    screening::Recovered,
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
    assert_eq!((first.gaps.found, first.gaps.filled, second.gaps.found, second.gaps.filled), (1, 0, 0, 1));
    assert_eq!(third, Rollup::empty(Span::Day(date(2026, 3, 3))));
}
