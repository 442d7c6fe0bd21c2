//! Amazon SES (v1) that keeps the mail instead of sending it: an outbox directory of `.eml` files to open
//! in any mail program, and a list for tests.
//!
//! [`mime`] holds what the service asks of a message, [`wire`] the protocol; this file adds the identities,
//! the outbox and the faults. Not emulated: the sandbox's check of recipients, templates, bounces, and that
//! the service replaces the `Message-ID` and `Date` headers by its own: what is kept is what came in.

pub mod mime;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tokio::sync::watch;

use crate::aws::{private, random_uuid};

/// The largest raw message (Amazon SES quotas, v1: 10 MB).
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The most recipients of one message (Amazon SES quotas).
pub const MAX_RECIPIENTS: usize = 50;

/// Of the messages of earlier runs, the latest so many are shown.
const MAX_EARLIER: usize = 200;

/// Of a message, the part that its headers are in.
const MAX_HEADERS: u64 = 16 * 1024;

/// A way in which one send goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refused with `MessageRejected` and this message.
    Reject(String),
    /// Refused with `Throttling`; the SDK tries again.
    Throttle,
    /// Refused with status 500; the SDK tries again.
    Fail,
    /// Accepted and kept, but never answered: the sender runs into its timeout and cannot know.
    Hang,
    /// Accepted and kept, and instead of an answer the connection ends.
    Drop,
}

/// An error of the SES API. Its text is the message that the service gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    MessageRejected(String),
    #[error("{0}")]
    InvalidParameterValue(String),
    #[error("Maximum sending rate exceeded.")]
    Throttling,
    #[error("Could not find operation {0} for version 2010-12-01")]
    InvalidAction(String),
    #[error("The service failed to process the request.")]
    InternalFailure,
    /// What the sender never reads: the connection ends.
    #[error("The connection ends.")]
    Dropped,
}

impl Error {
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::InvalidParameterValue(reason.into())
    }
}

/// A message that was accepted.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub message_id: String,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients, those of `Bcc` among them.
    pub recipients: Vec<String>,
    /// The message as it came in.
    pub raw: Vec<u8>,
    pub accepted: Timestamp,
}

/// Names nobody and quotes nothing, so that it may be logged.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("message_id", &self.message_id)
            .field("recipients", &self.recipients.len())
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// What a client asks to be sent (`SendRawEmail`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// `Source`; the `From` header when `None`.
    pub source: Option<String>,
    /// `Destinations`; the headers' recipients when empty.
    pub destinations: Vec<String>,
    pub raw: Vec<u8>,
}

/// The mail service of the account.
#[derive(Debug)]
pub struct Ses {
    region: String,
    outbox: Option<Arc<Path>>,
    state: Mutex<State>,
    /// Marked at every message. Its value: whether [`Ses::close`] was called.
    changes: watch::Sender<bool>,
}

/// Files by the name and value of a tag.
type Tagged = BTreeMap<(String, String), Vec<PathBuf>>;

#[derive(Debug)]
struct State {
    /// Verified addresses and domains, in lower case.
    identities: BTreeSet<String>,
    sent: Vec<Mail>,
    /// The outbox's files by the tags of their messages, those of earlier runs among them.
    kept: Tagged,
    faults: VecDeque<Fault>,
}

impl Ses {
    /// `identities` are the verified addresses and domains; `outbox` is made if it is missing.
    pub fn new(
        region: impl Into<String>,
        identities: impl IntoIterator<Item = String>,
        outbox: Option<PathBuf>,
    ) -> io::Result<Self> {
        let mut kept = Tagged::new();
        if let Some(outbox) = &outbox {
            private::create_dir(outbox)?;
            kept = found(outbox)?;
        }
        let identities = identities.into_iter().map(|identity| identity.to_lowercase()).collect();
        Ok(Self {
            region: region.into(),
            outbox: outbox.map(Arc::from),
            state: Mutex::new(State { identities, sent: Vec::new(), kept, faults: VecDeque::new() }),
            changes: watch::Sender::new(false),
        })
    }

