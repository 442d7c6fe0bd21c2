//! Mails to the person: one for all that a conversation asks for, and those that stand for themselves.

use jiff::{SignedDuration, Timestamp};

use super::Basis;
use crate::{
    follow_up::{Content, FollowUp, Links, News, State, due::awake},
    id::HandoffId,
    identity::Email,
    interaction::{Action, Channel, Intent, Wish},
    proposal::Drafted,
    routing::FollowUpStyle,
    talk::{AGAIN_WITHIN, feedback::Feedback},
};

impl Basis<'_> {
    /// One mail for all that a conversation asks for, rather than several.
    pub(super) fn summary_email(&self, now: Timestamp) -> Option<FollowUp> {
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
    pub(super) fn copy_mail(&self, now: Timestamp) -> Option<FollowUp> {
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
    pub(super) fn rehearsal(&self, now: Timestamp) -> Option<FollowUp> {
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
    pub(super) fn copy_told(&self) -> Option<String> {
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
    pub(super) fn nudge(&self, mail: &FollowUp, now: Timestamp) -> Option<FollowUp> {
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
    pub(super) fn proposed(&self, now: Timestamp) -> Option<FollowUp> {
        let Drafted { proposal, document } = self.proposal?;
        let to = self.contact.contact_methods.email.clone()?;
        let content =
            Content::Proposal { to, proposal: Box::new(proposal.clone()), document: document.clone() };
        let state = self.decide(&content);
        let reason = format!("they asked for help with what you offer: {}", proposal.title);
        self.make(content, state, reason, now)
    }

    /// They wait for it.
    fn was_asked_for(&self) -> bool {
        self.asks_for_link() || self.meeting().is_some()
    }

    fn asks_for_link(&self) -> bool {
        let is_mailed = |action: &Action| matches!(action, Action::HandoffRequested { text_to: None, .. });
        self.actions.iter().any(is_mailed)
    }

    /// What is asked in a call in detail is better read than heard.
    fn wants_details(&self) -> bool {
        let spoken = self.interaction.channel != Channel::Chat;
        let intents = [Intent::TechnicalQuestion, Intent::Experience, Intent::Pricing];
        spoken && intents.contains(&self.analysis.intent) && !self.questions().is_empty()
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
