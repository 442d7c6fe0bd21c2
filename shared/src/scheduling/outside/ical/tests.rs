use proptest::prelude::*;

use super::*;

const OWNER: &str = "alex@omnitwin.example";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn calendar(events: &[&str]) -> String {
    let events =
        events.iter().fold(String::new(), |text, event| text + "BEGIN:VEVENT\n" + event + "\nEND:VEVENT\n");
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{events}END:VCALENDAR\n");
    text.replace('\n', "\r\n")
}

fn reading(text: &str) -> Reading {
    let window = (at("2026-10-01T00:00:00Z"), at("2027-04-01T00:00:00Z"));
    read(text, &zone("Europe/Berlin"), OWNER, window).unwrap()
}

/// The spans that are busy, in UTC.
fn spans(reading: &Reading) -> Vec<String> {
    let window = (at("2026-10-01T00:00:00Z"), at("2027-04-01T00:00:00Z"));
    let mut shown: Vec<(Timestamp, Timestamp)> = Vec::new();
    for quarter in reading.busy.quarters(window) {
        let (from, to) = (quarter.start(), quarter.start() + SignedDuration::from_mins(15));
        match shown.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => shown.push((from, to)),
        }
    }
    shown
        .iter()
        .map(|(from, to)| {
            format!("{} {}", from.strftime("%m-%d %H:%M"), (*to - *from).total(jiff::Unit::Hour).unwrap())
        })
        .collect()
}

fn busy(events: &[&str]) -> Vec<String> {
    let reading = reading(&calendar(events));
    assert_eq!(reading.unread, 0);
    spans(&reading)
}

#[test]
fn a_weekly_meeting_stays_at_its_hour_where_the_clock_is_turned() {
    // In Berlin the clock goes back on 25 October, in New York on 1 November.
    let berlin = "UID:1\nDTSTART;TZID=Europe/Berlin:20261023T090000\nDTEND;TZID=Europe/Berlin:20261023T100000\nRRULE:FREQ=WEEKLY;COUNT=3";
    assert_eq!(busy(&[berlin]), ["10-23 07:00 1", "10-30 08:00 1", "11-06 08:00 1"]);
    let windows = "UID:1\nDTSTART;TZID=Eastern Standard Time:20261030T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=2";
    assert_eq!(busy(&[windows]), ["10-30 13:00 0.5", "11-06 14:00 0.5"]);
    let utc = "UID:1\nDTSTART:20261023T070000Z\nDTEND:20261023T080000Z\nRRULE:FREQ=WEEKLY;COUNT=2";
    assert_eq!(busy(&[utc]), ["10-23 07:00 1", "10-30 07:00 1"]);
}

#[test]
fn a_time_that_is_skipped_is_an_hour_later_and_one_that_comes_twice_is_the_first() {
    let twice = "UID:1\nDTSTART;TZID=Europe/Berlin:20261024T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(busy(&[twice]), ["10-24 00:30 0.5", "10-25 00:30 0.5", "10-26 01:30 0.5"]);
    let skipped =
        "UID:1\nDTSTART;TZID=Europe/Berlin:20270327T023000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(busy(&[skipped]), ["03-27 01:30 0.5", "03-28 01:30 0.5", "03-29 00:30 0.5"]);
}

#[test]
fn the_last_time_is_in_utc_or_a_day() {
    // Nine in Berlin is seven or eight in UTC: as local times, UNTIL would leave the last one out.
    for until in ["20261030T080000Z", "20261030", "20261030T090000"] {
        let event = format!(
            "UID:1\nDTSTART;TZID=Europe/Berlin:20261023T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL={until}"
        );
        assert_eq!(busy(&[&event]), ["10-23 07:00 1", "10-30 08:00 1"], "{until}");
    }
    let before = "UID:1\nDTSTART;TZID=Europe/Berlin:20261023T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20261030T075959Z";
    assert_eq!(busy(&[before]), ["10-23 07:00 1"]);
}

#[test]
fn whole_days_are_those_of_the_owner() {
    // 25 October has 25 hours in Berlin.
    let days = "UID:1\nDTSTART;VALUE=DATE:20261024\nDTEND;VALUE=DATE:20261026";
    assert_eq!(busy(&[days]), ["10-23 22:00 49"]);
    let one = "UID:1\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=MONTHLY;COUNT=2\nEXDATE;VALUE=DATE:20270101";
    assert_eq!(busy(&[one]), ["11-30 23:00 24"]);
    let birthday = "UID:1\nDTSTART;VALUE=DATE:20261201\nTRANSP:TRANSPARENT";
    assert!(busy(&[birthday]).is_empty());
}

