//! Whether somebody who speaks had all that is kept of them erased. Pure.
//!
//! Words are misheard, stored later than they are said, and a model may be confused or talked into something. So it takes
//! all of this, and in doubt nothing is erased: the twin was heard to ask, their next words were a clear yes that the
//! model heard itself, it was confirmed, and nothing they said later takes it back.

use super::{Action, Source, Speaker, Turn, Wish};

/// What became of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// It was not asked, or they said no.
    Unwanted,
    Agreed,
    /// They spoke of it, and the owner has to see to it.
    Unsure {
        /// They were told that it will be done.
        promised: bool,
        /// What they said since it was asked for.
        said: String,
    },
}

/// Their next words after the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Unclear,
}

/// The question has a word of each of the first two in its sentence, and of the third next to it.
const ERASE: [&str; 4] = ["erase", "erased", "delete", "deleted"];
const ALL: [&str; 3] = ["all", "everything", "data"];
const FOR_GOOD: [&str; 6] = ["undone", "undo", "permanent", "permanently", "for good", "irreversible"];

const YES: [&str; 16] = [
    "yes",
    "yep",
    "yeah",
    "absolutely",
    "definitely",
    "of course",
    "please do",
    "go ahead",
    "do it",
    "do that",
    "erase it",
    "erase everything",
    "delete it",
    "delete everything",
    "i confirm",
    "confirmed",
];
/// Said by the way, too: a yes only if nothing else is said.
const YES_ALONE: [&str; 7] = ["ok", "okay", "right", "sure", "correct", "please", "that's right"];
const NO: [&str; 16] = [
    "no", "not", "nope", "don't", "dont", "never", "stop", "wait", "hold on", "cancel", "keep", "but",
    "unless", "if", "later", "nah",
];
/// Said later, whatever it answers.
const TAKES_BACK: [&str; 12] = [
    "do not",
    "don't",
    "dont",
    "wait",
    "stop",
    "cancel",
    "keep",
    "hold on",
    "rather not",
    "changed my mind",
    "take it back",
    "take that back",
];
/// A no that takes nothing back.
const GOODBYE: [&str; 4] = ["thank", "thanks", "bye", "goodbye"];
/// Characters of what they said that the owner is told.
const MAX_SAID: usize = 600;

/// What their words come to. `turns` are in the order of their beginnings.
pub fn erasure(actions: &[Action], turns: &[Turn]) -> Erasure {
    let mut asked = None;
    let mut promised = false;
    for action in actions {
        match action {
            Action::ErasureAsked { after_ms } => {
                asked = Some(*after_ms);
                promised = false;
            }
            Action::PrivacyRequested { wish: Wish::Erasure, by_itself: true, .. } => promised = true,
            _ => {}
        }
    }
    if asked.is_none() && !promised {
        return Erasure::Unwanted;
    }
    let since: Vec<&Turn> =
        turns.iter().filter(|turn| asked.is_none_or(|after_ms| turn.offset_ms > after_ms)).collect();
    let (answer, later) = answer(&since);
    match answer {
        Answer::Yes if asked.is_some() && promised && !is_taken_back(later) => Erasure::Agreed,
        Answer::No if !promised => Erasure::Unwanted,
        _ => Erasure::Unsure { promised, said: said(&since) },
    }
}

/// To the last time that it was asked, and what came after the answer.
fn answer<'a>(since: &'a [&'a Turn]) -> (Answer, &'a [&'a Turn]) {
    let mut spoken = String::new();
    let mut place = None;
    for (number, turn) in since.iter().enumerate() {
        match turn.speaker {
            Speaker::Person => spoken.clear(),
            Speaker::Twin => {
                spoken.push_str(&turn.text);
                spoken.push(' ');
                if is_the_question(&spoken) {
                    place = Some(number + 1);
                } else if place == Some(number) {
                    // It went on to ask something else before they could answer.
                    place = None;
                }
            }
        }
    }
    let Some(place) = place else { return (Answer::Unclear, &[]) };
    let rest = &since[place..];
    let until = rest.iter().position(|turn| is_by(turn, Speaker::Twin)).unwrap_or(rest.len());
    let (answers, later) = rest.split_at(until);
    (read(answers), later)
}

/// Whether this, said in one go, asks it, and nothing else.
fn is_the_question(spoken: &str) -> bool {
    let mut asked = spoken.split_inclusive(['.', '!', '?']).filter(|sentence| sentence.ends_with('?'));
    match (asked.next(), asked.next()) {
        (Some(question), None) => has(question, &ERASE) && has(question, &ALL) && has(spoken, &FOR_GOOD),
        _ => false,
    }
}

/// A no counts by whomever it was heard, a yes only if the model heard it: what the transcription fills in later is
/// what the model did not hear.
fn read(answers: &[&Turn]) -> Answer {
    if answers.iter().any(|turn| has(&turn.text, &NO)) {
        return Answer::No;
    }
    let is_heard = |turn: &Turn| turn.heard.is_none_or(|heard| heard.by == Source::Model);
    let is_yes = |turn: &Turn| has(&turn.text, &YES) || YES_ALONE.contains(&plain(&turn.text).trim());
    let asks_back = answers.iter().any(|turn| turn.text.contains('?'));
    match !asks_back && answers.iter().any(|turn| is_heard(turn) && is_yes(turn)) {
        true => Answer::Yes,
        false => Answer::Unclear,
    }
}

/// By what they said later. To another question a no is one to that; and it is part of many a goodbye.
fn is_taken_back(later: &[&Turn]) -> bool {
    let mut is_asked = false;
    for turn in later {
        if turn.speaker == Speaker::Twin {
            is_asked |= turn.text.contains('?');
            continue;
        }
        let is_no = !is_asked && has(&turn.text, &["no", "nope"]) && !has(&turn.text, &GOODBYE);
        if is_no || has(&turn.text, &TAKES_BACK) {
            return true;
        }
        is_asked = false;
    }
    false
}

fn said(since: &[&Turn]) -> String {
    let theirs = since.iter().filter(|turn| is_by(turn, Speaker::Person));
    let all = theirs.map(|turn| turn.text.trim()).collect::<Vec<_>>().join(" / ");
    all.chars().take(MAX_SAID).collect()
}

fn is_by(turn: &Turn, speaker: Speaker) -> bool {
    turn.speaker == speaker
}

fn has(text: &str, phrases: &[&str]) -> bool {
    let plain = plain(text);
    phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
}

/// Its words in lower case, each between blanks.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace('’', "'");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    format!(" {} ", words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
