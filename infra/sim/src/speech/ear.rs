//! Finding out what was said from what really arrived.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, OnceLock};

use super::likeness::{Likeness, Sound};
use super::{FRAME, is_voiced, lines, speak};

/// Fewer frames than this (160 ms) say nothing about a line.
const FEWEST_FRAMES: usize = 8;

/// From this correlation on, what came through a lossy codec is taken for a line.
const ALIKE: f32 = 0.7;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    pub text: String,
    /// The share of the line's voiced frames that arrived, 0 to 1.
    pub coverage: f32,
}

/// A listener who knows some lines and nothing else.
///
/// It compares hashes of voiced frames, so lost, repeated, reordered and added frames only cost coverage. What it
/// does not know so, because it was decoded and encoded again or came out of a microphone, it compares by its sound.
#[derive(Debug)]
pub struct Ear {
    lines: Vec<Line>,
    /// Of each line; made when first needed.
    sounds: OnceLock<Vec<Sound>>,
    /// Frame hash to lines.
    index: HashMap<u64, Vec<usize>>,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// Distinct voiced frames.
    frames: usize,
}

impl Ear {
    /// An ear for these texts, as [`speak`] says them.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ear = Self { lines: Vec::new(), sounds: OnceLock::new(), index: HashMap::new() };
        for text in texts {
            let hashes = voiced(&speak(text), 0);
            for &hash in &hashes {
                ear.index.entry(hash).or_default().push(ear.lines.len());
            }
            ear.lines.push(Line { text: text.to_owned(), frames: hashes.len() });
        }
        ear
    }

    /// The line of which the most was heard in `audio` (µ-law).
    ///
    /// Frames are expected at multiples of 160 bytes; if nothing is found there, at every other offset.
    pub fn recognise(&self, audio: &[u8]) -> Option<Recognised> {
        let exactly = (0..FRAME.min(audio.len())).find_map(|offset| self.recognise_at(audio, offset));
        exactly.or_else(|| self.recognise_sound(audio))
    }

    fn recognise_sound(&self, audio: &[u8]) -> Option<Recognised> {
        let heard = Sound::of(audio);
        let sounds =
            self.sounds.get_or_init(|| self.lines.iter().map(|line| Sound::of(&speak(&line.text))).collect());
        let alike = sounds.iter().enumerate().filter_map(|(line, sound)| Some((line, sound.within(&heard)?)));
        let (line, Likeness { coverage, .. }) =
            alike
                .filter(|(_, likeness)| likeness.correlation >= ALIKE)
                .max_by(|(_, one), (_, other)| one.weight().total_cmp(&other.weight()))?;
        Some(Recognised { text: self.lines[line].text.clone(), coverage })
    }

    fn recognise_at(&self, audio: &[u8], offset: usize) -> Option<Recognised> {
        let mut votes = vec![0; self.lines.len()];
        for hash in voiced(audio, offset) {
            for &line in self.index.get(&hash).into_iter().flatten() {
                votes[line] += 1;
            }
        }
        let (line, votes) = self.lines.iter().zip(votes).max_by_key(|(_, votes)| *votes)?;
        if votes < FEWEST_FRAMES.min(line.frames).max(1) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "numbers of frames")]
        let coverage = votes as f32 / line.frames as f32;
        Some(Recognised { text: line.text.clone(), coverage })
    }
}

/// The recorded line of which the most was heard in `audio` (µ-law), whoever said it.
pub fn recognise(audio: &[u8]) -> Option<Recognised> {
    static EAR: LazyLock<Ear> = LazyLock::new(|| Ear::new(lines()));
    EAR.recognise(audio)
}

/// The distinct voiced frames from `offset` on, hashed.
fn voiced(audio: &[u8], offset: usize) -> HashSet<u64> {
    audio[offset..].chunks_exact(FRAME).filter(|frame| is_voiced(frame)).map(hash).collect()
}

fn hash(frame: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    frame.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use audio_codec_algorithms::{decode_ulaw, encode_ulaw};

    use super::*;
    use crate::speech::SILENCE;
    use crate::speech::opus::Opus;

    const LINE: &str = "Yes, that's right. Could we talk on Tuesday afternoon?";

    fn heard(audio: &[u8]) -> Recognised {
        recognise(audio).expect("recognised")
    }

    #[test]
    fn every_line_is_told_from_all_others() {
        for text in lines() {
            assert_eq!(heard(&speak(text)), Recognised { text: text.to_owned(), coverage: 1.0 });
        }
    }

    /// As it arrives over a call: quieter, in other frames, through the codec.
    fn called(ulaw: &[u8]) -> Vec<u8> {
        let quieter = ulaw.iter().map(|&byte| encode_ulaw(decode_ulaw(byte) / 3));
        let mut audio: Vec<u8> = std::iter::repeat_n(SILENCE, 2400 + 77).chain(quieter).collect();
        audio.resize((audio.len() + 4000).next_multiple_of(FRAME), SILENCE);
        let mut opus = Opus::new().expect("begins");
        let mut over = |frame: &[u8]| {
            let packet = opus.encode(frame).expect("a frame");
            opus.decode(&packet).expect("a packet")
        };
        audio.chunks(FRAME).flat_map(&mut over).collect()
    }

    #[test]
    fn every_line_is_told_from_all_others_after_a_call() {
        for text in lines() {
            let heard = heard(&called(&speak(text)));
            assert_eq!(heard.text, text);
            assert!(heard.coverage > 0.9, "{text}: {}", heard.coverage);
        }
    }

    #[test]
    fn a_call_makes_nobody_say_what_they_did_not() {
        for stranger in
            ["Nobody has recorded this.", "What they said at length was never in any book of ours."]
        {
            assert_eq!(recognise(&called(&speak(stranger))), None, "{stranger}");
        }
        let half = speak(LINE);
        assert!(heard(&called(&half[half.len() / 4..])).coverage < 0.9, "what did not arrive was not heard");
    }

    #[test]
    fn lost_frames_cost_coverage_only() {
        let kept = speak(LINE)
            .chunks(FRAME)
            .enumerate()
            .filter(|(n, _)| n % 7 != 0)
            .flat_map(|(_, frame)| frame)
            .copied()
            .collect::<Vec<_>>();
        let heard = heard(&kept);
        assert_eq!(heard.text, LINE);
        assert!((0.8..0.95).contains(&heard.coverage), "{}", heard.coverage);
    }

    #[test]
    fn the_beginning_of_a_line_is_a_share_of_it() {
        let audio = speak(LINE);
        let heard = heard(&audio[..audio.len() / 2 / FRAME * FRAME]);
        assert_eq!(heard.text, LINE);
        assert!((0.35..0.65).contains(&heard.coverage), "{}", heard.coverage);
    }

    #[test]
    fn speech_may_begin_anywhere() {
        let mut audio = vec![SILENCE; 8000 + 77];
        audio.extend_from_slice(&speak(LINE));
        assert_eq!(heard(&audio).text, LINE);
    }

    #[test]
    fn silence_and_strangers_say_nothing() {
        assert_eq!(recognise(&[]), None);
        assert_eq!(recognise(&[SILENCE; 8000]), None);
        assert_eq!(recognise(&speak("Nobody has recorded this.")), None);
    }

    #[test]
    fn an_ear_may_know_lines_that_are_not_recorded() {
        let ear = Ear::new(["Nobody has recorded this.", "Nobody has recorded that."]);
        let heard = ear.recognise(&speak("Nobody has recorded that.")).expect("recognised");
        assert_eq!(heard, Recognised { text: "Nobody has recorded that.".to_owned(), coverage: 1.0 });
    }
}
