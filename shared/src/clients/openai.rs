//! OpenAI's text endpoints: `POST /responses`, `POST /embeddings` and `POST /audio/transcriptions`.
//!
//! Nothing is stored there (`store: false`), and what was said is in no error and no log.
//!
//! - `responses`, `stream`, `embeddings`, `transcriptions`: what is asked and what is answered
//! - `error`: what goes wrong, and whether later is better
//! - `retry`, `sse`, `price`: pure
//! - `http`: the only I/O

mod responses;
mod stream;
mod embeddings;
mod transcriptions;
mod error;
mod retry;
mod sse;
mod price;
mod http;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream as streams};
use serde::de::DeserializeOwned;

use crate::config::{DAILY_BUDGET, Secret};
use http::Http;
use responses::{How, Request, Response};
use stream::Streaming;

pub use embeddings::Embedded;
pub use error::{Code, Rejection, TextError, Why};
pub use http::Timeouts;
pub use price::{Price, Prices, Usage};
pub use responses::{Answered, Ask, Call, Called, Effort, Format, Input, Role};
pub use retry::Policy;
pub use stream::Delta;
pub use transcriptions::Transcribed;

#[derive(Debug, Clone)]
pub struct Config {
    /// `https://api.openai.com/v1`
    pub base_url: String,
    pub api_key: Secret,
    pub model: String,
    /// None for models that do not reason: they refuse it.
    pub effort: Option<Effort>,
    /// One that takes `dimensions`: `text-embedding-3-…`.
    pub embedding_model: String,
    pub dimensions: usize,
    /// Of what was recorded.
    pub transcription_model: String,
    pub timeouts: Timeouts,
    pub retry: Policy,
    pub prices: Prices,
    /// In micro-dollars: see [`crate::config::OpenAi::daily_budget`].
    pub daily_budget: u64,
}

impl Config {
    pub const MODEL: &str = "gpt-6-luna";
    pub const EMBEDDING_MODEL: &str = "text-embedding-3-small";
    pub const DIMENSIONS: usize = 1536;
    pub const TRANSCRIPTION_MODEL: &str = "gpt-transcribe";

    /// The defaults for all else.
    pub fn new(base_url: impl Into<String>, api_key: Secret) -> Self {
        Self {
            base_url: base_url.into(),
            api_key,
            model: Self::MODEL.to_owned(),
            effort: Some(Effort::Low),
            embedding_model: Self::EMBEDDING_MODEL.to_owned(),
            dimensions: Self::DIMENSIONS,
            transcription_model: Self::TRANSCRIPTION_MODEL.to_owned(),
            timeouts: Timeouts::default(),
            retry: Policy::default(),
            prices: Prices::default(),
            daily_budget: DAILY_BUDGET,
        }
    }
}

/// The client. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Text {
    http: Http,
    config: Arc<Config>,
}

impl Text {
    /// [`TextError::Invalid`] if base URL or key cannot be used.
    pub fn new(config: Config) -> Result<Self, TextError> {
        Ok(Self { http: Http::new(&config)?, config: Arc::new(config) })
    }

    /// An answer that follows the schema. [`TextError::NotJson`] or [`TextError::Unfit`] if it is no `T`.
    pub async fn json<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        format: &Format,
    ) -> Result<Answered<T>, TextError> {
        self.answer(ask, Some(format)).await?.document()
    }

    pub async fn text(&self, ask: &Ask<'_>) -> Result<Answered<String>, TextError> {
        self.answer(ask, None).await
    }

    /// The answer as it is written: nothing happens before the first poll, and nothing comes after [`Delta::Done`]
    /// or an error. It is asked again only before the first delta. The deadline does not wait for a slow
    /// reader. Dropping the stream ends the request.
    ///
    /// What comes before an error was said: a refusal, or an answer that is cut, shows only at the end.
    pub fn stream(
        &self,
        ask: &Ask<'_>,
    ) -> impl Stream<Item = Result<Delta, TextError>> + Send + Unpin + use<> {
        let body = self.body(ask, None, true);
        let Self { http, config } = self.clone();
        let opened = async move { body.map(|body| Streaming::new(http, config, body).deltas()) };
        Box::pin(streams::once(opened).try_flatten())
    }

    /// The vectors of texts, none of them empty. Many texts are several requests, one after the other, each with its
    /// own deadline; the first that fails is the result.
    pub async fn embed(&self, texts: &[String]) -> Result<Embedded, TextError> {
        let Config { embedding_model: model, dimensions, .. } = &*self.config;
        let mut all = Embedded { vectors: Vec::with_capacity(texts.len()), usage: Usage::default() };
        for batch in embeddings::batches(texts, *dimensions)? {
            let input = &texts[batch];
            let request =
                embeddings::Request { model, input, dimensions: *dimensions, encoding_format: "base64" };
            let body = http::to_json(&request)?;
            let answer = http::ask(&self.http, &self.config, "/embeddings", http::JSON, body).await?;
            let embedded = embeddings::parse(&answer, input.len(), *dimensions)?;
            all.vectors.extend(embedded.vectors);
            all.usage += embedded.usage;
        }
        Ok(all)
    }

    /// What is said in a WAV file.
    pub async fn transcribe(&self, wav: &[u8]) -> Result<Transcribed, TextError> {
        let boundary = format!("{:032x}", rand::random::<u128>());
        let body = transcriptions::body(&self.config.transcription_model, wav, &boundary);
        let kind = format!("multipart/form-data; boundary={boundary}");
        let answer = http::ask(&self.http, &self.config, "/audio/transcriptions", &kind, body).await?;
        transcriptions::parse(&answer)
    }

    /// What one answer cost, in micro-dollars, rounded up. None if the price is not known.
    pub fn cost(&self, usage: &Usage) -> Option<u64> {
        self.config.prices.cost(&self.config.model, usage)
    }

    /// What a request cost that failed. None: it may have been answered, and nobody was told what that cost.
    pub fn lost(&self, error: &TextError) -> Option<u64> {
        if error.is_free() { Some(0) } else { error.usage().and_then(|usage| self.cost(&usage)) }
    }

    /// What vectors cost, in micro-dollars, rounded up. None if the price is not known.
    pub fn embedding_cost(&self, usage: &Usage) -> Option<u64> {
        self.config.prices.cost(&self.config.embedding_model, usage)
    }

    /// What all requests of a day may cost, in micro-dollars.
    pub fn daily_budget(&self) -> u64 {
        self.config.daily_budget
    }

    async fn answer(&self, ask: &Ask<'_>, format: Option<&Format>) -> Result<Answered<String>, TextError> {
        let body = self.body(ask, format, false)?;
        let answer = http::ask(&self.http, &self.config, "/responses", http::JSON, body).await?;
        Response::parse(&answer)?.settle()
    }

    fn body(&self, ask: &Ask<'_>, format: Option<&Format>, stream: bool) -> Result<Bytes, TextError> {
        let how = How { model: &self.config.model, effort: self.config.effort, format, stream };
        http::to_json(&Request::new(ask, how)?)
    }
}
