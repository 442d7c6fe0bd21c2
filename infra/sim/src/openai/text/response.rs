//! The response object of `/v1/responses`, whole. [`super::events`] takes it apart for streams.

use serde_json::{Value, json};

use super::faults::TextFault;
use super::items::{Item, Role};
use super::request::Request;
use super::script::Answer;
use super::words;

/// What reasoning costs here, whatever the effort. It counts for `max_output_tokens`, as it does there.
const REASONING_TOKENS: usize = 64;

/// Makes ids like `resp_…`.
#[derive(Debug)]
pub struct Ids {
    seed: u64,
    next: u32,
}

impl Ids {
    pub fn new(seed: u64) -> Self {
        Self { seed, next: 0 }
    }

    pub fn make(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}_{:016x}{:016x}", self.seed, self.next)
    }
}

/// The response to a request, at this Unix time.
///
/// It is `completed`; or `incomplete` with what fits into `max_output_tokens`; or `failed` if the fault says so.
pub fn compose(
    request: &Request,
    answer: &Answer,
    fault: Option<&TextFault>,
    ids: &mut Ids,
    now: i64,
) -> Value {
    let mut response = frame(request, ids, now);
    if let Some(TextFault::Failed { code, message }) = fault {
        response["status"] = "failed".into();
        response["error"] = json!({ "code": code, "message": message });
        return response;
    }
    let refusal = match fault {
        Some(TextFault::Refusal(text)) => Some(Answer::Refusal(text.clone())),
        _ => None,
    };
    let mut written = Written::new(request, refusal.as_ref().unwrap_or(answer), fault);
    let output = written.output(request.reasons, ids);
    let status = if written.is_cut { "incomplete" } else { "completed" };
    response["status"] = status.into();
    if written.is_cut {
        response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
    } else {
        response["completed_at"] = now.into();
    }
    response["output"] = output;
    response["usage"] = usage(request, written.tokens, written.reasoning);
    response
}

/// The items that a response adds to the conversation.
pub fn items_of(response: &Value) -> Vec<Item> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let item = |item: &Value| match item["type"].as_str() {
        Some("message") => {
            let part = &item["content"][0];
            let said = part.get("text").or_else(|| part.get("refusal")).map(text);
            Item::Message { role: Role::Assistant, text: said.unwrap_or_default() }
        }
        Some("function_call") => Item::Call {
            call_id: text(&item["call_id"]),
            name: text(&item["name"]),
            arguments: text(&item["arguments"]),
        },
        _ => Item::Other,
    };
    response["output"].as_array().into_iter().flatten().map(item).collect()
}

/// What is written out, within the tokens that are left.
struct Written {
    pieces: Vec<Piece>,
    is_cut: bool,
    tokens: usize,
    reasoning: usize,
}

enum Piece {
    Text(String),
    Refusal(String),
    Call { name: String, arguments: String },
}

impl Written {
    fn new(request: &Request, answer: &Answer, fault: Option<&TextFault>) -> Self {
        let mut pieces = match answer {
            Answer::Text(text) => vec![Piece::Text(text.clone())],
            Answer::Json(document) => vec![Piece::Text(document.to_string())],
            Answer::Refusal(text) => vec![Piece::Refusal(text.clone())],
            Answer::Calls(calls) => calls
                .iter()
                .map(|call| Piece::Call { name: call.name.clone(), arguments: call.arguments.to_string() })
                .collect(),
        };
        if matches!(fault, Some(TextFault::InvalidJson)) {
            for piece in &mut pieces {
                piece.cut(piece.text().chars().count() / 2);
            }
        }
        let whole = pieces.iter().map(|piece| words::tokens(piece.text())).sum::<usize>();
        let reasoning = if request.reasons { REASONING_TOKENS } else { 0 };
        let most = match fault {
            Some(TextFault::Incomplete) => whole / 2,
            _ => request.max_output_tokens.map_or(usize::MAX, |most| most.saturating_sub(reasoning)),
        };
        let is_cut = whole > most || matches!(fault, Some(TextFault::Incomplete));
        let mut written = Self { pieces, is_cut, tokens: whole.min(most), reasoning };
        written.limit(most);
        written
    }

    /// Cuts off what is beyond so many tokens.
    fn limit(&mut self, most: usize) {
        let mut left = most.saturating_mul(4);
        self.pieces.retain_mut(|piece| {
            let length = piece.text().chars().count();
            piece.cut(left);
            let had_room = left > 0;
            left = left.saturating_sub(length);
            had_room
        });
    }

    fn output(&mut self, reasons: bool, ids: &mut Ids) -> Value {
        let mut items = Vec::new();
        if reasons {
            items.push(json!({ "id": ids.make("rs"), "type": "reasoning", "summary": [] }));
        }
        let last = self.pieces.len().saturating_sub(1);
        for (n, piece) in self.pieces.drain(..).enumerate() {
            let status = if self.is_cut && n == last { "incomplete" } else { "completed" };
            items.push(piece.item(status, ids));
        }
        items.into()
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Refusal(text) => text,
            Self::Call { arguments, .. } => arguments,
        }
    }

    fn cut(&mut self, characters: usize) {
        let (Self::Text(text) | Self::Refusal(text) | Self::Call { arguments: text, .. }) = self;
        if let Some((end, _)) = text.char_indices().nth(characters) {
            text.truncate(end);
        }
    }

    fn item(self, status: &str, ids: &mut Ids) -> Value {
        let part = match self {
            Self::Call { name, arguments } => {
                return json!({
                    "id": ids.make("fc"), "type": "function_call", "status": status,
                    "call_id": ids.make("call"), "name": name, "arguments": arguments,
                });
            }
            Self::Text(text) => {
                json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
            }
            Self::Refusal(refusal) => json!({ "type": "refusal", "refusal": refusal }),
        };
        json!({
            "id": ids.make("msg"), "type": "message", "status": status, "role": "assistant", "content": [part]
        })
    }
}

