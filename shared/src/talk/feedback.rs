//! How an interview went, from what was said: pace, filler words, structure, and which of the owner's strongest points
//! were made. Counted, not judged. Plain data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    context::VoiceInteraction,
    interaction::{Speaker, Turn},
    knowledge::terms::{stem, words},
};

/// Fewer words than this are no answer.
const ANSWER: usize = 8;
/// Words a minute that are easy to follow.
const EASY: std::ops::RangeInclusive<u64> = 110..=170;
/// Of a hundred words, so many fillers are noticed.
const NOTICED: u64 = 4;
/// Words of an answer that takes about two minutes.
const LONG: usize = 280;
/// Of a point's words, so many have to be said.
const MADE_PERCENT: usize = 50;
const FILLERS: [&str; 11] = [
    "um",
    "uh",
    "er",
    "basically",
    "actually",
    "literally",
    "like",
    "you know",
    "i mean",
    "sort of",
    "kind of",
];
/// What an answer needs: where it was, what the person did, and what came of it.
const SITUATION: [&str; 8] =
    ["when", "while", "at the time", "we had", "there was", "my team", "project", "customer"];
const ACTION: [&str; 10] = [
    "i built",
    "i wrote",
    "i led",
    "i made",
    "i decided",
    "i designed",
    "i changed",
    "i proposed",
    "i did",
    "i started",
];
const RESULT: [&str; 9] = [
    "as a result",
    "so that",
    "in the end",
    "percent",
    "reduced",
    "increased",
    "saved",
    "learned",
    "shipped",
];

/// What is said of an interview or a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    pub answers: usize,
    /// Words a minute over all answers; none if it is not known how long they took.
    pub pace: Option<u64>,
    /// Filler words among a hundred.
    pub fillers: u64,
    /// The one that was used most.
    pub favourite: Option<String>,
    /// Answers with a situation, an action and a result.
    pub structured: usize,
    /// Points of the owner that were made, of those that there are.
    pub made: usize,
    pub points: usize,
    /// In words for whoever spoke, the most useful first.
    pub advice: Vec<String>,
}

impl Feedback {
    /// Each in a few words.
    pub fn figures(&self) -> Vec<String> {
        let answers = if self.answers == 1 { "answer" } else { "answers" };
        let mut figures = vec![
            format!("{} {answers}", self.answers),
            format!("{} with situation, action and result", self.structured),
            format!("{} of {} strong points made", self.made, self.points),
            format!("{} fillers in 100 words", self.fillers),
        ];
        figures.extend(self.pace.map(|pace| format!("{pace} words a minute")));
        figures
    }

    /// As plain text: a line of figures, and a line for each advice.
    pub fn in_words(&self) -> String {
        let advice = self.advice.iter().map(|advice| format!("\n- {advice}"));
        std::iter::once(self.figures().join(", ") + ".").chain(advice).collect()
    }
}

/// None where nobody rehearsed, or nobody answered.
pub fn feedback(kind: VoiceInteraction, turns: &[Turn], points: &[String]) -> Option<Feedback> {
    if !matches!(kind, VoiceInteraction::Interview | VoiceInteraction::Practice) {
        return None;
    }
    let answers: Vec<&Turn> = turns.iter().filter(|turn| is_answer(turn)).collect();
    if answers.is_empty() {
        return None;
    }
    let said: Vec<String> = answers.iter().map(|turn| plain(&turn.text)).collect();
    let total: usize = said.iter().map(|answer| count(answer)).sum();
    let fillers = FILLERS.map(|filler| said.iter().map(|answer| times(answer, filler)).sum::<usize>());
    let favourite =
        FILLERS.into_iter().zip(fillers).max_by_key(|(_, times)| *times).filter(|(_, times)| *times > 1);
    let mut feedback = Feedback {
        answers: answers.len(),
        pace: pace(turns),
        fillers: (fillers.iter().sum::<usize>() * 100 / total.max(1)) as u64,
        favourite: favourite.map(|(filler, _)| filler.to_owned()),
        structured: said.iter().filter(|answer| is_structured(answer)).count(),
        made: points.iter().filter(|point| is_made(point, &said)).count(),
        points: points.len(),
        advice: Vec::new(),
    };
    feedback.advice = advice(&feedback, &said, points);
    Some(feedback)
}

fn is_answer(turn: &Turn) -> bool {
    turn.speaker == Speaker::Person && count(&turn.text) >= ANSWER
}

