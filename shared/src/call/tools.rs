//! Function calls: run on the side while audio goes on, each with a deadline; results go back when the
//! response that asked for them is over.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};

use super::outbox::{Effect, Outbox};
use crate::wire::realtime::{
    client::{ClientEvent, Item, Role},
    server::OutputItem,
};

#[derive(Debug)]
pub struct Tools {
    timeout: Duration,
    filler_after: Duration,
    running: Vec<Running>,
    /// Results that wait for their response to end.
    finished: Vec<Finished>,
    /// Calls whose results the model has, so that a repeated one is not run twice.
    answered: Vec<String>,
    /// The newest results, for a model that has to be told again.
    recent: VecDeque<String>,
    /// The model has results that it has not been asked about.
    news: bool,
}

#[derive(Debug)]
struct Running {
    call_id: String,
    response_id: String,
    name: String,
    deadline: Duration,
    filler_at: Option<Duration>,
    /// The model that called it is gone.
    orphaned: bool,
}

#[derive(Debug)]
struct Finished {
    call_id: String,
    response_id: String,
    output: Value,
    /// What a model says that did not call the tool itself.
    orphan: Option<String>,
    /// Somebody waits for it.
    is_news: bool,
}

/// How a model is told what came of a tool that it did not call itself.
pub(super) const RESULT_OF: &str = "The result of the tool ";
const MAX_ANSWERED: usize = 64;
const MAX_RECENT: usize = 8;

impl Tools {
    pub fn new(timeout: Duration, filler_after: Duration) -> Self {
        Self {
            timeout,
            filler_after,
            running: Vec::new(),
            finished: Vec::new(),
            answered: Vec::new(),
            recent: VecDeque::new(),
            news: false,
        }
    }

    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The model calls a function. One that is incomplete, or known already, is not run.
    pub fn called(&mut self, response_id: String, item: OutputItem, now: Duration, out: &mut Outbox) {
        let complete = item.status.as_deref().is_none_or(|status| status == "completed");
        let (Some(call_id), Some(name)) = (item.call_id, item.name) else { return };
        if !complete || self.knows(&call_id) {
            return;
        }
        self.running.push(Running {
            call_id: call_id.clone(),
            response_id,
            name: name.clone(),
            deadline: now + self.timeout,
            filler_at: Some(now + self.filler_after),
            orphaned: false,
        });
        let arguments = item.arguments.unwrap_or_default();
        out.effects.push(Effect::RunTool { call_id, name, arguments });
    }

    /// The caller interrupted the response that calls a function: it is not run, and the model learns so.
    pub fn declined(&mut self, response_id: String, item: OutputItem) {
        self.not_run(response_id, item, "not done: the caller interrupted", false);
    }

    /// It is not run, and the model goes on with the reason.
    pub fn refused(&mut self, response_id: String, item: OutputItem, why: &str) {
        self.not_run(response_id, item, why, true);
    }

    fn not_run(&mut self, response_id: String, item: OutputItem, why: &str, is_news: bool) {
        let complete = item.status.as_deref().is_none_or(|status| status == "completed");
        let Some(call_id) = item.call_id.filter(|call_id| complete && !self.knows(call_id)) else { return };
        let output = json!({ "error": why });
        self.finished.push(Finished { call_id, response_id, output, orphan: None, is_news });
    }

    /// The response that called a running tool.
    pub fn response_of(&self, call_id: &str) -> Option<&str> {
        let running = self.running.iter().find(|running| running.call_id == call_id);
        running.map(|running| running.response_id.as_str())
    }

    /// A tool's result. One that comes after its deadline is ignored: the model was told so.
    /// `is_news`: the model is to say something about it.
    pub fn finished(&mut self, call_id: &str, output: Value, is_news: bool) {
        let Some(index) = self.running.iter().position(|running| running.call_id == call_id) else { return };
        let Running { call_id, response_id, name, orphaned, .. } = self.running.swap_remove(index);
        let result = format!("{RESULT_OF}{name}: {output}");
        self.learned(&result);
        let orphan = orphaned.then_some(result);
        self.finished.push(Finished { call_id, response_id, output, orphan, is_news });
    }

    /// Something that the model was told, and another one has to be told again.
    pub fn learned(&mut self, news: &str) {
        self.recent.push_back(news.to_owned());
        if self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
    }

    /// Hands over what waits, except for results of a response that is still active. `true`: there is news
    /// and nothing is still running, so the model can go on.
    pub fn hand_over(&mut self, is_active: impl Fn(&str) -> bool, out: &mut Outbox) -> bool {
        let (waiting, ready): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.finished).into_iter().partition(|result| is_active(&result.response_id));
        self.finished = waiting;
        for result in ready {
            self.news |= result.is_news;
            let item = match result.orphan {
                Some(text) => Item::said(Role::System, text),
                None => Item::output(&result.call_id, &result.output),
            };
            out.model(&ClientEvent::ItemCreate { item });
            self.answered.push(result.call_id);
        }
        let excess = self.answered.len().saturating_sub(MAX_ANSWERED);
        self.answered.drain(..excess);
        self.running.is_empty() && self.finished.is_empty() && std::mem::take(&mut self.news)
    }

    /// A new model socket does not know the calls of the old one: what they came to is plain knowledge.
    /// Also whether the model owes the caller a word about it.
    pub fn carry_over(&mut self) -> (Vec<String>, bool) {
        let finished = std::mem::take(&mut self.finished);
        let is_news = std::mem::take(&mut self.news) || finished.iter().any(|result| result.is_news);
        self.answered.extend(finished.into_iter().map(|result| result.call_id));
        let mut told: Vec<String> = self.recent.iter().cloned().collect();
        for running in &mut self.running {
            running.orphaned = true;
            told.push(format!("The tool {} is still running: do not call it again.", running.name));
        }
        (told, is_news)
    }

    pub fn deadline(&self) -> Option<Duration> {
        let deadlines = self.running.iter().flat_map(|running| [Some(running.deadline), running.filler_at]);
        deadlines.flatten().min()
    }

    /// Gives up what has run too long. `true`: time to say that it takes a moment, once for each, and not
    /// before it is `quiet`.
    pub fn tick(&mut self, quiet: bool, now: Duration) -> bool {
        let mut filler = false;
        for running in &mut self.running {
            if running.filler_at.is_some_and(|at| at <= now) {
                running.filler_at = (!quiet).then_some(now + self.filler_after);
                filler |= quiet;
            }
        }
        let late: Vec<(String, String)> = self
            .running
            .iter()
            .filter(|running| running.deadline <= now)
            .map(|running| (running.call_id.clone(), running.name.clone()))
            .collect();
        for (call_id, name) in late {
            let error = format!("{name} took too long. Whether it was done is not known: say so.");
            self.finished(&call_id, json!({ "error": error }), true);
        }
        filler && !self.running.is_empty()
    }

    fn knows(&self, call_id: &str) -> bool {
        self.running.iter().any(|running| running.call_id == call_id)
            || self.finished.iter().any(|result| result.call_id == call_id)
            || self.answered.iter().any(|answered| answered == call_id)
    }
}
