//! A voice for texts that nobody recorded: it has the length, loudness and rhythm of speech, not the words.

use std::f32::consts::TAU;

use audio_codec_algorithms::encode_ulaw;

use super::{BYTES_PER_MS, FRAME, SILENCE};

const MS_PER_CHARACTER: usize = 65;
/// A pause is shorter than the shortest silence that ends a turn.
const PAUSE_MS: usize = 40;
const SAMPLE_RATE: f32 = 8000.0;

/// Deterministic: the same text gives the same bytes, and two texts hardly ever share a frame.
pub fn babble(text: &str) -> Vec<u8> {
    let mut voice = Voice::new(text);
    let mut audio = Vec::with_capacity(text.len() * MS_PER_CHARACTER * BYTES_PER_MS + FRAME);
    for character in text.chars() {
        if character.is_alphanumeric() {
            voice.utter(character, MS_PER_CHARACTER, &mut audio);
        } else {
            audio.resize(audio.len() + PAUSE_MS * BYTES_PER_MS, SILENCE);
            voice.utter('e', MS_PER_CHARACTER - PAUSE_MS, &mut audio);
        }
    }
    audio.resize(audio.len().next_multiple_of(FRAME), SILENCE);
    audio
}

struct Voice {
    noise: u64,
    /// Of the vocal cords and of the two formants, in turns.
    phases: [f32; 3],
}

impl Voice {
    /// Seeded by FNV-1a of the text.
    fn new(text: &str) -> Self {
        let noise = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { noise: noise | 1, phases: [0.0; 3] }
    }

    /// A buzz with two formants that depend on the character, and a breath of noise.
    fn utter(&mut self, character: char, ms: usize, audio: &mut Vec<u8>) {
        let letter = u16::try_from(u32::from(character) % 16).map_or(0.0, f32::from);
        let pitch = 110.0 + 30.0 * self.random();
        let frequencies = [pitch, 350.0 + 40.0 * letter, 1100.0 + 80.0 * letter];
        for _ in 0..ms * BYTES_PER_MS {
            for (phase, frequency) in self.phases.iter_mut().zip(frequencies) {
                *phase = (*phase + frequency / SAMPLE_RATE).fract();
            }
            let [cords, first, second] = self.phases;
            let buzz = 0.6 + 0.4 * (TAU * cords).sin();
            let sound = buzz * (0.6 * (TAU * first).sin() + 0.3 * (TAU * second).sin()) + 0.1 * self.random();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "within ±1, scaled to a third of full scale"
            )]
            audio.push(encode_ulaw((sound * 11_000.0) as i16));
        }
    }

    /// xorshift64, −1 to 1.
    fn random(&mut self) -> f32 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
        let unit = (self.noise >> 40) as f32 / 8_388_608.0;
        unit - 1.0
    }
}
