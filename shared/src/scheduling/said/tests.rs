use proptest::prelude::*;

use super::{zones::zone_named, *};

/// A Wednesday, a quarter past nine in Berlin.
const NOW: &str = "2026-12-02T08:15:00Z";

fn berlin(said: &str) -> Vec<String> {
    read_in(said, "Europe/Berlin", NOW).unwrap_or_else(|error| panic!("{said}: {error}"))
}

fn read_in(said: &str, zone: &str, now: &str) -> Result<Vec<String>, Unread> {
    let zone = TimeZone::get(zone).unwrap();
    let windows = read(said, &zone, now.parse().unwrap())?;
    let written = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %d %H:%M").to_string();
    Ok(windows
        .into_iter()
        .map(|Window { from, to }| match from == to {
            true => written(from),
            false => format!("{} to {}", written(from), written(to)),
        })
        .collect())
}

#[test]
fn what_people_say() {
    let rows: &[(&str, &[&str])] = &[
        ("Tuesday after three", &["Tue 08 15:00 to Wed 09 00:00"]),
        ("How about Tuesday after 3 pm?", &["Tue 08 15:00 to Wed 09 00:00"]),
        ("tomorrow at 10", &["Thu 03 10:00"]),
        ("tomorrow at 10:30", &["Thu 03 10:30"]),
        ("tomorrow morning", &["Thu 03 07:00 to Thu 03 12:00"]),
        ("Friday afternoon", &["Fri 04 12:00 to Fri 04 18:00"]),
        ("Friday noon", &["Fri 04 12:00"]),
        ("Friday at half past two", &["Fri 04 14:30"]),
        ("Friday at quarter to four", &["Fri 04 15:45"]),
        ("this Wednesday at 16:00", &["Wed 02 16:00"]),
        ("Wednesday", &["Wed 09 00:00 to Thu 10 00:00"]),
        ("next Friday at 9 a.m.", &["Fri 11 09:00"]),
        ("Tuesday next week before 11", &["Tue 08 00:00 to Tue 08 11:00"]),
        ("next week Tuesday or Thursday", &["Tue 08 00:00 to Wed 09 00:00", "Thu 10 00:00 to Fri 11 00:00"]),
        ("Monday or Tuesday at ten", &["Mon 07 10:00", "Tue 08 10:00"]),
        ("Tuesday at three or four", &["Tue 08 15:00", "Tue 08 16:00"]),
        ("Friday morning, but not before 10", &["Fri 04 10:00 to Fri 04 12:00"]),
        ("Friday after 3 but not later than 5", &["Fri 04 15:00 to Fri 04 17:00"]),
        ("Friday after three and before five", &["Fri 04 15:00 to Fri 04 17:00"]),
        ("Friday, I can't before 2 pm", &["Fri 04 14:00 to Sat 05 00:00"]),
        ("Friday, not after 11", &["Fri 04 00:00 to Fri 04 11:00"]),
        (
            "on Thursday or Friday morning, but not before 10",
            &["Thu 03 10:00 to Thu 03 12:00", "Fri 04 10:00 to Fri 04 12:00"],
        ),
        ("no wait, Friday 11", &["Fri 04 11:00"]),
        ("tomorrow 4, please", &["Thu 03 16:00"]),
        ("Friday 11 December", &["Fri 11 00:00 to Sat 12 00:00"]),
        ("between two and four on Friday", &["Fri 04 14:00 to Fri 04 16:00"]),
        ("Friday from 9 to 11", &["Fri 04 09:00 to Fri 04 11:00"]),
        ("Friday 10-12 am", &["Fri 04 10:00 to Fri 04 12:00"]),
        ("Friday 2-4pm", &["Fri 04 14:00 to Fri 04 16:00"]),
        ("11 to 1 pm tomorrow", &["Thu 03 11:00 to Thu 03 13:00"]),
        ("2026-12-09 between 2 and 4", &["Wed 09 14:00 to Wed 09 16:00"]),
        ("2026-12-09 at 14:00", &["Wed 09 14:00"]),
        ("2026-12-09T14:00", &["Wed 09 14:00"]),
        ("December 10th around 3", &["Thu 10 14:30 to Thu 10 15:30"]),
        ("10 December at 8", &["Thu 10 08:00"]),
        ("the 10th after 5 pm", &["Thu 10 17:00 to Fri 11 00:00"]),
        ("by 10 December", &["Thu 10 00:00 to Fri 11 00:00"]),
        ("in two days at 6", &["Fri 04 18:00"]),
        ("day after tomorrow, in the evening at 8", &["Fri 04 20:00"]),
        ("at 11", &["Wed 02 11:00"]),
        ("at 9", &["Thu 03 09:00"]),
        ("today", &["Wed 02 09:15 to Thu 03 00:00"]),
        (
            "this week",
            &["Wed 02 09:15 to Thu 03 00:00", "Thu 03 00:00 to Fri 04 00:00", "Fri 04 00:00 to Sat 05 00:00"],
        ),
    ];
    for (said, expected) in rows {
        assert_eq!(berlin(said), *expected, "{said}");
    }
}

