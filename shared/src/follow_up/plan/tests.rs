mod cases;

use proptest::prelude::*;

use self::cases::cases;
use super::{
    owner::{MAX_LINKEDIN_NOTE, MAX_TEXTED_NAME, is_plain},
    texts::A_MESSAGE,
    *,
};
use crate::{
    contact::RelationshipKind,
    follow_up::News,
    identity::{Assurance, Email, Phone},
    interaction::{Importance, Intent, Measured, Outcome, Status},
    persona::FollowUpPolicy,
    routing::CHALLENGED_FROM,
    screening::{Reason, Screening},
    talk::{AGAIN_WITHIN, feedback::Feedback},
};

const NEW_YORK: &str = "+12125550100";

fn persona(policy: FollowUpPolicy) -> Persona {
    let mut persona: Persona =
        serde_json::from_str(include_str!("../../../../infra/local/demo/persona.json")).unwrap();
    persona.follow_up_policy = policy;
    persona
}

fn settings() -> FollowUpSettings {
    serde_json::from_str(
        r#"{ "timeZone": "Europe/Berlin", "links": {
            "resume": "https://alex.example/resume.pdf",
            "linkedin": "https://www.linkedin.com/in/alex-sample",
            "booking": "https://twin.example/book"
        } }"#,
    )
    .unwrap()
}

/// A conversation in a few words.
#[derive(Clone)]
struct Case {
    channel: Channel,
    route: RouteKind,
    level: Assurance,
    relationship: RelationshipKind,
    intent: Intent,
    importance: Importance,
    outcome: Outcome,
    said: Option<&'static str>,
    topics: Vec<&'static str>,
    actions: Vec<Action>,
    name: Option<&'static str>,
    email: Option<&'static str>,
    confirmed: bool,
    phone: Option<&'static str>,
    policy: FollowUpPolicy,
    proposal: Option<Drafted>,
    rehearsed: Option<Feedback>,
    by_owner: bool,
    /// The twin called them.
    placed: bool,
    at: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            channel: Channel::Phone,
            route: RouteKind::Unknown,
            level: Assurance::Claimed,
            relationship: RelationshipKind::Unknown,
            intent: Intent::Unknown,
            importance: Importance::Medium,
            outcome: Outcome::Completed,
            said: Some("I have a question about your work."),
            topics: vec![],
            actions: vec![],
            name: Some("Dana Morgan"),
            email: Some("dana@search.example"),
            confirmed: true,
            phone: Some(NEW_YORK),
            policy: FollowUpPolicy::AutomaticToConfirmed,
            proposal: None,
            rehearsed: None,
            by_owner: false,
            placed: false,
            // Noon in New York.
            at: "2026-06-01T16:00:00Z",
        }
    }
}

const REQUIRED: [Intent; 5] = [
    Intent::JobOpportunity,
    Intent::Consultation,
    Intent::MeetingRequest,
    Intent::InterviewScheduling,
    Intent::CallbackRequest,
];

impl Case {
    fn plan(&self, settings: &FollowUpSettings, slots: &[Timestamp]) -> Plan {
        let now: Timestamp = self.at.parse().unwrap();
        let interaction = Interaction {
            id: "int_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            channel: self.channel,
            call_sid: None,
            host: None,
            dial: self.placed.then(|| "dia_1".parse().unwrap()),
            route: self.route,
            level: self.level,
            status: Status::Closed,
            started_at: now,
            ended_at: Some(now),
            outcome: Some(self.outcome),
            analysis: None,
            measured: Some(Measured { rehearsed: self.rehearsed.clone(), ..Measured::default() }),
            words_read: 0,
            came_later: 0,
        };
        let phone = self.phone.map(|number| Phone::parse(number).unwrap());
        let mut contact = Contact::new(interaction.person.clone(), phone, now);
        contact.name = self.name.map(ToOwned::to_owned);
        contact.contact_methods.email = self.email.map(|email| Email::parse(email).unwrap());
        contact.contact_methods.email_confirmed = self.confirmed;
        let asked = |action: &Action| {
            matches!(action, Action::MeetingProposed { .. } | Action::HandoffRequested { text_to: None, .. })
        };
        let analysis = Analysis {
            quote: self.said.map(ToOwned::to_owned),
            topics: self.topics.iter().map(|topic| (*topic).to_owned()).collect(),
            intent: self.intent,
            importance: self.importance,
            relationship: self.relationship,
            follow_up_required: REQUIRED.contains(&self.intent) || self.actions.iter().any(asked),
            ..Analysis::default()
        };
        let basis = Basis {
            persona: &persona(self.policy),
            settings,
            contact: &contact,
            interaction: &interaction,
            actions: &self.actions,
            analysis: &analysis,
            slots,
            proposal: self.proposal.as_ref(),
            unerased: None,
            by_owner: self.by_owner,
        };
        plan(&basis, now)
    }
}

