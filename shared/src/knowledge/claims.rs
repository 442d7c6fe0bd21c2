//! The claims ledger: facts that the twin may state about its owner, each with where it was read, and where the
//! sources contradict each other.

mod contradictions;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use self::contradictions::same_place;
pub use self::contradictions::{Contradiction, ContradictionKind};
use super::{
    document::{Claim, Month, Predicate, SourceKind, Until},
    source_code::Language,
};

/// From one position to the next may take so many months, or they may overlap by as many: a handover.
const HANDOVER: i32 = 1;
/// Whose products are named with them as often as without. Of others a name tells one thing from another: Google's cloud
/// from any.
const MAKERS: [&str; 2] = ["apache ", "hashicorp "];

/// Where a claim was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub kind: SourceKind,
    /// The document's title.
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub place: String,
}

impl Origin {
    /// What its code is written in; none of what is no code.
    pub fn language(&self) -> Option<Language> {
        (self.kind == SourceKind::Code).then(|| Language::of(&self.title)).flatten()
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() || self.place == self.title {
            f.write_str(&self.title)
        } else {
            write!(f, "{}, {}", self.title, self.place)
        }
    }
}

/// A claim, and all the places that make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ClaimOfOwner")]
pub struct Fact {
    #[serde(flatten)]
    pub claim: Claim,
    pub origins: Vec<Origin>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    pub facts: Vec<Fact>,
    pub contradictions: Vec<Contradiction>,
    /// From the dates of positions, never from text; `None` without a dated position.
    pub years_of_experience: Option<u32>,
}

impl Ledger {
    /// What all sources say together, as of `today`.
    pub fn of(claims: impl IntoIterator<Item = (Claim, Origin)>, today: Date) -> Self {
        let mut facts: Vec<Fact> = Vec::new();
        for (claim, origin) in claims {
            match facts.iter_mut().find(|fact| same(&fact.claim, &claim)) {
                Some(fact) if fact.origins.contains(&origin) => {}
                Some(fact) => fact.origins.push(origin),
                None => facts.push(Fact { claim, origins: vec![origin] }),
            }
        }
        let positions = facts.iter().filter(|fact| fact.claim.predicate == Predicate::Position);
        let years_of_experience = years(positions, today);
        let contradictions = contradictions::contradictions(&facts, years_of_experience, today);
        Self { facts, contradictions, years_of_experience }
    }

    pub fn all(&self, predicate: Predicate) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.claim.predicate == predicate)
    }

    /// Positions, the latest first.
    pub fn positions(&self) -> Vec<&Fact> {
        let mut positions: Vec<&Fact> = self.all(Predicate::Position).collect();
        positions.sort_by_key(|fact| {
            std::cmp::Reverse((fact.claim.end(), fact.claim.from.map_or(0, Month::index)))
        });
        positions
    }
}

impl Ledger {
    /// The position that ended last of those that were over when the owner began with an employer.
    pub fn before(&self, employer: &str) -> Option<&Fact> {
        let begin = self.of_employer(employer).filter_map(|fact| fact.claim.from).map(Month::index);
        let begin = begin.max()? + HANDOVER;
        let over = self.beside(employer).filter(|fact| fact.claim.end() <= begin);
        over.max_by_key(|fact| fact.claim.end())
    }

    /// The position that began first of those that began when the owner left an employer.
    pub fn after(&self, employer: &str) -> Option<&Fact> {
        let end = self.of_employer(employer).map(|fact| fact.claim.end()).min()?;
        let begin = |fact: &&Fact| fact.claim.from.map_or(0, Month::index);
        let then = self.beside(employer).filter(|fact| begin(fact) >= end.saturating_sub(HANDOVER));
        then.min_by_key(begin)
    }

    fn of_employer(&self, employer: &str) -> impl Iterator<Item = &Fact> {
        self.all(Predicate::Position).filter(move |fact| fact.claim.is_of(employer))
    }

    fn beside(&self, employer: &str) -> impl Iterator<Item = &Fact> {
        self.all(Predicate::Position).filter(move |fact| !fact.claim.is_of(employer))
    }
}

impl Claim {
    /// Whether it holds still.
    pub fn ends_now(&self) -> bool {
        matches!(self.until, Some(Until::Present) | None)
    }

    /// In months since year 0; what goes on ends last.
    pub fn end(&self) -> i32 {
        match self.until {
            Some(Until::Month(month)) => month.index(),
            Some(Until::Present) | None => i32::MAX,
        }
    }

    /// Whether an employer, as [`normalised`], is this claim's, with or without its legal form.
    pub(super) fn is_of(&self, employer: &str) -> bool {
        self.of.as_deref().is_some_and(|name| contradictions::compatible(&normalised(name), employer))
    }
}

