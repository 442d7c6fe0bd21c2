//! What a call tells its model, in the words that Live knows.

use std::time::Duration;

use super::{Interpreter, response};
use crate::wire::{
    live::{
        client::{Append, ClientEvent},
        session::SessionUpdate,
    },
    realtime::{
        client::{self, Content, Item, ResponseOptions, Role},
        server::ServerEvent,
        session::Steering,
    },
};

const RESUME: &str = "The connection was interrupted for a moment. If the caller was speaking, ask them to say it again; \
                      otherwise go on where you were.";
const ANSWER: &str = "Answer the caller now.";
pub(in crate::call) const TELL: &str = "Respond to this now: ";
const CHANGED: &str = "From here on this holds, also against what you were told before:";

impl Interpreter {
    /// There is no truncation and no cancellation: it knows by itself what it said, and what it says too much is dropped.
    pub fn tell(&mut self, event: client::ClientEvent, now: Duration) -> Vec<ClientEvent> {
        match event {
            client::ClientEvent::Steer { session } => self.steered(session),
            client::ClientEvent::ItemCreate { item: Item::Message { role, content } } => {
                self.learns(role, content)
            }
            client::ClientEvent::ItemCreate { item } => {
                self.waits = true;
                vec![ClientEvent::ItemCreate { item }]
            }
            client::ClientEvent::ResponseCreate { event_id, response } => self.asked(event_id, response),
            client::ClientEvent::ResponseCancel { response_id } => {
                self.cancelled(response_id.as_deref(), now);
                Vec::new()
            }
            client::ClientEvent::SessionUpdate { .. }
            | client::ClientEvent::ItemTruncate { .. }
            | client::ClientEvent::ItemDelete { .. }
            | client::ClientEvent::OutputAudioClear {} => Vec::new(),
        }
    }

    /// Its own instructions stay, so it learns what is new in them; the model behind it gets all of them.
    fn steered(&mut self, Steering { instructions, tools, .. }: Steering) -> Vec<ClientEvent> {
        let known: std::collections::HashSet<&str> = self.instructions.lines().collect();
        let news: Vec<&str> = instructions.lines().filter(|line| !known.contains(line)).collect();
        let told = if news.is_empty() { String::new() } else { format!("{CHANGED}\n{}", news.join("\n")) };
        let mut events: Vec<ClientEvent> =
            Append::pieces(&told, None).into_iter().map(ClientEvent::Instructions).collect();
        let delegation = self.delegation(instructions.clone(), tools);
        events.push(ClientEvent::Update { session: SessionUpdate { delegation } });
        self.instructions = instructions;
        events
    }

    fn learns(&mut self, role: Role, content: Vec<Content>) -> Vec<ClientEvent> {
        let texts =
            content.into_iter().map(|(Content::InputText { text } | Content::OutputText { text })| text);
        let text = texts.collect::<Vec<_>>().join(" ");
        let events = knows(&text).collect();
        if role == Role::System {
            self.news.push(text);
        }
        events
    }

    /// What it is asked for it says when it sees fit. Only words that it is to say are waited for.
    fn asked(&mut self, event_id: Option<String>, wish: Option<ResponseOptions>) -> Vec<ClientEvent> {
        let wish = wish.unwrap_or_default();
        let news = std::mem::take(&mut self.news);
        if wish == ResponseOptions::default() && std::mem::take(&mut self.waits) {
            self.settled(event_id);
            return vec![ClientEvent::ResponseCreate {}];
        }
        if let (Some(words), Some(instructions)) = (wish.words, &wish.instructions) {
            self.wanted = Some(words);
            return commentary(instructions, event_id);
        }
        let told = match (wish.instructions, wish.tool_choice) {
            // A tool, and not a word.
            (Some(instructions), _) => vec![
                ClientEvent::ItemCreate { item: Item::said(Role::System, instructions) },
                ClientEvent::ResponseCreate {},
            ],
            (None, _) if !news.is_empty() => told_of(&news, event_id.as_ref()),
            (None, Some(_)) => commentary(RESUME, event_id.clone()),
            (None, None) => commentary(ANSWER, event_id.clone()),
        };
        self.settled(event_id);
        told
    }

    fn settled(&mut self, event_id: Option<String>) {
        let id = event_id.unwrap_or_default();
        self.events.push_back(ServerEvent::ResponseCreated { response: response(&id, "in_progress") });
        self.events.push_back(ServerEvent::ResponseDone { response: response(&id, "completed") });
    }

    /// The rest of what it says is not for the caller.
    fn cancelled(&mut self, response_id: Option<&str>, now: Duration) {
        if let Some(saying) = self.saying.take_if(|saying| response_id == Some(saying.id.as_str())) {
            // What its own side plays cannot be dropped.
            self.muted = Some(now).filter(|_| !self.plays);
            self.wanted = None;
            self.events.push_back(ServerEvent::ResponseDone { response: response(&saying.id, "cancelled") });
            self.fell_silent(saying.id);
        }
    }
}

/// Without a word, and nobody is told.
pub(in crate::call) fn knows(text: &str) -> impl Iterator<Item = ClientEvent> {
    Append::pieces(text, None).into_iter().map(ClientEvent::Thinking)
}

/// Each by itself: a log finds where a secret begins. The last one carries the `event_id`.
fn told_of(news: &[String], event_id: Option<&String>) -> Vec<ClientEvent> {
    let last = news.len() - 1;
    let each = |(n, news): (usize, &String)| {
        let event_id = event_id.filter(|_| n == last).cloned();
        commentary(&format!("{TELL}{news}"), event_id)
    };
    news.iter().enumerate().flat_map(each).collect()
}

fn commentary(text: &str, event_id: Option<String>) -> Vec<ClientEvent> {
    Append::pieces(text, event_id).into_iter().map(ClientEvent::Commentary).collect()
}
