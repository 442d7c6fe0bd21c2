//! GPT-Live over a `WebSocket`, `/v1/live/sessions`: full duplex, and the model decides itself when to speak.

pub mod client;
pub mod server;
pub mod session;
