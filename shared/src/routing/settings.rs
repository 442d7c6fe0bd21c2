//! What the owner decides about the phone: when they may be reached, by whom, and what the twin may do.

use garde::Validate;
use jiff::{
    Timestamp, Zoned,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::Phone,
    language::{Language, Spoken, Words},
    outbound,
    recording::Policy,
};

const MAX_LISTED: usize = 500;
const MAX_LANGUAGES: usize = Language::ALL.len();
/// Of one number at once, unless the owner says something else: a small company calls from one.
const CALLS_AT_ONCE: u16 = 5;
const MOST_AT_ONCE: u16 = 100;
/// Said where a zone is wanted by its name.
pub const NO_SUCH_ZONE: &str = "there is no such time zone: give its IANA name, such as Europe/London";

/// Where nothing is set, the twin takes every call and nobody is put through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub struct PhoneSettings {
    /// Of hours and holidays: an IANA name, such as `Europe/Berlin`.
    #[garde(custom(zone))]
    pub time_zone: String,
    /// When the owner may be reached; at any time if there are none.
    #[garde(length(max = 21), dive)]
    pub hours: Vec<Hours>,
    #[garde(length(max = MAX_LISTED))]
    pub holidays: Vec<Date>,
    /// Nobody is put through, whoever it is.
    pub do_not_disturb: bool,
    /// The owner's own telephone; without it nobody is put through.
    pub owner_line: Option<Phone>,
    /// Put through at once, at any hour.
    #[garde(length(max = MAX_LISTED))]
    pub vip: Vec<Phone>,
    /// Never answered.
    #[garde(length(max = MAX_LISTED))]
    pub blocked: Vec<Phone>,
    /// Whether calls are recorded. Where the law is stricter, it holds.
    pub recording: Policy,
    /// Whether strangers' numbers are looked up at Twilio for the kind of their line, which costs something each time.
    pub look_up: bool,
    /// Calls that the twin places.
    #[garde(dive)]
    pub outbound: outbound::Policy,
    /// Never taken for spam, and talked with however often they call.
    #[garde(length(max = MAX_LISTED))]
    pub allowed: Vec<Phone>,
    /// What is spoken with callers: their own, if it is one of these, and else the first. English, if there are none.
    #[garde(length(max = MAX_LANGUAGES))]
    pub languages: Vec<Language>,
    /// As many calls of one number at once, where its network does not say that it is the caller's, and of all who tell none:
    /// whoever calls besides is asked for a message.
    #[garde(range(min = 1, max = MOST_AT_ONCE))]
    pub calls_at_once: u16,
}

impl Default for PhoneSettings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            hours: Vec::new(),
            holidays: Vec::new(),
            do_not_disturb: false,
            owner_line: None,
            vip: Vec::new(),
            blocked: Vec::new(),
            recording: Policy::Off,
            look_up: false,
            outbound: outbound::Policy::default(),
            allowed: Vec::new(),
            languages: Vec::new(),
            calls_at_once: CALLS_AT_ONCE,
        }
    }
}

/// On these days from one time to another, as the clock shows there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Hours {
    #[garde(length(min = 1, max = 7))]
    pub days: Vec<Day>,
    pub from: Time,
    #[garde(custom(after(self.from)))]
    pub to: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Settings as they are stored: saving them again needs the version that was read; 0 before there were any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SavedPhoneSettings")]
pub struct SavedSettings {
    pub version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub settings: PhoneSettings,
}

/// Whether the owner may be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    Open,
    OutsideHours,
    Holiday,
    DoNotDisturb,
    /// There is no telephone to reach them on.
    #[default]
    NoLine,
}

impl PhoneSettings {
    pub fn reach(&self, now: Timestamp) -> Reach {
        let local = self.local(now);
        if self.owner_line.is_none() {
            Reach::NoLine
        } else if self.do_not_disturb {
            Reach::DoNotDisturb
        } else if self.holidays.contains(&local.date()) {
            Reach::Holiday
        } else if self.hours.is_empty() || self.hours.iter().any(|hours| hours.hold(&local)) {
            Reach::Open
        } else {
            Reach::OutsideHours
        }
    }

    /// Whoever is on the list comes through at any hour, but not into a meeting.
    pub fn is_reachable_for_vip(&self, now: Timestamp) -> bool {
        !matches!(self.reach(now), Reach::NoLine | Reach::DoNotDisturb)
    }

    /// With whoever has this number, and spoke so last.
    pub fn spoken_with(&self, number: Option<&Phone>, last: Option<Language>) -> Spoken {
        Spoken::with(number, last, &self.languages)
    }

