//! What can go wrong for somebody who asks. Which status it becomes is `http`'s business alone.

use std::error::Error as Cause;

use jiff::Timestamp;
use tokio::task::JoinError;

use crate::store::StoreError;

const UNAVAILABLE: &str = "a part of the system is not available";
const NO_ANSWER: &str = "a service that this needs does not answer";
const INTERNAL: &str = "something went wrong";

/// As an operator reads it, with what is behind it; [`outward`](Self::outward) is for everybody else.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    #[error("the request is not acceptable: {0}")]
    Invalid(String),
    #[error("this content type is not accepted")]
    UnsupportedMediaType,
    #[error("the request is too large")]
    TooLarge,
    #[error("who asks is not known")]
    Unauthenticated,
    #[error("this is not allowed")]
    Forbidden,
    #[error("there is no such thing")]
    NotFound,
    #[error("this twin has no owner yet")]
    NotSetUp,
    #[error("this is too much for now")]
    TooMany { until: Timestamp },
    #[error("this needs a WebSocket upgrade")]
    UpgradeRequired,
    #[error("it was changed meanwhile")]
    Conflict,
    /// It cannot be two's, and is another's: what, in words. Looking again does not help.
    #[error("{0}")]
    Taken(String),
    #[error("{}: {}", UNAVAILABLE, .0)]
    Unavailable(#[source] StoreError),
    #[error("{}: {}", NO_ANSWER, causes(&**.0))]
    Upstream(#[source] Box<dyn Cause + Send + Sync>),
    #[error("{}: {}", INTERNAL, causes(&**.0))]
    Internal(#[source] Box<dyn Cause + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            StoreError::NotFound | StoreError::Erased => Self::NotFound,
            StoreError::TooLarge => Self::TooLarge,
            StoreError::Unavailable(_) => Self::Unavailable(error),
            StoreError::Corrupt(_) | StoreError::Unreadable(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl Error {
    /// What whoever asked is told: nothing of what is behind it.
    pub fn outward(&self) -> String {
        match self {
            Self::Unavailable(_) => UNAVAILABLE.to_owned(),
            Self::Upstream(_) => NO_ANSWER.to_owned(),
            Self::Internal(_) => INTERNAL.to_owned(),
            other => other.to_string(),
        }
    }
}

/// An error and what caused it, each once.
fn causes(error: &(dyn Cause + 'static)) -> String {
    let (mut told, mut next) = (words(error), error.source());
    while let Some(cause) = next {
        let why = words(cause);
        if !told.ends_with(&why) {
            told = format!("{told}: {why}");
        }
        next = cause.source();
    }
    told
}

/// Without what may be somebody's: the words of a panic quote what was said, and a request's address says whom it is about.
fn words(error: &(dyn Cause + 'static)) -> String {
    if error.downcast_ref::<JoinError>().is_some_and(JoinError::is_panic) {
        "a task panicked".to_owned()
    } else if error.is::<reqwest::Error>() {
        "a request failed".to_owned()
    } else {
        unquoted(&error.to_string())
    }
}

/// What is wrong with data, without the values that stand in it.
pub(crate) fn unquoted(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for (at, part) in text.replace("\\\"", "").split('"').enumerate() {
        told.push_str(if at % 2 == 0 { part } else { "\"…\"" });
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a page is not read")]
    struct Page(#[source] serde_json::Error);

    #[test]
    fn an_operator_reads_what_is_behind_it_and_nobody_else() {
        let unavailable = Error::from(StoreError::Unavailable("timed out".to_owned()));
        assert_eq!(
            unavailable.to_string(),
            "a part of the system is not available: the store is not available: timed out"
        );
        assert_eq!(unavailable.outward(), UNAVAILABLE);
        let wrong = serde_json::from_str::<u32>(r#""Dana \"Lee\"""#).unwrap_err();
        let internal = Error::Internal(Box::new(Page(wrong)));
        let told = internal.to_string();
        assert!(told.starts_with("something went wrong: a page is not read: invalid type: string"), "{told}");
        assert!(!told.contains("Dana") && !told.contains("Lee"), "{told}");
        assert_eq!(internal.outward(), INTERNAL);
        assert_eq!(Error::Conflict.outward(), Error::Conflict.to_string());
    }

    #[tokio::test]
    async fn a_panic_is_told_without_its_words() {
        let lost =
            tokio::spawn(async { assert!(std::hint::black_box(false), "Dana said so") }).await.unwrap_err();
        let told = Error::Internal(Box::new(lost)).to_string();
        assert_eq!(told, "something went wrong: a task panicked");
    }
}
