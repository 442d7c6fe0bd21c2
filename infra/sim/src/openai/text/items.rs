//! The `input` of a request to `/v1/responses`: messages, function calls and their outputs.

use serde_json::Value;

use crate::openai::conversation::unsupported;
use crate::openai::wire::ApiError;

/// One item of a conversation, as far as the simulated model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Message {
        role: Role,
        text: String,
    },
    Call {
        call_id: String,
        name: String,
        arguments: String,
    },
    Output {
        call_id: String,
        text: String,
    },
    /// Reasoning and references, which say nothing to it.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
    System,
    Developer,
}

impl Item {
    /// What there is to read in it.
    pub fn text(&self) -> &str {
        match self {
            Self::Message { text, .. } | Self::Output { text, .. } => text,
            Self::Call { arguments, .. } => arguments,
            Self::Other => "",
        }
    }
}

/// A string is one message of the user.
pub fn parse(input: &Value) -> Result<Vec<Item>, ApiError> {
    const SHORT: &str = "Expected a string with minimum length 1, but got an empty string instead.";
    const FEW: &str = "Expected an array with minimum length 1, but got an empty array instead.";
    match input {
        Value::String(text) if text.is_empty() => {
            let message = format!("Invalid 'input': empty string. {SHORT}");
            Err(ApiError::invalid("empty_string", message).at("input"))
        }
        Value::String(text) => Ok(vec![Item::Message { role: Role::User, text: text.clone() }]),
        Value::Array(items) if items.is_empty() => {
            let message = format!("Invalid 'input': empty array. {FEW}");
            Err(ApiError::invalid("empty_array", message).at("input"))
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(n, item)| one(item, &format!("input[{n}]"))).collect()
        }
        other => Err(wrong_type("input", "an array of input items or a string", other)),
    }
}

/// That each output belongs to a call before it, and each call has got its output.
pub fn check_calls(items: &[Item]) -> Result<(), ApiError> {
    let refused =
        |message: String| Err(ApiError::invalid("invalid_request_error", message).without_code().at("input"));
    for (n, item) in items.iter().enumerate() {
        match item {
            Item::Output { call_id, .. } => {
                let is_call = |item: &Item| matches!(item, Item::Call { call_id: id, .. } if id == call_id);
                if !items[..n].iter().any(is_call) {
                    return refused(format!(
                        "No tool call found for function call output with call_id {call_id}."
                    ));
                }
            }
            Item::Call { call_id, .. } => {
                let is_output =
                    |item: &Item| matches!(item, Item::Output { call_id: id, .. } if id == call_id);
                if !items[n..].iter().any(is_output) {
                    return refused(format!("No tool output found for function call {call_id}."));
                }
            }
            Item::Message { .. } | Item::Other => {}
        }
    }
    Ok(())
}

/// The API's words for a value of a wrong type.
pub fn wrong_type(path: &str, expected: &str, found: &Value) -> ApiError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("Invalid type for '{path}': expected {expected}, but got {found} instead.");
    ApiError::invalid("invalid_type", message).at(path)
}

fn one(item: &Value, path: &str) -> Result<Item, ApiError> {
    const KINDS: &[&str] =
        &["message", "function_call", "function_call_output", "reasoning", "item_reference"];
    if !item.is_object() {
        return Err(wrong_type(path, "an object", item));
    }
    match item["type"].as_str().or_else(|| item.get("role").map(|_| "message")) {
        Some("message") => message(item, path),
        Some("function_call") => Ok(Item::Call {
            call_id: string(item, "call_id", path)?,
            name: string(item, "name", path)?,
            arguments: string(item, "arguments", path)?,
        }),
        Some("function_call_output") => Ok(Item::Output {
            call_id: string(item, "call_id", path)?,
            text: content(&item["output"], &format!("{path}.output"), INPUTS)?,
        }),
        Some("reasoning" | "item_reference") => Ok(Item::Other),
        Some(other) => Err(unsupported(path.to_owned(), other, KINDS)),
        None => Err(ApiError::missing(format!("{path}.type"))),
    }
}

const INPUTS: &[&str] = &["input_text", "input_image", "input_file"];
const OUTPUTS: &[&str] = &["output_text", "refusal"];

fn message(item: &Value, path: &str) -> Result<Item, ApiError> {
    const ROLES: &[&str] = &["assistant", "system", "developer", "user"];
    let (role, parts) = match string(item, "role", path)?.as_str() {
        "user" => (Role::User, INPUTS),
        "system" => (Role::System, INPUTS),
        "developer" => (Role::Developer, INPUTS),
        "assistant" => (Role::Assistant, OUTPUTS),
        other => return Err(unsupported(path.to_owned(), other, ROLES)),
    };
    let text = content(&item["content"], &format!("{path}.content"), parts)?;
    Ok(Item::Message { role, text })
}

/// The text of a string, or of all parts.
fn content(content: &Value, path: &str, allowed: &[&str]) -> Result<String, ApiError> {
    let parts = match content {
        Value::String(text) => return Ok(text.clone()),
        Value::Array(parts) => parts,
        other => return Err(wrong_type(path, "one of an array of objects or string", other)),
    };
    let mut texts = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let kind = string(part, "type", &path)?;
        if !allowed.contains(&kind.as_str()) {
            return Err(unsupported(path, &kind, allowed));
        }
        match kind.as_str() {
            "input_text" | "output_text" => texts.push(string(part, "text", &path)?),
            "refusal" => texts.push(string(part, "refusal", &path)?),
            _ => {}
        }
    }
    Ok(texts.join("\n"))
}

fn string(object: &Value, name: &str, path: &str) -> Result<String, ApiError> {
    match object.get(name) {
        None => Err(ApiError::missing(format!("{path}.{name}"))),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(wrong_type(&format!("{path}.{name}"), "a string", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(input: Value) -> Value {
        parse(&input).and_then(|items| check_calls(&items)).expect_err("refused").body()
    }

    #[test]
    fn parts_are_those_of_the_role() {
        let body = refusal(json!([{"role": "user", "content": "Hi"}, {"role": "tool", "content": "x"}]));
        assert_eq!((&body["param"], &body["code"]), (&json!("input[1]"), &json!("invalid_value")));
        let part = json!([{"type": "input_text", "text": "Hi"}]);
        let body = refusal(json!([{"role": "assistant", "content": part}]));
        assert_eq!(body["param"], "input[0].content[0]");
        assert_eq!(refusal(json!(""))["code"], "empty_string");
        assert_eq!(refusal(json!([]))["code"], "empty_array");
        assert_eq!(refusal(json!(7))["code"], "invalid_type");
    }

    #[test]
    fn calls_and_outputs_come_in_pairs() {
        let call = json!({"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"});
        let output = json!({"type": "function_call_output", "call_id": "c", "output": "done"});
        assert!(refusal(json!([call]))["message"].as_str().is_some_and(|text| text.ends_with("call c.")));
        assert!(refusal(json!([output]))["message"].as_str().is_some_and(|text| text.contains("call_id c")));
        let items = parse(&json!([call, output])).expect("valid");
        assert!(check_calls(&items).is_ok());
    }
}
