use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use jiff::{SignedDuration, civil};
use proptest::prelude::*;

use super::*;
use crate::routing::settings::{Day, Hours};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn settings() -> CalendarSettings {
    serde_json::from_str(
        r#"{
            "timeZone": "Europe/Berlin",
            "hours": [
                { "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "12:00" },
                { "days": ["tuesday"], "from": "14:00", "to": "16:00" }
            ],
            "holidays": ["2026-12-25"],
            "bufferMinutes": 15, "noticeMinutes": 120, "daysAhead": 30, "dailyCap": 2, "stepMinutes": 30
        }"#,
    )
    .unwrap()
}

fn starts(settings: &CalendarSettings, taken: &Taken, span: (&str, &str), now: &str) -> Vec<String> {
    let span = (at(span.0), at(span.1));
    let all = slots(settings, &settings.meetings[0], taken, span, at(now));
    all.map(|slot| slot.start.to_zoned(settings.zone()).strftime("%a %H:%M").to_string()).collect()
}

#[test]
fn a_day_as_the_owner_has_it() {
    let day = ("2026-12-08T00:00:00Z", "2026-12-08T23:59:59Z");
    let now = "2026-12-01T00:00:00Z";
    let all = ["Tue 09:00", "Tue 09:30", "Tue 10:00", "Tue 10:30", "Tue 11:00", "Tue 11:30"];
    let afternoon = ["Tue 14:00", "Tue 14:30", "Tue 15:00", "Tue 15:30"];
    assert_eq!(starts(&settings(), &Taken::default(), day, now), [&all[..], &afternoon[..]].concat());
    // A meeting at ten, with its buffer: what would run into it is gone, and what would begin in its buffer.
    let meeting = (at("2026-12-08T09:00:00Z"), at("2026-12-08T09:45:00Z"));
    let taken = Taken {
        quarters: Quarter::touched(meeting.0, meeting.1).collect(),
        meetings: [(civil::date(2026, 12, 8), 1)].into(),
        is_unknown: false,
    };
    let left = ["Tue 09:00", "Tue 11:00", "Tue 11:30"];
    assert_eq!(starts(&settings(), &taken, day, now), [&left[..], &afternoon[..]].concat());
    let full = Taken { meetings: [(civil::date(2026, 12, 8), 2)].into(), ..taken };
    assert!(starts(&settings(), &full, day, now).is_empty());
    let unknown = Taken { is_unknown: true, ..Taken::default() };
    assert!(starts(&settings(), &unknown, day, now).is_empty());
    let ten = at("2026-12-08T09:00:00Z");
    let refused = offered(&settings(), &settings().meetings[0], &unknown, ten, at(now));
    assert_eq!(refused, Err(Refusal::Unknown));
}

#[test]
fn notice_horizon_and_holidays() {
    let taken = Taken::default();
    let day = ("2026-12-08T00:00:00Z", "2026-12-08T23:59:59Z");
    assert_eq!(
        starts(&settings(), &taken, day, "2026-12-08T08:10:00Z"),
        ["Tue 11:30", "Tue 14:00", "Tue 14:30", "Tue 15:00", "Tue 15:30"]
    );
    let christmas = ("2026-12-25T00:00:00Z", "2026-12-25T23:59:59Z");
    assert!(starts(&settings(), &taken, christmas, "2026-12-08T08:10:00Z").is_empty());
    let years = ("0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z");
    let all = starts(&settings(), &taken, years, "2026-12-08T08:10:00Z");
    assert!(all.len() > 100 && all.len() < 200, "only what can be booked is looked at: {}", all.len());
    assert!(starts(&settings(), &taken, (years.1, years.0), "2026-12-08T08:10:00Z").is_empty());
    assert!(starts(&CalendarSettings::default(), &taken, years, "2026-12-08T08:10:00Z").is_empty());
}

