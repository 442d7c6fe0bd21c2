//! What a mail says, in the persona's voice.

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Envelope, MailError};
use crate::{
    contact::Contact,
    follow_up::{Content, FollowUp, Meeting, News, invitation},
    handoff::{SPOKEN_FOR, TEXTED_FOR},
    identity::Email,
    interaction::Channel,
    persona::{Persona, Tone},
    proposal::Proposal,
    talk::feedback::Feedback,
    tools::{export_my_data::PATH, find_times::clock_of},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// What goes to the owner is text alone.
    pub html: Option<String>,
    /// The text without what stands below every mail, where the owner may write it anew.
    pub body: Option<String>,
}

/// What is around every mail to a person; as text, what stands below it.
#[derive(Template)]
#[template(path = "mail/foot.txt", escape = "none")]
struct Frame<'a> {
    subject: String,
    greeting: String,
    goodbye: &'static str,
    owner: &'a str,
    title: &'a str,
    because: String,
    unsubscribe_url: Option<&'a str>,
    sample: bool,
}

struct Summary<'a> {
    what: &'static str,
    quote: Option<&'a str>,
    questions: &'a [String],
    sources: &'a [String],
    meeting: Option<&'a Meeting>,
    times: String,
    slots: Vec<String>,
    booking: Option<String>,
    resume: Option<String>,
    linkedin: Option<&'a str>,
    note: Option<&'a str>,
    rehearsed: Option<&'a Feedback>,
    handoff_url: Option<&'a str>,
    /// Where the chat that the link opens has their data as a file.
    copy_url: Option<String>,
}

#[derive(Template)]
#[template(path = "mail/summary.txt", escape = "none")]
struct SummaryText<'a> {
    letter: &'a Frame<'a>,
    mail: &'a Summary<'a>,
}

#[derive(Template)]
#[template(path = "mail/summary.html")]
struct SummaryHtml<'a> {
    letter: &'a Frame<'a>,
    mail: &'a Summary<'a>,
}

#[derive(Template)]
#[template(path = "mail/missed-call.txt", escape = "none")]
struct MissedCallText<'a> {
    letter: &'a Frame<'a>,
    chat_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/missed-call.html")]
struct MissedCallHtml<'a> {
    letter: &'a Frame<'a>,
    chat_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/nudge.txt", escape = "none")]
struct NudgeText<'a> {
    letter: &'a Frame<'a>,
    date: &'a str,
    topic: Option<&'a str>,
    booking: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/nudge.html")]
struct NudgeHtml<'a> {
    letter: &'a Frame<'a>,
    date: &'a str,
    topic: Option<&'a str>,
    booking: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/proposal.txt", escape = "none")]
struct ProposalText<'a> {
    letter: &'a Frame<'a>,
    what: &'a str,
    proposal: &'a Proposal,
}

#[derive(Template)]
#[template(path = "mail/proposal.html")]
struct ProposalHtml<'a> {
    letter: &'a Frame<'a>,
    what: &'a str,
    proposal: &'a Proposal,
}

#[derive(Template)]
#[template(path = "mail/written.txt", escape = "none")]
struct WrittenText<'a> {
    paragraphs: &'a [&'a str],
    handoff_url: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/written.html")]
struct WrittenHtml<'a> {
    letter: &'a Frame<'a>,
    paragraphs: &'a [&'a str],
    handoff_url: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "mail/linkedin.txt", escape = "none")]
struct LinkedinText<'a> {
    who: &'a str,
    profile: Option<&'a str>,
    search_url: String,
    note: &'a str,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notification.txt", escape = "none")]
struct NotificationText<'a> {
    opening: String,
    message: &'a str,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/waiting.txt", escape = "none")]
struct WaitingText<'a> {
    who: &'a str,
    message: &'a str,
    decide_url: Option<&'a str>,
    is_attached: bool,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/reminder.txt", escape = "none")]
struct ReminderText<'a> {
    who: &'a str,
    title: &'a str,
    due: Option<String>,
    person_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/missed-call-text.txt", escape = "none")]
struct MissedCallMessage<'a> {
    owner: &'a str,
    chat_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/code-text.txt", escape = "none")]
struct CodeMessage<'a> {
    owner: &'a str,
    /// The owner's own words.
    body: Option<&'a str>,
    code: Option<&'a str>,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "mail/handoff-text.txt", escape = "none")]
