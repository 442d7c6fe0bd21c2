//! What is open with somebody: it comes from conversations, and goes when it is done, ticked off, or out of date.

use jiff::{SignedDuration, Timestamp};

use super::ConversationState;

/// Open items that are carried along; the newest come first.
const MAX_NEXT_ACTIONS: usize = 10;
/// What nobody did or ticked off for so long is told no more.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);

impl ConversationState {
    /// Takes what a conversation of `at` leaves to do; what was open stays open.
    pub(super) fn opened(&mut self, actions: &[String], newest: bool, at: Timestamp) {
        let open = self.next_actions.drain(..).filter(|open| !actions.contains(open));
        let mut all: Vec<String> = match newest {
            true => actions.iter().cloned().chain(open).collect(),
            false => open.chain(actions.iter().cloned()).collect(),
        };
        all.truncate(MAX_NEXT_ACTIONS);
        self.next_actions = all;
        for action in actions {
            self.ends(action, at.checked_add(OPEN_FOR).unwrap_or(at));
        }
        self.only_known();
    }

    /// An open item ends by itself at this time.
    pub fn ends(&mut self, open: &str, at: Timestamp) {
        if self.next_actions.iter().any(|known| known == open) {
            self.next_actions_until.insert(open.to_owned(), at);
        }
    }

    /// Closes what is done: whether anything was.
    pub fn close(&mut self, is_done: impl Fn(&str) -> bool) -> bool {
        let before = self.next_actions.len();
        self.next_actions.retain(|open| !is_done(open));
        let closed = self.next_actions.len() < before;
        if closed {
            self.only_known();
            self.follow_up_required &= !self.next_actions.is_empty();
        }
        closed
    }

    /// Puts one open item in the place of another.
    pub fn reopen(&mut self, before: &str, now: String, until: Timestamp) {
        for open in self.next_actions.iter_mut().filter(|open| *open == before) {
            open.clone_from(&now);
        }
        self.only_known();
        self.ends(&now, until);
    }

    /// Without what is out of date.
    pub fn tidy(&mut self, now: Timestamp) {
        let until = std::mem::take(&mut self.next_actions_until);
        self.next_actions_until.clone_from(&until);
        self.close(|open| until.get(open).is_some_and(|until| *until <= now));
    }

    pub(super) fn only_known(&mut self) {
        let open = &self.next_actions;
        self.next_actions_until.retain(|known, _| open.contains(known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
    }

    fn opened(actions: &[&str], day: i64) -> ConversationState {
        let mut state = ConversationState { follow_up_required: true, ..ConversationState::default() };
        state.opened(&actions.iter().map(|&open| open.to_owned()).collect::<Vec<_>>(), true, at(day));
        state
    }

    #[test]
    fn what_is_done_is_closed() {
        let mut state = opened(&["call", "send", "meet"], 0);
        assert!(!state.close(|open| open == "nothing"));
        assert!(state.close(|open| open == "send"));
        assert_eq!(
            (state.next_actions.as_slice(), state.follow_up_required),
            (&["call", "meet"].map(str::to_owned)[..], true)
        );
        state.reopen("meet", "meet later".to_owned(), at(5));
        assert!(state.close(|open| open == "call"));
        assert_eq!(
            (state.next_actions.as_slice(), state.next_actions_until["meet later"]),
            (&["meet later".to_owned()][..], at(5))
        );
        assert!(state.close(|_| true));
        assert_eq!(state, ConversationState::default());
    }

    #[test]
    fn what_is_out_of_date_is_open_no_more() {
        let mut state = opened(&["call", "meet"], 0);
        state.ends("meet", at(3));
        state.ends("never there", at(3));
        state.tidy(at(2));
        assert_eq!(state.next_actions.len(), 2);
        state.tidy(at(3));
        assert_eq!(state.next_actions, ["call"]);
        // Asked for again, it is as new.
        state.opened(&["call".to_owned()], true, at(80));
        state.tidy(at(95));
        assert_eq!((state.next_actions.len(), state.follow_up_required), (1, true));
        state.tidy(at(80 + 90));
        assert_eq!(state, ConversationState::default());
    }

    #[test]
    fn the_newest_are_carried_along() {
        let mut state = opened(&[], 0);
        for number in 0..12 {
            state.opened(&[format!("thing {number}")], true, at(number));
        }
        assert_eq!((state.next_actions.len(), state.next_actions_until.len()), (10, 10));
        assert_eq!(state.next_actions[0], "thing 11");
        state.opened(&["older".to_owned()], false, at(1));
        assert_eq!((state.next_actions.len(), state.next_actions_until.contains_key("older")), (10, false));
    }
}
