//! Hears the keys of a telephone in what is played: Goertzel's algorithm at the frequencies of ITU-T Q.23, with the
//! conditions of Q.24 that matter on a clean line.

use std::f32::consts::TAU;

use audio_codec_algorithms::decode_ulaw;

use crate::speech::FRAME;

/// Hz.
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
const RATE: f32 = 8000.0;
/// A key is one that sounds for so many frames: 40 ms.
const FRAMES: u32 = 2;
/// Of the power of a frame, so much is in the two tones.
const PURE: f32 = 0.5;
/// A tone is so many times as strong as the others of its group.
const ABOVE_OTHERS: f32 = 6.0;
/// One of the two is at most so many times as strong as the other (8 dB).
const TWIST: f32 = 6.3;
/// Mean square of a frame that is worth a look: −40 dB of full scale.
const LOUD: f32 = 0.0001;

#[derive(Debug, Default)]
pub struct Detector {
    sounding: Option<char>,
    frames: u32,
}

impl Detector {
    /// 20 ms of µ-law. A key that has sounded for long enough is told once; it has to end before it is told again.
    pub fn hear(&mut self, frame: &[u8; FRAME]) -> Option<char> {
        let key = key(frame);
        if key != self.sounding {
            (self.sounding, self.frames) = (key, 0);
        }
        self.frames = self.frames.saturating_add(1);
        key.filter(|_| self.frames == FRAMES)
    }
}

fn key(frame: &[u8; FRAME]) -> Option<char> {
    let samples = frame.map(|byte| f32::from(decode_ulaw(byte)) / 32768.0);
    #[expect(clippy::cast_precision_loss, reason = "a frame is short")]
    let length = FRAME as f32;
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / length;
    if power < LOUD {
        return None;
    }
    let (row, low) = strongest(&samples, ROWS)?;
    let (column, high) = strongest(&samples, COLUMNS)?;
    // Of a sine with the amplitude a, the magnitude is a·N/2 and the power a²/2.
    let in_tones = 2.0 * (low + high) / (length * length);
    let balanced = low <= high * TWIST && high <= low * TWIST;
    (in_tones >= PURE * power && balanced).then_some(KEYS[row][column])
}

/// The tone that stands out, with its squared magnitude.
fn strongest(samples: &[f32], group: [f32; 4]) -> Option<(usize, f32)> {
    let found = group.map(|frequency| goertzel(samples, frequency));
    let (index, best) = found.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let others = found.iter().enumerate().filter(|(other, _)| *other != index);
    others.map(|(_, power)| power * ABOVE_OTHERS).all(|power| power <= best).then_some((index, best))
}

/// The squared magnitude at one frequency.
fn goertzel(samples: &[f32], frequency: f32) -> f32 {
    let coefficient = 2.0 * (TAU * frequency / RATE).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (sample + coefficient * one - two, one);
    }
    one * one + two * two - coefficient * one * two
}

#[cfg(test)]
mod tests {
    use audio_codec_algorithms::encode_ulaw;

    use super::*;
    use crate::speech::{SILENCE, speak};

    fn sound(frequencies: &[f32], frames: usize) -> Vec<u8> {
        let sample = |number: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a short sound")]
            let at = TAU * number as f32 / RATE;
            let sum: f32 = frequencies.iter().map(|frequency| (frequency * at).sin()).sum();
            #[expect(clippy::cast_possible_truncation, reason = "within the range")]
            encode_ulaw((sum * 8000.0) as i16)
        };
        (0..frames * FRAME).map(sample).collect()
    }

    fn heard(audio: &[u8]) -> String {
        let mut detector = Detector::default();
        audio.as_chunks::<FRAME>().0.iter().filter_map(|frame| detector.hear(frame)).collect()
    }

    #[test]
    fn every_key_is_told_from_the_others() {
        for (row, keys) in ROWS.iter().zip(KEYS) {
            for (column, key) in COLUMNS.iter().zip(keys) {
                assert_eq!(heard(&sound(&[*row, *column], 4)), key.to_string());
                // Receivers take what is 1.5 % beside it.
                assert_eq!(heard(&sound(&[row * 1.015, column * 0.985], 4)), key.to_string());
            }
        }
    }

    #[test]
    fn a_key_twice_is_two_keys_and_a_long_one_is_one() {
        let five = sound(&[770.0, 1336.0], 5);
        let gap = vec![SILENCE; 3 * FRAME];
        assert_eq!(heard(&[five.clone(), gap, five.clone()].concat()), "55");
        assert_eq!(heard(&[five.clone(), five].concat()), "5");
        assert_eq!(heard(&sound(&[770.0, 1336.0], 1)), "", "too short");
    }

    #[test]
    fn a_voice_presses_no_keys() {
        assert_eq!(heard(&speak("Nobody has recorded these many words about the lighthouse at all.")), "");
        assert_eq!(heard(&sound(&[770.0], 5)), "");
        assert_eq!(heard(&sound(&[770.0, 852.0, 1336.0], 5)), "");
        assert_eq!(heard(&vec![SILENCE; 10 * FRAME]), "");
    }
}
