//! Who may change what: what the owner typed wins over what was inferred, and what was inferred can be undone.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Contact, Detail, Field, folded, key_of};
use crate::{
    id::{ChangeId, InteractionId, PersonId},
    identity::IdentityKey,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Typed it.
    Owner,
    Conversation,
    Import,
    /// An identity provider says it of the account.
    #[serde(rename = "sign_in")]
    SignIn,
}

/// Where what stands in a field comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub source: Source,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<InteractionId>,
}

/// An automatic change: what stood there, what stands there since, and on whose word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Made of the version that it led to and the field: the same change has the same id, and ids sort by time.
    pub id: ChangeId,
    pub person: PersonId,
    pub before: Detail,
    pub after: Detail,
    pub origin: Origin,
    /// Where what stood there came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Origin>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
}

/// What a change made is not what stands there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was changed since")]
pub struct Edited;

/// So much of what was undone is remembered.
pub(super) const MAX_REFUSED: usize = 50;
/// Companies before the current one that are kept.
const MAX_FORMER: usize = 5;

impl Origin {
    pub fn owner(at: Timestamp) -> Self {
        Self { source: Source::Owner, at, interaction: None }
    }

    pub fn import(at: Timestamp) -> Self {
        Self { source: Source::Import, at, interaction: None }
    }

    pub fn sign_in(at: Timestamp) -> Self {
        Self { source: Source::SignIn, at, interaction: None }
    }

    pub fn conversation(interaction: &InteractionId, at: Timestamp) -> Self {
        Self { source: Source::Conversation, at, interaction: Some(interaction.clone()) }
    }
}

impl Contact {
    /// Takes what the owner typed.
    pub fn edit(&mut self, detail: Detail, now: Timestamp) {
        self.refused.retain(|refused| *refused != detail);
        if self.detail(detail.field()) != detail || self.source(detail.field()) != Some(Source::Owner) {
            self.set(detail, Origin::owner(now));
        }
    }

    /// Takes what was inferred, unless it is known, the owner typed something else or undid it before, or it comes
    /// from a file and something better stands there. The only way in which a contact changes by itself.
    pub fn infer(&mut self, detail: Detail, origin: Origin) -> Option<Change> {
        let field = detail.field();
        let before = self.detail(field);
        let keeps = match (self.source(field), origin.source) {
            (_, Source::Owner) => false,
            (Some(Source::Owner), _) => true,
            (_, Source::Conversation) => false,
            (Some(Source::Import), Source::Import | Source::SignIn) => false,
            (Some(Source::SignIn), Source::SignIn) => false,
            (_, Source::Import | Source::SignIn) => !before.is_empty(),
        };
        if keeps || before == detail || self.refused.contains(&detail) {
            return None;
        }
        let id = ChangeId::derived(&format!("{:010}-{}", self.version + 1, field.slug())).ok()?;
        let change = Change {
            id,
            person: self.id.clone(),
            before,
            after: detail.clone(),
            origin: origin.clone(),
            former: self.origins.get(&field).cloned(),
            undone_at: None,
        };
        self.set(detail, origin);
        Some(change)
    }

    /// What a conversation or a file says: the changes that it makes.
    pub fn learn(&mut self, details: impl IntoIterator<Item = Detail>, origin: &Origin) -> Vec<Change> {
        details.into_iter().filter_map(|detail| self.infer(detail, origin.clone())).collect()
    }

    /// Puts back what stood there before an automatic change.
    pub fn undo(&mut self, change: &mut Change, now: Timestamp) -> Result<(), Edited> {
        let field = change.after.field();
        let stands = self.detail(field) == change.after && self.origins.get(&field) == Some(&change.origin);
        if change.undone_at.is_some() || !stands {
            return Err(Edited);
        }
        self.put(change.before.clone());
        self.returned();
        match &change.former {
            Some(former) => self.origins.insert(field, former.clone()),
            None => self.origins.remove(&field),
        };
        self.settle(field);
        self.refuse(change.after.clone());
        change.undone_at = Some(now);
        self.updated_at = now;
        Ok(())
    }

