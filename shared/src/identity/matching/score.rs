//! What two records have in common, weighed, and what follows from it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    GivenName,
    FamilyName,
    Generation,
    BirthDate,
    Company,
    Title,
    HouseNumber,
    Street,
    Place,
    Postcode,
    Region,
    Phone,
    Email,
    Account,
}

/// How far two values agree, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    Same,
    /// Forms of one name.
    Form,
    /// But for a slip.
    Near,
    Sounds,
    /// One is part of the other.
    Part,
    Initial,
    Differs,
}

/// One thing that speaks for, or against, two records being of one person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub field: Field,
    pub agreement: Agreement,
    /// The logarithm to base 2 of how much more often it is so with one person than with two.
    pub bits: f64,
}

/// For a person to read; it holds no value of either record.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.field {
            Field::GivenName => "first name",
            Field::FamilyName => "family name",
            Field::Generation => "generation",
            Field::BirthDate => "date of birth",
            Field::Company => "company",
            Field::Title => "title",
            Field::HouseNumber => "house number",
            Field::Street => "street",
            Field::Place => "place",
            Field::Postcode => "postcode",
            Field::Region => "region",
            Field::Phone => "phone number",
            Field::Email => "e-mail address",
            Field::Account => "account or profile",
        };
        match self.agreement {
            Agreement::Same => write!(f, "same {field}"),
            Agreement::Form => write!(f, "{field}s that are forms of one name"),
            Agreement::Near => write!(f, "{field} the same but for a slip"),
            Agreement::Sounds => write!(f, "{field}s that sound alike"),
            Agreement::Part => write!(f, "{field} the same in part"),
            Agreement::Initial => write!(f, "{field} with the same initial"),
            Agreement::Differs => write!(f, "another {field}"),
        }
    }
}

/// What comparing two records came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The sum of the evidence: each bit doubles the odds that both are one person.
    pub bits: f64,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Different,
    /// For the owner to decide.
    Propose,
    /// One person, if what both records say is true.
    Same,
}

/// 5,000 records are fewer than 2^24 pairs: among them, chance brings together less than one with such a score.
const SAME_AT: f64 = 24.0;
/// The odds that one of 5,000 records is a certain person's are 2^-12.
const PROPOSE_AT: f64 = 14.0;
/// More than a place and a region: a street, or a postcode with something else.
const HOME: f64 = 12.0;

/// What follows from a score. What could be two people is never the same one, however much agrees.
pub fn decide(score: &Score) -> Decision {
    if score.bits < PROPOSE_AT {
        Decision::Different
    } else if score.bits >= SAME_AT && score.is_personal() && score.is_anchored() && !score.is_contradicted()
    {
        Decision::Same
    } else {
        Decision::Propose
    }
}

impl Score {
    /// Something agrees that relatives and colleagues do not share.
    fn is_personal(&self) -> bool {
        self.has(Field::GivenName, &[Agreement::Same, Agreement::Form, Agreement::Near])
            || self.has(Field::BirthDate, &[Agreement::Same, Agreement::Near])
            || self.has(Field::Email, &[Agreement::Same])
            || self.has(Field::Account, &[Agreement::Same])
    }

    /// Something agrees that namesakes do not share.
    fn is_anchored(&self) -> bool {
        self.shares_a_home()
            || self.has(Field::BirthDate, &[Agreement::Same, Agreement::Near])
            || [Field::Phone, Field::Email, Field::Account]
                .iter()
                .any(|field| self.has(*field, &[Agreement::Same]))
    }

    /// Something differs that one person has only one of.
    fn is_contradicted(&self) -> bool {
        let differs = |field| self.has(field, &[Agreement::Differs]);
        differs(Field::Account)
            || differs(Field::Generation)
            || (differs(Field::GivenName) && !self.may_have_two_names())
    }

    /// Of one family, born on one day, at one address, and nothing that each has for themselves: rather somebody
    /// with a second first name than twins.
    fn may_have_two_names(&self) -> bool {
        let differs = |field: &Field| self.has(*field, &[Agreement::Differs]);
        self.has(Field::BirthDate, &[Agreement::Same, Agreement::Near])
            && self.shares_a_home()
            && ![Field::FamilyName, Field::Phone, Field::Email].iter().any(differs)
    }

    fn shares_a_home(&self) -> bool {
        let address = self.evidence.iter().filter(|found| found.field.is_address());
        address.map(|found| found.bits).sum::<f64>() >= HOME
    }

    fn has(&self, field: Field, agreements: &[Agreement]) -> bool {
        self.evidence.iter().any(|found| found.field == field && agreements.contains(&found.agreement))
    }

    pub(super) fn weigh(&mut self, evidence: impl IntoIterator<Item = Evidence>) {
        for found in evidence {
            self.bits += found.bits;
            self.evidence.push(found);
        }
    }

    /// The evidence in words, the weightiest first.
    pub fn why(&self) -> Vec<String> {
        let mut evidence = self.evidence.clone();
        evidence.sort_by(|one, other| other.bits.abs().total_cmp(&one.bits.abs()));
        evidence.iter().map(ToString::to_string).collect()
    }
}

impl Field {
    pub(super) fn is_address(self) -> bool {
        matches!(self, Self::HouseNumber | Self::Street | Self::Place | Self::Postcode | Self::Region)
    }
}
