//! Two records, field by field.

use std::{cmp::Ordering, iter};

use super::{
    Record, birth, contact_methods,
    name::{self, Name},
    rarity::Rarity,
    score::{Agreement, Evidence, Field, Score},
};

/// That first and family name stand in each other's place.
const TURNED: f64 = -3.0;

/// Weighs what two records have in common. Which comes first makes no difference.
pub fn compare(one: &Record, other: &Record, rarity: &Rarity) -> Score {
    let mut score = Score::default();
    score.weigh(names(&one.name, &other.name, rarity));
    if let (Some(born), Some(others)) = (&one.born, &other.born) {
        let agreement = birth::agreement(born, others);
        let is_older = agreement == Agreement::Differs && birth::are_a_generation_apart(born, others);
        let field = if is_older { Field::Generation } else { Field::BirthDate };
        score.weigh([rarity.evidence(field, agreement, born, others)]);
    }
    score.weigh(company(one, other, rarity));
    score.weigh(name::organisation(&one.title, &other.title).map(|agreement| {
        rarity.evidence(Field::Title, agreement, &one.title.concat(), &other.title.concat())
    }));
    score.weigh(one.address.compare(&other.address, rarity));
    contact_methods::compare(&mut score, one, other, rarity);
    score
}

/// The names as they stand or turned round, whichever says more.
fn names(one: &Name, other: &Name, rarity: &Rarity) -> Vec<Evidence> {
    let straight = [
        name::given(&one.given, &other.given)
            .map(|agreement| of_names(Field::GivenName, agreement, &one.given, &other.given, rarity)),
        name::family(&one.family, &other.family)
            .map(|agreement| of_names(Field::FamilyName, agreement, &one.family, &other.family, rarity)),
    ];
    let straight: Vec<Evidence> = straight.into_iter().flatten().collect();
    let turned = turned(one, other, rarity);
    let sum = |found: &[Evidence]| found.iter().map(|evidence| evidence.bits).sum::<f64>();
    let mut found = if !turned.is_empty() && sum(&turned) > sum(&straight) { turned } else { straight };
    if let (Some(generation), Some(others)) = (one.generation, other.generation) {
        let agreement = if generation == others { Agreement::Same } else { Agreement::Differs };
        found.push(rarity.evidence(Field::Generation, agreement, "", ""));
    }
    found
}

/// One's first name against the other's last. Since nobody knows which is which, the one that agrees better
/// counts as the first name; of two readings that agree alike, the one that says less.
fn turned(one: &Name, other: &Name, rarity: &Rarity) -> Vec<Evidence> {
    let crossed = |one: &[String], other: &[String]| {
        let agreement = name::given(one, other)?;
        let as_field = |field| of_names(field, agreement, one, other, rarity);
        Some([as_field(Field::GivenName), as_field(Field::FamilyName)])
    };
    let (first, second) = match (crossed(&one.given, &other.family), crossed(&one.family, &other.given)) {
        (None, None) => return Vec::new(),
        (Some([given, _]), None) | (None, Some([given, _])) => (given, None),
        (Some(one), Some(other)) => {
            let rank = |pair: &[Evidence; 2]| pair[0].agreement;
            let (straight, reversed) = ((one[0], other[1]), (other[0], one[1]));
            let says = |(given, family): (Evidence, Evidence)| given.bits + family.bits;
            let reading = match rank(&one).cmp(&rank(&other)) {
                Ordering::Less => straight,
                Ordering::Greater => reversed,
                Ordering::Equal if says(straight) <= says(reversed) => straight,
                Ordering::Equal => reversed,
            };
            (reading.0, Some(reading.1))
        }
    };
    if matches!(first.agreement, Agreement::Differs | Agreement::Initial) {
        return Vec::new();
    }
    let first = Evidence { bits: first.bits + TURNED, ..first };
    iter::once(first).chain(second).collect()
}

fn of_names(
    field: Field,
    agreement: Agreement,
    one: &[String],
    other: &[String],
    rarity: &Rarity,
) -> Evidence {
    rarity.evidence(field, agreement, &one.concat(), &other.concat())
}

/// The company by its name, or by the domain of the addresses that it gives.
fn company(one: &Record, other: &Record, rarity: &Rarity) -> Option<Evidence> {
    let agreement = name::organisation(&one.company, &other.company);
    let by_name = agreement.map(|agreement| {
        rarity.evidence(Field::Company, agreement, &one.company.concat(), &other.company.concat())
    });
    let by_domain = contact_methods::share_a_domain(one, other).then(|| {
        rarity.evidence(Field::Company, Agreement::Same, &one.company.concat(), &other.company.concat())
    });
    match (by_name, by_domain) {
        (Some(name), Some(domain)) => Some(if name.bits >= domain.bits { name } else { domain }),
        (name, domain) => name.or(domain),
    }
}
