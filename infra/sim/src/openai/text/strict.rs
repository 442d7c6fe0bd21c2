//! Whether a JSON Schema is one that Structured Outputs accepts with `strict: true`.
//!
//! Source: OpenAI's guide to Structured Outputs; the messages as its users quote them.

use serde_json::Value;

/// Keywords that strict schemas may not have.
const FORBIDDEN: &[&str] = &[
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "contains",
    "prefixItems",
    "uniqueItems",
];

/// How paths name the variants of an `anyOf`.
const PLACES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

/// What is wrong with it, in the API's words: `In context=('properties', 'a'), …`.
pub fn check(schema: &Value) -> Result<(), String> {
    if schema["type"] != "object" {
        let found = schema.get("type").map_or_else(|| "\"None\"".to_owned(), Value::to_string);
        return Err(format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: {found}'."));
    }
    if schema.get("anyOf").is_some() {
        return Err(at(&[], "'anyOf' is not permitted at the root."));
    }
    inspect(schema, &mut Vec::new())
}

fn inspect<'a>(schema: &'a Value, path: &mut Vec<&'a str>) -> Result<(), String> {
    let Some(fields) = schema.as_object() else {
        return Err(at(path, "schema must be an object."));
    };
    if let Some(keyword) = FORBIDDEN.iter().find(|keyword| fields.contains_key(**keyword)) {
        return Err(at(path, &format!("'{keyword}' is not permitted.")));
    }
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    if !["type", "$ref", "anyOf", "enum", "const"].iter().any(|keyword| fields.contains_key(*keyword)) {
        return Err(at(path, "schema must have a 'type' key."));
    }
    if is("object") {
        check_object(schema, path)?;
    }
    if is("array") && fields.get("items").is_none_or(Value::is_null) {
        return Err(at(path, "array schema missing items."));
    }
    descend(schema, path)
}

fn check_object(schema: &Value, path: &[&str]) -> Result<(), String> {
    if schema["additionalProperties"] != false {
        return Err(at(path, "'additionalProperties' is required to be supplied and to be false."));
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object();
    let names = || properties.into_iter().flat_map(|properties| properties.keys());
    if let Some(missing) = names().find(|name| !required.contains(&name.as_str())) {
        let rule =
            "'required' is required to be supplied and to be an array including every key in properties.";
        return Err(at(path, &format!("{rule} Missing '{missing}'.")));
    }
    match required.iter().find(|name| !names().any(|known| known == *name)) {
        Some(extra) => Err(at(path, &format!("'required' has an extra key '{extra}'."))),
        None => Ok(()),
    }
}

/// Into all schemas below this one.
fn descend<'a>(schema: &'a Value, path: &mut Vec<&'a str>) -> Result<(), String> {
    for keyword in ["properties", "$defs", "definitions"] {
        for (name, below) in schema[keyword].as_object().into_iter().flatten() {
            path.extend([keyword, name]);
            inspect(below, path)?;
            path.truncate(path.len() - 2);
        }
    }
    if let Some(items) = schema.get("items") {
        path.push("items");
        inspect(items, path)?;
        path.pop();
    }
    for (n, variant) in schema["anyOf"].as_array().into_iter().flatten().enumerate() {
        path.extend(["anyOf", PLACES.get(n).copied().unwrap_or("n")]);
        inspect(variant, path)?;
        path.truncate(path.len() - 2);
    }
    Ok(())
}

/// As Python writes a tuple.
fn at(path: &[&str], what: &str) -> String {
    let comma = if path.len() == 1 { "," } else { "" };
    let quoted: Vec<String> = path.iter().map(|step| format!("'{step}'")).collect();
    format!("In context=({}{comma}), {what}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(properties: Value, required: Value) -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
    }

    #[test]
    fn objects_are_closed_and_complete_at_any_depth() {
        let inner = json!({"type": "array", "items": object(json!({"b": {"type": "string"}}), json!(["b"]))});
        let good = object(json!({"a": inner, "c": {"anyOf": [{"type": "null"}]}}), json!(["a", "c"]));
        assert_eq!(check(&good), Ok(()));
        let mut open = good.clone();
        open["properties"]["a"]["items"].as_object_mut().expect("an object").remove("additionalProperties");
        let message = check(&open).expect_err("open");
        assert!(
            message.starts_with("In context=('properties', 'a', 'items'), 'additionalProperties'"),
            "{message}"
        );
        let message = check(&object(json!({"a": {"type": "string"}}), json!([]))).expect_err("optional");
        assert!(message.ends_with("Missing 'a'."), "{message}");
    }

    #[test]
    fn what_strict_schemas_lack_is_refused() {
        let bad =
            |property: Value| check(&object(json!({"a": property}), json!(["a"]))).expect_err("refused");
        assert!(bad(json!({"oneOf": []})).contains("'oneOf' is not permitted"));
        assert!(bad(json!({"type": "array"})).contains("missing items"));
        assert!(bad(json!({"description": "?"})).contains("must have a 'type' key"));
        assert!(check(&json!({"type": "string"})).is_err());
    }
}
