//! What must hold of a stored item for it to be written or deleted.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use crate::id::PersonId;

/// What a condition calls attributes whose own names are words of DynamoDB's.
type Names = HashMap<String, String>;

/// In DynamoDB's words.
pub(super) struct Condition {
    pub expression: String,
    pub values: Item,
    pub names: Names,
}

impl Condition {
    pub fn new<'a>(
        expression: impl Into<String>,
        values: impl IntoIterator<Item = (&'a str, AttributeValue)>,
    ) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { expression: expression.into(), values, names: Names::new() }
    }

    pub fn naming(mut self, (name, attribute): (&str, &str)) -> Self {
        self.names.insert(name.to_owned(), attribute.to_owned());
        self
    }

    pub fn absent() -> Self {
        Self::new("attribute_not_exists(pk)", [])
    }

    pub fn there() -> Self {
        Self::new("attribute_exists(pk)", [])
    }

    /// The stored item belongs to this person.
    pub fn of(person: &PersonId) -> Self {
        Self::new("person = :person", [(":person", AttributeValue::S(person.to_string()))])
    }

    /// The stored item still has the version that was read; 0 when there was none.
    pub fn version(read: u64) -> Self {
        match read {
            0 => Self::absent(),
            _ => Self::new("version = :version", [(":version", AttributeValue::N(read.to_string()))]),
        }
    }

    /// The same of what is there and belongs to this person: of another it is another item, whatever its version.
    pub fn version_of(person: &PersonId, read: u64) -> Self {
        let mut condition = Self::of(person);
        condition.expression += " AND version = :version";
        condition.values.insert(":version".to_owned(), AttributeValue::N(read.to_string()));
        condition
    }
}

/// As DynamoDB's requests take it, which may not have names or values that are empty.
pub(super) fn in_parts(condition: Option<Condition>) -> (Option<String>, Option<Names>, Option<Item>) {
    let Some(Condition { expression, values, names }) = condition else { return (None, None, None) };
    let (names, values) = ((!names.is_empty()).then_some(names), (!values.is_empty()).then_some(values));
    (Some(expression), names, values)
}
