//! What can go wrong for somebody who asks. Which status it becomes is `http`'s business alone.

use jiff::Timestamp;

use crate::store::StoreError;

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
    #[error("a part of the system is not available")]
    Unavailable(#[source] StoreError),
    #[error("a service that this needs does not answer")]
    Upstream(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("something went wrong")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
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