impl Month {
    /// Months since year 0; a year alone counts as its middle, so that 2017 to 2021 is four years.
    pub(super) fn index(self) -> i32 {
        i32::from(self.year) * 12 + self.month.map_or(6, |month| i32::from(month) - 1)
    }

    /// The first and the last that may be meant, in months since year 0.
    fn within(self) -> (i32, i32) {
        let year = i32::from(self.year) * 12;
        self.month.map_or((year, year + 11), |month| {
            let month = year + i32::from(month) - 1;
            (month, month)
        })
    }

    /// Whether both name the same time, as far as both say.
    fn agrees(self, other: Self) -> bool {
        self.year == other.year
            && (self.month.is_none() || other.month.is_none() || self.month == other.month)
    }
}

impl Until {
    fn index(self, today: Date) -> i32 {
        match self {
            Self::Month(month) => month.index(),
            Self::Present => i32::from(today.year()) * 12 + i32::from(today.month()) - 1,
        }
    }

    fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Present, Self::Present) => true,
            (Self::Month(one), Self::Month(other)) => one.agrees(other),
            _ => false,
        }
    }
}

/// Lower case, letters and digits, single spaces.
pub fn normalised(text: &str) -> String {
    let words =
        text.split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#').filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// A skill, as it is compared: "Apache Flink" and "Flink" are one.
pub fn skill(value: &str) -> String {
    let value = normalised(value);
    match MAKERS.iter().find_map(|maker| value.strip_prefix(maker)) {
        Some(product) => product.to_owned(),
        None => value,
    }
}

fn same(one: &Claim, other: &Claim) -> bool {
    let value = |claim: &Claim| match claim.predicate {
        Predicate::Skill => skill(&claim.value),
        _ => normalised(&claim.value),
    };
    let text = |claim: &Claim| (claim.of.as_deref().map(normalised), value(claim));
    one.predicate == other.predicate
        && one.from == other.from
        && one.until == other.until
        && text(one) == text(other)
}

/// Whole years in which the owner held one of some positions; what overlaps counts once. None without a dated one.
pub(super) fn years<'a>(positions: impl Iterator<Item = &'a Fact>, today: Date) -> Option<u32> {
    let mut spans: Vec<(i32, i32)> = positions.filter_map(|fact| span(&fact.claim, today)).collect();
    spans.sort_unstable();
    let mut months = 0;
    let mut covered = i32::MIN;
    for (from, until) in &spans {
        months += (until - (*from).max(covered)).max(0);
        covered = covered.max(*until);
    }
    if spans.is_empty() { None } else { u32::try_from(months / 12).ok() }
}

/// Months from and until; a position without an end is held still.
fn span(claim: &Claim, today: Date) -> Option<(i32, i32)> {
    let from = claim.from?.index();
    let until = claim.until.unwrap_or(Until::Present).index(today);
    (from <= until).then_some((from, until))
}

