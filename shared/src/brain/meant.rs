//! What is told by the words themselves, where the classifier takes it for something else. Pure.

mod approach;
mod codes;
mod conditions;
mod course;
mod itself;
mod meeting;
mod owner;
mod place;
mod prices;
mod reaching;
mod resume;

use self::{
    approach::brings_work,
    meeting::{asks_for_a_day, asks_when_they_can_meet, books_a_call},
    owner::asks_for_employers,
    place::asks_where_they_are,
};
pub use self::{
    approach::{knows_the_owner, wants_a_quote},
    codes::says_a_code_fails,
    conditions::names_a_condition,
    course::{asks_how_to_go_on, says_it_was_no_answer, says_they_come_back},
    itself::{
        asks_to_go_on_here, asks_what_is_kept, asks_what_it_does, asks_where_it_runs,
        asks_whether_it_is_true, asks_who_answers, asks_who_made_it, is_of_the_twin,
    },
    owner::{asks_for_an_address, asks_for_the_best, asks_for_the_owner, asks_for_the_whole},
    prices::{asks_for_less, asks_what_is_included, names_less},
    reaching::{asks_when_they_answer, asks_whether_it_arrived},
    resume::{asks_for_the_resume, asks_for_the_resume_alone},
};
use super::{
    UserIntent,
    courtesy::{is_insult, is_nod, sign},
    intent::Guess,
};
use crate::{
    interaction::Intent,
    knowledge::terms,
    language::{Courtesy, Language},
    scheduling::names_day,
};

/// With these words somebody asks whether the owner is to be had, and at what time.
const OF_TIMES: [&str; 11] = [
    "available",
    "availability",
    "free",
    "time",
    "times",
    "slot",
    "slots",
    "calendar",
    "schedule",
    "when",
    "openings",
];
/// With these it is a time to meet.
const OF_MEETING: [&str; 5] = ["meet", "talk", "call", "chat", "appointment"];
/// With these it is work.
const OF_WORK: [&str; 20] = [
    "open",
    "opening",
    "capacity",
    "bandwidth",
    "start",
    "starting",
    "notice",
    "busy",
    "booked",
    "take",
    "taking",
    "accept",
    "accepting",
    "hire",
    "hired",
    "hiring",
    "looking",
    "freelance",
    "contract",
    "interested",
];
/// A goodbye has one of these words, or few.
const PARTING: &str = "adios bye care catch ciao cu cya day done evening farewell go going goodbye goodnight good later leave leaving luck \
     meet meeting morning night off out run see soon take talk thank thanks thx til till tomorrow ttyl until weekend well";
const FEW: usize = 5;

/// What is understood less surely is taken for something else.
const SURE: f32 = 0.5;
/// How sure it is what a sign stands for, and that a word or two are of something else.
const NEARLY: f32 = 0.9;
/// Whoever says more says what they want of it.
const MAX_BARE: usize = 3;

/// What somebody means, by what the classifier guessed and by what only the words tell.
pub fn meant(said: &str, owner: &str, guess: Guess) -> Guess {
    of_manners(said, owner, guess)
        .or_else(|| wished(said, owner, guess))
        .or_else(|| asked(said, owner, guess))
        .unwrap_or(guess)
}

fn surely(intent: Intent) -> Guess {
    Guess { intent, confidence: super::reply::MEANT }
}

fn nearly(intent: Intent) -> Guess {
    Guess { intent, confidence: NEARLY }
}

