//! In which order contacts come, and where a page of them ends.

use std::cmp::Reverse;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::PersonId;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The latest first; who was never in touch comes last.
    #[default]
    LastContact,
    /// Who has no name comes last.
    Name,
    /// The newest first.
    Created,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    Named(bool, String, PersonId),
    At(Reverse<Option<Timestamp>>, PersonId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub people: Vec<PersonId>,
    /// What the next page goes on after.
    pub end: Option<Place>,
    /// How many there are on all pages.
    pub total: usize,
}

impl Sort {
    /// The first `limit` after a place.
    pub(super) fn page(self, rows: Vec<&Row>, after: Option<&Place>, limit: usize) -> Page {
        match self {
            Self::Name => {
                let after = match after {
                    Some(Place::Named(nameless, name, id)) => Some((*nameless, name.as_str(), id)),
                    _ => None,
                };
                first(rows, |row| (row.name.is_empty(), &*row.name, &row.person), after, limit).into_page(
                    |row| Place::Named(row.name.is_empty(), row.name.to_string(), row.person.clone()),
                )
            }
            Self::LastContact => by_time(rows, |row| row.last_contact, after, limit),
            Self::Created => by_time(rows, |row| Some(row.created_at), after, limit),
        }
    }
}

/// The rows of a page, and whether there are more behind.
struct First<'a> {
    rows: Vec<&'a Row>,
    more: bool,
    total: usize,
}

impl First<'_> {
    fn into_page(self, place: impl Fn(&Row) -> Place) -> Page {
        Page {
            end: self.rows.last().filter(|_| self.more).map(|row| place(row)),
            people: self.rows.iter().map(|row| row.person.clone()).collect(),
            total: self.total,
        }
    }
}

fn first<'a, K: Ord>(
    mut rows: Vec<&'a Row>,
    key: impl Fn(&'a Row) -> K,
    after: Option<K>,
    limit: usize,
) -> First<'a> {
    let total = rows.len();
    if let Some(after) = after {
        rows.retain(|row| key(row) > after);
    }
    let more = rows.len() > limit;
    if more && limit > 0 {
        rows.select_nth_unstable_by(limit - 1, |one, other| key(one).cmp(&key(other)));
    }
    rows.truncate(limit);
    rows.sort_unstable_by_key(|row| key(row));
    First { rows, more, total }
}

fn by_time(
    rows: Vec<&Row>,
    time: impl Fn(&Row) -> Option<Timestamp>,
    after: Option<&Place>,
    limit: usize,
) -> Page {
    let after = match after {
        Some(Place::At(at, id)) => Some((*at, id)),
        _ => None,
    };
    first(rows, |row| (Reverse(time(row)), &row.person), after, limit)
        .into_page(|row| Place::At(Reverse(time(row)), row.person.clone()))
}
