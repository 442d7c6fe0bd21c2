//! Fixtures: tools that answer at once, in every kind of content.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ContentBlock, JsonObject,
        LoggingMessageNotificationParam, ProgressNotificationParam, ResourceContents, Tool,
    },
    object,
    service::RequestContext,
};

use super::asking;

/// One red pixel.
pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
/// No sample at all.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

const PLAIN: &[(&str, &str)] = &[
    ("test_simple_text", "Gives a text."),
    ("test_image_content", "Gives an image."),
    ("test_audio_content", "Gives a sound."),
    ("test_embedded_resource", "Gives a resource."),
    ("test_multiple_content_types", "Gives a text, an image and a resource."),
    ("test_error_handling", "Fails."),
    ("test_tool_with_progress", "Tells how far it is."),
    ("test_tool_with_logging", "Writes three lines of log."),
    ("test_logging_tool", "Writes a line of log if the request names a level."),
    ("test_streaming_elicitation", "Gives a text to whoever can be asked."),
    ("test_missing_capability", "Needs a host that samples."),
];

pub fn list() -> Vec<Tool> {
    let none = || object!({ "type": "object", "properties": {} });
    let plain = PLAIN.iter().map(|(name, description)| Tool::new(*name, *description, none()));
    let asking = asking::ALL.iter().map(|asking| Tool::new(asking.name, "Asks for something.", none()));
    let with_schemas = [
        Tool::new("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", json_schema()),
        Tool::new("test_header_parameter", "Takes a parameter that is a header as well.", mirrored()),
    ];
    plain.chain(asking).chain(with_schemas).collect()
}

pub async fn call(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let text = |text: &str| ContentBlock::text(text);
    Ok(CallToolResult::success(match request.name.as_ref() {
        "test_simple_text" => vec![text("This is a simple text response for testing.")],
        "test_image_content" => vec![ContentBlock::image(PNG, "image/png")],
        "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
        "test_embedded_resource" => vec![embedded("test://embedded-resource", "text/plain", "A resource.")],
        "test_multiple_content_types" => vec![
            text("Multiple content types test:"),
            ContentBlock::image(PNG, "image/png"),
            embedded("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ],
        "test_error_handling" => {
            return Ok(CallToolResult::error(vec![text("This tool intentionally returns an error.")]));
        }
        "test_tool_with_progress" => {
            progress(context).await?;
            vec![text("done")]
        }
        "test_tool_with_logging" => {
            for line in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
                log(context, line).await?;
            }
            vec![text("done")]
        }
        "test_logging_tool" => {
            if context.meta.log_level().is_some() {
                log(context, "asked for").await?;
            }
            vec![text("done")]
        }
        "test_missing_capability"
            if context.client_capabilities().is_none_or(|can| can.sampling.is_none()) =>
        {
            let sampling = ClientCapabilities::builder().enable_sampling().build();
            return Err(ErrorData::missing_required_client_capability(sampling));
        }
        name => vec![text(name)],
    }))
}

fn embedded(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}

async fn progress(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else { return Ok(()) };
    for done in [0.0, 50.0, 100.0] {
        let told = ProgressNotificationParam::new(token.clone(), done).with_total(100.0);
        context.peer.notify_progress(told).await.map_err(lost)?;
    }
    Ok(())
}

async fn log(context: &RequestContext<RoleServer>, line: &str) -> Result<(), ErrorData> {
    let told = LoggingMessageNotificationParam::new(rmcp::model::LoggingLevel::Info, line.into());
    context.peer.notify_logging_message(told).await.map_err(lost)
}

fn lost(error: rmcp::ServiceError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

/// The suite compares it word by word.
fn json_schema() -> JsonObject {
    object!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": { "$anchor": "addressDef", "type": "object", "properties": {
            "street": { "type": "string" }, "city": { "type": "string" } } } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false
    })
}

fn mirrored() -> JsonObject {
    object!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        "required": ["region"]
    })
}
