//! What follows from a conversation that is read again, because more of it was heard: nobody gets twice what was planned
//! before, and what has not left yet says what is known by now.

use jiff::Timestamp;

use super::{Content, FollowUp, State};

const SAID_SOMETHING: &str = "they did say something: it was heard later";
const HEARD_FROM_US: &str = "they heard from us about this conversation already: it waits for your word";

/// What is to be written once a conversation was read, perhaps again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Follows {
    pub new: Vec<FollowUp>,
    /// What was planned before, as it was read, and as it is from now on.
    pub changed: Vec<(FollowUp, FollowUp)>,
}

/// Of what is planned now, what is new and what changes. `before`: what was planned when it was read before.
pub fn follows(planned: Vec<FollowUp>, before: &[FollowUp], now: Timestamp) -> Follows {
    let untouched = before.iter().filter(|old| old.is_untouched());
    let changed = untouched.filter_map(|old| Some((old.clone(), old.read_again(&planned, now)?))).collect();
    let is_new = |one: &FollowUp| before.iter().all(|old| old.id != one.id);
    // What stays as it was may have asked them nothing.
    let reminds_of_what_stays = |one: &FollowUp| match &one.content {
        Content::Nudge { about, .. } => before.iter().any(|old| old.id == *about && !old.is_untouched()),
        _ => false,
    };
    let was_written_to = before.iter().any(|old| old.is_to_person() && old.state.has_left());
    let mut new = planned;
    new.retain(|one| is_new(one) && !reminds_of_what_stays(one));
    for one in new.iter_mut().filter(|one| was_written_to && one.is_to_person()) {
        if one.state == State::Approved {
            (one.state, one.problem) = (State::AwaitingApproval, Some(HEARD_FROM_US.to_owned()));
        }
    }
    Follows { new, changed }
}

impl FollowUp {
    /// Nobody has decided about it, changed it or tried to send it.
    fn is_untouched(&self) -> bool {
        let waits = matches!(self.state, State::Planned | State::AwaitingApproval | State::Approved);
        waits && self.attempts == 0 && self.decided.is_none() && self.edited.is_none()
    }

    /// `None`: it stays as it is.
    fn read_again(&self, planned: &[FollowUp], now: Timestamp) -> Option<Self> {
        let next = match planned.iter().find(|one| one.id == self.id) {
            Some(one) if one.content == self.content => return None,
            Some(one) => Self {
                content: one.content.clone(),
                state: one.state,
                reason: one.reason.clone(),
                quote: one.quote.clone(),
                due_at: one.due_at,
                approved: None,
                ..self.clone()
            },
            None if self.content.is_of_a_missed_call() => {
                let problem = Some(SAID_SOMETHING.to_owned());
                Self { state: State::Cancelled, problem, ..self.clone() }
            }
            None => return None,
        };
        Some(Self { updated_at: now, ..next })
    }
}

impl Content {
    pub fn is_of_a_missed_call(&self) -> bool {
        matches!(self, Self::MissedCallEmail { .. } | Self::MissedCallText { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        follow_up::{Links, News, Word},
        id::{InteractionId, PersonId},
        identity::{Email, Phone},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn one(content: Content, state: State) -> FollowUp {
        let of: (PersonId, InteractionId) = ("per_1".parse().unwrap(), "int_1".parse().unwrap());
        FollowUp::of(of, content.kind().key(), content, state, "they called".to_owned(), at(1)).unwrap()
    }

    fn news(message: &str) -> Content {
        Content::news(News::Message, message.to_owned())
    }

    fn text() -> Content {
        Content::MissedCallText { to: Phone::parse("+12125550100").unwrap() }
    }

    fn mail() -> Content {
        Content::MissedCallEmail { to: Email::parse("dana@search.example").unwrap() }
    }

    #[test]
    fn what_is_read_the_first_time_is_new() {
        let planned = vec![one(news("Call me."), State::Approved)];
        let expected = Follows { new: planned.clone(), changed: vec![] };
        assert_eq!(follows(planned, &[], at(2)), expected);
    }

    #[test]
    fn what_left_or_was_decided_stays_and_nothing_comes_twice() {
        let planned = || vec![one(news("Call me, it is about the lighthouse."), State::Approved)];
        let before = one(news("Call me."), State::Approved);
        for touched in [
            FollowUp { state: State::Sent, ..before.clone() },
            FollowUp { state: State::Unknown, ..before.clone() },
            FollowUp { attempts: 1, ..before.clone() },
            FollowUp { decided: Some(Word::AsIs), ..before.clone() },
            before.clone(),
        ] {
            let is_untouched = touched == before;
            let Follows { new, changed } = follows(planned(), std::slice::from_ref(&touched), at(2));
            assert_eq!(new, [], "{touched:?}");
            assert_eq!(changed.len(), usize::from(is_untouched), "{touched:?}");
            if let [(read, next)] = changed.as_slice() {
                assert_eq!((read, &next.content), (&before, &planned()[0].content));
                assert_eq!((next.updated_at, &next.id), (at(2), &before.id));
            }
        }
        let same = follows(planned(), &planned(), at(2));
        assert_eq!(same, Follows::default(), "the same again comes to nothing");
    }

    #[test]
    fn who_said_something_did_not_only_ring() {
        let planned = || vec![one(news("Call me."), State::Approved)];
        let waits = one(text(), State::AwaitingApproval);
        let Follows { new, changed } = follows(planned(), &[waits], at(2));
        assert_eq!((new.len(), changed.len(), changed[0].1.state), (1, 1, State::Cancelled));
        // It has left: what else they get, the owner says.
        let left = one(text(), State::Sent);
        let Follows { new, changed } = follows(vec![one(mail(), State::Approved)], &[left], at(2));
        assert_eq!((new[0].state, changed), (State::AwaitingApproval, vec![]));
    }

    #[test]
    fn nobody_is_reminded_of_what_asked_them_nothing() {
        for (state, expected) in [(State::Sent, 0), (State::Cancelled, 0), (State::Approved, 1)] {
            let before = one(mail(), state);
            let nudge = Content::Nudge {
                to: Email::parse("dana@search.example").unwrap(),
                about: before.id.clone(),
                topic: None,
                links: Links::default(),
            };
            let planned = vec![one(mail(), State::Approved), one(nudge, State::Planned)];
            let Follows { new, changed } = follows(planned, &[before], at(2));
            assert_eq!((new.len(), changed), (expected, vec![]), "{state:?}");
        }
    }
}
