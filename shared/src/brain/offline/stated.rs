//! What people say of themselves, read by how such sentences begin. Where none of them fits, the sentence stands for
//! itself.

use std::sync::LazyLock;

use regex::Regex;

use super::{has, normalised};
use crate::{
    interaction::{Speaker, Turn},
    knowledge::passage::sentences,
    predicate::{Predicate, Stated},
};

/// How people begin to speak of themselves.
const OF_THEMSELVES: [&str; 12] = [
    "i am",
    "i m",
    "my name is",
    "i work",
    "i have",
    "i live",
    "i lead",
    "we are",
    "we re",
    "we have",
    "our company",
    "my company",
];

/// `{I}`, `{WE}` and `{WANT}`: who speaks, and that they are. The group is the value; `…` goes up to where the clause ends.
const SIGNS: [(Predicate, &str); 27] = [
    (Predicate::Role, r"\b(?:{I}|i work as|my role is|my title is) (?:an?|the) ({ROLE})"),
    (Predicate::WorksAt, r"\b(?:{I}|i work as) (?:an?|the) {ROLE} (?:at|with|for|from) (…)"),
    (Predicate::WorksAt, r"\b(?:i|{I}) (?:currently |now )?(?:work|working|employed) (?:at|for|with|by) (…)"),
    (Predicate::WorksAt, r"\b(?:{I} with|i represent|my company is|our company is) (…)"),
    (Predicate::LookingFor, r"\b{WE} (?:looking for|hiring|searching for|seeking|recruiting) (…)"),
    (Predicate::LookingFor, r"\b(?:we|i) need (?:an?|some|help with) (…)"),
    (Predicate::Budget, r"\b(?:my|our|the) budget (?:is|would be|of) (…)"),
    (Predicate::Budget, r"\b(?:have|got) a budget of (…)"),
    (Predicate::Timeline, r"\b(?:my|our|the) (?:deadline|timeline) is (…)"),
    (
        Predicate::Timeline,
        r"\b(?:has|have|needs?) to be (?:over|done|finished|ready|live) ((?:by|before|in) …)",
    ),
    (Predicate::Timeline, r"\b(?:i|we) (?:can|could|want to|would like to) start (…)"),
    (Predicate::InterestedIn, r"\b{WE} (?:very |really |also |most )?interested in (…)"),
    (Predicate::Offers, r"\bthe (?:salary|pay|rate|range|salary range) (?:is|would be) (…)"),
    (Predicate::Offers, r"\bwe (?:offer|pay) (…)"),
    (Predicate::Leads, r"\bi (?:lead|run|manage|head) (…)"),
    (Predicate::Uses, r"\b(?:i|we) (?:use|run on) (…)"),
    (Predicate::Uses, r"\b{WE} using (…)"),
    (Predicate::CareerGoal, r"\bmy (?:career )?(?:goal|aim|plan|ambition) is (?:to )?(…)"),
    (
        Predicate::CareerGoal,
        r"\b{WANT} ((?:become|move (?:in)?to|grow into|get into|switch to|transition (?:in)?to) …)",
    ),
    (Predicate::LocatedIn, r"\b(?:i live|{WE} (?:based|located|living)) in (…)"),
    (
        Predicate::PrefersChannel,
        r"\bi(?:['’]d| would)? prefer (?:\w+ ){0,4}?(e-?mail|phone|chat|text|voice)\b",
    ),
    (Predicate::PrefersChannel, r"\b(e-?mail|phone|chat|text|voice) is (?:best|better|easier) for me\b"),
    (Predicate::BestTime, r"\b(?:call|reach|ring) me ((?:in|on|after|before|between|during) …)"),
    (Predicate::BestTime, r"\bthe best time (?:to (?:call|reach) me )?is (…)"),
    (Predicate::PrefersStyle, r"\bkeep (?:it|answers|your answers) (short|brief|technical|simple)\b"),
    (
        Predicate::Promised,
        r"\b(?:i|we)(?:['’]ll| will|['’]m going to| am going to) ((?:send|call|write|e-?mail|share|forward|introduce|check|follow up|get back|come back|let you know)(?: …)?)",
    ),
    (Predicate::Promised, r"\blet me ((?:send|e-?mail|forward|share) …)"),
];
const I: &str = r"(?:i am|i['’]m)";
const WE: &str = r"(?:i am|i['’]m|we are|we['’]re)";
const WANT: &str = r"i(?: (?:want|hope|plan|intend)|(?:['’]d| would) like|(?: am|['’]m) (?:hoping|planning|looking)) to (?:eventually |one day |really )?";
const ROLE: &str = r"(?:(?:[\w-]+ ){0,4}?(?:recruiter|engineer|developer|architect|manager|director|lead|consultant|scientist|analyst|officer|founder|designer|student|professor|teacher|partner|headhunter|cto|ceo|vp)\b)";
const CLAUSE_ENDS: &str =
    r"(?:\s+(?:and (?:i|we|my|our)|but|because|so|which|who|where|since)\b|[;:!?]|,\s|\.(?:\s|$)|$)";

