//! Phone numbers, mailboxes and accounts, and what it means that two people share one.

use super::{
    Record,
    rarity::Rarity,
    score::{Agreement, Field, Score},
};
use crate::identity::{Email, LinkedIn};

#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub local: String,
    pub domain: String,
}

/// Mailboxes that belong to an office, not to a person.
const ROLES: &str = "info hello hi contact office mail admin sales support service help jobs careers career hr \
    recruiting recruitment talent team press billing noreply";
/// Domains where anybody has a mailbox.
const PUBLIC: &str = "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com \
    mac.com aol.com proton.me protonmail.com gmx.net gmx.de gmx.com web.de t-online.de mail.ru \
    yandex.ru qq.com 163.com";

impl Mailbox {
    pub fn is_personal(&self) -> bool {
        ROLES.split(' ').all(|role| role != self.local)
    }

    pub fn is_of_a_company(&self) -> bool {
        PUBLIC.split(' ').all(|domain| domain != self.domain)
    }

    pub fn written(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }
}

fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ';' || c.is_whitespace()).filter(|part| !part.is_empty())
}

/// Numbers by their last digits, which are the same with and without a country's or a trunk's prefix.
pub fn phones(text: &str) -> Vec<String> {
    let mut phones: Vec<String> = text
        .split(';')
        .map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>())
        .filter(|digits| digits.len() >= FEWEST_DIGITS)
        .map(|digits| digits[digits.len().saturating_sub(DIGITS_THAT_COUNT)..].to_owned())
        .collect();
    phones.sort();
    phones.dedup();
    phones
}

const FEWEST_DIGITS: usize = 7;
const DIGITS_THAT_COUNT: usize = 9;

pub fn mailboxes(text: &str) -> Vec<Mailbox> {
    let parsed = several(text).filter_map(|part| Email::parse(part).ok());
    let mut keys: Vec<String> = parsed.map(|email| email.key()).collect();
    keys.sort();
    keys.dedup();
    let parted = keys.iter().filter_map(|key| key.split_once('@'));
    parted.map(|(local, domain)| Mailbox { local: local.to_owned(), domain: domain.to_owned() }).collect()
}

/// A `LinkedIn` profile has two addresses, which cannot be told to be of one: each is a kind of its own.
pub fn accounts(linkedin: &str, others: &[(String, String)]) -> Vec<(String, String)> {
    let profiles = several(linkedin).filter_map(|part| LinkedIn::parse(part).ok()).map(|profile| {
        let kind = if profile.slug().starts_with("ACoAA") { "linkedin member" } else { "linkedin" };
        (kind.to_owned(), profile.slug().to_owned())
    });
    let mut accounts: Vec<_> = profiles.chain(others.iter().cloned()).collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

pub fn compare(score: &mut Score, one: &Record, other: &Record, rarity: &Rarity) {
    if !one.phones.is_empty() && !other.phones.is_empty() {
        let shared = one.phones.iter().find(|phone| other.phones.contains(phone));
        let agreement = if shared.is_some() { Agreement::Same } else { Agreement::Differs };
        let number = shared.map_or("", String::as_str);
        score.weigh([rarity.evidence(Field::Phone, agreement, number, number)]);
    }
    compare_mailboxes(score, one, other, rarity);
    for (_, agrees) in shared_kinds(one, other) {
        let agreement = if agrees { Agreement::Same } else { Agreement::Differs };
        score.weigh([rarity.evidence(Field::Account, agreement, "", "")]);
    }
}

/// Kinds of accounts that both have, and whether they have one in common.
fn shared_kinds<'a>(one: &'a Record, other: &Record) -> Vec<(&'a str, bool)> {
    let mut kinds: Vec<&str> = one.accounts.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.dedup();
    let shared = kinds.into_iter().filter_map(|kind| {
        let of = |record: &Record| -> Vec<String> {
            let these = record.accounts.iter().filter(|(known, _)| known == kind);
            these.map(|(_, which)| which.clone()).collect()
        };
        let (ours, theirs) = (of(one), of(other));
        (!theirs.is_empty()).then(|| (kind, ours.iter().any(|which| theirs.contains(which))))
    });
    shared.collect()
}

/// Kinds of accounts of which the two have different ones.
pub fn conflicts(one: &Record, other: &Record) -> Vec<String> {
    let differing = shared_kinds(one, other).into_iter().filter(|(_, agrees)| !agrees);
    differing.map(|(kind, _)| kind.to_owned()).collect()
}

fn compare_mailboxes(score: &mut Score, one: &Record, other: &Record, rarity: &Rarity) {
    let personal = |record: &Record| -> Vec<Mailbox> {
        record.mailboxes.iter().filter(|mailbox| mailbox.is_personal()).cloned().collect()
    };
    let (ours, theirs) = (personal(one), personal(other));
    if ours.is_empty() || theirs.is_empty() {
        return;
    }
    let same = ours.iter().find(|mailbox| theirs.contains(mailbox));
    let says_as_much = |mailbox: &&Mailbox| {
        mailbox.local.len() >= TELLING_LOCAL_PART && theirs.iter().any(|other| other.local == mailbox.local)
    };
    let (agreement, mailbox) = match (same, ours.iter().find(says_as_much)) {
        (Some(mailbox), _) => (Agreement::Same, mailbox.written()),
        (None, Some(mailbox)) => (Agreement::Part, mailbox.written()),
        (None, None) => (Agreement::Differs, String::new()),
    };
    score.weigh([rarity.evidence(Field::Email, agreement, &mailbox, &mailbox)]);
}

/// Shorter ones are first names and initials.
const TELLING_LOCAL_PART: usize = 6;

/// Whether both have addresses at one company's domain; one address of both says nothing about the company.
pub fn share_a_domain(one: &Record, other: &Record) -> bool {
    let has = |mailbox: &Mailbox| other.mailboxes.iter().any(|theirs| theirs.domain == mailbox.domain);
    let is_theirs = |mailbox: &Mailbox| mailbox.is_personal() && other.mailboxes.contains(mailbox);
    !one.mailboxes.iter().any(is_theirs)
        && one.mailboxes.iter().any(|mailbox| mailbox.is_of_a_company() && has(mailbox))
}