/// What is said for the sake of manners, or of how the conversation goes.
fn of_manners(said: &str, owner: &str, guess: Guess) -> Option<Guess> {
    match Language::courteous(said) {
        Some((_, Courtesy::Thanks)) => return Some(surely(Intent::SmallTalk)),
        Some((_, Courtesy::Parting)) => return Some(surely(Intent::Goodbye)),
        None => {}
    }
    // "Never mind" complains of nothing.
    if sign(said).is_some() || (guess.intent == Intent::Complaint && is_nod(said)) {
        return Some(nearly(Intent::SmallTalk));
    }
    // What is said of a code, or of an answer, is no complaint for the owner.
    if is_insult(owner, said)
        || says_a_code_fails(said)
        || says_it_was_no_answer(said)
        || asks_whether_it_arrived(said)
        || asks_when_they_answer(said)
        || asks_how_to_go_on(said)
        || asks_whether_it_is_true(said)
    {
        return Some(surely(Intent::SmallTalk));
    }
    if is_loose(guess.intent) && says_they_come_back(said) {
        return Some(surely(Intent::Goodbye));
    }
    None
}

/// What somebody wants of the owner.
fn wished(said: &str, owner: &str, guess: Guess) -> Option<Guess> {
    // "Call me back, I need a quote" wants to be called.
    let is_no_wish = (is_loose(guess.intent) && guess.intent != Intent::Spam)
        || matches!(guess.intent, Intent::TechnicalQuestion | Intent::Experience | Intent::Unknown);
    if is_no_wish && wants_a_quote(said) {
        return Some(nearly(Intent::Consultation));
    }
    // "Can we talk on Friday about your search ranking?" sells something, whatever day it names.
    let sells = guess.intent == Intent::Spam && said.split_whitespace().count() > FEW;
    if !sells && asks_when_they_can_meet(said) {
        return Some(surely(Intent::MeetingRequest));
    }
    if guess.intent == Intent::CallbackRequest && books_a_call(said) {
        return Some(surely(Intent::MeetingRequest));
    }
    if guess.intent == Intent::OutOfScope && brings_work(said) {
        return Some(nearly(Intent::JobOpportunity));
    }
    if !is_loose(guess.intent) {
        return None;
    }
    if asks_for_the_owner(owner, said) {
        return Some(surely(Intent::CallbackRequest));
    }
    if !sells && guess.intent != Intent::Goodbye && knows_the_owner(said) {
        return Some(nearly(Intent::Networking));
    }
    if !sells && asks_for_a_day(said) {
        return Some(surely(Intent::MeetingRequest));
    }
    None
}

/// What somebody asks about the owner, and what is no goodbye.
fn asked(said: &str, owner: &str, guess: Guess) -> Option<Guess> {
    let (intent, is_loose) = (guess.intent, is_loose(guess.intent));
    if (is_loose && names_a_condition(said))
        || ((is_loose || intent == Intent::Complaint) && corrects(said))
        || (intent == Intent::Complaint && asks_of_yours(said))
        || (intent == Intent::Spam && asks_what_you_have(said))
        || asks_for_the_whole(owner, said)
        || asks_for_the_best(owner, said)
    {
        return Some(surely(Intent::Experience));
    }
    let as_asked = |intent| Some(Guess { intent, ..guess });
    if intent == Intent::Identity && (asks_for_employers(owner, said) || asks_where_they_are(said)) {
        return as_asked(Intent::Experience);
    }
    if intent == Intent::Goodbye && !is_parting(said) {
        return as_asked(Intent::OutOfScope);
    }
    // What hardly anything reminds of is asked of the owner, if it names nobody.
    let is_short = said.split_whitespace().count() <= MAX_BARE;
    let is_unsure = intent == Intent::OutOfScope && guess.confidence < NEARLY && is_short;
    if (intent == Intent::SmallTalk || is_unsure) && is_bare_question(said) {
        return as_asked(Intent::Experience);
    }
    if intent == Intent::Availability && !says_any(said, &OF_TIMES) && !says_any(said, &OF_WORK) {
        return as_asked(Intent::Experience);
    }
    None
}

/// Whether what was guessed is hardly anything, so that the words may tell something else.
fn is_loose(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Goodbye
            | Intent::SmallTalk
            | Intent::OutOfScope
            | Intent::Identity
            | Intent::Spam
            | Intent::Networking
    )
}

/// Whether who asks about being available asks for times, and not for what the owner is open to.
pub fn asks_for_times(said: &str) -> bool {
    says_any(said, &OF_TIMES) || says_any(said, &OF_MEETING)
}

