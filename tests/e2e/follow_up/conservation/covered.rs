//! What worlds came to, and whether it adds up.

use std::collections::{BTreeMap, HashMap};

use twin::follow_up::State;

/// What worlds came to.
#[derive(Default)]
pub(super) struct Covered {
    pub(super) schedules: usize,
    pub(super) became: HashMap<State, usize>,
    pub(super) happened: BTreeMap<&'static str, usize>,
    pub(super) mails: usize,
    pub(super) texts: usize,
}

impl Covered {
    pub(super) fn and(mut self, other: Self) -> Self {
        self.schedules += other.schedules;
        self.mails += other.mails;
        self.texts += other.texts;
        for (state, times) in other.became {
            *self.became.entry(state).or_default() += times;
        }
        for (what, times) in other.happened {
            *self.happened.entry(what).or_default() += times;
        }
        self
    }

    fn of(&self, states: &[State]) -> usize {
        states.iter().filter_map(|state| self.became.get(state)).sum()
    }

    /// Planned is the sum of what became of it, and all that may become of it did.
    pub(super) fn check(&self) {
        use State::{
            AwaitingApproval, Bounced, Cancelled, Complained, Dead, Delivered, Failed, Sent, Unknown,
        };
        let sent = self.of(&[Sent, Delivered, Bounced, Complained]);
        let others = [Failed, Cancelled, Unknown, AwaitingApproval, Dead].map(|state| self.of(&[state]));
        assert_eq!(self.schedules, sent + others.iter().sum::<usize>(), "{:?}", self.became);
        for state in [Sent, Delivered, Failed, Cancelled, Unknown, AwaitingApproval, Dead] {
            assert!(self.became.contains_key(&state), "{state:?} was reached: {:?}", self.became);
        }
    }
}

impl std::fmt::Display for Covered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { schedules, mails, texts, .. } = self;
        writeln!(f, "{schedules} schedules, {mails} mails and {texts} texts left")?;
        for (state, times) in self.became.iter().map(|(state, times)| (state.words(), times)) {
            writeln!(f, "  {times:6} are {state}")?;
        }
        self.happened.iter().try_for_each(|(what, times)| writeln!(f, "  {times:6} times {what}"))
    }
}
