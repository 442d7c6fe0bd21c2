//! A tool as a row of a table: what it is called, what it takes and gives, and the function that does it. The table
//! knows nothing of MCP's revisions; the server makes answers of what a function returns.

use std::{pin::Pin, sync::Arc};

use rmcp::{
    model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations},
    schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use twin::{
    error::Error,
    http::{code, retry_after},
    store::oauth::Scope,
};

use crate::call::Call;

pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

pub struct Entry {
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub input: fn() -> JsonObject,
    pub output: fn() -> JsonObject,
    pub kind: Kind,
    /// People outside may get a mail, a text message or a call by it.
    pub reaches_out: bool,
    /// What whoever is signed in must have allowed; visitors who are not need nothing.
    pub scope: Scope,
    pub run: for<'a> fn(&'a Call, JsonObject) -> Running<'a>,
}

/// The argument of a tool that destroys.
pub const CONFIRM: &str = "confirm";

/// What a host may assume of a tool, for its own asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Reads,
    Writes,
    Destroys,
}

/// What comes of a call.
pub enum Answer {
    /// Fits the tool's output schema; with words for a model that reads no structure.
    Done { value: Value, text: Option<String> },
    /// The caller can read what was wrong, and try again.
    Refused(Value),
    /// The arguments do not suffice: whoever sits at the host is asked, if the host can.
    Ask(Ask),
}

pub struct Ask {
    pub message: String,
    /// A flat JSON Schema of an object; its properties are the arguments that are missing.
    pub schema: Value,
}

impl Answer {
    pub fn done(value: impl serde::Serialize) -> Self {
        Self::Done { value: serde_json::to_value(value).unwrap_or_default(), text: None }
    }

    pub fn told(value: impl serde::Serialize, text: String) -> Self {
        Self::Done { value: serde_json::to_value(value).unwrap_or_default(), text: Some(text) }
    }

    pub fn wrong(why: impl std::fmt::Display) -> Self {
        Self::Refused(json!({ "error": "invalid_arguments", "detail": why.to_string() }))
    }

    /// Whoever was asked said no.
    pub fn declined() -> Self {
        Self::Refused(declined())
    }

    /// What is wrong with the system, the time or what is named, and what helps.
    pub fn failed(error: &Error) -> Self {
        let helps = match error {
            Error::NotFound => ": take ids as a list or a search gave them",
            Error::Conflict => ", or it is under way: read it again before you try again",
            Error::TooMany { .. } => ": wait for `retry_after` seconds",
            _ => "",
        };
        let mut value = json!({ "error": code(error), "detail": error.outward() + helps });
        if let Some(seconds) = retry_after(error) {
            value["retry_after"] = json!(seconds);
        }
        Self::Refused(value)
    }

    /// Asks for text that is missing.
    pub fn ask(message: &str, missing: &[&str]) -> Self {
        let text = json!({ "type": "string", "minLength": 1 });
        let properties: JsonObject = missing.iter().map(|key| ((*key).to_owned(), text.clone())).collect();
        let schema = json!({ "type": "object", "properties": properties, "required": missing });
        Self::Ask(Ask { message: message.to_owned(), schema })
    }

    /// Asks for a yes, as the argument `confirm`.
    pub fn confirm(message: &str) -> Self {
        let properties = json!({ "confirm": { "type": "boolean", "description": "Yes, do it." } });
        let schema = json!({ "type": "object", "properties": properties, "required": ["confirm"] });
        Self::Ask(Ask { message: message.to_owned(), schema })
    }
}

impl Entry {
    pub fn definition(&self) -> Tool {
        let reads = self.kind == Kind::Reads;
        let annotations = ToolAnnotations::new()
            .read_only(reads)
            .destructive(self.kind == Kind::Destroys)
            .idempotent(reads)
            .open_world(self.reaches_out);
        Tool::new(self.name, self.description, (self.input)())
            .with_title(self.title)
            .with_raw_output_schema(Arc::new((self.output)()))
            .with_annotations(annotations)
    }
}

/// The JSON Schema (2020-12) of what a tool takes.
pub fn schema<T: JsonSchema>() -> JsonObject {
    generated::<T>(SchemaSettings::draft2020_12())
}

/// The same of what a tool gives: what is left out when it is empty is not required.
pub fn produced<T: JsonSchema>() -> JsonObject {
    generated::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> JsonObject {
    let settings = settings.with_transform(RecursiveTransform(plain));
    let Value::Object(mut object) = settings.into_generator().into_root_schema_for::<T>().to_value() else {
        return JsonObject::new();
    };
    // The name of a type of ours says nothing.
    object.remove("title");
    object
}

/// As all hosts read it: null is no default of a type, none knows the format `uint32`, and some refuse a list of tools
/// in which `true` stands for any value.
fn plain(schema: &mut Schema) {
    if schema.as_bool() == Some(true) {
        *schema = Schema::default();
    }
    // Any other property may be there in any case.
    if schema.get("additionalProperties").and_then(Value::as_bool) == Some(true) {
        schema.remove("additionalProperties");
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if schema.get("type").is_some_and(|kind| kind == "integer") {
        schema.remove("format");
    }
    // Where our lines end says nothing.
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

/// What a model is told instead of a result. As text: hosts hold structure against the tool's output schema, and many
/// do not look first whether it is an error.
pub fn refused(value: &Value) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(value.to_string())])
}

/// What a model is told whose person said no.
pub fn declined() -> Value {
    json!({ "error": "declined", "detail": "the answer was no: do not try it again by yourself" })
}

/// A wrong argument is the tool's answer, not a protocol error, and is named in it.
pub fn arguments<T: DeserializeOwned>(given: JsonObject) -> Result<T, Answer> {
    serde_path_to_error::deserialize(Value::Object(given)).map_err(Answer::wrong)
}

/// Takes the arguments, or answers what is wrong with them.
macro_rules! given {
    ($arguments:expr) => {
        match $crate::tool::arguments($arguments) {
            Ok(given) => given,
            Err(wrong) => return Ok(wrong),
        }
    };
}
pub(crate) use given;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rmcp::schemars;

    use super::*;

    #[test]
    fn a_wrong_argument_is_named() {
        let given = JsonObject::from_iter([("minutes".to_owned(), json!("ten"))]);
        let Err(Answer::Refused(value)) = arguments::<BTreeMap<String, u32>>(given) else {
            panic!("ten is no number");
        };
        let detail = "minutes: invalid type: string \"ten\", expected u32";
        assert_eq!(value, json!({ "error": "invalid_arguments", "detail": detail }));
    }

    #[test]
    fn a_description_is_one_line() {
        /// Of what is
        /// counted.
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "only its schema is looked at")]
        struct Counted {
            /// How many
            /// there are.
            count: u32,
        }
        let schema = schema::<Counted>();
        assert_eq!(schema["description"], "Of what is counted.");
        assert_eq!(schema["properties"]["count"]["description"], "How many there are.");
    }
}
