//! Putting somebody through to the owner: why, how, and how far it came. Nobody is told that they are put through
//! before the owner has accepted.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::Contact,
    id::{CallSid, InteractionId, PersonId},
    language::Words,
    wire::twilio::webhook::CallStatus,
};

/// The one that a call has, or had last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    pub call: CallSid,
    pub person: PersonId,
    pub interaction: InteractionId,
    pub manner: Manner,
    /// What it is about, for the owner.
    pub reason: String,
    pub state: State,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// The caller hears it ring.
    Cold,
    /// The caller talks with the twin until the owner has accepted.
    Warm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The owner's telephone rings, or is about to.
    Ringing,
    Accepted,
    Declined,
    Unanswered,
    /// It did not come about for another reason.
    Failed,
}

impl Transfer {
    pub fn new(
        call: &CallSid,
        (person, interaction): (&PersonId, &InteractionId),
        manner: Manner,
        reason: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            call: call.clone(),
            person: person.clone(),
            interaction: interaction.clone(),
            manner,
            reason: reason.to_owned(),
            state: State::Ringing,
            at: now,
        }
    }

    /// What the owner hears before they decide.
    pub fn announcement(&self, contact: &Contact, words: &Words) -> String {
        let who = match (&contact.name, &contact.company, &contact.contact_methods.phone) {
            (Some(name), Some(company), _) => {
                words.of_a_company.replace("{company}", company).replace("{name}", name)
            }
            (Some(name), None, _) => name.clone(),
            (None, _, Some(phone)) => words.with_a_number.replace("{number}", &phone.written()),
            (None, ..) => words.without_a_number.to_owned(),
        };
        let told = words.on_the_line.split(' ').filter(|word| *word != "{reason}" || !self.reason.is_empty());
        told.collect::<Vec<_>>().join(" ").replace("{reason}", &self.reason).replace("{who}", &who)
    }

    /// Where both sides of a warm one meet.
    pub fn room(&self) -> String {
        format!("transfer-{}", self.call)
    }
}

impl State {
    pub fn is_final(self) -> bool {
        self != Self::Ringing
    }

    /// How it ended if the owner's call ended so before a key was pressed.
    pub fn of_call(status: CallStatus) -> Option<Self> {
        match status {
            CallStatus::Completed | CallStatus::Busy | CallStatus::NoAnswer | CallStatus::Canceled => {
                Some(Self::Unanswered)
            }
            CallStatus::Failed => Some(Self::Failed),
            CallStatus::Queued | CallStatus::Initiated | CallStatus::Ringing | CallStatus::InProgress => None,
        }
    }

    /// For a model that waits for it.
    pub fn told(self) -> &'static str {
        match self {
            Self::Ringing => "The owner's telephone rings.",
            Self::Accepted => "The owner takes the call now: say nothing more.",
            Self::Declined => {
                "The owner cannot take the call: say so, and offer to take a message or to propose a time. They are \
                 not put through."
            }
            Self::Unanswered => {
                "The owner did not answer: say so, and offer to take a message or to propose a time. They are not put \
                 through."
            }
            Self::Failed => {
                "The owner could not be reached: say so, and offer to take a message or to propose a time. They are \
                 not put through."
            }
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Accepted => "you took the call",
            Self::Declined => "you declined",
            Self::Unanswered => "you did not answer",
            Self::Failed => "you could not be reached",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn the_owner_hears_who_calls_and_why() {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let (person, interaction): (PersonId, InteractionId) =
            ("per_1".parse().unwrap(), "int_1".parse().unwrap());
        let call = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
        let transfer =
            Transfer::new(&call, (&person, &interaction), Manner::Warm, "The server is on fire.", at);
        let mut contact = Contact::new(person.clone(), None, at);
        let heard =
            |transfer: &Transfer, contact: &Contact| transfer.announcement(contact, Language::En.words());
        assert!(heard(&transfer, &contact).contains("Somebody without a number is on the line."));
        contact.name = Some("Dana Whitfield".to_owned());
        contact.company = Some("Northgate".to_owned());
        assert_eq!(
            heard(&transfer, &contact),
            "This is your AI assistant. Dana Whitfield of Northgate is on the line. The server is on fire. Press 1 \
             to take the call, or any other key to decline."
        );
        let at_once = Transfer { reason: String::new(), ..transfer };
        assert_eq!(
            at_once.announcement(&contact, Language::De.words()),
            "Hier ist Ihr KI-Assistent. Dana Whitfield von Northgate ist am Apparat. Drücken Sie die 1, um den Anruf \
             anzunehmen, oder eine andere Taste, um ihn abzulehnen."
        );
    }

    #[test]
    fn only_what_was_accepted_is_called_so() {
        for state in [State::Declined, State::Unanswered, State::Failed] {
            assert!(state.is_final() && state.told().contains("not put through"), "{state:?}");
        }
        assert_eq!(State::of_call(CallStatus::InProgress), None);
        assert_eq!(State::of_call(CallStatus::Completed), Some(State::Unanswered), "no key was pressed");
    }
}
