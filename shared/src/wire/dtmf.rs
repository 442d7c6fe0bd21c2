//! Keys of a telephone as sound. Source: ITU-T Q.23 (which frequencies), Q.24 (how long a receiver wants them), G.711
//! (µ-law).

use std::f64::consts::TAU;

use audio_codec_algorithms::encode_ulaw;

use super::twilio::media::{BYTES_PER_MS, SILENCE};

/// Hz: a key is one of each, by row and by column.
const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f64; 3] = [1209.0, 1336.0, 1477.0];
const KEYS: [&str; 4] = ["123", "456", "789", "*0#"];
/// Q.24 has receivers take 40 ms of each; with more they are sure. Whole frames of 20 ms.
pub const TONE_MS: u64 = 100;
pub const GAP_MS: u64 = 100;
/// What `w` stands for.
pub const WAIT_MS: u64 = 500;
/// Of full scale: the column is the louder one by 2 dB, for lines lose more of it.
const ROW_LEVEL: f64 = 0.22;
const COLUMN_LEVEL: f64 = 0.276;
const RATE: f64 = 8000.0;
/// Keys and waits of one press.
pub const MAX: usize = 32;

/// Digits, `*` and `#`, with `w` for a wait of half a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(String);

impl Keys {
    /// `None`: nothing, too many, or no keys.
    pub fn parse(text: &str) -> Option<Self> {
        let presses = text.bytes().any(|key| key != b'w');
        let all = text.bytes().all(|key| key == b'w' || frequencies(key).is_some());
        (presses && all && text.len() <= MAX).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// µ-law of each in turn, with the gap behind it.
    pub fn sound(&self) -> impl Iterator<Item = Vec<u8>> {
        self.0.bytes().map(|key| match frequencies(key) {
            Some(pair) => tone(pair),
            None => silence(WAIT_MS),
        })
    }
}

fn frequencies(key: u8) -> Option<(f64, f64)> {
    KEYS.iter().zip(ROWS).find_map(|(keys, row)| {
        let column = keys.bytes().position(|one| one == key)?;
        Some((row, COLUMNS[column]))
    })
}

fn tone((row, column): (f64, f64)) -> Vec<u8> {
    let sample = |number: u32| {
        let at = TAU * f64::from(number) / RATE;
        let level = ROW_LEVEL * (row * at).sin() + COLUMN_LEVEL * (column * at).sin();
        #[expect(clippy::cast_possible_truncation, reason = "half of full scale at most")]
        encode_ulaw((level * f64::from(i16::MAX)) as i16)
    };
    let samples = u32::try_from(TONE_MS * BYTES_PER_MS).unwrap_or(u32::MAX);
    (0..samples).map(sample).chain(silence(GAP_MS)).collect()
}

fn silence(ms: u64) -> Vec<u8> {
    vec![SILENCE; usize::try_from(ms * BYTES_PER_MS).unwrap_or(usize::MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::twilio::media::FRAME_BYTES;

    #[test]
    fn only_keys_are_keys() {
        for good in ["1", "0123456789*#", "ww12", &"5".repeat(MAX)] {
            assert!(Keys::parse(good).is_some(), "{good}");
        }
        for bad in ["", "w", "ww", "A", "1 2", "1-2", "+1", "W1", "é", "1\0", &"5".repeat(MAX + 1)] {
            assert!(Keys::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn sound_is_whole_frames_of_the_stated_lengths() {
        let keys = Keys::parse("1w#").unwrap();
        let sound: Vec<Vec<u8>> = keys.sound().collect();
        let key = usize::try_from((TONE_MS + GAP_MS) * BYTES_PER_MS).unwrap();
        let wait = usize::try_from(WAIT_MS * BYTES_PER_MS).unwrap();
        assert_eq!(sound.iter().map(Vec::len).collect::<Vec<_>>(), [key, wait, key]);
        assert!(sound.iter().all(|one| one.len().is_multiple_of(FRAME_BYTES)));
        assert!(sound[1].iter().all(|sample| *sample == SILENCE));
        assert!(sound[0] != sound[2]);
    }
}
