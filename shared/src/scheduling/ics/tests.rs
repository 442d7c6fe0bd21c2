use proptest::prelude::*;

use super::*;
use crate::scheduling::{CalendarSettings, Guest, Party, Slot};

const ALEX: Organizer<'static> = Organizer { name: "Alex Sample", email: "alex@omnitwin.example" };

fn booking(topic: &str, name: &str) -> Booking {
    let settings = CalendarSettings::default();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let slot = Slot { start: at("2026-12-08T09:00:00Z"), end: at("2026-12-08T09:30:00Z") };
    let guest = Guest {
        name: Some(name.to_owned()),
        email: crate::identity::Email::parse("dana@northgate.example").ok(),
        phone: None,
        time_zone: "Europe/London".to_owned(),
    };
    let (id, person) = ("bkg_1".parse().unwrap(), "per_1".parse().unwrap());
    let now = at("2026-12-01T10:00:00Z");
    let mut booking = Booking::new(id, person, &settings, &settings.meetings[0], slot, guest, now);
    booking.topic = Some(topic.to_owned());
    booking.meeting.place = Some("I call you, at +1; any time".to_owned());
    booking
}

#[test]
fn an_invitation_its_update_and_its_end() {
    let booked = booking("A role, and what it is like;\nall of it", "Dana \"D\" Lee; Northgate");
    insta::assert_snapshot!(
        "invitation",
        invitation(&booked, ALEX, None, Some("https://twin.example/book/s3cret"))
    );
    let settings = CalendarSettings::default();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let slot = Slot { start: at("2026-12-09T15:00:00Z"), end: at("2026-12-09T15:30:00Z") };
    let moved = booked.moved_to(&settings, slot, at("2026-12-01T11:00:00Z"));
    let cancelled = moved.cancelled(Party::Guest, at("2026-12-01T12:00:00Z"));
    insta::assert_snapshot!("cancellation", invitation(&cancelled, ALEX, None, None));
    insta::assert_snapshot!("feed", feed(&[moved, cancelled], ALEX));
}

/// Where answers are received, all that is sent of a meeting names the same organizer, and the same meeting.
#[test]
fn answers_go_to_an_address_of_their_own() {
    let booked = booking("A role", "Dana Lee");
    let cancelled = booked.cancelled(Party::Guest, "2026-12-01T12:00:00Z".parse().unwrap());
    let answers = Some("twin+00112233445566778899aabb@reply.example");
    for text in [invitation(&booked, ALEX, answers, None), invitation(&cancelled, ALEX, answers, None)] {
        let text = text.replace("\r\n ", "");
        assert!(text.contains("mailto:twin+00112233445566778899aabb@reply.example\r\n"), "{text}");
        assert!(text.contains("UID:bkg_1@omnitwin.example\r\n"), "{text}");
    }
    assert!(names(&uid(&booked, ALEX), &booked) && !names("bkg_2@omnitwin.example", &booked));
}

proptest! {
    /// Whatever a guest writes stays in its property: no line begins with it, and lines are folded.
    #[test]
    fn text_stays_in_its_place(topic in any::<String>(), name in any::<String>()) {
        let text = invitation(&booking(&topic, &name), ALEX, None, None);
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        let known = [
            "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED",
            "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "LOCATION", "STATUS", "TRANSP", "ORGANIZER", "ATTENDEE",
            "DESCRIPTION",
        ];
        let unfolded = text.replace("\r\n ", "");
        for line in unfolded.trim_end().split("\r\n") {
            let property = line.split([':', ';']).next().unwrap_or_default();
            prop_assert!(known.contains(&property), "{:?}", line);
            prop_assert!(!line.contains(['\r', '\n']));
        }
        // The crate counts the space of a folded line apart.
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 76));
        prop_assert_eq!(unfolded.matches("BEGIN:VEVENT\r\n").count(), 1);
    }
}
