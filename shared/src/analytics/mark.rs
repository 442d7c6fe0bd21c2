//! What is counted of conversations: each mark is a question with yes or no, by which it is counted and found again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    interaction::{Channel, Intent, Interaction, Left, Outcome},
    memory::Tie,
    routing::RouteKind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// All of them.
    Conversation,
    /// Taken for an advertisement or a robot.
    Spam,
    /// The twin called, and reached nobody.
    Unreached,
    /// All that is neither: somebody got in touch, or was reached.
    Heard,
    /// The twin talked or wrote with them.
    Answered,
    /// And when its first word was heard is known.
    Greeted,
    /// It is known how long they waited for answers.
    Waited,
    /// A call that the twin could not take, or that broke off.
    Missed,
    /// A missed call that left a message.
    Caught,
    /// With something to offer or to buy: a role, an interview, a project, a question about rates.
    Qualified,
    /// A qualified one in which a meeting was proposed.
    Meeting,
    /// With somebody who was not known before.
    FirstContact,
    /// They left a message, or asked to be called back.
    Message,
    /// A heard one that asked to go on in another channel.
    Handoff,
    /// The owner took it over.
    Transferred,
    /// Something was asked that needs a source.
    Asked,
    /// And of that, something that a source supported an answer to.
    Grounded,
    /// Something was asked that nothing supported an answer to.
    Unanswered,
    /// They became closer than weak by it.
    NewTie,
    /// They were close, and had not been in touch for long.
    RenewedTie,
}

impl Mark {
    pub const ALL: [Self; 20] = [
        Self::Conversation,
        Self::Spam,
        Self::Unreached,
        Self::Heard,
        Self::Answered,
        Self::Greeted,
        Self::Waited,
        Self::Missed,
        Self::Caught,
        Self::Qualified,
        Self::Meeting,
        Self::FirstContact,
        Self::Message,
        Self::Handoff,
        Self::Transferred,
        Self::Asked,
        Self::Grounded,
        Self::Unanswered,
        Self::NewTie,
        Self::RenewedTie,
    ];

    /// Whether a conversation has it.
    pub fn holds(self, held: &Interaction) -> bool {
        let intent = held.analysis.as_ref().map_or(Intent::Unknown, |analysis| analysis.intent);
        let is_spam = held.route == RouteKind::Spam
            || held.outcome == Some(Outcome::Screened)
            || intent == Intent::Spam;
        let measured = held.measured.as_ref();
        let is_unreached = matches!(
            held.outcome,
            Some(
                Outcome::NoAnswer
                    | Outcome::Busy
                    | Outcome::NotReached
                    | Outcome::OutOfService
                    | Outcome::MessageLeft
            )
        );
        let is_heard = !is_spam && !is_unreached;
        let is_missed = is_heard
            && held.channel == Channel::Phone
            && matches!(held.outcome, Some(Outcome::Voicemail | Outcome::ModelUnavailable | Outcome::Lost));
        let is_answered = is_heard && !is_missed && held.outcome.is_some();
        let left = |what: Left| measured.is_some_and(|measured| measured.left.contains(&what));
        let tied = |tie: Tie| is_heard && measured.is_some_and(|measured| measured.tie == Some(tie));
        let is_qualified = is_heard
            && matches!(
                intent,
                Intent::JobOpportunity | Intent::InterviewScheduling | Intent::Consultation | Intent::Pricing
            );
        match self {
            Self::Conversation => true,
            Self::Spam => is_spam,
            Self::Unreached => is_unreached,
            Self::Heard => is_heard,
            Self::Answered => is_answered,
            Self::Greeted => {
                is_answered && measured.is_some_and(|measured| measured.first_words_ms.is_some())
            }
            Self::Waited => measured.is_some_and(|measured| measured.waited.is_some()),
            Self::Missed => is_missed,
            Self::Caught => is_missed && left(Left::Message),
            Self::Qualified => is_qualified,
            Self::Meeting => is_qualified && left(Left::Meeting),
            Self::FirstContact => is_heard && measured.is_some_and(|measured| measured.is_first),
            Self::Message => left(Left::Message),
            Self::Handoff => is_heard && left(Left::Handoff),
            Self::Transferred => held.outcome == Some(Outcome::Transferred),
            Self::Asked => measured.is_some_and(|measured| measured.grounded + measured.abstained > 0),
            Self::Grounded => measured.is_some_and(|measured| measured.grounded > 0),
            Self::Unanswered => measured.is_some_and(|measured| measured.abstained > 0),
            Self::NewTie => tied(Tie::Formed),
            Self::RenewedTie => tied(Tie::Renewed),
        }
    }
}