/// A number that no calendar has days for is no reason to stop.
#[test]
fn what_lasts_longer_than_time_does_is_busy_to_the_end() {
    let endless = busy(&["UID:1\nDTSTART;VALUE=DATE:20270331\nDURATION:P999999999D"]);
    assert_eq!(endless, ["03-30 22:00 26"]);
}

#[test]
fn what_was_left_out_moved_or_added_is_seen() {
    let series = "UID:1\nSEQUENCE:3\nDTSTART;TZID=Europe/Berlin:20261201T100000\nDTEND;TZID=Europe/Berlin:20261201T110000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261202T100000\nRDATE;TZID=Europe/Berlin:20261210T100000";
    // The numbers of changes differ, and the time is named in UTC.
    let moved = "UID:1\nSEQUENCE:5\nRECURRENCE-ID:20261203T090000Z\nDTSTART;TZID=Europe/Berlin:20261203T150000\nDURATION:PT2H";
    let cancelled = "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20261204T100000\nSTATUS:CANCELLED\nDTSTART;TZID=Europe/Berlin:20261204T100000\nDURATION:PT1H";
    // Another series at the same hours is not touched by it.
    let other = "UID:2\nSEQUENCE:5\nDTSTART;TZID=Europe/Berlin:20261203T101500\nDURATION:PT15M";
    let wanted = ["12-01 09:00 1", "12-03 09:15 0.25", "12-03 14:00 2", "12-10 09:00 1"];
    assert_eq!(busy(&[series, moved, cancelled, other]), wanted);
    assert_eq!(busy(&[other, cancelled, moved, series]), wanted, "in any order");
}

#[test]
fn what_does_not_block_is_free() {
    let event = |more: &str| format!("UID:1\nDTSTART:20261201T100000Z\nDURATION:PT1H\n{more}");
    for more in [
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:Alex@Omnitwin.example",
    ] {
        assert!(busy(&[&event(more)]).is_empty(), "{more}");
    }
    for more in [
        "STATUS:TENTATIVE",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:dana@northgate.example",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alex@omnitwin.example",
    ] {
        assert_eq!(busy(&[&event(more)]), ["12-01 10:00 1"], "{more}");
    }
    assert!(busy(&["UID:1\nDTSTART:20261201T100000Z"]).is_empty(), "a moment takes no time");
}

#[test]
fn our_own_invitations_are_left_out_whatever_became_of_them() {
    let at = "DTSTART:20261201T100000Z\nDURATION:PT1H";
    let ours = format!(
        "UID:bkg_01ARZ3NDEKTSV4RRFFQ69G5FAV@omnitwin.example\nORGANIZER:mailto:alex@omnitwin.example\n{at}"
    );
    let of_feed = format!("UID:bkg_01ARZ3NDEKTSV4RRFFQ69G5FAV@omnitwin.example\n{at}");
    assert!(busy(&[&ours]).is_empty() && busy(&[&of_feed]).is_empty());
    // With somebody whose twin is at the same provider, and with anybody else.
    let theirs = ours.replace("ORGANIZER:mailto:alex", "ORGANIZER:mailto:kim");
    let elsewhere = of_feed.replace("@omnitwin.example\n", "@northgate.example\n");
    for event in [theirs, elsewhere] {
        assert_eq!(busy(&[&event]), ["12-01 10:00 1"], "{event}");
    }
}

#[test]
fn published_times_are_read() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nUID:1\r\nFREEBUSY;FBTYPE=BUSY:20261201T100000Z/20261201T110000Z,20261202T100000Z/PT30M\r\nFREEBUSY;FBTYPE=FREE:20261203T100000Z/PT1H\r\nFREEBUSY:20261204T100000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    assert_eq!(spans(&reading(text)), ["12-01 10:00 1", "12-02 10:00 0.5", "12-04 10:00 1"]);
}

#[test]
fn several_calendars_in_one_file_are_read() {
    let text = calendar(&["UID:1\nDTSTART:20261201T100000Z\nDURATION:PT1H"])
        + &calendar(&["UID:1\nDTSTART:20261202T100000Z\nDURATION:PT1H"]);
    assert_eq!(spans(&reading(&text)), ["12-01 10:00 1", "12-02 10:00 1"]);
}

#[test]
fn what_is_not_understood_is_counted_and_blocks_as_far_as_it_is() {
    let odd = [
        ("UID:1\nDTSTART;TZID=Nowhere/Land:20261201T100000\nDURATION:PT1H", vec!["12-01 09:00 1"]),
        ("UID:1\nDTSTART:20261201T100000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY", vec!["12-01 10:00 1"]),
        ("UID:1\nSUMMARY:no time", vec![]),
    ];
    for (event, wanted) in odd {
        let reading = reading(&calendar(&[event]));
        assert_eq!(
            (reading.unread, spans(&reading)),
            (1, wanted.into_iter().map(str::to_owned).collect()),
            "{event}"
        );
    }
}

