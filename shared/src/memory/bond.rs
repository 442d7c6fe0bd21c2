//! How close somebody is: by how recently, how often and how mutually they talk. It fades by itself.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MAX_EXCHANGES;
use crate::{
    contact::{InteractionRecord, Strength},
    elapsed::ago,
    id::InteractionId,
    interaction::{Channel, Interaction, Speaker, Turn},
};

/// A conversation, as far as closeness is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    pub interaction: InteractionId,
    pub channel: Channel,
    pub at: Timestamp,
    /// Turns of the person, and of the twin.
    pub theirs: u32,
    pub ours: u32,
}

/// How close somebody is, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bond {
    pub strength: Strength,
    pub score: f64,
    /// In words.
    pub why: String,
}

/// What a conversation makes of how close somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// They are closer than weak from now on.
    Formed,
    /// They were, and had not been in touch for long.
    Renewed,
}

/// After so many days a conversation counts half.
const HALF_LIFE_DAYS: f64 = 90.0;
/// What is called recent in words.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Whoever was close is called dormant after so long without a word.
pub const DORMANT_AFTER: SignedDuration = RECENT;
/// A conversation in which only one side spoke counts so much; one in which each spoke [`MUTUAL`] times counts 1.
const ONE_SIDED: f64 = 0.4;
const MUTUAL: u32 = 3;
/// About two conversations of late, and about five.
const MEDIUM: f64 = 1.4;
const STRONG: f64 = 3.5;

pub fn bond(exchanges: &[Exchange], now: Timestamp) -> Bond {
    let weights = exchanges.iter().map(|exchange| exchange.weight() * exchange.freshness(now));
    // The sum of nothing is -0.
    let score = 0.0 + weights.sum::<f64>();
    let strength = match score {
        score if score >= STRONG => Strength::Strong,
        score if score >= MEDIUM => Strength::Medium,
        _ => Strength::Weak,
    };
    Bond { strength, score, why: why(exchanges, now) }
}

/// What a conversation makes of those before it.
pub fn tie(before: &[Exchange], held: &Exchange) -> Option<Tie> {
    let is_close = |exchanges: &[Exchange], at| bond(exchanges, at).strength > Strength::Weak;
    let before: Vec<Exchange> =
        before.iter().filter(|known| known.interaction != held.interaction).cloned().collect();
    let last = before.iter().map(|known| known.at).max();
    if last.is_some_and(|last| is_close(&before, last)) {
        let rested = last.is_some_and(|last| held.at.duration_since(last) > DORMANT_AFTER);
        return rested.then_some(Tie::Renewed);
    }
    let with: Vec<Exchange> = before.into_iter().chain([held.clone()]).collect();
    is_close(&with, held.at).then_some(Tie::Formed)
}

impl Exchange {
    pub fn of(held: &Interaction, turns: &[Turn]) -> Self {
        let said = |speaker| turns.iter().filter(|turn| turn.speaker == speaker).count();
        Self {
            interaction: held.id.clone(),
            channel: held.channel,
            at: held.started_at,
            theirs: u32::try_from(said(Speaker::Person)).unwrap_or(u32::MAX),
            ours: u32::try_from(said(Speaker::Twin)).unwrap_or(u32::MAX),
        }
    }

    /// One that was held before turns were counted: taken for mutual.
    pub fn before(record: &InteractionRecord) -> Self {
        Self {
            interaction: record.interaction.clone(),
            channel: record.channel,
            at: record.at,
            theirs: MUTUAL,
            ours: MUTUAL,
        }
    }

    fn is_mutual(&self) -> bool {
        self.theirs > 0 && self.ours > 0
    }

    fn weight(&self) -> f64 {
        let mutual = f64::from(self.theirs.min(self.ours).min(MUTUAL)) / f64::from(MUTUAL);
        ONE_SIDED + (1.0 - ONE_SIDED) * mutual
    }

    /// 1 now, a half after the half-life.
    fn freshness(&self, now: Timestamp) -> f64 {
        let days = now.duration_since(self.at).as_secs_f64().max(0.0) / 86_400.0;
        (-days / HALF_LIFE_DAYS).exp2()
    }
}

