//! The domain's closed sets in words for the owner.

use twin::{
    contact::{RelationshipKind, Strength},
    follow_up::State,
    identity::Assurance,
    interaction::{Channel, Importance, Interaction, Outcome, Status},
    routing::RouteKind,
};

pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "Chat",
        Channel::Voice => "Voice",
        Channel::Phone => "Phone call",
    }
}

/// `None` where it was not found out.
pub fn route(route: RouteKind) -> Option<&'static str> {
    Some(match route {
        RouteKind::Recruiter => "route: recruiter",
        RouteKind::Networking => "route: networking",
        RouteKind::Consultation => "route: consultation",
        RouteKind::KnownPerson => "route: known person",
        RouteKind::Unknown => return None,
        RouteKind::Spam => "route: spam",
        RouteKind::Emergency => "route: emergency",
    })
}

pub fn outcome(interaction: &Interaction) -> &'static str {
    match (interaction.status, interaction.outcome) {
        (Status::Open, _) => "in progress",
        (_, None) => "ended",
        (_, Some(Outcome::Completed)) => "completed",
        (_, Some(Outcome::HungUp)) => "they hung up",
        (_, Some(Outcome::Silence)) => "ended after silence",
        (_, Some(Outcome::DurationLimit)) => "ended when its time was up",
        (_, Some(Outcome::ModelUnavailable)) => "assistant not available",
        (_, Some(Outcome::Voicemail)) => "voicemail",
        (_, Some(Outcome::Idle)) => "ended",
        (_, Some(Outcome::Transferred)) => "put through to you",
        (_, Some(Outcome::Screened)) => "not answered",
        (_, Some(Outcome::NoAnswer)) => "nobody answered",
        (_, Some(Outcome::Busy)) => "busy",
        (_, Some(Outcome::NotReached)) => "not reached",
        (_, Some(Outcome::OutOfService)) => "number not in use",
        (_, Some(Outcome::MessageLeft)) => "left a message",
        (_, Some(Outcome::Abuse)) => "ended: abusive",
        (_, Some(Outcome::Lost)) => "connection lost",
    }
}

pub fn level(level: Assurance) -> &'static str {
    match level {
        Assurance::Anonymous => "not identified",
        Assurance::Claimed => "identity not verified",
        Assurance::Verified => "identity verified",
        Assurance::SignedIn => "signed in",
    }
}

/// `None` while it is not known.
pub fn relationship(kind: RelationshipKind) -> Option<&'static str> {
    match kind {
        RelationshipKind::Recruiter => Some("Recruiter"),
        RelationshipKind::Colleague => Some("Colleague"),
        RelationshipKind::Client => Some("Client"),
        RelationshipKind::PotentialClient => Some("Potential client"),
        RelationshipKind::Mentor => Some("Mentor"),
        RelationshipKind::Unknown => None,
    }
}

pub fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Weak => "weak",
        Strength::Medium => "medium",
        Strength::Strong => "strong",
    }
}

pub fn importance(importance: Importance) -> &'static str {
    match importance {
        Importance::Low => "low",
        Importance::Medium => "medium",
        Importance::High => "high",
    }
}

/// How a state looks: the name of a class of the stylesheet.
pub fn mood(state: State) -> &'static str {
    match state {
        State::Sent | State::Delivered => "good",
        State::Failed | State::Unknown | State::Bounced | State::Complained | State::Dead => "bad",
        State::AwaitingApproval => "waiting",
        State::Planned | State::Approved | State::Sending | State::Cancelled => "neutral",
    }
}
