//! The time of day that is named.

use std::sync::LazyLock;

use jiff::{ToSpan as _, civil::Time};
use regex::{Captures, Regex};

/// What the clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    At(Time),
    /// Without an end, until midnight.
    Between(Time, Option<Time>),
}

impl Clock {
    pub(super) const ALL_DAY: Self = Self::Between(Time::midnight(), None);
}

/// "Around three" is half an hour before and after.
const AROUND_MINUTES: i64 = 30;
/// Without "am" or "pm" an hour below this one is in the afternoon: nobody meets at three at night.
const FIRST_MORNING_HOUR: i8 = 7;

struct Patterns {
    between: Regex,
    bounded: Regex,
    at: Regex,
    bare: Regex,
    after_day: Regex,
    alone: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).ok();
    let word = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midday|midnight";
    let half = "half\\s+past\\s+|quarter\\s+past\\s+|quarter\\s+to\\s+";
    let meridiem = r"a\.?m\.?|p\.?m\.?|o'?clock|h\b|uhr";
    let time = |n: u8| {
        format!(
            r"(?P<p{n}>{half})?(?P<h{n}>\d{{1,2}}|{word})(?:[:.](?P<m{n}>\d{{2}}))?\s*(?P<x{n}>{meridiem})?"
        )
    };
    let (a, b) = (time(1), time(2));
    let denied = r"(?:not|never|nothing|can[’']?t|cannot|don[’']?t)";
    let refused = format!(r"{denied}\s+(?:before|until|till|after)|(?:not|no)\s+(?:earlier|later)\s+than");
    let bound = r"after|from|later\s+than|starting\s+at|before|until|till|by|around|about|at\s+around";
    let how = format!("{refused}|{bound}");
    let weekday = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tue|wed|thu|fri|sat|sun";
    let day = format!("{weekday}|today|tonight|tomorrow|mornings?|afternoons?|evenings?");
    Some(Patterns {
        between: regex(&format!(r"\b(?:between\s+|from\s+)?{a}\s*(?:and|to|until|till|-|–)\s*{b}(?:\b|$)"))?,
        bounded: regex(&format!(r"\b(?P<how>{how})\s+{a}(?:\b|$)"))?,
        at: regex(&format!(r"(?:\bat\s+|@\s*){a}(?:\b|$)"))?,
        bare: regex(&format!(r"(?:^|\s|\dt){a}(?:\b|$)"))?,
        after_day: regex(&format!(r"\b(?:{day}),?\s+{a}\s*(?:please\b|[,.!?;]|$)"))?,
        alone: regex(&format!(r"^\s*{a}\s*$"))?,
    })
});

/// What is said about the time of day, if anything is.
pub(super) fn clock(said: &str) -> Option<Clock> {
    let patterns = PATTERNS.as_ref()?;
    let part = part_of_day(said);
    if let Some(found) = patterns.between.captures_iter(said).find(|found| explicit(found, said)) {
        let late = found.name("x2").map(|x| x.as_str());
        let from = time(&found, 1, late, part)?;
        let mut to = time(&found, 2, None, part)?;
        if to <= from && to.hour() < 12 {
            to = to.checked_add(12.hours()).ok()?;
        }
        return (from < to).then_some(Clock::Between(from, Some(to)));
    }
    if let Some(bounded) = bounded(patterns, said, part) {
        return Some(bounded);
    }
    if let Some(found) = patterns.at.captures(said) {
        return time(&found, 1, None, part).map(Clock::At);
    }
    let marked = |found: &Captures<'_>| {
        let named = |hour: &str| matches!(hour, "noon" | "midday" | "midnight");
        let half = ["m1", "x1", "p1"].iter().any(|name| found.name(name).is_some());
        half || found.name("h1").is_some_and(|hour| named(hour.as_str()))
    };
    let bare = patterns.bare.captures_iter(said).find(marked);
    let bare = bare.or_else(|| patterns.after_day.captures(said)).or_else(|| patterns.alone.captures(said));
    if let Some(found) = bare {
        return time(&found, 1, None, part).map(Clock::At);
    }
    part.map(|(from, to)| Clock::Between(from, to))
}

/// All bounds that are named together: "in the morning, but not before ten", "after three and not later than five".
fn bounded(patterns: &Patterns, said: &str, part: Option<(Time, Option<Time>)>) -> Option<Clock> {
    let (mut first, mut last): (Option<Time>, Option<Time>) = (None, None);
    for found in patterns.bounded.captures_iter(said).filter(|found| !is_date(found, said)) {
        let Some(at) = time(&found, 1, None, part) else { continue };
        let how = found.name("how").map_or("", |how| how.as_str());
        if how.ends_with("around") || how == "about" {
            return Some(around(at));
        }
        if is_end(how) {
            last = Some(last.map_or(at, |other| other.min(at)));
        } else {
            first = first.max(Some(at));
        }
    }
    if first.is_none() && last.is_none() {
        return None;
    }
    let begins = part.map(|(from, _)| from).filter(|from| last.is_none_or(|last| *from < last));
    let from = first.or(begins).unwrap_or(Time::midnight());
    let to = last.or_else(|| part.and_then(|(_, to)| to).filter(|to| *to > from));
    to.is_none_or(|to| from < to).then_some(Clock::Between(from, to))
}

