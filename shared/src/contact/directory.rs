//! All contacts in memory: filtered, sorted and searched by looking at each, which takes milliseconds for tens of
//! thousands. What it answers are ids in their order; what a contact says, its own item says.

mod filter;
mod page;

pub use self::{
    filter::Filter,
    page::{Page, Place, Sort},
};

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use self::filter::Wanted;
use super::{Card, Contact, Note, RelationshipKind, Strength, card::folded, connections::Connections};
use crate::{
    id::{NoteId, PersonId},
    interaction::{Channel, Importance},
};

#[derive(Default)]
pub struct Directory {
    rows: Vec<Row>,
    at: HashMap<PersonId, usize>,
    /// Folded texts of notes, also of people whose card is still to come.
    notes: HashMap<PersonId, BTreeMap<NoteId, String>>,
    /// Who was merged into whom, and who was merged into somebody.
    merged: HashMap<PersonId, PersonId>,
    absorbed: HashMap<PersonId, Vec<PersonId>>,
    connections: Connections,
}

struct Row {
    person: PersonId,
    name: Box<str>,
    company: Box<str>,
    tags: Box<[String]>,
    /// What words are looked for in: the card's, then those of notes.
    text: Box<str>,
    /// Where the notes begin in it.
    notes: usize,
    relationship: RelationshipKind,
    importance: Importance,
    channels: Box<[Channel]>,
    last_contact: Option<Timestamp>,
    strength: Strength,
    created_at: Timestamp,
    forget_at: Option<Timestamp>,
}

impl Directory {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes a card that is new or changed.
    pub fn put(&mut self, card: Card) {
        if card.merged_into.is_some() {
            self.remove_row(&card.person);
            self.settle(&card.person, card.merged_into.as_ref());
            return;
        }
        self.connections.put(&card);
        let row = Row::of(card);
        let person = row.person.clone();
        if let Some(&at) = self.at.get(&person) {
            self.rows[at] = row;
        } else {
            self.at.insert(person.clone(), self.rows.len());
            self.rows.push(row);
        }
        self.settle(&person, None);
        self.join_notes(&person);
    }

    /// Takes a note that is new, changed or deleted.
    pub fn put_note(&mut self, note: &Note) {
        let notes = self.notes.entry(note.person.clone()).or_default();
        if note.deleted_at.is_some() {
            notes.remove(&note.id);
        } else {
            notes.insert(note.id.clone(), folded(&note.text));
        }
        if notes.is_empty() {
            self.notes.remove(&note.person);
        }
        self.join_notes(&note.person);
    }

    /// Somebody is gone.
    pub fn remove(&mut self, person: &PersonId) {
        self.notes.remove(person);
        self.settle(person, None);
        self.remove_row(person);
    }

    fn settle(&mut self, person: &PersonId, into: Option<&PersonId>) {
        if self.merged.get(person) == into {
            return;
        }
        if let Some(before) = self.merged.remove(person) {
            if let Some(absorbed) = self.absorbed.get_mut(&before) {
                absorbed.retain(|one| one != person);
            }
            self.join_notes(&before);
        }
        if let Some(into) = into {
            self.merged.insert(person.clone(), into.clone());
            self.absorbed.entry(into.clone()).or_default().push(person.clone());
            self.join_notes(into);
        }
    }

    /// Notes of somebody are found with who they are now: with those of all who were merged into them.
    fn join_notes(&mut self, person: &PersonId) {
        // Cards come one by one: for a moment two may say that each was merged into the other.
        let mut into =
            std::iter::successors(Some(person), |one| self.merged.get(*one)).take(self.merged.len() + 1);
        let Some(at) = into.find_map(|one| self.at.get(one).copied()) else { return };
        let row = &self.rows[at];
        let mut text = row.text[..row.notes].to_owned();
        self.add_notes(&row.person, &mut text);
        self.rows[at].text = text.into();
    }

    fn add_notes(&self, person: &PersonId, text: &mut String) {
        text.extend(self.notes.get(person).into_iter().flat_map(BTreeMap::values).map(String::as_str));
        for one in self.absorbed.get(person).into_iter().flatten() {
            self.add_notes(one, text);
        }
    }

    /// Whether it holds for somebody, or for one of those who were merged into them.
    fn any_of(&self, person: &PersonId, holds: &impl Fn(&PersonId) -> bool) -> bool {
        let absorbed = self.absorbed.get(person).map(Vec::as_slice).unwrap_or_default();
        holds(person) || absorbed.iter().any(|one| self.any_of(one, holds))
    }

