//! A request to `POST /v1/responses`, checked as the API checks it.
//!
//! Source of the parameters: the types of the official SDK (`openai` 3.54.0 for Python); of the errors: the API's
//! answers as its users quote them. All are 400 `invalid_request_error` with `param`.

mod output;

use serde_json::{Map, Value};

use super::items::{self, Item, Role, wrong_type};
use crate::openai::conversation::unsupported;
use crate::openai::wire::ApiError;

const PARAMETERS: &[&str] = &[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// What the simulated model and the response need of a request.
#[derive(Debug, Clone)]
pub struct Request {
    pub model: String,
    /// Empty if there are none.
    pub instructions: String,
    /// The input; [`Request::recall`] puts earlier ones before it.
    pub items: Vec<Item>,
    pub format: Format,
    pub tools: Vec<Tool>,
    pub choice: Choice,
    pub stream: bool,
    pub store: bool,
    pub previous: Option<String>,
    pub max_output_tokens: Option<usize>,
    /// Whether there is reasoning to be done: an effort is asked for, and it is not `none`.
    pub reasons: bool,
    /// All of it, for what the response repeats.
    pub body: Map<String, Value>,
}

/// `text.format`
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    Text,
    /// `json_object`
    Object,
    /// `json_schema`
    Schema {
        name: String,
        schema: Value,
    },
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: String,
    pub parameters: Value,
}

/// `tool_choice`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Auto,
    None,
    Required,
    Function(String),
}

impl Request {
    pub fn parse(body: &Value) -> Result<Self, ApiError> {
        let body = body.as_object().ok_or_else(|| wrong_type("body", "an object", body))?;
        let given = |name: &str| body.get(name).filter(|value| !value.is_null());
        if let Some(unknown) = body.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
            let message = format!("Unknown parameter: '{unknown}'.");
            return Err(ApiError::invalid("unknown_parameter", message).at(unknown));
        }
        let model = string(body, "model")?.filter(|model| !model.is_empty());
        let tools = output::tools(given("tools"))?;
        check_numbers(body)?;
        check_metadata(given("metadata"))?;
        Ok(Self {
            model: model.ok_or_else(|| ApiError::missing("model"))?,
            instructions: string(body, "instructions")?.unwrap_or_default(),
            items: given("input").map_or_else(|| no_input(body), items::parse)?,
            format: output::format(given("text"))?,
            choice: output::choice(given("tool_choice"), &tools)?,
            tools,
            stream: flag(body, "stream")?.unwrap_or(false),
            store: flag(body, "store")?.unwrap_or(true),
            previous: string(body, "previous_response_id")?,
            max_output_tokens: given("max_output_tokens")
                .and_then(Value::as_u64)
                .map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            reasons: reasons(given("reasoning"))?,
            body: body.clone(),
        })
    }

    /// Puts the items of earlier responses before the input.
    pub fn recall(&mut self, earlier: Vec<Item>) {
        self.items.splice(0..0, earlier);
    }

    /// The user's last message, or else the last item with words in it.
    pub fn user_text(&self) -> &str {
        let is_user = |item: &&Item| matches!(item, Item::Message { role: Role::User, .. });
        let any = || self.items.iter().rfind(|item| !item.text().is_empty());
        self.items.iter().rfind(is_user).or_else(any).map_or("", Item::text)
    }

    /// What came after the user's last message.
    pub fn since_user(&self) -> &[Item] {
        let is_user = |item: &Item| matches!(item, Item::Message { role: Role::User, .. });
        let start = self.items.iter().rposition(is_user).map_or(0, |last| last + 1);
        &self.items[start..]
    }

    /// The last function output since then.
    pub fn last_output(&self) -> Option<&str> {
        self.since_user().iter().rev().find_map(|item| match item {
            Item::Output { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }
}

fn no_input(body: &Map<String, Value>) -> Result<Vec<Item>, ApiError> {
    if ["previous_response_id", "prompt", "conversation"].iter().any(|name| body.contains_key(*name)) {
        return Ok(Vec::new());
    }
    let message =
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.";
    Err(ApiError::invalid("missing_required_parameter", message).at("input"))
}

fn string(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong_type(name, "a string", other)),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(wrong_type(name, "a boolean", other)),
    }
}

