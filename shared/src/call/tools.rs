//! Function calls: run on the side while audio goes on, each with a deadline; results go back when the
//! response that asked for them is over.

use std::time::Duration;

use serde_json::{Value, json};

use super::outbox::{Effect, Outbox};
use crate::wire::realtime::{
    client::{ClientEvent, Item},
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
}

#[derive(Debug)]
struct Running {
    call_id: String,
    response_id: String,
    name: String,
    deadline: Duration,
    filler_at: Option<Duration>,
}

#[derive(Debug)]
struct Finished {
    call_id: String,
    response_id: String,
    output: Value,
}

const MAX_ANSWERED: usize = 64;

impl Tools {
    pub fn new(timeout: Duration, filler_after: Duration) -> Self {
        Self { timeout, filler_after, running: Vec::new(), finished: Vec::new(), answered: Vec::new() }
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
        });
        let arguments = item.arguments.unwrap_or_default();
        out.effects.push(Effect::RunTool { call_id, name, arguments });
    }

    /// A tool's result. One that comes after its deadline is ignored: the model was told so.
    pub fn finished(&mut self, call_id: &str, output: Value) {
        let Some(index) = self.running.iter().position(|running| running.call_id == call_id) else { return };
        let running = self.running.swap_remove(index);
        self.finished.push(Finished { call_id: running.call_id, response_id: running.response_id, output });
    }

    /// Hands over what waits, except for results of a response that is still active. `true`: something was
    /// handed over and nothing is still running, so the model can go on.
    pub fn hand_over(&mut self, is_active: impl Fn(&str) -> bool, out: &mut Outbox) -> bool {
        let (waiting, ready): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.finished).into_iter().partition(|result| is_active(&result.response_id));
        self.finished = waiting;
        let any = !ready.is_empty();
        for result in ready {
            out.model(&ClientEvent::ItemCreate { item: Item::output(&result.call_id, &result.output) });
            self.answered.push(result.call_id);
        }
        let excess = self.answered.len().saturating_sub(MAX_ANSWERED);
        self.answered.drain(..excess);
        any && self.running.is_empty() && self.finished.is_empty()
    }

    /// A new model socket does not know the calls of the old one: their results become plain knowledge.
    pub fn carry_over(&mut self) -> Vec<String> {
        let results = std::mem::take(&mut self.finished);
        results.into_iter().map(|result| result.output.to_string()).collect()
    }

    pub fn deadline(&self) -> Option<Duration> {
        let deadlines = self.running.iter().flat_map(|running| [Some(running.deadline), running.filler_at]);
        deadlines.flatten().min()
    }

    /// Gives up what has run too long. `true`: time to say that it takes a moment.
    pub fn tick(&mut self, now: Duration) -> bool {
        let mut filler = false;
        for running in &mut self.running {
            if running.filler_at.is_some_and(|at| at <= now) {
                running.filler_at = None;
                filler = true;
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
            self.finished(&call_id, json!({ "error": error }));
        }
        filler && !self.running.is_empty()
    }

    fn knows(&self, call_id: &str) -> bool {
        self.running.iter().any(|running| running.call_id == call_id)
            || self.finished.iter().any(|result| result.call_id == call_id)
            || self.answered.iter().any(|answered| answered == call_id)
    }
}