    /// Remembers that this is not theirs: nothing brings it back but the owner.
    pub fn refuse(&mut self, detail: Detail) {
        self.refused.retain(|refused| *refused != detail);
        if self.refused.len() >= MAX_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push(detail);
    }

    /// Whether it was undone or untied.
    pub fn refuses(&self, key: &IdentityKey) -> bool {
        self.refused.iter().any(|refused| key_of(refused).as_ref() == Some(key))
    }

    /// Whether they are known from the owner's hand and files alone.
    pub fn is_only_written_down(&self) -> bool {
        let written = self.origins.values().all(|origin| origin.source != Source::Conversation);
        self.relationship.last_contact.is_none() && !self.origins.is_empty() && written
    }

    fn source(&self, field: Field) -> Option<Source> {
        self.origins.get(&field).map(|origin| origin.source)
    }

    fn set(&mut self, detail: Detail, origin: Origin) {
        let field = detail.field();
        if let Detail::Company(Some(new)) = &detail {
            self.moved_to(new);
        }
        self.put(detail);
        self.updated_at = origin.at;
        self.origins.insert(field, origin);
        self.settle(field);
    }

    fn moved_to(&mut self, new: &str) {
        let before = self.company.as_ref().filter(|before| folded(before) != folded(new)).cloned();
        let former = &mut self.professional.former_companies;
        former.retain(|known| known != new && Some(known) != before.as_ref());
        if let Some(before) = before {
            former.insert(0, before);
            former.truncate(MAX_FORMER);
        }
    }

    /// Where they work is not where they worked.
    fn returned(&mut self) {
        let company = self.company.clone();
        self.professional.former_companies.retain(|former| Some(former) != company.as_ref());
    }

