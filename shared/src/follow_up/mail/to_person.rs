//! What a mail to a person says, in the persona's voice.

use askama::Template;

use super::{
    Envelope, MailError,
    letter::{Letter, day, greeting, moment},
};
use crate::{
    contact::Contact,
    follow_up::{Content, FollowUp, Meeting},
    identity::Email,
    interaction::Channel,
    persona::{Persona, Tone},
    proposal::Proposal,
    talk::feedback::Feedback,
    tools::export_my_data::PATH,
};

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

impl Summary<'_> {
    /// It says something of what was talked about.
    fn has_notes(&self) -> bool {
        self.quote.is_some()
            || !self.questions.is_empty()
            || self.meeting.is_some()
            || self.rehearsed.is_some()
    }
}

/// The letter of a follow-up that goes to a person. [`MailError::NotMail`]: it is none.
pub(super) fn to_person(
    follow_up: &FollowUp,
    persona: &Persona,
    contact: &Contact,
    envelope: &Envelope<'_>,
) -> Result<Letter, MailError> {
    let owner = &persona.core.name;
    let (to, because) = addressed(follow_up, owner, envelope)?;
    let frame = Frame {
        subject: subject(follow_up, owner, envelope),
        greeting: greeting(persona, contact),
        goodbye: goodbye(persona),
        owner,
        title: &persona.core.title,
        because,
        unsubscribe_url: envelope.unsubscribe_url,
        sample: persona.sample,
    };
    let (body, html) = written(follow_up, &frame, envelope)?;
    let text = format!("{}\n\n{}", body.trim_end(), frame.render()?);
    Ok(Letter {
        to: Email::address(to).to_owned(),
        subject: frame.subject,
        text,
        html: Some(html),
        body: Some(body.trim().to_owned()),
    })
}

/// To whom it goes, and because of what they get it.
fn addressed<'a>(
    follow_up: &'a FollowUp,
    owner: &str,
    envelope: &Envelope<'_>,
) -> Result<(&'a Email, String), MailError> {
    let date = day(follow_up.planned_at, &envelope.zone);
    Ok(match &follow_up.content {
        Content::SummaryEmail { to, channel, .. } => {
            (to, format!("you gave this address {} on {date}", words(*channel).1))
        }
        Content::MissedCallEmail { to } => (to, format!("you called {owner} on {date}")),
        Content::Nudge { to, .. } => (to, format!("{owner} has not heard from you since {date}")),
        Content::Proposal { to, proposal, .. } => {
            (to, format!("you asked for help {} on {date}", words(proposal.channel).1))
        }
        _ => return Err(MailError::NotMail),
    })
}

/// As the owner wrote it, if they did.
fn subject(follow_up: &FollowUp, owner: &str, envelope: &Envelope<'_>) -> String {
    if let Some(edited) = &follow_up.edited {
        return edited.subject.clone();
    }
    match &follow_up.content {
        Content::MissedCallEmail { .. } => format!("You called {owner}"),
        Content::Nudge { topic, .. } => {
            // In the thread of the mail that it continues.
            let subject = envelope.continues.and_then(|first| subject_of(first, owner));
            let topic = topic.as_ref().map_or_else(String::new, |topic| format!(" {topic}"));
            subject.map_or_else(|| format!("Still interested?{topic}"), |subject| format!("Re: {subject}"))
        }
        _ => subject_of(follow_up, owner).unwrap_or_default(),
    }
}

/// What stands in the frame, as text and as HTML: as the owner wrote it, if they did.
fn written(
    follow_up: &FollowUp,
    letter: &Frame<'_>,
    envelope: &Envelope<'_>,
) -> Result<(String, String), MailError> {
    let handoff_url = envelope.handoff_url;
    Ok(match (&follow_up.edited, &follow_up.content) {
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
            let chat_url = &format!("{}/chat", envelope.public_base_url);
            (MissedCallText { letter, chat_url }.render()?, MissedCallHtml { letter, chat_url }.render()?)
        }
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

fn goodbye(persona: &Persona) -> &'static str {
    match persona.communication.tone {
        Tone::FriendlyProfessional => "All the best from",
        Tone::Professional => "Kind regards from",
        Tone::Technical => "Regards from",
    }
}

/// `call`, and `on the phone`.
fn words(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Phone => ("call", "on the phone"),
        Channel::Voice => ("call", "in a conversation on the web"),
        Channel::Chat => ("message", "in the chat"),
    }
}
