//! What the model makes of what it hears: it knows the scenarios, and nothing else.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::scenario::{Response, Scenario};
use crate::speech::{Ear, Recognised};

/// Less of a line than this is not understood.
const UNDERSTOOD: f32 = 0.5;
const INAUDIBLE: &str = "[inaudible]";

/// The scenarios, prepared for listening.
#[derive(Debug)]
pub struct Library {
    ear: Ear,
    responses: HashMap<String, Vec<Response>>,
}

impl Library {
    pub fn new(scenarios: &[Scenario]) -> Self {
        let turns = || scenarios.iter().flat_map(|scenario| &scenario.turn);
        Self {
            ear: Ear::new(turns().map(|turn| turn.caller.as_str())),
            responses: turns().map(|turn| (turn.caller.clone(), turn.response.clone())).collect(),
        }
    }

    /// What is said in this (µ-law), as far as it is a line that is known.
    pub fn recognise(&self, audio: &[u8]) -> Option<Recognised> {
        self.ear.recognise(audio)
    }
}

/// The responses that are still to be given.
#[derive(Debug)]
pub struct Mind {
    library: Arc<Library>,
    queue: VecDeque<Response>,
}

impl Mind {
    pub fn new(library: Arc<Library>) -> Self {
        Self { library, queue: VecDeque::new() }
    }

    /// Listens to an utterance (µ-law). What was said, or `[inaudible]`; and how much of the line arrived.
    pub fn hear(&mut self, utterance: &[u8]) -> (String, f32) {
        match self.library.ear.recognise(utterance) {
            Some(heard) if heard.coverage >= UNDERSTOOD => {
                self.read(&heard.text);
                (heard.text, heard.coverage)
            }
            unclear => {
                self.queue = VecDeque::from([say("Sorry, I did not catch that.")]);
                (INAUDIBLE.to_owned(), unclear.map_or(0.0, |heard| heard.coverage))
            }
        }
    }

    /// Takes in a line as text. A line of no scenario changes nothing.
    pub fn read(&mut self, line: &str) {
        if let Some(responses) = self.library.responses.get(line) {
            self.queue = responses.iter().cloned().collect();
        }
    }

    /// The next response: the text quoted at the end of `instructions`, or what is queued, or "I see.".
    pub fn respond(&mut self, instructions: Option<&str>) -> Response {
        dictated(instructions).or_else(|| self.queue.pop_front()).unwrap_or_else(at_a_loss)
    }

    /// What it would say next; nothing is called.
    pub fn next_words(&mut self) -> String {
        let words = std::iter::from_fn(|| self.queue.pop_front()).find_map(|response| response.say);
        words.or_else(|| at_a_loss().say).unwrap_or_default()
    }

    /// A response outside of the conversation: nothing of the queue is used up.
    pub fn respond_aside(instructions: Option<&str>) -> Response {
        dictated(instructions).unwrap_or_else(at_a_loss)
    }
}

fn dictated(instructions: Option<&str>) -> Option<Response> {
    instructions.and_then(quoted).map(say)
}

fn at_a_loss() -> Response {
    say("I see.")
}

fn say(text: &str) -> Response {
    Response { say: Some(text.to_owned()), ..Response::default() }
}

/// `Say exactly this: "Hello."` → `Hello.`
pub fn quoted(instructions: &str) -> Option<&str> {
    const OPENING: &str = ": \"";
    let text = instructions.trim_end().strip_suffix('"')?;
    let start = text.rfind(OPENING)? + OPENING.len();
    Some(&text[start..]).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::speak;

    const LINE: &str = "Great. You can reach me at dana at northgate dot example.";

    fn mind() -> Mind {
        let scenario = Scenario::built_in("recruiter").expect("ships");
        Mind::new(Arc::new(Library::new(&[scenario])))
    }

    #[test]
    fn a_heard_line_queues_its_responses() {
        let mut mind = mind();
        assert_eq!(mind.hear(&speak(LINE)), (LINE.to_owned(), 1.0));
        let first = mind.respond(None);
        assert_eq!((first.say, first.call[0].tool.as_str()), (None, "save_contact"));
        let second = mind.respond(None).say.expect("words");
        assert_eq!(second, "I have dana at northgate dot example. Is that right?");
        assert_eq!(mind.respond(None).say.as_deref(), Some("I see."));
    }

    #[test]
    fn strangers_are_not_understood() {
        let mut mind = mind();
        assert_eq!(mind.hear(&speak("Nobody has recorded this.")).0, INAUDIBLE);
        assert_eq!(mind.respond(None).say.as_deref(), Some("Sorry, I did not catch that."));
    }

    #[test]
    fn instructions_may_dictate_and_leave_the_queue_alone() {
        let mut mind = mind();
        mind.read(LINE);
        let dictated = mind.respond(Some(r#"Say exactly, and nothing else: "This is the "twin". Go on.""#));
        assert_eq!(dictated.say.as_deref(), Some(r#"This is the "twin". Go on."#));
        assert!(mind.respond(Some("Be kind.")).say.is_none(), "the queued tool call");
    }
}