/// "This week" is what is left of it, also when that is the weekend.
#[test]
fn a_week_at_its_end() {
    let (friday, saturday, sunday) = ("2026-12-04T08:15:00Z", "2026-12-05T08:15:00Z", "2026-12-06T08:15:00Z");
    let next = [
        "Mon 07 00:00 to Tue 08 00:00",
        "Tue 08 00:00 to Wed 09 00:00",
        "Wed 09 00:00 to Thu 10 00:00",
        "Thu 10 00:00 to Fri 11 00:00",
        "Fri 11 00:00 to Sat 12 00:00",
    ];
    let rows: &[(&str, &str, &[&str])] = &[
        (friday, "this week", &["Fri 04 09:15 to Sat 05 00:00"]),
        (saturday, "this week", &["Sat 05 09:15 to Sun 06 00:00", "Sun 06 00:00 to Mon 07 00:00"]),
        (saturday, "this week at ten", &["Sat 05 10:00", "Sun 06 10:00"]),
        (sunday, "this week", &["Sun 06 09:15 to Mon 07 00:00"]),
        (saturday, "next week", &next),
        (sunday, "next week", &next),
    ];
    for (now, said, expected) in rows {
        assert_eq!(read_in(said, "Europe/Berlin", now).unwrap(), *expected, "{said}, {now}");
    }
    assert_eq!(read_in("this week at eight", "Europe/Berlin", sunday), Err(Unread::Past));
}

#[test]
fn what_is_said_to_days_that_were_offered() {
    let offered: Vec<Date> = ["2026-12-07", "2026-12-09"].map(|day| day.parse().unwrap()).to_vec();
    let rows: &[(&str, &[&str])] = &[
        ("at 11", &["Mon 07 11:00", "Wed 09 11:00"]),
        ("in the morning", &["Mon 07 07:00 to Mon 07 12:00", "Wed 09 07:00 to Wed 09 12:00"]),
        ("Thursday at three", &["Thu 10 15:00"]),
        ("wednesday", &["Wed 09 00:00 to Thu 10 00:00"]),
        ("Thursday or Friday at ten", &["Thu 10 10:00", "Fri 11 10:00"]),
        ("Thursday or Friday this week at ten", &["Thu 03 10:00", "Fri 04 10:00"]),
        ("this Friday at ten", &["Fri 04 10:00"]),
        ("tomorrow at ten", &["Thu 03 10:00"]),
        ("10 December at 8", &["Thu 10 08:00"]),
    ];
    for (said, expected) in rows {
        assert_eq!(berlin(&on_days(said, &offered)), *expected, "{said}");
    }
    assert_eq!(on_days("at 11", &[]), "at 11");
}

#[test]
fn what_says_no_time() {
    for said in ["", "I have 12 years of experience", "my number is 555 0123", "whenever", "\u{0}", "or / ;"]
    {
        assert_eq!(read_in(said, "Europe/Berlin", NOW), Err(Unread::Nothing), "{said}");
    }
    assert_eq!(read_in("today at 8", "Europe/Berlin", NOW), Err(Unread::Past));
    assert_eq!(read_in("2026-11-01", "Europe/Berlin", NOW), Err(Unread::Past));
    assert_eq!(read_in("2026-13-40 at 10", "Europe/Berlin", "9999-12-30T00:00:00Z").err(), None);
}

