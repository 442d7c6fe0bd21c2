use jiff::tz::TimeZone;
use mail_parser::MessageParser;

use super::*;
use crate::{
    follow_up::{Content, Edited, Links, Meeting, News, State},
    identity::{Email, Phone},
    interaction::Channel,
};

const HOSTILE: &str = "<script>alert(1)</script> \"&' {{ 7 }}";

fn persona() -> Persona {
    serde_json::from_str(include_str!("../../../../infra/local/demo/persona.json")).unwrap()
}

fn at() -> Timestamp {
    "2026-06-01T16:00:00Z".parse().unwrap()
}

fn contact() -> Contact {
    let mut contact = Contact::new("per_1".parse().unwrap(), None, at());
    contact.name = Some("Dana Morgan".to_owned());
    contact.company = Some("Morgan & Search".to_owned());
    contact
}

fn follow_up(content: Content) -> FollowUp {
    let text = r#"{ "id": "fup_1", "person": "per_1", "interaction": "int_1", "state": "approved", "reason": "a test",
        "content": { "kind": "owner_notification", "message": "" }, "plannedAt": "2026-06-01T16:00:00Z",
        "updatedAt": "2026-06-01T16:00:00Z" }"#;
    let plain: FollowUp = serde_json::from_str(text).unwrap();
    FollowUp { content, state: State::Approved, ..plain }
}

fn envelope(first: Option<&FollowUp>) -> Envelope<'_> {
    Envelope {
        from: "twin@twin.example",
        owner: "alex@sample.example",
        public_base_url: "https://twin.example",
        reply_to: "twin+00112233445566778899aabb@reply.example",
        unsubscribe_url: Some("https://twin.example/unsubscribe?token=abc.def"),
        continues: first,
        handoff_url: Some("https://twin.example/chat?session=xyz"),
        booking_url: Some("https://twin.example/book/0123456789abcdef"),
        answers: None,
        decide_url: None,
        document: None,
        zone: TimeZone::get("America/New_York").unwrap(),
        now: at(),
    }
}

/// What nobody decides on for days proposes no time that is over.
#[test]
fn times_that_are_over_are_not_proposed() {
    let later = Envelope { now: "2026-06-04T00:00:00Z".parse().unwrap(), ..envelope(None) };
    let letter = letter(&follow_up(summary("A role.")), &persona(), &contact(), &later).unwrap();
    assert!(letter.text.contains("4 June") && !letter.text.contains("3 June"), "{}", letter.text);
}

/// On the clock of whoever reads it.
#[test]
fn a_reminder_names_the_owners_time() {
    let due_at = Some("2026-06-02T22:30:00Z".parse().unwrap());
    let reminder = follow_up(Content::TaskReminder { title: "Call them back".to_owned(), due_at });
    let berlin = Envelope { zone: TimeZone::get("Europe/Berlin").unwrap(), ..envelope(None) };
    let letter = letter(&reminder, &persona(), &contact(), &berlin).unwrap();
    assert!(letter.text.contains("Wednesday, 3 June, 00:30 (Berlin time)"), "{}", letter.text);
}

fn to() -> Email {
    Email::parse("dana@search.example").unwrap()
}

fn summary(quote: &str) -> Content {
    Content::SummaryEmail {
        to: to(),
        channel: Channel::Phone,
        quote: Some(quote.to_owned()),
        questions: vec!["What did you build in Rust?".to_owned()],
        sources: vec!["Resume, Work".to_owned(), "Note “Services”".to_owned()],
        meeting: Some(Meeting {
            topic: "A staff role".to_owned(),
            preferred_times: vec!["Tuesday after three".to_owned()],
            duration_minutes: 30,
        }),
        slots: vec!["2026-06-03T13:00:00Z".parse().unwrap(), "2026-06-04T19:30:00Z".parse().unwrap()],
        handoff: Some("hof_1".parse().unwrap()),
        links: Links {
            resume: Some("https://alex.example/resume.pdf".to_owned()),
            linkedin: Some("https://www.linkedin.com/in/alex-sample".to_owned()),
            booking: Some("https://twin.example/book".to_owned()),
        },
        note: Some("I look forward to it.\nAlex".to_owned()),
        rehearsed: None,
        copy: false,
    }
}

fn proposal() -> FollowUp {
    let sample = crate::proposal::samples::Sample::call();
    let ground = sample.ground();
    let proposal = Box::new(ground.proposal(ground.worded().unwrap()).unwrap());
    let document = proposal.document().unwrap().hash();
    follow_up(Content::Proposal { to: to(), proposal, document })
}

