//! Counts that add up.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, Histogram, Mark, Passage};
use crate::{
    contact::{Currency, Opportunity, Source, Stage},
    follow_up::FollowUp,
    interaction::{Channel, Cost, Interaction, price},
    knowledge::gap::Gap,
};

/// Of conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    pub marks: BTreeMap<Mark, u64>,
    /// Seconds of those that are heard, and the sum of their squares, by which a mean tells how sure it is.
    pub seconds: u64,
    pub seconds_squares: u64,
    pub answers: Answers,
    /// Calls that were taken for spam, and that the owner let through after all.
    pub recovered: u64,
    pub cost: Cost,
    /// The squares of what each cost, and what those cost that are heard and that are qualified: micro-dollars.
    pub cost_squares: u64,
    pub cost_of_heard: u64,
    pub cost_of_qualified: u64,
    /// Milliseconds to the twin's first word, of calls and talks that it answered.
    pub first_words: Histogram,
    /// Milliseconds that callers waited for an answer: the median of each call, and what 95 of 100 of its turns took.
    #[serde(default)]
    pub waits: Histogram,
    #[serde(default)]
    pub long_waits: Histogram,
}

/// Of questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub grounded: u64,
    pub abstained: u64,
}

/// Of follow-ups that came to an end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    pub sent: u64,
    pub late: u64,
    pub failed: u64,
    /// What the owner decided on.
    pub as_is: u64,
    pub edited: u64,
    pub rejected: u64,
    /// Seconds from the plan to the end of those that were sent.
    pub wait: Histogram,
    /// Micro-dollars of mails.
    pub cost: u64,
}

/// Of opportunities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    pub brought: u64,
    pub won: u64,
    pub lost: u64,
    /// Of those that were won, by currency, in whole units.
    pub value: BTreeMap<String, u64>,
    /// Days from the beginning to the win.
    pub days_to_win: Histogram,
    /// Days in a stage, of those that left it.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub days_in_stage: Histogram,
}

/// What an opportunity or a follow-up came of: a conversation, by its channel, or else the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    Chat,
    Voice,
    Phone,
    Owner,
}

/// Of records that are, or may be, one person's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    pub made: u64,
    /// The owner took it back.
    pub undone: u64,
    /// Two would be one, but have different accounts.
    pub conflicts: u64,
}

/// Of questions that nothing supported an answer to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gaps {
    pub found: u64,
    pub filled: u64,
    /// Hours until the owner answered.
    pub hours: Histogram,
}

impl Tally {
    pub fn hold(&mut self, held: &Interaction) {
        for mark in Mark::ALL.into_iter().filter(|mark| mark.holds(held)) {
            *self.marks.entry(mark).or_default() += 1;
        }
        if Mark::Heard.holds(held) {
            self.seconds += held.seconds();
            add_to(&mut self.seconds_squares, squared(held.seconds()));
        }
        let Some(measured) = &held.measured else { return };
        self.answers.grounded += u64::from(measured.grounded);
        self.answers.abstained += u64::from(measured.abstained);
        self.cost += measured.cost;
        let cost = measured.cost.sum();
        add_to(&mut self.cost_squares, squared(cost));
        for (mark, sum) in
            [(Mark::Heard, &mut self.cost_of_heard), (Mark::Qualified, &mut self.cost_of_qualified)]
        {
            if mark.holds(held) {
                add_to(sum, cost);
            }
        }
        if let Some(first) = measured.first_words_ms.filter(|_| Mark::Greeted.holds(held)) {
            self.first_words.count(first);
        }
        if let Some(waited) = measured.waited {
            self.waits.count(waited.p50_ms);
            self.long_waits.count(waited.p95_ms);
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (mark, count) in &other.marks {
            *self.marks.entry(*mark).or_default() += count;
        }
        self.seconds += other.seconds;
        add_to(&mut self.seconds_squares, other.seconds_squares);
        add_to(&mut self.cost_squares, other.cost_squares);
        add_to(&mut self.cost_of_heard, other.cost_of_heard);
        add_to(&mut self.cost_of_qualified, other.cost_of_qualified);
        self.answers.grounded += other.answers.grounded;
        self.answers.abstained += other.answers.abstained;
        self.recovered += other.recovered;
        self.cost += other.cost;
        self.first_words.add(&other.first_words);
        self.waits.add(&other.waits);
        self.long_waits.add(&other.long_waits);
    }

    pub fn of(&self, mark: Mark) -> u64 {
        self.marks.get(&mark).copied().unwrap_or_default()
    }
}

impl Settled {
    /// Each mail costs the same.
    pub fn cost_squares(&self) -> u64 {
        self.cost.saturating_mul(price::MAIL)
    }

