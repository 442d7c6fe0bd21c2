//! How long what is kept is kept, by kind. What is past its time is not read, even while it is still in the table.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was said: turns, answers in a chat, what tools did.
    Transcripts,
    /// At Twilio, of a call or a voicemail.
    Recordings,
    /// That a conversation took place, what came of it, and its follow-ups.
    Conversations,
    /// Somebody without any identity, with all that is theirs.
    Unidentified,
    /// Lines of the audit log.
    Audit,
}

/// Each kind with its name in settings, and its days where nothing is set.
const KINDS: [(Kind, &str, u32); 5] = [
    (Kind::Transcripts, "transcripts", 90),
    (Kind::Recordings, "recordings", 30),
    (Kind::Conversations, "conversations", 730),
    (Kind::Unidentified, "unidentified", 90),
    (Kind::Audit, "audit", 400),
];
/// A hundred years: longer is a mistake.
const MAX_DAYS: u32 = 36_500;
const HOURS_A_DAY: i64 = 24;

/// Days by kind, in the order of [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention([u32; KINDS.len()]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    #[error("{0:?} is not kind=days")]
    Shape(String),
    #[error("{0:?} is not a kind: one of transcripts, recordings, conversations, unidentified, audit")]
    Kind(String),
    #[error("days are a number up to {MAX_DAYS}, not {0:?}")]
    Days(String),
}

impl Default for Retention {
    fn default() -> Self {
        Self(KINDS.map(|(.., days)| days))
    }
}

impl Retention {
    pub fn days(&self, kind: Kind) -> u32 {
        self.0[kind as usize]
    }

    #[must_use]
    pub fn with(mut self, kind: Kind, days: u32) -> Self {
        self.0[kind as usize] = days.min(MAX_DAYS);
        self
    }

    /// When something is over that begins now.
    pub fn until(&self, kind: Kind, now: Timestamp) -> Timestamp {
        let days = SignedDuration::from_hours(HOURS_A_DAY * i64::from(self.days(kind)));
        now.checked_add(days).unwrap_or(Timestamp::MAX)
    }
}

/// `transcripts=30 audit=700`: what is not named stays as it is.
impl FromStr for Retention {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, RetentionError> {
        text.split_whitespace().try_fold(Self::default(), |retention, setting| {
            let (name, days) =
                setting.split_once('=').ok_or_else(|| RetentionError::Shape(setting.to_owned()))?;
            let (kind, ..) = KINDS
                .into_iter()
                .find(|(_, known, _)| *known == name)
                .ok_or_else(|| RetentionError::Kind(name.to_owned()))?;
            match days.parse() {
                Ok(days) if days <= MAX_DAYS => Ok(retention.with(kind, days)),
                _ => Err(RetentionError::Days(days.to_owned())),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds() {
        for (place, (kind, ..)) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }

    #[test]
    fn what_is_set_changes_and_the_rest_stays() {
        let set: Retention = " transcripts=7  audit=0 ".parse().unwrap();
        assert_eq!(
            (set.days(Kind::Transcripts), set.days(Kind::Audit), set.days(Kind::Recordings)),
            (7, 0, 30)
        );
        assert_eq!("".parse(), Ok(Retention::default()));
        for wrong in ["transcripts", "transcripts=", "transcripts=-1", "transcripts=36501", "names=3", "=3"] {
            assert!(wrong.parse::<Retention>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_time_is_days_from_now() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(Retention::default().until(Kind::Recordings, now).to_string(), "2026-03-31T00:00:00Z");
        assert_eq!(Retention::default().until(Kind::Audit, Timestamp::MAX), Timestamp::MAX);
    }
}
