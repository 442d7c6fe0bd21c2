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
    Some(Patterns {
        between: regex(&format!(r"\b(?:between\s+|from\s+)?{a}\s*(?:and|to|until|till|-|–)\s*{b}(?:\b|$)"))?,
        bounded: regex(&format!(
            r"\b(?P<how>after|from|later\s+than|starting\s+at|before|until|till|by|around|about|at\s+around)\s+{a}(?:\b|$)"
        ))?,
        at: regex(&format!(r"(?:\bat\s+|@\s*){a}(?:\b|$)"))?,
        bare: regex(&format!(r"(?:^|\s|\dt){a}(?:\b|$)"))?,
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
    if let Some(found) = patterns.bounded.captures(said)
        && !is_date(&found, said)
    {
        let at = time(&found, 1, None, part)?;
        let how = found.name("how").map_or("", |how| how.as_str());
        return Some(match how {
            "before" | "until" | "till" | "by" => Clock::Between(Time::midnight(), Some(at)),
            "around" | "about" => around(at),
            how if how.ends_with("around") => around(at),
            _ => Clock::Between(at, part.and_then(|(_, to)| to).filter(|to| *to > at)),
        });
    }
    if let Some(found) = patterns.at.captures(said) {
        return time(&found, 1, None, part).map(Clock::At);
    }
    let marked = |found: &Captures<'_>| {
        let named = |hour: &str| matches!(hour, "noon" | "midday" | "midnight");
        let half = ["m1", "x1", "p1"].iter().any(|name| found.name(name).is_some());
        half || found.name("h1").is_some_and(|hour| named(hour.as_str()))
    };
    let bare = patterns.bare.captures_iter(said).find(marked).or_else(|| patterns.alone.captures(said));
    if let Some(found) = bare {
        return time(&found, 1, None, part).map(Clock::At);
    }
    part.map(|(from, to)| Clock::Between(from, to))
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
