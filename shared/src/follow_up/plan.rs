//! What follows from a conversation. Pure: the same conversation plans the same, whenever it is read.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Content, FollowUp, Kind, Links, Meeting, News, State,
    due::{awake, zones},
    settings::{FollowUpSettings, Recipient},
};
use crate::{
    contact::{Contact, Source, Task},
    id::{HandoffId, TaskId},
    identity::{Email, Phone},
    interaction::{
        Action, Analysis, Channel, Importance, Intent, Interaction, Outcome, Wish, left::standing,
    },
    persona::Persona,
    policy::{Right, Standing},
    proposal::Drafted,
    routing::{CHALLENGED_FROM, FollowUpStyle, RouteKind},
    screening::Reason,
    talk::{AGAIN_WITHIN, feedback::Feedback},
};

/// What is known when a conversation is over.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    pub persona: &'a Persona,
    pub settings: &'a FollowUpSettings,
    pub contact: &'a Contact,
    pub interaction: &'a Interaction,
    /// What was done in it.
    pub actions: &'a [Action],
    /// The brain's reading of it.
    pub analysis: &'a Analysis,
    /// Times at which the owner is free.
    pub slots: &'a [Timestamp],
    /// If they asked for help with what the owner offers.
    pub proposal: Option<&'a Drafted>,
    /// Why they were not erased, if they spoke of it.
    pub unerased: Option<&'a str>,
    /// It was the owner who spoke.
    pub by_owner: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub follow_ups: Vec<FollowUp>,
    /// What was promised and only the owner can do.
    pub tasks: Vec<Task>,
}

/// Characters of a note with an invitation to connect. Source: LinkedIn Help, "Personalize invitations to connect".
const MAX_LINKEDIN_NOTE: usize = 200;
/// What was promised is due after this, if nothing else was said.
const PROMISE_KEPT_IN: SignedDuration = SignedDuration::from_hours(24);
/// Characters of a name that is texted.
const MAX_TEXTED_NAME: usize = 60;

/// What follows from a conversation.
pub fn plan(basis: &Basis<'_>, now: Timestamp) -> Plan {
    let mut follow_ups = Vec::new();
    follow_ups.extend(basis.told_at_once(now));
    follow_ups.extend(basis.texted_owner(now));
    let mail = basis.summary_email(now);
    follow_ups.extend(basis.copy_mail(now));
    follow_ups.extend(basis.rehearsal(now));
    let nudge = mail.as_ref().and_then(|mail| basis.nudge(mail, now));
    follow_ups.extend(mail);
    follow_ups.extend(nudge);
    let proposal = basis.proposed(now);
    follow_ups.extend(proposal.as_ref().and_then(|waiting| basis.proposal_waits(waiting, now)));
    follow_ups.extend(proposal);
    follow_ups.extend(basis.texted_link(now));
    follow_ups.extend(basis.texted_code(now));
    follow_ups.extend(basis.missed_call(now));
    follow_ups.extend(basis.linkedin(now));
    Plan { follow_ups, tasks: basis.tasks(now) }
}

/// Nothing that a phone makes a link of: strangers choose their names.
fn is_plain(name: &str) -> bool {
    let is_host = |word: &str| word.trim_end_matches('.').contains('.');
    name.chars().count() <= MAX_TEXTED_NAME
        && !name.contains(['/', ':', '@'])
        && !name.split_whitespace().any(is_host)
}

