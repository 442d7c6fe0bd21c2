//! What comes of conversations: mails, opportunities, and questions that nothing answers.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use twin::{
    contact::{Brought, Currency, Money, Opportunity, Source, Stage},
    follow_up::{Content, FollowUp, Links, State, Word},
    id::{GapId, OpportunityId},
    interaction::{Intent, Interaction},
    knowledge::gap::Gap,
};

use super::{Maker, making::address};

/// Follow-ups of the last days that still wait for the owner.
const WAITING_DAYS: i64 = 10;

const QUESTIONS: [&str; 8] = [
    "Demo: is there a security clearance?",
    "Demo: which notice period applies?",
    "Demo: has anything been done with Kafka Streams?",
    "Demo: are on-site weeks in Lisbon possible?",
    "Demo: is there a portfolio of talks?",
    "Demo: which cloud certificates are there?",
    "Demo: is a fixed price offered?",
    "Demo: how large was the largest team?",
];

impl Maker {
    /// The follow-up, and the opportunity that may come of it.
    pub(super) fn after(&mut self, held: &Interaction, topic: &str, back: i64) {
        let ended = held.ended_at.unwrap_or(held.started_at);
        let Some(to) = address(&held.person) else { return };
        let content = Content::SummaryEmail {
            to,
            channel: held.channel,
            quote: Some(format!("Demo: this is about {topic}.")),
            questions: Vec::new(),
            sources: Vec::new(),
            meeting: None,
            slots: Vec::new(),
            handoff: None,
            links: Links::default(),
            note: None,
            rehearsed: None,
            copy: false,
        };
        let reason = "they want to hear from you".to_owned();
        if self.chance(0.55)
            && let Some(mut mail) =
                FollowUp::new(held, content.kind().key(), content, State::AwaitingApproval, reason, ended)
        {
            let waited = SignedDuration::from_mins(self.random.random_range(3..900));
            if back >= WAITING_DAYS || self.chance(0.6) {
                let (word, state) = match self.random.random_range(0..100) {
                    0..70 => (Word::AsIs, State::Sent),
                    70..88 => (Word::Edited, State::Sent),
                    _ => (Word::Rejected, State::Cancelled),
                };
                let at = (ended + waited).min(self.now);
                (mail.decided, mail.state, mail.updated_at, mail.settled_at) =
                    (Some(word), state, at, Some(at));
            }
            self.history.follow_ups.push(mail);
        }
        let intent = held.analysis.as_ref().map(|analysis| analysis.intent).unwrap_or_default();
        if matches!(intent, Intent::JobOpportunity | Intent::Consultation) && self.chance(0.3) {
            self.opportunity(held, topic, ended);
        }
    }

    fn opportunity(&mut self, held: &Interaction, topic: &str, at: Timestamp) {
        let number = self.history.opportunities.len();
        let Ok(id) = OpportunityId::derived(&format!("DEMO{number:05}")) else { return };
        let source = Brought {
            by: Source::Conversation,
            channel: Some(held.channel),
            relationship: held.relationship(),
            interaction: Some(held.id.clone()),
        };
        let title = format!("Demo: {topic}");
        let mut brought = Opportunity::new(id, held.person.clone(), title, source, Stage::Lead, at);
        let amount = 1_000 * self.random.random_range(4..70);
        brought.value = Currency::try_from("USD".to_owned()).ok().map(|currency| Money { amount, currency });
        let ends_as = if self.chance(0.42) { Stage::Won } else { Stage::Lost };
        let mut when = at;
        for stage in [Stage::Contacted, Stage::Interviewing, Stage::Proposal, ends_as] {
            when += SignedDuration::from_hours(self.random.random_range(20..500));
            if when >= self.now || self.chance(0.06) {
                break;
            }
            brought.move_to(stage, Source::Owner, when);
            brought.updated_at = when;
        }
        self.history.opportunities.push(brought);
    }

    pub(super) fn gaps(&mut self, days: i64) {
        for (number, question) in QUESTIONS.into_iter().enumerate() {
            let Ok(id) = GapId::derived(&format!("DEMO{number}")) else { continue };
            let ago = SignedDuration::from_hours(24 * self.random.random_range(0..days.max(1)) + 2);
            let first = self.now - ago;
            let mut gap = Gap::new(id, question, first);
            for _ in 0..self.random.random_range(0..9) {
                gap.asked_again(question, first + SignedDuration::from_mins(7));
            }
            if number % 3 == 0 {
                let at = (first + SignedDuration::from_hours(self.random.random_range(2..90))).min(self.now);
                gap.answer = Some("Demo: yes.".to_owned());
                gap.answered_at = Some(at);
            }
            self.history.gaps.push(gap);
        }
    }
}
