//! A meeting in plain words: times are looked up, one is chosen, a name and an address are given, and it is booked.

mod choice;
mod kind;
mod name;
mod theirs;
mod told;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::{Value, json};

pub(super) use self::{
    choice::{agrees, drops},
    name::{introduced, named},
    theirs::{
        asks_for_theirs, called_off, is_to_change, may_mean_theirs, moved, of_booked, picked, theirs_told,
    },
    told::{asked_for_a_clock, held_told, offer_told},
};
use self::{
    choice::{chosen, hour, suiting, within},
    theirs::{is_of_theirs, is_to_move, moved_from, only, target, zone_of},
};
use super::{MAX_TOPIC, Manner, NO, SAVE, Wanted, YES, plain};
use crate::{
    brain::{UserIntent, intent::classify},
    chat::Expects,
    identity::Email,
    interaction::Intent,
    scheduling::{names_day, on_days, time_named, zone_of_place, zone_said},
};

pub(super) const FIND: &str = "find_times";
pub(super) const BOOK: &str = "book_meeting";
pub(super) const CHANGE: &str = "change_meeting";
const PROPOSE: &str = "propose_meeting";

const OTHERS: [&str; 13] = [
    "none of",
    "neither",
    "other time",
    "other day",
    "another time",
    "another day",
    "different time",
    "different day",
    "other slot",
    "other option",
    "anything else",
    "something else",
    "don't suit",
];
/// A wish to meet in fewer words says nothing of what it is about.
const SUBSTANCE: usize = 12;

/// What becomes of something that was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    Stands,
    /// It came to nothing, and something else is done.
    Instead(Wanted),
    /// Something more is done.
    Also(Wanted),
    /// It came to nothing.
    Nothing,
}

fn has(plain: &str, phrase: &str) -> bool {
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" ")).contains(&format!(" {phrase} "))
}

/// Looks for free times; without `when` for the next.
pub(super) fn times(when: Option<&str>) -> Wanted {
    Wanted { name: FIND, arguments: when.map_or_else(|| json!({}), |when| json!({ "when": when })) }
}

/// Looks for times when somebody can, as far as they said so.
pub(super) fn times_said(said: &str) -> Wanted {
    times(suiting(said).as_deref())
}

/// The same on the clock of a zone, unless the words name another.
fn times_in(when: Option<&str>, zone: &str) -> Wanted {
    let mut times = times(when);
    times.arguments["time_zone"] = json!(zone);
    times
}

/// What somebody wants who was offered times.
pub(super) fn answered(
    said: &str,
    read: &UserIntent,
    offered: &Expects,
    manner: Manner,
) -> Option<Vec<Wanted>> {
    let Expects::Slot { booking, when, zone, starts } = offered else { return None };
    let plain = plain(said);
    let at_hour = || chosen(&format!("at {}", hour(&plain)?), starts, zone);
    let start = chosen(&plain, starts, zone).or_else(|| within(&plain, starts)).or_else(at_hour);
    if let Some(start) = start.filter(|_| !wants_others(&plain) && !is_on_another_clock(said, zone)) {
        let mut arguments = wish(said, read, Some(offered));
        arguments["start"] = json!(start);
        arguments["time_zone"] = json!(zone);
        arguments["confirmed"] = json!(false);
        return Some(vec![Wanted { name: BOOK, arguments }]);
    }
    let booking: Value = serde_json::from_str(booking).unwrap_or_default();
    if let Some(others) = others(said, read, (when.as_deref(), zone, starts)) {
        return Some(vec![of_kind(others, &booking)]);
    }
    let again = || vec![of_kind(times_in(when.as_deref(), zone), &booking)];
    // Who writes who they are, or nods, has the times before them.
    let is_written = manner == Manner::Written && !starts.is_empty();
    match YES.contains(&plain.as_str()) {
        true => Some(if starts.len() > 1 && is_written { Vec::new() } else { again() }),
        false => (read.slots.email.is_some() && !is_written).then(again),
    }
}

/// Times are looked for, for a meeting of the type that is spoken of.
fn of_kind(mut times: Wanted, booking: &Value) -> Wanted {
    if let Some(kind) = booking["meeting"].as_str() {
        times.arguments["meeting"] = json!(kind);
    }
    times
}

