//! What a conversation leaves the owner to do, in words: the same action always in the same ones, so that whatever does
//! it finds them again.

use jiff::{SignedDuration, Timestamp};

use super::Action;
use crate::identity::Phone;

const CONFIRM: &str = "Confirm a time to talk about";
const MEET: &str = "Meet them about";
/// After the beginning of a meeting nobody has to be reminded of it any more.
const MET_AFTER: SignedDuration = SignedDuration::from_hours(2);

impl Action {
    /// What it leaves to do.
    pub fn leaves(&self) -> Option<String> {
        match self {
            Self::MeetingProposed { topic, preferred_times, .. } => {
                Some(format!("{CONFIRM} “{topic}”{}", in_brackets(&preferred_times.join(" or "))))
            }
            Self::MeetingBooked { topic, start, .. } => Some(format!("{MEET} “{topic}” ({})", utc(*start))),
            Self::MessageTaken { message } => Some(format!("Read their message: “{message}”")),
            Self::CallbackRequested { phone, when, .. } => {
                Some(format!("{}{}", call_back(phone), in_brackets(when.as_deref().unwrap_or_default())))
            }
            Self::HandoffRequested { as_code: true, .. } => {
                Some("Send the code to go on elsewhere".to_owned())
            }
            Self::HandoffRequested { .. } => Some("Send the link to the chat".to_owned()),
            Self::QuestionUnanswered { question } => Some(format!("Answer their question: “{question}”")),
            Self::VoicemailLeft { .. } => Some("Listen to their voicemail".to_owned()),
            _ => None,
        }
    }

    /// A meeting as it stands after all that was done; `None`: it was cancelled.
    fn as_changed(&self, all: &[Self]) -> Option<Self> {
        let Self::MeetingBooked { booking, topic, .. } = self else { return Some(self.clone()) };
        let changed = all.iter().rev().find_map(|action| match action {
            Self::MeetingChanged { booking: other, to, .. } if other == booking => Some(*to),
            _ => None,
        });
        match changed {
            None => Some(self.clone()),
            Some(to) => {
                Some(Self::MeetingBooked { booking: booking.clone(), topic: topic.clone(), start: to? })
            }
        }
    }

    /// Until when that is of use, where it ends by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::MeetingBooked { start, .. } => start.checked_add(MET_AFTER).ok(),
            _ => None,
        }
    }
}

/// Each with its number, but a wish to be called that was said again: whoever gives their number is asked when it suits.
pub fn standing(actions: &[Action]) -> impl Iterator<Item = (usize, &Action)> {
    let is_said_again = |number: usize, action: &Action| {
        let Action::CallbackRequested { phone, .. } = action else { return false };
        let mut later = actions[number + 1..].iter();
        later.any(|other| matches!(other, Action::CallbackRequested { phone: other, .. } if other == phone))
    };
    actions.iter().enumerate().filter(move |(number, action)| !is_said_again(*number, action))
}

/// What all of these leave to do: who has booked waits for no time any more.
pub fn next_actions(actions: &[Action]) -> Vec<(String, Option<Timestamp>)> {
    let has_booked = actions.iter().any(|action| matches!(action, Action::MeetingBooked { .. }));
    let left = standing(actions).filter_map(|(_, action)| {
        let action = action.as_changed(actions)?;
        Some((action.leaves()?, action.until()))
    });
    left.filter(|(open, _)| !has_booked || !waits_for_a_time(open)).collect()
}

/// Done by a booking.
pub fn waits_for_a_time(open: &str) -> bool {
    open.starts_with(CONFIRM)
}

/// Done by a call to this number.
pub fn waits_for_a_call(open: &str, phone: &Phone) -> bool {
    let call = call_back(phone);
    open.strip_prefix(&call).is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
}

/// Over with the meeting at this time.
pub fn is_meeting_at(open: &str, start: Timestamp) -> bool {
    open.starts_with(MEET) && open.ends_with(&format!("({})", utc(start)))
}

/// The same about a meeting that was moved.
pub fn moved(open: &str, from: Timestamp, to: Timestamp) -> String {
    open.replace(&utc(from), &utc(to))
}

pub fn met_by(start: Timestamp) -> Timestamp {
    start.checked_add(MET_AFTER).unwrap_or(start)
}

fn call_back(phone: &Phone) -> String {
    format!("Call them back on {}", phone.written())
}

pub(crate) fn utc(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_again() {
        let phone = Phone::parse("+14155550123").unwrap();
        let start: Timestamp = "2026-03-10T15:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-03-11T09:30:00Z".parse().unwrap();
        let proposed = Action::MeetingProposed {
            topic: "payments".to_owned(),
            preferred_times: vec!["Tuesday".to_owned(), "Friday".to_owned()],
            duration_minutes: 30,
        };
        let call =
            Action::CallbackRequested { phone: phone.clone(), when: Some("at noon".to_owned()), at: None };
        let booked =
            Action::MeetingBooked { booking: "bkg_1".parse().unwrap(), topic: "payments".to_owned(), start };
        let open = |action: &Action| action.leaves().unwrap();
        assert_eq!(open(&proposed), "Confirm a time to talk about “payments” (Tuesday or Friday)");
        assert!(waits_for_a_time(&open(&proposed)) && !waits_for_a_time(&open(&booked)));
        assert!(waits_for_a_call(&open(&call), &phone));
        assert!(!waits_for_a_call(&open(&call), &Phone::parse("+14155550124").unwrap()));
        assert!(is_meeting_at(&open(&booked), start) && !is_meeting_at(&open(&booked), later));
        let moved = moved(&open(&booked), start, later);
        assert_eq!(moved, "Meet them about “payments” (11 March 2026, 09:30 UTC)");
        assert_eq!(
            next_actions(&[proposed.clone(), call.clone()]),
            [(open(&proposed), None), (open(&call), None)]
        );
        let number = Action::CallbackRequested { phone: phone.clone(), when: None, at: None };
        let other = Phone::parse("+14155550124").unwrap();
        let other = Action::CallbackRequested { phone: other, when: None, at: None };
        assert_eq!(
            next_actions(&[number, other.clone(), call.clone()]),
            [(open(&other), None), (open(&call), None)],
            "a number and when it suits are one wish"
        );
        assert_eq!(
            next_actions(&[proposed, booked.clone(), call.clone()]),
            [(open(&booked), Some(met_by(start))), (open(&call), None)]
        );
    }
}
