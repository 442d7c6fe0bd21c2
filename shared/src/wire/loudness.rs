//! Whether somebody speaks in a piece of audio.

use audio_codec_algorithms::decode_ulaw;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::twilio::media::FRAME_BYTES;

/// Louder than this a frame is speech, as the mean of its squares: −46 dB of full scale.
pub const VOICED: f32 = 164.0 * 164.0;

/// Whether somebody speaks in a frame of this µ-law.
pub fn is_voiced(base64: &str) -> bool {
    STANDARD.decode(base64).is_ok_and(|audio| frames(&audio).any(|loudness| loudness >= VOICED))
}

/// How loud this µ-law is where it is loudest, as the mean of a frame's squares.
pub fn loudness(base64: &str) -> f32 {
    STANDARD.decode(base64).map_or(0.0, |audio| frames(&audio).fold(0.0, f32::max))
}

fn frames(audio: &[u8]) -> impl Iterator<Item = f32> {
    audio.chunks(FRAME_BYTES).map(|frame| {
        let squares: f32 = frame.iter().map(|byte| f32::from(decode_ulaw(*byte)).powi(2)).sum();
        #[expect(clippy::cast_precision_loss, reason = "bytes of a frame")]
        let length = frame.len() as f32;
        squares / length
    })
}