fn why(exchanges: &[Exchange], now: Timestamp) -> String {
    let Some(last) = exchanges.iter().map(|exchange| exchange.at).max() else {
        return "no conversation yet".to_owned();
    };
    let recent = exchanges.iter().filter(|exchange| now.duration_since(exchange.at) <= RECENT).count();
    let mutual = exchanges.iter().filter(|exchange| exchange.is_mutual()).count();
    let passed = now.duration_since(last);
    let last = match passed.as_hours() / 24 {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => ago(passed),
    };
    let counted = match exchanges.len() {
        1 => "1 conversation".to_owned(),
        MAX_EXCHANGES.. => format!("{MAX_EXCHANGES} or more conversations"),
        all => format!("{all} conversations"),
    };
    let mutual = match (exchanges.len(), mutual) {
        (1, 0) => "only one side spoke".to_owned(),
        (1, _) => "both sides spoke".to_owned(),
        (_, 0) => "in none of them both sides spoke".to_owned(),
        (_, 1) => "in one of them both sides spoke".to_owned(),
        (_, all) => format!("in {all} of them both sides spoke"),
    };
    format!("{counted}, {recent} in the last 90 days, the last {last}; {mutual}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }

    #[test]
    fn ties_are_formed_and_renewed() {
        let day = 24;
        let named = |id: &str, hours| Exchange { interaction: id.parse().unwrap(), ..before(hours, 5, 5) };
        let (first, second, late) = (named("int_1", 200 * day), named("int_2", 190 * day), named("int_3", 0));
        assert_eq!(tie(&[], &first), None, "one conversation is no tie");
        assert_eq!(tie(std::slice::from_ref(&first), &second), Some(Tie::Formed));
        let known = [first.clone(), second.clone()];
        assert_eq!(tie(&known, &named("int_3", 180 * day)), None, "it is one already");
        assert_eq!(tie(&known, &late), Some(Tie::Renewed));
        let again = [first.clone(), second.clone(), late.clone()];
        assert_eq!(tie(&again, &late), Some(Tie::Renewed), "the same again says the same");
        assert_eq!(tie(&[first], &late), None, "whoever was never close is not renewed");
    }

    fn before(hours: i64, theirs: u32, ours: u32) -> Exchange {
        Exchange {
            interaction: "int_1".parse().unwrap(),
            channel: Channel::Phone,
            at: now() - SignedDuration::from_hours(hours),
            theirs,
            ours,
        }
    }

    #[test]
    fn how_close() {
        let days = |days: &[i64]| days.iter().map(|days| before(days * 24, 4, 5)).collect::<Vec<_>>();
        let rows: [(&str, Vec<Exchange>, Strength); 8] = [
            ("a stranger", vec![], Strength::Weak),
            ("one call", days(&[0]), Strength::Weak),
            ("two of late", days(&[0, 10]), Strength::Medium),
            ("two a year ago", days(&[365, 370]), Strength::Weak),
            ("five in two months", days(&[0, 5, 20, 40, 60]), Strength::Strong),
            ("five half a year ago", days(&[170, 180, 185, 190, 200]), Strength::Weak),
            ("old friends, a quarter ago", days(&[90, 92, 95, 97, 100, 104]), Strength::Medium),
            ("three voicemails", vec![before(1, 0, 1), before(2, 0, 1), before(3, 0, 1)], Strength::Weak),
        ];
        for (name, exchanges, expected) in rows {
            let bond = bond(&exchanges, now());
            assert_eq!(bond.strength, expected, "{name}: {bond:?}");
        }
        let why = bond(&[before(24 * 200, 3, 3), before(50, 1, 0)], now()).why;
        assert_eq!(
            why,
            "2 conversations, 1 in the last 90 days, the last 2 days ago; in one of them both sides spoke"
        );
        let unanswered = bond(&[before(1, 0, 1)], now()).why;
        assert!(unanswered.ends_with("the last today; only one side spoke"), "{unanswered}");
        let answered = bond(&[before(1, 3, 3)], now()).why;
        assert!(answered.ends_with("the last today; both sides spoke"), "{answered}");
        let nobody = bond(&[], now());
        assert_eq!((nobody.why.as_str(), nobody.score.is_sign_positive()), ("no conversation yet", true));
        let many = days(&[22; MAX_EXCHANGES]);
        let why = bond(&many, now()).why;
        assert!(
            why.starts_with("32 or more conversations, 32 in the last 90 days, the last 3 weeks ago"),
            "{why}"
        );
    }

    prop_compose! {
        fn exchange()(hours in 0..20_000_i64, theirs in 0..8_u32, ours in 0..8_u32) -> Exchange {
            before(hours, theirs, ours)
        }
    }

    proptest! {
        #[test]
        fn more_recent_frequent_or_mutual_is_never_weaker(
            some in prop::collection::vec(exchange(), 1..20), more in exchange(), earlier in 0..5000_i64,
        ) {
            let before = bond(&some, now());
            let at_least = |exchanges: &[Exchange]| {
                let after = bond(exchanges, now());
                let same = (after.score - before.score).abs() < 1e-9;
                same || (after.score > before.score && after.strength >= before.strength)
            };
            let with = |change: &dyn Fn(&mut Exchange)| {
                let mut changed = some.clone();
                change(&mut changed[0]);
                changed
            };
            prop_assert!(at_least(&[some.clone(), vec![more]].concat()), "more often");
            prop_assert!(at_least(&with(&|first| first.at = (first.at + SignedDuration::from_hours(earlier)).min(now()))), "more recently");
            prop_assert!(at_least(&with(&|first| first.ours += 1)) && at_least(&with(&|first| first.theirs += 1)), "more mutual");
        }

        #[test]
        fn it_fades(some in prop::collection::vec(exchange(), 1..20), hours in 1..20_000_i64) {
            let later = bond(&some, now() + SignedDuration::from_hours(hours));
            let before = bond(&some, now());
            prop_assert!(later.score < before.score && later.strength <= before.strength);
            let long_after = now() + SignedDuration::from_hours(24 * 365 * 3);
            prop_assert_eq!(bond(&some, long_after).strength, Strength::Weak);
        }
    }
}
