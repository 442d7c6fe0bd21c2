//! What can go wrong on the way from an address to a document. Every message names the place and the fault.

use std::fmt::Display;
use std::net::IpAddr;

use jiff::Timestamp;
use thiserror::Error;

/// A document could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("{url:?} is not a web address: {why}")]
    Invalid { url: String, why: String },
    #[error("{url} is not allowed: {why}")]
    Forbidden { url: String, why: &'static str },
    #[error("{host} does not resolve: {why}")]
    Unresolved { host: String, why: String },
    /// One of the host's addresses lies outside the public internet.
    #[error("{host} is not a public host: it resolves to {address}")]
    Private { host: String, address: IpAddr },
    /// Never followed: the owner may import the target by name.
    #[error("{url} has moved to {target}: import that address if it is yours")]
    Redirect { url: String, target: String },
    #[error("{url} answered {status}")]
    Status { url: String, status: u16 },
    #[error("{url} is larger than {limit} bytes")]
    TooLarge { url: String, limit: usize },
    #[error("{url} did not answer within {seconds} s")]
    Timeout { url: String, seconds: f32 },
    #[error("{url} has an unreadable body: {why}")]
    Body { url: String, why: String },
    #[error("{url} could not be reached: {why}")]
    Unreachable { url: String, why: String },
}

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
