//! Misbehaviour of the text endpoints, on demand.

use std::collections::VecDeque;
use std::time::Duration;

/// One of the endpoints that are plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    Responses,
    Embeddings,
    Transcriptions,
}

/// Something that goes wrong with one valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextFault {
    /// 429 `rate_limit_exceeded`, with `retry-after-ms` and `retry-after` (whole seconds, rounded up).
    RateLimited { retry_after: Duration },
    /// This HTTP status: 500 `server_error`, 503 `server_is_overloaded`, 429 without `retry-after`, or any other.
    Status(u16),
    /// The right answer, after so long without a byte.
    SlowFirstByte(Duration),
    /// The right answer, with so long before each event of a stream.
    SlowStream(Duration),
    /// The connection ends without an answer.
    Reset,
    /// The connection ends after half of the body.
    Truncated,
    /// The stream ends as if it were complete after so many events. A plain answer is `Truncated`.
    StreamStops { after: usize },
    /// Nothing comes after so many events, and the connection stays open. Of a plain answer nothing comes.
    StreamStalls { after: usize },

    /// `incomplete` for `max_output_tokens`, with half of the output. This and those below: only of responses,
    /// and embeddings go well.
    Incomplete,
    /// A refusal part with this text.
    Refusal(String),
    /// Status `failed`: `response.failed` in a stream.
    Failed { code: String, message: String },
    /// The first half of the text, or of a call's arguments, as if it were all.
    InvalidJson,
}

/// What is planned, in order, for each endpoint.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<(Endpoint, TextFault)>);

impl Queue {
    pub fn add(&mut self, endpoint: Endpoint, fault: TextFault) {
        self.0.push_back((endpoint, fault));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The next for this endpoint.
    pub fn take(&mut self, endpoint: Endpoint) -> Option<TextFault> {
        let at = self.0.iter().position(|(planned, _)| *planned == endpoint)?;
        self.0.remove(at).map(|(_, fault)| fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_its_own_order() {
        let mut queue = Queue::default();
        queue.add(Endpoint::Responses, TextFault::Reset);
        queue.add(Endpoint::Embeddings, TextFault::Status(500));
        queue.add(Endpoint::Responses, TextFault::Truncated);
        assert_eq!(queue.take(Endpoint::Embeddings), Some(TextFault::Status(500)));
        assert_eq!(queue.take(Endpoint::Embeddings), None);
        assert_eq!(queue.take(Endpoint::Responses), Some(TextFault::Reset));
        assert_eq!(queue.take(Endpoint::Responses), Some(TextFault::Truncated));
    }
}
