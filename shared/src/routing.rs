//! Context-aware routing: who calls, and so how the call is taken. The mission's `routingLogic`. Pure.

pub mod settings;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::settings::{PhoneSettings, Reach};
use crate::{
    contact::RelationshipKind,
    identity::{Assurance, Phone},
    interaction::{Channel, Importance},
    language::Words,
    policy::{Right, Standing},
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    Recruiter,
    Networking,
    Consultation,
    /// Somebody who was in touch before, about none of these.
    KnownPerson,
    /// The conversation finds out.
    #[default]
    Unknown,
    Spam,
    /// Somebody is in danger: they are told whom to call, and the owner is told.
    Emergency,
}

/// How a call is taken: values of the mission's routing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub kind: RouteKind,
    pub priority: Importance,
    pub greeting: Greeting,
    /// What the conversation is steered towards, said to the model.
    pub focus: &'static str,
    pub follow_up: FollowUpStyle,
}

/// How the first sentence goes on, after it has said that an AI speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    ProfessionalRecruiting,
    WarmProfessional,
    Expertise,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUpStyle {
    CalendarScheduling,
    LinkedInConnection,
    Proposal,
    Summary,
    /// Nothing follows.
    Nothing,
}

/// A score for spam from here on is asked who it is calling for.
pub const CHALLENGED_FROM: u8 = 50;
/// And from here on is not taken: no single sign leads here.
pub const REFUSED_FROM: u8 = 95;

/// What is known while it rings.
#[derive(Debug, Clone, Copy)]
pub struct Ringing<'a> {
    /// `None` if withheld.
    pub number: Option<&'a Phone>,
    pub level: Assurance,
    /// The telephone that passed the call on, where that is told.
    pub forwarded_from: Option<&'a Phone>,
    /// It may be believed that the number is theirs.
    pub attested: bool,
    /// Of the person whom the number leads to.
    pub relationship: RelationshipKind,
    /// How often they were in touch before.
    pub contacts: u64,
    /// It is known who they are: whoever only called before may be a machine that calls again.
    pub named: bool,
    /// 0 to 100.
    pub spam: u8,
    /// Calls of this number today, as sure or as unsure as this one: a machine may call it back again and again.
    pub today: u64,
    /// As many calls of this number, or without one, go on as may at once, and the network does not say that it is theirs.
    pub crowded: bool,
}

/// So many calls of one number are enough for a day, whoever it is: then they are asked for a message.
pub const CALLS_A_DAY: u64 = 40;
/// The same of a number that the owner lists: anybody can show it.
pub const LISTED_CALLS_A_DAY: u64 = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routed {
    pub kind: RouteKind,
    pub handling: Handling,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// To the owner at once; to the twin if they do not answer.
    PutThrough,
    #[default]
    Converse,
    /// The twin first asks who is calling, and for whom.
    Challenge,
    /// Nobody talks with them; they may leave a message.
    TakeMessage,
    /// Not answered.
    Refuse,
}

/// How a call is taken. Who a number is said to be does not say who calls: only a verified caller has a route of their
/// own. But whoever may be known is never refused.
pub fn route(ringing: &Ringing<'_>, settings: &PhoneSettings, now: Timestamp) -> Routed {
    let listed = |list: &[Phone]| ringing.number.is_some_and(|number| list.contains(number));
    let related = ringing.relationship != RelationshipKind::Unknown;
    let is_known = ringing.contacts > 0 || related;
    let is_sure = Standing::new(Channel::Phone, ringing.level).allows(Right::Past);
    let is_familiar = ringing.named || related || (is_known && is_sure);
    let is_listed = listed(&settings.vip) || listed(&settings.allowed);
    let is_welcome = is_familiar || is_listed;
    let most = if is_listed { LISTED_CALLS_A_DAY } else { CALLS_A_DAY };
    // Their telephone passes on what they do not take: it would ring in a circle.
    let has_rung = ringing.forwarded_from.is_some_and(|line| settings.owner_line.as_ref() == Some(line));
    let enough = ringing.crowded || ringing.today >= most;
    let kind = match (is_sure, is_known) {
        (true, true) => RouteKind::of(ringing.relationship).unwrap_or(RouteKind::KnownPerson),
        _ => RouteKind::Unknown,
    };
    let handling = if listed(&settings.blocked) {
        return Routed { kind: RouteKind::Spam, handling: Handling::Refuse };
    } else if enough && (is_welcome || ringing.spam < REFUSED_FROM) {
        Handling::TakeMessage
    } else if listed(&settings.vip) && ringing.attested && !has_rung && settings.is_reachable_for_vip(now) {
        Handling::PutThrough
    } else if is_welcome {
        Handling::Converse
    } else if ringing.spam >= REFUSED_FROM {
        return Routed { kind: RouteKind::Spam, handling: Handling::Refuse };
    } else if ringing.spam >= CHALLENGED_FROM {
        Handling::Challenge
    } else {
        Handling::Converse
    };
    Routed { kind, handling }
}

