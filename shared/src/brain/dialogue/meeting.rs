//! A meeting in plain words: times are looked up, one is chosen, a name and an address are given, and it is booked.

mod choice;
mod name;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::{Value, json};

use self::choice::{agrees_to_cancel, chosen, is_another, is_clear, is_for_theirs, names_cancelling, within};
pub(super) use self::name::named;
use super::{MAX_TOPIC, NO, Wanted, YES, plain};
use crate::{
    brain::{UserIntent, intent::classify},
    chat::Expects,
    identity::Email,
    interaction::Intent,
    scheduling::{time_named, zone_named},
};

pub(super) const FIND: &str = "find_times";
pub(super) const BOOK: &str = "book_meeting";
pub(super) const CHANGE: &str = "change_meeting";
const PROPOSE: &str = "propose_meeting";

/// What is done to a meeting, and what a meeting is called.
const CANCELS: [&str; 2] = ["cancel", "call off"];
const MOVES: [&str; 5] = ["reschedule", "postpone", "move", "shift", "push back"];
const MEETINGS: [&str; 4] = ["meeting", "appointment", "booking", "interview"];

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

/// Somebody wants to move or cancel what they have booked: "I have to cancel our meeting".
pub(super) fn is_to_change(plain: &str) -> bool {
    let theirs =
        |meeting: &&str| ["my", "our", "the"].iter().any(|whose| has(plain, &format!("{whose} {meeting}")));
    let changes = CANCELS.iter().chain(&MOVES).any(|change| has(plain, change));
    changes && MEETINGS.iter().any(theirs)
}

fn is_to_move(plain: &str) -> bool {
    is_to_change(plain) && MOVES.iter().any(|change| has(plain, change))
}

fn has(plain: &str, phrase: &str) -> bool {
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" ")).contains(&format!(" {phrase} "))
}

/// To when something is moved: "from Monday to Thursday at three" is about Thursday.
pub(super) fn target(said: &str) -> &str {
    said.rsplit_once(" to ").map_or(said, |(_, target)| target)
}