fn advice(feedback: &Feedback, said: &[String], points: &[String]) -> Vec<String> {
    let mut advice = Vec::new();
    let missing = feedback.answers - feedback.structured;
    if missing > 0 {
        advice.push(format!(
            "{missing} of {} answers lacked a part: say where it was, what you did yourself, and what came of it.",
            feedback.answers
        ));
    }
    if let Some(point) = points.iter().find(|point| !is_made(point, said)) {
        advice.push(format!("A strong point was not made: {point}"));
    }
    match feedback.pace {
        Some(pace) if pace > *EASY.end() => {
            advice.push(format!("You spoke {pace} words a minute. Slower is easier to follow."));
        }
        Some(pace) if pace < *EASY.start() => {
            advice.push(format!("You spoke {pace} words a minute. A little faster holds attention."));
        }
        _ => {}
    }
    if feedback.fillers >= NOTICED {
        let most =
            feedback.favourite.as_ref().map(|filler| format!(", most often “{filler}”")).unwrap_or_default();
        advice.push(format!("{} of 100 words were fillers{most}. A pause says more.", feedback.fillers));
    }
    if let Some(longest) = said.iter().map(|answer| count(answer)).max().filter(|longest| *longest > LONG) {
        advice.push(format!("Your longest answer had {longest} words. Two minutes are enough for any."));
    }
    advice
}

/// Lower case, letters and digits with single spaces around them.
fn plain(text: &str) -> String {
    let letters = |c: char| if c.is_alphanumeric() || c == '%' { c.to_ascii_lowercase() } else { ' ' };
    let plain: String = text.chars().map(letters).collect();
    format!(" {} ", plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// How often a phrase is in a plain text.
fn times(plain: &str, phrase: &str) -> usize {
    plain.matches(&format!(" {phrase} ")).count()
}

fn is_structured(answer: &str) -> bool {
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| times(answer, phrase) > 0);
    let measured = answer.contains(|c: char| c.is_ascii_digit());
    has(&SITUATION) && has(&ACTION) && (measured || has(&RESULT))
}

/// Whether enough of a point's words were said.
fn is_made(point: &str, said: &[String]) -> bool {
    let stems = |text: &str| words(text).iter().map(|word| stem(word)).collect::<Vec<_>>();
    let heard: Vec<String> = said.iter().flat_map(|answer| stems(answer)).collect();
    let wanted = stems(point);
    let found = wanted.iter().filter(|stem| heard.contains(stem)).count();
    !wanted.is_empty() && found * 100 >= wanted.len() * MADE_PERCENT
}

/// An answer takes from its beginning to that of the next turn.
fn pace(turns: &[Turn]) -> Option<u64> {
    let answered =
        turns.windows(2).filter(|pair| is_answer(&pair[0]) && pair[1].offset_ms > pair[0].offset_ms);
    let (said, took) = answered.fold((0, 0), |(said, took), pair| {
        (said + count(&pair[0].text) as u64, took + pair[1].offset_ms - pair[0].offset_ms)
    });
    (took > 0).then(|| said * 60_000 / took)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "When our ledger was slow, there was a project of mine: I built a cache in Rust, and reads got 40 \
                        percent faster as a result.";
    const VAGUE: &str =
        "Um, you know, we basically did like many things, um, and you know, it was sort of nice.";

    fn turn(sequence: u32, seconds: u64, speaker: Speaker, text: &str) -> Turn {
        let text = text.to_owned();
        Turn { offset_ms: seconds * 1000, sequence, speaker, text, interrupted: false, heard: None }
    }

    fn interview(answers: [&str; 2]) -> Vec<Turn> {
        vec![
            turn(1, 0, Speaker::Twin, "What did you do?"),
            turn(2, 5, Speaker::Person, answers[0]),
            turn(3, 15, Speaker::Twin, "And then?"),
            turn(4, 20, Speaker::Person, "Yes."),
            turn(5, 21, Speaker::Person, answers[1]),
            turn(6, 31, Speaker::Twin, "Thank you."),
        ]
    }

    fn of(answers: [&str; 2], points: &[String]) -> Feedback {
        feedback(VoiceInteraction::Practice, &interview(answers), points).expect("somebody answered")
    }

    #[test]
    fn a_good_answer_needs_no_advice() {
        let told = of([GOOD, GOOD], &["Built a ledger cache in Rust".to_owned()]);
        assert_eq!((told.answers, told.structured, told.made, told.fillers), (2, 2, 1, 0));
        assert_eq!(told.pace, Some(156));
        assert!(told.advice.is_empty(), "{:?}", told.advice);
    }

    #[test]
    fn what_was_vague_hurried_or_left_out_is_said() {
        let point = "Rewrote the settlement engine".to_owned();
        let told = of([GOOD, VAGUE], std::slice::from_ref(&point));
        assert_eq!((told.answers, told.structured, told.made), (2, 1, 0));
        assert!(told.fillers >= NOTICED && told.favourite.is_some(), "{told:?}");
        assert!(told.advice[0].starts_with("1 of 2 answers"), "{:?}", told.advice);
        assert!(told.advice[1].contains(&point), "{:?}", told.advice);
    }

    #[test]
    fn a_conversation_is_not_graded() {
        assert_eq!(feedback(VoiceInteraction::Conversation, &interview([GOOD, GOOD]), &[]), None);
        assert_eq!(feedback(VoiceInteraction::Interview, &interview(["Yes.", "No."])[..1], &[]), None);
    }
}
