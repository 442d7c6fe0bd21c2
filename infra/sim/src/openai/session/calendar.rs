//! Things to do at their time.

use std::collections::BTreeMap;
use std::time::Instant;

#[derive(Debug)]
pub struct Calendar<T> {
    /// Numbered, so that equal times keep their order.
    entries: BTreeMap<(Instant, u64), T>,
    added: u64,
}

impl<T> Default for Calendar<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), added: 0 }
    }
}

impl<T> Calendar<T> {
    pub fn add(&mut self, at: Instant, entry: T) {
        self.added += 1;
        self.entries.insert((at, self.added), entry);
    }

    pub fn next(&self) -> Option<Instant> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// The first entry that is due.
    pub fn take(&mut self, now: Instant) -> Option<T> {
        let first = self.entries.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
