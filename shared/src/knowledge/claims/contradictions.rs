//! Where the sources contradict each other, with an explanation of each.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, HANDOVER, normalised, period, span};
use crate::knowledge::document::{Claim, Predicate, Until};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContradictionKind {
    /// Two values where a person has one: names, places.
    Values,
    /// The same position or degree with other dates.
    Dates,
    /// Two employers at the same time.
    Overlap,
    /// A stated number that the dates do not give.
    Years,
}

/// For the owner to settle in the sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contradiction {
    pub kind: ContradictionKind,
    pub explanation: String,
    pub facts: Vec<Fact>,
}

/// All that the owner should settle, as of `today`; `years` are those of experience that the dates give.
pub fn contradictions(facts: &[Fact], years: Option<u32>, today: Date) -> Vec<Contradiction> {
    let mut found = Vec::new();
    found.extend(values(facts, Predicate::Name, "is named", compatible));
    found.extend(values(facts, Predicate::Location, "lives in", same_place));
    found.extend(dates(facts));
    found.extend(overlaps(facts, today));
    found.extend(stated_years(facts, years));
    found
}

/// Two values of something that a person has one of.
fn values(
    facts: &[Fact],
    predicate: Predicate,
    verb: &str,
    agree: fn(&str, &str) -> bool,
) -> Option<Contradiction> {
    let mut distinct: Vec<&Fact> = Vec::new();
    for fact in facts.iter().filter(|fact| fact.claim.predicate == predicate) {
        if !distinct.iter().any(|known| agree(&known.claim.value, &fact.claim.value)) {
            distinct.push(fact);
        }
    }
    (distinct.len() > 1).then(|| {
        let said: Vec<String> =
            distinct.iter().map(|fact| format!("{verb} “{}” ({})", fact.claim.value, cited(fact))).collect();
        contradiction(ContradictionKind::Values, format!("The owner {}.", said.join(", and ")), &distinct)
    })
}

/// One holds the words of the other: “Berlin” and “Berlin, Germany”, “A. Sample” and “Alex Sample”.
pub(super) fn compatible(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| c.is_whitespace() || ",.;()".contains(c))
            .filter(|word| !word.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    };
    let (one, other) = (words(one), words(other));
    let (fewer, more) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    fewer.iter().all(|word| {
        more.iter().any(|full| full == word || (word.chars().count() == 1 && full.starts_with(word.as_str())))
    })
}

/// Also where one has the code of a country or state, and the other its name: “Berlin, DE” and “Berlin, Germany”. Which
/// name a code is for is not looked up.
pub(in crate::knowledge) fn same_place(one: &str, other: &str) -> bool {
    compatible(one, other)
        || one.rsplit_once(',').zip(other.rsplit_once(',')).is_some_and(
            |((town, land), (other_town, other_land))| {
                is_code(land.trim()) != is_code(other_land.trim()) && compatible(town, other_town)
            },
        )
}

/// ISO 3166 and postal codes.
fn is_code(land: &str) -> bool {
    land.len() == 2 && land.chars().all(|letter| letter.is_ascii_uppercase())
}

/// The same position, or the same degree, with other dates.
fn dates(facts: &[Fact]) -> Vec<Contradiction> {
    let dated = |fact: &&Fact| matches!(fact.claim.predicate, Predicate::Position | Predicate::Education);
    pairs(facts.iter().filter(dated))
        .filter(|(one, other)| {
            one.claim.predicate == other.claim.predicate
                && one.claim.of.as_deref().map(normalised) == other.claim.of.as_deref().map(normalised)
                && normalised(&one.claim.value) == normalised(&other.claim.value)
                && differ(&one.claim, &other.claim)
        })
        .map(|(one, other)| {
            let explanation = format!(
                "{} {} ({}), but {} ({}).",
                called(&one.claim),
                period(&one.claim),
                cited(one),
                period(&other.claim),
                cited(other)
            );
            contradiction(ContradictionKind::Dates, explanation, &[one, other])
        })
        .collect()
}

/// They disagree about when it began or ended, and are not two stays one after the other.
fn differ(one: &Claim, other: &Claim) -> bool {
    let apart = |first: &Claim, second: &Claim| match (first.until, second.from) {
        (Some(Until::Month(until)), Some(from)) => until.index() < from.index(),
        _ => false,
    };
    let begin = one.from.zip(other.from).is_some_and(|(one, other)| !one.agrees(other));
    let end = one.until.zip(other.until).is_some_and(|(one, other)| !one.agrees(other));
    (begin || end) && !apart(one, other) && !apart(other, one)
}

fn overlaps(facts: &[Fact], today: Date) -> Vec<Contradiction> {
    pairs(facts.iter().filter(|fact| fact.claim.predicate == Predicate::Position))
        .filter_map(|(one, other)| {
            if one.claim.of.as_deref().map(normalised) == other.claim.of.as_deref().map(normalised) {
                return None;
            }
            let (from, until) = span(&one.claim, today)?;
            let (other_from, other_until) = span(&other.claim, today)?;
            let months = until.min(other_until) - from.max(other_from);
            (shared_at_least(&one.claim, &other.claim, today)? > HANDOVER).then(|| {
                let explanation = format!(
                    "{} {} ({}) overlaps {} {} ({}) by {months} months.",
                    called(&one.claim),
                    period(&one.claim),
                    cited(one),
                    called(&other.claim),
                    period(&other.claim),
                    cited(other)
                );
                contradiction(ContradictionKind::Overlap, explanation, &[one, other])
            })
        })
        .collect()
}

/// Months that two positions have in common, whichever are meant where a source names a year alone.
fn shared_at_least(one: &Claim, other: &Claim, today: Date) -> Option<i32> {
    let from = one.from?.within().1.max(other.from?.within().1);
    let until = |claim: &Claim| match claim.until {
        Some(Until::Month(month)) => month.within().0,
        Some(Until::Present) | None => Until::Present.index(today),
    };
    Some(until(one).min(until(other)) - from)
}

fn stated_years(facts: &[Fact], computed: Option<u32>) -> Vec<Contradiction> {
    let Some(computed) = computed else { return Vec::new() };
    facts
        .iter()
        .filter(|fact| fact.claim.predicate == Predicate::StatedYears)
        .filter_map(|fact| Some((fact, number(&fact.claim.value)?)))
        .filter(|(_, stated)| stated.abs_diff(computed) > 1)
        .map(|(fact, stated)| {
            let explanation = format!(
                "{} states {stated} years of experience; the dates of positions give {computed}.",
                cited(fact)
            );
            contradiction(ContradictionKind::Years, explanation, &[fact])
        })
        .collect()
}

fn number(text: &str) -> Option<u32> {
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn pairs<'a>(facts: impl Iterator<Item = &'a Fact>) -> impl Iterator<Item = (&'a Fact, &'a Fact)> {
    let facts: Vec<&Fact> = facts.collect();
    (0..facts.len()).flat_map(move |one| {
        let facts = facts.clone();
        (one + 1..facts.len()).map(move |other| (facts[one], facts[other]))
    })
}

fn contradiction(kind: ContradictionKind, explanation: String, facts: &[&Fact]) -> Contradiction {
    Contradiction { kind, explanation, facts: facts.iter().map(|fact| (*fact).clone()).collect() }
}

fn called(claim: &Claim) -> String {
    match &claim.of {
        Some(of) => format!("“{}” at {of}", claim.value),
        None => format!("“{}”", claim.value),
    }
}

/// The first place that says so.
fn cited(fact: &Fact) -> String {
    fact.origins.first().map(ToString::to_string).unwrap_or_default()
}
