//! A meeting that is booked: it is asked for, moved or cancelled.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    CHANGE, Wanted, YES,
    choice::{
        agrees_to_cancel, chosen, drops, hour, is_another, is_clear, is_for_theirs, is_moving, is_on_day,
        misses, names_cancelling, rules_out,
    },
    has, is_on_another_clock, others, plain, times, times_in, wants_others,
};
use crate::{brain::UserIntent, chat::Expects, scheduling::time_named};

/// What is done to a meeting, and what a meeting is called.
pub(super) const CANCELS: [&str; 2] = ["cancel", "call off"];
pub(super) const MOVES: [&str; 5] = ["reschedule", "postpone", "move", "shift", "push back"];
const MEETINGS: [&str; 4] = ["meeting", "appointment", "booking", "interview"];
/// With these, and a time, somebody moves what was booked a moment ago: "actually, can we make it Friday?"
const MAKES: [&str; 4] = ["we make it", "you make it", "please make it", "actually make it"];
/// What was booked a moment ago is called so, too.
const THAT: [&str; 5] = ["it", "that", "this", "one", "instead"];
/// How somebody asks what they have booked, beside `when is my meeting`.
const ASKS_FOR_THEIRS: [&str; 9] = [
    "did i book",
    "have i booked",
    "i have booked",
    "when are we meeting",
    "when do we meet",
    "do i have a meeting",
    "do i have an appointment",
    "do i have any meeting",
    "do i have any meetings",
];

/// Somebody wants to move or cancel what they have booked: "I have to cancel our meeting".
pub(in crate::brain::dialogue) fn is_to_change(plain: &str) -> bool {
    let theirs =
        |meeting: &&str| ["my", "our", "the"].iter().any(|whose| has(plain, &format!("{whose} {meeting}")));
    let changes = CANCELS.iter().chain(&MOVES).any(|change| has(plain, change));
    let own = has(plain, "reschedule") && ["i", "we", "us", "me"].iter().any(|who| has(plain, who));
    // "I have a meeting with Alex and need to move it"
    let had = |meeting: &&str| {
        ["have", "had", "booked"]
            .iter()
            .any(|had| ["a", "an"].iter().any(|one| has(plain, &format!("{had} {one} {meeting}"))))
    };
    let is_that = || THAT.iter().any(|word| has(plain, word));
    own || (changes && (MEETINGS.iter().any(theirs) || (MEETINGS.iter().any(had) && is_that())))
}

/// Another time is wanted for what is booked.
pub(super) fn is_to_move(plain: &str, before: Option<&Expects>) -> bool {
    let moves = MOVES.iter().any(|change| has(plain, change));
    let was_booked = matches!(before, Some(Expects::Booked { .. }));
    (is_to_change(plain) && moves) || (was_booked && (moves || is_moving(plain) || makes(plain)))
}

fn makes(plain: &str) -> bool {
    MAKES.iter().any(|words| has(plain, words)) && !is_another(plain) && !rules_out(plain)
}

/// Somebody asks what they have booked, or when it is.
pub(in crate::brain::dialogue) fn asks_for_theirs(plain: &str) -> bool {
    let plain = plain.replace('’', "'");
    let when = |meeting: &&str| {
        ["when is", "when's", "what time is", "what is", "is"].iter().any(|asks| {
            ["my", "our"].iter().any(|whose| plain.starts_with(&format!("{asks} {whose} {meeting}")))
        })
    };
    ASKS_FOR_THEIRS.iter().any(|words| has(&plain, words)) || MEETINGS.iter().any(when)
}

/// What somebody wants who has just booked: that it is moved, or called off.
pub(in crate::brain::dialogue) fn of_booked(
    said: &str,
    read: &UserIntent,
    start: Timestamp,
    zone: &str,
) -> Option<Vec<Wanted>> {
    let plain = plain(said);
    if is_another(&plain) {
        return None;
    }
    let changes = MOVES.iter().any(|word| has(&plain, word)) || names_cancelling(&plain);
    let is_that = THAT.iter().any(|word| has(&plain, word));
    let names_time = !read.slots.times.is_empty() || hour(&plain).is_some();
    let is_meant = misses(&plain)
        || (changes && is_that)
        || (rules_out(said) && is_on_day(&plain, start, zone))
        || (names_cancelling(&plain) && agrees_to_cancel(&plain))
        || (names_time && (is_moving(&plain) || makes(&plain)));
    is_meant.then(|| vec![Wanted { name: CHANGE, arguments: json!({ "confirmed": false }) }])
}

/// To when something is moved: "from Monday to Thursday at three" is about Thursday.
pub(super) fn target(said: &str) -> &str {
    said.rsplit_once(" to ").map_or(said, |(_, target)| target)
}

