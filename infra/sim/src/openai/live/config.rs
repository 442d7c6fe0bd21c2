//! What a session may begin with, and what may change: all else is refused.

use serde_json::{Map, Value, json};

use super::Transport;
use crate::openai::config::{check_tools, known};
use crate::openai::conversation::unsupported;
use crate::openai::wire::ApiError;

const FIELDS: &[&str] = &[
    "model",
    "instructions",
    "audio",
    "input",
    "delegation",
    "store",
    "client",
    "safety_identifier",
    "triggers",
];
const BACKEND: &[&str] = &[
    "model",
    "instructions",
    "tools",
    "tool_choice",
    "reasoning",
    "max_output_tokens",
    "parallel_tool_calls",
    "text",
    "service_tier",
];
const MODELS: &[&str] = &["gpt-live-1", "gpt-live-1.1"];
const MAX_MESSAGES: usize = 128;
const MAX_HISTORY_TOKENS: usize = 8192;
const MAX_INSTRUCTION_TOKENS: usize = 16_384;

/// Four characters to a token.
pub fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

/// The `session` of `session.start`, or of an offer.
pub fn check_start(session: &Value, transport: Transport) -> Result<(), ApiError> {
    let session = object(session, "session")?;
    known(session, "session", FIELDS)?;
    let model =
        session.get("model").and_then(Value::as_str).ok_or_else(|| ApiError::missing("session.model"))?;
    if !MODELS.contains(&model) {
        return Err(ApiError::invalid("model_not_found", format!("The model '{model}' does not exist."))
            .at("session.model"));
    }
    if let Some(instructions) = session.get("instructions") {
        let text = string(instructions, "session.instructions")?;
        if tokens(text) > MAX_INSTRUCTION_TOKENS {
            return Err(too_long("session.instructions", MAX_INSTRUCTION_TOKENS));
        }
    }
    session.get("audio").map_or(Ok(()), |audio| check_audio(audio, transport))?;
    session.get("input").map_or(Ok(()), check_input)?;
    session.get("delegation").map_or(Ok(()), |delegation| check_delegation(delegation, true))?;
    match (session.get("client"), transport) {
        (Some(_), Transport::Socket) => {
            Err(ApiError::value("session.client", "Only a session over WebRTC has an untrusted client."))
        }
        (Some(client), Transport::Call) => check_client(client),
        (None, _) => Ok(()),
    }
}

/// The `session` of `session.update`.
pub fn check_update(update: &Value) -> Result<(), ApiError> {
    let fields = object(update, "session")?;
    known(fields, "session", &["delegation", "triggers"])?;
    fields.get("delegation").map_or(Ok(()), |delegation| check_delegation(delegation, false))
}

/// What `session.started` shows.
pub fn resource(settings: &Value, id: &str, expires_at: u64) -> Value {
    let mut resource = settings.clone();
    if let Some(fields) = resource.as_object_mut() {
        fields.remove("input");
    }
    resource["id"] = id.into();
    resource["expires_at"] = expires_at.into();
    resource["status"] = "active".into();
    if resource["audio"]["output"]["voice"].is_null() {
        resource["audio"]["output"]["voice"] = "marin".into();
    }
    resource
}

/// Fields that are named change, the others stay.
pub fn update(config: &mut Value, update: &Value) {
    for (field, value) in update["delegation"]["responses"].as_object().into_iter().flatten() {
        config["delegation"]["responses"][field] = value.clone();
    }
}

fn check_audio(audio: &Value, transport: Transport) -> Result<(), ApiError> {
    known(object(audio, "session.audio")?, "session.audio", &["format", "output"])?;
    if let Some(output) = audio.get("output") {
        known(object(output, "session.audio.output")?, "session.audio.output", &["voice"])?;
    }
    let Some(format) = audio.get("format") else { return Ok(()) };
    if transport == Transport::Call {
        return Err(ApiError::value("session.audio.format", "The transport negotiates the format."));
    }
    let path = "session.audio.format";
    known(object(format, path)?, path, &["type", "rate"])?;
    match (format["type"].as_str(), format["rate"].as_u64()) {
        (Some("audio/pcmu"), Some(8000)) => Ok(()),
        (_, None) => Err(ApiError::missing("session.audio.format.rate")),
        (Some(other), _) => Err(unsupported(format!("{path}.type"), other, &["audio/pcmu"])),
        (None, _) => Err(ApiError::missing(format!("{path}.type"))),
    }
}