    /// The owner's connections who work or worked where somebody works, and how they are named.
    pub fn connections(&self, contact: &Contact) -> Vec<(PersonId, String)> {
        self.connections.of(contact)
    }

    fn remove_row(&mut self, person: &PersonId) {
        self.connections.remove(person);
        if let Some(at) = self.at.remove(person) {
            self.rows.swap_remove(at);
            if let Some(moved) = self.rows.get(at) {
                self.at.insert(moved.person.clone(), at);
            }
        }
    }

    /// The first `limit` after a place.
    pub fn page(
        &self,
        filter: &Filter,
        sort: Sort,
        after: Option<&Place>,
        limit: usize,
        now: Timestamp,
    ) -> Page {
        let wanted = Wanted::of(filter);
        let matching = self.rows.iter().filter(|row| {
            row.forget_at.is_none_or(|at| at > now) && wanted.is(row) && self.is_among(filter, row)
        });
        sort.page(matching.collect(), after, limit)
    }

    fn is_among(&self, filter: &Filter, row: &Row) -> bool {
        let is_in = |people: &HashSet<PersonId>| self.any_of(&row.person, &|one| people.contains(one));
        filter.among.as_ref().is_none_or(is_in) && !filter.without.as_ref().is_some_and(is_in)
    }
}

impl Row {
    fn is_dormant(&self, since: Timestamp) -> bool {
        self.strength > Strength::Weak && self.last_contact.is_some_and(|last| last < since)
    }

