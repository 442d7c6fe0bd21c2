//! Which contacts somebody looks for.

use std::collections::HashSet;

use jiff::Timestamp;
use memchr::memmem::Finder;

use super::Row;
use crate::{
    contact::{RelationshipKind, card::folded},
    id::PersonId,
    interaction::{Channel, Importance},
};

/// Which contacts; what is not said matters not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub relationship: Option<RelationshipKind>,
    pub importance: Option<Importance>,
    pub tag: Option<String>,
    pub company: Option<String>,
    pub channel: Option<Channel>,
    /// In touch at this time or later.
    pub since: Option<Timestamp>,
    /// Was close, and not in touch at this time or later.
    pub dormant_since: Option<Timestamp>,
    /// Whether their name is known.
    pub named: Option<bool>,
    /// Each word begins a word of name, company, role, tags, notes or the last summary.
    pub words: Option<String>,
    /// Only of these.
    pub among: Option<HashSet<PersonId>>,
    /// None of these.
    pub without: Option<HashSet<PersonId>>,
}

/// A filter, made ready to look at many.
pub(super) struct Wanted<'a> {
    filter: &'a Filter,
    tag: Option<String>,
    company: Option<String>,
    words: Vec<Finder<'static>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(filter: &'a Filter) -> Self {
        let words = filter.words.as_deref().map(folded).unwrap_or_default();
        let words = words.split_whitespace().map(|word| Finder::new(&format!(" {word}")).into_owned());
        Self {
            filter,
            tag: filter.tag.as_deref().map(folded),
            company: filter.company.as_deref().map(folded),
            words: words.collect(),
        }
    }

    pub(super) fn is(&self, row: &Row) -> bool {
        let filter = self.filter;
        filter.relationship.is_none_or(|kind| kind == row.relationship)
            && filter.importance.is_none_or(|importance| importance == row.importance)
            && filter.channel.is_none_or(|channel| row.channels.contains(&channel))
            && filter.since.is_none_or(|since| row.last_contact.is_some_and(|last| last >= since))
            && filter.dormant_since.is_none_or(|since| row.is_dormant(since))
            && filter.named.is_none_or(|named| named != row.name.is_empty())
            && self.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
            && self.company.as_ref().is_none_or(|company| **company == *row.company)
            && self.words.iter().all(|word| word.find(row.text.as_bytes()).is_some())
    }
}
