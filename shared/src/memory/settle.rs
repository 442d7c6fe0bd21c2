//! Which of several facts holds. It follows from the facts alone, so it does not matter in which order they came.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{Fact, Predicate};
use crate::{id::FactId, knowledge::claims::normalised};

/// Contradictions that a fact names; the newest.
const MAX_CONTRADICTIONS: usize = 5;

/// What new facts make of those that are known: all of them, and which changed. A fact that is known already changes
/// nothing. Of what is said again and again the first and the last time are kept: else what is read with each conversation
/// would grow with their number.
pub fn learn(known: &[Fact], new: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
    let before: HashSet<&FactId> = known.iter().map(|fact| &fact.id).collect();
    let mut put: Vec<Fact> = Vec::new();
    // One that took another's place is not known by its own id.
    let is_known = |fact: &Fact| {
        let same = |other: &Fact| {
            other.at == fact.at && other.interaction == fact.interaction && other.value == fact.value
        };
        before.contains(&fact.id)
            || known.iter().any(|other| same(other) && group_of(other) == group_of(fact))
    };
    for mut fact in new.into_iter().filter(|fact| !is_known(fact)) {
        if let Some(last) = said_last(known, &put, &fact) {
            (fact.id, fact.version) = (last.id.clone(), last.version);
            put.retain(|other| other.id != fact.id);
        }
        put.push(fact);
    }
    rewrite(known, put)
}

/// The last time that they said the same, if they said it the time before, too, and no surer.
fn said_last<'a>(known: &'a [Fact], put: &'a [Fact], new: &Fact) -> Option<&'a Fact> {
    let replaced: HashSet<&FactId> = put.iter().map(|fact| &fact.id).collect();
    let all = known.iter().filter(|fact| !replaced.contains(&fact.id)).chain(put);
    let group = group_of(new);
    let mut alike: Vec<&Fact> = all.filter(|fact| group_of(fact) == group).collect();
    alike.sort_by_key(|fact| moment(fact));
    let [.., former, last] = alike.as_slice() else { return None };
    let says_it = |fact: &Fact| {
        let is_taken_back = fact.withdrawn.is_some() && fact.predicate != Predicate::Promised;
        normalised(&fact.value) == normalised(&new.value) && fact.owners_word().is_none() && !is_taken_back
    };
    // What is said in one breath is told apart by the ids.
    let is_followed = last.at < new.at && last.confidence <= new.confidence;
    ([former, last, &new].into_iter().all(|fact| says_it(fact)) && is_followed).then_some(last)
}

/// Only those of one group touch one another: with the same subject and predicate, and value where values add up.
fn group_of(fact: &Fact) -> (String, Predicate, String) {
    let value = if fact.predicate.adds_up() { normalised(&fact.value) } else { String::new() };
    (normalised(&fact.subject), fact.predicate, value)
}

/// The same with facts that take the place of those with their id.
pub fn rewrite(known: &[Fact], put: Vec<Fact>) -> (Vec<Fact>, Vec<Fact>) {
    let before: HashMap<&FactId, &Fact> = known.iter().map(|fact| (&fact.id, fact)).collect();
    let replaced: HashSet<&FactId> = put.iter().map(|fact| &fact.id).collect();
    let mut all: Vec<Fact> = known.iter().filter(|fact| !replaced.contains(&fact.id)).cloned().collect();
    all.extend(put);
    let mut all = settled(all);
    let mut changed = Vec::new();
    for fact in &mut all {
        let was = before.get(&fact.id);
        if was.is_none_or(|was| **was != *fact) {
            fact.version = was.map_or(1, |was| was.version + 1);
            changed.push(fact.clone());
        }
    }
    (all, changed)
}

/// Facts with what follows from each other: only those with the same subject and predicate touch one another.
pub fn settled(facts: Vec<Fact>) -> Vec<Fact> {
    let mut groups: BTreeMap<(String, Predicate, String), Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        groups.entry(group_of(&fact)).or_default().push(fact);
    }
    let mut all = Vec::new();
    for mut group in groups.into_values() {
        group.sort_by(|one, other| moment(one).cmp(&moment(other)));
        let withdrawn = withdrawn(&group);
        for fact in &mut group {
            begin(fact, &withdrawn);
        }
        one_holds(&mut group);
        all.extend(group);
    }
    all.sort_by(|one, other| (one.at, one.id.as_str()).cmp(&(other.at, other.id.as_str())));
    all
}

/// When a fact came to count, and what tells facts of one moment apart.
fn moment(fact: &Fact) -> (Timestamp, &str) {
    (fact.owners_word().unwrap_or(fact.at), fact.id.as_str())
}

