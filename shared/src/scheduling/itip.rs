//! What a guest's calendar answers to an invitation: iTIP (RFC 5546), as mail brings it (RFC 6047). Pure.

use calcard::icalendar::{
    ICalendarComponent, ICalendarComponentType as Type, ICalendarEntry, ICalendarMethod as Method,
    ICalendarParameterName as Parameter, ICalendarParameterValue, ICalendarParticipationStatus as Status,
    ICalendarProperty as Name, ICalendarValue as Value,
};
use jiff::Timestamp;

use super::{
    booking::Says,
    outside::ical::{parsed, times},
};
use crate::identity::{Email, is_invisible};

/// Bytes of what is written beside an answer.
const MAX_COMMENT: usize = 1000;

/// One message of the guest's calendar, about one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// As the invitation calls the meeting.
    pub uid: String,
    /// Of the invitation that it answers to: one that was outdated by another has a lower one.
    pub sequence: u32,
    /// When it was said, if it tells.
    pub at: Option<Timestamp>,
    pub says: Says,
    /// What they write beside it, in one line.
    pub comment: Option<String>,
}

/// Reads a message of this guest's calendar. `None`: it is none, is another's, or does not say whether they come.
pub fn read(text: &str, guest: &Email) -> Option<Message> {
    let calendar = parsed(text).ok()?.into_iter().next()?;
    let event = calendar.components.iter().find(|one| one.component_type == Type::VEvent)?;
    let method = calendar.components.iter().find_map(|one| one.property(&Name::Method))?;
    let Some(Value::Method(method)) = method.values.first() else { return None };
    let attendee = named(event, &Name::Attendee, guest);
    let (span, at) = times(&calendar, event);
    let says = match method {
        Method::Reply => standing(attendee?)?,
        Method::Counter => {
            attendee?;
            let (start, end) = span.filter(|(start, end)| start < end)?;
            Says::Counter { start, end }
        }
        // Only who organizes a meeting can cancel it; a guest who does will not come.
        Method::Cancel => {
            attendee.or_else(|| named(event, &Name::Organizer, guest))?;
            Says::Declined
        }
        _ => return None,
    };
    let sequence = event.property(&Name::Sequence).and_then(|entry| entry.values.first()?.as_integer());
    let sequence = sequence.and_then(|sequence| u32::try_from(sequence).ok()).unwrap_or(0);
    Some(Message { uid: event.uid()?.to_owned(), sequence, at, says, comment: comment(event) })
}

fn comment(event: &ICalendarComponent) -> Option<String> {
    let parts =
        event.properties(&Name::Comment).flat_map(|entry| entry.values.iter().filter_map(Value::as_text));
    let text = parts.collect::<Vec<_>>().join(", ").replace(|c: char| c.is_control() || is_invisible(c), " ");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.floor_char_boundary(MAX_COMMENT);
    let more = if end < line.len() { " …" } else { "" };
    (!line.is_empty()).then(|| format!("{}{more}", &line[..end]))
}

fn named<'a>(event: &'a ICalendarComponent, role: &Name, guest: &Email) -> Option<&'a ICalendarEntry> {
    event.entries.iter().filter(|entry| entry.name == *role).find(|entry| {
        entry.calendar_address().is_some_and(|address| address.eq_ignore_ascii_case(guest.address()))
    })
}

