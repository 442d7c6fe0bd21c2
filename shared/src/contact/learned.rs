//! What a conversation says about a contact.

use super::{Contact, Detail, RelationshipKind};
use crate::{
    interaction::{Action, Analysis, Channel},
    predicate::{Predicate, Stated},
};

/// Topics, and interests, that are kept; the newest come first.
const MAX_TOPICS: usize = 10;
/// A reading that is less sure than this, in percent, is no preference.
const SURE: u8 = 50;

impl Contact {
    /// What the reading of a conversation would have stand in the contact.
    pub fn details_of(&self, analysis: &Analysis, actions: &[Action]) -> Vec<Detail> {
        let mut details = Vec::new();
        if analysis.relationship != RelationshipKind::Unknown {
            details.push(Detail::Relationship(analysis.relationship));
        }
        // What they confirmed, or what is known already, says more than a reading does.
        if self.company.is_none() && analysis.company.is_some() {
            details.push(Detail::Company(analysis.company.clone()));
        }
        if self.professional.industry.is_none() && analysis.industry.is_some() {
            details.push(Detail::Industry(analysis.industry.clone()));
        }
        details.push(Detail::Importance(self.importance.max(analysis.importance)));
        details.push(Detail::Topics(newest(analysis.topics.clone(), &self.preferences.topics)));
        details.extend(self.stated(&analysis.facts));
        let wish = actions.iter().rev().find_map(|action| match action {
            Action::CallbackRequested { when, .. } => Some(when.clone()),
            _ => None,
        });
        if let Some(when) = wish {
            details.retain(|detail| !matches!(detail, Detail::PreferredChannel(_)));
            details.push(Detail::PreferredChannel(Some(Channel::Phone)));
            if when.is_some() {
                details.retain(|detail| !matches!(detail, Detail::BestContactTime(_)));
            }
            details.extend(when.map(|when| Detail::BestContactTime(Some(when))));
        }
        details
    }

    /// What they said of themselves, as far as a contact has a place for it. Of what holds one at a time, the last.
    fn stated(&self, facts: &[Stated]) -> Vec<Detail> {
        let own = |predicate: Predicate| {
            facts.iter().rev().filter(move |fact| {
                fact.predicate == predicate
                    && fact.subject.is_empty()
                    && fact.confidence >= SURE
                    && !fact.value.is_empty()
            })
        };
        let last = |predicate| own(predicate).next().map(|fact| fact.value.clone());
        let mut details = Vec::new();
        if self.role.is_none() {
            details.extend(last(Predicate::Role).map(|role| Detail::Role(Some(role))));
        }
        let interests: Vec<String> = own(Predicate::InterestedIn).map(|fact| fact.value.clone()).collect();
        if !interests.is_empty() {
            details.push(Detail::Interests(newest(interests, &self.professional.interests)));
        }
        details.extend(last(Predicate::PrefersStyle).map(|style| Detail::CommunicationStyle(Some(style))));
        let channel = last(Predicate::PrefersChannel).and_then(|words| channel_of(&words));
        details.extend(channel.map(|channel| Detail::PreferredChannel(Some(channel))));
        details.extend(last(Predicate::BestTime).map(|time| Detail::BestContactTime(Some(time))));
        details
    }
}

fn newest(new: Vec<String>, known: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in new.into_iter().chain(known.iter().cloned()) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.truncate(MAX_TOPICS);
    all
}

/// A mail or a text message is none of the twin's channels.
fn channel_of(words: &str) -> Option<Channel> {
    match words.trim().to_lowercase().as_str() {
        "chat" => Some(Channel::Chat),
        "voice" => Some(Channel::Voice),
        "phone" | "telephone" | "call" | "calls" => Some(Channel::Phone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{identity::Phone, interaction::Importance};

    #[test]
    fn a_conversation_adds_and_takes_nothing_away() {
        let mut contact = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        contact.company = Some("Northgate".to_owned());
        contact.importance = Importance::High;
        contact.preferences.topics = vec!["Rust".to_owned(), "payments".to_owned()];
        let analysis = Analysis {
            topics: vec!["payments".to_owned(), "a staff role".to_owned()],
            company: Some("Southgate".to_owned()),
            industry: Some("finance".to_owned()),
            ..Analysis::default()
        };
        let wish = Action::CallbackRequested {
            phone: Phone::parse("+14155550123").unwrap(),
            when: Some("mornings".to_owned()),
            at: None,
        };
        let topics = ["payments", "a staff role", "Rust"].map(str::to_owned).to_vec();
        assert_eq!(
            contact.details_of(&analysis, &[wish]),
            [
                Detail::Industry(Some("finance".to_owned())),
                Detail::Importance(Importance::High),
                Detail::Topics(topics),
                Detail::PreferredChannel(Some(Channel::Phone)),
                Detail::BestContactTime(Some("mornings".to_owned())),
            ]
        );
    }

    #[test]
    fn what_they_state_of_themselves_has_its_place() {
        let contact = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        let of = |subject: &str, predicate, value: &str, confidence| Stated {
            statement: String::new(),
            quote: String::new(),
            offset_ms: 0,
            subject: subject.to_owned(),
            predicate,
            value: value.to_owned(),
            confidence,
        };
        let said = |predicate, value| of("", predicate, value, 80);
        let facts = vec![
            said(Predicate::PrefersStyle, "long"),
            said(Predicate::PrefersStyle, "short"),
            said(Predicate::PrefersChannel, "Chat"),
            said(Predicate::BestTime, "in the morning"),
            said(Predicate::InterestedIn, "Rust"),
            said(Predicate::Role, "CTO"),
            of("Northgate", Predicate::InterestedIn, "Go", 80),
            of("", Predicate::InterestedIn, "Zig", 10),
        ];
        let details = contact.details_of(&Analysis { facts: facts.clone(), ..Analysis::default() }, &[]);
        let text = |text: &str| Some(text.to_owned());
        for expected in [
            Detail::CommunicationStyle(text("short")),
            Detail::PreferredChannel(Some(Channel::Chat)),
            Detail::BestContactTime(text("in the morning")),
            Detail::Interests(vec!["Rust".to_owned()]),
            Detail::Role(text("CTO")),
        ] {
            assert!(details.contains(&expected), "{expected:?} in {details:?}");
        }
        let known = Contact { role: text("VP"), ..contact.clone() };
        let again = known.details_of(&Analysis { facts, ..Analysis::default() }, &[]);
        assert!(!again.iter().any(|detail| matches!(detail, Detail::Role(_))));
        let mailed = vec![said(Predicate::PrefersChannel, "email")];
        let none = contact.details_of(&Analysis { facts: mailed, ..Analysis::default() }, &[]);
        assert!(!none.iter().any(|detail| matches!(detail, Detail::PreferredChannel(_))), "no channel");
    }
}