#[test]
fn what_is_no_calendar_is_an_error() {
    let wrong = |text: &str| {
        let window = (at("2026-10-01T00:00:00Z"), at("2027-04-01T00:00:00Z"));
        read(text, &TimeZone::UTC, OWNER, window).unwrap_err()
    };
    assert_eq!(wrong(""), Unreadable::NotACalendar);
    assert_eq!(wrong("<!doctype html><title>Sign in</title>"), Unreadable::NotACalendar);
    let whole = calendar(&["UID:1\nDTSTART:20261201T100000Z\nDURATION:PT1H"]);
    for cut in ["END:VCALENDAR\r\n", "END:VEVENT\r\nEND:VCALENDAR\r\n"] {
        assert_eq!(wrong(whole.strip_suffix(cut).unwrap()), Unreadable::BreaksOff);
    }
    let endless = "UID:1\nDTSTART:10000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY";
    assert_eq!(wrong(&calendar(&[endless])), Unreadable::TooMuch);
}

#[test]
fn a_series_of_many_years_reaches_to_now() {
    let old = "UID:1\nDTSTART;TZID=Europe/Berlin:20050103T090000\nDURATION:PT15M\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
    let busy = busy(&[old]);
    assert_eq!((busy.len(), busy.first().unwrap().as_str()), (130, "10-01 07:00 0.25"));
    let third =
        "UID:1\nDTSTART;TZID=Europe/Berlin:20050118T090000\nDURATION:PT15M\nRRULE:FREQ=MONTHLY;BYDAY=3TU";
    assert_eq!(self::busy(&[third])[..2], ["10-20 07:00 0.25", "11-17 08:00 0.25"]);
}

/// What we write ourselves reads as what it says.
#[test]
fn what_we_write_is_read() {
    use icalendar::{Calendar, Component as _, Event, EventLike as _};
    let event = Event::new()
        .uid("x")
        .summary("Lunch, with; odd\nsigns")
        .starts(chrono_at(10))
        .ends(chrono_at(11))
        .done();
    let mut calendar = Calendar::new();
    calendar.push(event);
    assert_eq!(spans(&reading(&calendar.to_string())), ["12-01 10:00 1"]);
}

fn chrono_at(hour: u32) -> chrono::DateTime<chrono::Utc> {
    chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

proptest! {
    /// Whatever a server sends, there is an answer.
    #[test]
    fn nothing_makes_it_panic(lines in prop::collection::vec("(DTSTART|DTEND|RRULE|EXDATE|RDATE|RECURRENCE-ID|DURATION|UID|STATUS|BEGIN|END)(;TZID=[A-Za-z/]{0,12}|;VALUE=DATE)?:([0-9]{0,10}T?[0-9]{0,7}Z?|FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY);(COUNT|INTERVAL|BYMONTHDAY|BYSETPOS|BYDAY)=-?[0-9A-Z,]{0,4}|P[0-9]{1,9}[DWH]|VEVENT|VALARM|VTIMEZONE)", 0..12)) {
        let event = lines.join("\n");
        let text = calendar(&[&event]);
        let window = (at("2026-10-01T00:00:00Z"), at("2027-04-01T00:00:00Z"));
        if let Ok(reading) = read(&text, &zone("Europe/Berlin"), OWNER, window) {
            prop_assert!(reading.busy.spans() <= 182 * 48);
        }
    }

    /// A daily meeting is at the same hour of the local clock as a second implementation has it.
    #[test]
    fn a_daily_meeting_agrees_with_another_implementation(hour in 0u32..24, name in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"])) {
        use chrono::TimeZone as _;
        let event = format!("UID:1\nDTSTART;TZID={name}:20261015T{hour:02}0000\nDURATION:PT15M\nRRULE:FREQ=DAILY;COUNT=60");
        let reading = reading(&calendar(&[&event]));
        let other: chrono_tz::Tz = name.parse().unwrap();
        let first = chrono::NaiveDate::from_ymd_opt(2026, 10, 15).unwrap();
        for day in first.iter_days().take(60) {
            // What is skipped or comes twice has its own test.
            if let Some(moment) = other.from_local_datetime(&day.and_hms_opt(hour, 0, 0).unwrap()).single() {
                let moment = Timestamp::from_second(moment.timestamp()).unwrap();
                let end = moment + SignedDuration::from_mins(15);
                prop_assert!(reading.busy.quarters((moment, end)).count() >= 1, "{moment} {name}");
            }
        }
    }
}