fn check_numbers(body: &Map<String, Value>) -> Result<(), ApiError> {
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    if let Some(tokens) = given("max_output_tokens") {
        let most = tokens.as_i64().ok_or_else(|| wrong_type("max_output_tokens", "an integer", tokens))?;
        if most < 16 {
            let message = format!(
                "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead."
            );
            return Err(ApiError::invalid("integer_below_min_value", message).at("max_output_tokens"));
        }
    }
    for (name, most) in [("temperature", 2.0), ("top_p", 1.0)] {
        let Some(value) = given(name) else { continue };
        let number = value.as_f64().ok_or_else(|| wrong_type(name, "a decimal", value))?;
        let refused = |code, side, sign, limit: f64| {
            let message = format!(
                "Invalid '{name}': decimal {side} value. Expected a value {sign} {limit}, but got {value} instead."
            );
            Err(ApiError::invalid(code, message).at(name))
        };
        if number > most {
            return refused("decimal_above_max_value", "above maximum", "<=", most);
        }
        if number < 0.0 {
            return refused("decimal_below_min_value", "below minimum", ">=", 0.0);
        }
    }
    Ok(())
}

/// At most 16 strings, with keys of 64 and values of 512 characters at most.
fn check_metadata(metadata: Option<&Value>) -> Result<(), ApiError> {
    let Some(metadata) = metadata else { return Ok(()) };
    let pairs = metadata.as_object().ok_or_else(|| wrong_type("metadata", "an object", metadata))?;
    if pairs.len() > 16 {
        let message =
            format!("Invalid 'metadata': too many properties. Expected at most 16, but got {}.", pairs.len());
        return Err(ApiError::invalid("object_above_max_properties", message).at("metadata"));
    }
    for (key, value) in pairs {
        let path = format!("metadata.{key}");
        let text = value.as_str().ok_or_else(|| wrong_type(&path, "a string", value))?;
        if key.chars().count() > 64 || text.chars().count() > 512 {
            let message = format!("Invalid '{path}': string too long.");
            return Err(ApiError::invalid("string_above_max_length", message).at(path));
        }
    }
    Ok(())
}

fn reasons(reasoning: Option<&Value>) -> Result<bool, ApiError> {
    match reasoning.map(|reasoning| &reasoning["effort"]) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::String(effort)) if EFFORTS.contains(&effort.as_str()) => Ok(effort != "none"),
        Some(Value::String(effort)) => Err(unsupported("reasoning.effort", effort, EFFORTS)),
        Some(other) => Err(wrong_type("reasoning.effort", "a string", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(changes: Value) -> (Value, Value) {
        let mut body = json!({"model": "gpt-6-luna", "input": "Hello"});
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let error = Request::parse(&body).expect_err("refused").body();
        assert_eq!(error["type"], "invalid_request_error");
        (error["param"].clone(), error["code"].clone())
    }

    #[test]
    fn each_error_names_its_parameter() {
        let open = json!({"type": "object", "properties": {}});
        let format = json!({"format": {"type": "json_schema", "name": "n", "schema": open, "strict": true}});
        let tool = json!([{"type": "function", "name": "f", "parameters": open}]);
        let cases = [
            (json!({"model": null}), "model", "missing_required_parameter"),
            (json!({"input": null}), "input", "missing_required_parameter"),
            (json!({"max_tokens": 5}), "max_tokens", "unknown_parameter"),
            (json!({"max_output_tokens": 5}), "max_output_tokens", "integer_below_min_value"),
            (json!({"temperature": 3}), "temperature", "decimal_above_max_value"),
            (json!({"metadata": {"a": 1}}), "metadata.a", "invalid_type"),
            (json!({"reasoning": {"effort": "huge"}}), "reasoning.effort", "invalid_value"),
            (json!({"text": format}), "text.format.schema", "invalid_json_schema"),
            (json!({"tools": tool}), "tools[0].parameters", "invalid_function_parameters"),
            (json!({"tools": [{"type": "function", "name": "a b"}]}), "tools[0].name", "invalid_value"),
        ];
        for (changes, param, code) in cases {
            assert_eq!(refusal(changes), (param.into(), code.into()));
        }
        assert_eq!(refusal(json!({"tool_choice": "required"})), ("tool_choice".into(), Value::Null));
    }
}
