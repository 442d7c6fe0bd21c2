//! The owner's word on follow-ups that wait for it, and on what goes out without it. It is given for exactly what was
//! shown: what changed meanwhile needs another look.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use garde::Validate as _;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{MAX_CONFLICTS, Twin, executing::unwritten};
use crate::{
    audit::{Act, Actor, Line},
    contact::RelationshipKind,
    error::Error,
    follow_up::{
        Content, Edited, FollowUp, Kind, Medium, State, Word,
        settings::{FollowUpSettings, SavedFollowUpSettings, Stopped},
    },
    id::{FollowUpId, PersonId},
    proposal::Rewritten,
    store::StoreError,
};

/// Bytes of what the owner adds to a mail, and writes in its place.
const MAX_NOTE: usize = 2000;
const MAX_SUBJECT: usize = 200;
const MAX_BODY: usize = 10_000;
const MAX_WHY: usize = 200;
/// Jobs that are redriven at once.
const MAX_REDRIVEN: usize = 500;
/// After so many approvals in a row, the owner is asked whether they have to be asked.
const SUGGESTED_AFTER: u32 = 3;

/// The owner's word on one follow-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes out as it is; with words of the owner's own, or in the owner's words, if there are any.
    Approve {
        note: Option<String>,
        edited: Option<Edited>,
        always: bool,
    },
    Reject,
}

impl Decision {
    /// As it was shown.
    pub fn approve() -> Self {
        Self::Approve { note: None, edited: None, always: false }
    }
}

/// What the owner's word came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub follow_up: FollowUp,
    /// What is like this was approved as it was several times in a row: whose, if the owner wants it to go out by
    /// itself.
    pub suggests_always: Option<(Kind, RelationshipKind)>,
}

impl FollowUp {
    /// What an approval is bound to: recipient and contents; and of what may have left, that it may, because whoever was
    /// shown it before was not asked whether it is to go once more.
    pub fn fingerprint(&self) -> String {
        let may_have_left = (self.state == State::Unknown).then_some(self.updated_at);
        let content = serde_json::to_vec(&(&self.content, &self.edited, may_have_left)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..12])
    }

    /// The owner's word is asked for: it waits for it, it may have left, or it was given up.
    pub fn needs_a_word(&self) -> bool {
        matches!(self.state, State::AwaitingApproval | State::Unknown | State::Dead)
    }
}

