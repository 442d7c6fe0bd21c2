//! Recordings of calls: agreed to before they begin, kept in our own store, and removed with their person or after their
//! time.

mod law;
pub mod sides;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{CallSid, InteractionId, PersonId},
    identity::Phone,
    language::Language,
};

/// What may be recorded, the strictest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RecordingPolicy")]
pub enum Policy {
    /// Whoever is told so.
    Announce,
    /// Whoever has agreed, when asked.
    Ask,
    #[default]
    Off,
}

impl Policy {
    /// With these numbers in the call: as the owner decides, unless the law of a place is stricter.
    pub fn among(self, numbers: [Option<&Phone>; 2]) -> Self {
        numbers.into_iter().map(law::law).fold(self, Self::max)
    }

    /// For a model.
    pub fn told(self) -> Option<&'static str> {
        match self {
            Self::Announce => Some(ANNOUNCE),
            Self::Ask => Some(ASK),
            Self::Off => None,
        }
    }
}

/// How the words begin in which it is spoken of, in the languages that most calls are in.
const SPOKEN_OF: [&str; 21] = [
    "record",
    "aufzeich",
    "aufgezeich",
    "aufnehm",
    "aufnahm",
    "aufgenomm",
    "mitschn",
    "enregistr",
    "grab",
    "grava",
    "registr",
    "opnem",
    "opgenomen",
    "inspel",
    "optag",
    "nagr",
    "nahr",
    "запис",
    "kayd",
    "kayıt",
    "ηχογρ",
];

/// What the owner has, and callers are told of.
const OF_THE_OWNER: &str = "track record";

/// Whether it is said that a call is recorded, or asked whether it may be.
pub fn is_spoken_of(said: &str) -> bool {
    let said = said.to_lowercase().replace(OF_THE_OWNER, "");
    said.split(|c: char| !c.is_alphabetic())
        .any(|word| SPOKEN_OF.iter().any(|begins| word.starts_with(begins)))
}

/// What is to be done with the recording of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// They agreed: it begins.
    Agreed,
    /// They were told, where that is enough: it begins.
    Announced,
    /// The call goes on without.
    Refused,
    /// Off the record, and before a number of a card is said.
    Pause,
    Resume,
}

impl Step {
    /// For the model, when it did not work.
    pub fn problem(self) -> &'static str {
        match self {
            Self::Agreed | Self::Announced => "The call is not recorded: say so, and go on.",
            Self::Refused => "The recording could not be ended: say so.",
            Self::Pause => "The recording could not be paused: say so, and ask them not to say it.",
            Self::Resume => "The recording does not go on: say so.",
        }
    }

    /// For the owner, when it did not work.
    pub fn failed(self) -> &'static str {
        match self {
            Self::Agreed | Self::Announced => "could not be begun: the call is not recorded",
            Self::Refused => "could not be ended: it went on",
            Self::Pause => "could not be paused: it went on",
            Self::Resume => "did not go on",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Agreed => "they agreed",
            Self::Announced => "they were told",
            Self::Refused => "they did not want it",
            Self::Pause => "paused",
            Self::Resume => "went on",
        }
    }
}

/// A recording, from its beginning on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recording {
    /// Twilio's id: `RE` and 32 hexadecimal digits.
    pub sid: String,
    pub call: CallSid,
    pub person: PersonId,
    pub interaction: InteractionId,
    pub state: State,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Of the file that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Of a message: in which language it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_in: Option<Language>,
    /// What is said in it stands in the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcribed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RecordingState")]
pub enum State {
    /// It is made, or is still at Twilio.
    AtTwilio,
    /// It is in our store, and nowhere else.
    Kept,
}

impl Recording {
    /// Where the owner hears it, once it is kept.
    pub fn path(&self) -> Option<String> {
        let kept = self.state == State::Kept;
        kept.then(|| format!("/people/{}/recordings/{}", self.person, self.sid))
    }
}

/// Whether this is one of Twilio's ids: it becomes part of a name and a URL.
pub fn is_sid(text: &str) -> bool {
    text.strip_prefix("RE")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Under which name it is kept.
pub fn name(call: &CallSid, sid: &str) -> String {
    format!("recordings/{call}/{sid}.wav")
}

const ANNOUNCE: &str = "This call is recorded unless the caller does not want it. Once they have said what they want, say in \
one sentence that the call is recorded so that nothing is lost, and call record_call with announced. If they do not want \
that, call it with refused, and go on without. Off the record, or before they say the number of a card: pause it.";

const ASK: &str = "This call may be recorded if the caller agrees. Once they have said what they want, ask in one \
sentence whether you may record the call so that nothing is lost, and call record_call with their answer. It is not \
recorded before. If they say no, go on without. Off the record, or before they say the number of a card: pause it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_spoken_of_in_the_languages_of_calls() {
        for said in [
            "May I record this call, so that nothing is lost?",
            "This call is being recorded.",
            "Darf ich das Gespräch aufzeichnen?",
            "Dieses Gespräch wird aufgenommen.",
            "¿Puedo grabar esta llamada?",
            "Puis-je enregistrer cet appel ?",
            "Posso registrare la chiamata?",
        ] {
            assert!(is_spoken_of(said), "{said}");
        }
        for said in [
            "Shall I take a message?",
            "I will note that.",
            "Darf ich fragen, wer anruft?",
            "There is a track record in payments.",
            "",
        ] {
            assert!(!is_spoken_of(said), "{said}");
        }
    }
}
