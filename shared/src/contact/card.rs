//! What the list of contacts knows of one: little enough that all of them fit in memory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{Contact, RelationshipKind, Strength};
use crate::{
    id::PersonId,
    identity::{Email, Phone},
    interaction::{Channel, Importance},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub person: PersonId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_companies: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    pub relationship: RelationshipKind,
    pub importance: Importance,
    /// Of the latest conversations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Timestamp>,
    /// As of their last conversation.
    #[serde(default, skip_serializing_if = "is_weak")]
    pub strength: Strength,
    /// What the last conversation was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forget_at: Option<Timestamp>,
    /// How they are reached, to tell who may be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// They are one with somebody else, who has a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<PersonId>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_weak(strength: &Strength) -> bool {
    *strength == Strength::Weak
}

/// Characters of a summary that are searched.
const MAX_SUMMARY: usize = 400;

impl Card {
    pub fn of(contact: &Contact) -> Self {
        let history = &contact.relationship.interaction_history;
        let mut channels = Vec::new();
        for record in history {
            if !channels.contains(&record.channel) {
                channels.push(record.channel);
            }
        }
        Self {
            person: contact.id.clone(),
            name: contact.name.clone(),
            company: contact.company.clone(),
            former_companies: contact.professional.former_companies.clone(),
            role: contact.role.clone(),
            tags: contact.tags.clone(),
            relationship: contact.relationship.kind,
            importance: contact.importance,
            channels,
            last_contact: contact.relationship.last_contact,
            strength: contact.relationship.strength,
            summary: history.last().map(|record| record.summary.chars().take(MAX_SUMMARY).collect()),
            created_at: contact.created_at,
            forget_at: contact.forget_at,
            email: contact.contact_methods.email.clone(),
            phone: contact.contact_methods.phone.clone(),
            linkedin: contact.contact_methods.linkedin.clone(),
            merged_into: None,
        }
    }

    /// In place of the card of somebody who was merged.
    pub fn merged(person: PersonId, into: PersonId, now: Timestamp) -> Self {
        Self { merged_into: Some(into), ..Self::of(&Contact::new(person, None, now)) }
    }

    /// All that is searched of it.
    pub(super) fn text(&self) -> String {
        let fields = [&self.name, &self.company, &self.role, &self.summary];
        let mut text = String::new();
        for part in fields.into_iter().flatten().chain(&self.tags) {
            fold(part, &mut text);
        }
        text
    }
}

/// Words as they are compared: small letters and digits without accents, each word after a space.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 1);
    fold(text, &mut folded);
    folded
}

fn fold(text: &str, into: &mut String) {
    let mut in_word = false;
    for letter in text.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        if !letter.is_alphanumeric() {
            // O'Neil is one word, as people write it with and without.
            in_word &= matches!(letter, '\'' | '’');
            continue;
        }
        if !in_word {
            into.push(' ');
            in_word = true;
        }
        into.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_compared_without_case_accents_and_signs() {
        for (text, words) in [
            ("Zoë O’Neil-Núñez", " zoe oneil nunez"),
            ("ＡＣＭＥ, Inc.", " acme inc"),
            ("  ", ""),
            ("ŁÓDŹ straße", " łodz straße"),
            ("山田 太郎", " 山田 太郎"),
        ] {
            assert_eq!(folded(text), words, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
