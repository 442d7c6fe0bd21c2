//! What was said, as it was heard, in the order in which it began.

use std::{collections::VecDeque, time::Duration};

use super::{
    outbox::{Effect, Outbox},
    playback::Heard,
    pressing,
};
use crate::interaction::{INAUDIBLE, Speaker, Turn};

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
    /// Since when the speech is over, so its words are on their way.
    stopped: Option<Duration>,
}

#[derive(Debug)]
struct Spoken {
    begun: Begun,
    text: String,
    is_final: bool,
    heard: Option<Heard>,
}

/// How many turns a model is told that comes later: half an hour of them.
const RECENT_TURNS: usize = 300;
/// Speech whose transcription never came is forgotten past this many.
const MAX_WAITING: usize = 32;

impl Transcript {
    /// The newest turns in the order in which they began, and what the twin is saying now.
    pub fn told(&self) -> Vec<(Speaker, &str)> {
        let saying = self.twins.iter().filter(|spoken| !spoken.text.is_empty());
        let saying = saying.map(|spoken| (spoken.begun.sequence, Speaker::Twin, spoken.text.as_str()));
        let said = self.recent.iter().map(|turn| (turn.sequence, turn.speaker, turn.text.as_str()));
        let mut told: Vec<_> = said.chain(saying).collect();
        told.sort_by_key(|(sequence, ..)| *sequence);
        told.into_iter().map(|(_, speaker, text)| (speaker, text)).collect()
    }

    pub fn caller_began(&mut self, item_id: &str, at: Duration) {
        let begun = self.begin(item_id, at);
        self.callers.push_back(begun);
        if self.callers.len() > MAX_WAITING {
            self.callers.pop_front();
        }
    }

    pub fn caller_stopped(&mut self, item_id: &str, now: Duration) {
        for begun in self.callers.iter_mut().filter(|begun| begun.item_id == item_id) {
            begun.stopped = Some(now);
        }
    }

    /// Words that were said since then are on their way.
    pub fn waits_for_words(&self, since: Duration) -> bool {
        self.callers.iter().any(|begun| begun.stopped.is_some_and(|stopped| stopped > since))
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
        // Keys are no words.
        if item_id == pressing::ITEM {
            return;
        }
        self.spoken(item_id, at).begun.at = at;
    }

    /// An item was played to its end, or broken off.
    pub fn twin_heard(&mut self, heard: Heard, now: Duration, out: &mut Outbox) {
        if heard.item_id == pressing::ITEM {
            return;
        }
        let spoken = self.spoken(&heard.item_id.clone(), now);
        spoken.is_final |= !heard.whole;
        spoken.heard = Some(heard);
        self.settle(out);
    }

    /// A response is over, so no more words come. Items that have no audio are forgotten, and named.
    pub fn twin_over(&mut self, has_audio: impl Fn(&str) -> bool, out: &mut Outbox) -> Vec<String> {
        for spoken in &mut self.twins {
            spoken.is_final = true;
        }
        self.settle(out);
        let is_mute = |spoken: &Spoken| !has_audio(&spoken.begun.item_id);
        let (mute, audible) = std::mem::take(&mut self.twins).into_iter().partition(is_mute);
        self.twins = audible;
        let mute: VecDeque<Spoken> = mute;
        mute.into_iter().map(|spoken| spoken.begun.item_id).collect()
    }

    /// The model is gone, and with it the words of those whom it heard.
    pub fn model_lost(&mut self, out: &mut Outbox) {
        for begun in std::mem::take(&mut self.callers) {
            self.persist(begun.turn(Speaker::Person, INAUDIBLE.to_owned(), false), out);
        }
    }

    /// The call is over: what was heard is kept even where the last words never came.
    pub fn finish(&mut self, out: &mut Outbox) {
        self.twin_over(|_| false, out);
        self.callers.retain(|begun| begun.stopped.is_some());
        self.model_lost(out);
    }

    fn begin(&mut self, item_id: &str, at: Duration) -> Begun {
        self.sequence += 1;
        Begun { item_id: item_id.to_owned(), sequence: self.sequence, at, stopped: None }
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
            let text = heard_words(&spoken.text, &heard);
            if !text.is_empty() {
                self.persist(spoken.begun.turn(Speaker::Twin, text.to_owned(), !heard.whole), out);
            }
        }
    }

    fn persist(&mut self, turn: Turn, out: &mut Outbox) {
        let place = self.recent.partition_point(|earlier| earlier.sequence < turn.sequence);
        self.recent.insert(place, turn.clone());
        if self.recent.len() > RECENT_TURNS {
            self.recent.pop_front();
        }
        out.effects.push(Effect::Persist(turn));
    }
}

impl Begun {
    fn turn(self, speaker: Speaker, text: String, interrupted: bool) -> Turn {
        let offset_ms = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        Turn { offset_ms, sequence: self.sequence, speaker, text, interrupted, heard: None }
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
        let whole = played_ms == produced_ms;
        Heard { item_id: item.into(), played_ms, produced_ms, whole, orphaned: false, at: Duration::ZERO }
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
        assert_eq!(
            [at(0), at(10), at(30), at(70), at(80), at(180)],
            ["", "", "one", "one two", "one two", text]
        );
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
