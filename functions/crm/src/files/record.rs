//! One contact of a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use twin::{
    contact::{Detail, Field, folded, key_of},
    error::Error,
    id::PersonId,
    identity::IdentityKey,
};

use super::column::Column;
use crate::{
    fields::{MAX_FIELD, MAX_LIST, MAX_TAG, address, linkedin, named, number, prose, text},
    notes::MAX_NOTE,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it begins.
    pub line: u64,
    /// Whom it names, in a file of ours.
    pub id: Option<PersonId>,
    pub details: Vec<Detail>,
    pub notes: Vec<String>,
    /// Further addresses and numbers that lead to the person.
    pub more: Vec<IdentityKey>,
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Broken {
    pub line: u64,
    pub why: String,
}

/// Between the entries of a list in a cell.
pub const BETWEEN: char = ';';
/// Between notes in a cell, as a line of its own.
pub const BETWEEN_NOTES: &str = "\n---\n";
const MAX_NOTES: usize = 20;

impl Broken {
    pub fn new(line: u64, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

impl Record {
    pub fn new(line: u64) -> Self {
        Self { line, id: None, details: Vec::new(), notes: Vec::new(), more: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.details.is_empty() && self.notes.is_empty()
    }

    pub fn keys(&self) -> Vec<IdentityKey> {
        let mut keys: Vec<IdentityKey> = self.details.iter().filter_map(key_of).collect();
        keys.extend(self.more.iter().filter(|key| !keys.contains(key)).cloned().collect::<Vec<_>>());
        keys
    }

    pub fn text(&self, field: Field) -> Option<&str> {
        self.details.iter().find_map(|detail| match detail {
            Detail::Name(text) | Detail::Company(text) if detail.field() == field => text.as_deref(),
            _ => None,
        })
    }

    /// Of somebody without any address: made of the name and company, so that the same line is the same person.
    pub fn derived_id(&self) -> Option<PersonId> {
        let name = folded(self.text(Field::Name)?);
        let company = folded(self.text(Field::Company).unwrap_or_default());
        let digest = Sha256::digest(format!("{name}\n{company}"));
        let number = u128::from_be_bytes(digest[..16].try_into().ok()?);
        PersonId::derived(&format!("file-{number:032x}")).ok()
    }

    /// It has neither a name nor an address.
    pub fn names_nobody(&self) -> bool {
        self.keys().is_empty() && self.derived_id().is_none()
    }

    /// Takes a cell; an empty one says nothing.
    pub fn take(&mut self, column: Column, cell: &str) -> Result<(), Broken> {
        let cell = unguarded(cell.trim());
        if cell.is_empty() {
            return Ok(());
        }
        let line = self.line;
        let wrong = |error: Error| Broken::new(line, why(column, &error));
        let detail = match column {
            Column::Ignore => return Ok(()),
            // Other files have ids of their own.
            Column::Id => {
                self.id = cell.parse().ok();
                return Ok(());
            }
            Column::Notes => {
                for note in cell.split(BETWEEN_NOTES).filter(|note| !note.trim().is_empty()).take(MAX_NOTES) {
                    self.notes.push(prose(note, MAX_NOTE).map_err(wrong)?);
                }
                return Ok(());
            }
            Column::Name => Detail::Name(Some(named(cell).map_err(wrong)?)),
            // Joined when all cells are there.
            Column::FirstName | Column::LastName => {
                let part = named(cell).map_err(wrong)?;
                let known = self.text(Field::Name).map(str::to_owned);
                self.details.retain(|detail| detail.field() != Field::Name);
                let name = match (known, column) {
                    (Some(known), Column::FirstName) => format!("{part} {known}"),
                    (Some(known), _) => format!("{known} {part}"),
                    (None, _) => part,
                };
                Detail::Name(Some(name))
            }
            Column::Company => Detail::Company(Some(text(cell, MAX_FIELD).map_err(wrong)?)),
            Column::Role => Detail::Role(Some(text(cell, MAX_FIELD).map_err(wrong)?)),
            Column::Email => Detail::Email(Some(address(cell).map_err(wrong)?)),
            Column::Phone => Detail::Phone(Some(number(cell).map_err(wrong)?)),
            Column::Linkedin => Detail::Linkedin(Some(linkedin(cell).map_err(wrong)?)),
            Column::Industry => Detail::Industry(Some(text(cell, MAX_FIELD).map_err(wrong)?)),
            Column::CommunicationStyle => {
                Detail::CommunicationStyle(Some(text(cell, MAX_FIELD).map_err(wrong)?))
            }
            Column::BestContactTime => Detail::BestContactTime(Some(text(cell, MAX_FIELD).map_err(wrong)?)),
            Column::Interests => Detail::Interests(list(cell, MAX_FIELD).map_err(wrong)?),
            Column::MutualConnections => Detail::MutualConnections(list(cell, MAX_FIELD).map_err(wrong)?),
            Column::Topics => Detail::Topics(list(cell, MAX_FIELD).map_err(wrong)?),
            Column::Tags => Detail::Tags(list(cell, MAX_TAG).map_err(wrong)?),
            Column::Relationship => Detail::Relationship(one_of(cell).map_err(wrong)?),
            Column::Importance => Detail::Importance(one_of(cell).map_err(wrong)?),
            Column::PreferredChannel => Detail::PreferredChannel(Some(one_of(cell).map_err(wrong)?)),
        };
        if !self.details.iter().any(|known| known.field() == detail.field()) {
            self.details.push(detail);
        }
        Ok(())
    }
}

/// Of what is wrong with a cell; the cell itself is not repeated.
fn why(column: Column, error: &Error) -> String {
    let column = json!(column);
    match error {
        Error::Invalid(why) => format!("{}: {why}", column.as_str().unwrap_or_default()),
        other => other.outward(),
    }
}

/// A value by its name in data.
fn one_of<T: for<'de> Deserialize<'de>>(cell: &str) -> Result<T, Error> {
    let name = folded(cell).trim().replace(' ', "_");
    serde_json::from_value(json!(name)).map_err(|_| Error::Invalid("there is no such value".to_owned()))
}

fn list(cell: &str, max: usize) -> Result<Vec<String>, Error> {
    let mut list = Vec::new();
    for entry in cell.split(BETWEEN).filter(|entry| !entry.trim().is_empty()) {
        let entry = text(entry, max)?;
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    if list.len() > MAX_LIST {
        return Err(Error::Invalid(format!("a list has at most {MAX_LIST} entries")));
    }
    Ok(list)
}

/// What begins like a formula is written with an apostrophe before it, so that no spreadsheet runs it.
pub fn guarded(cell: &str) -> String {
    if begins_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if begins_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

fn begins_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_cell_is_a_formula_and_each_comes_back(cell in "['=+@a\n-]{0,6}") {
            let guarded = guarded(&cell);
            prop_assert!(!begins_formula(&guarded));
            prop_assert_eq!(unguarded(&guarded), cell);
        }
    }

    #[test]
    fn names_are_joined_in_either_order() {
        for order in [[Column::FirstName, Column::LastName], [Column::LastName, Column::FirstName]] {
            let mut record = Record::new(2);
            for column in order {
                record.take(column, if column == Column::FirstName { "Dana" } else { "Lee" }).unwrap();
            }
            assert_eq!(record.text(Field::Name), Some("Dana Lee"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_it() {
        let mut record = Record::new(7);
        let broken = record.take(Column::Email, "dana at home").unwrap_err();
        assert!(
            broken.to_string().starts_with("line 7: email: ") && !broken.why.contains("dana"),
            "{broken}"
        );
        assert!(record.take(Column::Relationship, "Potential client").is_ok());
        assert!(record.take(Column::Relationship, "friend").is_err());
    }
}
