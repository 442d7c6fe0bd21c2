//! A call as Twilio's live transcription heard it, or as its recording says: a second source beside the transcripts of the
//! model that speaks.
//!
//! The model's transcripts stand: they end where the twin was interrupted. The second source says what stands where the
//! model could not make anything out, fills stretches in which no model listened, and how far both agree is how sure a
//! turn is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Heard, INAUDIBLE, Source, Speaker, Turn};

/// What is of a recording has numbers from here on; Twilio does not come so far.
pub const OF_RECORDING: u32 = 100_000;

/// One utterance, final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptLine {
    /// Twilio's `SequenceId`: in order for each side.
    pub sequence: u32,
    pub speaker: Speaker,
    pub text: String,
    /// In percent, where Twilio says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// When it was whole.
    pub at: Timestamp,
}

impl TranscriptLine {
    /// What the other side said until `ended`.
    pub fn recorded(sequence: u32, text: String, confidence: Option<u8>, ended: Timestamp) -> Self {
        let at = ended + SignedDuration::from_millis(i64::try_from(DELAY).unwrap_or_default());
        Self { sequence, speaker: Speaker::Person, text, confidence, at }
    }

    fn by(&self) -> Source {
        if self.sequence < OF_RECORDING { Source::Transcription } else { Source::Recording }
    }
}

/// Sequence numbers of turns that fill a stretch: behind those of any engine, before a voicemail's.
const FILLED: u32 = 500_000;
/// So many utterances of a side are looked at.
pub const MAX_LINES: u32 = 200_000;
/// How fast people are taken to speak, in milliseconds a word.
const A_WORD: u64 = 400;
/// How long Twilio takes to say what it heard, in milliseconds.
const DELAY: u64 = 700;
/// Clocks and estimates may be so far apart, in milliseconds.
const NEAR: u64 = 2500;
/// Fewer words are not told apart by what they are, but by when they were said.
const FEW: usize = 4;
/// So many words are a sentence, and may change what a conversation was about.
const WORTH_READING: u32 = 5;

/// The turns that are new, or say more than before. The same again comes to nothing.
pub fn reconciled(began: Timestamp, turns: &[Turn], transcript: &[TranscriptLine]) -> Vec<Turn> {
    let said: Vec<Spoken<'_>> = turns.iter().filter(|turn| !is_filled(turn)).map(Spoken::from).collect();
    let mut heard_of: Vec<Vec<&TranscriptLine>> = vec![Vec::new(); said.len()];
    let mut found = Vec::new();
    let mut lines: Vec<&TranscriptLine> =
        transcript.iter().filter(|line| !line.text.trim().is_empty()).collect();
    lines.sort_by_key(|line| (line.at, line.sequence));
    let spoken = |line: &TranscriptLine| {
        let at = u64::try_from(line.at.duration_since(began).as_millis()).unwrap_or(0);
        Spoken::ending(line, at.saturating_sub(DELAY))
    };
    // Where both heard something, it is told once.
    let live: Vec<Spoken<'_>> =
        lines.iter().filter(|line| line.by() == Source::Transcription).map(|line| spoken(line)).collect();
    lines.retain(|line| {
        line.by() == Source::Transcription || !live.iter().any(|other| other.is_near(&spoken(line)))
    });
    for line in lines {
        let spoken = spoken(line);
        match said.iter().position(|turn| turn.is_sure() && turn.covers(&spoken)) {
            Some(index) => heard_of[index].push(line),
            None => match said.iter().position(|turn| !turn.is_sure() && turn.is_near(&spoken)) {
                Some(index) => heard_of[index].push(line),
                None => found.push(filled(line, spoken.from)),
            },
        }
    }
    for (turn, lines) in said.iter().zip(&heard_of).filter(|(_, lines)| !lines.is_empty()) {
        found.push(turn.with(lines));
    }
    found.retain(|turn| !turns.contains(turn));
    found.sort_by_key(|turn| (turn.offset_ms, turn.sequence));
    found
}

/// How many words of the person were made out.
pub fn words_of_person(turns: &[Turn]) -> u32 {
    let made_out = turns.iter().filter(|turn| turn.speaker == Speaker::Person && turn.text != INAUDIBLE);
    u32::try_from(made_out.map(|turn| words(&turn.text).len()).sum::<usize>()).unwrap_or(u32::MAX)
}

/// Whether so much more was heard of them than was read that the conversation is worth reading again.
pub fn says_more(words_read: u32, turns: &[Turn]) -> bool {
    let worth_it = if words_read == 0 { 1 } else { WORTH_READING };
    words_of_person(turns) >= words_read.saturating_add(worth_it)
}