/// Whoever gets nothing but a link is not told of notes that there are none of.
#[test]
fn a_mail_without_notes_names_none() {
    let mut content = summary("A role.");
    assert!(said(&content).contains("; this is what I noted."));
    let Content::SummaryEmail { quote, questions, meeting, .. } = &mut content else { panic!("{content:?}") };
    (*quote, *meeting) = (None, None);
    questions.clear();
    assert!(said(&content).contains("I am the AI assistant of Alex Sample.\n"), "{}", said(&content));
}

fn said(content: &Content) -> String {
    letter(&follow_up(content.clone()), &persona(), &contact(), &envelope(None)).unwrap().text
}

/// Nobody is called by a title or an initial.
#[test]
fn people_are_called_by_their_names() {
    for (name, greeting) in [
        ("Dana Morgan", "Hi Dana,"),
        ("Dr. Dana Morgan", "Hi Dr. Dana Morgan,"),
        ("Prof Morgan", "Hi Prof Morgan,"),
        ("D. Morgan", "Hi D. Morgan,"),
        ("D Morgan", "Hi D Morgan,"),
        ("Dana", "Hi Dana,"),
    ] {
        let named = Contact { name: Some(name.to_owned()), ..contact() };
        let missed = follow_up(Content::MissedCallEmail { to: to() });
        let letter = letter(&missed, &persona(), &named, &envelope(None)).unwrap();
        assert!(letter.text.starts_with(greeting), "{}", letter.text);
    }
}

/// A nudge names the day on which the first mail left, which may have waited for the owner's word.
#[test]
fn a_nudge_names_the_day_of_the_mail() {
    let left = FollowUp {
        settled_at: Some("2026-06-03T16:00:00Z".parse().unwrap()),
        ..follow_up(summary("A role."))
    };
    let (_, nudge) = all().remove(3);
    let letter = letter(&nudge, &persona(), &contact(), &envelope(Some(&left))).unwrap();
    assert!(letter.text.contains("I wrote to you on 3 June 2026 about “A staff role”"), "{}", letter.text);
}

/// A résumé that this serves is named by its whole address.
#[test]
fn our_own_resume_is_linked() {
    let mut content = summary("We look for a staff engineer.");
    let Content::SummaryEmail { links, .. } = &mut content else { panic!("{content:?}") };
    links.resume = Some("/resume.pdf".to_owned());
    let mail = compose(&follow_up(content), &persona(), &contact(), &envelope(None)).unwrap();
    let message = MessageParser::default().parse(&mail.mime).unwrap();
    let text = message.body_text(0).unwrap();
    assert!(text.contains("\nhttps://twin.example/resume.pdf"), "{text}");
}

/// What was approved is what is attached, whatever the mail around it says.
#[test]
fn a_proposal_is_attached() {
    let edited = Edited { subject: "As we said".to_owned(), body: "Dear Dana,\n\nhere it is.".to_owned() };
    for one in [proposal(), FollowUp { edited: Some(edited), ..proposal() }] {
        let Content::Proposal { proposal, .. } = &one.content else { panic!("{one:?}") };
        let mail = compose(&one, &persona(), &contact(), &envelope(None)).unwrap();
        let message = MessageParser::default().parse(&mail.mime).unwrap();
        let attached: Vec<_> = message.attachments().collect();
        assert_eq!(attached.len(), 1);
        assert_eq!(attached[0].contents(), proposal.document().unwrap().bytes);
        assert_eq!(mail_parser::MimeHeaders::attachment_name(attached[0]), Some("proposal-2026-06-01.pdf"));
        assert!(message.body_text(0).is_some() && message.body_html(0).is_some());
    }
}

fn booking() -> crate::scheduling::Booking {
    let text = r#"{ "id": "bkg_1", "person": "per_1", "meeting": { "id": "intro", "title": "Introduction", "minutes": 30,
        "place": "https://meet.example/alex" }, "start": "2026-06-03T13:00:00Z", "end": "2026-06-03T13:30:00Z",
        "clearUntil": "2026-06-03T13:45:00Z", "day": "2026-06-03", "place": 0, "topic": "A staff role",
        "guest": { "name": "Dana Morgan", "email": "dana@search.example", "timeZone": "Europe/London" },
        "standing": { "state": "booked" }, "sequence": 0, "createdAt": "2026-06-01T16:00:00Z",
        "updatedAt": "2026-06-01T16:00:00Z", "version": 1 }"#;
    serde_json::from_str(text).unwrap()
}

