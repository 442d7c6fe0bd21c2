//! What can go wrong on the way from an address to a document. Every message names the place and the fault.

use std::fmt::Display;

use jiff::Timestamp;
use thiserror::Error;
use twin::clients::fetch::FetchError;

/// A source could not be imported; nothing of it was.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What was fetched is not what it should be.
    #[error("{place} is malformed: {why}")]
    Malformed { place: String, why: String },
    #[error("there is no GitHub user {login:?}")]
    UnknownUser { login: String },
    /// The source asks for no request before then.
    #[error("{place} allows no more requests until {until}")]
    RateLimited { place: String, until: Timestamp },
}

impl ImportError {
    pub(crate) fn malformed(place: impl Into<String>, why: impl Display) -> Self {
        Self::Malformed { place: place.into(), why: why.to_string() }
    }
}
