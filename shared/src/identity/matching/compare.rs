//! Two records, field by field.

use super::{
    Record, contact_methods,
    name::{self, Name},
    rarity::Rarity,
    score::{Agreement, Evidence, Field, Score},
};
use super::birth;

/// That first and family name stand in each other's place.
const TURNED: f64 = -3.0;

/// Weighs what two records have in common. Which comes first makes no difference.
pub fn compare(one: &Record, other: &Record, rarity: &Rarity) -> Score {
    let mut score = Score::default();
    names(&one.name, &other.name, rarity).into_iter().for_each(|evidence| score.weigh(evidence));
    if let (Some(born), Some(others)) = (&one.born, &other.born) {
        score.weigh(rarity.evidence(Field::BirthDate, birth::agreement(born, others), born, others));
    }
    company(one, other, rarity).into_iter().for_each(|evidence| score.weigh(evidence));
    if let Some(agreement) = name::organisation(&one.title, &other.title) {
        score.weigh(rarity.evidence(Field::Title, agreement, &one.title.concat(), &other.title.concat()));
    }
    one.address.compare(&other.address, rarity).into_iter().for_each(|evidence| score.weigh(evidence));
    contact_methods::compare(&mut score, one, other, rarity);
    score
}

/// The names as they stand or turned round, whichever says more.
fn names(one: &Name, other: &Name, rarity: &Rarity) -> Vec<Evidence> {
    let straight = aligned((&one.given, &one.family), other, rarity);
    let mut turned = aligned((&one.family, &one.given), other, rarity);
    let agrees = |found: &[Evidence]| found.iter().all(|evidence| evidence.agreement != Agreement::Differs);
    let sum = |found: &[Evidence]| found.iter().map(|evidence| evidence.bits).sum::<f64>();
    let mut found = if !turned.is_empty() && agrees(&turned) && sum(&turned) + TURNED > sum(&straight) {
        turned.iter_mut().take(1).for_each(|evidence| evidence.bits += TURNED);
        turned
    } else {
        straight
    };
    if let (Some(generation), Some(others)) = (one.generation, other.generation) {
        let agreement = if generation == others { Agreement::Same } else { Agreement::Differs };
        found.push(rarity.evidence(Field::Generation, agreement, "", ""));
    }
    found
}

fn aligned((given, family): (&[String], &[String]), other: &Name, rarity: &Rarity) -> Vec<Evidence> {
    let given_name = name::given(given, &other.given)
        .map(|agreement| rarity.evidence(Field::GivenName, agreement, &given.concat(), &other.given.concat()));
    let family_name = name::family(family, &other.family)
        .map(|agreement| rarity.evidence(Field::FamilyName, agreement, &family.concat(), &other.family.concat()));
    given_name.into_iter().chain(family_name).collect()
}

/// The company by its name, or by the domain of the addresses that it gives.
fn company(one: &Record, other: &Record, rarity: &Rarity) -> Option<Evidence> {
    let agreement = name::organisation(&one.company, &other.company);
    let by_name = agreement
        .map(|agreement| rarity.evidence(Field::Company, agreement, &one.company.concat(), &other.company.concat()));
    let by_domain = contact_methods::share_a_domain(one, other)
        .then(|| rarity.evidence(Field::Company, Agreement::Same, &one.company.concat(), &other.company.concat()));
    match (by_name, by_domain) {
        (Some(name), Some(domain)) => Some(if name.bits >= domain.bits { name } else { domain }),
        (name, domain) => name.or(domain),
    }
}