    pub fn settle(&mut self, follow_up: &FollowUp) {
        let counted = |event: Event| u64::from(event.is_of(follow_up));
        self.as_is += counted(Event::FollowUpApproved);
        self.edited += counted(Event::FollowUpEdited);
        self.rejected += counted(Event::FollowUpRejected);
        self.failed += counted(Event::FollowUpFailed);
        if !Event::FollowUpSent.is_of(follow_up) {
            return;
        }
        self.sent += 1;
        self.late += counted(Event::FollowUpLate);
        self.cost += price::MAIL;
        let ended = follow_up.settled_at.unwrap_or(follow_up.updated_at);
        self.wait.count(seconds(ended.duration_since(follow_up.planned_at)));
    }

    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.late += other.late;
        self.failed += other.failed;
        self.as_is += other.as_is;
        self.edited += other.edited;
        self.rejected += other.rejected;
        self.wait.add(&other.wait);
        self.cost += other.cost;
    }
}

impl Pipeline {
    pub fn bring(&mut self) {
        self.brought += 1;
    }

    /// It went on from a stage to the next one.
    pub fn go_on(&mut self, passage: &Passage) {
        self.days_in_stage.count(seconds(passage.at.duration_since(passage.since)) / SECONDS_A_DAY);
    }

    pub fn end(&mut self, opportunity: &Opportunity, stage: Stage, at: jiff::Timestamp) {
        match stage {
            Stage::Won => {
                self.won += 1;
                let days = seconds(at.duration_since(opportunity.created_at)) / SECONDS_A_DAY;
                self.days_to_win.count(days);
                if let Some(value) = &opportunity.value {
                    let currency: &Currency = &value.currency;
                    let sum = self.value.entry(currency.as_str().to_owned()).or_default();
                    *sum = sum.saturating_add(value.amount);
                }
            }
            Stage::Lost => self.lost += 1,
            _ => {}
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.brought += other.brought;
        self.won += other.won;
        self.lost += other.lost;
        for (currency, amount) in &other.value {
            let sum = self.value.entry(currency.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
        self.days_to_win.add(&other.days_to_win);
        self.days_in_stage.add(&other.days_in_stage);
    }
}

impl Via {
    pub const ALL: [Self; 4] = [Self::Chat, Self::Voice, Self::Phone, Self::Owner];

    pub fn of(opportunity: &Opportunity) -> Self {
        match (opportunity.source.by, opportunity.source.channel) {
            (Source::Conversation, Some(channel)) => Self::from(channel),
            _ => Self::Owner,
        }
    }

    pub fn of_follow_up(follow_up: &FollowUp) -> Self {
        follow_up.channel.map_or(Self::Owner, Self::from)
    }
}

impl From<Channel> for Via {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Chat => Self::Chat,
            Channel::Voice => Self::Voice,
            Channel::Phone => Self::Phone,
        }
    }
}

impl Merged {
    pub fn add(&mut self, other: &Self) {
        self.made += other.made;
        self.undone += other.undone;
        self.conflicts += other.conflicts;
    }
}

impl Gaps {
    pub fn fill(&mut self, gap: &Gap, at: jiff::Timestamp) {
        self.filled += 1;
        self.hours.count(seconds(at.duration_since(gap.first_asked_at)) / SECONDS_AN_HOUR);
    }

    pub fn add(&mut self, other: &Self) {
        self.found += other.found;
        self.filled += other.filled;
        self.hours.add(&other.hours);
    }
}

const SECONDS_AN_HOUR: u64 = 60 * 60;
const SECONDS_A_DAY: u64 = 24 * SECONDS_AN_HOUR;

/// What is at its end stays there, in whatever order it is added up.
fn add_to(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn squared(value: u64) -> u64 {
    value.saturating_mul(value)
}

/// Clocks differ: what ended before it began took no time.
fn seconds(duration: jiff::SignedDuration) -> u64 {
    u64::try_from(duration.as_secs()).unwrap_or(0)
}