/// What somebody has booked, and, unless times for it are offered next, what they are asked about it.
pub(super) fn theirs_told(output: &Value, offers: bool) -> String {
    let meetings = output["meetings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named: Vec<&str> = meetings.iter().filter_map(|meeting| meeting["say"].as_str()).collect();
    match named.as_slice() {
        [one] if offers => format!("You have booked {one}."),
        [one] => format!("You have booked {one}. Shall I cancel it? Or name another time, and I move it."),
        [] => output["say"].as_str().unwrap_or_default().to_owned(),
        all => format!(
            "You have booked:\n\n{}\n\nWhich one do you mean?",
            all.iter().zip(1..).map(|(one, at)| format!("{at}. {one}")).collect::<Vec<_>>().join("\n")
        ),
    }
}

/// Looks for free times; without `when` for the next.
pub(super) fn times(when: Option<&str>) -> Wanted {
    Wanted { name: FIND, arguments: when.map_or_else(|| json!({}), |when| json!({ "when": when })) }
}

/// The same on the clock of a zone, unless the words name another.
fn times_in(when: Option<&str>, zone: &str) -> Wanted {
    let mut times = times(when);
    times.arguments["time_zone"] = json!(zone);
    times
}

/// What somebody wants who was offered times.
pub(super) fn answered(said: &str, read: &UserIntent, offered: &Expects) -> Option<Vec<Wanted>> {
    let Expects::Slot { when, zone, starts, .. } = offered else { return None };
    let plain = plain(said);
    let start = chosen(&plain, starts, zone).or_else(|| within(&plain, starts));
    if let Some(start) = start.filter(|_| !wants_others(&plain)) {
        let mut arguments = wish(said, read, Some(offered));
        arguments["start"] = json!(start);
        arguments["time_zone"] = json!(zone);
        arguments["confirmed"] = json!(false);
        return Some(vec![Wanted { name: BOOK, arguments }]);
    }
    if let Some(others) = others(said, read, (when.as_deref(), zone, starts)) {
        return Some(vec![others]);
    }
    let is_more = read.slots.email.is_some() || YES.contains(&plain.as_str());
    is_more.then(|| vec![times_in(when.as_deref(), zone)])
}

/// Other times than those that were offered, if they name some or want none of these.
fn others(
    said: &str,
    read: &UserIntent,
    (when, zone, starts): (Option<&str>, &str, &[Timestamp]),
) -> Option<Wanted> {
    if !read.slots.times.is_empty() {
        return Some(times_in(Some(target(said)), zone));
    }
    if let Some((other, _)) = zone_named(said).filter(|(other, _)| other != zone) {
        return Some(times_in(when, &other));
    }
    if !wants_others(&plain(said)) {
        return None;
    }
    let clock = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let last = starts.last()?.to_zoned(clock).date();
    let later = last.checked_add(1.day()).ok()?;
    Some(times_in(Some(&later.to_string()), zone))
}

/// None of those that were offered.
fn wants_others(plain: &str) -> bool {
    OTHERS.iter().any(|words| plain.replace('’', "'").contains(words))
}

/// What somebody wants who was offered times for a meeting of theirs. Choosing one, and saying nothing else, is a yes to
/// it; else they are asked.
pub(super) fn moved(said: &str, read: &UserIntent, offered: &Expects) -> Option<Vec<Wanted>> {
    let Expects::NewTime { from, zone, starts } = offered else { return None };
    let plain = plain(said);
    if is_another(&plain) {
        return None;
    }
    if let Some(to) = chosen(&plain, starts, zone).filter(|_| !wants_others(&plain)) {
        let is_yes = !said.contains('?') && is_clear(&plain);
        let arguments = json!({ "start": from, "to": to, "confirmed": is_yes });
        return Some(vec![Wanted { name: CHANGE, arguments }]);
    }
    others(said, read, (None, zone, starts)).map(|others| vec![others])
}

/// What somebody wants who was asked whether theirs is cancelled, or when else it is to be. Whoever names a time does not
/// cancel, and what is neither a yes nor a time is asked again.
pub(super) fn called_off(said: &str, read: &UserIntent, start: Timestamp) -> Option<Vec<Wanted>> {
    let plain = plain(said);
    let change = |confirmed: bool| {
        Some(vec![Wanted { name: CHANGE, arguments: json!({ "start": start, "confirmed": confirmed }) }])
    };
    let names_time = !read.slots.times.is_empty() || time_named(&plain).is_some();
    let (moves, cancels) = (MOVES.iter().any(|word| has(&plain, word)), names_cancelling(&plain));
    if cancels && (moves || names_time) {
        return change(false);
    }
    if moves || names_time {
        return is_for_theirs(&plain).then(|| vec![times(names_time.then(|| target(said)))]);
    }
    if agrees_to_cancel(&plain) {
        return change(true);
    }
    let begins_with_yes = YES.contains(&plain.split([',', '.', '!']).next().unwrap_or_default().trim());
    if (begins_with_yes || cancels) && !said.contains('?') { change(false) } else { None }
}

/// Whether what is said is about the meeting of theirs that they were asked about.
fn is_of_theirs(said: &str, before: Option<&Expects>) -> bool {
    match before {
        Some(Expects::NewTime { .. }) => !is_another(&plain(said)),
        Some(Expects::Cancellation { .. }) => is_for_theirs(&plain(said)),
        Some(Expects::Which { .. }) => true,
        _ => false,
    }
}

/// What somebody wants who was asked which of their meetings is meant.
pub(super) fn picked(said: &str, asked: &Expects) -> Option<Vec<Wanted>> {
    let Expects::Which { starts, zone, moves } = asked else { return None };
    let start = chosen(&plain(said), starts, zone)?;
    Some(vec![match moves {
        true => times_in(None, zone),
        false => Wanted { name: CHANGE, arguments: json!({ "start": start, "confirmed": false }) },
    }])
}

/// Which meeting the times are for that are looked up.
fn moved_from(said: &str, before: Option<&Expects>, earlier: &[(Wanted, Value)]) -> Option<Timestamp> {
    let one = earlier.iter().find(|(wanted, _)| wanted.name == CHANGE).and_then(|(_, output)| only(output));
    if let Some((start, _)) = one {
        return Some(start);
    }
    match before.filter(|_| is_of_theirs(said, before))? {
        Expects::NewTime { from, .. } => Some(*from),
        Expects::Cancellation { start } => Some(*start),
        Expects::Which { starts, zone, moves: true } => chosen(&plain(said), starts, zone),
        _ => None,
    }
}

/// When the only meeting of theirs begins, and on which clock they booked it.
fn only(output: &Value) -> Option<(Timestamp, String)> {
    let [one] = output["meetings"].as_array()?.as_slice() else { return None };
    Some((one["start"].as_str()?.parse().ok()?, one["time_zone"].as_str().unwrap_or("UTC").to_owned()))
}

/// What somebody gives for whom a time is held.
pub(super) fn given(said: &str, read: &UserIntent, booking: &str) -> Option<Vec<Wanted>> {
    let mut arguments: Value = serde_json::from_str(booking).ok()?;
    let is_yes = YES.contains(&plain(said).as_str());
    let is_given = !is_yes && who(said, read, &mut arguments);
    if !is_yes && !is_given {
        let zone = arguments["time_zone"].as_str().unwrap_or("UTC");
        return (!read.slots.times.is_empty()).then(|| vec![times_in(Some(said), zone)]);
    }
    // What they wrote themselves is not read back to them.
    arguments["confirmed"] = json!(true);
    Some(vec![Wanted { name: BOOK, arguments }])
}

/// Notes name, address and number as they are given; `false`: none is.
fn who(said: &str, read: &UserIntent, arguments: &mut Value) -> bool {
    let email = read.slots.email.as_ref().map(Email::address);
    let name = if said.contains('?') && email.is_none() { None } else { named(said, email) };
    // One word may be anything, unless the name is all that is asked for.
    let asks_name = email.is_some() || arguments.get("email").is_some();
    let name = name.filter(|name| asks_name || name.contains(' '));
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
        return Then::Also(times_in(day.as_deref(), zone));
    }
    if wanted.name == CHANGE && output["gone"] == true {
        let zone = before.and_then(|before| match before {
            Expects::NewTime { zone, .. } => Some(zone.as_str()),
            _ => None,
        });
        return Then::Also(times_in(None, zone.unwrap_or("UTC")));
    }
    if let (CHANGE, Some((_, zone)), true) = (wanted.name, only(output), is_to_move(&plain(said))) {
        let when = (!read.slots.times.is_empty()).then(|| target(said));
        return Then::Also(times_in(when, &zone));
    }
    if is_of_theirs(said, before) {
        return Then::Stands;
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
        CHANGE if output["meetings"].is_array() => match output["meetings"].as_array()?.as_slice() {
            [] => None,
            [_] => Some(Expects::Cancellation { start: only(output)?.0 }),
            several => {
                let start = |one: &Value| one["start"].as_str()?.parse().ok();
                let zone = several[0]["time_zone"].as_str().unwrap_or("UTC").to_owned();
                let starts = several.iter().filter_map(start).collect();
                Some(Expects::Which { starts, zone, moves: is_to_move(&plain(said)) })
            }
        },
        // They were asked whether it is to be cancelled, or moved to a time.
        CHANGE if output["changed"] == false && output["to"].is_string() => {
            let zone = match before {
                Some(Expects::NewTime { zone, .. }) => zone.clone(),
                _ => "UTC".to_owned(),
            };
            let at = |name: &str| output[name].as_str()?.parse().ok();
            Some(Expects::NewTime { from: at("start")?, zone, starts: vec![at("to")?] })
        }
        CHANGE if output["changed"] == false => {
            Some(Expects::Cancellation { start: output["start"].as_str()?.parse().ok()? })
        }
        // They are asked again.
        BOOK if output.get("error").is_some() => before.cloned(),
        FIND => {
            let times = output["times"].as_array()?.iter();
            let starts: Vec<Timestamp> =
                times.filter_map(|time| time["start"].as_str()?.parse().ok()).collect();
            let zone = output["time_zone"].as_str()?.to_owned();
            if let Some(from) = moved_from(said, before, earlier) {
                return (!starts.is_empty()).then_some(Expects::NewTime { from, zone, starts });
            }
            let when = wanted.arguments["when"].as_str().map(str::to_owned);
            let booking = wish(said, read, before).to_string();
            (!starts.is_empty()).then_some(Expects::Slot { booking, when, zone, starts })
        }
        _ => None,
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

/// "Could we meet on Tuesday?" is about nothing yet.
fn about(topic: &str) -> Value {
    let asking = [Intent::MeetingRequest, Intent::InterviewScheduling, Intent::Availability];
    let asks_only = asking.contains(&classify(topic).intent);
    if asks_only && topic.split_whitespace().count() < SUBSTANCE {
        return json!({});
    }
    json!({ "topic": topic.chars().take(MAX_TOPIC).collect::<String>() })
}

pub(super) fn offer_told(owner: &str, output: &Value) -> String {
    let times = output["times"].as_array().map(Vec::as_slice).unwrap_or_default();
    if times.is_empty() {
        return format!("There is no free time in {owner}’s calendar just now.");
    }
    let listed: Vec<String> = times
        .iter()
        .zip(1..)
        .map(|(time, number)| format!("{number}. {}", time["say"].as_str().unwrap_or_default()))
        .collect();
    let begin = output["begin"].as_str().unwrap_or("These times are free");
    let clock = output["clock"].as_str().unwrap_or("UTC");
    let elsewhere = if output["is_owners_clock"] == true {
        format!(" That is {owner}’s clock: name your city if you are elsewhere.")
    } else {
        String::new()
    };
    format!("{begin}, in {clock}:\n\n{}\n\nWhich one suits you?{elsewhere}", listed.join("\n"))
}

pub(super) fn held_told(output: &Value) -> String {
    let read_back = &output["read_back"];
    let when = read_back["when"].as_str().unwrap_or_default();
    let missing: Vec<&str> = output["missing"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let asked = match missing.as_slice() {
        [] => {
            let email = read_back["email"].as_str().unwrap_or_default();
            let called = read_back["phone"].as_str().map(|phone| format!(", and the call to {phone}"));
            let called = called.unwrap_or_default();
            return format!(
                "I hold {when} for you. Shall I book it, with the invitation to {email}{called}?"
            );
        }
        ["name"] => "What is your name?",
        ["email"] => "To which e-mail address shall the invitation go?",
        ["phone"] => "On which number shall you be called? With the country code, please.",
        ["name", "phone"] => {
            "What is your name, and on which number shall you be called, with the country code?"
        }
        ["email", "phone"] => {
            "To which e-mail address shall the invitation go, and on which number shall you be \
                               called, with the country code?"
        }
        ["name", "email", "phone"] => {
            "What are your name and your e-mail address, for the invitation, and on which number \
                                       shall you be called, with the country code?"
        }
        _ => "What are your name and your e-mail address, for the invitation?",
    };
    format!("I hold {when} for you. {asked}")
}

#[cfg(test)]
mod tests;
