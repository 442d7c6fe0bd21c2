//! The parts of a request that say what is to come back: a schema, functions, and which of them.

use serde_json::Value;

use super::{Choice, Format, Tool};
use crate::openai::conversation::unsupported;
use crate::openai::text::items::wrong_type;
use crate::openai::text::strict;
use crate::openai::wire::ApiError;

/// `text.format`
pub fn format(text: Option<&Value>) -> Result<Format, ApiError> {
    let Some(format) = text.and_then(|text| text.get("format")).filter(|format| !format.is_null()) else {
        return Ok(Format::Text);
    };
    match format["type"].as_str() {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::Object),
        Some("json_schema") => {
            let name = name(&format["name"], "text.format.name")?;
            let schema = format.get("schema").ok_or_else(|| ApiError::missing("text.format.schema"))?;
            if format["strict"] == true {
                strict::check(schema).map_err(|what| {
                    let message = format!("Invalid schema for response_format '{name}': {what}");
                    ApiError::invalid("invalid_json_schema", message).at("text.format.schema")
                })?;
            }
            Ok(Format::Schema { name, schema: schema.clone() })
        }
        Some(other) => Err(unsupported("text.format.type", other, &["json_object", "json_schema", "text"])),
        None => Err(ApiError::missing("text.format.type")),
    }
}

/// Functions, strict unless they say otherwise. Tools of other types are taken and never used.
pub fn tools(tools: Option<&Value>) -> Result<Vec<Tool>, ApiError> {
    let Some(tools) = tools else { return Ok(Vec::new()) };
    let list = tools.as_array().ok_or_else(|| wrong_type("tools", "an array of objects", tools))?;
    let mut functions = Vec::new();
    for (n, tool) in list.iter().enumerate() {
        let path = |field: &str| format!("tools[{n}].{field}");
        match tool["type"].as_str() {
            None => return Err(ApiError::missing(path("type"))),
            Some("function") => {}
            Some(_) => continue,
        }
        let name = name(&tool["name"], &path("name"))?;
        let parameters = tool.get("parameters").cloned().unwrap_or_default();
        if tool["strict"] != false && !parameters.is_null() {
            strict::check(&parameters).map_err(|what| {
                let message = format!("Invalid schema for function '{name}': {what}");
                ApiError::invalid("invalid_function_parameters", message).at(path("parameters"))
            })?;
        }
        functions.push(Tool { name, parameters });
    }
    Ok(functions)
}

/// The name of a schema or a function.
fn name(name: &Value, path: &str) -> Result<String, ApiError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match name {
        Value::Null => Err(ApiError::missing(path)),
        Value::String(name) if (1..=64).contains(&name.len()) && name.chars().all(fits) => Ok(name.clone()),
        Value::String(_) => {
            let rule = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
            let message = format!("Invalid '{path}': string does not match pattern. {rule}");
            Err(ApiError::value(path, message))
        }
        other => Err(wrong_type(path, "a string", other)),
    }
}

/// `tool_choice`, which must name what there is.
pub fn choice(choice: Option<&Value>, tools: &[Tool]) -> Result<Choice, ApiError> {
    let refused = |message: String| {
        Err(ApiError::invalid("invalid_request_error", message).without_code().at("tool_choice"))
    };
    match choice {
        None => Ok(Choice::Auto),
        Some(Value::String(mode)) => match mode.as_str() {
            "auto" => Ok(Choice::Auto),
            "none" => Ok(Choice::None),
            "required" if tools.is_empty() => {
                refused("Tool choice 'required' must be specified with 'tools' parameter.".to_owned())
            }
            "required" => Ok(Choice::Required),
            other => Err(unsupported("tool_choice", other, &["none", "auto", "required"])),
        },
        Some(one) if one["type"] == "function" => {
            let name = one["name"].as_str().ok_or_else(|| ApiError::missing("tool_choice.name"))?;
            if tools.iter().any(|tool| tool.name == name) {
                Ok(Choice::Function(name.to_owned()))
            } else {
                refused("Tool choice 'function' not found in 'tools' parameter.".to_owned())
            }
        }
        Some(_) => Ok(Choice::Auto),
    }
}
