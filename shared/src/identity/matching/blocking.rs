//! Which records are worth comparing: those that share one of some cheap keys.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Record, fold::sound, name};

/// What more records than this share says too little to compare them all.
pub const LARGEST_BLOCK: usize = 300;

/// The pairs that share a key, each once, by their places, the first place first.
pub fn candidates(records: &[Record]) -> Vec<(usize, usize)> {
    let mut places: Vec<(u64, usize)> = Vec::new();
    for (place, record) in records.iter().enumerate() {
        places.extend(record.keys.iter().map(|key| (*key, place)));
    }
    places.sort_unstable();
    let mut pairs = Vec::new();
    for block in places.chunk_by(|one, next| one.0 == next.0).filter(|block| block.len() <= LARGEST_BLOCK) {
        for (index, (_, one)) in block.iter().enumerate() {
            pairs.extend(block[index + 1..].iter().map(|(_, other)| (*one, *other)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

pub fn share_a_key(one: &Record, other: &Record) -> bool {
    one.keys.iter().any(|key| other.keys.binary_search(key).is_ok())
}

/// The keys of a record, sorted.
///
/// A name, by its sound and in whatever order, is joined with something else, since a name alone brings too many
/// together. Numbers, mailboxes and accounts stand alone.
pub fn keys(record: &Record) -> Vec<u64> {
    let mut keys = Vec::new();
    let mut add = |kind: &str, one: &str, other: &str| {
        if !one.is_empty() && !other.is_empty() {
            let mut hasher = DefaultHasher::new();
            (kind, one, other).hash(&mut hasher);
            keys.push(hasher.finish());
        }
    };
    let names = sounds(record);
    for (place, one) in names.iter().enumerate() {
        for other in &names[place + 1..] {
            add("names", one.min(other), one.max(other));
        }
    }
    let family = sound(&record.name.family.concat());
    for line in record.name.given.first().map(|given| name::forms(given)).unwrap_or_default() {
        add("form", &family, &line.to_string());
    }
    for (kind, value) in circumstances(record) {
        for name in &names {
            add(kind, name, &value);
        }
    }
    let address = &record.address;
    for line in &address.lines {
        add("number and street", &address.number, line);
        add("street and place", line, &address.place.concat());
        add("street and postcode", line, &address.postcode);
    }
    add("birth", record.born.as_deref().unwrap_or_default(), "date");
    for phone in &record.phones {
        add("phone", phone, "number");
    }
    for mailbox in record.mailboxes.iter().filter(|mailbox| mailbox.is_personal()) {
        add("mailbox", &mailbox.local, "local");
    }
    for (kind, which) in &record.accounts {
        add("account", kind, which);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The sound of each name: first, last, and the parts of a double one.
fn sounds(record: &Record) -> Vec<String> {
    let name = &record.name;
    let whole = [name.given.concat(), name.family.concat()];
    let parts = name.given.iter().chain(&name.family).cloned();
    let mut sounds: Vec<String> = whole.into_iter().chain(parts).map(|part| sound(&part)).collect();
    sounds.retain(|sound| !sound.is_empty());
    sounds.sort();
    sounds.dedup();
    sounds
}

/// What somebody may share with others of the same name, but not with many.
fn circumstances(record: &Record) -> Vec<(&'static str, String)> {
    let address = &record.address;
    let mut found = vec![
        ("company", record.company.concat()),
        ("place", address.place.concat()),
        ("postcode", address.postcode.clone()),
        ("house", address.number.clone()),
    ];
    found.extend(record.born.iter().map(|born| ("year", born.chars().take(4).collect())));
    found.extend(record.born.iter().map(|born| ("day", born.chars().skip(4).collect())));
    found.extend(address.lines.iter().map(|line| ("street", line.clone())));
    let domains = record.mailboxes.iter().filter(|mailbox| mailbox.is_of_a_company());
    found.extend(domains.map(|mailbox| ("domain", mailbox.domain.clone())));
    found
}
