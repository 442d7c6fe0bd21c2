//! What came of links and codes with which conversations were to go on elsewhere.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::interaction::{Interaction, Left, Status};

/// A link or a code whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameOver {
    pub ended_at: Timestamp,
    pub is_taken_up: bool,
    /// Of the conversation that it was taken up in.
    pub is_served: Option<bool>,
}

/// Of links and codes whose time is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handed {
    pub ended: u64,
    pub taken_up: u64,
    /// Taken up, where it is known whether they got what they came for.
    pub known: u64,
    pub served: u64,
}

impl Handed {
    pub fn hold(&mut self, one: &CameOver) {
        let counted = |event: Event| u64::from(event.came_of(one));
        self.ended += counted(Event::LinkEnded);
        self.taken_up += counted(Event::LinkUsed);
        self.known += counted(Event::LinkRead);
        self.served += counted(Event::LinkServed);
    }

    pub fn add(&mut self, other: &Self) {
        self.ended += other.ended;
        self.taken_up += other.taken_up;
        self.known += other.known;
        self.served += other.served;
    }
}

/// Whether somebody got what they came for: a meeting, word left for the owner, or answers to all that they asked. `None`:
/// it is not read yet, or they wanted nothing of that.
pub fn served(held: &Interaction) -> Option<bool> {
    let measured = held.measured.as_ref().filter(|_| held.status == Status::Analysed)?;
    let is_left = measured.left.contains(&Left::Meeting) || measured.left.contains(&Left::Message);
    match (measured.grounded, measured.abstained) {
        _ if is_left => Some(true),
        (0, 0) => None,
        (_, abstained) => Some(abstained == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::Assurance,
        interaction::{Channel, Measured},
        routing::RouteKind,
    };

    fn held(status: Status, measured: Measured) -> Interaction {
        Interaction {
            id: "int_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel: Channel::Chat,
            call_sid: None,
            dial: None,
            host: None,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            status,
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            outcome: None,
            analysis: None,
            measured: Some(measured),
            words_read: 0,
            came_later: 0,
        }
    }

    #[test]
    fn who_wanted_something_got_it_or_not() {
        let asked = |grounded, abstained| Measured { grounded, abstained, ..Measured::default() };
        let met = Measured { left: [Left::Meeting].into(), ..asked(0, 1) };
        let told = Measured { left: [Left::Message].into(), ..Measured::default() };
        let went_on = Measured { left: [Left::Handoff].into(), ..Measured::default() };
        for (measured, expected) in [
            (asked(2, 0), Some(true)),
            (asked(2, 1), Some(false)),
            (asked(0, 1), Some(false)),
            (asked(0, 0), None),
            (met, Some(true)),
            (told, Some(true)),
            (went_on, None),
        ] {
            assert_eq!(served(&held(Status::Analysed, measured.clone())), expected, "{measured:?}");
            assert_eq!(served(&held(Status::Closed, measured)), None, "not read yet");
        }
    }
}