fn meeting(times: &[&str]) -> Action {
    Action::MeetingProposed {
        topic: "A staff role".to_owned(),
        preferred_times: times.iter().map(|time| (*time).to_owned()).collect(),
        duration_minutes: 30,
    }
}

fn asked(question: &str) -> Action {
    Action::QuestionAnswered { question: question.to_owned(), sources: vec!["Resume, Work".to_owned()] }
}

fn link() -> Action {
    Action::HandoffRequested { channel: Channel::Chat, text_to: None, as_code: false }
}

fn message() -> Action {
    Action::MessageTaken { message: "Please read our paper.".to_owned() }
}

fn voicemail() -> Action {
    Action::VoicemailLeft { recording_url: "https://api.twilio.com/r/1".to_owned(), seconds: 9 }
}

/// What a follow-up is, in a line and what is in it.
fn line(one: &FollowUp) -> String {
    let due = one.due_at.map_or_else(|| "at once".to_owned(), |at| at.to_string());
    let said = one.quote.as_ref().map(|quote| format!(" “{quote}”")).unwrap_or_default();
    let content = serde_json::to_string(&one.content).unwrap();
    format!("  {} {}, {due}: {}{said}\n    {content}\n", one.id, one.state.words(), one.reason)
}

fn written(plan: &Plan) -> String {
    let mut text: String = plan.follow_ups.iter().map(line).collect();
    for task in &plan.tasks {
        let due = task.due_at.map(|at| at.to_string()).unwrap_or_default();
        text.push_str(&format!("  {} to do until {due}: {}\n", task.id, task.title));
    }
    if text.is_empty() { "  nothing\n".to_owned() } else { text }
}

fn drafted() -> Drafted {
    let sample = crate::proposal::samples::Sample::call();
    let ground = sample.ground();
    let proposal = ground.proposal(ground.worded().unwrap()).unwrap();
    // The bytes of a document are its own tests' matter.
    Drafted { proposal, document: "hash".to_owned() }
}

#[test]
fn what_follows_from_many_conversations() {
    let mut text = String::new();
    let slots = ["2026-06-03T13:00:00Z", "2026-06-03T15:00:00Z", "2026-06-04T13:00:00Z"];
    let slots = slots.map(|at| at.parse().unwrap());
    for (name, case) in cases() {
        text.push_str(&format!("{name}\n{}\n", written(&case.plan(&settings(), &slots))));
    }
    insta::assert_snapshot!(text);
}

/// Without links, slots and quiet hours set up, a mail thanks, and asks for nothing.
#[test]
fn what_follows_where_nothing_is_set_up() {
    let bare = FollowUpSettings { quiet: None, ..FollowUpSettings::default() };
    let mut text = String::new();
    for (name, case) in cases() {
        let plan = case.plan(&bare, &[]);
        let lines = plan.follow_ups.iter().map(|one| format!(" {} ({})", one.id, one.state.words()));
        text.push_str(&format!("{name}:{}\n", lines.collect::<String>()));
    }
    insta::assert_snapshot!(text);
}

/// Whoever was asked for a message, because it was enough for a day, was missed; whoever may be spam was not, nor whose number
/// it is not.
#[test]
fn only_who_is_no_spam_was_missed() {
    let enough = Reason::EnoughToday;
    for (score, reasons, expected) in [
        (0, vec![enough], 1),
        (CHALLENGED_FROM - 1, vec![enough], 1),
        (CHALLENGED_FROM, vec![enough], 0),
        (0, vec![Reason::NotTheirNumber, enough], 0),
    ] {
        let screening = Screening { score, reasons, looked_up: false };
        let actions = vec![Action::CallScreened { screening }];
        let outcome = Outcome::ModelUnavailable;
        let case = Case { outcome, said: None, actions, email: None, ..Case::default() };
        let planned = case.plan(&settings(), &[]).follow_ups;
        let told = planned.iter().filter(|one| matches!(one.content, Content::MissedCallText { .. }));
        assert_eq!(told.count(), expected, "{score}");
    }
}