impl Twin {
    /// Decides on a follow-up that needs a word. `Conflict` if it does not any more, or if it is not what
    /// `fingerprint` was taken of.
    pub async fn decide(
        &self,
        person: &PersonId,
        id: &FollowUpId,
        fingerprint: &str,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Decided, Error> {
        let mut decided = self.store.follow_up(person, id).await?.ok_or(Error::NotFound)?;
        if !decided.needs_a_word() || decided.fingerprint() != fingerprint {
            return Err(Error::Conflict);
        }
        let (from, read_at) = (decided.state, decided.updated_at);
        let (kind, relationship) = (decided.content.kind(), self.relationship(person).await?);
        let mut as_it_was = false;
        let mut always = false;
        match decision {
            Decision::Approve { always: true, .. } if kind.always_waits() => {
                return Err(Error::Invalid("a proposal always waits for your word".to_owned()));
            }
            Decision::Approve { note, edited, always: asked } => {
                as_it_was = note.is_none() && edited.is_none() && decided.edited.is_none();
                always = asked;
                decided.state = State::Approved;
                decided.decided = Some(if as_it_was { Word::AsIs } else { Word::Edited });
                decided.attempts = 0;
                // What was rewritten before stays so: this is what was shown.
                if let Some(edited) = edited {
                    decided.edited = Some(rewritten(edited, &decided)?);
                }
                match (note, &mut decided.content) {
                    (Some(given), Content::SummaryEmail { note, .. }) => *note = Some(written(&given)?),
                    (Some(_), _) => return Err(Error::Invalid("only a summary takes a note".to_owned())),
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
        decided.approved = match decided.state {
            State::Approved => self.reads(&decided).await?,
            _ => None,
        };
        let what = if decided.state == State::Approved { Act::Approved } else { Act::Rejected };
        self.audit(Line::new(Actor::Owner, what, now).about(person).within(id)).await?;
        self.store.replace_follow_up(&decided, from, read_at).await?;
        if always {
            self.change_follow_up_settings(|settings| settings.always(kind, relationship), now).await?;
        }
        self.store.count_approval(kind, relationship, as_it_was).await?;
        if decided.state == State::Approved && decided.is_due(now) {
            self.enqueue(&decided.person, &decided.interaction).await;
        }
        let suggests_always = self.suggests(kind, relationship).await?.filter(|_| as_it_was && !always);
        Ok(Decided { follow_up: decided, suggests_always })
    }

    /// Writes a proposal that waits for the owner's word anew: it waits on, for a word on what it says now. `NotFound` for what
    /// is no proposal; `Conflict` as with [`Self::decide`]; `Invalid` names the field.
    pub async fn rewrite(
        &self,
        (person, id): (&PersonId, &FollowUpId),
        fingerprint: &str,
        edit: Rewritten,
        now: Timestamp,
    ) -> Result<FollowUp, Error> {
        let mut waiting = self.store.follow_up(person, id).await?.ok_or(Error::NotFound)?;
        let is_shown = waiting.fingerprint() == fingerprint;
        let Content::Proposal { proposal, document, .. } = &mut waiting.content else {
            return Err(Error::NotFound);
        };
        if waiting.state != State::AwaitingApproval || !is_shown {
            return Err(Error::Conflict);
        }
        let new = proposal.rewritten(edit).map_err(|error| Error::Invalid(error.to_string()))?;
        *document = new.document().map_err(|error| unwritten(error.into()))?.hash();
        **proposal = new;
        waiting.problem = None;
        let read_at = std::mem::replace(&mut waiting.updated_at, now);
        self.audit(Line::new(Actor::Owner, Act::Rewritten, now).about(person).within(id)).await?;
        self.store.replace_follow_up(&waiting, State::AwaitingApproval, read_at).await?;
        Ok(waiting)
    }

    /// Whether the owner would rather not be asked about what is like this.
    pub async fn suggests(
        &self,
        kind: Kind,
        relationship: RelationshipKind,
    ) -> Result<Option<(Kind, RelationshipKind)>, Error> {
        if kind.always_waits() {
            return Ok(None);
        }
        let often = self.store.approved_in_a_row(kind, relationship).await? >= SUGGESTED_AFTER;
        Ok(often.then_some((kind, relationship)))
    }

    /// As it stands in the contact; `Unknown` of whom nobody knows.
    pub async fn relationship(&self, person: &PersonId) -> Result<RelationshipKind, Error> {
        let contact = self.store.contact(person).await?;
        Ok(contact.map_or(RelationshipKind::Unknown, |contact| contact.relationship.kind))
    }

    /// Nothing is sent any more, to nobody, from the next effect on.
    pub async fn stop_everything(&self, why: &str, now: Timestamp) -> Result<SavedFollowUpSettings, Error> {
        let why = why.trim();
        if why.len() > MAX_WHY || why.chars().any(char::is_control) {
            return Err(Error::Invalid(format!("a reason has at most {MAX_WHY} bytes, in one line")));
        }
        let why = if why.is_empty() { "without a reason" } else { why };
        let stopped = Stopped { since: now, why: why.to_owned() };
        let stop = |settings: &mut FollowUpSettings| {
            settings.stopped.get_or_insert_with(|| stopped.clone());
        };
        self.change_follow_up_settings(stop, now).await
    }

    /// The owner stopped everything.
    pub(super) async fn is_stopped(&self) -> Result<bool, Error> {
        Ok(self.store.follow_up_settings().await?.settings.stopped.is_some())
    }

    /// What waited meanwhile goes out.
    pub async fn go_on(&self, now: Timestamp) -> Result<SavedFollowUpSettings, Error> {
        self.change_follow_up_settings(|settings| settings.stopped = None, now).await
    }

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

    /// What was stored is not validated again: nothing in it may keep the owner from stopping everything.
    pub(super) async fn change_follow_up_settings(
        &self,
        change: impl Fn(&mut FollowUpSettings),
        now: Timestamp,
    ) -> Result<SavedFollowUpSettings, Error> {
        for _ in 0..MAX_CONFLICTS {
            let SavedFollowUpSettings { version, mut settings, .. } = self.store.follow_up_settings().await?;
            change(&mut settings);
            match self.store.save_follow_up_settings(&settings, version, now).await {
                Ok(saved) => return Ok(saved),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What was given up is tried again, and so are jobs that died; how many of each there were.
    pub async fn redrive(&self, dead_jobs: Option<&str>, now: Timestamp) -> Result<(usize, usize), Error> {
        let jobs = match dead_jobs {
            Some(queue) => {
                let taken = self.queue.take_over(queue, MAX_REDRIVEN).await;
                taken.map_err(|error| Error::Upstream(Box::new(error)))?
            }
            None => 0,
        };
        let dead = self.store.dead().await?;
        let found = dead.len();
        for mut follow_up in dead {
            follow_up.attempts = 0;
            let (person, interaction) = (follow_up.person.clone(), follow_up.interaction.clone());
            self.move_to(follow_up, State::Dead, State::Approved, now).await?;
            self.enqueue(&person, &interaction).await;
        }
        Ok((found, jobs))
    }
}

fn written(note: &str) -> Result<String, Error> {
    plain(note, MAX_NOTE)
        .ok_or_else(|| Error::Invalid(format!("a note has 1 to {MAX_NOTE} bytes of plain text")))
}

fn rewritten(edited: Edited, follow_up: &FollowUp) -> Result<Edited, Error> {
    let medium = follow_up.content.medium();
    if medium == Medium::Owner {
        return Err(Error::Invalid("what goes to yourself is not rewritten".to_owned()));
    }
    if follow_up.content.kind() == Kind::Invitation {
        return Err(Error::Invalid("an invitation says what is booked: it is not rewritten".to_owned()));
    }
    let body = plain(&edited.body, MAX_BODY)
        .ok_or_else(|| Error::Invalid(format!("a body has 1 to {MAX_BODY} bytes of plain text")))?;
    let one_line = |subject: &String| !subject.contains('\n');
    let subject = plain(&edited.subject, MAX_SUBJECT).filter(one_line);
    let subject = match (subject, medium) {
        (Some(subject), _) => subject,
        (None, Medium::Text) => String::new(),
        (None, _) => {
            return Err(Error::Invalid(format!("a subject has 1 to {MAX_SUBJECT} bytes, in one line")));
        }
    };
    Ok(Edited { subject, body })
}

fn plain(text: &str, max: usize) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let is_plain = !text.chars().any(|c| c.is_control() && c != '\n');
    (!text.is_empty() && text.len() <= max && is_plain).then(|| text.to_owned())
}
