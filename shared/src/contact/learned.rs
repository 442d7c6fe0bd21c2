//! What a conversation says about a contact.

use super::{Contact, Detail, RelationshipKind};
use crate::interaction::{Action, Analysis, Channel};

/// Topics that are kept; the newest come first.
const MAX_TOPICS: usize = 10;

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
        let mut topics = analysis.topics.clone();
        topics
            .extend(self.preferences.topics.iter().filter(|topic| !analysis.topics.contains(topic)).cloned());
        topics.truncate(MAX_TOPICS);
        details.push(Detail::Topics(topics));
        let wish = actions.iter().rev().find_map(|action| match action {
            Action::CallbackRequested { when, .. } => Some(when.clone()),
            _ => None,
        });
        if let Some(when) = wish {
            details.push(Detail::PreferredChannel(Some(Channel::Phone)));
            details.extend(when.map(|when| Detail::BestContactTime(Some(when))));
        }
        details
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
}