static PATTERNS: LazyLock<Vec<(Predicate, Regex)>> = LazyLock::new(|| {
    let pattern = |sign: &str| {
        let ends = if sign.contains('…') { CLAUSE_ENDS } else { "" };
        let full = sign
            .replace("{I}", I)
            .replace("{WE}", WE)
            .replace("{WANT} ", WANT)
            .replace("{ROLE}", ROLE)
            .replace('…', ".+?");
        Regex::new(&format!("(?i){full}{ends}")).ok()
    };
    SIGNS.iter().filter_map(|(predicate, sign)| Some((*predicate, pattern(sign)?))).collect()
});

const MAX_FACTS: usize = 10;
/// A sentence that begins as such sentences do is what it seems, mostly; one that stands for itself says little.
const READ: u8 = 75;
const NOTED: u8 = 50;

/// What the person says of themselves, word for word, each with what it says if that is plain.
pub fn facts(turns: &[Turn]) -> Vec<Stated> {
    let theirs = turns.iter().filter(|turn| turn.speaker == Speaker::Person);
    let said = theirs.flat_map(|turn| sentences(&turn.text).into_iter().map(|said| (said, turn.offset_ms)));
    let facts = said.filter(|(sentence, _)| !sentence.ends_with('?'));
    let mut facts: Vec<Stated> = facts.flat_map(|(sentence, offset_ms)| read(sentence, offset_ms)).collect();
    // What is plain comes before what is merely noted, if it is too much.
    facts.sort_by_key(|fact| fact.predicate == Predicate::Noted);
    facts.truncate(MAX_FACTS);
    facts.sort_by_key(|fact| fact.offset_ms);
    facts
}

fn read(sentence: &str, offset_ms: u64) -> Vec<Stated> {
    let fact = |predicate: Predicate, value: &str, confidence| Stated {
        statement: sentence.to_owned(),
        quote: sentence.to_owned(),
        offset_ms,
        subject: String::new(),
        predicate,
        value: value.to_owned(),
        confidence,
    };
    let mut facts: Vec<Stated> = Vec::new();
    for (predicate, pattern) in PATTERNS.iter() {
        for found in pattern.captures_iter(sentence) {
            let value = found.get(1).map(|value| tidy(value.as_str())).unwrap_or_default();
            let known = facts.iter().any(|fact| fact.predicate == *predicate && fact.value == value);
            if !value.is_empty() && !known {
                facts.push(fact(*predicate, value, READ));
            }
        }
    }
    let words = normalised(sentence);
    if facts.is_empty() && OF_THEMSELVES.iter().any(|sign| has(&words, sign)) {
        facts.push(fact(Predicate::Noted, "", NOTED));
    }
    facts
}

/// A value without what only ended its clause.
fn tidy(value: &str) -> &str {
    value.trim().trim_end_matches(['.', ',', ';', ':', '!', '?']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(&'static str, String)> {
        let turn = Turn {
            offset_ms: 9,
            sequence: 0,
            speaker: Speaker::Person,
            text: text.to_owned(),
            interrupted: false,
            heard: None,
        };
        facts(&[turn]).into_iter().map(|fact| (fact.predicate.label(), fact.value)).collect()
    }

    #[test]
    fn each_sign_is_a_pattern() {
        assert_eq!(PATTERNS.len(), SIGNS.len());
    }

    #[test]
    fn what_is_said_plainly() {
        let rows: [(&str, &[(&str, &str)]); 20] = [
            (
                "I'm a recruiter at Northgate Search.",
                &[("role", "recruiter"), ("works_at", "Northgate Search")],
            ),
            ("I work for Muster and we need help.", &[("works_at", "Muster")]),
            (
                "We have a budget of 40,000 euros for the migration.",
                &[("budget", "40,000 euros for the migration")],
            ),
            ("And it has to be over by March.", &[("timeline", "by March")]),
            ("We're looking for a staff engineer, on site.", &[("looking_for", "a staff engineer")]),
            (
                "I am interested in Rust, and I live in Leipzig.",
                &[("interested_in", "Rust"), ("located_in", "Leipzig")],
            ),
            ("I lead payments at Northgate.", &[("leads", "payments at Northgate")]),
            ("We use Kafka but want to leave it.", &[("uses", "Kafka")]),
            ("I would prefer to be reached by e-mail.", &[("prefers_channel", "e-mail")]),
            ("Call me after five o'clock.", &[("best_time", "after five o'clock")]),
            ("I'll send the job description tomorrow.", &[("promised", "send the job description tomorrow")]),
            ("I will get back to you next week.", &[("promised", "get back to you next week")]),
            ("We’re hiring two backend developers.", &[("looking_for", "two backend developers")]),
            ("Please keep it short.", &[("prefers_style", "short")]),
            (
                "I'd like to become a staff engineer one day.",
                &[("career_goal", "become a staff engineer one day")],
            ),
            ("My career goal is leading a team, but not yet.", &[("career_goal", "leading a team")]),
            ("I have two cats.", &[("noted", "")]),
            ("I'm a bit late.", &[("noted", "")]),
            ("Are we looking for trouble?", &[]),
            ("Does Alex know Rust? Thanks!", &[]),
        ];
        for (text, expected) in rows {
            let expected: Vec<_> =
                expected.iter().map(|(label, value)| (*label, (*value).to_owned())).collect();
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn much_talk_is_bounded() {
        let text = "I have a cat. ".repeat(30) + "I work for Muster.";
        let facts = said(&text);
        assert_eq!(facts.len(), MAX_FACTS);
        assert!(facts.contains(&("works_at", "Muster".to_owned())));
    }
}
