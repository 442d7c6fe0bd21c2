//! Server-sent events of an answer. The id of each is how many bytes of the text were sent by then.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use twin::{
    chat::{Answer, Progress},
    error::Error,
    http::{code, retry_after},
    id::MessageId,
};

use crate::html::said;

/// What was sent of one answer.
#[derive(Debug)]
pub struct Events {
    message: MessageId,
    /// The browser has this much of the text already.
    seen: usize,
    sent: usize,
}

impl Events {
    pub fn new(message: MessageId, seen: usize) -> Self {
        Self { message, seen, sent: 0 }
    }

    pub fn started(&self) -> String {
        self.event("started", &json!({ "message": self.message }))
    }

    pub fn progress(&mut self, progress: &Progress) -> String {
        match progress {
            Progress::Activity { tool, running } => {
                let state = if *running { "running" } else { "done" };
                self.event("activity", &json!({ "tool": tool, "label": doing(tool), "state": state }))
            }
            Progress::Text(text) => self.text(text),
        }
    }

    /// The end, with what of the text was not sent yet.
    pub fn done(&mut self, answer: &Answer) -> String {
        let rest = answer.text.get(self.sent..).unwrap_or_default().to_owned();
        let mut events = if rest.is_empty() { String::new() } else { self.text(&rest) };
        let actions: Vec<_> = answer.done.iter().map(|label| json!({ "label": label })).collect();
        let data = json!({
            "message": self.message,
            "text": answer.text,
            "html": said(&answer.text),
            "citations": answer.citations,
            "known": answer.known,
            "stopped": answer.stopped,
            "actions": actions,
        });
        events.push_str(&self.event("done", &data));
        events
    }

    pub fn failed(&self, error: &Error) -> String {
        let data =
            json!({ "code": code(error), "title": error.outward(), "retry_after": retry_after(error) });
        self.event("error", &data)
    }

    fn text(&mut self, text: &str) -> String {
        let from = self.seen.saturating_sub(self.sent).min(text.len());
        self.sent += text.len();
        let new = text.get(text.ceil_char_boundary(from)..).unwrap_or_default();
        if new.is_empty() { String::new() } else { self.event("delta", &json!({ "text": new })) }
    }

    fn event(&self, name: &str, data: &impl Serialize) -> String {
        let mut event = format!("event: {name}\nid: {}\n", self.sent);
        // JSON has no line breaks of its own.
        let data = serde_json::to_string(data).unwrap_or_default();
        if write!(event, "data: {data}\n\n").is_err() {
            tracing::error!("a string does not take text");
        }
        event
    }
}

fn doing(tool: &str) -> &'static str {
    match tool {
        "take_message" => "Noting your message",
        "propose_meeting" => "Noting the time",
        "find_times" => "Looking for free times",
        "book_meeting" | "change_meeting" => "Seeing to the meeting",
        "request_callback" => "Noting your number",
        "save_contact" => "Noting your details",
        "send_handoff_link" => "Preparing a link",
        _ => "Working",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(seen: usize) -> Events {
        Events::new("msg_1".parse().unwrap(), seen)
    }

    fn names(events: &str) -> Vec<&str> {
        events.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
    }

    #[test]
    fn text_comes_once() {
        let mut events = events(0);
        let first = events.progress(&Progress::Text("Hello\nworld".to_owned()));
        assert_eq!(first, "event: delta\nid: 11\ndata: {\"text\":\"Hello\\nworld\"}\n\n");
        let answer = Answer { text: "Hello\nworld, all.".to_owned(), ..Answer::default() };
        let end = events.done(&answer);
        assert_eq!(names(&end), ["delta", "done"]);
        assert!(end.contains("{\"text\":\", all.\"}"), "{end}");
    }

    #[test]
    fn what_was_seen_is_not_sent_again() {
        let answer = Answer { text: "Héllo world".to_owned(), ..Answer::default() };
        let rest = |seen: usize| events(seen).done(&answer);
        assert!(rest(7).contains("{\"text\":\"world\"}"), "{}", rest(7));
        assert!(rest(2).contains("{\"text\":\"llo world\"}"), "inside a character: the next one");
        assert_eq!(names(&rest(12)), ["done"]);
        assert_eq!(names(&rest(4000)), ["done"]);
    }
}