/// The same words on another clock: it is still Tuesday in Honolulu.
#[test]
fn on_whose_clock() {
    assert_eq!(read_in("tomorrow at 3", "Pacific/Honolulu", NOW).unwrap(), ["Wed 02 15:00"]);
    assert_eq!(read_in("Wednesday at 3", "Pacific/Honolulu", NOW).unwrap(), ["Wed 02 15:00"]);
    let london = TimeZone::get("Europe/London").unwrap();
    let found = read("tomorrow at 3", &london, NOW.parse().unwrap()).unwrap();
    assert_eq!(found[0].from.to_string(), "2026-12-03T15:00:00Z");
}

#[test]
fn where_the_clock_is_turned() {
    // 29 March 2026: from 02:00 to 03:00 in Berlin.
    let before = "2026-03-27T12:00:00Z";
    assert_eq!(read_in("Sunday at 2:30 am", "Europe/Berlin", before), Err(Unread::NoSuchTime));
    assert_eq!(
        read_in("Sunday between 1 am and 2:30 am", "Europe/Berlin", before).unwrap(),
        ["Sun 29 01:00 to Sun 29 03:30"]
    );
    // 25 October 2026: from 03:00 back to 02:00. Both are meant.
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let found = read("Sunday at 2:30 am", &zone, "2026-10-23T12:00:00Z".parse().unwrap()).unwrap();
    let times: Vec<_> = found.iter().map(|window| window.from.to_string()).collect();
    assert_eq!(times, ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]);
    let found = read("Sunday from 2:30 am to 4 am", &zone, "2026-10-23T12:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(found[0].from.to_string(), "2026-10-25T00:30:00Z", "from the first of the two");
}

#[test]
fn zones_as_people_name_them() {
    for (said, zone) in [
        ("3 pm Eastern", Some("America/New_York")),
        ("10:00 CET", Some("Europe/Berlin")),
        ("at ten, Europe/Zurich", Some("Europe/Zurich")),
        ("ten London time", Some("Europe/London")),
        ("10 UTC", Some("UTC")),
        ("and/or ten", None),
        ("in the best hour", None),
        ("est-ce que jeudi 15h est possible", None),
        ("I'm at Atlantic Records", None),
        ("3 pm Atlantic time", Some("America/Halifax")),
        ("I'm on EST", Some("America/New_York")),
        ("../../etc/passwd", None),
        ("", None),
    ] {
        assert_eq!(zone_named(said).map(|(name, _)| name).as_deref(), zone, "{said}");
    }
}

#[test]
fn zones_as_they_are_called() {
    for (called, zone) in [
        ("Europe/London", Ok("Europe/London")),
        ("London", Ok("Europe/London")),
        ("CET", Ok("Europe/Berlin")),
        ("EST", Ok("America/New_York")),
        ("est", Ok("America/New_York")),
        ("Pacific time", Ok("America/Los_Angeles")),
        ("US Eastern", Ok("America/New_York")),
        ("Eastern European Time", Ok("Europe/Helsinki")),
        ("New York", Ok("America/New_York")),
        ("Johannesburg", Ok("Africa/Johannesburg")),
        ("lisbon", Ok("Europe/Lisbon")),
        ("UTC", Ok("UTC")),
        ("UTC+2", Ok("Etc/GMT-2")),
        ("GMT -05:00", Ok("Etc/GMT+5")),
        ("UTC+99", Err("")),
        ("UTC+5:30", Ok("Asia/Kolkata")),
        ("GMT +0545", Ok("Asia/Kathmandu")),
        ("UTC+10:00", Ok("Etc/GMT-10")),
        ("UTC+5:20", Err("")),
        ("PT", Ok("America/Los_Angeles")),
        ("IST", Err("IST")),
        ("ast", Err("AST")),
        ("Mars/Olympus", Err("")),
        ("my place", Err("")),
        ("", Err("")),
    ] {
        let found = zone_called(called, None).map(|(name, _)| name);
        assert_eq!(found.as_deref().map_err(|why| why.called()), zone, "{called}");
    }
    let near = zone_called("IST", Some("Asia/Jerusalem")).map(|(name, _)| name);
    assert_eq!(near.as_deref(), Ok("Asia/Jerusalem"));
}