/// Nobody is told that they were missed while they leave a message, or at night.
#[test]
fn whoever_is_asked_for_a_message_is_told_after_it() {
    let missed = |at, outcome| {
        let case = Case { outcome, said: None, email: None, at, ..Case::default() };
        let planned = case.plan(&settings(), &[]).follow_ups;
        let told = planned.iter().find(|one| matches!(one.content, Content::MissedCallText { .. }));
        let told = told.expect("a text");
        (told.planned_at, told.due_at)
    };
    let noon = "2026-06-02T17:00:00Z";
    assert_eq!(missed(noon, Outcome::HungUp).1, None);
    let (planned, due) = missed(noon, Outcome::ModelUnavailable);
    assert_eq!(due, Some(planned + A_MESSAGE));
    let (_, due) = missed("2026-06-02T03:40:00Z", Outcome::ModelUnavailable);
    assert_eq!(due, Some("2026-06-02T12:00:00Z".parse().unwrap()));
}

/// Whom the twin called has missed nobody.
#[test]
fn a_call_of_ours_is_not_missed() {
    for (placed, expected) in [(false, 1), (true, 0)] {
        let case = Case { outcome: Outcome::HungUp, said: None, placed, ..Case::default() };
        assert_eq!(case.plan(&settings(), &[]).follow_ups.len(), expected, "{placed}");
    }
}

/// What was taken for spam is no news, whatever it says that it wants.
#[test]
fn spam_does_not_reach_the_owner() {
    let robot = Case { intent: Intent::JobOpportunity, email: None, ..Case::default() };
    let is_told = |route| {
        let planned = Case { route, ..robot.clone() }.plan(&settings(), &[]).follow_ups;
        planned.iter().any(|one| matches!(one.content, Content::OwnerNotification { .. }))
    };
    assert_eq!([RouteKind::Unknown, RouteKind::Spam].map(is_told), [true, false]);
}

/// Who has booked is not asked for a time any more, and the invitation thanks them.
#[test]
fn a_meeting_that_is_booked_needs_no_other_mail() {
    let booked = || Action::MeetingBooked {
        booking: "bkg_1".parse().unwrap(),
        topic: "A staff role".to_owned(),
        start: "2026-06-03T13:00:00Z".parse().unwrap(),
    };
    let case = |relationship, actions| Case {
        relationship,
        intent: Intent::MeetingRequest,
        said: Some("Could we meet?"),
        actions,
        ..Case::default()
    };
    let slots = ["2026-06-03T15:00:00Z".parse().unwrap()];
    let unknown = case(RelationshipKind::Unknown, vec![booked()]).plan(&settings(), &slots);
    assert_eq!(unknown, Plan::default());
    let recruiter = case(RelationshipKind::Recruiter, vec![booked()]).plan(&settings(), &slots);
    let [mail] = recruiter.follow_ups.as_slice() else { panic!("one mail, no nudge: {recruiter:?}") };
    let Content::SummaryEmail { slots, links, .. } = &mail.content else { panic!("{mail:?}") };
    assert!(slots.is_empty() && links.booking.is_none() && links.resume.is_some(), "{mail:?}");
    let asks = case(RelationshipKind::Unknown, vec![booked(), link()]).plan(&settings(), &[]);
    assert_eq!((asks.follow_ups.len(), asks.follow_ups[0].content.kind()), (1, Kind::SummaryEmail));
}