fn is_filled(turn: &Turn) -> bool {
    (FILLED..FILLED + 2 * MAX_LINES).contains(&turn.sequence)
}

fn filled(line: &TranscriptLine, offset_ms: u64) -> Turn {
    Turn {
        offset_ms,
        sequence: place(line.speaker, line.sequence),
        speaker: line.speaker,
        text: line.text.trim().to_owned(),
        interrupted: false,
        heard: Some(Heard { by: line.by(), confidence: line.confidence }),
    }
}

/// Each side has its own numbers.
fn place(speaker: Speaker, sequence: u32) -> u32 {
    FILLED + 2 * sequence.min(MAX_LINES - 1) + u32::from(speaker == Speaker::Twin)
}

/// What was said, and about when: milliseconds since the conversation began.
struct Spoken<'a> {
    /// None of what only the second transcript has.
    turn: Option<&'a Turn>,
    speaker: Speaker,
    words: Vec<String>,
    from: u64,
    to: u64,
}

impl<'a> Spoken<'a> {
    fn from(turn: &'a Turn) -> Self {
        let words = words(&turn.text);
        let mut spoken = Self { turn: Some(turn), speaker: turn.speaker, words, from: turn.offset_ms, to: 0 };
        // What the other source put there says nothing of how long it lasts: else it would take in more each time.
        let length = if spoken.is_sure() { lasts(&spoken.words) } else { A_WORD };
        spoken.to = spoken.from + length;
        spoken
    }

    fn ending(line: &TranscriptLine, to: u64) -> Self {
        let words = words(&line.text);
        Self { turn: None, speaker: line.speaker, from: to.saturating_sub(lasts(&words)), words, to }
    }

    /// The model made out what was said.
    fn is_sure(&self) -> bool {
        self.turn.is_some_and(|turn| {
            // A voicemail has a number behind all of these.
            let by_the_other = |heard: Heard| match heard.by {
                Source::Model => false,
                Source::Transcription => true,
                Source::Recording => turn.sequence < FILLED + 2 * MAX_LINES,
            };
            turn.text != INAUDIBLE && !turn.heard.is_some_and(by_the_other)
        })
    }

    fn is_near(&self, other: &Self) -> bool {
        self.speaker == other.speaker && self.from <= other.to + NEAR && other.from <= self.to + NEAR
    }

    /// The same was said here: at about that time, or in so many of the same words.
    fn covers(&self, line: &Self) -> bool {
        let alike = shared(&line.words, &self.words);
        let both = self.to.min(line.to).saturating_sub(self.from.max(line.from));
        let many = line.words.len() >= FEW;
        // Of what was cut off, the other may have heard the rest, too.
        let is_cut = self.turn.is_some_and(|turn| turn.interrupted) && alike * 3 >= self.words.len() * 2;
        let now = !many || is_cut || alike * 3 >= line.words.len() || both * 2 >= line.to - line.from;
        (self.is_near(line) && now)
            || (self.speaker == line.speaker && many && alike * 5 >= line.words.len() * 3)
    }

    /// This turn, with what the second source says of it.
    fn with(&self, lines: &[&TranscriptLine]) -> Turn {
        let turn = self.turn.cloned();
        let text = lines.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ");
        let lowest = lines.iter().filter_map(|line| line.confidence).min();
        let (text, heard) = if self.is_sure() {
            let agreed = shared(&self.words, &words(&text)) * 100 / self.words.len().max(1);
            let confidence = u8::try_from(agreed).ok();
            (None, Heard { by: Source::Model, confidence })
        } else {
            (Some(text), Heard { by: lines[0].by(), confidence: lowest })
        };
        let mut turn = turn.unwrap_or_else(|| filled(lines[0], self.from));
        turn.text = text.unwrap_or(turn.text);
        turn.heard = Some(heard);
        turn
    }
}

fn lasts(words: &[String]) -> u64 {
    u64::try_from(words.len().max(1)).unwrap_or(u64::MAX / A_WORD) * A_WORD
}

fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
}

/// How many of these words are among those.
fn shared(these: &[String], those: &[String]) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in those {
        *left.entry(word).or_default() += 1;
    }
    let is_left = |word: &&String| left.get_mut(word.as_str()).filter(|n| **n > 0).map(|n| *n -= 1).is_some();
    these.iter().filter(is_left).count()
}

#[cfg(test)]
mod tests;
