//! Importers of the owner's public material: GitHub, pages, feeds.
//!
//! Parsing is pure: bytes in, documents out. What opens sockets is `twin::clients::fetch`, through which [`github`] asks.

pub mod charset;
pub mod error;
pub mod feed;
pub mod github;
pub mod html;
pub mod markdown;
pub mod markup;
pub mod page;
pub mod text;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod questions;
