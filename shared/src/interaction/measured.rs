//! What is counted of a conversation. It is found once, when the conversation is analysed, and kept with it: no count
//! has to read again what was said.

use std::{collections::BTreeSet, ops::AddAssign};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Channel, Interaction, Speaker, Turn};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Measured {
    /// Nobody knew the person before.
    pub is_first: bool,
    /// Turns of the person.
    pub said: u32,
    /// Questions that sources supported an answer to.
    pub grounded: u32,
    /// Questions that nothing supported an answer to.
    pub abstained: u32,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<Left>,
    /// Milliseconds from the start of a call to the twin's first word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_words_ms: Option<u64>,
    pub cost: Cost,
}

/// What a conversation leaves to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// A meeting was proposed or booked.
    Meeting,
    /// A message, a voicemail, or the wish to be called back.
    Message,
    /// The wish to go on in another channel.
    Handoff,
}

impl Left {
    fn of(action: &Action) -> Option<Self> {
        match action {
            Action::MeetingProposed { .. } | Action::MeetingBooked { .. } => Some(Self::Meeting),
            Action::MessageTaken { .. } | Action::VoicemailLeft { .. } | Action::CallbackRequested { .. } => {
                Some(Self::Message)
            }
            Action::HandoffRequested { .. } => Some(Self::Handoff),
            _ => None,
        }
    }
}

/// What a conversation cost by list prices, in micro-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cost {
    pub telephony: u64,
    pub model: u64,
}

/// Answers in a chat, by what they rest on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    pub grounded: u32,
    pub abstained: u32,
    /// Those that a model wrote.
    pub by_model: u32,
}

/// List prices, in micro-dollars. Sources: Twilio's voice prices for a local number in the US, inbound, with media
/// streams; OpenAI's prices of realtime audio, half of a minute heard and half said; both as of 2026-09.
pub mod price {
    pub const TELEPHONY_A_MINUTE: u64 = 8_500 + 4_000;
    pub const VOICE_A_MINUTE: u64 = 60_000;
    /// A written answer, as the day's budget takes it.
    pub const ANSWER: u64 = 4_000;
    /// A mail: SES's $0.10 for a thousand.
    pub const MAIL: u64 = 100;
}

impl Measured {
    /// Of a conversation that is over. `answered`: of a chat, whose answers are no actions.
    pub fn of(
        held: &Interaction,
        turns: &[Turn],
        actions: &[Action],
        answered: Answered,
        is_first: bool,
    ) -> Self {
        let count = |is: fn(&Action) -> bool| actions.iter().filter(|action| is(action)).count();
        let first =
            turns.iter().filter(|turn| turn.speaker == Speaker::Twin).map(|turn| turn.offset_ms).min();
        Self {
            is_first,
            said: small(turns.iter().filter(|turn| turn.speaker == Speaker::Person).count()),
            grounded: answered.grounded + small(count(|one| matches!(one, Action::QuestionAnswered { .. }))),
            abstained: answered.abstained
                + small(count(|one| matches!(one, Action::QuestionUnanswered { .. }))),
            left: actions.iter().filter_map(Left::of).collect(),
            first_words_ms: first.filter(|_| held.channel != Channel::Chat),
            cost: Cost::of(held, answered.by_model),
        }
    }
}

impl Cost {
    /// Minutes that began are paid; `written` answers of a model.
    pub fn of(held: &Interaction, written: u32) -> Self {
        let minutes = held.seconds().div_ceil(60);
        let (telephony, model) = match held.channel {
            Channel::Chat => (0, u64::from(written) * price::ANSWER),
            Channel::Voice => (0, minutes * price::VOICE_A_MINUTE),
            Channel::Phone => (minutes * price::TELEPHONY_A_MINUTE, minutes * price::VOICE_A_MINUTE),
        };
        Self { telephony, model }
    }

    pub fn sum(self) -> u64 {
        self.telephony.saturating_add(self.model)
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.telephony = self.telephony.saturating_add(other.telephony);
        self.model = self.model.saturating_add(other.model);
    }
}

impl Interaction {
    /// How long it lasted; 0 while it goes on.
    pub fn seconds(&self) -> u64 {
        let lasted =
            self.ended_at.map_or(SignedDuration::ZERO, |ended| ended.duration_since(self.started_at));
        u64::try_from(lasted.as_secs()).unwrap_or(0)
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::Assurance, interaction::Status, routing::RouteKind};

    fn held(channel: Channel, seconds: i64) -> Interaction {
        let started_at = jiff::Timestamp::from_second(1_790_000_000).unwrap();
        Interaction {
            id: "int_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            status: Status::Closed,
            started_at,
            ended_at: Some(started_at + SignedDuration::from_secs(seconds)),
            outcome: None,
            analysis: None,
            measured: None,
        }
    }

    fn turn(offset_ms: u64, speaker: Speaker) -> Turn {
        Turn { offset_ms, sequence: 0, speaker, text: String::new(), interrupted: false }
    }

    #[test]
    fn a_call_is_measured_by_what_was_done_in_it() {
        let turns = [turn(900, Speaker::Twin), turn(4000, Speaker::Person), turn(6000, Speaker::Twin)];
        let actions = [
            Action::QuestionAnswered { question: "Rust?".to_owned(), sources: vec![] },
            Action::QuestionUnanswered { question: "A cat?".to_owned() },
            Action::MessageTaken { message: "Call me".to_owned() },
        ];
        let measured = Measured::of(&held(Channel::Phone, 61), &turns, &actions, Answered::default(), true);
        let cost = Cost { telephony: 2 * price::TELEPHONY_A_MINUTE, model: 2 * price::VOICE_A_MINUTE };
        let expected = Measured {
            is_first: true,
            said: 1,
            grounded: 1,
            abstained: 1,
            left: [Left::Message].into(),
            first_words_ms: Some(900),
            cost,
        };
        assert_eq!(measured, expected);
    }

    #[test]
    fn what_no_model_wrote_costs_nothing() {
        let answered = Answered { grounded: 3, abstained: 1, by_model: 0 };
        let measured =
            Measured::of(&held(Channel::Chat, 300), &[turn(0, Speaker::Twin)], &[], answered, false);
        assert_eq!((measured.grounded, measured.abstained), (3, 1));
        assert_eq!((measured.cost, measured.first_words_ms), (Cost::default(), None));
        let written = Answered { by_model: 2, ..answered };
        let measured = Measured::of(&held(Channel::Chat, 300), &[], &[], written, false);
        assert_eq!(measured.cost.sum(), 2 * price::ANSWER);
    }
}