/// On the owner's clock, with what their calendar takes in, and where they decide.
#[test]
fn the_owner_is_told_of_a_meeting() {
    let mut booking = booking();
    let told = |booking: &crate::scheduling::Booking, decide_url| {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let one = follow_up(Content::MeetingNotification { booking: Box::new(booking.clone()) });
        let envelope = Envelope { decide_url, zone: berlin, ..envelope(None) };
        let mail = compose(&one, &persona(), &contact(), &envelope).unwrap();
        let message = MessageParser::default().parse(&mail.mime).unwrap();
        let event = message.attachments().next().unwrap().text_contents().unwrap().to_owned();
        (mail.subject, message.body_text(0).unwrap().into_owned(), event)
    };
    let (subject, text, event) = told(&booking, Some("https://twin.example/decide?token=abc"));
    assert_eq!(subject, "Booked: Introduction with Dana Morgan, Wed 3 Jun 15:00");
    assert!(text.contains("waits for your word") && text.contains("decide?token=abc"), "{text}");
    assert!(
        event.contains("METHOD:PUBLISH") && event.contains("SUMMARY:Introduction: Dana Morgan"),
        "{event}"
    );
    booking.sequence = 1;
    booking.standing = crate::scheduling::Standing::Cancelled { by: crate::scheduling::Party::Guest };
    let (subject, text, event) = told(&booking, None);
    assert!(
        subject.starts_with("Cancelled: Introduction") && !text.contains("your word"),
        "{subject} {text}"
    );
    assert!(event.contains("STATUS:CANCELLED") && event.contains("SEQUENCE:1"), "{event}");
}

fn all() -> Vec<(&'static str, FollowUp)> {
    let links = Links { booking: Some("https://twin.example/book".to_owned()), ..Links::default() };
    let nudge = Content::Nudge {
        to: to(),
        about: "fup_0".parse().unwrap(),
        topic: Some("A staff role".to_owned()),
        links,
    };
    let suggestion = Content::LinkedinSuggestion { profile: None, note: "Hello Dana, thank you.".to_owned() };
    let edited = Edited {
        subject: "About the role".to_owned(),
        body: "Dear Dana,\n\nMonday it is.\nAt ten.".to_owned(),
    };
    vec![
        ("summary", follow_up(summary("I have a staff role in payments."))),
        ("in the owner's words", FollowUp { edited: Some(edited), ..follow_up(summary("A role.")) }),
        ("missed call", follow_up(Content::MissedCallEmail { to: to() })),
        ("nudge", follow_up(nudge)),
        ("linkedin", follow_up(suggestion)),
        ("notification", follow_up(Content::news(News::Message, "Please read our paper.".to_owned()))),
        ("proposal", proposal()),
        ("call given up", follow_up(Content::news(News::Unreached, "I could not reach them.".to_owned()))),
        ("meeting", follow_up(Content::MeetingNotification { booking: Box::new(booking()) })),
        ("invitation", follow_up(Content::Invitation { to: to(), booking: Box::new(booking()) })),
    ]
}

