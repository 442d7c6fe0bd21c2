//! Whether words are a choice, or a yes, and nothing else: what is said beside it may mean something else.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    YES, has,
    theirs::{CANCELS, MOVES},
};
use crate::{
    knowledge::dates::MONTHS,
    scheduling::{names_day, time_named},
};

const ORDINALS: [&[&str]; 6] = [
    &["first", "1st", "any", "either", "earliest", "soonest", "whichever"],
    &["second", "2nd"],
    &["third", "3rd"],
    &["fourth", "4th"],
    &["fifth", "5th"],
    &["sixth", "6th"],
];
/// "Make it two" is a time of day.
const CARDINALS: [&[&str]; 6] =
    [&["1"], &["2", "two"], &["3", "three"], &["4", "four"], &["5", "five"], &["6", "six"]];
/// With a cardinal there is nothing but these.
const POLITE: [&str; 13] = [
    "yes", "yep", "yeah", "ok", "okay", "sure", "please", "thanks", "thank", "you", "the", "number", "option",
];
/// Words that change nothing about a choice, as apostrophes part them.
const FILLING: [&str; 61] = [
    "yes",
    "yep",
    "yeah",
    "ok",
    "okay",
    "sure",
    "right",
    "correct",
    "great",
    "perfect",
    "good",
    "fine",
    "best",
    "please",
    "thanks",
    "thank",
    "you",
    "very",
    "much",
    "the",
    "that",
    "this",
    "it",
    "is",
    "s",
    "one",
    "of",
    "them",
    "these",
    "those",
    "i",
    "ll",
    "d",
    "me",
    "we",
    "us",
    "let",
    "take",
    "choose",
    "pick",
    "prefer",
    "like",
    "would",
    "will",
    "can",
    "do",
    "be",
    "make",
    "works",
    "suits",
    "for",
    "to",
    "number",
    "option",
    "time",
    "slot",
    "meeting",
    "appointment",
    "then",
    "go",
    "with",
];
/// Words of a time, beside days, months and numbers.
const TIMING: [&str; 27] = [
    "at",
    "on",
    "in",
    "the",
    "o",
    "clock",
    "oclock",
    "am",
    "pm",
    "a",
    "m",
    "p",
    "noon",
    "midday",
    "morning",
    "afternoon",
    "evening",
    "half",
    "past",
    "quarter",
    "today",
    "tomorrow",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
];
/// How a time is asked for.
const ASKING: [&str; 24] = [
    "next", "this", "week", "or", "and", "how", "about", "what", "maybe", "perhaps", "possible", "could",
    "better", "work", "suit", "around", "from", "until", "after", "before", "between", "twelve", "tonight",
    "free",
];
/// The first of these are days of work.
const WORKDAYS: usize = 5;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Letters of a short "Monday" or "December".
const SHORT: usize = 3;
const NEGATIONS: [&str; 9] = ["not", "t", "cannot", "neither", "except", "unless", "without", "away", "busy"];
/// What is named after these does not suit: "any time but Wednesday".
const EXCEPTING: [&str; 7] = [
    "any time but",
    "anytime but",
    "any day but",
    "every day but",
    "anything but",
    "other than",
    "apart from",
];
/// Another meeting, beside the one that is spoken of.
const ANOTHER: [&str; 8] = [
    "also",
    "as well",
    "too",
    "book",
    "another meeting",
    "another appointment",
    "second meeting",
    "additional",
];
/// Words of a yes to cancelling, beside those that change nothing.
const CANCELLING: [&str; 22] = [
    "cancel",
    "call",
    "off",
    "absolutely",
    "definitely",
    "ahead",
    "my",
    "our",
    "booking",
    "interview",
    "am",
    "m",
    "sorry",
    "unfortunately",
    "have",
    "need",
    "must",
    "want",
    "just",
    "really",
    "now",
    "confirm",
];
/// Words that want nothing any more, beside the refusals themselves and those that change nothing.
const DROPPING: [&str; 28] = [
    "no",
    "nope",
    "not",
    "don",
    "t",
    "never",
    "nevermind",
    "mind",
    "forget",
    "about",
    "leave",
    "drop",
    "changed",
    "need",
    "want",
    "any",
    "more",
    "anymore",
    "anything",
    "longer",
    "actually",
    "book",
    "cant",
    "cannot",
    "won",
    "wont",
    "after",
    "all",
];
/// So says who does not come: what is held for them is dropped, and what is booked is called off or moved.
const MISSES: [&str; 6] =
    ["can t make it", "cant make it", "cannot make it", "can not make it", "won t make it", "wont make it"];