proptest! {
    #[test]
    fn what_holds_for_every_conversation(
        number in 0..cases().len(),
        channel in prop::sample::select(Channel::ALL.to_vec()),
        confirmed: bool,
        approve_all: bool,
        phone in prop::sample::select(vec![None, Some(NEW_YORK), Some("+4930123456"), Some("+18005550123")]),
        email in prop::sample::select(vec![None, Some("dana@search.example")]),
        at in prop::sample::select(vec![
            "2026-10-25T00:30:00Z",
            "2026-10-25T04:00:00Z",
            "2026-10-25T12:00:00Z",
            "2026-11-01T05:30:00Z",
            "2026-12-31T23:59:59Z",
        ]),
    ) {
        let (_, case) = cases().swap_remove(number);
        let policy = if approve_all { FollowUpPolicy::ApproveAll } else { FollowUpPolicy::AutomaticToConfirmed };
        let case = Case { channel, email, confirmed, phone, policy, at, ..case };
        let planned = case.plan(&settings(), &[]);
        prop_assert_eq!(&planned, &case.plan(&settings(), &[]), "it is the same each time");
        let mut ids: Vec<_> = planned.follow_ups.iter().map(|one| one.id.clone()).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), planned.follow_ups.len(), "each has its own key");
        for one in &planned.follow_ups {
            if one.is_to_person() && one.state == State::Approved {
                prop_assert!(confirmed && !approve_all, "{one:?}");
                prop_assert_ne!(one.content.kind(), Kind::Proposal, "it always waits");
            }
            prop_assert!(one.due_at.is_none_or(|due| due > one.planned_at));
            if let Content::LinkedinSuggestion { note, .. } = &one.content {
                prop_assert!(note.chars().count() <= MAX_LINKEDIN_NOTE);
            }
            let to = match &one.content {
                Content::SummaryEmail { to, .. }
                | Content::MissedCallEmail { to }
                | Content::Nudge { to, .. }
                | Content::Proposal { to, .. } => {
                    email.map(ToOwned::to_owned) == Some(to.address().to_owned())
                }
                Content::MissedCallText { to } => phone == Some(to.as_str()),
                _ => true,
            };
            prop_assert!(to, "it goes to the person's own address");
        }
    }
}

/// Whoever wants it is texted of what is important, when they are up.
#[test]
fn the_owner_is_texted_of_what_is_important() {
    let wanted: FollowUpSettings =
        serde_json::from_str(r#"{"textOwner":"+12125550199","ownerQuiet":{"from":"21:00","until":"08:00"}}"#)
            .unwrap();
    let texted = |case: &Case, settings: &FollowUpSettings| {
        let plan = case.plan(settings, &[]);
        plan.follow_ups.into_iter().find(|one| one.content.kind() == Kind::OwnerText)
    };
    let important = Case { importance: Importance::High, ..Case::default() };
    let one = texted(&important, &wanted).unwrap();
    let to = one.content.texted_to().map(Phone::as_str);
    assert_eq!((to, one.state, one.due_at), (Some("+12125550199"), State::Approved, None));
    assert!(!one.is_to_person(), "it needs no word, and is none of theirs");
    let night = Case { at: "2026-06-02T03:40:00Z", ..important.clone() };
    assert_eq!(texted(&night, &wanted).unwrap().due_at.unwrap().to_string(), "2026-06-02T08:00:00Z");
    assert_eq!(texted(&Case::default(), &wanted), None, "it is not important");
    assert_eq!(texted(&important, &settings()), None, "they do not want it");
}

#[test]
fn a_name_that_a_phone_makes_a_link_of_is_not_texted() {
    for name in ["Dana Lee", "Dr. Zoë O’Neil-Núñez, Jr.", "山田 太郎"] {
        assert!(is_plain(name), "{name}");
    }
    let long = "a".repeat(MAX_TEXTED_NAME + 1);
    for name in ["see evil.example", "https://evil", "Dana evil.example/login", "dana@evil", &long] {
        assert!(!is_plain(name), "{name}");
    }
}

/// A link that is texted needs no mail beside it, comes at any hour, and waits for the owner where they want that.
#[test]
fn a_link_by_text() {
    let number = Phone::parse(NEW_YORK).unwrap();
    let asks =
        |as_code| Action::HandoffRequested { channel: Channel::Chat, text_to: Some(number.clone()), as_code };
    let texted = asks(false);
    let night = "2026-06-02T03:40:00Z";
    let asked = Case { actions: vec![texted.clone()], at: night, ..Case::default() };
    let planned = |case: &Case, settings: &FollowUpSettings| -> Vec<(Kind, State)> {
        let plan = case.plan(settings, &[]);
        assert!(plan.follow_ups.iter().all(|one| one.due_at.is_none()), "{:?}", plan.follow_ups);
        plan.follow_ups.iter().map(|one| (one.content.kind(), one.state)).collect()
    };
    assert_eq!(planned(&asked, &settings()), [(Kind::HandoffText, State::Approved)]);
    let careful = Case { policy: FollowUpPolicy::ApproveAll, ..asked.clone() };
    assert_eq!(planned(&careful, &settings()), [(Kind::HandoffText, State::AwaitingApproval)]);
    // What anybody can type into a page is no reason to write to anybody.
    let typed = Case { channel: Channel::Chat, level: Assurance::Claimed, ..asked.clone() };
    assert_eq!(planned(&typed, &settings()), [(Kind::HandoffText, State::AwaitingApproval)]);
    let both = Case { actions: vec![link(), texted], at: night, ..Case::default() };
    let kinds: Vec<Kind> = planned(&both, &settings()).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [Kind::SummaryEmail, Kind::HandoffText]);
    let code_too = Case { actions: vec![asks(false), asks(true)], at: night, ..Case::default() };
    let texts = code_too.plan(&settings(), &[]).follow_ups;
    let codes: Vec<bool> =
        texts.iter().map(|one| matches!(one.content, Content::HandoffText { code: true, .. })).collect();
    assert_eq!(codes, [false, true]);
    assert_ne!(texts[0].id, texts[1].id);
}