impl RouteKind {
    /// Those that a conversation may turn out to be.
    pub const FOUND_OUT: [Self; 5] =
        [Self::Recruiter, Self::Networking, Self::Consultation, Self::Spam, Self::Emergency];

    /// The route of somebody whose relationship is known.
    pub fn of(relationship: RelationshipKind) -> Option<Self> {
        match relationship {
            RelationshipKind::Recruiter => Some(Self::Recruiter),
            RelationshipKind::Colleague | RelationshipKind::Mentor => Some(Self::Networking),
            RelationshipKind::Client | RelationshipKind::PotentialClient => Some(Self::Consultation),
            RelationshipKind::Unknown => None,
        }
    }

    pub fn route(self) -> Route {
        use FollowUpStyle as Then;
        use Importance::{High, Low, Medium};
        let (priority, greeting, focus, follow_up) = match self {
            Self::Recruiter => (
                High,
                Greeting::ProfessionalRecruiting,
                "career opportunities: the role, the company, the level, the range, the next step",
                Then::CalendarScheduling,
            ),
            Self::Networking => (
                Medium,
                Greeting::WarmProfessional,
                "building the relationship: what connects the two, and how to stay in touch",
                Then::LinkedInConnection,
            ),
            Self::Consultation => (
                High,
                Greeting::Expertise,
                "sharing technical knowledge: the problem, its constraints, what has been tried",
                Then::Proposal,
            ),
            Self::KnownPerson => (
                Medium,
                Greeting::WarmProfessional,
                "what they got in touch about before, and what they need now",
                Then::Summary,
            ),
            Self::Unknown => {
                (Medium, Greeting::Plain, "finding out who calls and what they need", Then::Summary)
            }
            Self::Spam => (
                Low,
                Greeting::Plain,
                "ending an advertisement politely within two sentences: promise nothing, note nothing",
                Then::Nothing,
            ),
            Self::Emergency => (
                High,
                Greeting::Plain,
                "their safety: tell them to hang up and call their emergency number, such as 112 or 911, at \
                 once; you cannot send help yourself",
                Then::Summary,
            ),
        };
        Route { kind: self, priority, greeting, focus, follow_up }
    }
}