impl Basis<'_> {
    fn make(&self, content: Content, state: State, reason: String, now: Timestamp) -> Option<FollowUp> {
        let mut made = FollowUp::new(self.interaction, content.kind().key(), content, state, reason, now)?;
        made.quote.clone_from(&self.analysis.quote);
        Some(made)
    }

    /// What was left for the owner.
    fn told_at_once(&self, now: Timestamp) -> Option<FollowUp> {
        let mut messages: Vec<String> =
            standing(self.actions).filter_map(|(_, action)| for_the_owner(action)).collect();
        messages.extend(self.unerased.map(ToOwned::to_owned));
        messages.extend(self.copy_told());
        let unreachable = self.unreachable();
        // A voicemail reaches them by itself, with what was said.
        let is_important = self.settings.notify_of_important
            && self.analysis.importance == Importance::High
            && !self.left_a_voicemail();
        let (news, message, reason) = match (messages.is_empty(), unreachable) {
            (false, _) => (News::Message, messages.join("\n"), "they left a message for you"),
            (true, Some(unreachable)) => (News::NoAddress, unreachable, "no mail can be sent to them"),
            (true, None) if is_important => {
                (News::Important, self.analysis.summary.clone(), "it is important")
            }
            (true, None) => return None,
        };
        let mut told = self.make(Content::news(news, message), State::Approved, reason.to_owned(), now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        told.due_at = Some(at).filter(|at| *at > now);
        Some(told)
    }

    /// Of what is important the owner is texted, too, if they want it.
    fn texted_owner(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.settings.text_owner.clone().filter(|_| self.analysis.importance == Importance::High)?;
        let who = self.contact.name.as_deref().filter(|name| is_plain(name)).unwrap_or("somebody");
        let content = Content::OwnerText { to, message: format!("an important conversation with {who}") };
        let mut texted = self.make(content, State::Approved, "it is important".to_owned(), now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        texted.due_at = Some(at).filter(|at| *at > now);
        Some(texted)
    }

    /// What the owner is told of an offer or a wish for help that no mail can answer.
    fn unreachable(&self) -> Option<String> {
        let methods = &self.contact.contact_methods;
        let wants = matches!(self.analysis.intent, Intent::JobOpportunity | Intent::Consultation);
        let needs_nothing = self.has_booked()
            || self.interaction.route == RouteKind::Spam
            || self.interaction.outcome == Some(Outcome::Transferred)
            || self.left_a_voicemail();
        if !wants || needs_nothing || methods.email.is_some() {
            return None;
        }
        let said = self.analysis.quote.as_deref()?;
        let number = methods.phone.as_ref().map(|phone| format!(" Their number: {}.", phone.written()));
        Some(format!(
            "They left no e-mail address, so no mail goes to them. They said: “{said}”{}",
            number.unwrap_or_default()
        ))
    }

    /// One mail for all that a conversation asks for, rather than several.
    fn summary_email(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.contact.contact_methods.email.clone()?;
        if !self.analysis.follow_up_required && !self.wants_details() {
            return None;
        }
        let content = self.summary(to);
        // Who has booked gets the invitation: another mail has to say more.
        if self.has_booked() && !says_more(&content) {
            return None;
        }
        let state = self.decide(&content);
        let mut mail = self.make(content, state, self.reason(), now)?;
        mail.due_at = self.due(now).filter(|_| !self.was_asked_for());
        Some(mail)
    }

    fn summary(&self, to: Email) -> Content {
        let meeting = self.meeting();
        let is_asked = meeting.is_some() || self.style() == FollowUpStyle::CalendarScheduling;
        let wants_times = is_asked && !self.has_booked();
        let Links { resume, linkedin, booking } = self.settings.links.clone();
        let links = Links {
            resume: resume.filter(|_| self.style() == FollowUpStyle::CalendarScheduling),
            linkedin: linkedin.filter(|_| self.style() == FollowUpStyle::LinkedInConnection),
            booking: booking.filter(|_| wants_times),
        };
        let slots: &[Timestamp] = if wants_times { self.slots } else { &[] };
        let has_link = self.asks_for_link() || self.wants_details();
        Content::SummaryEmail {
            to,
            channel: self.interaction.channel,
            quote: self.analysis.quote.clone(),
            questions: self.questions(),
            sources: self.sources(),
            meeting,
            slots: slots.to_vec(),
            handoff: has_link.then(|| HandoffId::derived(self.interaction.id.suffix()).ok()).flatten(),
            links,
            note: None,
            rehearsed: None,
            copy: false,
        }
    }

    /// Their data are theirs: nobody is asked, and so there is nothing else in it, and it goes to no other address than the
    /// one that was theirs when they asked.
    fn copy_mail(&self, now: Timestamp) -> Option<FollowUp> {
        let content = Content::SummaryEmail {
            to: self.copy_to()?.clone(),
            channel: self.interaction.channel,
            quote: None,
            questions: Vec::new(),
            sources: Vec::new(),
            meeting: None,
            slots: Vec::new(),
            handoff: Some(HandoffId::derived(&format!("{}-copy", self.interaction.id.suffix())).ok()?),
            links: Links::default(),
            note: None,
            rehearsed: None,
            copy: true,
        };
        let reason = "they asked for a copy of their data".to_owned();
        FollowUp::new(self.interaction, "copy", content, State::Approved, reason, now)
    }

    /// How a rehearsal went: theirs to them, if the address is sure to be theirs, and the owner's to the owner. A mail of
    /// its own, once no other conversation can go on with one whose connection broke off: that one tells of all.
    fn rehearsal(&self, now: Timestamp) -> Option<FollowUp> {
        let went = self.interaction.measured.as_ref()?.rehearsed.as_ref()?;
        let theirs = self.contact.contact_methods.email.as_ref();
        let (content, reason) = if self.by_owner {
            (Content::news(News::Rehearsal, went.in_words()), "you rehearsed an interview")
        } else {
            let to = theirs.filter(|_| self.contact.contact_methods.email_confirmed)?;
            (self.report(to.clone(), went.clone()), "they rehearsed an interview")
        };
        let (state, reason) = (self.decide(&content), reason.to_owned());
        let mut mail = FollowUp::new(self.interaction, "rehearsal", content, state, reason, now)?;
        let later = now + AGAIN_WITHIN;
        mail.due_at = Some(if self.by_owner { later } else { self.due(later).unwrap_or(later) });
        Some(mail)
    }

    fn report(&self, to: Email, went: Feedback) -> Content {
        Content::SummaryEmail {
            to,
            channel: self.interaction.channel,
            quote: None,
            questions: Vec::new(),
            sources: Vec::new(),
            meeting: None,
            slots: Vec::new(),
            handoff: None,
            links: Links::default(),
            note: None,
            rehearsed: Some(Box::new(went)),
            copy: false,
        }
    }

    /// Where the link to a copy of all that is kept of them goes; nowhere, if they want no mails since.
    fn copy_to(&self) -> Option<&Email> {
        let last = self.actions.iter().rev().find_map(|action| match action {
            Action::ContactStopped => Some(None),
            Action::PrivacyRequested { wish: Wish::Export, by_itself: true, to } => Some(to.as_ref()),
            _ => None,
        });
        last.flatten()
    }

    /// What the owner is told of a copy that was to be mailed.
    fn copy_told(&self) -> Option<String> {
        let is_promised = |action: &Action| {
            matches!(action, Action::PrivacyRequested { wish: Wish::Export, by_itself: true, .. })
        };
        self.actions.iter().any(is_promised).then(|| match self.copy_to() {
            Some(to) => format!(
                "They asked for a copy of all that is kept of them: a mail with a link to it is planned, to {}.",
                to.address()
            ),
            None => "They ask for a copy of all that is kept of them, and for no more mails: none is sent.".to_owned(),
        })
    }

    /// If the mail asks them something, and nothing comes.
    fn nudge(&self, mail: &FollowUp, now: Timestamp) -> Option<FollowUp> {
        let Content::SummaryEmail { to, meeting, slots, links, .. } = &mail.content else { return None };
        // Who named times of their own waits for the owner, not the owner for them.
        let asks = links.booking.is_some() || (!slots.is_empty() && meeting.is_none());
        let days = i64::from(self.settings.nudge_after_days.filter(|_| asks)?);
        let content = Content::Nudge {
            to: to.clone(),
            about: mail.id.clone(),
            topic: meeting.as_ref().map(|meeting| meeting.topic.clone()),
            links: Links { booking: links.booking.clone(), ..Links::default() },
        };
        let reason = format!("if they do not answer within {days} days");
        let mut nudge = self.make(content, State::Planned, reason, now)?;
        let later = mail.due_at.unwrap_or(now) + SignedDuration::from_hours(24 * days);
        nudge.due_at = Some(awake(later, self.settings.quiet, &self.zones()));
        Some(nudge)
    }

    /// It waits for the owner, whatever the rules say.
    fn proposed(&self, now: Timestamp) -> Option<FollowUp> {
        let Drafted { proposal, document } = self.proposal?;
        let to = self.contact.contact_methods.email.clone()?;
        let content =
            Content::Proposal { to, proposal: Box::new(proposal.clone()), document: document.clone() };
        let state = self.decide(&content);
        let reason = format!("they asked for help with what you offer: {}", proposal.title);
        self.make(content, state, reason, now)
    }

    /// The owner reads it before anybody else.
    fn proposal_waits(&self, waiting: &FollowUp, now: Timestamp) -> Option<FollowUp> {
        let proposal = &self.proposal?.proposal;
        let message = proposal.waits_in_words();
        let content =
            Content::OwnerNotification { news: News::Message, message, about: Some(waiting.id.clone()) };
        let reason = "a proposal waits for your word".to_owned();
        let mut told =
            FollowUp::new(self.interaction, "proposal-waits", content, State::Approved, reason, now)?;
        let at = awake(now, self.settings.owner_quiet, &[self.settings.zone()]);
        told.due_at = Some(at).filter(|at| *at > now);
        Some(told)
    }

    /// They asked for the link as a text. They wait for it, so it goes at once, at any hour.
    fn texted_link(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.texted_to(false)?.clone();
        let handoff = HandoffId::derived(&format!("{}-text", self.interaction.id.suffix())).ok()?;
        let content = Content::HandoffText { to, handoff, code: false };
        let state = self.decide(&content);
        self.make(content, state, "they asked for a link to the chat by text message".to_owned(), now)
    }

    /// The same as a code that they tell where they go on.
    fn texted_code(&self, now: Timestamp) -> Option<FollowUp> {
        let to = self.texted_to(true)?.clone();
        let handoff = HandoffId::derived(&format!("{}-code", self.interaction.id.suffix())).ok()?;
        let content = Content::HandoffText { to, handoff, code: true };
        let state = self.decide(&content);
        let reason = "they asked for a code by text message, to go on elsewhere".to_owned();
        let mut made = FollowUp::new(self.interaction, "handoff-code", content, state, reason, now)?;
        made.quote.clone_from(&self.analysis.quote);
        Some(made)
    }

    /// They called, and nothing was said.
    fn missed_call(&self, now: Timestamp) -> Option<FollowUp> {
        let is_no_spam = |action: &Action| match action {
            Action::CallScreened { screening } => {
                screening.score < CHALLENGED_FROM && !screening.reasons.contains(&Reason::NotTheirNumber)
            }
            _ => false,
        };
        let only_rang = |action: &Action| {
            matches!(
                action,
                Action::CallEnded { .. }
                    | Action::VoicemailLeft { .. }
                    | Action::Recording { .. }
                    | Action::RecordingFailed { .. }
                    | Action::Metered { .. }
            ) || is_no_spam(action)
        };
        let nobody_answered = matches!(
            self.interaction.outcome,
            Some(
                Outcome::HungUp
                    | Outcome::Silence
                    | Outcome::ModelUnavailable
                    | Outcome::Voicemail
                    | Outcome::Lost
            )
        );
        let is_missed = self.interaction.channel == Channel::Phone
            // They called, not the twin.
            && self.interaction.dial.is_none()
            && nobody_answered
            && self.analysis.quote.is_none()
            && self.interaction.route != RouteKind::Spam
            && self.actions.iter().all(only_rang);
        if !is_missed {
            return None;
        }
        let methods = &self.contact.contact_methods;
        let content = match (&methods.email, &methods.phone) {
            (Some(to), _) if methods.email_confirmed => Content::MissedCallEmail { to: to.clone() },
            (_, Some(to)) if !to.is_premium() => Content::MissedCallText { to: to.clone() },
            _ => return None,
        };
        let state = self.decide(&content);
        let mut made = self.make(content, state, "they called, and nothing was said".to_owned(), now)?;
        made.due_at = self.due(now);
        Some(made)
    }

    /// LinkedIn lets only the owner connect: they are told with whom, and what to write.
    fn linkedin(&self, now: Timestamp) -> Option<FollowUp> {
        let name = self.contact.name.as_deref()?;
        let history = &self.contact.relationship.interaction_history;
        let is_first = history.iter().all(|record| record.interaction == self.interaction.id);
        if self.style() != FollowUpStyle::LinkedInConnection || self.analysis.quote.is_none() || !is_first {
            return None;
        }
        let first = name.split_whitespace().next().unwrap_or(name);
        let owner = self.persona.core.name.split_whitespace().next().unwrap_or_default();
        let about = self.analysis.topics.first().filter(|topic| !topic.ends_with('?'));
        let unsaid = [Intent::Networking.words(), self.analysis.intent.words()];
        let about = about.filter(|topic| !unsaid.contains(&topic.as_str()));
        let about = about.map(|topic| format!(" about {topic}")).unwrap_or_default();
        let how = match self.interaction.channel {
            Channel::Chat => "for writing",
            Channel::Voice | Channel::Phone => "for your call",
        };
        let note = |about: &str| {
            format!("Hello {first}, thank you {how}{about}. I would be glad to stay in touch. {owner}")
        };
        let fitting =
            [note(&about), note("")].into_iter().find(|note| note.chars().count() <= MAX_LINKEDIN_NOTE);
        let profile = self.contact.contact_methods.linkedin.clone();
        let content = Content::LinkedinSuggestion { profile, note: fitting? };
        self.make(content, State::Approved, "they want to stay in touch".to_owned(), now)
    }

    /// What only the owner can do.
    fn tasks(&self, now: Timestamp) -> Vec<Task> {
        let titles = standing(self.actions).filter_map(|(number, action)| {
            let title = match action {
                Action::MeetingProposed { .. } if !self.has_booked() => action.leaves()?,
                Action::CallbackRequested { .. } => action.leaves()?,
                _ => return None,
            };
            let id = TaskId::derived(&format!("{}-{number}", self.interaction.id.suffix())).ok()?;
            let mut task = Task::new(id, self.interaction.person.clone(), title, Source::Conversation, now);
            task.due_at = Some(now + PROMISE_KEPT_IN);
            Some(task)
        });
        titles.collect()
    }

    fn decide(&self, content: &Content) -> State {
        let level = self.interaction.level;
        let standing = Standing::new(self.interaction.channel, level);
        let is_theirs = match content.kind() {
            // A number that called is one of a text.
            Kind::MissedCallText => self.interaction.channel == Channel::Phone,
            // The tool takes no other than one that they called from, or that is tied to them.
            Kind::HandoffText => standing.allows(Right::MailUnasked),
            _ => self.contact.contact_methods.email_confirmed && standing.allows(Right::MailUnasked),
        };
        let to = Recipient { relationship: self.analysis.relationship, level, is_theirs };
        self.settings.decide(content, to, self.persona.follow_up_policy)
    }

    /// Not at night; `None`: now.
    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        Some(awake(now, self.settings.quiet, &self.zones())).filter(|at| *at > now)
    }

    /// Where they may be.
    fn zones(&self) -> Vec<TimeZone> {
        zones(self.contact, self.settings)
    }

    fn style(&self) -> FollowUpStyle {
        RouteKind::of(self.analysis.relationship).unwrap_or(self.interaction.route).route().follow_up
    }

    /// They wait for it.
    fn was_asked_for(&self) -> bool {
        self.asks_for_link() || self.meeting().is_some()
    }

    fn asks_for_link(&self) -> bool {
        let is_mailed = |action: &Action| matches!(action, Action::HandoffRequested { text_to: None, .. });
        self.actions.iter().any(is_mailed)
    }

    /// The number to which they want the link, or the code; the last, if they named several.
    fn texted_to(&self, code: bool) -> Option<&Phone> {
        self.actions.iter().rev().find_map(|action| match action {
            Action::HandoffRequested { text_to, as_code, .. } if *as_code == code => text_to.as_ref(),
            _ => None,
        })
    }

    /// What is asked in a call in detail is better read than heard.
    fn wants_details(&self) -> bool {
        let spoken = self.interaction.channel != Channel::Chat;
        let intents = [Intent::TechnicalQuestion, Intent::Experience, Intent::Pricing];
        spoken && intents.contains(&self.analysis.intent) && !self.questions().is_empty()
    }

    fn meeting(&self) -> Option<Meeting> {
        self.actions.iter().rev().find_map(|action| match action {
            Action::MeetingProposed { topic, preferred_times, duration_minutes } => Some(Meeting {
                topic: topic.clone(),
                preferred_times: preferred_times.clone(),
                duration_minutes: *duration_minutes,
            }),
            _ => None,
        })
    }

    fn left_a_voicemail(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::VoicemailLeft { .. }))
    }

    fn has_booked(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::MeetingBooked { .. }))
    }

    fn questions(&self) -> Vec<String> {
        let asked = self.actions.iter().filter_map(|action| match action {
            Action::QuestionAnswered { question, .. } | Action::QuestionUnanswered { question } => {
                Some(question.clone())
            }
            _ => None,
        });
        asked.collect()
    }

    fn sources(&self) -> Vec<String> {
        let mut sources: Vec<String> = Vec::new();
        for action in self.actions {
            let Action::QuestionAnswered { sources: named, .. } = action else { continue };
            sources
                .extend(named.iter().filter(|source| !sources.contains(source)).cloned().collect::<Vec<_>>());
        }
        sources
    }

    fn reason(&self) -> String {
        let mut reasons: Vec<&str> = self
            .actions
            .iter()
            .filter_map(|action| match action {
                Action::MeetingProposed { .. } => Some("they proposed a time to meet"),
                Action::MeetingBooked { .. } => Some("they booked a meeting"),
                Action::HandoffRequested { channel: Channel::Chat, text_to: None, .. } => {
                    Some("they asked for a link to the chat")
                }
                Action::HandoffRequested { text_to: Some(_), .. } => None,
                Action::HandoffRequested { .. } => Some("they asked to continue on another channel"),
                _ => None,
            })
            .collect();
        reasons.dedup();
        match reasons.is_empty() {
            true if self.wants_details() => "they asked for details".to_owned(),
            true => "they left their address".to_owned(),
            false => reasons.join("; "),
        }
    }
}

/// Than that there is a meeting.
fn says_more(content: &Content) -> bool {
    let Content::SummaryEmail { sources, meeting, handoff, links, .. } = content else { return true };
    !sources.is_empty() || meeting.is_some() || handoff.is_some() || *links != Links::default()
}

/// What the owner is told at once.
fn for_the_owner(action: &Action) -> Option<String> {
    match action {
        Action::MessageTaken { message } => Some(message.clone()),
        Action::CallbackRequested { phone, when, .. } => {
            let when = when.as_ref().map(|when| format!(" ({when})")).unwrap_or_default();
            Some(format!("They ask to be called back on {}{when}.", phone.written()))
        }
        Action::PrivacyRequested { wish: Wish::Erasure, by_itself: false, .. } => {
            Some("They ask that all that is kept of them be erased.".to_owned())
        }
        Action::PrivacyRequested { wish: Wish::Export, by_itself: false, .. } => {
            Some("They ask for a copy of all that is kept of them.".to_owned())
        }
        Action::ContactStopped => {
            Some("They do not want to be called, mailed or texted any more.".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
