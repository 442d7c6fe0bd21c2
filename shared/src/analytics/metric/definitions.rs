//! What each metric is, and how it is computed: the one place for both.

use super::{Definition, Measure, Unit};
use crate::analytics::{Basis, Event, Mark, Settled, Tally, Things, interval::Ratio};

const REACH: &str = "Who gets in touch";
const OUTCOME: &str = "What comes of it";
const ANSWERS: &str = "How it answers";
const COST: &str = "What it costs";
const FOLLOW_UPS: &str = "Follow-ups";
const TIES: &str = "Staying in touch";
const PEOPLE: &str = "Who is who";

/// As they are shown, those that matter most first.
pub const DEFINITIONS: [Definition; 34] = [
    Definition {
        key: "conversations",
        group: REACH,
        title: "Conversations",
        unit: Unit::Count,
        words: "Conversations that began in this time and are no spam.",
        basis: Basis::conversations(Mark::Heard),
        of: |totals| Measure::Count(totals.tally.of(Mark::Heard)),
    },
    Definition {
        key: "coverage",
        group: REACH,
        title: "Response coverage",
        unit: Unit::Share,
        words: "Conversations that the twin held to an end, among all that are no spam. A call that went to voicemail, \
                found no model, or broke off is not covered; one that goes on is not yet.",
        basis: Basis::share(Mark::Answered, Mark::Heard),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Answered),
            all: totals.tally.of(Mark::Heard),
        },
    },
    Definition {
        key: "missed_caught",
        group: REACH,
        title: "Missed calls caught",
        unit: Unit::Share,
        words: "Calls that left a message or a voicemail, among those that the twin could not take or that broke off.",
        basis: Basis::share(Mark::Caught, Mark::Missed),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Caught),
            all: totals.tally.of(Mark::Missed),
        },
    },
    Definition {
        key: "first_contacts",
        group: REACH,
        title: "New people",
        unit: Unit::Count,
        words: "Conversations with somebody who had never been in touch before, spam left out.",
        basis: Basis::conversations(Mark::FirstContact),
        of: |totals| Measure::Count(totals.tally.of(Mark::FirstContact)),
    },
    Definition {
        key: "qualified",
        group: OUTCOME,
        title: "Qualified",
        unit: Unit::Share,
        words: "Conversations about a role, an interview, a project or rates, among all that are no spam.",
        basis: Basis::share(Mark::Qualified, Mark::Heard),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Qualified),
            all: totals.tally.of(Mark::Heard),
        },
    },
    Definition {
        key: "meeting_of_qualified",
        group: OUTCOME,
        title: "Meeting of qualified",
        unit: Unit::Share,
        words: "Qualified conversations in which a meeting was proposed, among all qualified ones.",
        basis: Basis::share(Mark::Meeting, Mark::Qualified),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Meeting),
            all: totals.tally.of(Mark::Qualified),
        },
    },
    Definition {
        key: "grounded",
        group: ANSWERS,
        title: "Grounded answers",
        unit: Unit::Share,
        words: "Questions that your material supported an answer to, among all that needed a source. The others were \
                answered with \"I don't know\" and became knowledge gaps.",
        basis: Basis::share(Mark::Grounded, Mark::Asked),
        of: |totals| {
            let answers = totals.tally.answers;
            Measure::Share { part: answers.grounded, all: answers.grounded + answers.abstained }
        },
    },
    Definition {
        key: "first_words_p50",
        group: ANSWERS,
        title: "Time to first words, typical",
        unit: Unit::Milliseconds,
        words: "Half of the calls heard the twin's first word sooner than this after they began; the figure is at most \
                an eighth too high.",
        basis: Basis::conversations(Mark::Greeted),
        of: |totals| Measure::Quantile { values: &totals.tally.first_words, percent: 50 },
    },
    Definition {
        key: "first_words_p95",
        group: ANSWERS,
        title: "Time to first words, slowest 5%",
        unit: Unit::Milliseconds,
        words: "95 of 100 calls heard the twin's first word sooner than this after they began.",
        basis: Basis::conversations(Mark::Greeted),
        of: |totals| Measure::Quantile { values: &totals.tally.first_words, percent: 95 },
    },
    Definition {
        key: "turn_wait_p50",
        group: ANSWERS,
        title: "Wait for an answer, typical",
        unit: Unit::Milliseconds,
        words: "From the end of what the caller says until they hear the answer: in half of the calls, half of the \
                answers were heard sooner than this.",
        basis: Basis::conversations(Mark::Waited),
        of: |totals| Measure::Quantile { values: &totals.tally.waits, percent: 50 },
    },
    Definition {
        key: "turn_wait_p95",
        group: ANSWERS,
        title: "Wait for an answer, slowest 5%",
        unit: Unit::Milliseconds,
        words: "From the end of what the caller says until they hear the answer: in half of the calls, 95 of 100 answers \
                were heard sooner than this.",
        basis: Basis::conversations(Mark::Waited),
        of: |totals| Measure::Quantile { values: &totals.tally.long_waits, percent: 50 },
    },
    Definition {
        key: "talk_time",
        group: ANSWERS,
        title: "Time talked",
        unit: Unit::Seconds,
        words: "From the beginning to the end of a conversation, on average, spam left out.",
        basis: Basis::conversations(Mark::Heard),
        of: |totals| {
            let Tally { seconds, seconds_squares, .. } = totals.tally;
            Measure::Mean(Ratio::mean(seconds, totals.tally.of(Mark::Heard), seconds_squares))
        },
    },
    Definition {
        key: "cost_per_conversation",
        group: COST,
        title: "Cost a conversation",
        unit: Unit::MicroDollars,
        words: "Telephony, models and mails by list prices, spam included, divided by conversations that are no spam.",
        basis: Basis::conversations(Mark::Heard),
        of: |totals| totals.cost_per(Mark::Heard, totals.tally.cost_of_heard),
    },
    Definition {
        key: "cost_per_lead",
        group: COST,
        title: "Cost a qualified lead",
        unit: Unit::MicroDollars,
        words: "Telephony, models and mails by list prices, of all conversations, divided by the qualified ones.",
        basis: Basis::conversations(Mark::Qualified),
        of: |totals| totals.cost_per(Mark::Qualified, totals.tally.cost_of_qualified),
    },
    Definition {
        key: "follow_up_wait",
        group: FOLLOW_UPS,
        title: "Time to follow-up",
        unit: Unit::Seconds,
        words: "Half of the follow-ups left sooner than this after the conversation was read, your approval included.",
        basis: Basis::events(Event::FollowUpSent),
        of: |totals| Measure::Quantile { values: &totals.settled.wait, percent: 50 },
    },
    Definition {
        key: "overdue",
        group: FOLLOW_UPS,
        title: "Overdue follow-ups",
        unit: Unit::Share,
        words: "Follow-ups that left more than a day after they were planned, or after their time if they had one, among \
                all that left. What waited for your approval counts, too.",
        basis: Basis::share_of_events(Event::FollowUpLate, Event::FollowUpSent),
        of: |totals| Measure::Share { part: totals.settled.late, all: totals.settled.sent },
    },
    Definition {
        key: "approved_as_is",
        group: FOLLOW_UPS,
        title: "Approved as written",
        unit: Unit::Share,
        words: "Follow-ups that you approved without a word of your own, among all that you decided on.",
        basis: Basis::share_of_events(Event::FollowUpApproved, Event::FollowUpDecided),
        of: |totals| Measure::Share { part: totals.settled.as_is, all: totals.settled.decided() },
    },
    Definition {
        key: "edited",
        group: FOLLOW_UPS,
        title: "Approved with your words",
        unit: Unit::Share,
        words: "Follow-ups that you approved after writing something of your own, among all that you decided on.",
        basis: Basis::share_of_events(Event::FollowUpEdited, Event::FollowUpDecided),
        of: |totals| Measure::Share { part: totals.settled.edited, all: totals.settled.decided() },
    },
    Definition {
        key: "rejected",
        group: FOLLOW_UPS,
        title: "Rejected follow-ups",
        unit: Unit::Share,
        words: "Follow-ups that you rejected, among all that you decided on.",
        basis: Basis::share_of_events(Event::FollowUpRejected, Event::FollowUpDecided),
        of: |totals| Measure::Share { part: totals.settled.rejected, all: totals.settled.decided() },
    },
    Definition {
        key: "not_sent",
        group: FOLLOW_UPS,
        title: "Follow-ups that failed",
        unit: Unit::Share,
        words: "Follow-ups that could not be carried out, among all that were to leave.",
        basis: Basis::share_of_events(Event::FollowUpFailed, Event::FollowUpDue),
        of: |totals| Measure::Share {
            part: totals.settled.failed,
            all: totals.settled.failed + totals.settled.sent,
        },
    },
    Definition {
        key: "days_to_win",
        group: OUTCOME,
        title: "Time to win",
        unit: Unit::Days,
        words: "Half of the opportunities that were won in this time took less than this from when they came up.",
        basis: Basis::events(Event::OpportunityWon),
        of: |totals| Measure::Quantile { values: &totals.pipeline.days_to_win, percent: 50 },
    },
    Definition {
        key: "days_in_stage",
        group: OUTCOME,
        title: "Time in a stage",
        unit: Unit::Days,
        words: "Half of the opportunities that went on to another stage in this time had been in theirs for less than this.",
        basis: Basis::events(Event::OpportunityWentOn),
        of: |totals| Measure::Quantile { values: &totals.pipeline.days_in_stage, percent: 50 },
    },
    Definition {
        key: "new_ties",
        group: TIES,
        title: "New ties",
        unit: Unit::Count,
        words: "Conversations after which somebody was closer than weak for the first time: about two of late, in which \
                both sides spoke.",
        basis: Basis::conversations(Mark::NewTie),
        of: |totals| Measure::Count(totals.tally.of(Mark::NewTie)),
    },
    Definition {
        key: "renewed_ties",
        group: TIES,
        title: "Ties renewed",
        unit: Unit::Count,
        words: "Conversations with somebody who had been close and was not in touch for more than 90 days.",
        basis: Basis::conversations(Mark::RenewedTie),
        of: |totals| Measure::Count(totals.tally.of(Mark::RenewedTie)),
    },
    Definition {
        key: "handoffs",
        group: TIES,
        title: "Asked to go on elsewhere",
        unit: Unit::Share,
        words: "Conversations that asked for a link to go on in another channel, among all that are no spam.",
        basis: Basis::share(Mark::Handoff, Mark::Heard),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Handoff),
            all: totals.tally.of(Mark::Heard),
        },
    },
    Definition {
        key: "handoffs_taken_up",
        group: TIES,
        title: "Gone on elsewhere",
        unit: Unit::Share,
        words: "Links and codes to go on in another channel that were used, among all whose time ended in this period: a \
                link that was mailed works for seven days, one that was shown or texted and a code for minutes.",
        basis: Basis::share_of_events(Event::LinkUsed, Event::LinkEnded),
        of: |totals| Measure::Share { part: totals.handed.taken_up, all: totals.handed.ended },
    },
    Definition {
        key: "handoffs_served",
        group: TIES,
        title: "Served elsewhere",
        unit: Unit::Share,
        words: "Of the conversations that went on elsewhere, those that led there to a meeting, to a message for you, or to \
                answers to all that was asked. Those that wanted nothing of it, or are not read yet, are left out, and \
                so is what went on by voice.",
        basis: Basis::share_of_events(Event::LinkServed, Event::LinkRead),
        of: |totals| Measure::Share { part: totals.handed.served, all: totals.handed.known },
    },
    Definition {
        key: "transferred",
        group: OUTCOME,
        title: "Put through to you",
        unit: Unit::Count,
        words: "Calls that you took over yourself.",
        basis: Basis::conversations(Mark::Transferred),
        of: |totals| Measure::Count(totals.tally.of(Mark::Transferred)),
    },
    Definition {
        key: "spam",
        group: REACH,
        title: "Spam screened",
        unit: Unit::Share,
        words: "Conversations that were taken for an advertisement or a robot, among all. Whoever is known is never \
                refused.",
        basis: Basis::share(Mark::Spam, Mark::Conversation),
        of: |totals| Measure::Share {
            part: totals.tally.of(Mark::Spam),
            all: totals.tally.of(Mark::Conversation),
        },
    },
    Definition {
        key: "spam_recovered",
        group: REACH,
        title: "Spam that was none",
        unit: Unit::Share,
        words: "Calls that were taken for spam and that you let through after all, among all conversations that were taken \
                for it in this time. A call counts on the day you let it through.",
        basis: Basis {
            all: Things::Conversations(Mark::Spam),
            part: Some(Things::Events(Event::SpamRecovered)),
        },
        of: |totals| Measure::Share { part: totals.tally.recovered, all: totals.tally.of(Mark::Spam) },
    },
    Definition {
        key: "merges_undone",
        group: PEOPLE,
        title: "Merges taken back",
        unit: Unit::Share,
        words: "Merges of two records that you took back, among all that the twin or you made in this time. One counts on the \
                day you took it back.",
        basis: Basis::share_of_events(Event::MergeUndone, Event::MergeMade),
        of: |totals| Measure::Share { part: totals.merged.undone, all: totals.merged.made },
    },
    Definition {
        key: "identity_conflicts",
        group: PEOPLE,
        title: "Conflicts of identity",
        unit: Unit::Count,
        words: "Two records that look like one person but have different accounts, found in this time. They are merged on your \
                word alone.",
        basis: Basis::events(Event::ConflictFound),
        of: |totals| Measure::Count(totals.merged.conflicts),
    },
    Definition {
        key: "gaps_found",
        group: ANSWERS,
        title: "New knowledge gaps",
        unit: Unit::Count,
        words: "Questions that came up for the first time and that nothing supported an answer to.",
        basis: Basis::events(Event::GapFound),
        of: |totals| Measure::Count(totals.gaps.found),
    },
    Definition {
        key: "gap_hours",
        group: ANSWERS,
        title: "Time to fill a gap",
        unit: Unit::Hours,
        words: "Half of the gaps that you filled in this time were open for less than this.",
        basis: Basis::events(Event::GapFilled),
        of: |totals| Measure::Quantile { values: &totals.gaps.hours, percent: 50 },
    },
];

impl Settled {
    fn decided(&self) -> u64 {
        self.as_is + self.edited + self.rejected
    }
}
