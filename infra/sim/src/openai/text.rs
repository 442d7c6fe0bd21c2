//! The text endpoints: `POST /responses` (plain, or `stream: true`), `POST /embeddings` and
//! `POST /audio/transcriptions`.
//!
//! Source of the shapes: the types of the official SDK (`openai` 3.54.0 for Python), against which
//! `tests/peers/openai_text.py` holds them. Errors are `{"error": {message, type, param, code}}`; every answer
//! carries `x-request-id` and `x-ratelimit-…`.
//!
//! - `request`, `items`, `strict`: what is asked, or 400
//! - `script`, `mind`, `fill`, `find`, `words`: what is answered
//! - `response`, `events`, `embeddings`, `transcriptions`: the shapes that it is answered in; all of these are pure
//! - `serve`, `delivery`: HTTP
//! - `faults`, `record`: for tests
//!
//! Not simulated: models (any name will do for responses) and what only some of them support, tools that are no
//! functions, images and files (nothing is read in them), `include`, `conversation`, `prompt`, `background`,
//! `truncation`, log probabilities, prompt caching, stored responses as objects of their own, real rate limits,
//! tokens (four characters are one), and the limits on the size of schemas.

mod request;
mod items;
mod strict;
mod script;
mod mind;
mod fill;
mod find;
mod words;
mod response;
mod events;
mod embeddings;
mod transcriptions;
mod serve;
mod delivery;
mod faults;
mod record;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;

use super::{OpenAi, lock};

pub use embeddings::embed;
pub use faults::{Endpoint, TextFault};
pub use record::Asked;
pub use script::{Answer, Call, Cue};

/// What the text endpoints know and remember.
#[derive(Debug, Default)]
pub(super) struct Text {
    script: Mutex<script::Script>,
    faults: Mutex<faults::Queue>,
    log: Mutex<record::Log>,
    memory: Mutex<record::Memory>,
}

impl Text {
    pub(super) fn behave(&self) {
        lock(&self.faults).clear();
    }
}

impl OpenAi {
    /// Scripts an answer of the text model: the first that matches is given, before its own mind is asked.
    ///
    /// ```
    /// # use sim::openai::{Answer, Cue, OpenAi};
    /// # let openai = OpenAi::default();
    /// openai.say("opening hours", "We are open from nine to five.");
    /// openai.say(Cue::format("call_summary"), serde_json::json!({"summary": "Nothing."}));
    /// openai.say(Cue::input("book").times(1), Answer::call("book", serde_json::json!({"day": "2026-12-01"})));
    /// ```
    pub fn say(&self, cue: impl Into<Cue>, answer: impl Into<Answer>) {
        lock(&self.text.script).add(cue.into(), answer.into());
    }

    /// Plans a fault for the next valid request to an endpoint that none is planned for yet.
    /// [`OpenAi::behave`] drops it.
    pub fn misbehave_at(&self, endpoint: Endpoint, fault: TextFault) {
        lock(&self.text.faults).add(endpoint, fault);
    }

    /// The latest requests to the text endpoints, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.text.log).all()
    }
}

pub(super) fn routes() -> Router<Arc<OpenAi>> {
    Router::new()
        .route("/responses", post(serve::responses))
        .route("/embeddings", post(serve::embeddings))
        .route("/audio/transcriptions", post(serve::transcriptions))
}

#[cfg(test)]
mod tests;
