//! Twilio's Programmable Voice: webhooks, `TwiML` and media streams.

pub mod conversation;
pub mod media;
pub mod signature;
pub mod transcription;
pub mod twiml;
pub mod webhook;
