//! What is behind whoever speaks: a room, a street, a bad line.

use std::f32::consts::TAU;

use audio_codec_algorithms::{decode_ulaw, encode_ulaw};

/// Of what is random, so much is left of each sample in the next: a room is dull.
const DULL: f32 = 0.7;
/// Of the mains, in Hz, and how loud it is beside the rest.
const HUM: (f32, f32) = (50.0, 0.3);
const SAMPLE_RATE: f32 = 8000.0;
/// Root mean square of the sum before it is scaled.
const LOUDNESS: f32 = 0.32;

/// Noise of one line. Deterministic.
#[derive(Debug, Clone)]
pub struct Noise {
    scale: f32,
    random: u64,
    last: f32,
    phase: f32,
}

impl Noise {
    /// `decibels` of full scale, such as −46.
    pub fn new(decibels: f32) -> Self {
        let scale = 10.0_f32.powf(decibels / 20.0) / LOUDNESS;
        Self { scale, random: 0x9e37_79b9_7f4a_7c15, last: 0.0, phase: 0.0 }
    }

    /// Adds it to µ-law.
    pub fn mix(&mut self, ulaw: &mut [u8]) {
        for byte in ulaw {
            let sample = f32::from(decode_ulaw(*byte)) + self.next() * self.scale * 32768.0;
            #[expect(clippy::cast_possible_truncation, reason = "clamped to the range of a sample")]
            let sample = sample.clamp(-32768.0, 32767.0) as i16;
            *byte = encode_ulaw(sample);
        }
    }

    fn next(&mut self) -> f32 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let [low, high, ..] = self.random.to_le_bytes();
        let white = f32::from(i16::from_le_bytes([low, high])) / 32768.0;
        self.last = DULL * self.last + (1.0 - DULL) * white;
        self.phase = (self.phase + HUM.0 / SAMPLE_RATE).fract();
        self.last + HUM.1 * (TAU * self.phase).sin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{FRAME, SILENCE, energy, is_voiced, lines, recognise, speak};

    #[test]
    fn it_is_as_loud_as_asked_for_and_no_voice() {
        let mut silence = vec![SILENCE; 100 * FRAME];
        Noise::new(-46.0).mix(&mut silence);
        let decibels = 20.0 * energy(&silence).log10();
        assert!((decibels + 46.0).abs() < 1.5, "{decibels}");
        assert!(!silence.chunks(FRAME).any(is_voiced));
    }

    #[test]
    fn what_is_said_in_it_is_recognised() {
        for text in lines() {
            let mut heard = speak(text).into_owned();
            Noise::new(-46.0).mix(&mut heard);
            assert_ne!(heard, *speak(text));
            assert_eq!(recognise(&heard).map(|heard| heard.text).as_deref(), Some(text));
        }
    }
}