#[test]
fn zones_behind_a_time() {
    for (said, zone) in [
        ("Thursday at 4 pm IST", Err("IST")),
        ("Thursday 16:00 IST", Err("IST")),
        ("4 p.m. (ist)", Err("IST")),
        ("4 pm IST, Mumbai", Ok(Some("Asia/Kolkata"))),
        ("at 4 pm AST", Err("AST")),
        ("9am EST", Ok(Some("America/New_York"))),
        ("9am est", Ok(Some("America/New_York"))),
        ("tomorrow 10:00 est", Ok(Some("America/New_York"))),
        ("jeudi 15h est possible", Ok(None)),
        ("15:00 CET", Ok(Some("Europe/Berlin"))),
        ("10 Uhr MEZ", Ok(Some("Europe/Berlin"))),
        ("tomorrow, noon PT", Ok(Some("America/Los_Angeles"))),
        ("3pm et", Ok(Some("America/New_York"))),
        ("10:00 UTC+2", Ok(Some("Etc/GMT-2"))),
        ("at 3 pm GMT-5", Ok(Some("Etc/GMT+5"))),
        ("at 3 pm GMT -5", Ok(Some("Etc/GMT+5"))),
        ("10:00 UTC - 11:00", Ok(Some("UTC"))),
        ("10:00 UTC+5:30", Ok(Some("Asia/Kolkata"))),
        ("10:00 UTC+5:20", Err("")),
        ("10:00 UTC", Ok(Some("UTC"))),
        ("Thursday at 4 pm, Kolkata time", Ok(Some("Asia/Kolkata"))),
        ("has he some time at noon Mexico City time?", Ok(Some("America/Mexico_City"))),
        ("a full time role, at 3 pm", Ok(None)),
        ("in general time is short", Ok(None)),
        ("um 10 Uhr ist er frei", Ok(None)),
        ("a list of 3 things", Ok(None)),
        ("10 or 11", Ok(None)),
    ] {
        let found = zone_said(said, None).map(|named| named.map(|(name, _)| name));
        let found = found.as_ref().map(Option::as_deref).map_err(|why| why.called());
        assert_eq!(found, zone, "{said}");
    }
    let at_home = zone_said("Thursday at 4 pm IST", Some("Europe/Dublin")).unwrap().map(|(name, _)| name);
    assert_eq!(at_home.as_deref(), Some("Europe/Dublin"));
}

#[test]
fn where_somebody_says_that_they_are() {
    for (said, zone) in [
        ("Lisbon", Some("Europe/Lisbon")),
        ("I'm in Lisbon", Some("Europe/Lisbon")),
        ("I am in Sao Paulo, sorry", Some("America/Sao_Paulo")),
        ("Tel Aviv", Some("Asia/Jerusalem")),
        ("est", Some("America/New_York")),
        ("Johannesburg time", Some("Africa/Johannesburg")),
        ("In general, yes", None),
        ("in the morning", None),
        ("the first one", None),
        ("", None),
    ] {
        assert_eq!(zone_of_place(said).map(|(name, _)| name).as_deref(), zone, "{said}");
    }
    let endless = format!("{}Lisbon", "a,".repeat(2000));
    assert!(zone_of_place(&endless).is_none(), "cities are not looked for for seconds");
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("tuesday".to_owned()),
        Just("next".to_owned()),
        Just("this week".to_owned()),
        Just("or".to_owned()),
        Just("after".to_owned()),
        Just("between".to_owned()),
        Just("and".to_owned()),
        Just("tomorrow".to_owned()),
        Just("the 31st".to_owned()),
        Just("february".to_owned()),
        Just("pm".to_owned()),
        "[0-9]{1,4}[-:.]?[0-9]{0,2}",
        any::<String>(),
    ];
    proptest::collection::vec(word, 0..9).prop_map(|words| words.join(" "))
}

proptest! {
    /// Whatever is said, what is read lies ahead, begins before it ends, and is a day long at most, give or take an hour.
    #[test]
    fn windows_are_sane(
        said in words(),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
        now in 0_i64..4_000_000_000,
    ) {
        let now = Timestamp::from_second(now).unwrap();
        if let Ok(windows) = read(&said, &TimeZone::get(zone).unwrap(), now) {
            prop_assert!(!windows.is_empty() && windows.len() <= MAX_WINDOWS);
            for Window { from, to } in windows {
                prop_assert!(from >= now && from <= to);
                prop_assert!(to.duration_since(from).as_hours() <= 25);
            }
        }
    }
}
