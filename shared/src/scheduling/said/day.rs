//! The days that are named.

use std::sync::LazyLock;

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
};
use regex::Regex;

struct Patterns {
    iso: Regex,
    weekday: Regex,
    week: Regex,
    in_days: Regex,
    month_first: Regex,
    day_first: Regex,
    of_month: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).ok();
    let month = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let weekday = "(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|rs|rsday|urday|r)?s?";
    Some(Patterns {
        iso: regex(r"\b(\d{4})-(\d{2})-(\d{2})(?:\b|t)")?,
        weekday: regex(&format!(r"\b(?:(next|this)\s+(?:week\s+)?(?:on\s+)?)?{weekday}\b(\s+next\s+week)?"))?,
        week: regex(r"\b(next|this)\s+week\b")?,
        in_days: regex(r"\bin\s+(\d{1,3}|a|one|two|three|four|five|six|seven|ten)\s+(day|week)s?\b")?,
        month_first: regex(&format!(
            r"\b{month}\.?\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}})\b)?"
        ))?,
        day_first: regex(&format!(
            r"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{month}\b(?:,?\s+(\d{{4}})\b)?"
        ))?,
        of_month: regex(r"\bthe\s+(\d{1,2})(?:st|nd|rd|th)\b")?,
    })
});

/// The days, in the order in which they are named; those of a week that is named without one.
/// `next_week`: a weekday is one of the next week, unless it is said otherwise.
pub(super) fn days(said: &str, today: Date, next_week: bool) -> Vec<Date> {
    let Some(patterns) = PATTERNS.as_ref() else { return Vec::new() };
    if let Some(found) = patterns.iso.captures(said) {
        let number = |index: usize| found.get(index).and_then(|digits| digits.as_str().parse::<i16>().ok());
        let small = |index: usize| number(index).and_then(|number| i8::try_from(number).ok());
        let date = number(1).zip(small(2)).zip(small(3));
        return date.and_then(|((year, month), day)| Date::new(year, month, day).ok()).into_iter().collect();
    }
    if let Some(found) = patterns.month_first.captures(said) {
        return dated(found.get(2), found.get(1), found.get(3), today).into_iter().collect();
    }
    if let Some(found) = patterns.day_first.captures(said) {
        return dated(found.get(1), found.get(2), found.get(3), today).into_iter().collect();
    }
    let weekdays: Vec<Date> = patterns
        .weekday
        .captures_iter(said)
        .filter_map(|found| {
            let weekday = weekday(found.get(2)?.as_str())?;
            let word = found.get(1).map(|word| word.as_str());
            let this = word == Some("this");
            let next_week = !this && (next_week || word == Some("next") || found.get(3).is_some());
            named(weekday, today, next_week, this)
        })
        .collect();
    if !weekdays.is_empty() {
        return weekdays;
    }
    relative(patterns, said, today)
}

/// Whether this week or the next is named: it holds for all weekdays beside it.
pub(super) fn names_week(said: &str) -> bool {
    PATTERNS.as_ref().is_some_and(|patterns| patterns.week.is_match(said))
}

/// The one weekday that is named, if nothing says of which week it is.
pub(super) fn weekday_alone(said: &str) -> Option<Weekday> {
    let patterns = PATTERNS.as_ref()?;
    let is_dated = [&patterns.iso, &patterns.month_first, &patterns.day_first, &patterns.week]
        .iter()
        .any(|pattern| pattern.is_match(said));
    let mut named = patterns.weekday.captures_iter(said).filter(|_| !is_dated);
    let (only, None) = (named.next()?, named.next()) else { return None };
    let is_alone = only.get(1).is_none() && only.get(3).is_none();
    weekday(only.get(2)?.as_str()).filter(|_| is_alone)
}

fn relative(patterns: &Patterns, said: &str, today: Date) -> Vec<Date> {
    let after = |days: i64| today.checked_add(days.days()).ok();
    let has = |word: &str| said.split(|c: char| !c.is_alphabetic()).any(|other| other == word);
    let day = if said.contains("day after tomorrow") {
        after(2)
    } else if has("tomorrow") {
        after(1)
    } else if has("today") || has("tonight") {
        Some(today)
    } else if let Some(found) = patterns.in_days.captures(said) {
        let count = found.get(1).and_then(|word| count(word.as_str()));
        let unit = if found.get(2).is_some_and(|unit| unit.as_str() == "week") { 7 } else { 1 };
        count.and_then(|count| after(count * unit))
    } else if let Some(found) = patterns.of_month.captures(said) {
        found.get(1).and_then(|day| day.as_str().parse().ok()).and_then(|day| of_month(day, today))
    } else if let Some(found) = patterns.week.captures(said) {
        let next = found.get(1).is_some_and(|word| word.as_str() == "next");
        return week(today, next);
    } else {
        None
    };
    day.into_iter().collect()
}

/// A weekday that is named: the first one after today. "This" may be today; "next" is one of the next week.
fn named(weekday: Weekday, today: Date, next_week: bool, this: bool) -> Option<Date> {
    if next_week {
        let to_monday = 7 - i64::from(today.weekday().to_monday_zero_offset());
        return today.checked_add((to_monday + i64::from(weekday.to_monday_zero_offset())).days()).ok();
    }
    let days = i64::from(weekday.to_monday_zero_offset() - today.weekday().to_monday_zero_offset());
    let days = days.rem_euclid(7);
    today.checked_add(if days == 0 && !this { 7.days() } else { days.days() }).ok()
}

/// Its working days, without those that are over; of this week, once they all are, what is left of the weekend.
fn week(today: Date, next: bool) -> Vec<Date> {
    const WORKDAYS: i64 = 5;
    let back = i64::from(today.weekday().to_monday_zero_offset());
    let (first, end) = match (next, back < WORKDAYS) {
        (true, _) => (7 - back, 7 - back + WORKDAYS),
        (false, true) => (0, WORKDAYS - back),
        (false, false) => (0, 7 - back),
    };
    (first..end).filter_map(|days| today.checked_add(days.days()).ok()).collect()
}

/// A day of a month: of this year, or of the next if it is over.
fn dated(
    day: Option<regex::Match<'_>>,
    month: Option<regex::Match<'_>>,
    year: Option<regex::Match<'_>>,
    today: Date,
) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let day: i8 = day?.as_str().parse().ok()?;
    let month = MONTHS.iter().position(|name| month.is_some_and(|month| month.as_str() == *name))?;
    let month = i8::try_from(month + 1).ok()?;
    if let Some(year) = year {
        return Date::new(year.as_str().parse().ok()?, month, day).ok();
    }
    let this = Date::new(today.year(), month, day).ok().filter(|date| *date >= today);
    this.or_else(|| Date::new(today.year() + 1, month, day).ok())
}

/// The next day of this number.
fn of_month(day: i8, today: Date) -> Option<Date> {
    let months =
        std::iter::successors(Some(today.first_of_month()), |first| first.checked_add(1.month()).ok());
    let dates = months.take(12).filter_map(|first| Date::new(first.year(), first.month(), day).ok());
    dates.into_iter().find(|date| *date > today)
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

fn count(word: &str) -> Option<i64> {
    Some(match word {
        "a" | "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "ten" => 10,
        digits => digits.parse().ok()?,
    })
}
