//! The input audio buffer, and who speaks in it: `server_vad`.

use crate::speech::{BYTES_PER_MS, FRAME, energy};

const FRAME_MS: u32 = 20;
/// So much voice in a row begins a turn: a click does not.
const ONSET_MS: u32 = 60;
/// An uncommitted buffer without turn detection forgets what is older than this: 15 minutes.
const LONGEST: usize = 15 * 60 * 1000 * BYTES_PER_MS;
/// `OpenAI` refuses to commit less.
const SHORTEST_COMMIT_MS: f64 = 100.0;

/// `audio.input.turn_detection` of type `server_vad`.
#[derive(Debug, Clone, PartialEq)]
pub struct VadConfig {
    /// 0 to 1.
    pub threshold: f32,
    pub prefix_padding_ms: u32,
    pub silence_duration_ms: u32,
}

/// Voice activity over frames of 20 ms. Knows no clock: audio itself is the time.
#[derive(Debug)]
struct Vad {
    config: VadConfig,
    speaking: bool,
    /// Voiced while silent, silent while speaking.
    run_ms: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Edge {
    Onset,
    End,
}

impl Vad {
    fn frame(&mut self, energy: f32) -> Option<Edge> {
        let voiced = likelihood(energy) >= self.config.threshold;
        self.run_ms = if voiced == self.speaking { 0 } else { self.run_ms + FRAME_MS };
        let (enough, edge) = if self.speaking {
            (self.config.silence_duration_ms, Edge::End)
        } else {
            (ONSET_MS, Edge::Onset)
        };
        if voiced == self.speaking || self.run_ms < enough {
            return None;
        }
        self.speaking = !self.speaking;
        self.run_ms = 0;
        Some(edge)
    }
}

/// How sure we are of voice, 0 to 1, linear in loudness: −60 dB of full scale is 0, −40 dB 0.5, −20 dB 1.
fn likelihood(energy: f32) -> f32 {
    ((20.0 * energy.max(1e-6).log10() + 60.0) / 40.0).clamp(0.0, 1.0)
}

/// A turn of the caller, in milliseconds of audio since the session began.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Started { audio_start_ms: u64 },
    Stopped { audio_end_ms: u64, utterance: Vec<u8> },
}

/// The input audio buffer, µ-law.
#[derive(Debug, Default)]
pub struct Microphone {
    vad: Option<Vad>,
    audio: Vec<u8>,
    /// Position in the session's audio of the first byte in `audio`.
    start: usize,
    /// Position up to which the VAD has listened.
    listened: usize,
}

impl Microphone {
    /// Turn detection from here on. The same configuration again does not disturb a turn.
    pub fn configure(&mut self, config: Option<VadConfig>) {
        if self.vad.as_ref().map(|vad| &vad.config) != config.as_ref() {
            self.vad = config.map(|config| Vad { config, speaking: false, run_ms: 0 });
            self.listened = self.end().next_multiple_of(FRAME);
        }
    }

    pub fn append(&mut self, ulaw: &[u8], turns: &mut Vec<Turn>) {
        self.audio.extend_from_slice(ulaw);
        while self.vad.is_some() && self.listened + FRAME <= self.end() {
            turns.extend(self.listen());
        }
        let kept = match &self.vad {
            Some(vad) if !vad.speaking => {
                (vad.config.prefix_padding_ms + ONSET_MS) as usize * BYTES_PER_MS + FRAME
            }
            _ => LONGEST,
        };
        self.forget_before(self.end().saturating_sub(kept));
    }

    /// Moves on by one frame.
    fn listen(&mut self) -> Option<Turn> {
        let vad = self.vad.as_mut()?;
        let from = self.listened - self.start;
        self.listened += FRAME;
        let edge = vad.frame(energy(&self.audio[from..from + FRAME]))?;
        let before = (vad.config.prefix_padding_ms + ONSET_MS) as usize * BYTES_PER_MS;
        match edge {
            Edge::Onset => {
                self.forget_before(self.listened.saturating_sub(before) / FRAME * FRAME);
                Some(Turn::Started { audio_start_ms: ms(self.start) })
            }
            Edge::End => {
                let utterance = self.audio[..self.listened - self.start].to_vec();
                self.forget_before(self.listened);
                Some(Turn::Stopped { audio_end_ms: ms(self.listened), utterance })
            }
        }
    }