/// A voicemail is told of by itself, with what was said in it.
#[test]
fn a_voicemail_is_not_told_of_twice() {
    let settings = FollowUpSettings { notify_of_important: true, ..settings() };
    let told = |actions: Vec<Action>| {
        let case = Case { importance: Importance::High, email: None, actions, ..Case::default() };
        let planned = case.plan(&settings, &[]).follow_ups;
        planned.iter().filter(|one| one.content.kind() == Kind::OwnerNotification).count()
    };
    assert_eq!((told(vec![]), told(vec![voicemail()])), (1, 0));
}

/// Theirs at an address that is sure to be theirs, the owner's to the owner; each once nothing can go on with it.
#[test]
fn how_a_rehearsal_went_is_mailed_to_whose_it_was() {
    let went = Feedback {
        answers: 2,
        pace: Some(140),
        fillers: 3,
        favourite: None,
        structured: 1,
        made: 1,
        points: 4,
        advice: vec!["A pause says more.".to_owned()],
    };
    let case = Case { channel: Channel::Voice, rehearsed: Some(went.clone()), ..Case::default() };
    let states = |case: &Case| -> Vec<(Kind, State)> {
        let planned = case.plan(&settings(), &[]).follow_ups;
        planned.iter().map(|one| (one.content.kind(), one.state)).collect()
    };
    assert_eq!(states(&case), [(Kind::SummaryEmail, State::Approved)]);
    let plan = case.plan(&settings(), &[]);
    let [mail] = &plan.follow_ups[..] else { panic!("{:?}", plan.follow_ups) };
    let Content::SummaryEmail { rehearsed, .. } = &mail.content else { panic!("{mail:?}") };
    assert_eq!((rehearsed.as_deref(), mail.reason.as_str()), (Some(&went), "they rehearsed an interview"));
    assert_eq!(mail.due_at, Some(mail.planned_at + AGAIN_WITHIN));
    let careful = Case { policy: FollowUpPolicy::ApproveAll, ..case.clone() };
    assert_eq!(states(&careful), [(Kind::SummaryEmail, State::AwaitingApproval)], "as any other mail");
    assert_eq!(states(&Case { confirmed: false, ..case.clone() }), [], "anybody may have typed the address");
    let night = Case { at: "2026-06-02T03:58:00Z", ..case.clone() }.plan(&settings(), &[]);
    assert_eq!(night.follow_ups[0].due_at, Some("2026-06-02T12:00:00Z".parse().unwrap()), "not at night");

    let owners = Case { by_owner: true, email: None, ..case }.plan(&settings(), &[]);
    let [told] = &owners.follow_ups[..] else { panic!("{:?}", owners.follow_ups) };
    let Content::OwnerNotification { news: News::Rehearsal, message, .. } = &told.content else {
        panic!("{told:?}")
    };
    assert_eq!(told.state, State::Approved);
    assert!(
        message.starts_with("2 answers, 1 with situation") && message.ends_with("\n- A pause says more.")
    );
}
