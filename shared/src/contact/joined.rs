//! Two records of one person as one, field by field; and what happened since carried over when that is taken back.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Contact, Detail, Field, Source, change::MAX_REFUSED};

/// Whose value stands in a field once two are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stands {
    Survivor,
    Absorbed,
    /// A list has what either had.
    Both,
}

/// A field in which two differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    pub field: Field,
    pub survivor: Detail,
    pub absorbed: Detail,
    pub stands: Stands,
}

impl Contact {
    /// Where the two differ, and what stands then: what the owner typed, and of two such the survivor's; else what a
    /// conversation brought over what came from a file; of two alike the newer.
    pub fn choices(&self, absorbed: &Contact) -> Vec<Choice> {
        let choices = Field::ALL.into_iter().filter_map(|field| {
            let (ours, theirs) = (self.detail(field), absorbed.detail(field));
            let stands = match (ours.list(), theirs.list()) {
                _ if ours == theirs => return None,
                (Some([_, ..]), Some([_, ..])) => Stands::Both,
                _ if absorbed.claim(field) > self.claim(field) => Stands::Absorbed,
                _ => Stands::Survivor,
            };
            Some(Choice { field, survivor: ours, absorbed: theirs, stands })
        });
        choices.collect()
    }

    /// One record of both. Its id is the survivor's.
    #[must_use]
    pub fn joined(&self, absorbed: &Contact) -> Contact {
        let mut joined = self.clone();
        for choice in self.choices(absorbed) {
            match choice.stands {
                Stands::Survivor => continue,
                Stands::Absorbed => joined.put(choice.absorbed),
                Stands::Both => {
                    let more = choice.absorbed.list().unwrap_or_default();
                    joined
                        .put(choice.survivor.with(&united(choice.survivor.list().unwrap_or_default(), more)));
                }
            }
            if absorbed.claim(choice.field) > self.claim(choice.field) {
                joined.take_origin(choice.field, absorbed);
            }
        }
        let (ours, theirs) = (&self.professional.former_companies, &absorbed.professional.former_companies);
        joined.professional.former_companies = united(ours, theirs);
        joined.refused = united(&self.refused, &absorbed.refused);
        joined.refused.retain(|refused| !self.surely_has(refused) && !absorbed.surely_has(refused));
        joined.refused.truncate(MAX_REFUSED);
        let (ours, theirs) = (&mut joined.relationship, &absorbed.relationship);
        ours.strength = ours.strength.max(theirs.strength);
        ours.last_contact = ours.last_contact.max(theirs.last_contact);
        for record in &theirs.interaction_history {
            joined.remember(record.clone());
        }
        joined.created_at = joined.created_at.min(absorbed.created_at);
        joined.updated_at = joined.updated_at.max(absorbed.updated_at);
        joined.forget_at = joined.forget_at.zip(absorbed.forget_at).map(|(one, other)| one.max(other));
        joined
    }

    /// The record as it is, with `to` in the place of `from`: what was changed since stays changed.
    #[must_use]
    pub fn rebased(&self, from: &Contact, to: &Contact) -> Contact {
        let mut rebased = self.clone();
        for field in Field::ALL {
            let (current, was, becomes) = (self.detail(field), from.detail(field), to.detail(field));
            if current == was && self.origins.get(&field) == from.origins.get(&field) {
                rebased.put(becomes);
                rebased.take_origin(field, to);
            } else if let (Some(current), Some(was), Some(list)) =
                (current.list(), was.list(), becomes.list())
            {
                rebased.put(becomes.with(&carried(current, was, list)));
            }
        }
        let former = |contact: &Contact| contact.professional.former_companies.clone();
        rebased.professional.former_companies = carried(&former(self), &former(from), &former(to));
        rebased.refused = carried(&self.refused, &from.refused, &to.refused);
        let (ours, were, become_) = (&self.relationship, &from.relationship, &to.relationship);
        let history =
            carried(&ours.interaction_history, &were.interaction_history, &become_.interaction_history);
        rebased.relationship.interaction_history = Vec::new();
        rebased.relationship.last_contact =
            if ours.last_contact == were.last_contact { become_.last_contact } else { ours.last_contact };
        for record in history {
            rebased.remember(record);
        }
        rebased.created_at = to.created_at;
        rebased.forget_at = if self.forget_at == from.forget_at { to.forget_at } else { self.forget_at };
        rebased
    }

    /// What was learned in certain conversations, and from whom it is, out of another record of the same person.
    pub fn take_learned(&mut self, from: &Contact, in_these: impl Fn(&crate::id::InteractionId) -> bool) {
        for (field, origin) in &from.origins {
            if origin.interaction.as_ref().is_some_and(&in_these) {
                self.put(from.detail(*field));
                self.take_origin(*field, from);
            }
        }
    }

    /// By more than what was said in a conversation.
    fn surely_has(&self, detail: &Detail) -> bool {
        let field = detail.field();
        let is_said = self.origins.get(&field).is_some_and(|origin| origin.source == Source::Conversation);
        self.detail(field) == *detail && !is_said
    }

