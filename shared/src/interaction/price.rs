//! What a conversation costs by list prices: one dated table, in micro-dollars.

use jiff::civil::{Date, date};

/// The day as of which the prices below stood in the lists.
pub const AS_OF: Date = date(2026, 9, 1);

/// A local number in the US, inbound. Source: <https://www.twilio.com/en-us/voice/pricing/us>, as the two below.
pub const INBOUND_A_MINUTE: u64 = 8_500;
/// To a local number in the US.
pub const OUTBOUND_A_MINUTE: u64 = 14_000;
/// Media streams.
pub const STREAM_A_MINUTE: u64 = 4_000;
/// Realtime audio: half of a minute heard (600 tokens a minute at $32 a million), half said (1200 at $64), and what was said
/// before read again from the cache. Source: <https://developers.openai.com/api/docs/pricing>.
pub const VOICE_A_MINUTE: u64 = 60_000;
/// A written answer, as the day's budget takes it.
pub const ANSWER: u64 = 4_000;
/// A mail: SES's $0.10 for a thousand.
pub const MAIL: u64 = 100;
