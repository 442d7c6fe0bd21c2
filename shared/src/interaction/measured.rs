//! What is counted of a conversation. It is found once, when the conversation is analysed, and kept with it: no count
//! has to read again what was said.

use std::{collections::BTreeSet, ops::AddAssign};

use jiff::{SignedDuration, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Channel, Interaction, Meter, Outcome, Speaker, Turn, price};
use crate::{contact::RelationshipKind, memory::Tie, talk::feedback::Feedback};

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
    /// How long a caller waited for answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited: Option<Waited>,
    /// How an interview or a rehearsal went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Feedback>,
    /// What it made of how close they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie: Option<Tie>,
    pub cost: Cost,
    /// The day of the list prices by which the cost was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices_as_of: Option<Date>,
}

/// Milliseconds from the end of what the caller said until they heard the answer: half of the turns, and 95 of 100, took
/// no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Waited {
    pub p50_ms: u64,
    pub p95_ms: u64,
}

impl Waited {
    fn of(action: &Action) -> Option<Self> {
        match action {
            Action::TurnsTimed { heard_p50_ms, heard_p95_ms, .. } => {
                Some(Self { p50_ms: *heard_p50_ms, p95_ms: *heard_p95_ms })
            }
            _ => None,
        }
    }
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

/// Of what costs money, what is only played: nothing is paid for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Simulated {
    pub model: bool,
    pub telephony: bool,
    pub mail: bool,
}

/// What a conversation used that is paid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used<'a> {
    /// With what of them was metered.
    pub actions: &'a [Action],
    /// Something was said, so that a model heard or said it.
    pub spoken: bool,
    /// Answers that a model wrote in a chat.
    pub written: u32,
    /// What kind of a line it is was looked up.
    pub looked_up: bool,
}

impl Used<'_> {
    fn metered(&self) -> impl Iterator<Item = (Meter, u64)> {
        self.actions.iter().filter_map(|action| match action {
            Action::Metered { meter, seconds } => Some((*meter, *seconds)),
            _ => None,
        })
    }

    fn seconds(&self, meter: Meter) -> u64 {
        self.metered().filter(|(of, _)| *of == meter).map(|(_, seconds)| seconds).sum()
    }
}

/// Answers in a chat, by what they rest on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    pub grounded: u32,
    pub abstained: u32,
    /// Those that a model wrote.
    pub by_model: u32,
}

impl Measured {
    /// Of a conversation that is over. `answered`: of a chat, whose answers are no actions.
    pub fn of(
        held: &Interaction,
        turns: &[Turn],
        actions: &[Action],
        answered: Answered,
        is_first: bool,
        looked_up: bool,
    ) -> Self {
        let used = Used { actions, spoken: !turns.is_empty(), written: answered.by_model, looked_up };
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
            waited: actions.iter().find_map(Waited::of),
            rehearsed: None,
            tie: None,
            cost: Cost::of(held, &used),
            prices_as_of: Some(price::AS_OF),
        }
    }
}

impl Cost {
    /// Minutes that began are paid, where somebody picked up, and GPT-Live by the second. Where nothing was metered, all of
    /// it was with a realtime model, if anything was said. What is not in it: what a model wrote in a call, recordings, and
    /// transcription by Twilio.
    pub fn of(held: &Interaction, used: &Used<'_>) -> Self {
        let spoken = if used.spoken { minutes(held.seconds()) * price::VOICE_A_MINUTE } else { 0 };
        match held.channel {
            Channel::Chat => Self { telephony: 0, model: u64::from(used.written) * price::ANSWER },
            Channel::Voice => Self { telephony: 0, model: spoken },
            Channel::Phone => {
                let model = match used.metered().next() {
                    Some(_) => used.metered().map(|(meter, seconds)| of_model(meter, seconds)).sum(),
                    None => spoken,
                };
                let looked_up = if used.looked_up { price::LOOK_UP } else { 0 };
                Self { telephony: of_line(held, used) + looked_up, model }
            }
        }
    }