const REFUSALS: [&str; 10] = [
    "no",
    "nope",
    "never mind",
    "nevermind",
    "forget it",
    "forget about it",
    "changed my mind",
    "don t",
    "drop it",
    "leave it",
];
/// Words beside an hour that is named for another one: "No wait, I meant eleven".
const CORRECTING: [&str; 18] = [
    "no", "wait", "mean", "meant", "sorry", "actually", "rather", "instead", "oops", "hmm", "well", "not",
    "but", "a", "bit", "have", "say", "hold",
];
const HOURS: [&str; 11] =
    ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const LAST_HOUR: u8 = 23;
/// Of more words, a choice in one of their clauses is none.
const MAX_CHOICE: usize = 8;

/// The one of the times that is meant: by its number, its day, or what the clock shows.
pub(super) fn chosen(plain: &str, starts: &[Timestamp], zone: &str) -> Option<Timestamp> {
    // "3" is the third rather than three o'clock.
    if let Some(start) = plain.parse::<usize>().ok().and_then(|number| starts.get(number.checked_sub(1)?)) {
        return Some(*start);
    }
    if let Some(one) = named(plain, starts, zone) {
        return Some(one);
    }
    if let ([one], true) = (starts, YES.contains(&plain)) {
        return Some(*one);
    }
    starts.get(number(plain)?).copied()
}

/// The one that is chosen by its number in a clause: "The first one, my mail is …".
pub(super) fn within(plain: &str, starts: &[Timestamp]) -> Option<Timestamp> {
    // An address chooses nothing.
    let plain: Vec<&str> = plain.split_whitespace().filter(|word| !word.contains('@')).collect();
    let plain = plain.join(" ");
    if words(&plain).count() > MAX_CHOICE {
        return None;
    }
    // "First, tell me more" chooses nothing.
    let mut clauses = plain.split([',', '.', '!', ';']).filter(|clause| words(clause).count() > 1);
    let number = clauses.find_map(number)?;
    starts.get(number).copied()
}

/// The only one on the day, or at the time, that is named.
fn named(plain: &str, starts: &[Timestamp], zone: &str) -> Option<Timestamp> {
    if words(plain).any(|word| NEGATIONS.contains(&word)) || excepts(plain) {
        return None;
    }
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let clock = time_named(plain);
    let day = |start: &Timestamp| {
        let day = start.to_zoned(zone.clone()).strftime("%A").to_string().to_lowercase();
        plain.contains(&day) || day.get(..SHORT).is_some_and(|short| words(plain).any(|word| word == short))
    };
    let names_one = starts.iter().any(day);
    // "Thursday at two" is not two o'clock on the Wednesday that was offered.
    if !names_one && (clock.is_none() || names_day(plain)) {
        return None;
    }
    let mut meant = starts.iter().filter(|start| {
        (!names_one || day(start)) && clock.is_none_or(|clock| start.to_zoned(zone.clone()).time() == clock)
    });
    match (meant.next(), meant.next()) {
        (Some(one), None) => Some(*one),
        _ => None,
    }
}

/// Whether the day is named on which something begins.
pub(super) fn is_on_day(plain: &str, start: Timestamp, zone: &str) -> bool {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    plain.contains(&start.to_zoned(zone).strftime("%A").to_string().to_lowercase())
}

