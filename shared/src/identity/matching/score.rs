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

/// How far two values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
            Field::Generation => "generation (Sr., Jr.)",
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

/// Among 10,000 records, 2²⁶ pairs, chance brings together less than one such pair.
const SAME_AT: f64 = 30.0;
/// Among 10,000 records somebody has one other record at most: odds even for somebody who has.
const PROPOSE_AT: f64 = 14.0;

/// What follows from a score. Whoever could be two people is never the same one, however much agrees.
pub fn decide(score: &Score) -> Decision {
    if score.bits < PROPOSE_AT {
        Decision::Different
    } else if score.bits >= SAME_AT && score.is_personal() && score.is_anchored() && !score.is_contradicted() {
        Decision::Same
    } else {
        Decision::Propose
    }
}

impl Score {
    /// Something that relatives and colleagues do not share agrees.
    fn is_personal(&self) -> bool {
        use Agreement::{Form, Near, Same, Sounds};
        self.any(|found| match found.field {
            Field::GivenName => matches!(found.agreement, Same | Form | Near | Sounds),
            Field::BirthDate => matches!(found.agreement, Same | Near),
            Field::Account => found.agreement == Same,
            _ => false,
        })
    }

    /// Something agrees that namesakes do not share.
    fn is_anchored(&self) -> bool {
        use Agreement::{Near, Same};
        let address: f64 = self.evidence.iter().filter(|found| found.field.is_address()).map(|found| found.bits).sum();
        address >= ANCHORING_ADDRESS
            || self.any(|found| match found.field {
                Field::Phone | Field::Email | Field::Account => found.agreement == Same,
                Field::BirthDate => matches!(found.agreement, Same | Near),
                _ => false,
            })
    }

    /// Something differs that stays the same all through a life.
    fn is_contradicted(&self) -> bool {
        self.any(|found| {
            matches!(
                (found.field, found.agreement),
                (Field::GivenName | Field::BirthDate | Field::Generation | Field::Account, Agreement::Differs)
            )
        })
    }

    fn any(&self, of: impl Fn(&Evidence) -> bool) -> bool {
        self.evidence.iter().any(of)
    }

    pub(super) fn weigh(&mut self, evidence: Evidence) {
        self.bits += evidence.bits;
        self.evidence.push(evidence);
    }

    /// The evidence in words, the weightiest first.
    pub fn why(&self) -> Vec<String> {
        let mut evidence = self.evidence.clone();
        evidence.sort_by(|one, other| other.bits.abs().total_cmp(&one.bits.abs()));
        evidence.iter().map(ToString::to_string).collect()
    }
}

/// More than a town: a street, or a postcode with more.
const ANCHORING_ADDRESS: f64 = 12.0;

impl Field {
    pub(super) fn is_address(self) -> bool {
        matches!(self, Self::HouseNumber | Self::Street | Self::Place | Self::Postcode | Self::Region)
    }
}