#[test]
fn what_mails_say() {
    let first = follow_up(summary("A role."));
    let mut text = String::new();
    for (name, one) in all() {
        let letter = letter(&one, &persona(), &contact(), &envelope(Some(&first))).unwrap();
        text.push_str(&format!("=== {name}: {} → {}\n{}\n\n", letter.subject, letter.to, letter.text));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_mails_look_like() {
    for (name, one) in all() {
        let letter = letter(&one, &persona(), &contact(), &envelope(None)).unwrap();
        if let Some(html) = letter.html {
            insta::assert_snapshot!(format!("html_{}", name.replace([' ', '\''], "_")), html);
        }
    }
}

/// What people say never becomes markup, a header or a template.
#[test]
fn nothing_that_was_said_gets_out_of_its_place() {
    let mut hostile = follow_up(summary(HOSTILE));
    if let Content::SummaryEmail { questions, note, meeting, .. } = &mut hostile.content {
        *questions = vec![HOSTILE.to_owned()];
        *note = Some(HOSTILE.to_owned());
        if let Some(meeting) = meeting {
            meeting.topic = "A role\r\nBcc: eve@evil.example".to_owned();
        }
    }
    let mut contact = contact();
    contact.name = Some("<b>Dana</b>".to_owned());
    let mail = compose(&hostile, &persona(), &contact, &envelope(None)).unwrap();
    let message = MessageParser::default().parse(&mail.mime).unwrap();
    assert!(message.bcc().is_none() && message.to().unwrap().iter().count() == 1);
    let html = message.body_html(0).unwrap();
    assert!(!html.contains("<script") && !html.contains("<b>Dana"), "{html}");
    assert!(html.contains("{{ 7 }}"), "a template is text");
}

#[test]
fn what_surrounds_a_mail() {
    let first = FollowUp { provider_id: Some("0100abc".to_owned()), ..follow_up(summary("A role.")) };
    let (_, nudge) = all().remove(3);
    let mail = compose(&nudge, &persona(), &contact(), &envelope(Some(&first))).unwrap();
    let message = MessageParser::default().parse(&mail.mime).unwrap();
    let header =
        |name: &str| message.header_raw(name).map(|value| value.split_whitespace().collect::<String>());
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("AI assistant of Alex Sample"));
    let reply_to = message.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.address(), Some("twin+00112233445566778899aabb@reply.example"));
    assert_eq!(
        header("List-Unsubscribe").as_deref(),
        Some("<https://twin.example/unsubscribe?token=abc.def>")
    );
    assert_eq!(header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert_eq!(header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header("X-SES-MESSAGE-TAGS").as_deref(), Some("follow-up=fup_1,person=per_1"));
    assert!(header("In-Reply-To").unwrap().contains("0100abc@email.amazonses.com"));
    assert!(header("References").unwrap().contains("fup_1@twin.example"));
    assert!(message.subject().unwrap().starts_with("Re: Thank you for your call to Alex Sample"));
    assert!(message.body_text(0).is_some() && message.body_html(0).is_some());
}

#[test]
fn a_text_says_who_writes_and_how_to_end_it() {
    let to = Phone::parse("+12125550100").unwrap();
    let handoff = "hof_1".parse().unwrap();
    let link = "https://twin.example/chat?session=0123456789abcdef0123456789a";
    let code = Content::HandoffText { to: to.clone(), handoff: "hof_2".parse().unwrap(), code: true };
    let told =
        text_message(&follow_up(code), &persona(), "https://twin.example", Some("421 337 008")).unwrap();
    let told = told.unwrap();
    assert!(told.contains("421 337 008 (works once, for 10 minutes)") && !told.contains("http"), "{told}");
    assert!(told.ends_with("Reply STOP and you get no more of these."), "{told}");
    for content in
        [Content::MissedCallText { to: to.clone() }, Content::HandoffText { to, handoff, code: false }]
    {
        let mut one = follow_up(content);
        let is_link = matches!(one.content, Content::HandoffText { .. });
        let text = text_message(&one, &persona(), "https://twin.example", Some(link)).unwrap().unwrap();
        assert!(text.contains("his is the AI assistant of Alex Sample."), "{text}");
        assert!(text.ends_with("Reply STOP and you get no more of these."), "{text}");
        assert_eq!(text.contains(link), is_link, "{text}");
        // Two parts at the most.
        assert!(text.chars().count() <= 306, "{}", text.chars().count());
        one.edited = Some(Edited { subject: String::new(), body: "Here it is.".to_owned() });
        let text = text_message(&one, &persona(), "https://twin.example", Some(link)).unwrap().unwrap();
        assert!(text.starts_with("Here it is.") && text.contains(link) == is_link, "{text}");
        let shown = text_message(&one, &persona(), "https://twin.example", None).unwrap().unwrap();
        assert!(!shown.contains("session="), "{shown}");
    }
}

/// As text and as HTML, to whoever rehearsed.
#[test]
fn a_mail_says_how_a_rehearsal_went() {
    let mut content = summary("I want to rehearse.");
    let Content::SummaryEmail { rehearsed, meeting, .. } = &mut content else { panic!("{content:?}") };
    *meeting = None;
    *rehearsed = Some(Box::new(crate::talk::feedback::Feedback {
        answers: 1,
        pace: None,
        fillers: 6,
        favourite: Some("like".to_owned()),
        structured: 0,
        made: 1,
        points: 3,
        advice: vec!["6 of 100 words were fillers, most often “like”. A pause says more.".to_owned()],
    }));
    let mail = compose(&follow_up(content), &persona(), &contact(), &envelope(None)).unwrap();
    assert_eq!(mail.subject, "How your rehearsal with the AI assistant of Alex Sample went");
    let message = MessageParser::default().parse(&mail.mime).unwrap();
    for body in [message.body_text(0).unwrap(), message.body_html(0).unwrap()] {
        for told in ["1 answer", "1 of 3 strong points made", "most often “like”"] {
            assert!(body.contains(told), "{told}: {body}");
        }
    }
}
