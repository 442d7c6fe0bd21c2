//! Calls that the twin places: to whom, when, and what follows from how one ended. Pure.
//!
//! An artificial voice needs recorded prior consent, says who calls, takes a no, and keeps to the hours where it rings
//! (FCC 24-17 on the TCPA; 47 CFR 64.1200).

mod dial;
mod picked_up;

use garde::Validate;
use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::{Time, Weekday, time},
    tz::TimeZone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::dial::{Attempt, By, Dial, MAX_CONTEXT, MAX_PURPOSE, State, Words, unanswered};
pub use self::picked_up::{Detected, PickedUp, picked_up, picks_up};
use crate::{
    identity::{DialRefusal, Phone, Region},
    interaction::Outcome,
};

/// No call before and after, whatever the owner wants: 47 CFR 64.1200(c)(1).
const EARLIEST: Time = time(8, 0, 0, 0);
const LATEST: Time = time(21, 0, 0, 0);
const MAX_REGIONS: usize = 50;
/// A consent that is older is no longer surely that of whoever has the number now.
const REASSIGNED_AFTER: SignedDuration = SignedDuration::from_hours(45 * 24);
/// It is tried so often in all.
pub const MAX_ATTEMPTS: usize = 3;
/// A time is looked for in such steps, for so long.
const STEP: SignedDuration = SignedDuration::from_mins(15);
const STEPS: i32 = 8 * 24 * 4;

/// What the owner allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
#[schemars(rename = "OutboundPolicy")]
pub struct Policy {
    /// Where calls may go, as in ISO 3166: `US`. Only where the twin's own number is, if there are none.
    #[garde(length(max = MAX_REGIONS), custom(known))]
    pub regions: Vec<String>,
    /// Within which hours, as the clock shows wherever it may ring.
    #[garde(custom(not_before(EARLIEST)))]
    pub from: Time,
    #[garde(custom(within(self.from)))]
    pub to: Time,
    pub weekends: bool,
    /// So many calls on a day of the owner's in all, and to one person.
    #[garde(range(max = 500))]
    pub a_day: u32,
    #[garde(range(max = 10))]
    pub a_day_each: u32,
    /// Whoever asks to be called back on the number that is known to be theirs is called by the twin.
    pub call_backs: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            from: time(9, 0, 0, 0),
            to: time(20, 0, 0, 0),
            weekends: false,
            a_day: 20,
            a_day_each: 3,
            call_backs: false,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
fn known(regions: &[String], (): &()) -> garde::Result {
    match regions.iter().find(|region| region.parse::<Region>().is_err()) {
        Some(_) => Err(garde::Error::new("a region is two letters, such as US")),
        None => Ok(()),
    }
}

fn not_before(earliest: Time) -> impl Fn(&Time, &()) -> garde::Result {
    move |from, ()| {
        if *from >= earliest { Ok(()) } else { Err(garde::Error::new("nobody is called before 08:00")) }
    }
}

fn within(from: Time) -> impl Fn(&Time, &()) -> garde::Result {
    move |to, ()| match *to {
        to if to <= from => Err(garde::Error::new("must be later on the same day than `from`")),
        to if to > LATEST => Err(garde::Error::new("nobody is called after 21:00")),
        _ => Ok(()),
    }
}

/// Whom it is about, as far as it matters.
#[derive(Debug, Clone, Copy)]
pub struct Callee<'a> {
    pub number: &'a Phone,
    /// The twin's own.
    pub own: &'a Phone,
    /// The owner does not answer this number.
    pub blocked: bool,
    /// What stands about calls, and since when.
    pub consent: Option<(bool, Timestamp)>,
}

/// Why somebody is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("that is the twin's own number")]
    OwnNumber,
    #[error("you have blocked this number")]
    Blocked,
    #[error(transparent)]
    Number(#[from] DialRefusal),
    #[error("they do not want to be called")]
    DoNotCall,
    #[error("they have not agreed to be called: note their consent first")]
    NoConsent,
    #[error("the number belongs to somebody else by now")]
    Reassigned,
    #[error("you said that the number is not theirs")]
    Untied,
    #[error("there is no hour at which it may ring there")]
    NoHour,
}

