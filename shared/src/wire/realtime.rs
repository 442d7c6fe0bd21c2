//! `OpenAI` Realtime, GA interface: the events that are used, and `Unknown` for the rest.

pub mod client;
pub mod server;
pub mod session;