    /// `SendRawEmail`: the message's ID.
    pub async fn send(&self, submission: Submission) -> Result<String, Error> {
        let fault = self.lock().faults.pop_front();
        match fault {
            Some(Fault::Reject(reason)) => return Err(Error::MessageRejected(reason)),
            Some(Fault::Throttle) => return Err(Error::Throttling),
            Some(Fault::Fail) => return Err(Error::InternalFailure),
            Some(Fault::Hang | Fault::Drop) | None => {}
        }
        let mail = self.check(submission)?;
        let id = mail.message_id.clone();
        self.keep(mail).await?;
        match fault {
            Some(Fault::Hang) => {
                self.closed().await;
                Err(Error::InternalFailure)
            }
            Some(Fault::Drop) => Err(Error::Dropped),
            _ => Ok(id),
        }
    }

    fn check(&self, submission: Submission) -> Result<Mail, Error> {
        let Submission { source, destinations, raw } = submission;
        let headers = mime::check(&raw)?;
        let senders = headers.addresses(&["From"])?;
        let from = match source {
            Some(source) => mime::address(&source)?,
            None => {
                senders.first().cloned().ok_or_else(|| Error::invalid("Missing required header 'From'."))?
            }
        };
        self.check_verified(senders.iter().chain([&from]))?;
        let recipients = if destinations.is_empty() {
            headers.addresses(&["To", "Cc", "Bcc"])?
        } else {
            destinations.iter().map(|one| mime::address(one)).collect::<Result<_, _>>()?
        };
        match recipients.len() {
            0 => return Err(Error::invalid("Missing required header 'To'.")),
            1..=MAX_RECIPIENTS => {}
            _ => return Err(Error::MessageRejected("Recipient count exceeds 50.".into())),
        }
        let message_id = format!("0102{}-000000", random_uuid());
        Ok(Mail { message_id, from, recipients, raw, accepted: Timestamp::now() })
    }