/// When somebody may be called at the earliest: `now` or later.
pub fn earliest(callee: &Callee<'_>, policy: &Policy, now: Timestamp) -> Result<Timestamp, Refusal> {
    if callee.number == callee.own {
        return Err(Refusal::OwnNumber);
    }
    if callee.blocked {
        return Err(Refusal::Blocked);
    }
    callee.number.may_dial(&policy.allowed(callee.own))?;
    match callee.consent {
        Some((true, _)) => {}
        Some((false, _)) => return Err(Refusal::DoNotCall),
        None => return Err(Refusal::NoConsent),
    }
    policy.next_hour(&callee.number.zones(), now).ok_or(Refusal::NoHour)
}

/// Whether it has to be looked up first if the number is still theirs: only North America has a register of that.
pub fn may_be_reassigned(callee: &Callee<'_>, now: Timestamp) -> bool {
    let since = callee.consent.map_or(now, |(_, at)| at);
    callee.number.region() == Some(Region::US) && now.duration_since(since) > REASSIGNED_AFTER
}

impl Policy {
    fn allowed(&self, own: &Phone) -> Vec<Region> {
        match self.regions.as_slice() {
            [] => own.region().into_iter().collect(),
            named => named.iter().filter_map(|region| region.parse().ok()).collect(),
        }
    }

    /// The first time that fits in all zones: it may ring in any of them.
    fn next_hour(&self, zones: &[TimeZone], now: Timestamp) -> Option<Timestamp> {
        let fits = |at: &Timestamp| zones.iter().all(|zone| self.holds(&at.to_zoned(zone.clone())));
        if zones.is_empty() {
            return None;
        }
        if fits(&now) {
            return Some(now);
        }
        let step = STEP.as_secs();
        let last = Timestamp::from_second(now.as_second().div_euclid(step) * step).ok()?;
        (1..=STEPS).filter_map(|n| last.checked_add(STEP * n).ok()).find(fits)
    }

    fn holds(&self, local: &Zoned) -> bool {
        let rests = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.weekends;
        !rests && self.from.max(EARLIEST) <= local.time() && local.time() < self.to.min(LATEST)
    }
}

/// What follows from how a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Done,
    Again(SignedDuration),
    GiveUp,
}

