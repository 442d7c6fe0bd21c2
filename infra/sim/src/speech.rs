//! Speech as bytes: µ-law (G.711), 8 kHz, mono, one byte a sample, 8 bytes a millisecond.
//!
//! Every line of the built-in scenarios is recorded (`make-speech`); any other text is babbled. Nobody needs
//! a speech model to follow a call: what was said is found again by comparing what arrived with what could
//! have been said ([`Ear`]).

mod babble;
mod ear;
mod likeness;
mod noise;
pub(crate) mod opus;
mod recorded;
mod wav;

use std::borrow::Cow;

use audio_codec_algorithms::decode_ulaw;

pub use ear::{Ear, Recognised, recognise};
pub use noise::Noise;
pub use recorded::{line, lines};
pub use wav::{WavError, from_wav};

/// Bytes a millisecond.
pub const BYTES_PER_MS: usize = 8;
/// Bytes of a frame of 20 ms, the unit in which telephony sends.
pub const FRAME: usize = 160;
/// The µ-law byte of silence.
pub const SILENCE: u8 = 0xFF;
/// The [`energy`] from which a frame is taken for voice: −40 dB of full scale.
pub const VOICED: f32 = 0.01;

/// `text` as speech: the recorded line if there is one, otherwise deterministic babble of about 65 ms a
/// character. Always a whole number of [`FRAME`]s.
pub fn speak(text: &str) -> Cow<'static, [u8]> {
    line(text).map_or_else(|| Cow::Owned(babble::babble(text)), Cow::Borrowed)
}

/// Root mean square of a stretch of µ-law, 0 (silence) to 1 (full scale).
pub fn energy(ulaw: &[u8]) -> f32 {
    if ulaw.is_empty() {
        return 0.0;
    }
    let sum: f32 = ulaw.iter().map(|&byte| (f32::from(decode_ulaw(byte)) / 32768.0).powi(2)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a length of audio")]
    let length = ulaw.len() as f32;
    (sum / length).sqrt()
}

/// Whether somebody speaks in this frame.
pub fn is_voiced(frame: &[u8]) -> bool {
    energy(frame) >= VOICED
}

/// How long a stretch of µ-law lasts.
pub fn duration_ms(bytes: usize) -> u64 {
    (bytes / BYTES_PER_MS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_has_no_energy_and_speech_has() {
        assert!(energy(&[SILENCE; FRAME]) < 0.001);
        let spoken = speak("Perfect, thank you. Goodbye.");
        let voiced = spoken.chunks(FRAME).filter(|frame| is_voiced(frame)).count();
        assert!(voiced * 2 > spoken.len() / FRAME, "most of a line is voiced");
    }

    #[test]
    fn every_scenario_line_is_recorded() {
        use crate::scenario::Scenario;
        let callers = Scenario::names().map(|name| Scenario::built_in(name).expect("ships"));
        for persona in Scenario::personas() {
            for turn in &persona.turn {
                assert!(line(&turn.caller).is_some(), "run make-speech: {:?} is missing", turn.caller);
            }
        }
        for scenario in callers.chain(Scenario::callees()) {
            for turn in &scenario.turn {
                let said = turn.response.iter().flat_map(|response| [&response.say, &response.unknown]);
                for text in said.filter_map(Option::as_deref).chain([turn.caller.as_str()]) {
                    let audio = line(text).unwrap_or_else(|| panic!("run make-speech: {text:?} is missing"));
                    assert_eq!(audio.len() % FRAME, 0, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn babble_is_deterministic_loud_and_whole_frames() {
        let text = "Nobody has recorded this.";
        let babbled = speak(text);
        assert_eq!(babbled, speak(text));
        assert_ne!(babbled, speak("Nobody has recorded that."));
        assert_eq!(babbled.len() % FRAME, 0);
        let per_character = duration_ms(babbled.len()) / text.len() as u64;
        assert!((60..75).contains(&per_character), "{per_character} ms a character");
        assert!(energy(&babbled) > 4.0 * VOICED);
    }
}
