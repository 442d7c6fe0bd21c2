//! In front of the transport: a body that is not one JSON-RPC message gets the error that JSON-RPC has for it, and not
//! a status alone. What is well formed goes on as it came.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use rmcp::model::ProtocolVersion;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use twin::error::Error as Refused;

/// The largest message, in bytes.
pub const LARGEST_BODY: usize = 256 * 1024;
/// How deep a message may nest.
const MAX_DEPTH: usize = 32;
const VERSION: &str = "mcp-protocol-version";
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const UNSUPPORTED_VERSION: i32 = -32022;

/// A layer for `axum::middleware::from_fn`.
pub async fn strict(request: Request, next: Next) -> Response {
    // What is not even said to be JSON is refused behind the token.
    if request.method() != Method::POST || !is_json(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return Refused::TooLarge.into_response();
    };
    if let Err(refusal) = judge(&parts.headers, &bytes) {
        return refusal.into_response();
    }
    if accepts_all(&parts.headers) {
        parts.headers.insert(header::ACCEPT, ACCEPTED);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// A JSON-RPC error, always with status 400.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    id: Value,
    code: i32,
    message: String,
    data: Option<Value>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = self.data {
            error["data"] = data;
        }
        let body = json!({ "jsonrpc": "2.0", "id": self.id, "error": error }).to_string();
        (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// Whether a body is one message of JSON-RPC, of a revision that we know.
pub fn judge(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let refuse = |id: &Value, code, message: &str| Refusal {
        id: id.clone(),
        code,
        message: message.into(),
        data: None,
    };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let message = Strict { depth: MAX_DEPTH }.deserialize(&mut reader).and_then(|message| {
        reader.end()?;
        Ok(message)
    });
    let message = match message {
        Ok(Value::Object(message)) => message,
        Ok(Value::Array(_)) => {
            return Err(refuse(&Value::Null, INVALID_REQUEST, "batches are not supported"));
        }
        Ok(_) => return Err(refuse(&Value::Null, INVALID_REQUEST, "a message is an object")),
        Err(error) => return Err(refuse(&Value::Null, PARSE_ERROR, &error.to_string())),
    };
    let id = message.get("id").filter(|id| id.is_string() || id.is_i64()).unwrap_or(&Value::Null);
    let invalid = |what| Err(refuse(id, INVALID_REQUEST, what));
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid("jsonrpc must be \"2.0\"");
    }
    if message.contains_key("id") && id.is_null() {
        return invalid("an id is a string or an integer");
    }
    match message.get("method") {
        Some(Value::String(_)) if message.get("params").is_none_or(Value::is_object) => {
            known_version(headers, id, &message)
        }
        Some(Value::String(_)) => invalid("params must be an object"),
        Some(_) => invalid("method must be a string"),
        // The transport refuses answers.
        None if message.contains_key("result") || message.contains_key("error") => Ok(()),
        None => invalid("there is no method"),
    }
}

/// A header alone can name a revision that we do not know. With a revision in `_meta`, or in `initialize`, the
/// transport compares both.
fn known_version(headers: &HeaderMap, id: &Value, message: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(named) = headers.get(VERSION) else { return Ok(()) };
    let in_meta = message
        .get("params")
        .and_then(|params| params.pointer("/_meta/io.modelcontextprotocol~1protocolVersion"))
        .is_some_and(Value::is_string);
    let initialize = message.get("method").and_then(Value::as_str) == Some("initialize");
    let requested = String::from_utf8_lossy(named.as_bytes());
    if in_meta
        || initialize
        || ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == requested)
    {
        return Ok(());
    }
    Err(Refusal {
        id: id.clone(),
        code: UNSUPPORTED_VERSION,
        message: "Unsupported protocol version".into(),
        data: Some(json!({ "requested": requested, "supported": ProtocolVersion::KNOWN_VERSIONS })),
    })
}

pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Without `Accept`, or with `*/*`, everything is accepted; the transport wants both types by name.
fn accepts_all(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    accepted.peek().is_none() || accepted.any(|value| value.to_str().is_ok_and(|types| types.contains("*/*")))
}

/// Reads JSON that nests no deeper than so far, and in which no object has a key twice.
struct Strict {
    depth: usize,
}

impl Strict {
    fn inside<E: Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self.inside()?)? {
            all.push(item);
        }
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if all.insert(key, entries.next_value_seed(self.inside()?)?).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Option<i32> {
        judge(&HeaderMap::new(), body.as_bytes()).err().map(|refusal| refusal.code)
    }

    #[test]
    fn what_is_not_json_cannot_be_parsed() {
        let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        let with = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{params}}}"#);
        assert_eq!(code(&with(&nested(MAX_DEPTH - 1))), None);
        for bad in [
            "",
            "{nope",
            "{} {}",
            "\u{feff}{}",
            &with(r#"{"a":1e400}"#),
            &with(r#"{"a":"\ud800"}"#),
            &with(r#"{"a":1,"a":2}"#),
            &with(r#"{"a":1,"\u0061":2}"#),
            &with(&nested(MAX_DEPTH)),
            &with(&nested(200)),
        ] {
            assert_eq!(code(bad), Some(PARSE_ERROR), "{bad}");
        }
        assert_eq!(
            judge(&HeaderMap::new(), b"\"\xff\"").err().map(|refusal| refusal.code),
            Some(PARSE_ERROR)
        );
    }

    #[test]
    fn what_is_not_one_message_is_invalid() {
        for bad in [
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            "7",
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":5}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
        ] {
            assert_eq!(code(bad), Some(INVALID_REQUEST), "{bad}");
        }
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#), None);
        assert_eq!(code(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#), None);
    }

    #[test]
    fn an_unknown_revision_is_answered_with_those_that_we_know() {
        let mut headers = HeaderMap::new();
        headers.insert(VERSION, HeaderValue::from_static("2099-01-01"));
        let list = br#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#;
        let refusal = judge(&headers, list).expect_err("no such revision");
        assert_eq!((refusal.code, &refusal.id), (UNSUPPORTED_VERSION, &json!(7)));
        assert_eq!(refusal.data.as_ref().and_then(|data| data["supported"][4].as_str()), Some("2026-07-28"));
        headers.insert(VERSION, HeaderValue::from_static("2025-11-25"));
        assert_eq!(judge(&headers, list), Ok(()));
    }

    #[test]
    fn an_error_keeps_the_id() {
        let refusal = judge(&HeaderMap::new(), br#"{"id":"x","method":"ping"}"#).expect_err("no jsonrpc");
        assert_eq!(refusal.id, json!("x"));
    }
}
