//! What the twin says in a call in text, and how much of it was heard.

use std::time::Duration;

use super::{Output, Texted, milliseconds};
use crate::{
    interaction::{Outcome, Speaker, Turn},
    wire::twilio::conversation::Outgoing,
};

/// How fast Twilio is taken to speak.
const CHARACTERS_A_SECOND: u32 = 15;
/// First words that were broken off are said again, so often.
const MAX_GREETINGS: u32 = 3;

/// What the twin says, and since when.
#[derive(Debug)]
pub(super) struct Saying {
    sequence: u32,
    text: String,
    began: Duration,
    interruptible: bool,
}

impl Texted {
    /// The first words, which nobody interrupts: they say that this is an AI.
    pub fn greet(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.greetings += 1;
        let greeting = self.greeting.clone();
        self.say(&greeting, false, now, out);
    }

    /// These words, in place of an answer that is not whole yet.
    pub(super) fn say(&mut self, words: &str, interruptible: bool, now: Duration, out: &mut Vec<Output>) {
        self.drop_answer(out);
        self.heard_whole(now, out);
        self.add(words, true, interruptible, now, out);
    }

    pub(super) fn drop_answer(&mut self, out: &mut Vec<Output>) {
        if std::mem::take(&mut self.answering) {
            out.push(Output::Drop);
        }
    }

    /// More of what is being said.
    pub(super) fn add(
        &mut self,
        words: &str,
        last: bool,
        interruptible: bool,
        now: Duration,
        out: &mut Vec<Output>,
    ) {
        if words.is_empty() && (!last || self.saying.is_none()) {
            return;
        }
        let saying = self.saying.get_or_insert_with(|| {
            self.sequence += 1;
            Saying { sequence: self.sequence, text: String::new(), began: now, interruptible }
        });
        saying.text.push_str(words);
        let characters = u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
        self.until = self.until.max(now) + Duration::from_secs(1) * characters / CHARACTERS_A_SECOND;
        self.timers.heard(self.until);
        out.push(Output::Send(Outgoing::Text { token: words.to_owned(), last, interruptible }));
    }

    /// Nobody has said that it was broken off.
    pub(super) fn heard_whole(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(saying) = self.saying.take() {
            self.until = self.until.min(now);
            let text = saying.text.trim().to_owned();
            persist(&saying, &text, false, out);
        }
    }

    /// Of what was being said this was heard; the rest never is.
    pub(super) fn interrupted(&mut self, heard: &str, now: Duration, out: &mut Vec<Output>) {
        let Some(saying) = self.saying.take() else { return };
        self.until = now;
        if !saying.interruptible {
            // Twilio was told that this cannot be.
            let again = (self.greetings < MAX_GREETINGS).then_some(saying.text.as_str());
            let heard: String = heard.chars().take(saying.text.chars().count()).collect();
            persist(&saying, &heard, heard != saying.text, out);
            if let Some(words) = again {
                self.greetings += 1;
                self.say(words, false, now, out);
            }
            return;
        }
        self.drop_answer(out);
        if let Some(Outcome::Completed | Outcome::Silence) = self.closing {
            self.closing = None;
            self.timers.closing(None, now);
        }
        let heard: String = heard.chars().take(saying.text.chars().count()).collect();
        persist(&saying, &heard, heard != saying.text.trim(), out);
    }

    /// The socket is gone: of what was being said, as much was heard as there was time for.
    pub fn finish(&mut self, now: Duration, out: &mut Vec<Output>) -> Outcome {
        if let Some(saying) = self.saying.take() {
            let share = now.saturating_sub(saying.began).as_secs_f64() * f64::from(CHARACTERS_A_SECOND);
            let heard = saying.text.chars().scan(0.0, |told, c| {
                *told += 1.0;
                (*told <= share).then_some(c)
            });
            let heard: String = heard.collect();
            let whole = heard.len() == saying.text.len();
            let heard = if whole { heard.as_str() } else { whole_words(&heard) };
            persist(&saying, heard, !whole, out);
        }
        *self.outcome.get_or_insert(Outcome::Lost)
    }
}

/// Of what was said, this was heard.
fn persist(saying: &Saying, heard: &str, interrupted: bool, out: &mut Vec<Output>) {
    let text = heard.trim().to_owned();
    if !text.is_empty() {
        let (offset_ms, sequence) = (milliseconds(saying.began), saying.sequence);
        out.push(Output::Persist(Turn {
            offset_ms,
            sequence,
            speaker: Speaker::Twin,
            text,
            interrupted,
            heard: None,
        }));
    }
}

fn whole_words(text: &str) -> &str {
    text.rfind(char::is_whitespace).map_or("", |end| &text[..end])
}