fn check_input(input: &Value) -> Result<(), ApiError> {
    let messages = input.as_array().ok_or_else(|| ApiError::value("session.input", "Expected an array."))?;
    if messages.len() > MAX_MESSAGES {
        return Err(ApiError::value("session.input", format!("Expected at most {MAX_MESSAGES} messages.")));
    }
    let mut total = 0;
    for (n, message) in messages.iter().enumerate() {
        let path = format!("session.input[{n}]");
        known(object(message, &path)?, &path, &["type", "role", "content", "id", "status"])?;
        let role = message["role"].as_str().unwrap_or_default();
        let Some([part]) = message["content"].as_array().map(Vec::as_slice) else {
            return Err(ApiError::value(format!("{path}.content"), "Expected exactly one text part."));
        };
        let kinds: &[&str] = match role {
            "developer" | "user" => &["input_text"],
            "assistant" => &["text", "output_text"],
            other => {
                return Err(unsupported(format!("{path}.role"), other, &["developer", "user", "assistant"]));
            }
        };
        let kind = part["type"].as_str().unwrap_or(kinds[0]);
        if !kinds.contains(&kind) {
            return Err(unsupported(format!("{path}.content[0].type"), kind, kinds));
        }
        total += tokens(string(&part["text"], &format!("{path}.content[0].text"))?);
    }
    if total > MAX_HISTORY_TOKENS {
        return Err(too_long("session.input", MAX_HISTORY_TOKENS));
    }
    Ok(())
}

fn check_delegation(delegation: &Value, starts: bool) -> Result<(), ApiError> {
    const PATH: &str = "session.delegation";
    if delegation.is_null() {
        return Ok(());
    }
    known(object(delegation, PATH)?, PATH, &["type", "responses", "acknowledgement_delay_ms"])?;
    if delegation["type"] != "responses" {
        let kind = delegation["type"].as_str().unwrap_or_default();
        return Err(unsupported(format!("{PATH}.type"), kind, &["responses"]));
    }
    let path = format!("{PATH}.responses");
    let backend = object(&delegation["responses"], &path)?;
    known(backend, &path, BACKEND)?;
    if starts {
        string(&delegation["responses"]["model"], &format!("{path}.model"))?;
    }
    backend.get("tools").map_or(Ok(()), |tools| check_tools(tools, &format!("{path}.tools")))
}

fn check_client(client: &Value) -> Result<(), ApiError> {
    const PATH: &str = "session.client";
    known(object(client, PATH)?, PATH, &["data_channel"])?;
    let path = format!("{PATH}.data_channel");
    let channel = object(&client["data_channel"], &path)?;
    known(channel, &path, &["allowed_client_events", "allowed_server_events"])?;
    for (name, allowed) in channel {
        if *allowed != "all" && !allowed.is_array() {
            return Err(ApiError::value(format!("{path}.{name}"), "Expected 'all' or an array."));
        }
    }
    Ok(())
}

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, ApiError> {
    value.as_object().ok_or_else(|| ApiError::missing(path))
}

fn string<'a>(value: &'a Value, path: &str) -> Result<&'a str, ApiError> {
    value.as_str().ok_or_else(|| ApiError::value(path, "Invalid type: expected a string."))
}

pub fn too_long(path: &str, most: usize) -> ApiError {
    let message = format!("Invalid '{path}': too long. Expected at most {most} tokens.");
    ApiError::invalid("string_above_max_length", message).at(path)
}

/// What an untrusted client may send: all of it where nothing is said.
pub fn allows(config: &Value, kind: &str) -> bool {
    let allowed = &config["client"]["data_channel"]["allowed_client_events"];
    allowed.as_array().is_none_or(|allowed| allowed.contains(&json!(kind)))
}
