//! Whether two records are of one person: found by cheap keys, compared field by field, weighed, decided.
//!
//! The weights are those of Fellegi and Sunter: how many times more often two values agree so with one person
//! than with two, as bits, so that they add up. How rare a value is comes from the records themselves. What a
//! record says is taken for true here: whether it was proved is for those who ask.

use std::fmt;

use serde::Deserialize;

mod address;
mod birth;
mod blocking;
mod compare;
mod contact_methods;
mod fold;
mod name;
mod rarity;
mod roll;
mod score;

pub use blocking::candidates;
pub use compare::compare;
pub use contact_methods::conflicts;
pub(crate) use name::company;
pub use rarity::Rarity;
pub use roll::{Pair, Roll, few};
pub use score::{Agreement, Decision, Evidence, Field, Score, decide};

use address::Address;
use contact_methods::Mailbox;
use name::Name;

/// What is known of somebody, as it was written. These are also the columns of a file of records; `phone`,
/// `email` and `linkedin` may hold several, parted by `;` or spaces.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(default)]
pub struct Fields {
    /// The whole name, if its parts are not known apart.
    pub name: Option<String>,
    pub given_name: Option<String>,
    #[serde(alias = "surname")]
    pub family_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    /// Year, month, day; punctuation does not count.
    #[serde(alias = "birth_date")]
    pub date_of_birth: Option<String>,
    pub street_number: Option<String>,
    /// Street, building, quarter: two lines, in either order.
    pub address_1: Option<String>,
    pub address_2: Option<String>,
    #[serde(alias = "suburb", alias = "city", alias = "location")]
    pub place: Option<String>,
    pub postcode: Option<String>,
    #[serde(alias = "state")]
    pub region: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub linkedin: Option<String>,
    /// Accounts of which a person has one of a kind: the kind, and which.
    #[serde(skip)]
    pub accounts: Vec<(String, String)>,
}

/// What is known of somebody, made comparable.
#[derive(Clone, Default, PartialEq)]
pub struct Record {
    name: Name,
    born: Option<String>,
    company: Vec<String>,
    title: Vec<String>,
    address: Address,
    phones: Vec<String>,
    mailboxes: Vec<Mailbox>,
    accounts: Vec<(String, String)>,
    /// Two records that share none are not compared.
    keys: Vec<u64>,
}

impl Record {
    pub fn new(fields: &Fields) -> Self {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (given, family) = (text(&fields.given_name), text(&fields.family_name));
        let name = if given.trim().is_empty() && family.trim().is_empty() {
            Name::whole(&text(&fields.name))
        } else {
            Name::parted(&given, &family)
        };
        let mut record = Self {
            name,
            born: birth::date(&text(&fields.date_of_birth)),
            company: name::company(&text(&fields.company)),
            title: name::title(&text(&fields.title)),
            address: Address::of(fields),
            phones: contact_methods::phones(&text(&fields.phone)),
            mailboxes: contact_methods::mailboxes(&text(&fields.email)),
            accounts: contact_methods::accounts(&text(&fields.linkedin), &fields.accounts),
            keys: Vec::new(),
        };
        record.keys = blocking::keys(&record);
        record
    }
}

/// Redacted.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(…)")
    }
}

/// Somebody who may be the one that was asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The place among those that were asked.
    pub other: usize,
    pub decision: Decision,
    pub score: Score,
    /// For a person to read, the weightiest first; it holds no value of either record.
    pub why: Vec<String>,
}

impl Proposal {
    fn likelier(&self, other: &Self) -> std::cmp::Ordering {
        other.decision.cmp(&self.decision).then(other.score.bits.total_cmp(&self.score.bits))
    }
}

/// Nobody looks through more.
pub const MAX_PROPOSALS: usize = 10;

/// Who among these may be the same person, the likeliest first; `new` is not to be among them.
pub fn proposals(new: &Record, among: &[Record]) -> Vec<Proposal> {
    let rarity = Rarity::around(new, among);
    let mut found: Vec<Proposal> = among
        .iter()
        .enumerate()
        .filter(|(_, other)| blocking::share_a_key(new, other))
        .filter_map(|(other, record)| {
            let score = compare(new, record, &rarity);
            let decision = decide(&score);
            (decision != Decision::Different).then(|| Proposal { other, decision, why: score.why(), score })
        })
        .collect();
    found.sort_by(Proposal::likelier);
    found.truncate(MAX_PROPOSALS);
    found
}

#[cfg(test)]
mod tests;
