//! What can go wrong on the way to a document. Every message names the place and the fault.

use std::net::IpAddr;

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
