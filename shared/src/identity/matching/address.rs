//! Where somebody lives or works.

use super::{
    Fields,
    fold::{is_near, joined, words},
    name,
    rarity::Rarity,
    score::{Agreement, Evidence, Field},
};

#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    pub number: String,
    /// Street, building, quarter.
    pub lines: Vec<String>,
    pub place: Vec<String>,
    pub postcode: String,
    pub region: String,
}

/// However many fields an address is written in: there are some 2^24 homes that it could be.
const MOST_OF_AN_ADDRESS: f64 = 24.0;

impl Address {
    pub fn of(fields: &Fields) -> Self {
        let fold = |field: &Option<String>| joined(field.as_deref().unwrap_or_default());
        let mut lines = vec![fold(&fields.address_1), fold(&fields.address_2)];
        lines.retain(|line| !line.is_empty());
        lines.dedup();
        Self {
            number: fold(&fields.street_number),
            lines,
            place: words(fields.place.as_deref().unwrap_or_default()),
            postcode: fold(&fields.postcode),
            region: fold(&fields.region),
        }
    }

    /// What both have in common, and what not.
    pub fn compare(&self, other: &Self, rarity: &Rarity) -> Vec<Evidence> {
        let mut found = Vec::new();
        let mut add = |field: Field, agreement: Option<Agreement>, one: &str, other: &str| {
            found.extend(agreement.map(|agreement| rarity.evidence(field, agreement, one, other)));
        };
        let code =
            |one: &str, other: &str| (!one.is_empty() && !other.is_empty()).then(|| of_codes(one, other));
        add(Field::HouseNumber, code(&self.number, &other.number), &self.number, &other.number);
        add(Field::Postcode, code(&self.postcode, &other.postcode), &self.postcode, &other.postcode);
        add(Field::Region, code(&self.region, &other.region), &self.region, &other.region);
        let (place, others) = (self.place.concat(), other.place.concat());
        add(Field::Place, name::organisation(&self.place, &other.place), &place, &others);
        found.extend(self.streets(other, rarity));
        let sum: f64 = found.iter().map(|evidence| evidence.bits).sum();
        if sum > MOST_OF_AN_ADDRESS {
            for evidence in &mut found {
                evidence.bits *= MOST_OF_AN_ADDRESS / sum;
            }
        }
        found
    }

    /// The lines that agree, in whatever order they are written.
    fn streets(&self, other: &Self, rarity: &Rarity) -> Vec<Evidence> {
        let mut pairs = Vec::new();
        for (place, one) in self.lines.iter().enumerate() {
            for (others, other) in other.lines.iter().enumerate() {
                let agreement = match one == other {
                    true => Agreement::Same,
                    false if is_near(one, other) => Agreement::Near,
                    false => continue,
                };
                pairs.push((place, others, rarity.evidence(Field::Street, agreement, one, other)));
            }
        }
        pairs.sort_by(|one, other| other.2.bits.total_cmp(&one.2.bits));
        let mut found: Vec<(usize, usize, Evidence)> = Vec::new();
        for pair in pairs {
            if found.iter().all(|taken| taken.0 != pair.0 && taken.1 != pair.1) {
                found.push(pair);
            }
        }
        if found.is_empty() && !self.lines.is_empty() && !other.lines.is_empty() {
            return vec![rarity.evidence(Field::Street, Agreement::Differs, "", "")];
        }
        found.into_iter().map(|(_, _, evidence)| evidence).collect()
    }
}

/// Short codes: near are those with one slip, or two digits turned round.
fn of_codes(one: &str, other: &str) -> Agreement {
    if one == other {
        Agreement::Same
    } else if one.len().min(other.len()) > 1 && strsim::osa_distance(one, other) == 1 {
        Agreement::Near
    } else {
        Agreement::Differs
    }
}