/// Values that the owner took back, each with the last of its withdrawals.
fn withdrawn(group: &[Fact]) -> HashMap<String, (Timestamp, FactId)> {
    let mut values = HashMap::new();
    for fact in group {
        let Some(withdrawn) = &fact.withdrawn else { continue };
        let last = values.entry(normalised(&fact.value)).or_insert((withdrawn.at, fact.id.clone()));
        if withdrawn.at > last.0 {
            *last = (withdrawn.at, fact.id.clone());
        }
    }
    values
}

/// A fact by itself: it holds from when it was said, unless the owner took it back, or took back the same before.
fn begin(fact: &mut Fact, withdrawn: &HashMap<String, (Timestamp, FactId)>) {
    fact.valid_from = fact.at;
    fact.valid_until = None;
    fact.superseded_by = None;
    fact.contradicted_by.clear();
    if let Some(withdrawn) = &fact.withdrawn {
        fact.valid_until = Some(withdrawn.at);
        fact.superseded_by.clone_from(&withdrawn.corrected_by);
    } else if let Some((at, by)) = withdrawn.get(&normalised(&fact.value)) {
        // What was promised once can be promised again.
        let again = fact.predicate == Predicate::Promised && fact.at > *at;
        if fact.owners_word().is_none() && !again {
            fact.valid_until = Some(fact.at);
            fact.superseded_by = Some(by.clone());
        }
    }
}

/// Goes through those of a group that can hold, in the order of time; one of them is left.
fn one_holds(group: &mut [Fact]) {
    let mut holder: Option<usize> = None;
    for at in 0..group.len() {
        if !group[at].is_current() {
            continue;
        }
        if let Some(held) = holder {
            let same = normalised(&group[held].value) == normalised(&group[at].value);
            if displaces(&group[at], &group[held]) {
                give_way(group, held, at, same);
            } else {
                stay_behind(group, held, at, same);
                continue;
            }
        }
        holder = Some(at);
    }
}

/// The owner's word gives way to the owner's word alone; what was inferred, to what is as sure.
fn displaces(new: &Fact, held: &Fact) -> bool {
    match (new.owners_word(), held.owners_word()) {
        (Some(_), _) => true,
        (None, Some(_)) => false,
        (None, None) => new.confidence >= held.confidence,
    }
}

fn give_way(group: &mut [Fact], old: usize, new: usize, same: bool) {
    group[old].superseded_by = Some(group[new].id.clone());
    if same {
        group[new].valid_from = group[old].valid_from.min(group[new].valid_from);
    } else {
        group[old].valid_until = Some(moment(&group[new]).0);
    }
}