/// What somebody has booked, and, unless they only wanted to know or times for it are offered next, what they are asked
/// about it.
pub(in crate::brain::dialogue) fn theirs_told(said: &str, output: &Value, offers: bool) -> String {
    let meetings = output["meetings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named: Vec<&str> = meetings.iter().filter_map(|meeting| meeting["say"].as_str()).collect();
    match named.as_slice() {
        [one] if offers => format!("You have booked {one}."),
        [one] if asks_for_theirs(&plain(said)) => {
            format!("You have booked {one}. I can move it, or cancel it.")
        }
        [one] => format!("You have booked {one}. Shall I cancel it? Or name another time, and I move it."),
        [] => output["say"].as_str().unwrap_or_default().to_owned(),
        all => {
            let listed: Vec<String> = all.iter().zip(1..).map(|(one, at)| format!("{at}. {one}")).collect();
            let asked = if asks_for_theirs(&plain(said)) { "" } else { "\n\nWhich one do you mean?" };
            format!("You have booked:\n\n{}{asked}", listed.join("\n"))
        }
    }
}

/// What somebody wants who was offered times for a meeting of theirs. Choosing one, and saying nothing else, is a yes to
/// it; else they are asked.
pub(in crate::brain::dialogue) fn moved(
    said: &str,
    read: &UserIntent,
    offered: &Expects,
) -> Option<Vec<Wanted>> {
    let Expects::NewTime { from, zone, starts } = offered else { return None };
    let plain = plain(said);
    if is_another(&plain) {
        return None;
    }
    if names_cancelling(&plain) && agrees_to_cancel(&plain) {
        return Some(vec![Wanted { name: CHANGE, arguments: json!({ "start": from, "confirmed": false }) }]);
    }
    let is_chosen = !wants_others(&plain) && !is_on_another_clock(said, zone);
    if let Some(to) = chosen(&plain, starts, zone).filter(|_| is_chosen) {
        let is_yes = !said.contains('?') && is_clear(&plain);
        let arguments = json!({ "start": from, "to": to, "confirmed": is_yes });
        return Some(vec![Wanted { name: CHANGE, arguments }]);
    }
    others(said, read, (None, zone, starts)).map(|others| vec![others])
}

/// What somebody wants who was asked whether theirs is cancelled, or when else it is to be. Whoever names a time does not
/// cancel, and what is neither a yes nor a time is asked again.
pub(in crate::brain::dialogue) fn called_off(
    said: &str,
    read: &UserIntent,
    start: Timestamp,
) -> Option<Vec<Wanted>> {
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

/// Whoever was offered times and says that it is cancelled may mean what they have booked before.
pub(in crate::brain::dialogue) fn may_mean_theirs(said: &str, before: Option<&Expects>) -> bool {
    let plain = plain(said);
    let is_offered = matches!(before, Some(Expects::Slot { .. } | Expects::Guest { .. }));
    is_offered && names_cancelling(&plain) && drops(&plain, true)
}

/// Whether what is said is about the meeting of theirs that they were asked about.
pub(super) fn is_of_theirs(said: &str, before: Option<&Expects>) -> bool {
    match before {
        Some(Expects::NewTime { .. }) => !is_another(&plain(said)),
        Some(Expects::Cancellation { .. }) => is_for_theirs(&plain(said)),
        Some(Expects::Which { .. }) => true,
        _ => false,
    }
}

/// What somebody wants who was asked which of their meetings is meant.
pub(in crate::brain::dialogue) fn picked(said: &str, asked: &Expects) -> Option<Vec<Wanted>> {
    let Expects::Which { starts, zone, moves } = asked else { return None };
    let start = chosen(&plain(said), starts, zone)?;
    Some(vec![match moves {
        true => times_in(None, zone),
        false => Wanted { name: CHANGE, arguments: json!({ "start": start, "confirmed": false }) },
    }])
}

/// Which meeting the times are for that are looked up.
pub(super) fn moved_from(
    said: &str,
    before: Option<&Expects>,
    earlier: &[(Wanted, Value)],
) -> Option<Timestamp> {
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
pub(super) fn only(output: &Value) -> Option<(Timestamp, String)> {
    let [one] = output["meetings"].as_array()?.as_slice() else { return None };
    Some((one["start"].as_str()?.parse().ok()?, one["time_zone"].as_str().unwrap_or("UTC").to_owned()))
}

/// The clock on which times were offered.
pub(super) fn zone_of(before: Option<&Expects>) -> String {
    match before {
        Some(Expects::NewTime { zone, .. }) => zone.clone(),
        _ => "UTC".to_owned(),
    }
}
