//! When something reaches a person: not at night, wherever they may be.

use jiff::{Timestamp, civil::Time, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::FollowUpSettings;
use crate::{contact::Contact, identity::Phone};

/// From one time of the day to another, over midnight if the second is earlier; as the clock shows where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    #[schemars(with = "String")]
    pub from: Time,
    #[schemars(with = "String")]
    pub until: Time,
}

impl Quiet {
    fn holds(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let time = at.to_zoned(zone.clone()).time();
        if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }

    /// When the next quiet hours end there; where the clock is put back over that time, it comes twice.
    fn ends(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = at.to_zoned(zone.clone()).date();
        let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        let mut ends = days.flat_map(|day| {
            let shown = zone.to_ambiguous_timestamp(day.to_datetime(self.until));
            [shown.compatible(), shown.later()].into_iter().flatten()
        });
        ends.find(|end| *end > at)
    }
}

/// Where somebody may be, by their number; else where the owner is.
pub fn zones(contact: &Contact, settings: &FollowUpSettings) -> Vec<TimeZone> {
    let zones = contact.contact_methods.phone.as_ref().map(Phone::zones);
    zones.filter(|zones| !zones.is_empty()).unwrap_or_else(|| vec![settings.zone()])
}

/// The first time from `at` on at which it is not quiet in any of the zones; where that never is, when it is quiet in
/// the fewest.
pub fn awake(at: Timestamp, quiet: Option<Quiet>, zones: &[TimeZone]) -> Timestamp {
    let Some(quiet) = quiet else { return at };
    let mut times: Vec<Timestamp> = zones.iter().filter_map(|zone| quiet.ends(at, zone)).collect();
    times.push(at);
    times.sort();
    let asleep = |time: &Timestamp| zones.iter().filter(|zone| quiet.holds(*time, zone)).count();
    times.into_iter().min_by_key(asleep).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Quiet = Quiet { from: Time::constant(21, 0, 0, 0), until: Time::constant(8, 0, 0, 0) };

    fn of(number: &str, at: &str) -> String {
        awake(at.parse().unwrap(), Some(QUIET), &Phone::parse(number).unwrap().zones()).to_string()
    }

    #[test]
    fn a_night_ends_where_they_are() {
        let new_york = "+12125550100";
        assert_eq!(of(new_york, "2026-06-01T16:00:00Z"), "2026-06-01T16:00:00Z", "it is noon");
        assert_eq!(of(new_york, "2026-06-02T03:40:00Z"), "2026-06-02T12:00:00Z", "20 to midnight");
        assert_eq!(of(new_york, "2026-06-02T01:00:00Z"), "2026-06-02T12:00:00Z", "nine sharp");
        assert_eq!(of(new_york, "2026-06-02T12:00:00Z"), "2026-06-02T12:00:00Z", "eight sharp");
        assert_eq!(of("+4930123456", "2026-06-01T22:40:00Z"), "2026-06-02T06:00:00Z");
        // Clocks go forward in the night to 8 March: eight o'clock is at 12:00 UTC from then on.
        assert_eq!(of(new_york, "2026-03-08T04:00:00Z"), "2026-03-08T12:00:00Z");
        assert_eq!(of(new_york, "2026-03-07T04:00:00Z"), "2026-03-07T13:00:00Z");
    }

    /// On 7 November 2027 the hour from one to two comes twice: until 09:00 UTC, and from then on.
    #[test]
    fn a_night_that_ends_in_an_hour_that_comes_twice() {
        let zones = [TimeZone::get("America/Los_Angeles").unwrap()];
        let quiet = Quiet { until: Time::constant(1, 30, 0, 0), ..QUIET };
        for (at, expected, why) in [
            ("2027-11-07T05:00:00Z", "2027-11-07T08:30:00Z", "the evening before"),
            ("2027-11-07T08:10:00Z", "2027-11-07T08:30:00Z", "ten past one"),
            ("2027-11-07T08:40:00Z", "2027-11-07T08:40:00Z", "twenty to two"),
            ("2027-11-07T09:10:00Z", "2027-11-07T09:30:00Z", "ten past one again"),
            ("2027-11-07T09:40:00Z", "2027-11-07T09:40:00Z", "twenty to two again"),
            ("2027-11-08T06:00:00Z", "2027-11-08T09:30:00Z", "the night after"),
        ] {
            assert_eq!(awake(at.parse().unwrap(), Some(quiet), &zones).to_string(), expected, "{why}");
        }
    }

    #[test]
    fn where_several_places_are_possible_it_is_day_in_all() {
        // Moscow is awake at 06:00 UTC, Kamchatka at 20:00 UTC the day before; not asleep in either from 05:00 to 09:00.
        let zones = ["Europe/Moscow", "Asia/Kamchatka"].map(|name| TimeZone::get(name).unwrap());
        let at = awake("2026-06-01T23:00:00Z".parse().unwrap(), Some(QUIET), &zones);
        assert_eq!(at.to_string(), "2026-06-02T05:00:00Z");
        let at = of("+18005550123", "2026-06-02T06:00:00Z");
        assert!(
            at.as_str() >= "2026-06-02T14:00:00Z",
            "no hour is day in Guam and in Halifax, but most are: {at}"
        );
    }

    #[test]
    fn without_quiet_hours_or_a_place_it_is_at_once() {
        let night = "2026-06-02T03:40:00Z".parse().unwrap();
        assert_eq!(awake(night, None, &Phone::parse("+12125550100").unwrap().zones()), night);
        assert_eq!(awake(night, Some(QUIET), &[]), night);
    }
}
