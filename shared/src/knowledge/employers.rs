//! Which employer of the owner's a question is about: by name, or by when it was.

use std::collections::BTreeSet;

use super::{
    claims::{Ledger, normalised},
    document::{Claim, Predicate, Until},
    facts::{Sentence, held, is_of_work},
    terms::words,
};

/// Legal forms, which nobody says.
const FORMS: &str = "ab ag as asa bv co company corp corporation gbr gmbh group holding inc kg kgaa limited llc llp ltd nv ohg oy plc \
    pty sa sarl sas se spa srl ug";

/// Words of a name, without its legal form.
type Name = BTreeSet<String>;

/// Employers whom a question names.
pub fn named(ledger: &Ledger, question: &str) -> Vec<Name> {
    let said: Name = words(question).into_iter().collect();
    let mut named: Vec<Name> = Vec::new();
    for employer in ledger.all(Predicate::Position).filter_map(|fact| fact.claim.of.as_deref()) {
        let name = name(employer);
        if !name.is_empty() && name.is_subset(&said) && !named.contains(&name) {
            named.push(name);
        }
    }
    named
}

/// The only employer whom a text names, as the owner writes them.
pub fn named_alone<'a>(ledger: &'a Ledger, text: &str) -> Option<&'a str> {
    let named = named(ledger, text);
    let [one] = named.as_slice() else { return None };
    let mut all = ledger.all(Predicate::Position).filter_map(|fact| fact.claim.of.as_deref());
    all.find(|employer| name(employer) == *one)
}

/// Whether a text is about one of them.
pub fn are_in(text: &str, names: &[Name]) -> bool {
    let told: Name = words(text).into_iter().collect();
    names.iter().any(|name| name.is_subset(&told))
}

fn name(employer: &str) -> Name {
    let is_form = |word: &String| FORMS.split_ascii_whitespace().any(|form| form == word);
    words(employer).into_iter().filter(|word| !is_form(word)).collect()
}

/// What a question for the position that the owner holds is asked with, beside names.
const OF_NOW: &str = "work works working job role position employer employed company right now as current currently today present \
    title moment days";

/// The latest position, for who asks for it and for nothing else: `Where do you work?`
pub fn now(ledger: &Ledger, owner: &str, question: &str) -> Option<Sentence> {
    const ASKS: [&str; 6] = ["where ", "who ", "what ", "what's ", "what’s ", "which "];
    // What somebody works on, where they worked, and where they would, is more than that.
    const OF_MORE: [&str; 7] =
        [" did ", " was ", " will ", " would ", " work on", " working on", " work with"];
    // With these, what somebody works on is where they work.
    const NOW: [&str; 5] = [" now", " currently", " these days", " at the moment", " today"];
    let lower = question.trim().to_lowercase();
    let (owners, asked) = (words(owner), words(question));
    let is_now = NOW.iter().any(|now| lower.contains(now));
    let says = |word: &String| OF_NOW.split_ascii_whitespace().any(|known| known == word);
    let asks = ASKS.iter().any(|asks| lower.starts_with(asks));
    let of_more = OF_MORE.iter().any(|more| lower.contains(more) && !(is_now && more.ends_with(" on")));
    if !asks || of_more || !asked.iter().any(says) {
        return None;
    }
    if !asked.iter().all(|word| says(word) || owners.contains(word) || word == "what") {
        return None;
    }
    let latest = ledger.positions().into_iter().next()?;
    let origin = latest.origins.first()?.clone();
    Some(Sentence { origin, text: held(owner, latest, latest.claim.ends_now()), keywords: "" })
}

/// The positions that the owner held in a year that a question names, and for nothing else: `Where did you work in 2018?` One
/// an employer, the latest first.
pub fn during(ledger: &Ledger, owner: &str, question: &str) -> Vec<Sentence> {
    let Some(year) = year_asked(owner, question) else { return Vec::new() };
    let mut told: Vec<&Claim> = Vec::new();
    let mut sentences = Vec::new();
    for fact in ledger.positions() {
        let claim = &fact.claim;
        let employer = claim.of.as_deref().map(normalised).unwrap_or_default();
        if !is_held_in(claim, year) || told.iter().any(|known| known.is_of(&employer)) {
            continue;
        }
        told.push(claim);
        sentences.extend(fact.origins.first().map(|origin| Sentence {
            origin: origin.clone(),
            text: held(owner, fact, claim.ends_now()),
            keywords: "",
        }));
    }
    sentences
}

fn is_held_in(claim: &Claim, year: i16) -> bool {
    let begins = claim.from.is_some_and(|from| from.year <= year);
    begins
        && match claim.until {
            Some(Until::Month(until)) => until.year >= year,
            Some(Until::Present) | None => true,
        }
}