/// Whether something says when somebody cannot: "I can't on Wednesday", and not "why not Wednesday?" or "not before ten".
pub(super) fn rules_out(said: &str) -> bool {
    const CANNOT: [&str; 12] = [
        "can t",
        "cant",
        "cannot",
        "can not",
        "won t",
        "not",
        "doesn t work",
        "doesn t suit",
        "unavailable",
        "busy",
        "away",
        "except",
    ];
    const OTHERWISE: [&str; 16] = [
        "why not",
        "if not",
        "not before",
        "not after",
        "not until",
        "not later",
        "not earlier",
        "not sure",
        "not only",
        "not a problem",
        "can t wait",
        "can t we",
        "can t you",
        "can t i",
        "right away",
        "straight away",
    ];
    let plain = said.to_lowercase();
    let says = |all: &[&str]| all.iter().any(|words| has(&plain, words));
    let names_time = names_day(said) || time_named(said).is_some();
    names_time && (says(&CANNOT) || excepts(&plain)) && !says(&OTHERWISE)
}

fn excepts(plain: &str) -> bool {
    EXCEPTING.iter().any(|words| has(plain, words))
}

/// When somebody can, of what they say: "not on Monday, but Tuesday at three" is Tuesday at three, and of somebody who can not on
/// a day it is the others. `None`: nothing of it tells.
pub(super) fn suiting(said: &str) -> Option<String> {
    let parts = said.split([',', ';', '!', '?', '.']);
    let clauses: Vec<&str> = parts
        .flat_map(|part| match excepts(&part.to_lowercase()) {
            true => vec![part],
            false => part.split(" but ").collect(),
        })
        .collect();
    if !clauses.iter().any(|clause| rules_out(clause)) {
        return Some(said.to_owned());
    }
    let can = |clause: &&str| !rules_out(clause) && (names_day(clause) || time_named(clause).is_some());
    let can: Vec<&str> = clauses.into_iter().filter(can).map(str::trim).collect();
    if !can.is_empty() {
        return Some(can.join(", "));
    }
    let lower = said.to_lowercase();
    let others: Vec<&str> = DAYS[..WORKDAYS].iter().copied().filter(|day| !lower.contains(day)).collect();
    (others.len() < WORKDAYS).then(|| others.join(" or "))
}

/// Which of those that were listed, from 0, if nothing else is said.
fn number(plain: &str) -> Option<usize> {
    let place = |all: &[&[&str]], word: &str| all.iter().position(|one| one.contains(&word));
    let mut found = None;
    let mut is_cardinal = false;
    for word in words(plain) {
        let cardinal = place(&CARDINALS, word);
        match place(&ORDINALS, word).or(cardinal) {
            Some(number) if found.is_none_or(|found| found == number) => found = Some(number),
            Some(_) => return None,
            None if FILLING.contains(&word) => {}
            None => return None,
        }
        is_cardinal |= cardinal.is_some();
    }
    let is_polite = |word: &str| POLITE.contains(&word) || place(&CARDINALS, word).is_some();
    found.filter(|_| !is_cardinal || words(plain).all(is_polite))
}

/// Nothing but a choice, a time or a yes.
pub(super) fn is_clear(plain: &str) -> bool {
    words(plain).all(|word| FILLING.contains(&word) || is_number(word) || is_timing(word))
}

/// Another meeting is wanted, beside the one that is spoken of.
pub(super) fn is_another(plain: &str) -> bool {
    ANOTHER.iter().any(|words| has(plain, words)) && !is_moving(plain)
}

/// It is about another time for the one that is spoken of: "Thursday at three", "Friday instead".
pub(super) fn is_for_theirs(plain: &str) -> bool {
    let is_known =
        |word: &str| FILLING.contains(&word) || ASKING.contains(&word) || is_number(word) || is_timing(word);
    !is_another(plain) && (is_moving(plain) || words(plain).all(is_known))
}