/// Other times than those that were offered, if they name some or want none of these.
fn others(
    said: &str,
    read: &UserIntent,
    (when, zone, starts): (Option<&str>, &str, &[Timestamp]),
) -> Option<Wanted> {
    let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let elsewhere = zone_of_place(said).filter(|(other, _)| other != zone);
    // Nothing was offered yet, because it was not clear on which clock: "4 pm in Mumbai" is still that day.
    if let (Some((other, _)), Some(when), true) = (&elsewhere, when, starts.is_empty() && !names_day(said)) {
        return Some(times_in(Some(when), other));
    }
    if let Some(words) = time_words(said, read) {
        let mut days: Vec<_> = starts.iter().map(|start| start.to_zoned(clock.clone()).date()).collect();
        days.sort();
        days.dedup();
        return Some(times_in(Some(&on_days(&words, &days)), zone));
    }
    if let Some((other, _)) = elsewhere {
        return Some(times_in(when, &other));
    }
    if !wants_others(&plain(said)) {
        return None;
    }
    let last = starts.last()?.to_zoned(clock).date();
    let later = last.checked_add(1.day()).ok()?;
    Some(times_in(Some(&later.to_string()), zone))
}

/// What is said of a time: "Thursday afternoon", "I mean eleven".
fn time_words(said: &str, read: &UserIntent) -> Option<String> {
    let plain = plain(said);
    if let Some(hour) = hour(&plain) {
        return Some(format!("at {hour}"));
    }
    let names_time = !read.slots.times.is_empty() || time_named(&plain).is_some();
    if names_time { suiting(target(said)) } else { None }
}

/// Whether a time is said on a clock that is not that of the times that were offered: "4 pm London time".
fn is_on_another_clock(said: &str, zone: &str) -> bool {
    let is_other = match zone_said(said, Some(zone)) {
        Ok(named) => named.is_some_and(|(other, _)| other != zone),
        Err(_) => true,
    };
    is_other && time_named(said).is_some()
}

/// None of those that were offered.
fn wants_others(plain: &str) -> bool {
    OTHERS.iter().any(|words| plain.replace('’', "'").contains(words))
}

/// What somebody gives for whom a time is held.
pub(super) fn given(said: &str, read: &UserIntent, booking: &str) -> Option<Vec<Wanted>> {
    let mut arguments: Value = serde_json::from_str(booking).ok()?;
    let asks = said.contains('?');
    let is_yes = !asks && agrees(&plain(said));
    let lacked = ["name", "email", "phone"].into_iter().filter(|what| arguments.get(*what).is_none());
    let lacked: Vec<&str> = lacked.collect();
    let is_given = !is_yes && hour(&plain(said)).is_none() && who(said, read, &mut arguments);
    if !is_yes && !is_given {
        let zone = arguments["time_zone"].as_str().unwrap_or("UTC");
        let start: Option<Timestamp> = arguments["start"].as_str().and_then(|start| start.parse().ok());
        let others = others(said, read, (None, zone, start.as_slice()))?;
        return Some(vec![of_kind(others, &arguments)]);
    }
    // What they were asked for is not read back to them; what they correct, or only ask about, is.
    let is_new = lacked.iter().any(|what| arguments.get(*what).is_some());
    // "makes sense" may be a name.
    let is_guess = read.slots.email.is_none()
        && lacked.contains(&"name")
        && arguments.get("name").is_some()
        && named(said, None).is_none();
    arguments["confirmed"] = json!(is_yes || (is_new && !asks && !is_guess));
    Some(vec![Wanted { name: BOOK, arguments }])
}

/// Notes name, address and number as they are given; `false`: none is.
fn who(said: &str, read: &UserIntent, arguments: &mut Value) -> bool {
    let email = read.slots.email.as_ref().map(Email::address);
    let name = if said.contains('?') && email.is_none() { None } else { named(said, email) };
    // One word may be anything, unless the name is all that is asked for.
    let asks_name = email.is_some() || arguments.get("email").is_some();
    let says_else = said.contains('?') || !read.slots.times.is_empty();
    let is_asked = asks_name && arguments.get("name").is_none() && !says_else;
    let is_sure = is_asked || email.is_some() || has(&plain(said), "my name");
    let small = || name::small(said, email).filter(|_| is_asked);
    let name = name.filter(|name| is_sure || name.contains(' ')).or_else(small);
    if let Some(email) = email {
        arguments["email"] = json!(email);
    }
    if let Some(name) = &name {
        arguments["name"] = json!(name);
    }
    let phone = read.slots.phone.as_ref();
    if let Some(phone) = phone {
        arguments["phone"] = json!(phone.as_str());
    }
    email.is_some() || name.is_some() || phone.is_some()
}

