//! What is being said, and its words along with it.

use std::collections::VecDeque;

use crate::speech::speak;

#[derive(Debug, Default)]
pub struct Mouth {
    sentences: VecDeque<Sentence>,
}

#[derive(Debug)]
struct Sentence {
    audio: Vec<u8>,
    sent: usize,
    /// With the spaces behind them.
    words: VecDeque<String>,
    written: usize,
    length: usize,
}

impl Mouth {
    /// After what is being said.
    pub fn say(&mut self, text: &str) {
        let words = text.split_inclusive(' ').map(str::to_owned).collect();
        let audio = speak(text).into_owned();
        self.sentences.push_back(Sentence { audio, sent: 0, words, written: 0, length: text.len() });
    }

    /// Somebody speaks over it.
    pub fn shut(&mut self) {
        self.sentences.clear();
    }

    /// At most so many bytes of µ-law, none if nothing is said; and the words in it.
    pub fn next(&mut self, size: usize) -> (Vec<u8>, Vec<String>) {
        let Some(sentence) = self.sentences.front_mut() else { return (Vec::new(), Vec::new()) };
        let end = sentence.audio.len().min(sentence.sent + size);
        let audio = sentence.audio[sentence.sent..end].to_vec();
        sentence.sent = end;
        let mut words = Vec::new();
        while sentence.written * sentence.audio.len() < end * sentence.length {
            let Some(word) = sentence.words.pop_front() else { break };
            sentence.written += word.len();
            words.push(word);
        }
        if end == sentence.audio.len() {
            words.extend(sentence.words.drain(..));
            self.sentences.pop_front();
        }
        (audio, words)
    }
}