    fn check_verified<'a>(&self, senders: impl Iterator<Item = &'a String>) -> Result<(), Error> {
        let state = self.lock();
        let unknown: BTreeSet<&str> =
            senders.map(String::as_str).filter(|one| !state.verified(one)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(Error::MessageRejected(format!(
            "Email address is not verified. The following identities failed the check in region {}: {}",
            self.region.to_uppercase(),
            unknown.into_iter().collect::<Vec<_>>().join(", "),
        )))
    }

    /// Keeps a message for good before it is acknowledged.
    async fn keep(&self, mail: Mail) -> Result<(), Error> {
        if let Some(outbox) = self.outbox.clone() {
            let (name, raw) = (file_name(&mail), mail.raw.clone());
            let file = outbox.join(&name);
            let written = tokio::task::spawn_blocking(move || write(&outbox, &name, &raw)).await;
            for tag in mime::tags(&mail.raw) {
                self.lock().kept.entry(tag).or_default().push(file.clone());
            }
            if let Err(error) = written.map_err(io::Error::other).flatten() {
                tracing::error!(%error, "cannot write to the outbox");
                return Err(Error::InternalFailure);
            }
        }
        self.lock().sent.push(mail);
        self.changes.send_modify(|_| {});
        Ok(())
    }

    /// Every message accepted since the start, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        self.lock().sent.clone()
    }

    /// What the outbox kept before this start, oldest first. What is no message of ours is left out.
    pub fn earlier(&self) -> io::Result<Vec<Mail>> {
        let Some(outbox) = &self.outbox else { return Ok(Vec::new()) };
        let sent: BTreeSet<String> = self.sent().iter().map(file_name).collect();
        let mut names = Vec::new();
        for file in fs::read_dir(outbox)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            if !sent.contains(&name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        let latest = names.split_off(names.len().saturating_sub(MAX_EARLIER));
        Ok(latest.iter().filter_map(|name| kept(outbox, name)).collect())
    }

    /// Waits until at least `count` messages were accepted.
    pub async fn sent_at_least(&self, count: usize) -> Vec<Mail> {
        let mut changes = self.changes.subscribe();
        loop {
            let closed = *changes.borrow_and_update();
            let sent = self.sent();
            if sent.len() >= count || closed || changes.changed().await.is_err() {
                return sent;
            }
        }
    }

    /// The values of a message tag that there are.
    pub fn tagged(&self, name: &str) -> BTreeSet<String> {
        let state = self.lock();
        let sent = state.sent.iter().flat_map(|mail| mime::tags(&mail.raw));
        let all = sent.chain(state.kept.keys().cloned());
        all.filter(|(tag, _)| tag == name).map(|(_, value)| value).collect()
    }

    /// Takes out the messages with a tag: what SES sends is in nobody's outbox. What cannot be removed is found again.
    pub fn forget(&self, name: &str, value: &str) -> io::Result<()> {
        let tag = (name.to_owned(), value.to_owned());
        let files = {
            let mut state = self.lock();
            state.sent.retain(|mail| !mime::tags(&mail.raw).contains(&tag));
            state.kept.remove(&tag).unwrap_or_default()
        };
        let (mut left, mut came) = (Vec::new(), Ok(()));
        for file in files {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    left.push(file);
                    came = Err(error);
                }
                _ => {}
            }
        }
        if !left.is_empty() {
            self.lock().kept.entry(tag).or_default().extend(left);
        }
        came
    }

    /// `VerifyEmailIdentity`: verified at once, as there is no one to follow a link.
    pub fn verify(&self, identity: &str) {
        self.lock().identities.insert(identity.to_lowercase());
    }

    /// Whether this address may send: it is verified itself, or its domain or a parent of it is.
    pub fn is_verified(&self, identity: &str) -> bool {
        self.lock().verified(identity)
    }

    /// Lets the next `times` sends go wrong, after those that were already told to.
    pub fn fault(&self, fault: &Fault, times: usize) {
        self.lock().faults.extend(std::iter::repeat_n(fault, times).cloned());
    }

    /// Ends all waiting, now and from now on; a send that hangs is then answered with an error.
    pub fn close(&self) {
        self.changes.send_replace(true);
    }

    async fn closed(&self) {
        let mut changes = self.changes.subscribe();
        // An error would mean that the sender is gone, and with it `self`.
        changes.wait_for(|closed| *closed).await.ok();
    }

    /// Nothing that runs under the lock can leave the state half changed, so poison means nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn verified(&self, identity: &str) -> bool {
        let identity = identity.to_lowercase();
        let domain = identity.rsplit('@').next().unwrap_or_default();
        let parents = std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, rest)| rest));
        self.identities.contains(&identity) || parents.into_iter().any(|name| self.identities.contains(name))
    }
}

/// The files of an outbox by their tags.
fn found(outbox: &Path) -> io::Result<Tagged> {
    let mut found = Tagged::new();
    for file in fs::read_dir(outbox)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let mut head = Vec::new();
        fs::File::open(&path)?.take(MAX_HEADERS).read_to_end(&mut head)?;
        for tag in mime::tags(&head) {
            found.entry(tag).or_default().push(path.clone());
        }
    }
    Ok(found)
}

/// A file of the outbox as the message that it was, to whom its headers say.
fn kept(outbox: &Path, name: &str) -> Option<Mail> {
    let (time, id) = name.strip_suffix(".eml")?.split_once('-')?;
    let accepted =
        DateTime::strptime("%Y%m%dT%H%M%S%.fZ", time).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let raw = fs::read(outbox.join(name)).ok()?;
    let headers = mime::check(&raw).ok()?;
    let from = headers.addresses(&["From"]).ok()?.into_iter().next()?;
    let recipients = headers.addresses(&["To", "Cc"]).ok()?;
    Some(Mail { message_id: id.to_owned(), from, recipients, raw, accepted })
}

/// Sorts by time, and is a legal name on every system.
fn file_name(mail: &Mail) -> String {
    format!("{}-{}.eml", mail.accepted.strftime("%Y%m%dT%H%M%S.%3fZ"), mail.message_id)
}

/// The file appears whole or not at all.
fn write(outbox: &Path, name: &str, raw: &[u8]) -> io::Result<()> {
    let part = outbox.join(format!(".{name}.part"));
    private::write(&part, raw)?;
    fs::rename(part, outbox.join(name))
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