fn standing(attendee: &ICalendarEntry) -> Option<Says> {
    match attendee.parameter(&Parameter::Partstat)? {
        ICalendarParameterValue::Partstat(Status::Accepted) => Some(Says::Accepted),
        ICalendarParameterValue::Partstat(Status::Declined) => Some(Says::Declined),
        ICalendarParameterValue::Partstat(Status::Tentative) => Some(Says::Tentative),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &str = "dana@northgate.example";

    fn message(method: &str, lines: &str) -> String {
        let head = "BEGIN:VCALENDAR\r\nPRODID:-//A calendar//EN\r\nVERSION:2.0\r\n";
        let event = "BEGIN:VEVENT\r\nUID:bkg_1@omnitwin.example\r\nDTSTAMP:20261201T120000Z\r\n";
        format!("{head}METHOD:{method}\r\n{event}{lines}END:VEVENT\r\nEND:VCALENDAR\r\n")
    }

    fn read(text: &str) -> Option<Message> {
        super::read(text, &Email::parse(GUEST).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn whether_they_come() {
        for (status, says) in
            [("ACCEPTED", Says::Accepted), ("DECLINED", Says::Declined), ("TENTATIVE", Says::Tentative)]
        {
            let attendee = format!(
                "ATTENDEE;CN=Dana Lee;PARTSTAT={status}:mailto:Dana@Northgate.example\r\nSEQUENCE:2\r\n"
            );
            let told = read(&message("REPLY", &attendee)).unwrap();
            let expected = Message {
                uid: "bkg_1@omnitwin.example".to_owned(),
                sequence: 2,
                at: Some(at("2026-12-01T12:00:00Z")),
                says,
                comment: None,
            };
            assert_eq!(told, expected);
        }
        let cancelled =
            "ORGANIZER:mailto:dana@northgate.example\r\nATTENDEE:mailto:alex@omnitwin.example\r\n";
        let told = read(&message("CANCEL", cancelled)).unwrap();
        assert_eq!((told.says, told.sequence), (Says::Declined, 0));
    }

    #[test]
    fn what_they_write_beside_it_is_a_line() {
        let theirs = format!("ATTENDEE;PARTSTAT=ACCEPTED:mailto:{GUEST}\r\n");
        let beside = |comment: &str| {
            read(&message("REPLY", &format!("{theirs}COMMENT;LANGUAGE=en:{comment}\r\n"))).unwrap().comment
        };
        assert_eq!(
            beside("Fine\\, and\\n\u{202E}who else comes?").as_deref(),
            Some("Fine, and who else comes?")
        );
        assert_eq!(beside("\\n"), None, "as Outlook has it where nothing was written");
        let long = beside(&"é".repeat(MAX_COMMENT)).unwrap();
        assert!(long.ends_with(" …") && long.len() < MAX_COMMENT + 10, "{}", long.len());
    }

    #[test]
    fn another_time_is_read_on_the_clock_that_it_names() {
        let attendee = format!("ATTENDEE:mailto:{GUEST}\r\nORGANIZER:mailto:twin@omnitwin.example\r\n");
        let says = Says::Counter { start: at("2026-12-09T15:00:00Z"), end: at("2026-12-09T15:30:00Z") };
        for time in [
            "DTSTART:20261209T150000Z\r\nDTEND:20261209T153000Z\r\n",
            "DTSTART;TZID=Europe/Berlin:20261209T160000\r\nDURATION:PT30M\r\n",
            "DTSTART;TZID=Eastern Standard Time:20261209T100000\r\nDTEND;TZID=Eastern Standard Time:20261209T103000\r\n",
        ] {
            let told = read(&message("COUNTER", &format!("{attendee}{time}"))).unwrap();
            assert_eq!(told.says, says, "{time}");
        }
        assert_eq!(read(&message("COUNTER", &attendee)), None, "no time");
        let backwards = "DTSTART:20261209T150000Z\r\nDTEND:20261209T143000Z\r\n";
        assert_eq!(read(&message("COUNTER", &format!("{attendee}{backwards}"))), None);
        let endless = "DTSTART;VALUE=DATE:20261209\r\nDURATION:P999999999D\r\n";
        let told = read(&message("COUNTER", &format!("{attendee}{endless}"))).unwrap();
        assert_eq!(told.says, Says::Counter { start: at("2026-12-09T00:00:00Z"), end: Timestamp::MAX });
    }

    #[test]
    fn what_says_nothing_of_it_is_none() {
        let theirs = format!("ATTENDEE;PARTSTAT=ACCEPTED:mailto:{GUEST}\r\n");
        let anothers = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@evil.example\r\n";
        for text in [
            String::new(),
            "BEGIN:VCALENDAR\r\n".to_owned(),
            message("REPLY", anothers),
            message("REPLY", &theirs.replace("ACCEPTED", "DELEGATED")),
            message("REPLY", &theirs.replace(";PARTSTAT=ACCEPTED", "")),
            message("REQUEST", &theirs),
            message("PUBLISH", &theirs),
            message("REPLY", &theirs).replace("METHOD:REPLY\r\n", ""),
            message("REPLY", &theirs).replace("UID:bkg_1@omnitwin.example\r\n", ""),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
    }
}
