//! How much it says that two records have a value in common: the rarer the value, the more.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    Record,
    score::{Agreement, Evidence, Field},
};

/// How often each value occurs.
#[derive(Debug, Clone, Default)]
pub struct Rarity {
    records: usize,
    counts: HashMap<u64, usize>,
}

/// So many records weigh as much as what holds in general.
const GENERAL_RECORDS: f64 = 500.0;

/// What holds of a field before any record is seen.
struct General {
    /// What a value in common says, in bits: with one person in 2^bits.
    same: f64,
    /// The most that it says: beyond that, errors and relatives outweigh chance.
    most: f64,
    /// What it says that the values differ. People move, marry and change their jobs, but not their birthday.
    differs: f64,
    /// What a slip takes away.
    slip: f64,
}

const fn general(field: Field) -> General {
    let (same, most, differs, slip) = match field {
        Field::GivenName => (7.0, 11.0, -5.0, 4.0),
        Field::FamilyName => (10.0, 13.0, -4.0, 4.0),
        Field::Generation => (1.0, 1.0, -6.0, 0.0),
        Field::BirthDate => (14.0, 15.0, -6.0, 6.0),
        Field::Company => (8.0, 11.0, -1.0, 4.0),
        Field::Title => (5.0, 7.0, -0.5, 3.0),
        Field::HouseNumber => (5.0, 7.0, -1.5, 3.0),
        Field::Street => (10.0, 13.0, -2.0, 4.0),
        Field::Place => (7.0, 11.0, -2.0, 4.0),
        Field::Postcode => (9.0, 11.0, -2.0, 5.0),
        Field::Region => (3.0, 5.0, -1.0, 2.0),
        Field::Phone => (13.0, 14.0, -0.5, 0.0),
        Field::Email => (20.0, 20.0, -0.5, 0.0),
        Field::Account => (22.0, 22.0, -8.0, 0.0),
    };
    General { same, most, differs, slip }
}

/// What a first letter in common says; what any agreement says at least.
const INITIAL: f64 = 2.0;
const LEAST: f64 = 1.0;
/// What a form of a name, a likeness in sound, and a part in common say less than the whole.
const FORM: f64 = 3.0;
const SOUND: f64 = 5.0;
const PART: f64 = 4.0;
/// What two of a date's three parts say, or the same name before the @ of two domains.
const PART_OF_A_DATE: f64 = 2.0;
const LOCAL_PART: f64 = 3.0;

impl Rarity {
    pub fn of(records: &[Record]) -> Self {
        let mut rarity = Self { records: records.len(), ..Self::default() };
        let mut owners = HashSet::new();
        for record in records {
            rarity.count(record, &mut owners, |_| true);
        }
        rarity
    }

    /// What one record has, counted among others: all that comparing it with them asks for.
    pub fn around(one: &Record, others: &[Record]) -> Self {
        let mut rarity = Self { records: others.len() + 1, ..Self::default() };
        let mut owners = HashSet::new();
        rarity.count(one, &mut owners, |_| true);
        let asked: HashSet<u64> = rarity.counts.keys().copied().collect();
        for record in others {
            rarity.count(record, &mut owners, |key| asked.contains(&key));
        }
        rarity
    }

    /// One record more.
    pub(super) fn grow(&mut self) {
        self.records += 1;
    }

    pub(super) fn add(&mut self, record: &Record, owners: &mut HashSet<(u64, String)>) {
        self.count(record, owners, |_| true);
    }

    /// Counts the values of a record. A number or a mailbox counts once for each first name that goes with it, so
    /// that somebody's own does not seem to be many people's because it is in many records.
    fn count(
        &mut self,
        record: &Record,
        owners: &mut HashSet<(u64, String)>,
        is_asked: impl Fn(u64) -> bool,
    ) {
        let (own, common) = keys(record);
        for key in common.into_iter().filter(|key| is_asked(*key)) {
            *self.counts.entry(key).or_default() += 1;
        }
        for key in own.into_iter().filter(|key| is_asked(*key)) {
            if owners.insert((key, record.name.given.concat())) {
                *self.counts.entry(key).or_default() += 1;
            }
        }
    }

    /// What a value in common says; the two records that have it do not count.
    #[allow(clippy::cast_precision_loss, reason = "counts are small")]
    fn bits(&self, field: Field, value: &str) -> f64 {
        let General { same, most, .. } = general(field);
        let others = self.counts.get(&key(field, value)).copied().unwrap_or_default().saturating_sub(2);
        let expected = others as f64 + GENERAL_RECORDS * (-same).exp2();
        let share = expected / (self.records as f64 + GENERAL_RECORDS);
        (-share.log2()).clamp(LEAST, most)
    }

    pub(super) fn evidence(&self, field: Field, agreement: Agreement, one: &str, other: &str) -> Evidence {
        let General { differs, slip, .. } = general(field);
        let whole = || self.bits(field, one).min(self.bits(field, other));
        let bits = match (field, agreement) {
            (_, Agreement::Differs) => differs,
            (_, Agreement::Initial) => INITIAL,
            (Field::BirthDate, Agreement::Part) => PART_OF_A_DATE,
            (Field::Email, Agreement::Part) => LOCAL_PART,
            (_, Agreement::Same) => whole(),
            (_, Agreement::Form) => (whole() - FORM).max(LEAST),
            (_, Agreement::Near) => (whole() - slip).max(LEAST),
            (_, Agreement::Sounds) => (whole() - SOUND).max(LEAST),
            (_, Agreement::Part) => (whole() - PART).max(LEAST),
        };
        Evidence { field, agreement, bits }
    }
}

fn key(field: Field, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (field, value).hash(&mut hasher);
    hasher.finish()
}

/// The values of a record: those that a person has alone, and all others.
fn keys(record: &Record) -> (Vec<u64>, Vec<u64>) {
    let phones = record.phones.iter().map(|phone| key(Field::Phone, phone));
    let mailboxes = record.mailboxes.iter().map(|mailbox| key(Field::Email, &mailbox.written()));
    let mut common = Vec::new();
    let mut add = |field: Field, value: &str| {
        if !value.is_empty() {
            common.push(key(field, value));
        }
    };
    add(Field::GivenName, &record.name.given.concat());
    add(Field::FamilyName, &record.name.family.concat());
    add(Field::BirthDate, record.born.as_deref().unwrap_or_default());
    add(Field::Company, &record.company.concat());
    add(Field::Title, &record.title.concat());
    add(Field::HouseNumber, &record.address.number);
    for line in &record.address.lines {
        add(Field::Street, line);
    }
    add(Field::Place, &record.address.place.concat());
    add(Field::Postcode, &record.address.postcode);
    add(Field::Region, &record.address.region);
    (phones.chain(mailboxes).collect(), common)
}
