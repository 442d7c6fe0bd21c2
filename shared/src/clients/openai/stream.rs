//! A response as it is written. Source: OpenAI, "Streaming events" of the Responses API.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Deserialize;

use super::Config;
use super::error::{Code, TextError};
use super::http::{Attempts, Http, JSON, MOST_BODY};
use super::price::Usage;
use super::responses::{Call, MOST_TEXT, Response};
use super::sse;

/// Of a stream, in bytes: each token comes with some two hundred bytes around it.
const MOST_STREAM: usize = 16 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// What was written since the last one.
    Text(String),
    /// A function is called: its arguments are whole.
    Call(Call),
    /// The response is complete; nothing comes after it.
    Done(Usage),
}

/// An event, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Event {
    #[serde(rename = "response.output_text.delta")]
    Text { delta: String },
    #[serde(rename = "response.output_item.done")]
    Item { item: Item },
    #[serde(rename = "response.completed", alias = "response.incomplete", alias = "response.failed")]
    Over { response: Response },
    #[serde(rename = "error")]
    Error { code: Option<String> },
    #[serde(other)]
    Other,
}

/// An output item that is whole.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    FunctionCall {
        #[serde(flatten)]
        call: Call,
        status: Option<String>,
    },
    #[serde(other)]
    Other,
}

impl Event {
    fn delta(self) -> Result<Option<Delta>, TextError> {
        match self {
            Self::Text { delta } if delta.is_empty() => Ok(None),
            Self::Text { delta } => Ok(Some(Delta::Text(delta))),
            Self::Item { item: Item::FunctionCall { call, status } }
                if status.as_deref() != Some("incomplete") =>
            {
                Ok(Some(Delta::Call(call)))
            }
            Self::Over { response } => response.settle().map(|answered| Some(Delta::Done(answered.usage))),
            Self::Error { code } => {
                Err(TextError::Failed { code: Code::of(code.as_deref()), usage: Usage::default() })
            }
            Self::Item { .. } | Self::Other => Ok(None),
        }
    }
}

/// What one connection brings.
#[derive(Debug)]
struct Connection {
    response: reqwest::Response,
    parser: sse::Parser,
    events: VecDeque<sse::Event>,
    bytes: usize,
    text_bytes: usize,
}

impl Connection {
    fn new(response: reqwest::Response) -> Self {
        let parser = sse::Parser::new(MOST_BODY);
        Self { response, parser, events: VecDeque::new(), bytes: 0, text_bytes: 0 }
    }

    /// What the next event says, if it was read and says something.
    fn delta(&mut self) -> Result<Option<Delta>, TextError> {
        let Some(event) = self.events.pop_front() else { return Ok(None) };
        let event: Event = serde_json::from_str(&event.data).map_err(|_| TextError::Malformed("no event"))?;
        let delta = event.delta()?;
        self.text_bytes += match &delta {
            Some(Delta::Text(text)) => text.len(),
            Some(Delta::Call(call)) => call.arguments.len(),
            _ => 0,
        };
        if self.text_bytes > MOST_TEXT { Err(TextError::TooLong(MOST_TEXT)) } else { Ok(delta) }
    }

    async fn read(&mut self) -> Result<(), TextError> {
        let chunk = self.response.chunk().await?.ok_or(TextError::EndedEarly)?;
        self.bytes += chunk.len();
        if self.bytes > MOST_STREAM {
            return Err(TextError::TooLong(MOST_STREAM));
        }
        let mut events = Vec::new();
        self.parser.feed(&chunk, &mut events).map_err(|sse::TooLong| TextError::TooLong(MOST_BODY))?;
        self.events.extend(events);
        Ok(())
    }
}

/// A request until its response is over.
#[derive(Debug)]
pub(super) struct Streaming {
    http: Http,
    config: Arc<Config>,
    body: Bytes,
    attempts: Attempts,
    connection: Option<Connection>,
    has_begun: bool,
    is_over: bool,
}