fn stay_behind(group: &mut [Fact], held: usize, new: usize, same: bool) {
    group[new].superseded_by = Some(group[held].id.clone());
    if !same {
        group[new].valid_until = Some(group[new].at);
        let id = group[new].id.clone();
        let contradictions = &mut group[held].contradicted_by;
        contradictions.push(id);
        let excess = contradictions.len().saturating_sub(MAX_CONTRADICTIONS);
        contradictions.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::memory::{Origin, PERSON, Withdrawn};

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
    }

    fn fact(id: &str, predicate: Predicate, value: &str, day: i64, confidence: u8) -> Fact {
        Fact {
            id: format!("fac_{id}").parse().unwrap(),
            subject: PERSON.to_owned(),
            predicate,
            value: value.to_owned(),
            origin: Origin::Conversation,
            quote: Some(value.to_owned()),
            speaker: None,
            interaction: None,
            at: at(day),
            confidence,
            pinned_at: None,
            withdrawn: None,
            valid_from: at(day),
            valid_until: None,
            superseded_by: None,
            contradicted_by: Vec::new(),
            version: 1,
        }
    }

    fn owners(id: &str, predicate: Predicate, value: &str, day: i64) -> Fact {
        Fact { origin: Origin::Owner, quote: None, ..fact(id, predicate, value, day, 100) }
    }

    fn holding(facts: Vec<Fact>) -> Vec<String> {
        settled(facts).into_iter().filter(Fact::is_current).map(|fact| fact.value).collect()
    }

    #[test]
    fn of_what_is_said_again_the_first_and_the_last_time_are_kept() {
        use Predicate::{Promised, WorksAt};
        let mut facts = Vec::new();
        for day in 1..9 {
            let said = fact(&format!("f{day}"), WorksAt, "Northgate", day, 60);
            let (all, changed) = learn(&facts, vec![said.clone()]);
            assert!(changed.len() <= 2, "{changed:?}");
            assert_eq!(learn(&all, vec![said]).1.len(), 0, "the same again changes nothing");
            facts = all;
        }
        let days: Vec<Timestamp> = facts.iter().map(|fact| fact.at).collect();
        assert_eq!(days, [at(1), at(8)]);
        let holds = facts.iter().find(|fact| fact.is_current()).unwrap();
        assert_eq!((holds.at, holds.valid_from), (at(8), at(1)));
        // What comes late, and what is less sure, takes nobody's place.
        let (late, _) = learn(&facts, vec![fact("late", WorksAt, "Muster", 5, 60)]);
        assert_eq!(holding(late.clone()), ["Northgate"]);
        assert_eq!(learn(&facts, vec![fact("unsure", WorksAt, "Northgate", 9, 40)]).0.len(), 3);
        // They left and came back: both times count.
        let (moved, _) = learn(&facts, vec![fact("other", WorksAt, "Muster", 9, 60)]);
        let (back, _) = learn(&moved, vec![fact("back", WorksAt, "Northgate", 10, 60)]);
        assert_eq!((back.len(), holding(back.clone())), (4, vec!["Northgate".to_owned()]));

        let mut promises = Vec::new();
        for day in 1..9 {
            let promise = fact(&format!("p{day}"), Promised, "send the link", day, 100);
            (promises, _) = learn(&promises, vec![promise]);
            assert_eq!(holding(promises.clone()), ["send the link"], "{promises:?}");
            for kept in promises.iter_mut().filter(|fact| fact.is_current()) {
                kept.withdrawn = Some(Withdrawn { at: at(day), corrected_by: None });
            }
        }
        assert_eq!(promises.len(), 2, "{promises:?}");
        let five =
            (1..6).map(|second| fact(&format!("s{second}"), WorksAt, "Northgate", second, 60)).collect();
        assert_eq!(learn(&[], five).0.len(), 2, "nor more often of one conversation");
    }

    #[test]
    fn what_holds() {
        use Predicate::{InterestedIn, Promised, WorksAt};
        let said = |id, value, day, confidence| fact(id, WorksAt, value, day, confidence);
        let pinned = |mut fact: Fact, day| {
            fact.pinned_at = Some(at(day));
            fact
        };
        let withdrawn = |mut fact: Fact, day| {
            fact.withdrawn = Some(Withdrawn { at: at(day), corrected_by: None });
            fact
        };
        let rows: [(&str, Vec<Fact>, &[&str]); 12] = [
            ("the newer", vec![said("a", "Northgate", 1, 70), said("b", "Muster", 2, 70)], &["Muster"]),
            (
                "whenever it comes",
                vec![said("b", "Muster", 2, 70), said("a", "Northgate", 1, 90)],
                &["Northgate"],
            ),
            (
                "not the less sure",
                vec![said("a", "Northgate", 1, 90), said("b", "Muster", 2, 60)],
                &["Northgate"],
            ),
            (
                "the same again",
                vec![said("a", "Northgate", 1, 70), said("b", "northgate!", 2, 70)],
                &["northgate!"],
            ),
            (
                "the owner's",
                vec![owners("a", WorksAt, "Northgate", 1), said("b", "Muster", 2, 95)],
                &["Northgate"],
            ),
            (
                "what is pinned",
                vec![pinned(said("a", "Northgate", 1, 50), 2), said("b", "Muster", 3, 95)],
                &["Northgate"],
            ),
            (
                "the owner's newer word",
                vec![owners("a", WorksAt, "A", 1), owners("b", WorksAt, "B", 2)],
                &["B"],
            ),
            (
                "not what was taken back",
                vec![withdrawn(said("a", "A", 1, 90), 2), said("b", "A", 3, 95)],
                &[],
            ),
            ("what was before it", vec![said("a", "A", 1, 90), withdrawn(said("b", "B", 2, 90), 3)], &["A"]),
            (
                "other subjects",
                vec![
                    said("a", "A", 1, 90),
                    Fact { subject: "their team".to_owned(), ..said("b", "B", 2, 90) },
                ],
                &["A", "B"],
            ),
            (
                "both of two interests",
                vec![fact("a", InterestedIn, "Rust", 1, 70), fact("b", InterestedIn, "Go", 2, 50)],
                &["Rust", "Go"],
            ),
            (
                "a promise made again",
                vec![
                    withdrawn(fact("a", Promised, "send it", 1, 70), 2),
                    fact("b", Promised, "send it", 3, 70),
                ],
                &["send it"],
            ),
        ];
        for (name, facts, expected) in rows {
            assert_eq!(holding(facts), expected, "{name}");
        }
    }

    #[test]
    fn history_says_what_was_when() {
        let all = settled(vec![
            fact("a", Predicate::WorksAt, "Northgate", 1, 70),
            fact("b", Predicate::WorksAt, "Northgate", 3, 70),
            fact("c", Predicate::WorksAt, "Muster", 5, 70),
            fact("d", Predicate::WorksAt, "Elsewhere", 7, 40),
        ]);
        let [first, again, now, unsure] = &all[..] else { panic!("{all:?}") };
        assert_eq!((&first.superseded_by, first.valid_until), (&Some(again.id.clone()), None));
        assert_eq!((again.valid_from, again.valid_until), (at(1), Some(at(5))));
        assert_eq!((again.superseded_by.as_ref(), now.is_current()), (Some(&now.id), true));
        assert_eq!(now.contradicted_by, std::slice::from_ref(&unsure.id));
        assert_eq!((unsure.superseded_by.as_ref(), unsure.valid_until), (Some(&now.id), Some(at(7))));
    }

    #[test]
    fn learning_again_changes_nothing() {
        let new = vec![
            fact("a", Predicate::WorksAt, "Northgate", 1, 70),
            fact("b", Predicate::WorksAt, "Muster", 2, 70),
        ];
        let (all, changed) = learn(&[], new.clone());
        assert_eq!((all.len(), changed.len()), (2, 2));
        assert_eq!(learn(&all, new), (all.clone(), vec![]));
        let (_, changed) = learn(&all, vec![fact("c", Predicate::Budget, "40,000 euros", 3, 70)]);
        assert_eq!(changed.len(), 1, "what is said of something else touches nothing");
    }

    fn some_fact() -> impl Strategy<Value = Fact> {
        let predicate = select(vec![Predicate::WorksAt, Predicate::Budget, Predicate::InterestedIn]);
        let value = select(vec!["A", "B", "C"]);
        let owner = select(vec![0, 0, 0, 1, 2, 3]);
        (0..1000_u32, predicate, value, 0..40_i64, 1..=100_u8, owner).prop_map(
            |(id, predicate, value, day, confidence, owner)| {
                let mut fact = fact(&id.to_string(), predicate, value, day, confidence);
                match owner {
                    1 => fact.origin = Origin::Owner,
                    2 => fact.pinned_at = Some(at(day + 3)),
                    3 => fact.withdrawn = Some(Withdrawn { at: at(day + 5), corrected_by: None }),
                    _ => {}
                }
                fact
            },
        )
    }

    fn some_facts() -> impl Strategy<Value = Vec<Fact>> {
        prop::collection::hash_map(0..1000_u32, some_fact(), 0..14).prop_map(|facts| {
            // No two are said at the same moment.
            let rename = |(number, fact): (u32, Fact)| {
                let at = fact.at + jiff::SignedDuration::from_secs(i64::from(number));
                Fact { id: format!("fac_{number}").parse().unwrap(), at, ..fact }
            };
            facts.into_iter().map(rename).collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_in_which_facts_come_does_not_matter(
            (facts, shuffled) in some_facts().prop_flat_map(|facts| {
                (Just(facts.clone()), Just(facts).prop_shuffle())
            }),
            batch in 1..5_usize,
        ) {
            let at_once = settled(facts.clone());
            let held = |facts: &[Fact]| {
                let mut held: Vec<(Predicate, String)> =
                    facts.iter().filter(|fact| fact.is_current()).map(|fact| (fact.predicate, fact.value.clone())).collect();
                held.sort();
                held
            };
            let mut one_by_one: Vec<Fact> = Vec::new();
            for new in shuffled.chunks(batch) {
                one_by_one = learn(&one_by_one, new.to_vec()).0;
            }
            prop_assert_eq!(held(&one_by_one), held(&at_once));
            prop_assert!(one_by_one.len() <= at_once.len());
            prop_assert_eq!(settled(one_by_one.clone()).iter().filter(|fact| fact.is_current()).count(), held(&one_by_one).len());
            prop_assert_eq!(settled(at_once.clone()), at_once);
        }

        #[test]
        fn nothing_is_lost_and_the_owners_word_holds(facts in some_facts()) {
            let all = settled(facts.clone());
            prop_assert_eq!(all.len(), facts.len());
            for fact in all.iter().filter(|fact| !fact.predicate.adds_up() && fact.is_current()) {
                let rivals = || all.iter().filter(|other| other.predicate == fact.predicate && other.id != fact.id);
                prop_assert!(rivals().all(|other| !other.is_current()), "one value at a time");
                let word = rivals().any(|other| other.withdrawn.is_none() && other.owners_word().is_some());
                prop_assert!(fact.owners_word().is_some() || !word, "the owner's word is displaced");
            }
        }
    }
}
