//! Codecs that do no I/O: what goes over a wire, as values.

pub mod dtmf;
pub mod json;
pub mod live;
pub mod loudness;
pub mod realtime;
pub mod responses;
pub mod sns;
pub mod ticket;
pub mod trace;
pub mod vcard;
pub mod twilio;