/// Whether it is a time to meet that is asked for, and none of what the owner is open to.
pub fn asks_when_to_meet(said: &str, read: &UserIntent) -> bool {
    const OF_TIME: [&str; 7] = ["when", "time", "times", "slot", "slots", "calendar", "schedule"];
    const OF_JOBS: [&str; 10] =
        ["work", "role", "roles", "project", "projects", "job", "jobs", "position", "consulting", "notice"];
    let names_time = !read.slots.times.is_empty() || says_any(said, &OF_TIME);
    read.intent == Intent::Availability
        && read.confidence >= SURE
        && names_time
        && asks_for_times(said)
        && !says_any(said, &OF_WORK)
        && !says_any(said, &OF_JOBS)
}

/// `What is his notice period?`
pub fn asks_for_notice(said: &str) -> bool {
    says_any(said, &["notice"])
}

/// "What went wrong in one of your projects?" asks of the owner's past, and not of what happened to whoever asks.
fn asks_of_yours(said: &str) -> bool {
    const ASKING: [&str; 3] = ["what", "which", "where"];
    const THEIRS: [&str; 7] = ["i", "me", "my", "mine", "we", "us", "our"];
    let begins = plain_words(said).first().is_some_and(|first| ASKING.contains(&first.as_str()));
    begins && said.trim_end().ends_with('?') && says_any(said, &["you", "your"]) && !says_any(said, &THEIRS)
}

/// "Do you have insurance?", in few words, sells nothing.
fn asks_what_you_have(said: &str) -> bool {
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["do", "you", "have", what @ ..] if !what.is_empty() && words.len() <= FEW)
}

/// What was asked was meant otherwise: "no, I meant at Acme". "I mean it" corrects nothing.
fn corrects(said: &str) -> bool {
    const BEFORE: [&str; 9] = ["no", "not", "sorry", "wait", "oops", "well", "hm", "hmm", "actually"];
    const NOTHING: [&str; 11] =
        ["it", "that", "this", "so", "yes", "no", "ok", "well", "thanks", "thank", "you"];
    let words = plain_words(said);
    let words: Vec<&str> =
        words.iter().map(String::as_str).skip_while(|word| BEFORE.contains(word)).collect();
    matches!(words.as_slice(), ["i", "mean" | "meant", rest @ ..]
        if rest.iter().any(|word| !NOTHING.contains(word)))
}

/// "It was for Tuesday" is none.
fn is_parting(said: &str) -> bool {
    let words = plain_words(said);
    (words.len() <= FEW && !names_day(said))
        || words.iter().any(|word| PARTING.split_ascii_whitespace().any(|known| known == word))
}

/// A question that names a thing and nobody: "hobbies?", "remote ok?"
pub fn is_bare_question(said: &str) -> bool {
    const ASKING: [&str; 4] = ["ok", "okay", "sure", "really"];
    const SMALL: [&str; 24] = [
        "hi",
        "hello",
        "hey",
        "day",
        "morning",
        "afternoon",
        "evening",
        "thanks",
        "joke",
        "weather",
        "going",
        "things",
        "life",
        "sup",
        "huh",
        "eh",
        "hm",
        "hmm",
        "lol",
        "wtf",
        "one",
        "anything",
        "something",
        "example",
    ];
    let words = terms::words(said);
    let named: Vec<&str> = words.iter().map(String::as_str).filter(|word| !ASKING.contains(word)).collect();
    let names_nobody = !says_any(said, &["you", "your", "u", "how", "up", "it", "there", "i", "me", "we"]);
    said.trim_end().ends_with('?')
        && names_nobody
        && !named.is_empty()
        && named.len() <= MAX_BARE
        && !named.iter().any(|word| SMALL.contains(word))
}

fn says_any(said: &str, any: &[&str]) -> bool {
    plain_words(said).iter().any(|word| any.contains(&word.as_str()))
}

pub(super) fn plain_words(said: &str) -> Vec<String> {
    let lower = said.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