    /// What a talk with the owner costs beside what the twin's part did.
    pub fn with_owner(meter: Meter, seconds: u64) -> Self {
        let owner = minutes(seconds) * price::OUTBOUND_A_MINUTE;
        let telephony = match meter {
            Meter::PutThrough => owner,
            // The caller's line goes on, too.
            Meter::Conference => {
                owner + minutes(seconds) * (price::INBOUND_A_MINUTE + 2 * price::CONFERENCE_A_MINUTE)
            }
            Meter::Realtime | Meter::Live | Meter::Text => 0,
        };
        Self { telephony, model: 0 }
    }

    pub fn sum(self) -> u64 {
        self.telephony.saturating_add(self.model)
    }
}

fn of_line(held: &Interaction, used: &Used<'_>) -> u64 {
    if let Some(Outcome::Screened | Outcome::NoAnswer | Outcome::Busy | Outcome::OutOfService) = held.outcome
    {
        return 0;
    }
    let line = match held.dial {
        Some(_) => price::OUTBOUND_A_MINUTE,
        None => price::INBOUND_A_MINUTE,
    };
    let (all, text) = (held.seconds(), used.seconds(Meter::Text));
    let streamed = all.saturating_sub(text).saturating_sub(used.seconds(Meter::PutThrough));
    let owner: u64 = used.metered().map(|(meter, seconds)| Cost::with_owner(meter, seconds).telephony).sum();
    minutes(all) * line
        + minutes(streamed) * price::STREAM_A_MINUTE
        + minutes(text) * price::RELAY_A_MINUTE
        + owner
}

fn of_model(meter: Meter, seconds: u64) -> u64 {
    match meter {
        Meter::Realtime => minutes(seconds) * price::VOICE_A_MINUTE,
        Meter::Live => (seconds * price::LIVE_A_MINUTE).div_ceil(60),
        Meter::Text | Meter::PutThrough | Meter::Conference => 0,
    }
}

/// Those that began.
fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60)
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.telephony = self.telephony.saturating_add(other.telephony);
        self.model = self.model.saturating_add(other.model);
    }
}