#[test]
fn why_not() {
    let (settings, taken, now) = (settings(), Taken::default(), at("2026-12-01T00:00:00Z"));
    let why = |start: &str| offered(&settings, &settings.meetings[0], &taken, at(start), now).unwrap_err();
    for (start, refusal) in [
        ("2026-12-01T01:00:00Z", Refusal::TooSoon),
        ("2027-12-01T09:00:00Z", Refusal::TooFar),
        ("9999-12-30T22:00:00Z", Refusal::TooFar),
        ("2026-12-08T08:10:00Z", Refusal::NotAStart),
        ("2026-12-08T08:15:00Z", Refusal::NotAStart),
        ("2026-12-08T08:00:00.001Z", Refusal::NotAStart),
        ("2026-12-25T09:00:00Z", Refusal::Holiday),
        ("2026-12-08T07:30:00Z", Refusal::OutsideHours),
        ("2026-12-08T11:00:00Z", Refusal::OutsideHours),
        ("2026-12-05T09:00:00Z", Refusal::OutsideHours),
    ] {
        assert_eq!(why(start), refusal, "{start}");
    }
}

/// At night in Berlin, when the clock is turned: a meeting takes the time that it takes, and the hours are the clock's.
#[test]
fn nights_in_which_the_clock_is_turned() {
    let night = |from: i8, to: i8| {
        let hours =
            Hours { days: vec![Day::Sunday], from: civil::time(from, 0, 0, 0), to: civil::time(to, 0, 0, 0) };
        CalendarSettings { hours: vec![hours], daily_cap: 20, ..settings() }
    };
    let spring = ("2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z");
    let found = starts(&night(1, 4), &Taken::default(), spring, "2026-03-20T00:00:00Z");
    assert_eq!(found, ["Sun 01:00", "Sun 01:30", "Sun 03:00", "Sun 03:30"], "two hours, not three");
    let autumn = ("2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z");
    let found = starts(&night(2, 3), &Taken::default(), autumn, "2026-10-20T00:00:00Z");
    assert_eq!(found, ["Sun 02:00", "Sun 02:30", "Sun 02:00", "Sun 02:30"], "the hour that comes twice");
}

const ZONES: [Tz; 7] = [
    Tz::UTC,
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kathmandu,
    Tz::America__St_Johns,
    Tz::Pacific__Chatham,
];

prop_compose! {
    fn any_settings()(
        zone in 0..ZONES.len(),
        days in prop::collection::vec(0..7_usize, 1..7),
        from in 0..22_i8,
        length in 1..8_i8,
        minute in prop::sample::select(vec![0_i8, 10, 15, 30, 45]),
        minutes in prop::sample::select(vec![15_u16, 30, 45, 60, 240]),
        buffer in prop::sample::select(vec![0_u16, 15, 60]),
        step in prop::sample::select(vec![15_u8, 30, 60]),
        cap in 1..4_u8,
        holiday in 1..28_i8,
    ) -> (CalendarSettings, Tz) {
        const DAYS: [Day; 7] = [
            Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday,
        ];
        let days = days.into_iter().map(|day| DAYS[day]).collect();
        let to = civil::time((from + length).min(23), minute, 0, 0);
        let mut settings = CalendarSettings {
            time_zone: ZONES[zone].name().to_owned(),
            hours: vec![Hours { days, from: civil::time(from, minute, 0, 0), to }],
            holidays: vec![civil::date(2026, 3, holiday)],
            buffer_minutes: buffer,
            step_minutes: step,
            daily_cap: cap,
            ..CalendarSettings::default()
        };
        settings.meetings[0].minutes = minutes;
        (settings, ZONES[zone])
    }
}

fn chrono_of(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at.as_second(), 0).unwrap()
}

/// Whether a meeting lies within the hours, minute for minute, by another implementation of time zones.
fn within(settings: &CalendarSettings, zone: Tz, slot: Slot) -> bool {
    let (start, end) = (chrono_of(slot.start), chrono_of(slot.end));
    let first = start.with_timezone(&zone).date_naive();
    let hours = &settings.hours[0];
    let clock = |time: civil::Time| {
        NaiveTime::from_hms_opt(time.hour().unsigned_abs().into(), time.minute().unsigned_abs().into(), 0)
            .unwrap()
    };
    let holiday = settings.holidays[0];
    let holiday = NaiveDate::from_ymd_opt(
        holiday.year().into(),
        holiday.month().unsigned_abs().into(),
        holiday.day().unsigned_abs().into(),
    );
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let minutes = (end - start).num_minutes();
    Some(first) != holiday
        && (0..minutes).all(|minute| {
            let local = (start + TimeDelta::minutes(minute)).with_timezone(&zone);
            let day = names[local.weekday().num_days_from_monday() as usize];
            let named = hours.days.iter().any(|named| serde_json::to_value(named).unwrap() == day);
            named
                && local.date_naive() == first
                && clock(hours.from) <= local.time()
                && local.time() < clock(hours.to)
        })
}

