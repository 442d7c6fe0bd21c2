//! What was said, as it was heard, in the order in which it began.

use std::{collections::VecDeque, time::Duration};

use super::{
    outbox::{Effect, Outbox},
    playback::Heard,
};
use crate::interaction::{Speaker, Turn};

#[derive(Debug, Default)]
pub struct Transcript {
    sequence: u32,
    callers: VecDeque<Begun>,
    twins: VecDeque<Spoken>,
    /// The newest turns, for a model that has to be told again.
    recent: VecDeque<Turn>,
}

#[derive(Debug)]
struct Begun {
    item_id: String,
    sequence: u32,
    at: Duration,
}

#[derive(Debug)]
struct Spoken {
    begun: Begun,
    text: String,
    is_final: bool,
    heard: Option<Heard>,
}

/// How many turns a reconnected model is given.
const RECENT_TURNS: usize = 20;
/// Speech whose transcription never came is forgotten past this many.
const MAX_WAITING: usize = 32;
const INAUDIBLE: &str = "[inaudible]";

impl Transcript {
    pub fn recent(&self) -> impl Iterator<Item = &Turn> {
        self.recent.iter()
    }

    pub fn caller_began(&mut self, item_id: &str, at: Duration) {
        let begun = self.begin(item_id, at);
        self.callers.push_back(begun);
        if self.callers.len() > MAX_WAITING {
            self.callers.pop_front();
        }
    }

    /// The caller's words arrive later than the speech, sometimes after the answer to it.
    pub fn caller_said(&mut self, item_id: &str, words: Option<&str>, now: Duration, out: &mut Outbox) {
        let known = self.callers.iter().position(|begun| begun.item_id == item_id);
        let begun = known.and_then(|index| self.callers.remove(index));
        let begun = begun.unwrap_or_else(|| self.begin(item_id, now));
        let text = words.map_or(INAUDIBLE, str::trim);
        if !text.is_empty() {
            self.persist(begun.turn(Speaker::Person, text.to_owned(), false), out);
        }
    }

    /// The twin's words arrive while its audio does.
    pub fn twin_words(&mut self, item_id: &str, words: &str, at: Duration) {
        self.spoken(item_id, at).text.push_str(words);
    }

    /// All of the twin's words for an item.
    pub fn twin_final(&mut self, item_id: &str, text: &str, at: Duration, out: &mut Outbox) {
        let spoken = self.spoken(item_id, at);
        text.clone_into(&mut spoken.text);
        spoken.is_final = true;
        self.settle(out);
    }

    /// An item became audible.
    pub fn twin_audible(&mut self, item_id: &str, at: Duration) {
        self.spoken(item_id, at).begun.at = at;
    }

    /// An item was played to its end, or broken off.
    pub fn twin_heard(&mut self, heard: Heard, now: Duration, out: &mut Outbox) {
        let interrupted = heard.played_ms < heard.produced_ms;
        let spoken = self.spoken(&heard.item_id.clone(), now);
        spoken.is_final |= interrupted;
        spoken.heard = Some(heard);
        self.settle(out);
    }

    /// The call is over: what was heard is kept even where the last words of the model never came.
    pub fn finish(&mut self, out: &mut Outbox) {
        for spoken in &mut self.twins {
            spoken.is_final = true;
        }
        self.settle(out);
    }

    fn begin(&mut self, item_id: &str, at: Duration) -> Begun {
        self.sequence += 1;
        Begun { item_id: item_id.to_owned(), sequence: self.sequence, at }
    }

    fn spoken(&mut self, item_id: &str, at: Duration) -> &mut Spoken {
        let index = self.twins.iter().position(|spoken| spoken.begun.item_id == item_id);
        let index = index.unwrap_or_else(|| {
            let begun = self.begin(item_id, at);
            self.twins.push_back(Spoken { begun, text: String::new(), is_final: false, heard: None });
            self.twins.len() - 1
        });
        &mut self.twins[index]
    }

