//! Conversations of all kinds, by what tells them apart.

use super::*;
use crate::interaction::Wish;

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    use RelationshipKind::{Client, Colleague, Mentor, PotentialClient, Recruiter};
    let plain = Case::default;
    let recruiter = || Case {
        relationship: Recruiter,
        intent: Intent::JobOpportunity,
        said: Some("I have a staff role in payments."),
        topics: vec!["A staff role"],
        ..plain()
    };
    let peer = || Case {
        relationship: Colleague,
        intent: Intent::Networking,
        said: Some("We met at a conference and I would like to stay in touch."),
        topics: vec!["storage engines"],
        ..plain()
    };
    let client = || Case {
        relationship: PotentialClient,
        intent: Intent::Consultation,
        said: Some("We need help with a ledger."),
        ..plain()
    };
    let missed = || Case { said: None, outcome: Outcome::HungUp, ..plain() };
    let night = "2026-06-02T03:40:00Z";
    let typed = |case: Case| Case { channel: Channel::Chat, level: Assurance::Anonymous, ..case };
    vec![
        ("a recruiter", recruiter()),
        ("a recruiter at 23:40", Case { at: night, ..recruiter() }),
        (
            "a recruiter who proposes a time at 23:40",
            Case { at: night, actions: vec![meeting(&["Tuesday after three", "Friday"])], ..recruiter() },
        ),
        (
            "a recruiter who asks and wants a link",
            Case { actions: vec![asked("What did you build in Rust?"), link()], ..recruiter() },
        ),
        ("a recruiter without an address", Case { email: None, ..recruiter() }),
        ("a recruiter whose address was not read back", Case { confirmed: false, ..recruiter() }),
        ("a recruiter in the chat", typed(recruiter())),
        (
            "a recruiter in the chat who is signed in",
            Case { channel: Channel::Chat, level: Assurance::SignedIn, ..recruiter() },
        ),
        (
            "a recruiter, and the owner wants to see each",
            Case { policy: FollowUpPolicy::ApproveAll, ..recruiter() },
        ),
        ("networking", peer()),
        ("networking by voice", Case { channel: Channel::Voice, ..peer() }),
        ("networking with an address and a link", Case { actions: vec![link()], ..peer() }),
        ("networking without a name", Case { name: None, ..peer() }),
        (
            "networking about something very long",
            Case {
                topics: vec![
                    "everything that has ever been written about storage engines, write-ahead logs, compaction, \
                 and why none of it helps on a Friday evening when the disk is full",
                ],
                ..peer()
            },
        ),
        ("a mentor", Case { relationship: Mentor, topics: vec![], ..peer() }),
        ("a consultation", client()),
        ("a consultation, with a rate card", Case { proposal: Some(drafted()), ..client() }),
        (
            "a consultation, with a rate card and no address",
            Case { proposal: Some(drafted()), email: None, ..client() },
        ),
        (
            "a client who proposes a meeting",
            Case { relationship: Client, actions: vec![meeting(&[])], ..client() },
        ),
        (
            "a technical question on the phone",
            Case {
                intent: Intent::TechnicalQuestion,
                actions: vec![asked("How does your ledger settle?"), asked("On which storage?")],
                ..plain()
            },
        ),
        (
            "the same in the chat",
            Case {
                intent: Intent::TechnicalQuestion,
                actions: vec![asked("How does your ledger settle?")],
                ..typed(plain())
            },
        ),
        ("a message", Case { intent: Intent::MessageForOwner, actions: vec![message()], ..plain() }),
        (
            "a call back",
            Case {
                intent: Intent::CallbackRequest,
                actions: vec![Action::CallbackRequested {
                    phone: Phone::parse(NEW_YORK).unwrap(),
                    when: Some("tomorrow morning".to_owned()),
                    at: None,
                }],
                email: None,
                ..plain()
            },
        ),
        ("they do not want to hear from us", Case { actions: vec![Action::ContactStopped], ..plain() }),
        (
            "they want their data erased",
            Case {
                actions: vec![Action::PrivacyRequested { wish: Wish::Erasure, by_itself: false, to: None }],
                ..plain()
            },
        ),
        ("a missed call of somebody with an address", missed()),
        ("a missed call at 23:40", Case { at: night, email: None, ..missed() }),
        (
            "a missed call with a voicemail",
            Case { outcome: Outcome::Voicemail, actions: vec![voicemail()], email: None, ..missed() },
        ),
        ("a missed call of a withheld number", Case { email: None, phone: None, ..missed() }),
        ("nobody answered, because spam was not taken", Case { outcome: Outcome::Screened, ..missed() }),
        ("the owner took the call over", Case { outcome: Outcome::Transferred, ..missed() }),
        ("small talk", Case { intent: Intent::SmallTalk, said: Some("Just saying hello."), ..plain() }),
        ("spam", Case { intent: Intent::Spam, said: Some("You have won a prize."), email: None, ..plain() }),
    ]
}