    fn of(card: Card) -> Self {
        let text = card.text();
        Self {
            notes: text.len(),
            text: text.into(),
            name: card.name.as_deref().map(folded).unwrap_or_default().into(),
            company: card.company.as_deref().map(folded).unwrap_or_default().into(),
            tags: card.tags.iter().map(|tag| folded(tag)).collect(),
            person: card.person,
            relationship: card.relationship,
            importance: card.importance,
            channels: card.channels.into(),
            last_contact: card.last_contact,
            strength: card.strength,
            created_at: card.created_at,
            forget_at: card.forget_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contact::Contact;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn card(number: usize, name: &str) -> Card {
        let second = i64::try_from(number).unwrap();
        let mut contact = Contact::new(format!("per_{number:03}").parse().unwrap(), None, at(second));
        contact.name = (!name.is_empty()).then(|| name.to_owned());
        contact.relationship.last_contact = (!number.is_multiple_of(3)).then(|| at(second / 2));
        Card::of(&contact)
    }

    fn found(directory: &Directory, filter: &Filter) -> Vec<String> {
        let page = directory.page(filter, Sort::Name, None, 100, at(1000));
        assert_eq!(page.total, page.people.len());
        page.people.iter().map(|person| person.suffix().to_owned()).collect()
    }

    #[test]
    fn words_begin_words_anywhere() {
        let mut directory = Directory::default();
        let mut dana = card(1, "Dana Núñez");
        dana.company = Some("Northgate Payments".to_owned());
        dana.tags = vec!["Rust".to_owned()];
        dana.summary = Some("A staff role, in May.".to_owned());
        directory.put(dana.clone());
        directory.put(card(2, "Dan Other"));
        let mut note =
            Note::new("not_1".parse().unwrap(), dana.person.clone(), "Met in Łódź".to_owned(), at(1));
        directory.put_note(&note);
        let words = |words: &str| Filter { words: Some(words.to_owned()), ..Filter::default() };
        for (text, who) in [
            ("dan", vec!["002", "001"]),
            ("nunez NORTH", vec!["001"]),
            ("rust lodz", vec![]),
            ("rust łodz", vec!["001"]),
            ("gate", vec![]),
            ("staff may", vec!["001"]),
            ("", vec!["002", "001"]),
            ("…", vec!["002", "001"]),
        ] {
            assert_eq!(found(&directory, &words(text)), who, "{text}");
        }
        note.delete(at(2));
        directory.put_note(&note);
        assert!(found(&directory, &words("met")).is_empty());
        directory.remove(&dana.person);
        assert_eq!(found(&directory, &Filter::default()), ["002"]);
    }

    #[test]
    fn notes_go_where_people_are_merged() {
        let mut directory = Directory::default();
        let (dana, other, third) = (card(1, "Dana"), card(2, "Other"), card(3, "Third"));
        let into = |one: &Card, whom: &Card| Card { merged_into: Some(whom.person.clone()), ..one.clone() };
        let mut note =
            Note::new("not_1".parse().unwrap(), dana.person.clone(), "Met in Rome".to_owned(), at(1));
        directory.put_note(&note);
        for card in [&dana, &other, &third] {
            directory.put(card.clone());
        }
        let met = Filter { words: Some("met rome".to_owned()), ..Filter::default() };
        assert_eq!(found(&directory, &met), ["001"], "a note may come before the card");
        directory.put(into(&dana, &other));
        assert_eq!(found(&directory, &met), ["002"]);
        directory.put(into(&other, &third));
        assert_eq!(found(&directory, &met), ["003"], "two merges on");
        directory.put(Card { company: Some("Northgate".to_owned()), ..third.clone() });
        assert_eq!(found(&directory, &met), ["003"], "also when the card changes");
        "Met in Oslo".clone_into(&mut note.text);
        directory.put_note(&note);
        assert!(found(&directory, &met).is_empty());
        let oslo = Filter { words: Some("oslo".to_owned()), ..Filter::default() };
        assert_eq!(found(&directory, &oslo), ["003"]);
        directory.put(other.clone());
        assert_eq!(found(&directory, &oslo), ["002"], "a merge that was undone");
        directory.put(into(&other, &dana));
        assert!(found(&directory, &oslo).is_empty(), "each merged into the other, until the next card comes");
        directory.put(dana.clone());
        assert_eq!(found(&directory, &oslo), ["001"]);
        directory.remove(&dana.person);
        assert!(found(&directory, &oslo).is_empty());
    }

    #[test]
    fn filters_join() {
        let mut directory = Directory::default();
        for number in 0..10 {
            let mut card = card(number, &format!("N{number}"));
            if number % 2 == 0 {
                card.tags = vec!["Close Friend".to_owned()];
                card.channels = vec![Channel::Chat];
            }
            directory.put(card);
        }
        let filter = Filter {
            tag: Some("close friend".to_owned()),
            channel: Some(Channel::Chat),
            since: Some(at(2)),
            ..Filter::default()
        };
        assert_eq!(found(&directory, &filter), ["004", "008"]);
        let among = Some(["per_004".parse().unwrap()].into());
        assert_eq!(found(&directory, &Filter { among, ..filter }), ["004"]);
        let nobody = Filter { company: Some("Northgate".to_owned()), ..Filter::default() };
        assert!(found(&directory, &nobody).is_empty());
    }

    #[test]
    fn who_said_no_name_is_found_apart() {
        let mut directory = Directory::default();
        for (number, name) in ["Dana", "", "Ben"].into_iter().enumerate() {
            directory.put(card(number, name));
        }
        let named = |named| Filter { named: Some(named), ..Filter::default() };
        assert_eq!(found(&directory, &named(true)), ["002", "000"]);
        assert_eq!(found(&directory, &named(false)), ["001"]);
    }

    #[test]
    fn who_is_to_be_forgotten_is() {
        let mut directory = Directory::default();
        directory.put(Card { forget_at: Some(at(10)), ..card(1, "Dana") });
        assert_eq!(directory.page(&Filter::default(), Sort::Name, None, 5, at(9)).total, 1);
        assert_eq!(directory.page(&Filter::default(), Sort::Name, None, 5, at(10)).total, 0);
    }

    proptest! {
        /// Page by page, whatever the order and the size, each contact comes once.
        #[test]
        fn pages_join_to_the_whole(
            names in prop::collection::vec("[ab]{0,2}", 0..40),
            sort in prop_oneof![Just(Sort::Name), Just(Sort::LastContact), Just(Sort::Created)],
            limit in 1..7usize,
        ) {
            let mut directory = Directory::default();
            for (number, name) in names.iter().enumerate() {
                directory.put(card(number, name));
            }
            let whole = directory.page(&Filter::default(), sort, None, 100, at(1000));
            prop_assert_eq!((whole.people.len(), &whole.end), (names.len(), &None));
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = directory.page(&Filter::default(), sort, after.as_ref(), limit, at(1000));
                prop_assert!(page.people.len() <= limit && page.total == names.len());
                seen.extend(page.people);
                after = page.end;
                if after.is_none() { break; }
            }
            prop_assert_eq!(seen, whole.people);
        }
    }
}