/// What is run after that, if it shows that nothing can be booked, or that a time is not free any more.
pub fn then(said: &str, read: &UserIntent, before: Option<&Expects>, done: &(Wanted, Value)) -> Then {
    let (wanted, output) = done;
    if wanted.name == BOOK && output["gone"] == true {
        let zone = wanted.arguments["time_zone"].as_str().unwrap_or("UTC");
        let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let start = wanted.arguments["start"].as_str().and_then(|start| start.parse::<Timestamp>().ok());
        let day = start.map(|start| start.to_zoned(clock).date().to_string());
        return Then::Also(of_kind(times_in(day.as_deref(), zone), &wanted.arguments));
    }
    if wanted.name == CHANGE && may_mean_theirs(said, before) {
        let has_any = output["meetings"].as_array().is_some_and(|meetings| !meetings.is_empty());
        return if has_any { Then::Stands } else { Then::Nothing };
    }
    if wanted.name == CHANGE && output["gone"] == true {
        return Then::Also(times_in(None, &zone_of(before)));
    }
    if let (CHANGE, Some((start, zone)), true) = (wanted.name, only(output), is_to_move(&plain(said), before))
    {
        // "Friday" is the next one, whenever it was to be; "at three" is on the same day.
        let other = match time_words(said, read) {
            Some(words) if names_day(&words) => {
                Some(times_in(Some(&at_the_same_time(words, start, &zone)), &zone))
            }
            _ => others(said, read, (None, &zone, &[start])),
        };
        return Then::Also(other.unwrap_or_else(|| times_in(None, &zone)));
    }
    let is_refused = wanted.name == FIND && output.get("error").is_some();
    if is_refused || is_of_theirs(said, before) {
        return Then::Stands;
    }
    let is_any = wanted.name == FIND && wanted.arguments["meeting"].is_null();
    if let Some(kind) = kind::named(said, &output["meetings"]).filter(|_| is_any) {
        return Then::Instead(of_kind(wanted.clone(), &json!({ "meeting": kind })));
    }
    if let Some(start) = exactly(wanted, output, before) {
        let mut arguments = wish(said, read, before);
        arguments["start"] = json!(start);
        arguments["time_zone"] = output["time_zone"].clone();
        arguments["confirmed"] = json!(false);
        return Then::Instead(Wanted { name: BOOK, arguments });
    }
    let is_none = output["times"].as_array().is_none_or(Vec::is_empty);
    if wanted.name != FIND || !is_none {
        return Then::Stands;
    }
    if read.slots.times.is_empty() || read.intent == Intent::Availability {
        return if output["open"] == true { Then::Stands } else { Then::Nothing };
    }
    let topic = match before {
        Some(Expects::Times { topic }) => topic.clone(),
        _ => super::topic(said, read),
    };
    let arguments = json!({ "topic": topic, "preferred_times": read.slots.times });
    Then::Instead(Wanted { name: PROPOSE, arguments })
}

/// "Friday, same time" is at the time that it was to be.
fn at_the_same_time(words: String, start: Timestamp, zone: &str) -> String {
    if !has(&words.to_lowercase(), "same time") || time_named(&words).is_some() {
        return words;
    }
    let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    format!("{words} at {}", start.to_zoned(clock).strftime("%H:%M"))
}

/// The time that was looked for, if whoever was offered others named this one, and it is free: it need not be chosen again.
fn exactly(wanted: &Wanted, output: &Value, before: Option<&Expects>) -> Option<Timestamp> {
    let is_choosing = matches!(before, Some(Expects::Slot { .. } | Expects::Guest { .. }));
    let names_time = wanted.arguments["when"].as_str().is_some_and(|when| time_named(when).is_some());
    let [only] = output["times"].as_array()?.as_slice() else { return None };
    let is_found = wanted.name == FIND && output["as_asked"] == true;
    if is_choosing && names_time && is_found { only["start"].as_str()?.parse().ok() } else { None }
}

