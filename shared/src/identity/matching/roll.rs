//! All records in memory, found by what they share: a new one is compared with few of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Decision, MAX_PROPOSALS, Proposal, Rarity, Record, blocking::LARGEST_BLOCK, compare, decide};
use crate::id::PersonId;

/// A record is compared with no more than this, with those first with whom it shares what few have.
const MAX_COMPARED: usize = LARGEST_BLOCK;
/// Of one person nobody decides on more at once: who is like many is like nobody in particular.
const MAX_OF_ONE: usize = 3;

#[derive(Default)]
pub struct Roll {
    rows: Vec<(PersonId, Record)>,
    at: HashMap<PersonId, usize>,
    blocks: HashMap<u64, BTreeSet<usize>>,
    rarity: Rarity,
    owners: HashSet<(u64, String)>,
}

/// Two who may be one person, the lesser id first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub both: (PersonId, PersonId),
    pub decision: Decision,
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
        let mut found: Vec<Proposal> = self
            .near(place)
            .into_iter()
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

    /// Pairs of which one is of these people and both may be one person: each once, the likeliest before others.
    pub fn pairs(&self, people: &[PersonId]) -> Vec<Pair> {
        let mut found: BTreeMap<(PersonId, PersonId), Proposal> = BTreeMap::new();
        for person in people {
            for (other, proposal) in self.likely(person) {
                let (one, other) =
                    if *person <= other { (person.clone(), other) } else { (other, person.clone()) };
                found.insert((one, other), proposal);
            }
        }
        let mut found: Vec<((PersonId, PersonId), Proposal)> = found.into_iter().collect();
        found.sort_by(|(_, one), (_, other)| one.likelier(other));
        let pair = |(both, proposal): (_, Proposal)| Pair { both, decision: proposal.decision };
        found.into_iter().map(pair).collect()
    }

    /// With whom a record is compared: whoever shares one of its keys, as long as it says enough.
    fn near(&self, place: usize) -> Vec<usize> {
        let keys = self.rows[place].1.keys.iter();
        let mut blocks: Vec<&BTreeSet<usize>> = keys
            .filter_map(|key| self.blocks.get(key))
            .filter(|block| block.len() <= LARGEST_BLOCK)
            .collect();
        blocks.sort_by_key(|block| block.len());
        let mut seen = HashSet::from([place]);
        let others = blocks.into_iter().flatten().filter(|other| seen.insert(**other));
        others.take(MAX_COMPARED).copied().collect()
    }
}

/// A few pairs of each person, of pairs in the order in which they are to be taken. Who is the same is never left out.
pub fn few(pairs: &[Pair]) -> Vec<(PersonId, PersonId)> {
    let mut times: HashMap<PersonId, usize> = HashMap::new();
    let mut taken = Vec::new();
    for Pair { both, decision } in pairs {
        let is_few = |person| times.get(person).is_none_or(|times| *times < MAX_OF_ONE);
        let are_few = is_few(&both.0) && is_few(&both.1);
        if are_few {
            for person in [&both.0, &both.1] {
                *times.entry(person.clone()).or_default() += 1;
            }
        }
        if are_few || *decision == Decision::Same {
            taken.push(both.clone());
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::matching::Fields;

    fn person(number: usize) -> PersonId {
        format!("per_{number:06}").parse().unwrap()
    }

    /// Namesakes: fifty names, each at one company, everybody with an address of their own.
    fn crowd(of: usize) -> Roll {
        let mut roll = Roll::default();
        for number in 0..of {
            let name = number % 50;
            let fields = Fields {
                name: Some(format!("Dana{name} Haddad{}", name % 7)),
                company: Some(format!("Company {name}")),
                title: Some("Engineer".to_owned()),
                email: Some(format!("c{number}@mail{}.example", number % 97)),
                ..Fields::default()
            };
            roll.put(&person(number), Record::new(&fields));
        }
        roll
    }

    fn compared(roll: &Roll) -> usize {
        (0..roll.rows.len()).map(|place| roll.near(place).len()).sum()
    }

    #[test]
    fn with_more_namesakes_each_is_compared_with_as_many() {
        for of in [1_000, 8_000] {
            assert!(compared(&crowd(of)) <= of * MAX_COMPARED, "{of}");
        }
        let people: Vec<PersonId> = (0..1_000).map(person).collect();
        let pairs = few(&crowd(1_000).pairs(&people));
        let most =
            people.iter().map(|one| pairs.iter().filter(|pair| pair.0 == *one || pair.1 == *one).count());
        assert!(!pairs.is_empty() && most.max() <= Some(MAX_OF_ONE), "{}", pairs.len());
    }

    /// What few share is looked at first, however many namesakes there are.
    #[test]
    fn in_a_crowd_somebody_is_found_by_what_is_theirs() {
        let mut roll = crowd(4_000);
        let with_phone = |name: &str, company: &str| {
            Record::new(&Fields {
                name: Some(name.to_owned()),
                company: Some(company.to_owned()),
                phone: Some("+14155550188".to_owned()),
                ..Fields::default()
            })
        };
        roll.put(&person(20_000), with_phone("Dana3 Haddad3", "Company 3"));
        roll.put(&person(20_001), with_phone("Dana3 Haddad3", "Elsewhere"));
        assert_eq!(few(&roll.pairs(&[person(20_001)])), [(person(20_000), person(20_001))]);
    }
}
