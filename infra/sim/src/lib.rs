//! Simulators of the outside world that speak the real wire protocols: `OpenAI` Realtime and Twilio.
//!
//! Independent by design: this crate does not depend on `twin`, so that a codec of the product is never
//! checked against itself. What it sends and accepts follows the vendors' published shapes and is proved
//! against their official SDKs (`tests/peers`).
//!
//! - [`scenario`]: a conversation as data, read by both simulators
//! - [`speech`]: recorded speech (µ-law, 8 kHz), recognising it, and speaking
//! - [`github`]: the REST API of public profiles and repositories
//! - [`oidc`]: an identity provider
//! - [`openai`]: the Realtime API over WebSocket and WebRTC
//! - [`browser`]: a page that talks over WebRTC
//! - [`calendars`]: the calendars of Google and Microsoft, with their authorization servers
//! - [`sns`]: signed messages, as they are posted to an address
//! - [`twilio`]: the REST API, and a caller who dials a webhook, follows `TwiML` and talks

pub mod browser;
pub mod calendars;
pub mod github;
pub mod ics;
pub mod oidc;
pub mod openai;
pub mod scenario;
pub mod sns;
pub mod speech;
pub mod twilio;
