//! The owner's rate card: what they offer, how long it takes, and what it costs.

use std::collections::BTreeSet;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Range;
use crate::{
    knowledge::terms::{stem, words},
    persona::one_line,
};

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

/// Stems of what is asked with for prices.
const OF_PRICES: &str = "do charg rate price cost fee quot quotat tariff much mani expens cheap hour hourli daili day dai week \
                         month pay budget rough roughli estim typic usual normal consult freelanc contract work project \
                         servic hire time alreadi ask want know tell give get like need send pleas question per averag engag \
                         discount rebat cheaper negoti lower good r u ur";

impl RateCard {
    /// What it says to who asks for the `owner`'s prices: of the services that they name, else of all. `None`: it has none,
    /// or they ask what something else costs.
    pub fn told(&self, owner: &str, question: &str) -> Option<String> {
        let services = self.asked(owner, question);
        if services.is_empty() {
            return None;
        }
        let prices: Vec<String> = services.into_iter().map(|service| self.priced(service)).collect();
        Some(format!("{}.\n{}", prices.join("; "), self.terms.join("\n")).trim_end().to_owned())
    }

    /// What belongs to the services whose prices were asked for, a line each.
    pub fn included(&self, owner: &str, question: &str) -> Vec<String> {
        let services = self.asked(owner, question).into_iter();
        let told = services.filter(|service| !service.includes.is_empty());
        told.map(|service| format!("{}: {}.", service.name, service.includes.join("; "))).collect()
    }

    /// The services that a question for prices names, else all of them; none if it asks what something else costs.
    fn asked(&self, owner: &str, question: &str) -> Vec<&Service> {
        let asked = asked(owner, question);
        let is_named = |service: &&Service| !terms(&service.name).is_disjoint(&asked);
        let named: Vec<&Service> = self.services.iter().filter(is_named).collect();
        if named.is_empty() && asked.is_empty() { self.services.iter().collect() } else { named }
    }

    /// `Review: EUR 6,000 to 8,500, 5 to 8 working days`
    fn priced(&self, service: &Service) -> String {
        let price = Range { from: service.price_from, to: service.price_to };
        let days = Range { from: service.days_from, to: service.days_to };
        let unit = if days.to == 1 { "day" } else { "days" };
        format!("{}: {} {}, {} working {unit}", service.name, self.currency, price.words(), days.words())
    }
}

/// What a question for prices names beside them, and beside whose they are.
fn asked(owner: &str, question: &str) -> BTreeSet<String> {
    let asking: BTreeSet<&str> = OF_PRICES.split_ascii_whitespace().collect();
    let owners = terms(owner);
    let is_asking = |term: &String| asking.contains(term.as_str()) || owners.contains(term);
    terms(question).into_iter().filter(|term| !is_asking(term)).collect()
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
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
    fn prices_are_told_to_who_asks_for_them() {
        let card: RateCard =
            serde_json::from_str(include_str!("../../../infra/local/demo/rates.json")).unwrap();
        let told = |question: &str| card.told("Alex Sample", question).unwrap_or_default();
        let all = told("How much do you charge?");
        assert!(
            all.starts_with("Architecture review: EUR 7,500, 5 working days; Finding bottlenecks: EUR 6,000")
        );
        assert!(all.contains(".\nPrices are without VAT"), "{all}");
        assert_eq!(told("How much does Alex charge? What are Alex’s rates per day?"), all);
        assert_eq!(told("what r his rates"), all);
        let one = told("What would a migration plan cost?");
        assert!(one.starts_with("Migration plan: EUR 11,000 to 20,000, 8 to 15 working days.\n"), "{one}");
        assert_eq!(told("That's expensive. Do you give discounts?"), all);
        let included = |question: &str| card.included("Alex Sample", question);
        assert_eq!(included("What does Alex charge?").len(), 3);
        let one = included("What would a migration plan cost?");
        assert!(one.len() == 1 && one[0].starts_with("Migration plan: A plan in steps, "), "{one:?}");
        assert_eq!(included("What has Alex done with Rust?"), Vec::<String>::new());
        assert_eq!(told("How did the cost of the settlement jobs change with the move to Lambda?"), "");
        assert_eq!(told("What is Alex's current salary?"), "");
        assert_eq!(RateCard::default().told("Alex Sample", "How much do you charge?"), None);
    }

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