struct HandoffMessage<'a> {
    owner: &'a str,
    /// The owner's own words.
    body: Option<&'a str>,
    handoff_url: Option<&'a str>,
    minutes: i64,
}

/// What a follow-up says as a mail.
pub fn letter(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
) -> Result<Letter, MailError> {
    let person_url = &format!("{}/people/{}", envelope.public_base_url, follow_up.person);
    let who = contact.name.as_deref().unwrap_or("Somebody");
    let to_owner = |subject: String, text: String| Letter {
        to: envelope.owner.to_owned(),
        subject,
        text,
        html: None,
        body: None,
    };
    Ok(match &follow_up.content {
        Content::OwnerNotification { news, message, about: None } => {
            let name = contact.name.as_deref();
            let opening = news.opening(name);
            to_owner(news.subject(name), NotificationText { opening, message, person_url }.render()?)
        }
        Content::MeetingNotification { booking } => {
            let (subject, text) = invitation::owners_letter(booking, envelope, person_url)?;
            to_owner(subject, text)
        }
        Content::OwnerNotification { message, about: Some(_), .. } => {
            let (decide_url, is_attached) = (envelope.decide_url, envelope.document.is_some());
            let text = WaitingText { who, message, decide_url, is_attached, person_url }.render()?;
            to_owner(format!("It waits for your word: a proposal for {who}"), text)
        }
        Content::TaskReminder { title, due_at } => {
            let who = contact.name.as_deref().unwrap_or("somebody");
            let due = due_at.map(|at| moment(at, &envelope.zone));
            let text = ReminderText { who, title, due, person_url }.render()?;
            to_owner(format!("To do: {title}"), text)
        }
        Content::LinkedinSuggestion { profile, note } => {
            let profile = profile.as_deref();
            let search_url = search_url(contact);
            let text = LinkedinText { who, profile, search_url, note, person_url }.render()?;
            to_owner(format!("Connect with {who} on LinkedIn"), text)
        }
        Content::Invitation { to, booking } => {
            let (hello, url) = (greeting(persona, contact), envelope.booking_url);
            invitation::letter(to, booking, hello, persona, url, follow_up.planned_at)?
        }
        _ => to_person(follow_up, persona, contact, envelope)?,
    })
}

impl Summary<'_> {
    /// It says something of what was talked about.
    fn has_notes(&self) -> bool {
        self.quote.is_some()
            || !self.questions.is_empty()
            || self.meeting.is_some()
            || self.rehearsed.is_some()
    }
}

impl News {
    /// The subject of what the owner is told, about whom it is by name.
    pub fn subject(self, name: Option<&str>) -> String {
        let (who, them) = (name.unwrap_or("Somebody"), name.unwrap_or("somebody"));
        match self {
            Self::Message => format!("A message from {them}"),
            Self::Voicemail => format!("A voicemail from {them}"),
            Self::Danger => format!("{who} may be in danger"),
            Self::Important => format!("Important: a conversation with {them}"),
            Self::Answer => format!("{who} answered your mail"),
            Self::Undelivered => format!("It did not reach {them}"),
            Self::Unreached => format!("No call reached {them}"),
            Self::NoAddress => format!("{who} left no address"),
            Self::Rehearsal => "How your rehearsal went".to_owned(),
        }
    }

    /// Its first line.
    fn opening(self, name: Option<&str>) -> String {
        match self {
            Self::Message => format!("{} left this for you:", name.unwrap_or("Somebody")),
            Self::Rehearsal => "You rehearsed an interview. Counted, not judged:".to_owned(),
            _ => format!("About {}:", name.unwrap_or("somebody")),
        }
    }
}