impl Greeting {
    /// The question that ends the first sentence.
    pub fn question(self, words: &Words) -> &'static str {
        match self {
            Self::ProfessionalRecruiting => words.ask_role,
            Self::WarmProfessional => words.ask_warmly,
            Self::Expertise => words.ask_work,
            Self::Plain => words.ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missions_table() {
        let rows = [
            (
                RelationshipKind::Recruiter,
                Importance::High,
                Greeting::ProfessionalRecruiting,
                "career opportunities",
                FollowUpStyle::CalendarScheduling,
            ),
            (
                RelationshipKind::Colleague,
                Importance::Medium,
                Greeting::WarmProfessional,
                "building the relationship",
                FollowUpStyle::LinkedInConnection,
            ),
            (
                RelationshipKind::PotentialClient,
                Importance::High,
                Greeting::Expertise,
                "sharing technical knowledge",
                FollowUpStyle::Proposal,
            ),
            (
                RelationshipKind::Unknown,
                Importance::Medium,
                Greeting::Plain,
                "finding out who calls",
                FollowUpStyle::Summary,
            ),
        ];
        for (relationship, priority, greeting, focus, follow_up) in rows {
            let route = RouteKind::of(relationship).unwrap_or_default().route();
            assert_eq!(
                (route.priority, route.greeting, route.follow_up),
                (priority, greeting, follow_up),
                "{relationship:?}"
            );
            assert!(route.focus.starts_with(focus), "{relationship:?}");
        }
    }

    const STRANGER: &str = "+14155550123";

    /// A Wednesday at noon in New York.
    fn noon() -> Timestamp {
        "2026-03-11T16:00:00Z".parse().unwrap()
    }

    fn settings(text: &str) -> PhoneSettings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn who_calls_and_how_the_call_is_taken() {
        use Assurance::{Anonymous, Claimed, Verified};
        use Handling::{Challenge, Converse, PutThrough, Refuse, TakeMessage};
        use RelationshipKind::{Client, Recruiter, Unknown};
        let plain = "{}";
        let vip = r#"{"ownerLine":"+12125550100","vip":["+14155550123"]}"#;
        let quiet = r#"{"ownerLine":"+12125550100","vip":["+14155550123"],"doNotDisturb":true}"#;
        let no_line = r#"{"vip":["+14155550123"]}"#;
        let blocked = r#"{"blocked":["+14155550123"],"vip":["+14155550123"]}"#;
        let allowed = r#"{"allowed":["+14155550123"]}"#;
        let rows = [
            (plain, Claimed, Unknown, 0, 0, RouteKind::Unknown, Converse),
            (plain, Claimed, Recruiter, 2, 0, RouteKind::Unknown, Converse),
            (plain, Verified, Recruiter, 2, 0, RouteKind::Recruiter, Converse),
            (plain, Verified, Client, 1, 0, RouteKind::Consultation, Converse),
            (plain, Verified, Unknown, 3, 0, RouteKind::KnownPerson, Converse),
            (plain, Verified, Unknown, 0, 0, RouteKind::Unknown, Converse),
            (plain, Claimed, Unknown, 0, CHALLENGED_FROM, RouteKind::Unknown, Challenge),
            (plain, Claimed, Unknown, 0, REFUSED_FROM - 1, RouteKind::Unknown, Challenge),
            (plain, Claimed, Unknown, 0, REFUSED_FROM, RouteKind::Spam, Refuse),
            (plain, Claimed, Unknown, 1, 100, RouteKind::Unknown, Converse),
            (plain, Claimed, Client, 0, 100, RouteKind::Unknown, Converse),
            (allowed, Claimed, Unknown, 0, 100, RouteKind::Unknown, Converse),
            (vip, Claimed, Unknown, 0, 100, RouteKind::Unknown, PutThrough),
            (vip, Verified, Client, 4, 0, RouteKind::Consultation, PutThrough),
            (quiet, Claimed, Unknown, 0, 100, RouteKind::Unknown, Converse),
            (no_line, Claimed, Unknown, 0, 0, RouteKind::Unknown, Converse),
            (blocked, Verified, Client, 9, 0, RouteKind::Spam, Refuse),
        ];
        let number = Phone::parse(STRANGER).unwrap();
        for (policy, level, relationship, contacts, spam, kind, handling) in rows {
            let named = contacts > 0;
            let ringing = Ringing {
                number: Some(&number),
                level,
                forwarded_from: None,
                attested: true,
                relationship,
                contacts,
                named,
                spam,
                today: 0,
                crowded: false,
            };
            let routed = route(&ringing, &settings(policy), noon());
            assert_eq!(routed, Routed { kind, handling }, "{policy} {ringing:?}");
            let is_listed = [allowed, vip, quiet, no_line].contains(&policy);
            for (today, is_enough) in [
                (CALLS_A_DAY - 1, false),
                (CALLS_A_DAY, !is_listed),
                (LISTED_CALLS_A_DAY - 1, !is_listed),
                (LISTED_CALLS_A_DAY, true),
            ] {
                let again = route(&Ringing { today, ..ringing }, &settings(policy), noon());
                let expected = if is_enough && handling != Refuse { TakeMessage } else { handling };
                assert_eq!(again.handling, expected, "{policy} {ringing:?}");
            }
            let crowded = route(&Ringing { crowded: true, ..ringing }, &settings(policy), noon());
            let expected = if handling == Refuse { Refuse } else { TakeMessage };
            assert_eq!(crowded.handling, expected, "{policy} {ringing:?}");
        }
        let again = Ringing {
            number: Some(&number),
            level: Claimed,
            forwarded_from: None,
            attested: true,
            relationship: Unknown,
            contacts: 40,
            named: false,
            spam: REFUSED_FROM,
            today: 0,
            crowded: false,
        };
        assert_eq!(
            route(&again, &settings(plain), noon()).handling,
            Refuse,
            "calling often makes nobody known"
        );
        let withheld = Ringing {
            number: None,
            level: Anonymous,
            forwarded_from: None,
            attested: false,
            relationship: Unknown,
            contacts: 0,
            named: false,
            spam: 0,
            today: 0,
            crowded: false,
        };
        assert_eq!(route(&withheld, &settings(blocked), noon()).handling, Converse);
        let spoofed = Ringing { attested: false, spam: 100, ..again };
        assert_eq!(
            route(&spoofed, &settings(vip), noon()).handling,
            Converse,
            "whoever shows a listed number does not ring the owner"
        );
        let (line, other) = (Phone::parse("+12125550100").unwrap(), Phone::parse("+12125550101").unwrap());
        for (forwarded_from, expected) in
            [(None, PutThrough), (Some(&other), PutThrough), (Some(&line), Converse)]
        {
            let passed_on = Ringing { forwarded_from, ..again };
            assert_eq!(
                route(&passed_on, &settings(vip), noon()).handling,
                expected,
                "what the owner did not take does not ring there again: {forwarded_from:?}"
            );
        }
    }
}