/// What the answer waits for, after what was done last.
pub(super) fn expected(
    said: &str,
    read: &UserIntent,
    before: Option<&Expects>,
    earlier: &[(Wanted, Value)],
    (wanted, output): &(Wanted, Value),
) -> Option<Expects> {
    match wanted.name {
        BOOK if output.get("held").is_some() => {
            let mut arguments = wanted.arguments.clone();
            arguments["confirmed"] = json!(false);
            Some(Expects::Guest { booking: arguments.to_string() })
        }
        BOOK if output["booked"] == true => {
            let of = |name: &str| wanted.arguments[name].as_str();
            let zone = of("time_zone").unwrap_or("UTC").to_owned();
            Some(Expects::Booked { start: of("start")?.parse().ok()?, zone })
        }
        CHANGE if output["changed"] == true && output["cancelled"] != true => {
            let start = wanted.arguments["to"].as_str()?.parse().ok()?;
            Some(Expects::Booked { start, zone: zone_of(before) })
        }
        CHANGE if output["meetings"].is_array() => match output["meetings"].as_array()?.as_slice() {
            [] => None,
            [_] if asks_for_theirs(&plain(said)) => {
                only(output).map(|(start, zone)| Expects::Booked { start, zone })
            }
            [_] => Some(Expects::Cancellation { start: only(output)?.0 }),
            _ if asks_for_theirs(&plain(said)) => None,
            several => {
                let start = |one: &Value| one["start"].as_str()?.parse().ok();
                let zone = several[0]["time_zone"].as_str().unwrap_or("UTC").to_owned();
                let starts = several.iter().filter_map(start).collect();
                Some(Expects::Which { starts, zone, moves: is_to_move(&plain(said), before) })
            }
        },
        // They were asked whether it is to be cancelled, or moved to a time.
        CHANGE if output["changed"] == false && output["to"].is_string() => {
            let at = |name: &str| output[name].as_str()?.parse().ok();
            Some(Expects::NewTime { from: at("start")?, zone: zone_of(before), starts: vec![at("to")?] })
        }
        CHANGE if output["changed"] == false => {
            Some(Expects::Cancellation { start: output["start"].as_str()?.parse().ok()? })
        }
        // They are asked again.
        BOOK if output.get("error").is_some() => before.cloned(),
        SAVE if output["saved"] == true => match before? {
            Expects::Times { .. } => before.cloned(),
            Expects::Slot { when, zone, starts, .. } => Some(Expects::Slot {
                booking: known(said, read, before).to_string(),
                when: when.clone(),
                zone: zone.clone(),
                starts: starts.clone(),
            }),
            // Who only says their name is still asked what they were.
            _ => before.filter(|_| only_named(&wanted.arguments)).cloned(),
        },
        FIND => {
            // Where it is not clear on which clock, nothing is offered yet.
            let is_refused = output.get("error").is_some();
            let times = output["times"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
            let starts: Vec<Timestamp> =
                times.filter_map(|time| time["start"].as_str()?.parse().ok()).collect();
            let zone = output["time_zone"].as_str()?.to_owned();
            if starts.is_empty() && !is_refused {
                return None;
            }
            if let Some(from) = moved_from(said, before, earlier) {
                return Some(Expects::NewTime { from, zone, starts });
            }
            let when = wanted.arguments["when"].as_str().map(str::to_owned);
            let mut booking = wish(said, read, before);
            if wanted.arguments["meeting"].is_string() {
                booking["meeting"] = wanted.arguments["meeting"].clone();
            }
            Some(Expects::Slot { booking: booking.to_string(), when, zone, starts })
        }
        _ => None,
    }
}

/// What is said to whoever wants nothing of what they were asked for.
pub(super) fn dropped(before: Option<&Expects>) -> &'static str {
    match before {
        Some(Expects::Slot { .. } | Expects::Guest { .. }) => "All right, I book nothing.",
        Some(Expects::NewTime { .. } | Expects::Cancellation { .. } | Expects::Which { .. }) => {
            "All right, it stays as it is."
        }
        Some(Expects::Confirmation { .. }) => "All right, I do not keep it. How is it right?",
        _ => "All right.",
    }
}

/// Whether what was asked before is still to be answered: they said something in between. To the only time that a meeting
/// was to be moved to, a mere "okay" would be a yes, and after that it may be about anything.
pub(super) fn is_kept(said: &str, read: &UserIntent, before: Option<&Expects>) -> bool {
    let is_open = match before {
        Some(Expects::Slot { .. } | Expects::Guest { .. }) => true,
        Some(Expects::NewTime { starts, .. }) => starts.len() > 1,
        _ => false,
    };
    is_open && read.intent != Intent::Goodbye && !NO.contains(&plain(said).as_str())
}

/// What is known by now of a meeting that somebody wants, as `book_meeting` takes it.
fn wish(said: &str, read: &UserIntent, before: Option<&Expects>) -> Value {
    let mut wish = match before {
        Some(Expects::Slot { booking, .. } | Expects::Guest { booking }) => {
            serde_json::from_str(booking).unwrap_or_else(|_| json!({}))
        }
        Some(Expects::Times { topic }) => about(topic),
        _ => about(&super::topic(said, read)),
    };
    if read.slots.email.is_some() {
        who(said, read, &mut wish);
    }
    wish
}

fn only_named(details: &Value) -> bool {
    details["name"].is_string() && details["email"].is_null()
}

/// The same with who they are and what it is about, as far as they said it meanwhile.
fn known(said: &str, read: &UserIntent, before: Option<&Expects>) -> Value {
    let mut wish = wish(said, read, before);
    if let Some(name) = introduced(said, read) {
        wish["name"] = json!(name);
    }
    if wish.get("topic").is_none() && read.slots.role.is_some() {
        wish["topic"] = json!(super::topic(said, read));
    }
    wish
}

/// "Could we meet on Tuesday?" is about nothing yet.
fn about(topic: &str) -> Value {
    let asking = [Intent::MeetingRequest, Intent::InterviewScheduling, Intent::Availability];
    let asks_only = asking.contains(&classify(topic).intent);
    if asks_only && topic.split_whitespace().count() < SUBSTANCE {
        return json!({});
    }
    json!({ "topic": topic.chars().take(MAX_TOPIC).collect::<String>() })
}

#[cfg(test)]
mod tests;
