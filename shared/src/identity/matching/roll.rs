//! All records in memory, found by what they share: a new one is compared with few of them.

use std::collections::{HashMap, HashSet};

use super::{Decision, MAX_PROPOSALS, Proposal, Rarity, Record, blocking::LARGEST_BLOCK, compare, decide};
use crate::id::PersonId;

#[derive(Default)]
pub struct Roll {
    rows: Vec<(PersonId, Record)>,
    at: HashMap<PersonId, usize>,
    blocks: HashMap<u64, HashSet<usize>>,
    rarity: Rarity,
    owners: HashSet<(u64, String)>,
}

impl Roll {
    pub fn rarity(&self) -> &Rarity {
        &self.rarity
    }

    /// Takes a record that is new or changed. What it said before still counts for how rare a value is.
    pub fn put(&mut self, of: &PersonId, record: Record) {
        let at = match self.at.get(of) {
            Some(&at) if self.rows[at].1 == record => return,
            Some(&at) => {
                self.unblock(at);
                at
            }
            None => {
                self.rarity.grow();
                self.at.insert(of.clone(), self.rows.len());
                self.rows.push((of.clone(), Record::default()));
                self.rows.len() - 1
            }
        };
        self.rarity.add(&record, &mut self.owners);
        for key in &record.keys {
            self.blocks.entry(*key).or_default().insert(at);
        }
        self.rows[at].1 = record;
    }

    /// It is nobody's any more.
    pub fn remove(&mut self, of: &PersonId) {
        if let Some(&at) = self.at.get(of) {
            self.unblock(at);
            self.rows[at].1 = Record::default();
        }
    }

    fn unblock(&mut self, at: usize) {
        for key in &self.rows[at].1.keys {
            if let Some(block) = self.blocks.get_mut(key) {
                block.remove(&at);
            }
        }
    }

    /// Who may be the same as this one, the likeliest first.
    pub fn likely(&self, of: &PersonId) -> Vec<(PersonId, Proposal)> {
        let Some(&place) = self.at.get(of) else { return Vec::new() };
        let record = &self.rows[place].1;
        let blocks = record.keys.iter().filter_map(|key| self.blocks.get(key));
        let near: HashSet<usize> =
            blocks.filter(|block| block.len() <= LARGEST_BLOCK).flatten().copied().collect();
        let mut found: Vec<Proposal> = near
            .into_iter()
            .filter(|other| *other != place)
            .filter_map(|other| {
                let score = compare(record, &self.rows[other].1, &self.rarity);
                let decision = decide(&score);
                (decision != Decision::Different).then(|| Proposal {
                    other,
                    decision,
                    why: score.why(),
                    score,
                })
            })
            .collect();
        found.sort_by(Proposal::likelier);
        found.truncate(MAX_PROPOSALS);
        found.into_iter().map(|proposal| (self.rows[proposal.other].0.clone(), proposal)).collect()
    }
}