fn year_asked(owner: &str, question: &str) -> Option<i16> {
    let lower = question.to_lowercase();
    let is_to_come = [" will ", " would "].iter().any(|words| lower.contains(words));
    if is_to_come || (!lower.contains(" in ") && !lower.contains(" during ")) {
        return None;
    }
    let owners = words(owner);
    let asked = words(question).into_iter().filter(|word| !is_of_work(word) && !owners.contains(word));
    let named: Vec<String> = asked.collect();
    match named.as_slice() {
        [year] if year.len() == 4 => year.parse().ok().filter(|year| (1900..2100).contains(year)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::knowledge::{
        claims::Origin,
        document::{Month, SourceKind},
    };

    fn ledger() -> Ledger {
        let month = |text: &str| Month::try_from(text.to_owned()).unwrap();
        let position = |of: &str, from: &str, until: &str| Claim {
            predicate: Predicate::Position,
            of: Some(of.to_owned()),
            value: "Engineer".to_owned(),
            from: Some(month(from)),
            until: Some(if until.is_empty() { Until::Present } else { Until::Month(month(until)) }),
            place: String::new(),
        };
        let origin = Origin {
            kind: SourceKind::Resume,
            title: "Résumé".to_owned(),
            url: None,
            place: "Experience".to_owned(),
        };
        let claims = [
            position("Acme GmbH", "2021-03", ""),
            position("Acme", "2021-01", ""),
            position("Globex Storage AG", "2017-05", "2021-02"),
            position("Initech", "2014-10", "2017-04"),
        ];
        Ledger::of(claims.map(|claim| (claim, origin.clone())), date(2026, 11, 22))
    }

    #[test]
    fn an_employer_is_named_without_its_legal_form() {
        let rows = [
            ("What did Alex use at Globex Storage?", "Built it at Globex Storage AG, Potsdam", true),
            ("what technologies did you use at acme", "Engineer, Acme GmbH", true),
            ("What did Alex use at Acme?", "Engineer, Initech", false),
            ("How much storage is there?", "Globex Storage AG", false),
            ("What is a GmbH?", "Acme GmbH", false),
        ];
        for (question, text, expected) in rows {
            assert_eq!(are_in(text, &named(&ledger(), question)), expected, "{question}");
        }
    }

    #[test]
    fn an_employer_is_named_alone() {
        let rows = [
            ("What did Alex do at Globex Storage?", Some("Globex Storage AG")),
            ("From Initech to Globex Storage", None),
            ("What did Alex do?", None),
        ];
        for (text, expected) in rows {
            assert_eq!(named_alone(&ledger(), text), expected, "{text}");
        }
    }

    #[test]
    fn where_the_owner_works() {
        let rows = [
            ("Where does Alex work?", true),
            ("What is your current job title?", true),
            ("Who is Alex's employer?", true),
            ("where does alex work right now, and as what", true),
            ("what is alex working on now", true),
            ("What's she up to these days?", true),
            ("What did she work on in those days?", false),
            ("Where did Alex work?", false),
            ("Where would you like to work?", false),
            ("What does Alex work on?", false),
            ("What role is Alex looking for?", false),
            ("What is Alex's title for the talk?", false),
            ("What is Alex doing?", false),
            ("Does Alex work?", false),
        ];
        for (question, expected) in rows {
            let told = now(&ledger(), "Alex Sample", question).map(|sentence| sentence.text);
            assert_eq!(told.is_some(), expected, "{question}: {told:?}");
            assert!(told.is_none_or(|told| told.contains("Acme GmbH")), "{question}");
        }
    }

    #[test]
    fn where_the_owner_worked_in_a_year() {
        let rows: [(&str, &[&str]); 8] = [
            ("Where did Alex work in 2018?", &["Globex"]),
            ("which company did you work for during 2015", &["Initech"]),
            ("What was Alex's job in 2017?", &["Globex", "Initech"]),
            ("Where did Alex work in 2023?", &["Acme"]),
            ("Where did Alex work in 2001?", &[]),
            ("Where will Alex work in 2031?", &[]),
            ("What happened in 2018?", &[]),
            ("Where did Alex speak in 2018?", &[]),
        ];
        for (question, expected) in rows {
            let told = during(&ledger(), "Alex Sample", question);
            let told: Vec<&str> = told.iter().map(|sentence| sentence.text.as_str()).collect();
            assert_eq!(told.len(), expected.len(), "{question}: {told:?}");
            assert!(
                told.iter().zip(expected).all(|(told, name)| told.contains(name)),
                "{question}: {told:?}"
            );
        }
    }
}