fn to_person(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
) -> Result<Letter, MailError> {
    let date = day(follow_up.planned_at, &envelope.zone);
    let mut frame = Frame {
        subject: String::new(),
        greeting: greeting(persona, contact),
        goodbye: goodbye(persona),
        owner: &persona.core.name,
        title: &persona.core.title,
        because: String::new(),
        unsubscribe_url: envelope.unsubscribe_url,
        sample: persona.sample,
    };
    let owner = frame.owner;
    let chat_url = &format!("{}/chat", envelope.public_base_url);
    let (to, because, subject) = match &follow_up.content {
        Content::SummaryEmail { to, channel, .. } => {
            let because = format!("you gave this address {} on {date}", words(*channel).1);
            (to, because, subject_of(follow_up, owner).unwrap_or_default())
        }
        Content::MissedCallEmail { to } => {
            (to, format!("you called {owner} on {date}"), format!("You called {owner}"))
        }
        Content::Nudge { to, topic, .. } => {
            let topic = topic.as_ref().map_or_else(String::new, |topic| format!(" {topic}"));
            let because = format!("{owner} has not heard from you since {date}");
            // In the thread of the mail that it continues.
            let subject = envelope.continues.and_then(|first| subject_of(first, owner));
            let subject = subject.map(|subject| format!("Re: {subject}"));
            (to, because, subject.unwrap_or_else(|| format!("Still interested?{topic}")))
        }
        Content::Proposal { to, proposal, .. } => {
            let because = format!("you asked for help {} on {date}", words(proposal.channel).1);
            (to, because, subject_of(follow_up, owner).unwrap_or_default())
        }
        _ => return Err(MailError::NotMail),
    };
    frame.because = because;
    frame.subject = follow_up.edited.as_ref().map_or(subject, |edited| edited.subject.clone());
    let letter = &frame;
    let handoff_url = envelope.handoff_url;
    let (body, html) = match (&follow_up.edited, &follow_up.content) {
        (Some(edited), _) => {
            let paragraphs: Vec<&str> = edited.body.split("\n\n").map(str::trim).collect();
            let paragraphs = paragraphs.as_slice();
            (
                WrittenText { paragraphs, handoff_url }.render()?,
                WrittenHtml { letter, paragraphs, handoff_url }.render()?,
            )
        }
        (None, Content::Nudge { topic, links, .. }) => {
            let (topic, booking) = (topic.as_deref(), links.booking.as_deref());
            let first = envelope.continues.and_then(|first| first.settled_at).unwrap_or(follow_up.planned_at);
            let date = &day(first, &envelope.zone);
            (
                NudgeText { letter, date, topic, booking }.render()?,
                NudgeHtml { letter, date, topic, booking }.render()?,
            )
        }
        (None, Content::Proposal { proposal, .. }) => {
            let what = words(proposal.channel).0;
            (
                ProposalText { letter, what, proposal }.render()?,
                ProposalHtml { letter, what, proposal }.render()?,
            )
        }
        (None, content @ Content::SummaryEmail { .. }) => {
            let Some(mail) = &summary(content, envelope) else { return Err(MailError::NotMail) };
            (SummaryText { letter, mail }.render()?, SummaryHtml { letter, mail }.render()?)
        }
        (None, _) => {
            (MissedCallText { letter, chat_url }.render()?, MissedCallHtml { letter, chat_url }.render()?)
        }
    };
    let text = format!("{}\n\n{}", body.trim_end(), letter.render()?);
    Ok(Letter {
        to: Email::address(to).to_owned(),
        subject: frame.subject,
        text,
        html: Some(html),
        body: Some(body.trim().to_owned()),
    })
}

/// Of a mail that others may continue.
fn subject_of(follow_up: &FollowUp, owner: &str) -> Option<String> {
    match (&follow_up.content, &follow_up.edited) {
        (_, Some(edited)) => Some(edited.subject.clone()),
        (Content::SummaryEmail { rehearsed: Some(_), meeting: None, .. }, None) => {
            Some(format!("How your rehearsal with the AI assistant of {owner} went"))
        }
        (Content::SummaryEmail { channel, meeting, .. }, None) => {
            let topic = meeting.as_ref().map_or_else(String::new, |meeting| format!(": {}", meeting.topic));
            Some(format!("Thank you for your {} to {owner}{topic}", words(*channel).0))
        }
        (Content::Proposal { proposal, .. }, None) => {
            Some(format!("A proposal from {owner}: {}", proposal.title))
        }
        _ => None,
    }
}

