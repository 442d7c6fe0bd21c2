//! What goes wrong. Nothing here holds the key, what was asked or what was answered.

use std::fmt;
use std::time::Duration;

use super::price::Usage;
use super::retry::{self, Failure};

#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// Nothing was sent: it cannot be what was meant.
    #[error("OpenAI cannot be asked: {0}")]
    Invalid(&'static str),
    #[error("the connection to OpenAI failed")]
    Connection(#[source] reqwest::Error),
    /// No answer, or not all of it, within the time for an attempt or for all of them.
    #[error("OpenAI did not answer in time")]
    TimedOut,
    /// A stream from which nothing came for too long.
    #[error("OpenAI's stream stalled")]
    Stalled,
    /// A stream that was over before its response was.
    #[error("OpenAI's stream ended early")]
    EndedEarly,
    #[error("OpenAI refused with {0}")]
    Rejected(Rejection),
    /// The model refused to answer.
    #[error("the model refused")]
    Refused { usage: Usage },
    #[error("the model's answer is incomplete: {why}")]
    Incomplete { why: Why, usage: Usage },
    /// `response.status` is `failed` or `cancelled`, or an `error` came in the stream.
    #[error("the model failed with {code}")]
    Failed { code: Code, usage: Usage },
    /// Strict output that is no JSON at all, as if it were cut.
    #[error("the model's answer is no JSON")]
    NotJson { usage: Usage },
    /// JSON that the wanted type cannot be made of: schema and type disagree.
    #[error("the model's answer does not fit")]
    Unfit { usage: Usage },
    /// An answer beyond the limit, in bytes.
    #[error("OpenAI's answer has more than {0} bytes")]
    TooLong(usize),
    /// An answer that is not what the API promises.
    #[error("OpenAI's answer is malformed: {0}")]
    Malformed(&'static str),
}

impl TextError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Connection(error) => !error.is_builder(),
            Self::TimedOut | Self::Stalled | Self::EndedEarly | Self::NotJson { .. } => true,
            Self::Rejected(rejection) => rejection.is_temporary,
            Self::Failed { code, .. } => code.is_temporary(),
            Self::Invalid(_)
            | Self::Refused { .. }
            | Self::Incomplete { .. }
            | Self::Unfit { .. }
            | Self::TooLong(_)
            | Self::Malformed(_) => false,
        }
    }

    /// Whether the model was never set to work.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::Rejected(_) => true,
            Self::Connection(error) => error.is_builder() || error.is_connect(),
            _ => false,
        }
    }

    /// What was paid for nothing, if it was told: what failed on its way says no figures.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Refused { usage }
            | Self::Incomplete { usage, .. }
            | Self::Failed { usage, .. }
            | Self::NotJson { usage }
            | Self::Unfit { usage } => Some(*usage).filter(|usage| *usage != Usage::default()),
            _ => None,
        }
    }

    /// What an attempt that ended so says about another. Answers of the model are paid for, and never asked again.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::TimedOut | Self::Stalled | Self::EndedEarly => Failure::Connection,
            Self::Connection(error) if !error.is_builder() => Failure::Connection,
            Self::Rejected(rejection) if rejection.is_temporary => {
                Failure::Status { after: rejection.retry_after }
            }
            _ => Failure::Final,
        }
    }
}

/// The URL is left out: it is configured, and may carry what is nobody's business.
impl From<reqwest::Error> for TextError {
    fn from(error: reqwest::Error) -> Self {
        Self::Connection(error.without_url())
    }
}

/// An HTTP status that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub status: u16,
    pub code: Code,
    /// `x-request-id`, for the vendor's support.
    pub request_id: Option<Code>,
    /// The pause that the server wants, whether it was waited for or not.
    pub retry_after: Option<Duration>,
    pub is_temporary: bool,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {} ({})", self.status, self.code)?;
        match &self.request_id {
            Some(id) => write!(f, ", request {id}"),
            None => Ok(()),
        }
    }
}

/// A code of the vendor's, such as `rate_limit_exceeded`: short, and of no other characters than codes have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    const LONGEST: usize = 64;

    /// None for what looks like no code: it might be prose, and say anything.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let is_code = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(fits);
        is_code.then(|| Self(text.to_owned()))
    }

    pub(super) fn of(text: Option<&str>) -> Self {
        text.and_then(Self::parse).unwrap_or_else(|| Self("unknown".to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of a response that failed, or an `error` in a stream: these have no HTTP status.
    fn is_temporary(&self) -> bool {
        matches!(self.as_str(), "server_error" | "rate_limit_exceeded" | "server_is_overloaded")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `incomplete_details.reason`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    MaxOutputTokens,
    ContentFilter,
    Unknown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxOutputTokens => "it is too long",
            Self::ContentFilter => "it was filtered",
            Self::Unknown => "the reason is unknown",
        })
    }
}

impl Rejection {
    pub(super) fn new(status: u16, code: Option<&str>, server_says: Option<bool>) -> Self {
        Self {
            status,
            code: Code::of(code),
            request_id: None,
            retry_after: None,
            is_temporary: retry::is_temporary(status, code, server_says),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_no_code() {
        assert_eq!(Code::of(Some("server_error")).as_str(), "server_error");
        for text in ["Incorrect key: sk-1", "", "Käse", &"a".repeat(65)] {
            assert_eq!(Code::of(Some(text)).as_str(), "unknown");
        }
    }

    #[test]
    fn rejections_say_what_support_asks_for() {
        let rejection =
            Rejection { request_id: Code::parse("req_7"), ..Rejection::new(503, Some("overloaded"), None) };
        let error = TextError::Rejected(rejection);
        assert_eq!(error.to_string(), "OpenAI refused with status 503 (overloaded), request req_7");
        assert!(error.is_temporary());
        assert_eq!(error.failure(), Failure::Status { after: None });
    }

    #[test]
    fn what_is_paid_for_is_not_asked_again_at_once() {
        let usage = Usage { output_tokens: 7, ..Usage::default() };
        let error = TextError::Failed { code: Code::of(Some("server_error")), usage };
        assert!(error.is_temporary());
        assert_eq!((error.failure(), error.usage()), (Failure::Final, Some(usage)));
        assert!(!TextError::Refused { usage }.is_temporary());
    }

    #[test]
    fn what_was_refused_before_it_began_is_free() {
        let usage = Usage { output_tokens: 7, ..Usage::default() };
        let rejected = TextError::Rejected(Rejection::new(500, None, None));
        assert!(rejected.is_free() && TextError::Invalid("an empty text has no vector").is_free());
        for paid in [TextError::TimedOut, TextError::EndedEarly, TextError::Refused { usage }] {
            assert!(!paid.is_free(), "{paid}");
        }
        assert_eq!(TextError::TimedOut.usage(), None, "nobody knows");
    }
}