    /// How much a field is worth: the owner's word counts even where it emptied the field.
    fn claim(&self, field: Field) -> (u8, Timestamp) {
        match self.origins.get(&field) {
            // Of two that the owner typed the survivor's stands.
            Some(origin) if origin.source == Source::Owner => (3, Timestamp::MIN),
            _ if self.detail(field).is_empty() => (0, Timestamp::MIN),
            Some(origin) if origin.source == Source::Conversation => (2, origin.at),
            Some(origin) => (1, origin.at),
            // It came with the channel, such as the number of a call.
            None => (2, self.created_at),
        }
    }

    fn take_origin(&mut self, field: Field, from: &Contact) {
        match from.origins.get(&field) {
            Some(origin) => self.origins.insert(field, origin.clone()),
            None => self.origins.remove(&field),
        };
        if field == Field::Email {
            self.contact_methods.email_confirmed = from.contact_methods.email_confirmed;
        }
    }
}

/// What either has, in the order of the first.
pub(crate) fn united<T: Clone + PartialEq>(one: &[T], other: &[T]) -> Vec<T> {
    let mut all = one.to_vec();
    all.extend(other.iter().filter(|more| !one.contains(more)).cloned());
    all
}

/// A list with `to` in the place of `from`: what was added since is added, and what was taken away stays away.
pub(crate) fn carried<T: Clone + PartialEq>(current: &[T], from: &[T], to: &[T]) -> Vec<T> {
    if current == from {
        return to.to_vec();
    }
    let is_gone = |one: &&T| from.contains(one) && !current.contains(one);
    let added = current.iter().filter(|one| !from.contains(one) && !to.contains(one));
    to.iter().filter(|one| !is_gone(one)).chain(added).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contact::Origin,
        identity::{Email, Phone},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn contact(id: &str) -> Contact {
        Contact::new(id.parse().unwrap(), None, at(0))
    }

    #[test]
    fn the_owners_word_stands_then_a_conversations_then_the_newer() {
        let (mut survivor, mut absorbed) = (contact("per_1"), contact("per_2"));
        survivor.edit(Detail::Name(Some("Dana Lee".into())), at(1));
        survivor.infer(Detail::Company(Some("Old".into())), Origin::import(at(9))).unwrap();
        survivor.edit(Detail::Role(None), at(2));
        survivor.edit(Detail::Tags(vec!["rust".into()]), at(2));
        let said = Origin::conversation(&"int_1".parse().unwrap(), at(3));
        for detail in [
            Detail::Name(Some("D. Lee".into())),
            Detail::Company(Some("New".into())),
            Detail::Role(Some("Recruiter".into())),
            Detail::Industry(Some("law".into())),
        ] {
            absorbed.infer(detail, said.clone()).unwrap();
        }
        absorbed.edit(Detail::Tags(vec!["rust".into(), "paris".into()]), at(3));
        let stands: Vec<_> =
            survivor.choices(&absorbed).into_iter().map(|choice| (choice.field, choice.stands)).collect();
        assert_eq!(
            stands,
            [
                (Field::Name, Stands::Survivor),
                (Field::Company, Stands::Absorbed),
                (Field::Role, Stands::Survivor),
                (Field::Industry, Stands::Absorbed),
                (Field::Tags, Stands::Both),
            ]
        );
        let joined = survivor.joined(&absorbed);
        assert_eq!((joined.name.as_deref(), joined.company.as_deref()), (Some("Dana Lee"), Some("New")));
        assert_eq!((joined.role, joined.professional.industry.as_deref()), (None, Some("law")));
        assert_eq!(joined.tags, ["rust", "paris"]);
        assert_eq!(joined.origins[&Field::Company], said);
    }

    #[test]
    fn what_one_of_them_surely_has_is_not_refused_any_more() {
        let (mut survivor, mut absorbed) = (contact("per_1"), contact("per_2"));
        let phone = Detail::Phone(Some(Phone::parse("+14155550123").unwrap()));
        let email = Detail::Email(Some(Email::parse("dana@northgate.example").unwrap()));
        survivor.refuse(phone.clone());
        survivor.refuse(email.clone());
        absorbed.edit(phone, at(1));
        absorbed.infer(email.clone(), Origin::conversation(&"int_1".parse().unwrap(), at(1))).unwrap();
        let joined = survivor.joined(&absorbed);
        assert_eq!(joined.refused, [email]);
        assert_eq!(joined.rebased(&joined, &survivor).refused, survivor.refused);
    }

    #[test]
    fn taking_a_merge_back_keeps_what_was_changed_since() {
        let (mut survivor, mut absorbed) = (contact("per_1"), contact("per_2"));
        survivor.edit(Detail::Tags(vec!["rust".into()]), at(1));
        absorbed.edit(Detail::Company(Some("Northgate".into())), at(1));
        absorbed.edit(Detail::Tags(vec!["paris".into()]), at(1));
        let joined = survivor.joined(&absorbed);
        assert_eq!(
            joined.rebased(&joined, &survivor),
            Contact { updated_at: joined.updated_at, ..survivor.clone() }
        );

        let mut since = joined.clone();
        since.edit(Detail::Name(Some("Dana".into())), at(2));
        since.edit(Detail::Tags(vec!["paris".into(), "jazz".into()]), at(2));
        let parted = since.rebased(&joined, &survivor);
        assert_eq!((parted.name.as_deref(), parted.company), (Some("Dana"), None));
        assert_eq!(parted.tags, ["jazz"]);
    }
}
