//! A phone call in text: Twilio hears and speaks, and a model writes the answers. A value, as [`Call`](super::Call) is.
//!
//! What was sent to be spoken was heard, unless Twilio says how far it came.

use std::{collections::VecDeque, time::Duration};

use super::{
    ABUSIVE, ARE_YOU_THERE, ENOUGH, IN_DANGER, Limits, MAX_ALERT, NOBODY_THERE, ONE_MINUTE, TIME_IS_UP,
    care::{self, Care},
    keys::Keys,
    outbox::CloseCode,
    timers::{Due, Floor, Timers},
};
use crate::{
    interaction::{Outcome, Speaker, Turn},
    wire::twilio::conversation::{Incoming, Outgoing},
};

/// How fast Twilio is taken to speak.
const CHARACTERS_A_SECOND: u32 = 15;
/// Longer than estimated, before a call ends behind a goodbye.
const MARGIN: Duration = Duration::from_millis(1500);
/// Messages that are none before the socket is closed.
const MAX_BAD_FRAMES: u32 = 10;
/// Bytes of one utterance.
const MAX_SAID: usize = 4000;
/// First words that were broken off are said again, so often.
const MAX_GREETINGS: u32 = 3;
const MAX_TOLD: usize = 4;

#[derive(Debug)]
pub enum Input<'a> {
    Twilio(Incoming),
    /// A message that could not be read.
    BadFrame,
    /// The socket is gone.
    Gone,
    /// More of an answer.
    Words {
        answer: u32,
        words: &'a str,
    },
    /// The answer is whole: `text`, if nothing of it was told before.
    Answered {
        answer: u32,
        text: &'a str,
        ends_call: bool,
    },
    /// Nobody answers.
    Unanswered {
        answer: u32,
    },
    /// News, about which something is said.
    Told(&'a str),
    Tick,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    Send(Outgoing),
    /// Answer this under this number; what was asked before is not wanted any more.
    Ask {
        answer: u32,
        said: String,
        note: Option<&'static str>,
    },
    /// The answer under way is not wanted any more.
    Drop,
    Persist(Turn),
    Alert(String),
    Close(CloseCode),
}

pub struct Texted {
    limits: Limits,
    timers: Timers,
    care: Care,
    keys: Keys,
    greeting: String,
    greetings: u32,
    sequence: u32,
    /// Parts of an utterance that goes on.
    parts: String,
    /// The newest one.
    answer: u32,
    answering: bool,
    marks: Marks,
    saying: Option<Saying>,
    /// What is being said is over by then.
    until: Duration,
    told: VecDeque<String>,
    note: Option<&'static str>,
    closing: Option<Outcome>,
    outcome: Option<Outcome>,
    bad_frames: u32,
}

/// What the twin says, and since when.
#[derive(Debug)]
struct Saying {
    sequence: u32,
    text: String,
    began: Duration,
    interruptible: bool,
}