#[test]
fn a_few_times_of_many() {
    let slot = |start: &str| Slot { start: at(start), end: at(start) + SignedDuration::from_mins(30) };
    let day = |day: &str| -> Vec<Slot> {
        (9..17).map(|hour| slot(&format!("2026-12-{day}T{hour:02}:00:00Z"))).collect()
    };
    let hours = |slots: &[Slot], most: usize| -> Vec<String> {
        let few = spread(slots, &TimeZone::UTC, most);
        few.iter().map(|slot| slot.start.strftime("%d %H").to_string()).collect()
    };
    assert_eq!(hours(&day("08"), 4), ["08 09", "08 11", "08 13", "08 15"]);
    let week = [day("08"), day("09"), day("10")].concat();
    assert_eq!(hours(&week, 4), ["08 09", "08 13", "09 09", "09 13"]);
    assert_eq!(hours(&day("08")[..1], 6), ["08 09"]);
    assert!(hours(&[], 6).is_empty());
}

#[test]
fn nobody_is_offered_the_night_while_there_is_a_day() {
    let slot = |text| Slot { start: at(text), end: at(text) };
    let zone = TimeZone::get("America/New_York").unwrap();
    let night = [slot("2026-12-08T08:00:00Z"), slot("2026-12-08T09:00:00Z")];
    let day = slot("2026-12-08T15:00:00Z");
    assert_eq!(waking([&night[..], &[day]].concat(), &zone), [day]);
    assert_eq!(waking(night.to_vec(), &zone), night);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A month with both kinds of turned clocks in it: what is offered may be booked by every rule, and nothing that may
    /// be booked is missing.
    #[test]
    fn what_is_offered_is_what_the_rules_allow(
        (settings, zone) in any_settings(),
        busy in prop::collection::vec((0..3000_i64, 1..12_i64), 0..12),
        autumn in any::<bool>(),
    ) {
        let now = at(if autumn { "2026-10-10T07:07:07Z" } else { "2026-03-05T07:07:07Z" });
        let meeting = &settings.meetings[0];
        let quarter = |n: i64| now + SignedDuration::from_mins(15 * n);
        let taken = Taken {
            quarters: busy.iter().flat_map(|(n, long)| Quarter::touched(quarter(*n), quarter(n + long))).collect(),
            ..Taken::default()
        };
        let span = (now, now + SignedDuration::from_hours(24 * 31));
        let found: BTreeSet<Slot> = slots(&settings, meeting, &taken, span, now).collect();
        let (first, last) = settings.horizon(now);
        let free = |slot: &Slot| busy.iter().all(|(n, long)| {
            let (from, to) = (quarter(*n), quarter(n + long));
            // Whole quarter-hours are taken.
            let from = Timestamp::from_second(from.as_second().div_euclid(900) * 900).unwrap();
            let to = Timestamp::from_second((to.as_second() + 899).div_euclid(900) * 900).unwrap();
            slot.end + settings.buffer() <= from || to <= slot.start
        });
        for n in 0..24 * 31 * 4 {
            let start = Timestamp::from_second((now.as_second() / 900 + n) * 900).unwrap();
            let slot = Slot { start, end: start + meeting.length() };
            let local = chrono_of(start).with_timezone(&zone);
            let on_step = chrono::Timelike::minute(&local).is_multiple_of(u32::from(settings.step_minutes));
            let expected = start >= first && start <= last && on_step && within(&settings, zone, slot) && free(&slot);
            prop_assert_eq!(found.contains(&slot), expected, "{}", local);
        }
    }
}
