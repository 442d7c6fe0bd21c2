//! What goes out on the socket, and the shapes that every event shares.

use std::time::Duration;

use serde_json::{Value, json};

/// What the socket is to do, in order.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// One text frame.
    Send(String),
    /// 20 ms of µ-law, now. Only on a call.
    Play(Vec<u8>),
    /// A WebSocket close frame; nothing follows.
    Close { code: u16, reason: &'static str },
    /// End the TCP connection without a close frame; nothing follows.
    Reset,
    /// Leave what the client sends in the kernel's buffers for so long.
    StopReading(Duration),
}

/// The outgoing side of a session: gives every event an `event_id`.
#[derive(Debug)]
pub struct Wire {
    ids: Ids,
    outputs: Vec<Output>,
    /// The latest `error` events, for the record.
    pub errors: Vec<Value>,
}

impl Wire {
    pub fn new() -> Self {
        Self { ids: Ids { session: rand::random(), next: 0 }, outputs: Vec::new(), errors: Vec::new() }
    }

    /// A new id, unique in this process: `item_` and 24 digits.
    pub fn id(&mut self, prefix: &str) -> String {
        self.ids.make(prefix)
    }

    /// Sends an event of `{"type": kind, "event_id": …}` and the given fields.
    pub fn send(&mut self, kind: &str, fields: Value) {
        let text = self.event(kind, fields);
        self.outputs.push(Output::Send(text));
    }

    /// The text of an event that is to be sent later.
    pub fn event(&mut self, kind: &str, mut fields: Value) -> String {
        fields["type"] = kind.into();
        fields["event_id"] = self.id("event").into();
        fields.to_string()
    }

    /// Sends an `error` event; most leave the session open. `event_id` is that of the client's event.
    pub fn fail(&mut self, error: &ApiError, event_id: Option<&str>) {
        const KEPT: usize = 256;
        let mut body = error.body();
        body["event_id"] = event_id.into();
        if self.errors.len() < KEPT {
            self.errors.push(body.clone());
        }
        self.send("error", json!({ "error": body }));
    }

    /// Sends this text as it is.
    pub fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    pub fn drain(&mut self, into: &mut Vec<Output>) {
        into.append(&mut self.outputs);
    }
}

/// Ids that are unique across sessions, and in order within one.
#[derive(Debug)]
struct Ids {
    session: u64,
    next: u32,
}

impl Ids {
    fn make(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}_{:016x}{:05}", self.session, self.next)
    }
}

/// `{type, code, message, param}` of an `error` event or of an HTTP error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
}

impl ApiError {
    /// An `invalid_request_error`.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self { kind: "invalid_request_error", code: Some(code), message: message.into(), param: None }
    }

    /// A value that is none of those allowed, at the path `param`.
    pub fn value(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid("invalid_value", message).at(param)
    }

    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        Self::invalid("missing_required_parameter", format!("Missing required parameter: '{param}'."))
            .at(param)
    }

    pub fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub fn without_code(self) -> Self {
        Self { code: None, ..self }
    }

    pub fn at(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    pub fn body(&self) -> Value {
        json!({ "type": self.kind, "code": self.code, "message": self.message, "param": self.param })
    }
}