impl Texted {
    /// `turns`: so many were kept before, in an engine that is gone.
    pub fn new(greeting: &str, turns: u32, limits: Limits) -> Self {
        Self {
            limits,
            timers: Timers::new(limits),
            care: Care::default(),
            keys: Keys::default(),
            greeting: greeting.to_owned(),
            greetings: 0,
            sequence: turns,
            parts: String::new(),
            answer: 0,
            answering: false,
            marks: Marks::default(),
            saying: None,
            until: Duration::ZERO,
            told: VecDeque::new(),
            note: None,
            closing: None,
            outcome: None,
            bad_frames: 0,
        }
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// The first words, which nobody interrupts: they say that this is an AI.
    pub fn greet(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.greetings += 1;
        let greeting = self.greeting.clone();
        self.say(&greeting, false, now, out);
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Duration> {
        if self.outcome.is_some() {
            return None;
        }
        let end = self.closing.map(|_| self.until + MARGIN);
        let timers = self.timers.deadline(self.floor());
        [end, Some(timers), self.keys.deadline()].into_iter().flatten().min()
    }

    pub fn handle(&mut self, input: Input<'_>, now: Duration, out: &mut Vec<Output>) {
        if self.outcome.is_some() {
            return;
        }
        match input {
            Input::Twilio(message) => self.twilio(message, now, out),
            Input::BadFrame => {
                self.bad_frames += 1;
                if self.bad_frames >= MAX_BAD_FRAMES {
                    self.over(Outcome::Lost, CloseCode::Policy, out);
                }
            }
            Input::Gone => self.over(self.closing.unwrap_or(Outcome::HungUp), CloseCode::Normal, out),
            Input::Words { answer, words } if self.is_wanted(answer) => {
                let words = self.marks.without(words);
                self.add(&words, false, true, now, out);
            }
            Input::Answered { answer, text, ends_call } if self.is_wanted(answer) => {
                self.answered(text, ends_call, now, out);
            }
            Input::Unanswered { answer } if self.is_wanted(answer) => {
                self.end(Outcome::ModelUnavailable, now, out);
            }
            // Of an answer that was interrupted.
            Input::Words { .. } | Input::Answered { .. } | Input::Unanswered { .. } => {}
            Input::Told(news) => {
                if self.told.len() < MAX_TOLD {
                    self.told.push_back(news.to_owned());
                }
                self.tell(out);
            }
            Input::Tick => self.tick(now, out),
        }
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

    fn twilio(&mut self, message: Incoming, now: Duration, out: &mut Vec<Output>) {
        match message {
            Incoming::Setup { .. } => self.over(Outcome::Lost, CloseCode::Policy, out),
            Incoming::Prompt { voice_prompt, last } => {
                self.timers.caller_spoke(now);
                let said = joined(std::mem::take(&mut self.parts), &voice_prompt);
                match last {
                    true => self.said(said.trim(), now, out),
                    false => self.parts = said,
                }
            }
            Incoming::Interrupt { utterance_until_interrupt } => {
                self.timers.caller_spoke(now);
                self.interrupted(utterance_until_interrupt.trim(), now, out);
            }
            Incoming::Dtmf { digit } => {
                self.timers.caller_spoke(now);
                if let Some(pressed) = self.keys.press(&digit, now) {
                    self.ask(pressed, out);
                }
            }
            Incoming::Error { .. } | Incoming::Unknown => {}
        }
    }

    /// The caller has said something, and is answered.
    fn said(&mut self, said: &str, now: Duration, out: &mut Vec<Output>) {
        if said.is_empty() {
            return;
        }
        self.heard_whole(now, out);
        self.sequence += 1;
        let turn = Turn {
            offset_ms: milliseconds(now),
            sequence: self.sequence,
            speaker: Speaker::Person,
            text: said.to_owned(),
            interrupted: false,
        };
        out.push(Output::Persist(turn));
        match self.closing {
            // Whoever speaks over the goodbye goes on.
            Some(Outcome::Completed | Outcome::Silence) | None => {
                self.closing = None;
                self.timers.closing(None, now);
            }
            Some(_) => return,
        }
        match self.care.said(said) {
            care::Do::Advise => {
                out.push(Output::Alert(said.chars().take(MAX_ALERT).collect()));
                self.say(IN_DANGER, false, now, out);
            }
            care::Do::End => {
                self.say(ENOUGH, false, now, out);
                self.close(Outcome::Abuse, now);
            }
            care::Do::Warn => {
                self.note = Some(ABUSIVE);
                self.ask(said.to_owned(), out);
            }
            care::Do::Nothing => self.ask(said.to_owned(), out),
        }
    }

    fn ask(&mut self, said: String, out: &mut Vec<Output>) {
        self.answer += 1;
        self.answering = true;
        self.marks = Marks::default();
        out.push(Output::Ask { answer: self.answer, said, note: self.note.take() });
    }

    /// News wait until nothing else is being answered.
    fn tell(&mut self, out: &mut Vec<Output>) {
        if !self.answering
            && self.closing.is_none()
            && let Some(news) = self.told.pop_front()
        {
            self.ask(news, out);
        }
    }

    /// Of what was being said this was heard; the rest never is.
    fn interrupted(&mut self, heard: &str, now: Duration, out: &mut Vec<Output>) {
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

    fn answered(&mut self, text: &str, ends_call: bool, now: Duration, out: &mut Vec<Output>) {
        let (rest, nothing) = (self.marks.rest(), !self.marks.any);
        let text = if nothing { Marks::default().all(text) } else { rest };
        self.add(&text, true, true, now, out);
        self.answering = false;
        if ends_call {
            self.close(Outcome::Completed, now);
        }
        self.tell(out);
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(outcome) = self.closing {
            if self.until + MARGIN <= now {
                self.end(outcome, now, out);
            }
            return;
        }
        if let Some(pressed) = self.keys.due(now) {
            self.ask(pressed, out);
        }
        match self.timers.due(self.floor(), now) {
            None => {}
            Some(Due::AskIfThere) => self.say(ARE_YOU_THERE, true, now, out),
            Some(Due::Warn) => self.say(ONE_MINUTE, true, now, out),
            Some(Due::GiveUp) => {
                self.say(NOBODY_THERE, true, now, out);
                self.close(Outcome::Silence, now);
            }
            Some(Due::TimeIsUp) => {
                self.say(TIME_IS_UP, false, now, out);
                self.close(Outcome::DurationLimit, now);
            }
        }
    }

    /// These words, in place of an answer that is not whole yet.
    fn say(&mut self, words: &str, interruptible: bool, now: Duration, out: &mut Vec<Output>) {
        self.drop_answer(out);
        self.heard_whole(now, out);
        self.add(words, true, interruptible, now, out);
    }

    fn drop_answer(&mut self, out: &mut Vec<Output>) {
        if std::mem::take(&mut self.answering) {
            out.push(Output::Drop);
        }
    }

    /// More of what is being said.
    fn add(&mut self, words: &str, last: bool, interruptible: bool, now: Duration, out: &mut Vec<Output>) {
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
    fn heard_whole(&mut self, now: Duration, out: &mut Vec<Output>) {
        if let Some(saying) = self.saying.take() {
            self.until = self.until.min(now);
            let text = saying.text.trim().to_owned();
            persist(&saying, &text, false, out);
        }
    }

    fn close(&mut self, outcome: Outcome, now: Duration) {
        self.closing = Some(outcome);
        self.timers.closing(Some(self.limits.goodbye), now);
    }

    /// Twilio goes on with the action of its verb.
    fn end(&mut self, outcome: Outcome, now: Duration, out: &mut Vec<Output>) {
        self.heard_whole(now, out);
        // An outcome is a word.
        let handoff_data = serde_json::json!({ "outcome": outcome }).to_string();
        out.push(Output::Send(Outgoing::End { handoff_data }));
        self.over(outcome, CloseCode::Normal, out);
    }

    fn over(&mut self, outcome: Outcome, code: CloseCode, out: &mut Vec<Output>) {
        self.outcome = Some(outcome);
        out.push(Output::Close(code));
    }

    fn is_wanted(&self, answer: u32) -> bool {
        self.answering && answer == self.answer
    }

    /// What is being said counts as heard until its end: silence is counted from there. An answer that is being made is not
    /// cut off to say how much time is left.
    fn floor(&self) -> Floor {
        if self.answering { Floor::Caller } else { Floor::Nobody }
    }
}

/// Of what was said, this was heard.
fn persist(saying: &Saying, heard: &str, interrupted: bool, out: &mut Vec<Output>) {
    let text = heard.trim().to_owned();
    if !text.is_empty() {
        let (offset_ms, sequence) = (milliseconds(saying.began), saying.sequence);
        out.push(Output::Persist(Turn { offset_ms, sequence, speaker: Speaker::Twin, text, interrupted }));
    }
}

fn milliseconds(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

/// Parts come as what is new, or as all so far.
fn joined(before: String, part: &str) -> String {
    let mut said = match before.trim() {
        "" => part.to_owned(),
        before if part.starts_with(before) => part.to_owned(),
        before => format!("{before} {}", part.trim()),
    };
    said.truncate(said.floor_char_boundary(MAX_SAID));
    said
}

fn whole_words(text: &str) -> &str {
    text.rfind(char::is_whitespace).map_or("", |end| &text[..end])
}

/// Leaves out what is not spoken: the numbers of sources in brackets, and marks of Markdown.
#[derive(Debug, Default)]
struct Marks {
    held: String,
    /// Something was let through.
    any: bool,
}

impl Marks {
    fn without(&mut self, words: &str) -> String {
        self.held.push_str(words);
        let open = self.held.rfind('[').filter(|open| !self.held[*open..].contains(']'));
        let keep = open.map_or(self.held.len(), |open| self.held[..open].trim_end().len());
        let rest = self.held.split_off(keep);
        let spoken = spoken(&std::mem::replace(&mut self.held, rest));
        self.any |= !spoken.trim().is_empty();
        spoken
    }

    fn rest(&mut self) -> String {
        spoken(&std::mem::take(&mut self.held))
    }

    fn all(mut self, text: &str) -> String {
        let mut all = self.without(text);
        all.push_str(&self.rest());
        all
    }
}

fn spoken(text: &str) -> String {
    let mut spoken = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let Some(close) = rest[open..].find(']').map(|close| open + close) else { break };
        let numbers = &rest[open + 1..close];
        let is_source =
            !numbers.is_empty() && numbers.bytes().all(|c| c.is_ascii_digit() || b", ".contains(&c));
        let before = if is_source { rest[..open].trim_end() } else { &rest[..=close] };
        spoken.push_str(before);
        rest = &rest[close + 1..];
    }
    spoken.push_str(rest);
    spoken.replace(['*', '#', '`'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: &str = "Hello, this is the AI assistant.";

    struct Line {
        texted: Texted,
        out: Vec<Output>,
        now: Duration,
    }

    impl Line {
        /// Greeted, and what that led to is looked at.
        fn greeted() -> Self {
            let mut line = Self::new();
            line.texted.greet(line.now, &mut line.out);
            line
        }

        fn new() -> Self {
            let texted = Texted::new(GREETING, 0, Limits::default());
            Self { texted, out: Vec::new(), now: Duration::ZERO }
        }

        fn told(&mut self, input: Input<'_>) -> &mut Self {
            self.now += Duration::from_millis(100);
            self.texted.handle(input, self.now, &mut self.out);
            self
        }

        fn says(&mut self, text: &str) -> &mut Self {
            self.told(Input::Twilio(Incoming::Prompt { voice_prompt: text.to_owned(), last: true }))
        }

        fn interrupts(&mut self, heard: &str) -> &mut Self {
            let utterance_until_interrupt = heard.to_owned();
            self.told(Input::Twilio(Incoming::Interrupt { utterance_until_interrupt }))
        }

        fn words(&mut self, answer: u32, words: &str) -> &mut Self {
            self.told(Input::Words { answer, words })
        }

        fn answered(&mut self, answer: u32, ends_call: bool) -> &mut Self {
            self.told(Input::Answered { answer, text: "", ends_call })
        }

        /// Time passes until the call is over, or for five minutes.
        fn waits(&mut self) -> &mut Self {
            let until = self.now + Duration::from_mins(5);
            while let Some(due) = self.texted.deadline().filter(|due| *due <= until) {
                self.now = due.max(self.now + Duration::from_millis(1));
                self.texted.handle(Input::Tick, self.now, &mut self.out);
            }
            self
        }

        fn turns(&self) -> Vec<(u32, &str, bool)> {
            let turns = self.out.iter().filter_map(|output| match output {
                Output::Persist(turn) => Some((turn.sequence, turn.text.as_str(), turn.interrupted)),
                _ => None,
            });
            turns.collect()
        }

        fn spoken(&self) -> String {
            let tokens = self.out.iter().filter_map(|output| match output {
                Output::Send(Outgoing::Text { token, .. }) => Some(token.as_str()),
                _ => None,
            });
            tokens.collect()
        }

        fn asked(&self) -> Vec<(u32, &str)> {
            let asked = self.out.iter().filter_map(|output| match output {
                Output::Ask { answer, said, .. } => Some((*answer, said.as_str())),
                _ => None,
            });
            asked.collect()
        }
    }

    #[test]
    fn first_it_says_that_it_is_an_ai_and_nobody_interrupts_that() {
        let mut line = Line::greeted();
        let first = Outgoing::Text { token: GREETING.to_owned(), last: true, interruptible: false };
        assert_eq!(line.out, [Output::Send(first)]);
        line.interrupts("Hello, this").says("Who are you?");
        assert_eq!(line.spoken(), GREETING.repeat(2), "what was broken off all the same is said again");
        let expected = [(1, "Hello, this", true), (2, GREETING, false), (3, "Who are you?", false)];
        assert_eq!(line.turns(), expected);
    }

    #[test]
    fn an_answer_is_spoken_as_it_comes_and_kept_as_it_was_heard() {
        let mut line = Line::greeted();
        line.says("What does he do?")
            .words(1, "He builds **ledgers")
            .words(1, "** [1")
            .words(1, ", 2]. In Rust.");
        line.answered(1, false);
        assert_eq!(line.spoken(), format!("{GREETING}He builds ledgers. In Rust."));
        line.interrupts("He builds").says("Stop.");
        assert_eq!(line.asked(), [(1, "What does he do?"), (2, "Stop.")]);
        assert_eq!(line.turns()[2..], [(3, "He builds", true), (4, "Stop.", false)]);
    }

    #[test]
    fn what_still_comes_of_an_interrupted_answer_is_dropped() {
        let mut line = Line::greeted();
        line.says("Tell me all.").words(1, "Well, ").interrupts("Well,").words(1, "it began ").says("No.");
        line.words(1, "in spring.").answered(1, true).words(2, "Sorry.").answered(2, false);
        assert_eq!(line.spoken(), format!("{GREETING}Well, Sorry."));
        assert_eq!(line.texted.outcome(), None, "the goodbye of it is dropped, too");
        line.interrupts("").says("Yes?");
        assert!(!line.turns().iter().any(|(_, text, _)| text.contains("Sorry")), "nothing of it was heard");
    }

    #[test]
    fn what_is_interrupted_or_spoken_over_does_nothing_more() {
        let mut line = Line::greeted();
        line.says("Book Tuesday at three.").words(1, "Let me ").interrupts("Let");
        assert!(matches!(line.out[..], [.., Output::Drop, Output::Persist(_)]), "{:?}", line.out);
        let mut line = Line::greeted();
        line.says("Take this down.").says("My father is having a heart attack!");
        assert_eq!(line.out.iter().filter(|output| **output == Output::Drop).count(), 1);
        let mut line = Line::greeted();
        line.says("Hello?").words(1, "Hello.").answered(1, false).interrupts("Hello.");
        assert!(!line.out.contains(&Output::Drop), "it is whole");
    }

    #[test]
    fn an_answer_is_not_cut_off_to_say_how_much_time_is_left() {
        let mut line = Line::greeted();
        let limits = Limits::default();
        line.now = limits.max_duration.saturating_sub(limits.warning + Duration::from_secs(1));
        line.says("Goodbye.").words(1, "It was ");
        line.now += Duration::from_secs(2);
        line.told(Input::Tick).words(1, "a pleasure.");
        assert!(line.spoken().ends_with("It was a pleasure."), "{}", line.spoken());
        line.answered(1, false).told(Input::Tick);
        assert!(line.spoken().ends_with(ONE_MINUTE), "{}", line.spoken());
    }

    #[test]
    fn parts_are_one_utterance() {
        let mut line = Line::greeted();
        let part = |text: &str, last| Input::Twilio(Incoming::Prompt { voice_prompt: text.to_owned(), last });
        line.told(part("I call", false)).told(part("about", false)).told(part("the job.", true));
        line.told(part("It is", false)).told(part("It is in", false)).told(part("It is in Rust.", true));
        assert_eq!(line.asked(), [(1, "I call about the job."), (2, "It is in Rust.")]);
        line.told(part("  ", true));
        assert_eq!(line.asked().len(), 2);
    }

    #[test]
    fn the_call_ends_behind_the_goodbye() {
        let mut line = Line::greeted();
        line.says("That is all.").words(1, "Goodbye then.").answered(1, true);
        assert_eq!(line.texted.outcome(), None, "it is being said");
        line.waits();
        assert_eq!(line.texted.outcome(), Some(Outcome::Completed));
        let end = Outgoing::End { handoff_data: r#"{"outcome":"completed"}"#.to_owned() };
        assert_eq!(line.out[line.out.len() - 2..], [Output::Send(end), Output::Close(CloseCode::Normal)]);

        let mut line = Line::greeted();
        line.says("That is all.").words(1, "Goodbye then.").answered(1, true).says("One more thing.").waits();
        assert_ne!(line.texted.outcome(), Some(Outcome::Completed), "they went on");
    }

    #[test]
    fn nobody_there_and_no_brain() {
        let mut line = Line::greeted();
        line.waits();
        assert_eq!(line.texted.outcome(), Some(Outcome::Silence));
        let prompts = u32::try_from(line.spoken().matches(ARE_YOU_THERE).count()).unwrap();
        assert_eq!(prompts, Limits::default().silence_prompts);

        let mut line = Line::greeted();
        while !line.spoken().contains(NOBODY_THERE) {
            let due = line.texted.deadline().unwrap();
            line.now = due.max(line.now);
            line.told(Input::Tick);
        }
        line.says("I am here!");
        assert_eq!(line.asked(), [(1, "I am here!")], "whoever answers then is there");
        line.words(1, "Good.").answered(1, false).told(Input::Tick);
        assert_eq!(line.texted.outcome(), None);

        let mut line = Line::greeted();
        line.says("Hello?").told(Input::Unanswered { answer: 1 });
        assert_eq!(line.texted.outcome(), Some(Outcome::ModelUnavailable));
        assert!(matches!(&line.out[line.out.len() - 2], Output::Send(Outgoing::End { .. })));
    }

    #[test]
    fn keys_are_asked_about_and_numbers_of_cards_are_not_passed_on() {
        let mut line = Line::greeted();
        for digit in "4111111111111111#12#".chars() {
            line.told(Input::Twilio(Incoming::Dtmf { digit: digit.to_string() }));
        }
        let asked = line.asked();
        assert!(asked[0].1.contains("payment card") && !asked[0].1.contains("4111"), "{asked:?}");
        assert!(asked[1].1.contains("12"));
    }

    #[test]
    fn danger_and_abuse() {
        let mut line = Line::greeted();
        line.says("My father is having a heart attack!");
        assert!(line.out.iter().any(|output| matches!(output, Output::Alert(_))));
        assert!(line.spoken().contains("112 in Europe") && line.asked().is_empty());
        let mut line = Line::greeted();
        line.says("Fuck you.").says("You asshole.").says("Fuck off.").waits();
        assert_eq!(line.texted.outcome(), Some(Outcome::Abuse));
        assert!(matches!(
            line.out.iter().find(|o| matches!(o, Output::Ask { .. })),
            Some(Output::Ask { note: Some(_), .. })
        ));
    }

    #[test]
    fn what_breaks_the_rules_is_closed() {
        let mut line = Line::greeted();
        for _ in 0..MAX_BAD_FRAMES {
            line.told(Input::BadFrame);
        }
        assert_eq!(line.out.last(), Some(&Output::Close(CloseCode::Policy)));
        assert_eq!(line.texted.outcome(), Some(Outcome::Lost));
    }

    #[test]
    fn a_caller_who_hangs_up_has_heard_what_there_was_time_for() {
        let mut line = Line::greeted();
        line.now = Duration::from_secs(10);
        line.says("And?").words(1, "One two three four five six seven eight nine ten.");
        line.now += Duration::from_secs(1);
        line.told(Input::Gone);
        assert_eq!(line.texted.finish(line.now, &mut line.out), Outcome::HungUp);
        assert_eq!(line.turns().last(), Some(&(3, "One two three", true)));
    }
}