/// Whether a bound is the end of a span: "before" is, and "not before" is not.
fn is_end(how: &str) -> bool {
    let mut words = how.split_whitespace();
    let (first, last) = (words.next().unwrap_or_default(), words.next());
    match last {
        Some("before" | "until" | "till" | "earlier") => false,
        Some("after") => true,
        Some("later") => matches!(first, "no" | "not"),
        _ => matches!(first, "before" | "until" | "till" | "by"),
    }
}

/// Two numbers are a span of time only if something says so: "2-4 pm", "from two to four", not "2026-12-01".
fn explicit(found: &Captures<'_>, said: &str) -> bool {
    let whole = found.get(0).map_or(0..0, |whole| whole.range());
    let introduced = ["between", "from"].iter().any(|word| said[whole.clone()].starts_with(word));
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '-');
    let in_a_date = digit(said[..whole.start].chars().next_back()) || digit(said[whole.end..].chars().next());
    let marked = ["x1", "x2", "m1", "m2"].iter().any(|name| found.name(name).is_some());
    !in_a_date && (introduced || marked)
}

/// "By 3 December", "after the 5th" name a day.
fn is_date(found: &Captures<'_>, said: &str) -> bool {
    let end = found.get(0).map_or(0, |whole| whole.end());
    let rest = said[end..].trim_start_matches(['.', ' ']);
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "of "];
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| said[end..].starts_with(ending));
    let year =
        found.name("h1").is_some() && said[end..].starts_with(|c: char| c.is_ascii_digit() || c == '-');
    ordinal || year || (found.name("x1").is_none() && months.iter().any(|month| rest.starts_with(month)))
}

fn around(at: Time) -> Clock {
    let before = at.checked_sub(AROUND_MINUTES.minutes()).unwrap_or_default();
    Clock::Between(before, at.checked_add(AROUND_MINUTES.minutes()).ok())
}

fn part_of_day(said: &str) -> Option<(Time, Option<Time>)> {
    let has = |word: &str| said.split(|c: char| !c.is_alphabetic()).any(|other| other == word);
    let at = |hour: i8| Time::constant(hour, 0, 0, 0);
    Some(if has("morning") || has("mornings") {
        (at(7), Some(at(12)))
    } else if has("lunch") || has("lunchtime") {
        (at(12), Some(at(14)))
    } else if has("afternoon") || has("afternoons") {
        (at(12), Some(at(18)))
    } else if has("evening") || has("evenings") || has("tonight") {
        (at(17), Some(at(22)))
    } else {
        return None;
    })
}

/// A time as it is said; `late`: what the other end of the span says about its half of the day.
fn time(found: &Captures<'_>, n: u8, late: Option<&str>, part: Option<(Time, Option<Time>)>) -> Option<Time> {
    let get = |name: &str| found.name(&format!("{name}{n}")).map(|part| part.as_str());
    let said = get("h")?;
    let minute: i8 = get("m").map_or(Some(0), |digits| digits.parse().ok())?;
    let (hour, is_word) = match said {
        "noon" | "midday" => return Time::new(12, minute, 0, 0).ok(),
        "midnight" => return Time::new(0, minute, 0, 0).ok(),
        word => number(word)?,
    };
    // "09" and "14:00" are of a clock of 24 hours.
    let on_24 = !is_word && (hour > 12 || hour == 0 || (said.len() == 2 && said.starts_with('0')));
    let half = get("x").filter(|x| !x.starts_with('o') && !x.starts_with('h') && !x.starts_with('u'));
    let hour = match (half.map(|x| x.starts_with('p')), hour) {
        (Some(true), 1..=11) => hour + 12,
        (Some(true), 12..=23) => hour,
        (Some(false), 12) => 0,
        (Some(false), 0..=11) => hour,
        (Some(_), _) => return None,
        (None, _) if on_24 => hour,
        (None, _) => bare_hour(hour, late, part),
    };
    let at = Time::new(hour, minute, 0, 0).ok()?;
    Some(match get("p").and_then(|past| past.split_whitespace().collect::<Vec<_>>().first().copied()) {
        Some("half") => at.checked_add(30.minutes()).ok()?,
        Some("quarter") if get("p").is_some_and(|past| past.contains("past")) => {
            at.checked_add(15.minutes()).ok()?
        }
        Some("quarter") => at.checked_sub(15.minutes()).ok()?,
        _ => at,
    })
}

/// Which half of the day an hour is in that does not say so.
fn bare_hour(hour: i8, late: Option<&str>, part: Option<(Time, Option<Time>)>) -> i8 {
    let evening = part.is_some_and(|(from, _)| from.hour() >= 17);
    let morning = part.is_some_and(|(from, _)| from.hour() < 12);
    let early = hour < FIRST_MORNING_HOUR;
    match hour {
        1..=11 if morning => hour,
        1..=11 if evening || (early && late.is_none_or(|x| !x.starts_with('a'))) => hour + 12,
        _ => hour,
    }
}

fn number(word: &str) -> Option<(i8, bool)> {
    const WORDS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if let Some(index) = WORDS.iter().position(|other| *other == word) {
        return i8::try_from(index + 1).ok().map(|hour| (hour, true));
    }
    word.parse().ok().filter(|hour| (0..24).contains(hour)).map(|hour| (hour, false))
}
