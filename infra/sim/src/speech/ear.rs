//! Finding out what was said from what really arrived.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use super::{FRAME, is_voiced, lines, speak};

/// Fewer frames than this (160 ms) say nothing about a line.
const FEWEST_FRAMES: usize = 8;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    pub text: String,
    /// The share of the line's voiced frames that arrived, 0 to 1.
    pub coverage: f32,
}

/// A listener who knows some lines and nothing else.
///
/// It compares hashes of voiced frames, so lost, repeated, reordered and added frames only cost coverage.
/// Audio that was decoded and encoded again, or mixed, is not recognised.
#[derive(Debug)]
pub struct Ear {
    lines: Vec<Line>,
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
        let mut ear = Self { lines: Vec::new(), index: HashMap::new() };
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
        (0..FRAME.min(audio.len())).find_map(|offset| self.recognise_at(audio, offset))
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
    use super::*;
    use crate::speech::SILENCE;

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
