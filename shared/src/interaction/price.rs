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
/// GPT-Live while it is active; what it delegates to is not in it. Source: the same.
pub const LIVE_A_MINUTE: u64 = 50_000;
/// `ConversationRelay`, which hears and speaks. Source: <https://www.twilio.com/en-us/voice/pricing/us>, as the next.
pub const RELAY_A_MINUTE: u64 = 70_000;
/// Of a conference, for each who is in it.
pub const CONFERENCE_A_MINUTE: u64 = 1_800;
/// What kind of a line a number is. Source: <https://www.twilio.com/en-us/user-authentication-identity/pricing/lookup>.
pub const LOOK_UP: u64 = 8_000;
/// Of a recording. Source: <https://developers.openai.com/api/docs/pricing>.
pub const TRANSCRIBED_A_MINUTE: u64 = 6_000;
/// A written answer, as the day's budget takes it.
pub const ANSWER: u64 = 4_000;
/// A mail: SES's $0.10 for a thousand.
pub const MAIL: u64 = 100;