/// After the `attempts`-th call.
pub fn after(outcome: Outcome, attempts: usize) -> Next {
    let (first, factor) = match outcome {
        Outcome::Busy => (SignedDuration::from_mins(10), 3),
        Outcome::NoAnswer => (SignedDuration::from_hours(1), 4),
        Outcome::NotReached | Outcome::ModelUnavailable | Outcome::Lost => (SignedDuration::from_mins(15), 4),
        Outcome::OutOfService => return Next::GiveUp,
        Outcome::Completed
        | Outcome::HungUp
        | Outcome::Silence
        | Outcome::DurationLimit
        | Outcome::Idle
        | Outcome::Voicemail
        | Outcome::MessageLeft
        | Outcome::Transferred
        | Outcome::Abuse
        | Outcome::Screened => return Next::Done,
    };
    match attempts {
        0..MAX_ATTEMPTS => {
            let power = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default();
            Next::Again(first * i32::pow(factor, power))
        }
        _ => Next::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "+12125550100";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked(number: &str, consent: Option<bool>, policy: &Policy, now: &str) -> Result<Timestamp, Refusal> {
        let (number, own) = (Phone::parse(number).unwrap(), Phone::parse(OWN).unwrap());
        let consent = consent.map(|given| (given, Timestamp::UNIX_EPOCH));
        earliest(&Callee { number: &number, own: &own, blocked: false, consent }, policy, at(now))
    }

    #[test]
    fn who_may_be_called() {
        let policy = Policy::default();
        let noon = "2026-03-11T17:00:00Z";
        for (number, consent, expected) in [
            ("+14155550123", Some(true), Ok(at(noon))),
            ("+14155550123", None, Err(Refusal::NoConsent)),
            ("+14155550123", Some(false), Err(Refusal::DoNotCall)),
            (OWN, Some(true), Err(Refusal::OwnNumber)),
            ("+19005550123", Some(true), Err(Refusal::Number(DialRefusal::Premium))),
            ("+442071838750", Some(true), Err(Refusal::Number(DialRefusal::Region(Region::GB)))),
            // +1 is no promise of the same country.
            ("+18765550123", Some(true), Err(Refusal::Number(DialRefusal::Region(Region::JM)))),
        ] {
            assert_eq!(asked(number, consent, &policy, noon), expected, "{number} {consent:?}");
        }
        let abroad = Policy { regions: vec!["GB".to_owned()], ..Policy::default() };
        assert!(asked("+442071838750", Some(true), &abroad, noon).is_ok());
        assert!(asked("+14155550123", Some(true), &abroad, noon).is_err(), "the list is all that counts");
        let (number, own) = (Phone::parse("+14155550123").unwrap(), Phone::parse(OWN).unwrap());
        let blocked = Callee { number: &number, own: &own, blocked: true, consent: Some((true, at(noon))) };
        assert_eq!(earliest(&blocked, &policy, at(noon)), Err(Refusal::Blocked));
    }

    #[test]
    fn it_rings_within_the_hours_of_every_zone_of_the_number() {
        let policy = Policy::default();
        let when = |number: &str, now: &str| asked(number, Some(true), &policy, now).map(|at| at.to_string());
        // A Wednesday. San Francisco is at UTC-7 since Sunday, New York at UTC-4.
        for (number, now, expected) in [
            ("+12125550123", "2026-03-11T12:59:59Z", "2026-03-11T13:00:00Z"),
            ("+14155550123", "2026-03-11T13:10:00Z", "2026-03-11T16:00:00Z"),
            ("+14155550123", "2026-03-12T02:59:59Z", "2026-03-12T02:59:59Z"),
            ("+14155550123", "2026-03-12T03:00:00Z", "2026-03-12T16:00:00Z"),
            // Friday evening: on Monday.
            ("+12125550123", "2026-03-14T00:30:00Z", "2026-03-16T13:00:00Z"),
        ] {
            assert_eq!(when(number, now), Ok(expected.to_owned()), "{number} {now}");
        }
        let weekends = Policy { weekends: true, ..Policy::default() };
        assert_eq!(
            asked("+12125550123", Some(true), &weekends, "2026-03-14T00:30:00Z"),
            Ok(at("2026-03-14T13:00:00Z"))
        );
    }

    #[test]
    fn an_old_consent_is_looked_up() {
        let (number, own) = (Phone::parse("+14155550123").unwrap(), Phone::parse(OWN).unwrap());
        let since = at("2026-01-01T00:00:00Z");
        let callee = Callee { number: &number, own: &own, blocked: false, consent: Some((true, since)) };
        assert!(!may_be_reassigned(&callee, since + REASSIGNED_AFTER));
        assert!(may_be_reassigned(&callee, since + REASSIGNED_AFTER + SignedDuration::from_secs(1)));
        let british = Phone::parse("+442071838750").unwrap();
        assert!(!may_be_reassigned(&Callee { number: &british, ..callee }, at("2027-01-01T00:00:00Z")));
    }

    #[test]
    fn it_is_tried_again_later_each_time_and_not_for_ever() {
        let hours = |n| Next::Again(SignedDuration::from_hours(n));
        let minutes = |n| Next::Again(SignedDuration::from_mins(n));
        for (outcome, expected) in [
            (Outcome::NoAnswer, [hours(1), hours(4), Next::GiveUp]),
            (Outcome::Busy, [minutes(10), minutes(30), Next::GiveUp]),
            (Outcome::NotReached, [minutes(15), minutes(60), Next::GiveUp]),
            (Outcome::OutOfService, [Next::GiveUp; 3]),
            (Outcome::MessageLeft, [Next::Done; 3]),
            (Outcome::Completed, [Next::Done; 3]),
        ] {
            assert_eq!([1, 2, 3].map(|attempts| after(outcome, attempts)), expected, "{outcome:?}");
        }
    }

    #[test]
    fn a_policy_is_validated() {
        assert!(Policy::default().validate().is_ok());
        let of = |text: &str| serde_json::from_str::<Policy>(text).unwrap().validate().is_ok();
        assert!(of(r#"{"regions":["US","DE"],"from":"08:00","to":"21:00"}"#));
        for wrong in [
            r#"{"regions":["Mars"]}"#,
            r#"{"from":"07:59"}"#,
            r#"{"to":"21:01"}"#,
            r#"{"from":"12:00","to":"11:00"}"#,
            r#"{"aDayEach":11}"#,
        ] {
            assert!(!of(wrong), "{wrong}");
        }
    }
}