pub(super) fn is_moving(plain: &str) -> bool {
    MOVES.iter().chain(&["instead", "rather"]).any(|words| has(plain, words))
}

pub(super) fn names_cancelling(plain: &str) -> bool {
    CANCELS.iter().any(|words| has(plain, words))
}

/// Somebody does not come: "sorry, I can't make it".
pub(super) fn misses(plain: &str) -> bool {
    MISSES.iter().any(|words| has(plain, words))
}

/// A yes to cancelling, and nothing else.
pub(super) fn agrees_to_cancel(plain: &str) -> bool {
    let is_known = |word| FILLING.contains(&word) || CANCELLING.contains(&word);
    agrees(plain) || (names_cancelling(plain) && words(plain).all(is_known))
}

/// A yes, and nothing else: "Ok, I have to go" and "ok, let me choose" are none.
pub(in crate::brain::dialogue) fn agrees(plain: &str) -> bool {
    const AGREEING: [&str; 5] = ["absolutely", "definitely", "ahead", "indeed", "exactly"];
    const CHOOSING: [&str; 3] = ["choose", "pick", "prefer"];
    let said = words(plain).collect::<Vec<_>>().join(" ");
    let begins = |yes: &str| said == yes || said.starts_with(&format!("{yes} "));
    let is_yes = YES.iter().any(|yes| begins(&yes.replace('\'', " ")));
    let leaves = has(plain, "go") && !["go ahead", "go for", "go with"].iter().any(|words| has(plain, words));
    let is_known = |word| (FILLING.contains(&word) && !CHOOSING.contains(&word)) || AGREEING.contains(&word);
    is_yes && !leaves && words(plain).all(is_known)
}

/// They want nothing any more of what they were asked, and say nothing else; `cancels`: who says "cancel" means that. Else
/// "no, cancel it" is no refusal, and "no, don't cancel it" is one.
pub(in crate::brain::dialogue) fn drops(plain: &str, cancels: bool) -> bool {
    let names_cancelling = names_cancelling(plain);
    let counts = |refusal: &&&str| cancels || !names_cancelling || !matches!(**refusal, "no" | "nope");
    let refuses = REFUSALS.iter().filter(counts).any(|refusal| has(plain, refusal))
        || (cancels && (names_cancelling || misses(plain)));
    let adds_nothing =
        |word| FILLING.contains(&word) || CANCELLING.contains(&word) || DROPPING.contains(&word);
    refuses && words(plain).all(adds_nothing)
}

/// The hour that is named, alone or with nothing but what corrects another.
pub(super) fn hour(plain: &str) -> Option<&str> {
    let is_hour = |word: &&str| {
        let number = word.parse::<u8>().is_ok_and(|number| (1..=LAST_HOUR).contains(&number));
        HOURS.contains(word) || number
    };
    let mut hours = words(plain).filter(is_hour);
    let (only, None) = (hours.next()?, hours.next()) else { return None };
    let is_known =
        |word: &str| FILLING.contains(&word) || ASKING.contains(&word) || CORRECTING.contains(&word);
    let is_plain = words(plain).all(|word| word == only || word == "at" || is_known(word));
    // "11:30" and "2.5" are more than an hour.
    let is_whole = !plain.contains([':', '.', '/']);
    (is_plain && is_whole).then_some(only)
}

fn is_number(word: &str) -> bool {
    let is_listed = |all: &[&[&str]]| all.iter().any(|one| one.contains(&word));
    word.starts_with(|c: char| c.is_ascii_digit()) || is_listed(&ORDINALS) || is_listed(&CARDINALS)
}

fn is_timing(word: &str) -> bool {
    let is_short = |day: &&str| word.len() >= SHORT && day.starts_with(word);
    let is_each = |day: &&str| word.strip_suffix('s') == Some(*day);
    TIMING.contains(&word) || DAYS.iter().chain(&MONTHS).any(|day| is_short(day) || is_each(day))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}