    fn settle(&mut self, out: &mut Outbox) {
        let ready = |spoken: &Spoken| spoken.is_final && spoken.heard.is_some();
        while let Some(index) = self.twins.iter().position(ready) {
            let Some(spoken) = self.twins.remove(index) else { return };
            let Some(heard) = spoken.heard else { return };
            let interrupted = heard.played_ms < heard.produced_ms;
            let text = heard_words(&spoken.text, &heard);
            if !text.is_empty() {
                self.persist(spoken.begun.turn(Speaker::Twin, text.to_owned(), interrupted), out);
            }
        }
    }

    fn persist(&mut self, turn: Turn, out: &mut Outbox) {
        self.recent.push_back(turn.clone());
        if self.recent.len() > RECENT_TURNS {
            self.recent.pop_front();
        }
        out.effects.push(Effect::Persist(turn));
    }
}

impl Begun {
    fn turn(self, speaker: Speaker, text: String, interrupted: bool) -> Turn {
        let offset_ms = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        Turn { offset_ms, sequence: self.sequence, speaker, text, interrupted }
    }
}

/// The words of an item that were heard whole: text runs with the audio, so the played share of the one is
/// the heard share of the other.
fn heard_words<'a>(text: &'a str, heard: &Heard) -> &'a str {
    if heard.played_ms >= heard.produced_ms {
        return text.trim();
    }
    let characters = text.chars().count() as u64;
    let share = usize::try_from(characters * heard.played_ms / heard.produced_ms.max(1)).unwrap_or(0);
    let cut = text.char_indices().nth(share).map_or(text.len(), |(index, _)| index);
    let whole = if text[cut..].starts_with(char::is_whitespace) { cut } else { last_word_end(&text[..cut]) };
    text[..whole].trim()
}

fn last_word_end(text: &str) -> usize {
    text.rfind(char::is_whitespace).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(item: &str, played_ms: u64, produced_ms: u64) -> Heard {
        Heard { item_id: item.into(), played_ms, produced_ms }
    }

    fn turns(out: &Outbox) -> Vec<(u32, &str, bool)> {
        out.effects
            .iter()
            .map(|effect| match effect {
                Effect::Persist(turn) => (turn.sequence, turn.text.as_str(), turn.interrupted),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn only_whole_words_that_were_played() {
        let text = "one two three four";
        let at = |played| heard_words(text, &heard("a", played, 180)).to_owned();
        assert_eq!([at(0), at(10), at(30), at(70), at(80), at(180)], ["", "", "one", "one two", "one two", text]);
    }

    #[test]
    fn late_words_keep_their_place() {
        let mut transcript = Transcript::default();
        let mut out = Outbox::default();
        transcript.caller_began("c1", Duration::from_secs(1));
        transcript.twin_words("t1", "Answer.", Duration::from_secs(3));
        transcript.twin_heard(heard("t1", 100, 100), Duration::from_secs(4), &mut out);
        assert!(turns(&out).is_empty(), "the model may still add words");
        transcript.twin_final("t1", "Answer.", Duration::from_secs(4), &mut out);
        transcript.caller_said("c1", Some("Question?"), Duration::from_secs(5), &mut out);
        assert_eq!(turns(&out), [(2, "Answer.", false), (1, "Question?", false)]);
    }

    #[test]
    fn an_interrupted_turn_waits_for_nothing() {
        let mut transcript = Transcript::default();
        let mut out = Outbox::default();
        transcript.twin_words("t1", "one two three four", Duration::ZERO);
        transcript.twin_heard(heard("t1", 80, 180), Duration::from_secs(1), &mut out);
        assert_eq!(turns(&out), [(1, "one two", true)]);
    }

    #[test]
    fn failed_transcription_is_said_to_be_so() {
        let mut transcript = Transcript::default();
        let mut out = Outbox::default();
        transcript.caller_began("c1", Duration::ZERO);
        transcript.caller_said("c1", None, Duration::ZERO, &mut out);
        transcript.caller_said("c2", Some("  "), Duration::ZERO, &mut out);
        assert_eq!(turns(&out), [(1, INAUDIBLE, false)]);
    }
}