impl Interaction {
    /// With whom it was, as it was read.
    pub fn relationship(&self) -> RelationshipKind {
        self.analysis.as_ref().map(|analysis| analysis.relationship).unwrap_or_default()
    }

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
            words_read: 0,
            came_later: 0,
        }
    }

    fn turn(offset_ms: u64, speaker: Speaker) -> Turn {
        Turn { offset_ms, sequence: 0, speaker, text: String::new(), interrupted: false, heard: None }
    }

    #[test]
    fn a_call_is_measured_by_what_was_done_in_it() {
        let turns = [turn(900, Speaker::Twin), turn(4000, Speaker::Person), turn(6000, Speaker::Twin)];
        let actions = [
            Action::QuestionAnswered { question: "Rust?".to_owned(), sources: vec![] },
            Action::QuestionUnanswered { question: "A cat?".to_owned() },
            Action::MessageTaken { message: "Call me".to_owned() },
            Action::TurnsTimed {
                turns: 2,
                first_audio_p50_ms: 500,
                first_audio_p95_ms: 600,
                heard_p50_ms: 700,
                heard_p95_ms: 1100,
            },
        ];
        let measured =
            Measured::of(&held(Channel::Phone, 61), &turns, &actions, Answered::default(), true, false);
        let telephony = 2 * (price::INBOUND_A_MINUTE + price::STREAM_A_MINUTE);
        let cost = Cost { telephony, model: 2 * price::VOICE_A_MINUTE };
        let expected = Measured {
            is_first: true,
            said: 1,
            grounded: 1,
            abstained: 1,
            left: [Left::Message].into(),
            first_words_ms: Some(900),
            waited: Some(Waited { p50_ms: 700, p95_ms: 1100 }),
            rehearsed: None,
            tie: None,
            cost,
            prices_as_of: Some(price::AS_OF),
        };
        assert_eq!(measured, expected);
    }

    #[test]
    fn a_call_costs_what_it_used() {
        let call = held(Channel::Phone, 90);
        let ended = |outcome| Interaction { outcome: Some(outcome), ..call.clone() };
        let (silent, spoken) = (Used::default(), Used { spoken: true, ..Used::default() });
        for outcome in [Outcome::Screened, Outcome::NoAnswer, Outcome::Busy, Outcome::OutOfService] {
            assert_eq!(Cost::of(&ended(outcome), &silent), Cost::default(), "{outcome:?}");
        }
        let looked_up = Used { looked_up: true, ..silent };
        assert_eq!(Cost::of(&ended(Outcome::Screened), &looked_up).telephony, price::LOOK_UP);
        let inbound = 2 * (price::INBOUND_A_MINUTE + price::STREAM_A_MINUTE);
        let without_model = Cost::of(&ended(Outcome::ModelUnavailable), &silent);
        assert_eq!(without_model, Cost { telephony: inbound, model: 0 });
        let placed = Interaction { dial: Some("dia_1".parse().unwrap()), ..ended(Outcome::Completed) };
        let outbound = 2 * (price::OUTBOUND_A_MINUTE + price::STREAM_A_MINUTE);
        let model = 2 * price::VOICE_A_MINUTE;
        assert_eq!(Cost::of(&placed, &spoken), Cost { telephony: outbound, model });
    }

    #[test]
    fn what_is_metered_is_paid_as_what_it_is() {
        use Meter::{Conference, Live, PutThrough, Realtime, Text};
        let call = held(Channel::Phone, 150);
        let line = 3 * price::INBOUND_A_MINUTE;
        let (streamed, relayed) = (price::STREAM_A_MINUTE, price::RELAY_A_MINUTE);
        for (metered, telephony, model) in [
            (vec![(Realtime, 150)], line + 3 * streamed, 3 * price::VOICE_A_MINUTE),
            (vec![(Live, 90)], line + 3 * streamed, 75_000),
            // A minute of the one, and the rest in text.
            (vec![(Realtime, 60), (Text, 90)], line + streamed + 2 * relayed, price::VOICE_A_MINUTE),
            (vec![(Text, 150)], line + 3 * relayed, 0),
            (vec![(PutThrough, 150)], line + 3 * price::OUTBOUND_A_MINUTE, 0),
            (
                vec![(Realtime, 150), (Conference, 61)],
                line + 3 * streamed + 2 * (price::OUTBOUND_A_MINUTE + price::INBOUND_A_MINUTE + 3_600),
                3 * price::VOICE_A_MINUTE,
            ),
        ] {
            let actions: Vec<Action> =
                metered.iter().map(|&(meter, seconds)| Action::Metered { meter, seconds }).collect();
            let used = Used { actions: &actions, spoken: true, ..Used::default() };
            assert_eq!(Cost::of(&call, &used), Cost { telephony, model }, "{metered:?}");
        }
    }

    /// What the deployment's costs are reckoned with says the same.
    #[test]
    fn there_is_one_price_of_a_thing() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../../infra/cost/prices.json")).unwrap();
        let ours = [
            ("inbound_minute", price::INBOUND_A_MINUTE),
            ("stream_minute", price::STREAM_A_MINUTE),
            ("mail", price::MAIL),
        ];
        for (name, price) in ours {
            let listed = table[name]["per"].as_f64().unwrap() * 1e6;
            assert_eq!(format!("{listed:.0}"), price.to_string(), "{name}");
        }
    }

    #[test]
    fn what_no_model_wrote_costs_nothing() {
        let answered = Answered { grounded: 3, abstained: 1, by_model: 0 };
        let measured =
            Measured::of(&held(Channel::Chat, 300), &[turn(0, Speaker::Twin)], &[], answered, false, false);
        assert_eq!((measured.grounded, measured.abstained), (3, 1));
        assert_eq!((measured.cost, measured.first_words_ms), (Cost::default(), None));
        let written = Answered { by_model: 2, ..answered };
        let measured = Measured::of(&held(Channel::Chat, 300), &[], &[], written, false, false);
        assert_eq!(measured.cost.sum(), 2 * price::ANSWER);
    }
}
