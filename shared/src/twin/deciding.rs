//! The owner's word on follow-ups that wait for it. It is given for exactly what was shown: what changed meanwhile
//! needs another look.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use garde::Validate as _;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Twin;
use crate::{
    audit::{Act, Actor, Line},
    error::Error,
    follow_up::{
        Content, FollowUp, State, Word,
        settings::{FollowUpSettings, SavedFollowUpSettings},
    },
    id::{FollowUpId, PersonId},
};

/// Bytes of what the owner adds to a mail.
const MAX_NOTE: usize = 2000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes out as it is; with words of the owner's own, if there are any.
    Approve {
        note: Option<String>,
    },
    Reject,
}

impl FollowUp {
    /// What an approval is bound to: recipient and contents.
    pub fn fingerprint(&self) -> String {
        let content = serde_json::to_vec(&self.content).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..12])
    }
}

impl Twin {
    /// Decides on a follow-up that awaits approval. `Conflict` if it does not any more, or if it is not what
    /// `fingerprint` was taken of.
    pub async fn decide(
        &self,
        person: &PersonId,
        id: &FollowUpId,
        fingerprint: &str,
        decision: Decision,
        now: Timestamp,
    ) -> Result<FollowUp, Error> {
        let mut decided = self.store.follow_up(person, id).await?.ok_or(Error::NotFound)?;
        if decided.state != State::AwaitingApproval || decided.fingerprint() != fingerprint {
            return Err(Error::Conflict);
        }
        match decision {
            Decision::Approve { note: given } => {
                decided.state = State::Approved;
                decided.decided = Some(if given.is_some() { Word::Edited } else { Word::AsIs });
                match (given, &mut decided.content) {
                    (Some(given), Content::SummaryEmail { note, .. }) => *note = Some(written(&given)?),
                    (Some(_), _) => return Err(Error::Invalid("only a mail takes a note".to_owned())),
                    (None, _) => {}
                }
            }
            Decision::Reject => {
                decided.state = State::Cancelled;
                decided.decided = Some(Word::Rejected);
            }
        }
        decided.updated_at = now;
        decided.problem = None;
        let what = if decided.state == State::Approved { Act::Approved } else { Act::Rejected };
        self.audit(Line::new(Actor::Owner, what, now).about(person).within(id)).await?;
        self.store.move_follow_up(&decided, State::AwaitingApproval).await?;
        if decided.state == State::Approved {
            self.enqueue(&decided.person, &decided.interaction).await;
        }
        Ok(decided)
    }
}

impl Twin {
    /// Saves settings in place of the version that was read. `Invalid` says which field is wrong; `Conflict`: there is
    /// another version meanwhile.
    pub async fn replace_follow_up_settings(
        &self,
        settings: &FollowUpSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedFollowUpSettings, Error> {
        let wrong = |report: garde::Report| Error::Invalid(report.to_string().trim().replace('\n', "; "));
        settings.validate().map_err(wrong)?;
        Ok(self.store.save_follow_up_settings(settings, version, now).await?)
    }
}

fn written(note: &str) -> Result<String, Error> {
    let note = note.trim();
    let plain = !note.chars().any(|c| c.is_control() && c != '\n');
    if note.is_empty() || note.len() > MAX_NOTE || !plain {
        return Err(Error::Invalid(format!("a note has 1 to {MAX_NOTE} bytes of plain text")));
    }
    Ok(note.to_owned())
}