    /// Everything in the buffer; an error says how many milliseconds there are if these are too few.
    pub fn commit(&mut self) -> Result<Vec<u8>, f64> {
        #[expect(clippy::cast_precision_loss, reason = "minutes of audio")]
        let length = self.audio.len() as f64 / BYTES_PER_MS as f64;
        if length < SHORTEST_COMMIT_MS {
            return Err(length);
        }
        let utterance = self.audio.clone();
        self.clear();
        Ok(utterance)
    }

    pub fn clear(&mut self) {
        self.forget_before(self.end());
        self.listened = self.end().next_multiple_of(FRAME);
        if let Some(vad) = &mut self.vad {
            vad.speaking = false;
            vad.run_ms = 0;
        }
    }

    fn end(&self) -> usize {
        self.start + self.audio.len()
    }

    fn forget_before(&mut self, position: usize) {
        let gone = position.saturating_sub(self.start).min(self.audio.len());
        self.audio.drain(..gone);
        self.start += gone;
    }
}

fn ms(position: usize) -> u64 {
    (position / BYTES_PER_MS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{SILENCE, recognise, speak};

    const LINE: &str = "Perfect, thank you. Goodbye.";

    fn silence(ms: usize) -> Vec<u8> {
        vec![SILENCE; ms * BYTES_PER_MS]
    }

    fn microphone(silence_duration_ms: u32) -> Microphone {
        let mut microphone = Microphone::default();
        let config = VadConfig { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms };
        microphone.configure(Some(config));
        microphone
    }

    fn turns(microphone: &mut Microphone, audio: &[u8], chunk: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        for chunk in audio.chunks(chunk) {
            microphone.append(chunk, &mut turns);
        }
        turns
    }

    fn spoken() -> Vec<u8> {
        [silence(1000), speak(LINE).into_owned(), silence(1000)].concat()
    }

    #[test]
    fn a_line_is_one_turn_with_padding_before_and_silence_after() {
        let turns = turns(&mut microphone(200), &spoken(), FRAME);
        let [Turn::Started { audio_start_ms }, Turn::Stopped { audio_end_ms, utterance }] = &turns[..] else {
            panic!("{} turns", turns.len());
        };
        assert!((700..=800).contains(audio_start_ms), "{audio_start_ms}");
        let end_of_line = 1000 + ms(speak(LINE).len());
        assert!((end_of_line..end_of_line + 220).contains(audio_end_ms), "{audio_end_ms} of {end_of_line}");
        assert_eq!(utterance.len() as u64, (audio_end_ms - audio_start_ms) * BYTES_PER_MS as u64);
        let heard = recognise(utterance).expect("recognised");
        assert_eq!((heard.text.as_str(), heard.coverage), (LINE, 1.0));
    }

    #[test]
    fn chunk_sizes_make_no_difference() {
        let whole = turns(&mut microphone(500), &spoken(), usize::MAX);
        assert_eq!(whole.len(), 2);
        for chunk in [1, 77, 160, 400] {
            assert!(turns(&mut microphone(500), &spoken(), chunk) == whole, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_click_is_no_turn_and_pauses_do_not_end_one() {
        let click = [silence(500), speak(LINE)[8 * FRAME..10 * FRAME].to_vec(), silence(500)].concat();
        assert_eq!(turns(&mut microphone(200), &click, FRAME).len(), 0);
        let pausing = [speak(LINE).into_owned(), silence(300), speak(LINE).into_owned()].concat();
        assert_eq!(turns(&mut microphone(500), &pausing, FRAME).len(), 1);
        assert_eq!(turns(&mut microphone(200), &pausing, FRAME).len(), 3, "the second has not ended");
    }

    #[test]
    fn a_deaf_threshold_hears_nothing() {
        let mut microphone = microphone(200);
        microphone.configure(Some(VadConfig {
            threshold: 1.0,
            prefix_padding_ms: 0,
            silence_duration_ms: 200,
        }));
        let quiet = spoken().iter().map(|byte| byte | 0x30).collect::<Vec<_>>();
        assert_eq!(turns(&mut microphone, &quiet, FRAME).len(), 0);
    }

    #[test]
    fn silence_is_forgotten_and_a_commit_takes_all() {
        let mut listening = microphone(200);
        turns(&mut listening, &silence(60_000), FRAME);
        assert!(listening.audio.len() < 500 * BYTES_PER_MS);

        let mut manual = Microphone::default();
        assert_eq!(turns(&mut manual, &spoken(), FRAME).len(), 0);
        assert!(manual.commit().as_deref() == Ok(&spoken()[..]));
        assert_eq!(manual.commit(), Err(0.0));
    }
}
