//! What follows from a conversation. Pure: the same conversation plans the same, whenever it is read.

mod owner;
mod mails;
mod texts;

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Content, FollowUp, Kind, Meeting, State,
    due::{awake, zones},
    settings::{FollowUpSettings, Recipient},
};
use crate::{
    contact::{Contact, Task},
    interaction::{Action, Analysis, Channel, Interaction},
    persona::Persona,
    policy::{Right, Standing},
    proposal::Drafted,
    routing::{FollowUpStyle, RouteKind},
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

/// What is planned, before anybody's wish not to hear of it is looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub follow_ups: Vec<FollowUp>,
    /// What was promised and only the owner can do.
    pub tasks: Vec<Task>,
}

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
    // The conversation itself is read by now, and does not say so yet.
    for planned in &mut follow_ups {
        planned.relationship = basis.analysis.relationship;
    }
    Plan { follow_ups, tasks: basis.tasks(now) }
}

impl Basis<'_> {
    /// One of its kind in this conversation, with what it quotes of it.
    fn make(&self, content: Content, state: State, reason: String, now: Timestamp) -> Option<FollowUp> {
        let mut made = FollowUp::new(self.interaction, content.kind().key(), content, state, reason, now)?;
        made.quote.clone_from(&self.analysis.quote);
        Some(made)
    }

    /// Whether it waits for the owner's word.
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

    fn has_booked(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::MeetingBooked { .. }))
    }
}

#[cfg(test)]
mod tests;
