//! The owner's rate card: what they offer, how long it takes, and what it costs.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::persona::one_line;

const MAX_SERVICES: usize = 20;
const MAX_INCLUDED: usize = 12;
const MAX_TERMS: usize = 12;
const MAX_NAME: usize = 80;
const MAX_LINE: usize = 300;
const MAX_ABOUT: usize = 600;
const MAX_DAYS: u32 = 1000;
const MAX_PRICE: u32 = 10_000_000;
const MAX_VALID: u16 = 365;

/// Without services nothing is proposed. Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct RateCard {
    /// Three letters, such as `EUR` (ISO 4217).
    #[garde(custom(three_letters))]
    pub currency: String,
    #[garde(length(max = MAX_SERVICES), dive)]
    pub services: Vec<Service>,
    /// What holds in any case, a line each: `Prices are without VAT.`
    #[garde(length(max = MAX_TERMS), inner(length(min = 1, max = MAX_LINE), custom(one_line)))]
    pub terms: Vec<String>,
    /// A proposal holds for so many days.
    #[garde(range(min = 1, max = MAX_VALID))]
    pub valid_days: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Service {
    #[garde(length(min = 1, max = MAX_NAME), custom(one_line))]
    pub name: String,
    /// How it is gone about, in a sentence or two.
    #[garde(length(min = 1, max = MAX_ABOUT), custom(one_line))]
    pub about: String,
    /// What belongs to it, a line each.
    #[serde(default)]
    #[garde(length(max = MAX_INCLUDED), inner(length(min = 1, max = MAX_LINE), custom(one_line)))]
    pub includes: Vec<String>,
    /// Working days.
    #[garde(range(min = 1, max = MAX_DAYS))]
    pub days_from: u32,
    #[garde(range(max = MAX_DAYS), custom(no_less_than(self.days_from)))]
    pub days_to: u32,
    /// Of all of it, in whole units of the currency.
    #[garde(range(max = MAX_PRICE))]
    pub price_from: u32,
    #[garde(range(max = MAX_PRICE), custom(no_less_than(self.price_from)))]
    pub price_to: u32,
}

impl Default for RateCard {
    fn default() -> Self {
        Self { currency: "EUR".to_owned(), services: Vec::new(), terms: Vec::new(), valid_days: 30 }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn three_letters(code: &str, (): &()) -> garde::Result {
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(garde::Error::new("three capital letters, such as EUR"))
}

fn no_less_than(from: u32) -> impl FnOnce(&u32, &()) -> garde::Result {
    move |to, ()| {
        if *to >= from { Ok(()) } else { Err(garde::Error::new(format!("no less than {from}"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_cards_are_validated() {
        let card = |currency: &str, days: (u32, u32), price: (u32, u32), name: &str| {
            let service = serde_json::json!({ "name": name, "about": "A review.", "daysFrom": days.0, "daysTo": days.1,
                "priceFrom": price.0, "priceTo": price.1 });
            let card = serde_json::json!({ "currency": currency, "services": [service] });
            serde_json::from_value::<RateCard>(card).unwrap().validate()
        };
        assert!(card("EUR", (5, 8), (6000, 8500), "Review").is_ok());
        assert!(card("EUR", (5, 5), (6000, 6000), "Review").is_ok());
        for (wrong, place) in [
            (card("euro", (5, 8), (1, 2), "Review"), "currency"),
            (card("EUR", (8, 5), (1, 2), "Review"), "days_to"),
            (card("EUR", (0, 5), (1, 2), "Review"), "days_from"),
            (card("EUR", (5, 8), (2, 1), "Review"), "price_to"),
            (card("EUR", (5, 8), (1, 2), ""), "name"),
            (card("EUR", (5, 8), (1, 2), "A\nB"), "name"),
        ] {
            let report = wrong.unwrap_err().to_string();
            assert!(report.contains(place), "{report}");
        }
        assert!(serde_json::from_str::<RateCard>(r#"{"discount":1}"#).is_err());
        assert!(RateCard::default().validate().is_ok());
    }
}
