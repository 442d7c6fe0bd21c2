//! Tokens, and what they cost.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

/// Tokens as they are billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// All of the input, cached or not.
    pub input_tokens: u64,
    /// Of `input_tokens`: read from the cache.
    pub cached_tokens: u64,
    /// Of `input_tokens`: written to the cache.
    pub cache_write_tokens: u64,
    /// All of the output, with reasoning.
    pub output_tokens: u64,
    /// Of `output_tokens`: never seen.
    pub reasoning_tokens: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.cached_tokens, other.cached_tokens);
        add(&mut self.cache_write_tokens, other.cache_write_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        add(&mut self.reasoning_tokens, other.reasoning_tokens);
    }
}

/// Micro-dollars for a million tokens: $0.10 is 100,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: u64,
    pub cached_input: u64,
    pub cache_write: u64,
    pub output: u64,
    /// With more input tokens than these, a request's input costs twice and its output one and a half times as much.
    #[serde(default)]
    pub long_beyond: Option<u64>,
}

impl Price {
    /// For embeddings, which have no output and no cache.
    pub const fn of_input(input: u64) -> Self {
        Self { input, cached_input: input, cache_write: input, output: 0, long_beyond: None }
    }

    /// Micro-dollars for one request, rounded up.
    fn cost(&self, usage: &Usage) -> u64 {
        let of = |price: u64, tokens: u64| u128::from(price) * u128::from(tokens);
        let cached = usage.cached_tokens.saturating_add(usage.cache_write_tokens);
        let input = of(self.input, usage.input_tokens.saturating_sub(cached))
            .saturating_add(of(self.cached_input, usage.cached_tokens))
            .saturating_add(of(self.cache_write, usage.cache_write_tokens));
        let output = of(self.output, usage.output_tokens);
        let is_long = self.long_beyond.is_some_and(|most| usage.input_tokens > most);
        let (twice_input, twice_output) = if is_long { (4, 3) } else { (2, 2) };
        let twice = input.saturating_mul(twice_input).saturating_add(output.saturating_mul(twice_output));
        u64::try_from(twice.div_ceil(2 * 1_000_000)).unwrap_or(u64::MAX)
    }
}

/// What models cost, as of a day.
///
/// The default is what is known of OpenAI's pages (standard processing, no regional surcharge) on its date; it was
/// not read from them for this release, so check it against <https://developers.openai.com/api/docs/pricing> and
/// override it by configuration:
///
/// ```json
/// {"as_of": "2026-12-01", "models": {"gpt-6-luna":
///     {"input": 100000, "cached_input": 10000, "cache_write": 125000, "output": 500000}}}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    pub as_of: Date,
    pub models: BTreeMap<String, Price>,
}

impl Default for Prices {
    fn default() -> Self {
        let luna = Price {
            input: 100_000,
            cached_input: 10_000,
            cache_write: 125_000,
            output: 500_000,
            long_beyond: Some(272_000),
        };
        let models = [
            ("gpt-6-luna", luna),
            ("text-embedding-3-small", Price::of_input(20_000)),
            ("text-embedding-3-large", Price::of_input(130_000)),
        ];
        Self {
            as_of: date(2026, 9, 22),
            models: models.into_iter().map(|(model, price)| (model.to_owned(), price)).collect(),
        }
    }
}

impl Prices {
    /// Micro-dollars for one request, rounded up. None if the model has no price: names are not guessed from others.
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<u64> {
        self.models.get(model).map(|price| price.cost(usage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: u64 = 1_000_000;

    fn cost(model: &str, usage: Usage) -> Option<u64> {
        Prices::default().cost(model, &usage)
    }

    #[test]
    fn a_million_tokens_cost_the_price() {
        let output = Usage { output_tokens: MILLION, reasoning_tokens: MILLION, ..Usage::default() };
        assert_eq!(cost("gpt-6-luna", output), Some(500_000));
        let input = Usage { input_tokens: MILLION, ..Usage::default() };
        assert_eq!(cost("text-embedding-3-small", input), Some(20_000));
        assert_eq!(cost("gpt-7", input), None);
    }

    #[test]
    fn cached_input_is_part_of_the_input() {
        let usage =
            Usage { input_tokens: 200_000, cached_tokens: 100_000, output_tokens: 0, ..Usage::default() };
        assert_eq!(cost("gpt-6-luna", usage), Some(11_000));
        let written = Usage { cache_write_tokens: 100_000, ..usage };
        assert_eq!(cost("gpt-6-luna", written), Some(1_000 + 12_500));
    }

    #[test]
    fn long_prompts_cost_more() {
        let usage = Usage { input_tokens: 272_000, output_tokens: 1_000, ..Usage::default() };
        assert_eq!(cost("gpt-6-luna", usage), Some(27_200 + 500));
        let long = Usage { input_tokens: 300_000, ..usage };
        assert_eq!(cost("gpt-6-luna", long), Some(60_000 + 750));
    }

    #[test]
    fn configuration_overrides_them() {
        let price = r#"{"input": 100000, "cached_input": 10000, "cache_write": 125000, "output": 600000}"#;
        let text = format!(r#"{{"as_of": "2026-12-01", "models": {{"gpt-6-luna": {price}}}}}"#);
        let prices: Prices = serde_json::from_str(&text).unwrap();
        let usage = Usage { output_tokens: MILLION, ..Usage::default() };
        assert_eq!(prices.cost("gpt-6-luna", &usage), Some(600_000));
        assert_eq!(prices.cost("text-embedding-3-small", &usage), None);
        assert!(serde_json::from_str::<Prices>(&text.replace("output", "outputs")).is_err());
    }

    #[test]
    fn what_is_tiny_or_absurd_has_a_cost_too() {
        assert_eq!(cost("gpt-6-luna", Usage { input_tokens: 1, ..Usage::default() }), Some(1));
        assert_eq!(cost("gpt-6-luna", Usage::default()), Some(0));
        let mut all = Usage { input_tokens: u64::MAX, output_tokens: u64::MAX, ..Usage::default() };
        all += all;
        assert_eq!(all.input_tokens, u64::MAX);
        assert!(cost("gpt-6-luna", all).is_some());
    }
}