    /// Mail may go to an address that the person agreed to, or that the owner typed; not to one out of a file, or that came
    /// along with an account.
    fn settle(&mut self, field: Field) {
        if field == Field::Email {
            let vouched = matches!(self.source(field), Some(Source::Owner | Source::Conversation));
            self.contact_methods.email_confirmed = vouched && self.contact_methods.email.is_some();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{contact::RelationshipKind, identity::Email};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn contact() -> Contact {
        Contact::new("per_1".parse().unwrap(), None, at(0))
    }

    fn company(name: &str) -> Detail {
        Detail::Company(Some(name.to_owned()))
    }

    fn said(second: i64) -> Origin {
        Origin::conversation(&"int_1".parse().unwrap(), at(second))
    }

    #[test]
    fn the_owner_wins() {
        let mut contact = contact();
        assert!(contact.infer(company("Northgate"), said(1)).is_some());
        contact.edit(company("Southgate"), at(2));
        assert_eq!(contact.infer(company("Northgate"), said(3)), None);
        assert_eq!(contact.infer(company("Eastgate"), Origin::import(at(3))), None);
        assert_eq!(contact.company.as_deref(), Some("Southgate"));
        // That the owner emptied it is the owner's word, too.
        contact.edit(Detail::Company(None), at(4));
        assert_eq!(contact.infer(company("Northgate"), said(5)), None);
        assert_eq!(contact.company, None);
    }

    #[test]
    fn a_file_fills_what_is_empty_and_what_a_file_filled() {
        let mut contact = contact();
        assert!(contact.infer(company("Old"), Origin::import(at(1))).is_some());
        assert!(contact.infer(company("New"), Origin::import(at(2))).is_some());
        assert!(contact.infer(company("Said"), said(3)).is_some());
        assert_eq!(contact.infer(company("New"), Origin::import(at(4))), None);
        // What came with the channel has no origin.
        contact.relationship.kind = RelationshipKind::Client;
        let colleague = Detail::Relationship(RelationshipKind::Colleague);
        assert_eq!(contact.infer(colleague, Origin::import(at(5))), None);
    }

    #[test]
    fn what_was_undone_is_not_inferred_again() {
        let mut contact = contact();
        let mut change = contact.infer(company("Northgate"), said(1)).unwrap();
        contact.undo(&mut change, at(2)).unwrap();
        assert_eq!((contact.company.as_deref(), contact.origins.len()), (None, 0));
        assert_eq!(contact.infer(company("Northgate"), said(3)), None);
        assert!(contact.infer(company("Southgate"), said(3)).is_some());
        assert_eq!(contact.undo(&mut change, at(4)), Err(Edited), "undone before");
        // The owner may still say so.
        contact.edit(company("Northgate"), at(5));
        assert_eq!((contact.company.as_deref(), contact.refused.len()), (Some("Northgate"), 0));
    }

    #[test]
    fn where_they_worked_before_is_kept() {
        let mut contact = contact();
        let former = |contact: &Contact| contact.professional.former_companies.clone();
        for (second, name) in [(1, "Northgate"), (2, "northgate"), (3, "Southgate")] {
            contact.infer(company(name), Origin::import(at(second)));
        }
        assert_eq!(former(&contact), ["northgate"]);
        let mut change = contact.infer(company("Eastgate"), said(4)).unwrap();
        assert_eq!(former(&contact), ["Southgate", "northgate"]);
        contact.undo(&mut change, at(5)).unwrap();
        assert_eq!(former(&contact), ["northgate"]);
        contact.edit(company("northgate"), at(6));
        assert_eq!(former(&contact), ["Southgate"], "who comes back has not left");
    }

    #[test]
    fn what_was_edited_since_stays() {
        let mut contact = contact();
        let mut change = contact.infer(company("Northgate"), said(1)).unwrap();
        contact.edit(company("Southgate"), at(2));
        assert_eq!(contact.undo(&mut change, at(3)), Err(Edited));
        // Typed as it was inferred: it is the owner's all the same.
        let mut contact = self::contact();
        let mut change = contact.infer(company("Northgate"), said(1)).unwrap();
        contact.edit(company("Northgate"), at(2));
        assert_eq!(contact.undo(&mut change, at(3)), Err(Edited));
        assert_eq!(contact.company.as_deref(), Some("Northgate"));
    }

    #[test]
    fn mail_goes_where_somebody_agreed() {
        let mut contact = contact();
        let email = |text: &str| Detail::Email(Some(Email::parse(text).unwrap()));
        contact.infer(email("dana@northgate.example"), Origin::import(at(1)));
        assert!(!contact.contact_methods.email_confirmed);
        let mut change = contact.infer(email("lee@northgate.example"), said(2)).unwrap();
        assert!(contact.contact_methods.email_confirmed);
        contact.undo(&mut change, at(3)).unwrap();
        assert!(!contact.contact_methods.email_confirmed);
        contact.edit(email("dana@northgate.example"), at(4));
        assert!(contact.contact_methods.email_confirmed);
    }

    proptest! {
        /// Whatever is inferred in whatever order: what the owner typed stands, and undoing backwards restores all.
        #[test]
        fn inferences_never_cost_what_was_typed(
            steps in prop::collection::vec((0..3u8, "[ab]{1,2}"), 0..12),
        ) {
            let mut contact = contact();
            let mut typed = None;
            for (version, (who, text)) in steps.into_iter().enumerate() {
                contact.version = version as u64;
                let now = at(i64::try_from(version).unwrap());
                match who {
                    0 => { contact.edit(company(&text), now); typed = Some(text); }
                    1 => { contact.infer(company(&text), said(now.as_second())); }
                    _ => { contact.infer(company(&text), Origin::import(now)); }
                }
                if let Some(typed) = &typed {
                    prop_assert_eq!(contact.company.as_ref(), Some(typed));
                }
            }
        }

        #[test]
        fn undoing_backwards_restores_all(steps in prop::collection::vec((any::<bool>(), "[ab]{1,2}"), 0..8)) {
            let mut contact = contact();
            let before = (contact.company.clone(), contact.origins.clone());
            let mut changes = Vec::new();
            for (version, (spoken, text)) in steps.into_iter().enumerate() {
                contact.version = version as u64;
                let now = at(i64::try_from(version).unwrap());
                let origin = if spoken { said(now.as_second()) } else { Origin::import(now) };
                changes.extend(contact.infer(company(&text), origin));
            }
            for change in changes.iter_mut().rev() {
                prop_assert_eq!(contact.undo(change, at(100)), Ok(()));
            }
            prop_assert_eq!((contact.company, contact.origins), before);
        }
    }
}