/// `March 2019 to May 2021`, or `since March 2019`; empty where no source dates it.
pub fn period(claim: &Claim) -> String {
    match (claim.from, claim.until) {
        (Some(from), Some(Until::Month(until))) => format!("{from} to {until}"),
        (Some(from), Some(Until::Present) | None) => format!("since {from}"),
        (None, Some(Until::Month(until))) => format!("until {until}"),
        (None, Some(Until::Present) | None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn claim(predicate: Predicate, of: &str, value: &str, from: &str, until: &str) -> Claim {
        let month = |text: &str| Month::try_from(text.to_owned()).unwrap();
        Claim {
            predicate,
            of: (!of.is_empty()).then(|| of.to_owned()),
            value: value.to_owned(),
            from: (!from.is_empty()).then(|| month(from)),
            until: match until {
                "" => None,
                "now" => Some(Until::Present),
                text => Some(Until::Month(month(text))),
            },
            place: "line 1".to_owned(),
        }
    }

    fn ledger(claims: &[(&str, Claim)]) -> Ledger {
        let origin = |title: &str| Origin {
            kind: SourceKind::Resume,
            title: title.to_owned(),
            url: None,
            place: "line 1".to_owned(),
        };
        let claims = claims.iter().map(|(title, claim)| (claim.clone(), origin(title)));
        Ledger::of(claims, date(2026, 11, 22))
    }

    fn position(of: &str, from: &str, until: &str) -> Claim {
        claim(Predicate::Position, of, "Engineer", from, until)
    }

    #[test]
    fn years_come_from_dates_and_overlaps_count_once() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<u32>);
        let rows: [Row<'_>; 6] = [
            (&[("2020-01", "2022-01")], Some(2)),
            (&[("2017", "2021"), ("2021", "now")], Some(9)),
            (&[("2020-01", "2022-01"), ("2021-01", "2023-01")], Some(3)),
            (&[("2020-01", "2026-01"), ("2021-01", "2022-01")], Some(6)),
            (&[("2022-01", "2020-01")], None),
            (&[], None),
        ];
        for (spans, years) in rows {
            let claims: Vec<_> =
                spans.iter().map(|(from, until)| ("cv", position("X", from, until))).collect();
            assert_eq!(ledger(&claims).years_of_experience, years, "{spans:?}");
        }
    }

    #[test]
    fn the_same_claim_in_two_sources_is_one_fact() {
        let skill = |value| claim(Predicate::Skill, "", value, "", "");
        let ledger = ledger(&[("cv", skill("Rust")), ("linkedin", skill("rust ")), ("cv", skill("C++"))]);
        assert_eq!(ledger.facts.len(), 2);
        assert_eq!(ledger.facts[0].origins.len(), 2);
        assert_eq!(ledger.contradictions, []);
    }

    #[test]
    fn a_skill_is_one_with_its_maker_and_without() {
        let skill = |value| ("cv", claim(Predicate::Skill, "", value, "", ""));
        let named = ["Flink", "Apache Flink", "Google Cloud", "Cloud", "Apache", "HashiCorp Terraform"];
        let ledger = ledger(&named.map(skill));
        let values: Vec<_> = ledger.facts.iter().map(|fact| fact.claim.value.as_str()).collect();
        assert_eq!(values, ["Flink", "Google Cloud", "Cloud", "Apache", "HashiCorp Terraform"]);
    }

    #[test]
    fn contradictions_are_explained() {
        let name = |value| claim(Predicate::Name, "", value, "", "");
        let ledger = ledger(&[
            ("cv", name("Alex Sample")),
            ("site", name("A. Sample")),
            ("linkedin", name("Alex Sample-Muster")),
            ("cv", position("Acme", "2017-03", "2021-05")),
            ("linkedin", position("Acme", "2017-06", "2021")),
            ("linkedin", position("Globex", "2020-01", "2022-01")),
            ("cv", claim(Predicate::StatedYears, "", "12 years", "", "")),
        ]);
        let explained: Vec<_> =
            ledger.contradictions.iter().map(|found| (found.kind, found.explanation.as_str())).collect();
        insta::assert_debug_snapshot!(explained);
    }

    #[test]
    fn a_return_to_an_employer_and_a_handover_are_no_contradiction() {
        let claims = [
            ("cv", position("Acme", "2010-01", "2012-01")),
            ("cv", position("Acme", "2015-01", "2016-01")),
            ("cv", position("Globex", "2012-01", "2015-02")),
            ("cv", claim(Predicate::Location, "", "Berlin", "", "")),
            ("site", claim(Predicate::Location, "", "Berlin, Germany", "", "")),
            ("resume", claim(Predicate::Location, "", "Berlin, DE", "", "")),
        ];
        assert_eq!(ledger(&claims).contradictions, []);
    }

    #[test]
    fn positions_overlap_whichever_months_of_a_year_are_meant() {
        let rows = [
            (("2014", "2019"), ("2019", "now"), false),
            (("2014", "2019"), ("2019-03", "now"), false),
            (("2014", "2019-10"), ("2019", "now"), false),
            (("2014", "2019-10"), ("2019-03", "now"), true),
            (("2014", "2020"), ("2019-03", "now"), true),
            (("2014", "2021"), ("2019", "now"), true),
            (("2014", ""), ("2019", "2022"), true),
        ];
        for ((from, until), (then, end), overlap) in rows {
            let claims = [("cv", position("Acme", from, until)), ("cv", position("Globex", then, end))];
            let found = ledger(&claims).contradictions;
            assert_eq!(found.len(), usize::from(overlap), "{from} to {until}, {then} to {end}");
        }
    }

    #[test]
    fn places_contradict_each_other_where_both_say_as_much() {
        let rows = [
            ("Berlin, DE", "Berlin, Germany", false),
            ("Berlin, Germany", "Munich, Germany", true),
            ("Berlin, DE", "Munich, Germany", true),
            ("Portland, OR", "Portland, ME", true),
            ("Portland, Oregon", "Portland, Maine", true),
        ];
        for (one, other, contradict) in rows {
            let place = |value| claim(Predicate::Location, "", value, "", "");
            let found = ledger(&[("cv", place(one)), ("site", place(other))]).contradictions;
            assert_eq!(found.len(), usize::from(contradict), "{one} and {other}");
        }
    }

    #[test]
    fn periods_are_said_as_people_say_them() {
        let rows = [
            ("2019-03", "2021-05", "March 2019 to May 2021"),
            ("2019-03", "now", "since March 2019"),
            ("2019", "", "since 2019"),
            ("", "2021", "until 2021"),
            ("", "", ""),
        ];
        for (from, until, said) in rows {
            assert_eq!(period(&position("Acme", from, until)), said);
        }
    }
}