/// What does not depend on the answer.
fn frame(request: &Request, ids: &mut Ids, now: i64) -> Value {
    let given = |name: &str, or: Value| {
        request.body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(or)
    };
    let effort = given("reasoning", json!({}))["effort"].clone();
    let mut text = given("text", json!({}));
    for (name, default) in [("format", json!({ "type": "text" })), ("verbosity", "medium".into())] {
        if text[name].is_null() {
            text[name] = default;
        }
    }
    json!({
        "id": ids.make("resp"), "object": "response", "created_at": now, "completed_at": null,
        "status": "in_progress", "background": false, "error": null, "incomplete_details": null,
        "instructions": given("instructions", Value::Null),
        "max_output_tokens": given("max_output_tokens", Value::Null),
        "max_tool_calls": given("max_tool_calls", Value::Null),
        "metadata": given("metadata", json!({})),
        "model": request.model,
        "output": [],
        "parallel_tool_calls": given("parallel_tool_calls", true.into()),
        "previous_response_id": request.previous,
        "prompt_cache_key": given("prompt_cache_key", Value::Null),
        "reasoning": { "effort": effort, "summary": null },
        "safety_identifier": given("safety_identifier", Value::Null),
        "service_tier": "default",
        "store": request.store,
        "temperature": given("temperature", json!(1.0)),
        "text": text,
        "tool_choice": given("tool_choice", "auto".into()),
        "tools": given("tools", json!([])).as_array().into_iter().flatten().map(tool).collect::<Vec<_>>(),
        "top_logprobs": given("top_logprobs", 0.into()),
        "top_p": given("top_p", json!(1.0)),
        "truncation": given("truncation", "disabled".into()),
        "usage": null,
        "user": given("user", Value::Null),
    })
}

/// A function with what it left out.
fn tool(tool: &Value) -> Value {
    let mut tool = tool.clone();
    if tool["type"] == "function"
        && let Some(fields) = tool.as_object_mut()
    {
        for (name, default) in
            [("description", Value::Null), ("parameters", Value::Null), ("strict", true.into())]
        {
            fields.entry(name).or_insert(default);
        }
    }
    tool
}

fn usage(request: &Request, written: usize, reasoning: usize) -> Value {
    let others = ["tools", "text"].iter().filter_map(|name| request.body.get(*name)).map(Value::to_string);
    let input = words::tokens(&request.instructions)
        + request.items.iter().map(|item| words::tokens(item.text())).sum::<usize>()
        + others.map(|text| words::tokens(&text)).sum::<usize>();
    let output = written + reasoning;
    json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": reasoning },
        "total_tokens": input + output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(body: Value, answer: &str, fault: Option<TextFault>) -> Value {
        let request = Request::parse(&body).expect("valid");
        compose(&request, &answer.into(), fault.as_ref(), &mut Ids::new(1), 7)
    }

    fn body() -> Value {
        json!({"model": "m", "input": "Hello", "max_output_tokens": 16})
    }

    #[test]
    fn what_fits_is_complete() {
        let response = composed(body(), "Hi there.", None);
        assert_eq!((&response["status"], &response["completed_at"]), (&json!("completed"), &json!(7)));
        assert_eq!(response["output"][0]["content"][0]["text"], "Hi there.");
        assert_eq!(response["usage"]["total_tokens"], 5);
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let response = composed(body(), &"word ".repeat(40), None);
        assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!(response["output"][0]["content"][0]["text"].as_str().map(str::len), Some(64));
        assert_eq!(
            (&response["output"][0]["status"], &response["usage"]["output_tokens"]),
            (&json!("incomplete"), &json!(16))
        );
    }

    #[test]
    fn reasoning_may_leave_no_room() {
        let mut body = body();
        body["reasoning"] = json!({"effort": "low"});
        let response = composed(body, "Hi.", None);
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["output"].as_array().map(Vec::len), Some(1));
        assert_eq!(response["output"][0]["type"], "reasoning");
    }

    #[test]
    fn faults_of_the_model() {
        let failed = TextFault::Failed { code: "server_error".into(), message: "Sorry.".into() };
        let response = composed(body(), "Hi.", Some(failed));
        assert_eq!(
            (&response["status"], &response["error"]["code"]),
            (&json!("failed"), &json!("server_error"))
        );
        let response = composed(body(), "Hi.", Some(TextFault::Refusal("No.".into())));
        assert_eq!(response["output"][0]["content"][0], json!({"type": "refusal", "refusal": "No."}));
        let response = composed(body(), "{\"a\":1}", Some(TextFault::InvalidJson));
        assert_eq!(response["output"][0]["content"][0]["text"], "{\"a");
        let response = composed(body(), "Hello there.", Some(TextFault::Incomplete));
        assert_eq!(response["output"][0]["content"][0]["text"], "Hell");
    }
}
