//! A call that is to be placed: what it is about, and how far it came.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::Contact,
    id::{CallSid, DialId, InteractionId, PersonId},
    identity::Phone,
    interaction::Outcome,
    language,
    outbound::Detected,
    persona::Briefing,
    wire::twilio::webhook::CallStatus,
};

/// Characters.
pub const MAX_PURPOSE: usize = 160;
pub const MAX_CONTEXT: usize = 2000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dial {
    pub id: DialId,
    pub person: PersonId,
    pub number: Phone,
    /// What it is about, as it is said to whoever picks up: "your interview on Tuesday".
    pub purpose: String,
    /// What the twin has to know and to find out; said to nobody as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    pub asked_by: By,
    pub state: State,
    /// It rings at this time at the earliest.
    pub due_at: Timestamp,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Why it did not come about, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Owner,
    /// Whoever is called asked for it.
    Person,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// For its time.
    Planned,
    /// The intent is stored; whether Twilio has it is not known yet.
    Dialling,
    Ringing,
    /// Somebody, or something, has picked up.
    Answered,
    Done,
    /// It was tried often enough.
    GivenUp,
    /// It may not be placed.
    Refused,
    Cancelled,
    /// It may have been placed. It is not placed again without the owner's word.
    Unknown,
}

/// One call: each is a conversation of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub interaction: InteractionId,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSid>,
    /// What Twilio takes whoever picked up for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected: Option<Detected>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What is said where no person has picked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// To a service that asks who is calling.
    pub screened: String,
    /// To a box.
    pub message: String,
}

impl State {
    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Planned | Self::Dialling | Self::Ringing | Self::Answered)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Dialling => "dialling",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Done => "done",
            Self::GivenUp => "given up",
            Self::Refused => "not placed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown: it may have been placed",
        }
    }
}

impl Dial {
    /// The attempt that is under way, if this is its conversation.
    pub fn under_way(&mut self, interaction: &InteractionId) -> Option<&mut Attempt> {
        let last = self.attempts.last_mut()?;
        (last.interaction == *interaction && last.outcome.is_none()).then_some(last)
    }

    /// The conversation in which they asked to be called back: this one goes on with it.
    pub fn asked_in(&self) -> Option<InteractionId> {
        (self.asked_by == By::Person).then(|| InteractionId::derived(self.id.suffix()).ok()).flatten()
    }

    /// What the twin is told, and its first words: who calls for whom, and why.
    /// In the language of the briefing, which is that of the purpose.
    pub fn briefing(&self, owner: &str, contact: &Contact, briefing: &mut Briefing) {
        let (greeting, words) = self.words(owner, contact, briefing.spoken.words());
        briefing.greeting = greeting;
        briefing.outbound = Some(words);
        let asked = match self.asked_by {
            By::Owner => "The owner asked for this call",
            By::Person => "They asked to be called back",
        };
        let who = contact.name.as_deref().unwrap_or("whoever has this number");
        briefing.add(&format!(
            "You have placed this call. {asked}. It is for {who}, about: {}.{}\nMake sure that you speak with them before \
             you say more than that; to anybody else, leave word that you called, and end. If it is no good time, offer \
             to call another time or to take a message. If they do not want to be called, call stop_contact, apologise, \
             and end the call. Do not ask who is calling: you are.",
            self.purpose,
            self.context.as_deref().map(|context| format!(" What you should know: {context}")).unwrap_or_default(),
        ));
    }

    /// The first words to a person, and those where none has picked up, or nobody can talk with them.
    pub fn words(&self, owner: &str, contact: &Contact, words: &language::Words) -> (String, Words) {
        let first = contact.name.as_deref().and_then(|name| name.split_whitespace().next());
        let [greeting, screened, message] = words.placed(owner, first, &self.purpose);
        (greeting, Words { screened, message })
    }
}

/// How a call that nobody answered ended.
pub fn unanswered(status: CallStatus) -> Option<Outcome> {
    match status {
        CallStatus::Busy => Some(Outcome::Busy),
        CallStatus::NoAnswer | CallStatus::Canceled => Some(Outcome::NoAnswer),
        CallStatus::Failed | CallStatus::Completed => Some(Outcome::NotReached),
        CallStatus::Queued | CallStatus::Initiated | CallStatus::Ringing | CallStatus::InProgress => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_picks_up_hears_who_calls_for_whom() {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let person: PersonId = "per_1".parse().unwrap();
        let mut dial = Dial {
            id: DialId::generate(at),
            person: person.clone(),
            number: Phone::parse("+14155550123").unwrap(),
            purpose: "your interview on Tuesday".to_owned(),
            context: Some("They earn 120,000.".to_owned()),
            asked_by: By::Owner,
            state: State::Planned,
            due_at: at,
            attempts: Vec::new(),
            problem: None,
            created_at: at,
            updated_at: at,
            version: 1,
        };
        let mut contact = Contact::new(person, None, at);
        contact.name = Some("Dana Whitfield".to_owned());
        let mut briefing = Briefing { greeting: "Hello?".to_owned(), ..Briefing::default() };
        dial.briefing("Alex Sample", &contact, &mut briefing);
        assert_eq!(
            briefing.greeting,
            "Hello, this is the AI assistant of Alex Sample, calling for Dana about your interview on Tuesday. Is \
             this a good time?"
        );
        assert!(briefing.instructions.contains("They earn 120,000."));
        let words = briefing.outbound.unwrap();
        for said in [&words.screened, &words.message] {
            assert!(
                said.contains("AI assistant of Alex Sample, calling for Dana about your interview"),
                "{said}"
            );
        }
        assert!(words.message.contains("do not want to be called"));
        assert!(!briefing.greeting.contains("120,000"), "what is for the twin alone is not said");

        let interaction: InteractionId = "int_1".parse().unwrap();
        assert!(dial.under_way(&interaction).is_none());
        dial.attempts.push(Attempt {
            interaction: interaction.clone(),
            at,
            call: None,
            detected: None,
            outcome: None,
        });
        assert!(dial.under_way(&interaction).is_some());
        dial.attempts[0].outcome = Some(Outcome::Busy);
        assert!(dial.under_way(&interaction).is_none(), "it is over");
    }
}