impl Streaming {
    /// The clock starts here.
    pub fn new(http: Http, config: Arc<Config>, body: Bytes) -> Self {
        let attempts = Attempts::new(&config);
        Self { http, config, body, attempts, connection: None, has_begun: false, is_over: false }
    }

    /// Ends after [`Delta::Done`] or an error.
    pub fn deltas(self) -> impl Stream<Item = Result<Delta, TextError>> + Send {
        stream::try_unfold(self, |mut streaming| async move {
            Ok(streaming.next().await?.map(|delta| (delta, streaming)))
        })
    }

    async fn next(&mut self) -> Result<Option<Delta>, TextError> {
        while !self.is_over {
            match self.step().await {
                Ok(Some(delta)) => {
                    self.has_begun = true;
                    self.is_over = matches!(delta, Delta::Done(_));
                    return Ok(Some(delta));
                }
                Ok(None) => {}
                // What was said cannot be taken back.
                Err(error) if self.has_begun => return Err(error),
                Err(error) => {
                    self.connection = None;
                    self.attempts.after(error).await?;
                }
            }
        }
        Ok(None)
    }

    /// Connects, or takes an event, or reads more of them.
    async fn step(&mut self) -> Result<Option<Delta>, TextError> {
        let idle = self.config.timeouts.idle;
        let Some(connection) = &mut self.connection else {
            let post = self.http.post("/responses", JSON, self.body.clone());
            let response = self.attempts.within(idle, TextError::Stalled, post).await?;
            self.connection = Some(Connection::new(response));
            return Ok(None);
        };
        if connection.events.is_empty() {
            self.attempts.within(idle, TextError::Stalled, connection.read()).await?;
        }
        connection.delta()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(event: &str) -> Result<Option<Delta>, TextError> {
        serde_json::from_str::<Event>(event).expect("an event").delta()
    }

    #[test]
    fn events_say_something_or_nothing() {
        let text = r#"{"type":"response.output_text.delta","delta":"Hi","sequence_number":4,"logprobs":[]}"#;
        assert_eq!(delta(text).unwrap(), Some(Delta::Text("Hi".to_owned())));
        assert_eq!(delta(r#"{"type":"response.output_text.delta","delta":""}"#).unwrap(), None);
        assert_eq!(delta(r#"{"type":"response.created","response":{}}"#).unwrap(), None);
    }

    #[test]
    fn a_call_comes_when_it_is_whole() {
        let item =
            |item: &str| delta(&format!(r#"{{"type":"response.output_item.done","item":{item}}}"#)).unwrap();
        let call = r#"{"type":"function_call","id":"fc_1","call_id":"c1","name":"take_message","arguments":"{}","status":""#;
        let (call_id, name, arguments) = ("c1".to_owned(), "take_message".to_owned(), "{}".to_owned());
        let expected = Some(Delta::Call(Call { call_id, name, arguments }));
        assert_eq!(item(&format!("{call}completed\"}}")), expected);
        assert_eq!(item(&format!("{call}incomplete\"}}")), None);
        assert_eq!(item(r#"{"type":"message","content":[]}"#), None);
    }

    #[test]
    fn ends_are_settled_as_whole_responses_are() {
        let over = |status: &str| {
            let output = r#"[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]"#;
            let response = format!(r#"{{"id":"resp_1","status":"{status}","output":{output}}}"#);
            delta(&format!(r#"{{"type":"response.{status}","response":{response}}}"#))
        };
        assert_eq!(over("completed").unwrap(), Some(Delta::Done(Usage::default())));
        assert!(matches!(over("incomplete"), Err(TextError::Incomplete { .. })));
        assert!(matches!(over("failed"), Err(TextError::Failed { .. })));
        let error = delta(r#"{"type":"error","code":"server_error","message":"Ann"}"#).unwrap_err();
        assert!(error.is_temporary() && !format!("{error:?}").contains("Ann"));
    }
}
