//! What may be in a session object, and what may not.

use serde_json::{Map, Value, json};

use super::turn_detection;
use crate::openai::conversation::unsupported;
use crate::openai::wire::ApiError;

const FORMATS: &[&str] = &["audio/pcm", "audio/pcmu", "audio/pcma"];

/// A whole session object, after an update of `before`.
pub fn check(session: &Value, before: &Value) -> Result<(), ApiError> {
    if session["model"] != before["model"] {
        return Err(ApiError::value("session.model", "The model of a running session cannot be changed."));
    }
    if !session["instructions"].is_string() {
        return Err(ApiError::value("session.instructions", "Invalid type: expected a string."));
    }
    check_modalities(&session["output_modalities"], "session.output_modalities")?;
    check_tools(&session["tools"], "session.tools")?;
    check_tokens(&session["max_output_tokens"])?;
    check_input(&session["audio"]["input"])?;
    check_output(&session["audio"]["output"])
}

pub fn check_modalities(modalities: &Value, path: &str) -> Result<(), ApiError> {
    if *modalities == json!(["audio"]) || *modalities == json!(["text"]) {
        return Ok(());
    }
    let message =
        format!("Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio'].");
    Err(ApiError::value(path, message))
}

pub fn check_tools(tools: &Value, path: &str) -> Result<(), ApiError> {
    let tools = tools.as_array().ok_or_else(|| ApiError::value(path, "Invalid type: expected an array."))?;
    for (n, tool) in tools.iter().enumerate() {
        let path = |field: &str| format!("{path}[{n}].{field}");
        match tool["type"].as_str() {
            None => return Err(ApiError::missing(path("type"))),
            Some("mcp") => continue,
            Some("function") => {}
            Some(other) => return Err(unsupported(path("type"), other, &["function", "mcp"])),
        }
        let allowed = ["type", "name", "description", "parameters"];
        known(tool.as_object().unwrap_or(&Map::new()), path("").trim_end_matches('.'), &allowed)?;
        let name = tool["name"].as_str().ok_or_else(|| ApiError::missing(path("name")))?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
            let message = format!("Invalid '{}': expected ^[a-zA-Z0-9_-]{{1,64}}$.", path("name"));
            return Err(ApiError::value(path("name"), message));
        }
        if tool.get("parameters").is_some_and(|parameters| parameters["type"] != "object") {
            let message =
                format!("Invalid schema for function '{name}': schema must be of 'type: \"object\"'.");
            return Err(ApiError::invalid("invalid_function_parameters", message).at(path("parameters")));
        }
    }
    Ok(())
}

fn check_tokens(limit: &Value) -> Result<(), ApiError> {
    if *limit == "inf" || limit.as_u64().is_some_and(|limit| (1..=4096).contains(&limit)) {
        return Ok(());
    }
    Err(ApiError::value("session.max_output_tokens", "Expected an integer between 1 and 4096, or 'inf'."))
}

fn check_input(input: &Value) -> Result<(), ApiError> {
    const PATH: &str = "session.audio.input";
    known_in(input, PATH, &["format", "transcription", "noise_reduction", "turn_detection"])?;
    check_format(&input["format"], PATH)?;
    let transcription = &input["transcription"];
    if !transcription.is_null() && !transcription["model"].is_string() {
        return Err(ApiError::missing(format!("{PATH}.transcription.model")));
    }
    let noise = &input["noise_reduction"];
    if !noise.is_null() {
        one_of(noise, "type", &format!("{PATH}.noise_reduction"), &["near_field", "far_field"])?;
    }
    check_turn_detection(&input["turn_detection"], &format!("{PATH}.turn_detection"))
}

fn check_turn_detection(detection: &Value, path: &str) -> Result<(), ApiError> {
    if detection.is_null() {
        return Ok(());
    }
    for field in ["create_response", "interrupt_response"] {
        if !detection[field].is_boolean() {
            return Err(ApiError::value(format!("{path}.{field}"), "Invalid type: expected a boolean."));
        }
    }
    if one_of(detection, "type", path, &["server_vad", "semantic_vad"])? == "semantic_vad" {
        known_in(detection, path, &["type", "eagerness", "create_response", "interrupt_response"])?;
        return one_of(detection, "eagerness", path, &["low", "medium", "high", "auto"]).map(drop);
    }
    let defaults = turn_detection("server_vad");
    let allowed =
        defaults.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect::<Vec<_>>();
    known_in(detection, path, &allowed)?;
    if !detection["threshold"].as_f64().is_some_and(|threshold| (0.0..=1.0).contains(&threshold)) {
        return Err(ApiError::value(format!("{path}.threshold"), "Expected a number between 0 and 1."));
    }
    for field in ["prefix_padding_ms", "silence_duration_ms"] {
        if detection[field].as_u64().is_none_or(|ms| u32::try_from(ms).is_err()) {
            return Err(ApiError::value(format!("{path}.{field}"), "Expected a number of milliseconds."));
        }
    }
    Ok(())
}

fn check_output(output: &Value) -> Result<(), ApiError> {
    const PATH: &str = "session.audio.output";
    known_in(output, PATH, &["format", "voice", "speed"])?;
    check_format(&output["format"], PATH)?;
    if !output["voice"].is_string() && !output["voice"]["id"].is_string() {
        return Err(ApiError::value(format!("{PATH}.voice"), "Invalid type: expected a voice."));
    }
    if !output["speed"].as_f64().is_some_and(|speed| (0.25..=1.5).contains(&speed)) {
        return Err(ApiError::value(format!("{PATH}.speed"), "Expected a number between 0.25 and 1.5."));
    }
    Ok(())
}

fn check_format(format: &Value, side: &str) -> Result<(), ApiError> {
    let path = format!("{side}.format");
    let kind = one_of(format, "type", &path, FORMATS)?;
    let allowed: &[&str] = if kind == "audio/pcm" { &["type", "rate"] } else { &["type"] };
    known_in(format, &path, allowed)?;
    if format.get("rate").is_some_and(|rate| *rate != 24000) {
        return Err(ApiError::value(format!("{path}.rate"), "Invalid value. Supported values are: 24000."));
    }
    Ok(())
}

fn one_of<'a>(object: &'a Value, field: &str, path: &str, allowed: &[&str]) -> Result<&'a str, ApiError> {
    let path = format!("{path}.{field}");
    let value = object[field].as_str().ok_or_else(|| ApiError::missing(&path))?;
    if allowed.contains(&value) { Ok(value) } else { Err(unsupported(path, value, allowed)) }
}

fn known_in(object: &Value, path: &str, allowed: &[&str]) -> Result<(), ApiError> {
    let object =
        object.as_object().ok_or_else(|| ApiError::value(path, "Invalid type: expected an object."))?;
    known(object, path, allowed)
}

/// No field that is not `allowed`.
pub fn known(object: &Map<String, Value>, path: &str, allowed: &[&str]) -> Result<(), ApiError> {
    match object.keys().find(|field| !allowed.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => {
            let path = format!("{path}.{field}");
            Err(ApiError::invalid("unknown_parameter", format!("Unknown parameter: '{path}'.")).at(path))
        }
    }
}
