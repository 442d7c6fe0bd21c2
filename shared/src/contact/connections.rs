//! The owner's connections by the company where they work, or worked before.

use std::collections::{BTreeSet, HashMap};

use super::{Card, Contact, Field, Source};
use crate::{id::PersonId, identity::matching::company};

/// Whoever stands in the owner's file of connections has this tag.
pub const CONNECTION: &str = "linkedin";
/// Names that a contact is shown with.
const MAX_SHOWN: usize = 12;
/// What people write who work for nobody: it makes them no colleagues.
const NO_COMPANY: [&str; 8] = [
    "selfemployed",
    "freelance",
    "freelancer",
    "independent",
    "stealth",
    "stealthstartup",
    "confidential",
    "retired",
];

#[derive(Default)]
pub(super) struct Connections {
    at: HashMap<String, BTreeSet<Colleague>>,
    places: HashMap<PersonId, Vec<(String, Colleague)>>,
}

/// Who works somewhere comes before who worked there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Colleague {
    is_former: bool,
    name: Box<str>,
    person: PersonId,
}

impl Connections {
    /// Takes a card that is new or changed.
    pub fn put(&mut self, card: &Card) {
        self.remove(&card.person);
        let is_connection = card.tags.iter().any(|tag| tag == CONNECTION);
        let Some(name) = card.name.as_deref().filter(|_| is_connection) else { return };
        let places = card.company.iter().map(|company| (false, company));
        let mut known: Vec<(String, Colleague)> = Vec::new();
        for (is_former, place) in places.chain(card.former_companies.iter().map(|company| (true, company))) {
            let Some(key) = key(place) else { continue };
            if known.iter().all(|(other, _)| *other != key) {
                known.push((key, Colleague { is_former, name: name.into(), person: card.person.clone() }));
            }
        }
        for (key, colleague) in &known {
            self.at.entry(key.clone()).or_default().insert(colleague.clone());
        }
        if !known.is_empty() {
            self.places.insert(card.person.clone(), known);
        }
    }

    pub fn remove(&mut self, person: &PersonId) {
        for (key, colleague) in self.places.remove(person).unwrap_or_default() {
            if let Some(there) = self.at.get_mut(&key) {
                there.remove(&colleague);
                if there.is_empty() {
                    self.at.remove(&key);
                }
            }
        }
    }

    /// Who works or worked where somebody works, and how they are named; nobody, if the owner typed whom to name.
    pub fn of(&self, contact: &Contact) -> Vec<(PersonId, String)> {
        let typed = contact.origins.get(&Field::MutualConnections);
        if typed.is_some_and(|origin| origin.source == Source::Owner) {
            return Vec::new();
        }
        let there = contact.company.as_deref().and_then(key).and_then(|key| self.at.get(&key));
        let others = there.into_iter().flatten().filter(|colleague| colleague.person != contact.id);
        let named = others.map(|colleague| (colleague.person.clone(), colleague.named()));
        named.take(MAX_SHOWN).collect()
    }
}

impl Colleague {
    fn named(&self) -> String {
        if self.is_former { format!("{} (formerly)", self.name) } else { self.name.to_string() }
    }
}

impl Contact {
    /// Names these connections, too.
    pub fn connect(&mut self, names: impl IntoIterator<Item = String>) {
        let shown = &mut self.professional.mutual_connections;
        for name in names {
            if !shown.contains(&name) {
                shown.push(name);
            }
        }
    }
}

/// A company as it is compared: without case, accents and legal form.
fn key(place: &str) -> Option<String> {
    Some(company(place).concat()).filter(|key| !key.is_empty() && !NO_COMPANY.contains(&key.as_str()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::contact::{Detail, Origin};

    fn contact(id: &str, name: &str, company: &str) -> Contact {
        let now = Timestamp::UNIX_EPOCH;
        let mut contact = Contact::new(id.parse().unwrap(), None, now);
        for detail in [Detail::Name(Some(name.to_owned())), Detail::Company(Some(company.to_owned()))] {
            contact.infer(detail, Origin::import(now));
        }
        contact
    }

    fn connection(id: &str, name: &str, company: &str) -> Contact {
        Contact { tags: vec![CONNECTION.to_owned()], ..contact(id, name, company) }
    }

    fn shown(connections: &Connections, mut contact: Contact) -> Vec<String> {
        let found = connections.of(&contact);
        contact.connect(found.into_iter().map(|(_, name)| name));
        contact.professional.mutual_connections
    }

    #[test]
    fn who_works_or_worked_at_the_same_company() {
        let mut connections = Connections::default();
        let mut zoe = connection("per_3", "Zoë Roy", "Northgate Inc.");
        zoe.infer(Detail::Company(Some("Southgate".to_owned())), Origin::import(Timestamp::UNIX_EPOCH));
        for one in [&connection("per_2", "Ben Ito", "NORTHGATE"), &zoe, &contact("per_4", "Mia", "Northgate")]
        {
            connections.put(&Card::of(one));
        }
        let dana = contact("per_1", "Dana Lee", "Northgate, Ltd");
        assert_eq!(shown(&connections, dana.clone()), ["Ben Ito", "Zoë Roy (formerly)"]);
        assert_eq!(shown(&connections, zoe.clone()), [""; 0], "nobody is a connection of their own");
        // Somebody moves, and somebody is gone.
        connections.put(&Card::of(&connection("per_2", "Ben Ito", "Elsewhere")));
        assert_eq!(shown(&connections, dana.clone()), ["Zoë Roy (formerly)"]);
        connections.remove(&zoe.id);
        assert_eq!(shown(&connections, dana), [""; 0]);
        assert!(connections.at.len() == 1 && connections.places.len() == 1);
    }

    #[test]
    fn the_owners_word_stands_and_no_company_is_none() {
        let mut connections = Connections::default();
        for (id, company) in [("per_2", "Northgate"), ("per_3", "Self-employed")] {
            connections.put(&Card::of(&connection(id, "Ben Ito", company)));
        }
        let mut dana = contact("per_1", "Dana Lee", "Northgate");
        dana.edit(Detail::MutualConnections(Vec::new()), Timestamp::UNIX_EPOCH);
        assert_eq!(shown(&connections, dana), [""; 0]);
        assert_eq!(shown(&connections, contact("per_1", "Dana Lee", "self employed")), [""; 0]);
    }
}