    /// With the owner, and with whom the twin calls in the owner's words.
    pub fn owners_words(&self) -> &'static Words {
        self.spoken_with(None, None).words()
    }

    /// For the model: what the time is where the owner is, and what follows from it.
    pub fn told(&self, now: Timestamp) -> String {
        let time = self.local(now).strftime("%A, %H:%M");
        let reach = match self.reach(now) {
            Reach::Open => "within the hours in which they may be reached",
            Reach::OutsideHours => "outside business hours: do not say that they can be reached now",
            Reach::Holiday => "a holiday: do not say that they can be reached today",
            Reach::DoNotDisturb | Reach::NoLine => "they cannot be reached by phone now",
        };
        format!("Where the owner is, it is {time}; {reach}.")
    }

    /// A zone that is not known was refused when the settings were saved.
    fn local(&self, now: Timestamp) -> Zoned {
        now.to_zoned(TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC))
    }
}

impl Hours {
    pub fn hold(&self, local: &Zoned) -> bool {
        let time = local.time();
        self.days.iter().any(|day| day.weekday() == local.weekday()) && self.from <= time && time < self.to
    }
}

impl Day {
    pub fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as garde calls it")]
pub(crate) fn zone(name: &str, (): &()) -> garde::Result {
    TimeZone::get(name).map(drop).map_err(|_| garde::Error::new(NO_SUCH_ZONE))
}

fn after(from: Time) -> impl Fn(&Time, &()) -> garde::Result {
    move |to, ()| {
        if *to > from { Ok(()) } else { Err(garde::Error::new("must be later on the same day than `from`")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> PhoneSettings {
        serde_json::from_str(
            r#"{
                "timeZone": "America/New_York",
                "hours": [{ "days": ["monday", "wednesday"], "from": "09:00", "to": "17:00" }],
                "holidays": ["2026-11-25"],
                "ownerLine": "+12125550100"
            }"#,
        )
        .unwrap()
    }

    #[test]
    fn hours_are_those_of_the_owners_clock() {
        let reach = |time: &str| settings().reach(time.parse().unwrap());
        for (time, expected) in [
            // Daylight saving time began on 8 March: nine o'clock was 14:00 UTC before, and is 13:00 since.
            ("2026-03-04T13:59:59Z", Reach::OutsideHours),
            ("2026-03-04T14:00:00Z", Reach::Open),
            ("2026-03-11T13:00:00Z", Reach::Open),
            ("2026-03-11T20:59:59Z", Reach::Open),
            ("2026-03-11T21:00:00Z", Reach::OutsideHours),
            ("2026-03-12T16:00:00Z", Reach::OutsideHours),
            ("2026-11-25T16:00:00Z", Reach::Holiday),
            // Still Tuesday there.
            ("2026-11-25T04:00:00Z", Reach::OutsideHours),
        ] {
            assert_eq!(reach(time), expected, "{time}");
        }
    }

    #[test]
    fn who_may_disturb() {
        let night: Timestamp = "2026-03-12T07:00:00Z".parse().unwrap();
        let mut settings = settings();
        assert!(settings.is_reachable_for_vip(night));
        settings.do_not_disturb = true;
        assert!(!settings.is_reachable_for_vip(night));
        assert_eq!(settings.reach(night), Reach::DoNotDisturb);
        settings.owner_line = None;
        assert_eq!(settings.reach(night), Reach::NoLine);
        assert!(settings.told(night).contains("Thursday, 03:00"), "{}", settings.told(night));
    }

    #[test]
    fn settings_are_validated() {
        assert!(settings().validate().is_ok() && PhoneSettings::default().validate().is_ok());
        let mut wrong = settings();
        wrong.time_zone = "Mars/Olympus".to_owned();
        assert!(wrong.validate().is_err());
        let mut wrong = settings();
        wrong.hours[0].to = wrong.hours[0].from;
        assert!(wrong.validate().is_err());
        for (at_once, is_valid) in [(0, false), (1, true), (MOST_AT_ONCE, true), (MOST_AT_ONCE + 1, false)] {
            let settings = PhoneSettings { calls_at_once: at_once, ..settings() };
            assert_eq!(settings.validate().is_ok(), is_valid, "{at_once}");
        }
        for text in [r#"{"vip":["911"]}"#, r#"{"hours":[{"days":["today"]}]}"#, r#"{"volume":3}"#] {
            assert!(serde_json::from_str::<PhoneSettings>(text).is_err(), "{text}");
        }
    }
}