fn summary<'a>(content: &'a Content, envelope: &Envelope<'a>) -> Option<Summary<'a>> {
    let Content::SummaryEmail {
        channel,
        quote,
        questions,
        sources,
        meeting,
        slots,
        links,
        note,
        rehearsed,
        copy,
        ..
    } = content
    else {
        return None;
    };
    let slots = slots.iter().filter(|at| **at > envelope.now).map(|at| moment(*at, &envelope.zone));
    let slots: Vec<String> = slots.collect();
    let page = || format!("{}/book", envelope.public_base_url);
    let times = meeting.as_ref().map(|meeting| meeting.preferred_times.join(" or ")).unwrap_or_default();
    Some(Summary {
        what: words(*channel).0,
        quote: quote.as_deref(),
        questions,
        sources,
        meeting: meeting.as_ref(),
        times,
        booking: links.booking.clone().or_else(|| (!slots.is_empty()).then(page)),
        slots,
        resume: links.resume.as_deref().map(|url| absolute(url, envelope.public_base_url)),
        linkedin: links.linkedin.as_deref(),
        note: note.as_deref(),
        rehearsed: rehearsed.as_deref(),
        handoff_url: envelope.handoff_url,
        copy_url: copy.then(|| format!("{}{PATH}", envelope.public_base_url)),
    })
}

/// A path of ours as an address.
fn absolute(url: &str, public_base_url: &str) -> String {
    if url.starts_with('/') { format!("{public_base_url}{url}") } else { url.to_owned() }
}

/// What a follow-up says as a text message; `None` if it is none. A link or a code that only holds for whoever gets it is
/// left out where there is none yet.
pub fn text_message(
    follow_up: &FollowUp,
    persona: &Persona,
    public_base_url: &str,
    way_over: Option<&str>,
) -> Result<Option<String>, MailError> {
    let chat_url = &format!("{public_base_url}/chat");
    let owner = &persona.core.name;
    Ok(match (&follow_up.content, &follow_up.edited) {
        (Content::MissedCallText { .. }, Some(edited)) => Some(edited.body.clone()),
        (Content::MissedCallText { .. }, None) => Some(MissedCallMessage { owner, chat_url }.render()?),
        (Content::OwnerText { message, .. }, _) => {
            Some(format!("Your twin: {message}. {public_base_url}/people/{}", follow_up.person))
        }
        (Content::HandoffText { code, .. }, edited) => {
            let body = edited.as_ref().map(|edited| edited.body.as_str());
            Some(if *code {
                CodeMessage { owner, body, code: way_over, minutes: SPOKEN_FOR.as_mins() }.render()?
            } else {
                HandoffMessage { owner, body, handoff_url: way_over, minutes: TEXTED_FOR.as_mins() }
                    .render()?
            })
        }
        _ => None,
    })
}

/// `call`, and `on the phone`.
fn words(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Phone => ("call", "on the phone"),
        Channel::Voice => ("call", "in a conversation on the web"),
        Channel::Chat => ("message", "in the chat"),
    }
}

fn greeting(persona: &Persona, contact: &Contact) -> String {
    let hello = match persona.communication.tone {
        Tone::FriendlyProfessional => "Hi",
        Tone::Professional | Tone::Technical => "Hello",
    };
    match contact.name.as_deref().map(called) {
        Some(name) => format!("{hello} {name},"),
        None => "Hello,".to_owned(),
    }
}

/// By the first name, unless the name begins with a title or an initial.
fn called(name: &str) -> &str {
    const TITLES: [&str; 11] = ["dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "herr", "frau"];
    let first = name.split_whitespace().next().unwrap_or(name);
    let is_title = TITLES.iter().any(|title| first.eq_ignore_ascii_case(title));
    if is_title || first.ends_with('.') || first.chars().count() == 1 { name } else { first }
}

fn goodbye(persona: &Persona) -> &'static str {
    match persona.communication.tone {
        Tone::FriendlyProfessional => "All the best from",
        Tone::Professional => "Kind regards from",
        Tone::Technical => "Regards from",
    }
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %B %Y").to_string()
}

/// With its zone: whoever reads it may be elsewhere.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{} ({})", local.strftime("%A, %-d %B, %H:%M"), clock(zone))
}

/// "New York time"
pub fn clock(zone: &TimeZone) -> String {
    clock_of(zone.iana_name().unwrap_or("UTC"))
}

fn search_url(contact: &Contact) -> String {
    let named = [contact.name.as_deref(), contact.company.as_deref()];
    let keywords = named.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let keywords = utf8_percent_encode(&keywords, NON_ALPHANUMERIC);
    format!("https://www.linkedin.com/search/results/people/?keywords={keywords}")
}
