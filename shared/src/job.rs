//! What the queue carries: small, tagged, versioned, and only ids.

use serde::{Deserialize, Serialize};

use crate::id::{CallSid, DialId, InteractionId, PersonId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum Envelope {
    #[serde(rename = "1")]
    V1(Job),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Job {
    /// A conversation ended: analyse it, update the CRM, plan and execute its follow-ups.
    InteractionClosed { person: PersonId, interaction: InteractionId },
    /// A one-time code that somebody asked for in a conversation is to be sent.
    SendCode { person: PersonId, interaction: InteractionId },
    /// A recording is complete: from Twilio into our own store.
    KeepRecording { person: PersonId, interaction: InteractionId, recording: String, seconds: Option<u64> },
    /// A recording is kept: what was said in it.
    TranscribeRecording { person: PersonId, interaction: InteractionId, recording: String },
    /// A call whose time has come.
    PlaceCall { person: PersonId, dial: DialId },
    /// The recordings of a call are to be removed where they are kept.
    RemoveRecordings { call: CallSid },
}

impl From<Job> for Envelope {
    fn from(job: Job) -> Self {
        Self::V1(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_fixed() {
        let job = Job::InteractionClosed {
            person: "per_1".parse().unwrap(),
            interaction: "int_2".parse().unwrap(),
        };
        let text = serde_json::to_string(&Envelope::from(job.clone())).unwrap();
        assert_eq!(text, r#"{"v":"1","job":"interaction_closed","person":"per_1","interaction":"int_2"}"#);
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), Envelope::V1(job));
        let call = "CA0123456789abcdef0123456789abcdef".parse().unwrap();
        let text = serde_json::to_string(&Envelope::from(Job::RemoveRecordings { call })).unwrap();
        assert_eq!(
            text,
            r#"{"v":"1","job":"remove_recordings","call":"CA0123456789abcdef0123456789abcdef"}"#
        );
    }
}
