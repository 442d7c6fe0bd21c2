//! A document that is valid for a JSON Schema, out of what the user said.
//!
//! Each field is filled by its type and name:
//!
//! - enum: the first value all of whose words the user said; else one named like [`CATCH_ALL`]; else null if it is
//!   among them; else the first
//! - string: what its `format` or its name asks for (mail address, phone number, URL, date, a name after "my name
//!   is"); else the user's sentence that shares most words with the field's name, or the first one
//! - number: 0, or what is nearest to it within the limits; boolean: false
//! - array: one element if the user said a word of the field's name, else as few as allowed
//! - nullable: null, unless the user said a word of the field's name or what it asks for is found
//! - `const`: that; `anyOf`: the first that is not null; `$ref`: what it points to in the same schema
//!
//! Not honoured: `pattern`, and keywords that strict schemas may not have.

use std::cell::Cell;
use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::find;
use super::words;

/// Enum values for what fits no other.
pub const CATCH_ALL: &[&str] = &["unknown", "other", "out_of_scope", "none", "unclear"];

/// Deeper than this what may be empty is empty.
const SHALLOW: usize = 8;
/// Deeper than this, or after so many values, there is only null: the schema would never end.
const DEEPEST: usize = 48;
const MOST: u32 = 5000;

/// `user` is what the user said.
pub fn fill(schema: &Value, user: &str) -> Value {
    let filler = Filler {
        root: schema,
        sentences: words::sentences(user),
        said: words::stems(user),
        user,
        left: Cell::new(MOST),
    };
    filler.value("", schema, 0)
}

struct Filler<'a> {
    root: &'a Value,
    user: &'a str,
    sentences: Vec<&'a str>,
    said: HashSet<String>,
    left: Cell<u32>,
}

impl Filler<'_> {
    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if depth > DEEPEST || left == 0 {
            return Value::Null;
        }
        let schema = self.resolve(schema);
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return self.choose(values);
        }
        if let Some(variants) = schema["anyOf"].as_array() {
            return self.any_of(name, variants, depth);
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        if kinds.contains(&"null") && (depth > SHALLOW || !self.has(name, schema)) {
            return Value::Null;
        }
        match kinds.into_iter().find(|kind| *kind != "null") {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(name, schema, depth),
            Some("string") => self.string(name, schema).into(),
            Some("integer") => number(schema, true),
            Some("number") => number(schema, false),
            Some("boolean") => false.into(),
            _ => Value::Null,
        }
    }

    /// Follows `$ref`, not for ever.
    fn resolve<'b>(&'b self, schema: &'b Value) -> &'b Value {
        let mut schema = schema;
        for _ in 0..8 {
            let Some(reference) = schema["$ref"].as_str() else { break };
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            schema = target.unwrap_or(&Value::Null);
        }
        schema
    }

    fn choose(&self, values: &[Value]) -> Value {
        let catch_all = || {
            let wanted = CATCH_ALL.iter().map(|name| words::name_stems(name));
            let named = |stems: HashSet<String>| values.iter().find(|value| stems_of(value) == stems);
            wanted.into_iter().find_map(named)
        };
        let null = || values.iter().find(|value| value.is_null());
        let chosen = self.said_one(values).or_else(catch_all).or_else(null).or_else(|| values.first());
        chosen.cloned().unwrap_or_default()
    }

    fn said_one<'b>(&self, values: &'b [Value]) -> Option<&'b Value> {
        values.iter().find(|value| {
            let stems = stems_of(value);
            !stems.is_empty() && stems.is_subset(&self.said)
        })
    }

    fn any_of(&self, name: &str, variants: &[Value], depth: usize) -> Value {
        let variants: Vec<&Value> = variants.iter().map(|variant| self.resolve(variant)).collect();
        let nullable = variants.iter().any(|variant| variant["type"] == "null");
        let Some(first) = variants.iter().find(|variant| variant["type"] != "null") else {
            return Value::Null;
        };
        if !nullable {
            return self.value(name, first, depth + 1);
        }
        if depth > SHALLOW {
            return Value::Null;
        }
        match first["enum"].as_array() {
            Some(values) => self.said_one(values).cloned().unwrap_or_default(),
            None if self.has(name, first) => self.value(name, first, depth + 1),
            None => Value::Null,
        }
    }

    /// Whether the user said anything for this field.
    fn has(&self, name: &str, schema: &Value) -> bool {
        self.mentions(name) || find::named(name, &schema["format"], self.user).is_some()
    }

    fn mentions(&self, name: &str) -> bool {
        !words::name_stems(name).is_disjoint(&self.said)
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object();
        let fields = properties.into_iter().flatten();
        fields
            .map(|(name, field)| (name.clone(), self.value(name, field, depth + 1)))
            .collect::<Map<String, Value>>()
            .into()
    }

    fn array(&self, name: &str, schema: &Value, depth: usize) -> Value {
        let limit = |keyword: &str| schema[keyword].as_u64().map(|limit| limit.min(64));
        let wanted = u64::from(depth <= SHALLOW && self.mentions(name));
        let count = wanted.min(limit("maxItems").unwrap_or(1)).max(limit("minItems").unwrap_or(0));
        (0..count).map(|_| self.value(name, &schema["items"], depth + 1)).collect()
    }

    fn string(&self, name: &str, schema: &Value) -> String {
        let format = &schema["format"];
        let text = find::named(name, format, self.user)
            .or_else(|| find::placeholder(format).map(str::to_owned))
            .unwrap_or_else(|| self.quote(name).to_owned());
        let least = schema["minLength"].as_u64().unwrap_or(0).min(4096);
        let most = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
        let padding = least.saturating_sub(text.chars().count() as u64);
        let padded = text.chars().chain((0..padding).map(|_| '.'));
        padded.take(usize::try_from(most).unwrap_or(usize::MAX)).collect()
    }

    /// The first of the sentences that share most words with the name.
    fn quote(&self, name: &str) -> &str {
        let wanted = words::name_stems(name);
        let shared = |sentence: &&str| words::stems(sentence).intersection(&wanted).count();
        // The last of equals is taken: the first one, from the end.
        self.sentences.iter().copied().rev().max_by_key(shared).unwrap_or("")
    }
}

/// Of an enum's value.
fn stems_of(value: &Value) -> HashSet<String> {
    match value {
        Value::String(text) => words::name_stems(text),
        Value::Number(number) => HashSet::from([number.to_string()]),
        _ => HashSet::new(),
    }
}

/// 0, or the nearest to it within the limits.
fn number(schema: &Value, whole: bool) -> Value {
    let limit = |keyword: &str| schema[keyword].as_f64();
    let step = limit("multipleOf").filter(|step| *step > 0.0).unwrap_or(1.0);
    let fits = |value: f64| {
        limit("minimum").is_none_or(|least| value >= least)
            && limit("maximum").is_none_or(|most| value <= most)
            && limit("exclusiveMinimum").is_none_or(|least| value > least)
            && limit("exclusiveMaximum").is_none_or(|most| value < most)
    };
    let least = limit("minimum").or(limit("exclusiveMinimum"));
    let most = limit("maximum").or(limit("exclusiveMaximum"));
    let up = least.map(|least| (least / step).ceil() * step);
    let down = most.map(|most| (most / step).floor() * step);
    let middle = least.zip(most).map(|(least, most)| f64::midpoint(least, most));
    let tried = [Some(0.0), up, up.map(|up| up + step), down, down.map(|down| down - step), middle];
    let value = tried.into_iter().flatten().find(|value| fits(*value)).unwrap_or(0.0);
    #[allow(clippy::cast_possible_truncation, reason = "saturates, which is fine for a limit that large")]
    if whole || value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Hello. My name is Dana Whitfield. I want to book a consulting meeting on 2026-12-01. \
        Mail me at dana@northgate.example, or call +1 (212) 555-0170.";

    fn field(name: &str, schema: Value) -> Value {
        fill(&json!({"type": "object", "properties": {name: schema}}), SAID)[name].clone()
    }

    #[test]
    fn enums_by_their_words() {
        let kinds = json!({"enum": ["press", "consulting_meeting", "other"]});
        assert_eq!(field("kind", kinds), "consulting_meeting");
        assert_eq!(field("kind", json!({"enum": ["press", "out_of_scope"]})), "out_of_scope");
        assert_eq!(field("kind", json!({"enum": ["press", null]})), Value::Null);
        assert_eq!(field("kind", json!({"enum": ["press", "sales"]})), "press");
    }

    #[test]
    fn strings_by_name_and_format() {
        let text = json!({"type": "string"});
        assert_eq!(field("caller_name", text.clone()), "Dana Whitfield");
        assert_eq!(field("email", text.clone()), "dana@northgate.example");
        assert_eq!(field("phone", text.clone()), "+12125550170");
        assert_eq!(field("day", json!({"type": "string", "format": "date"})), "2026-12-01");
        assert_eq!(field("summary", text.clone()), "Hello.");
        assert_eq!(field("meeting_wish", text), "I want to book a consulting meeting on 2026-12-01.");
        assert_eq!(field("short", json!({"type": "string", "maxLength": 3})), "Hel");
    }

    #[test]
    fn nothing_is_made_up() {
        let nullable = json!({"anyOf": [{"type": "string"}, {"type": "null"}]});
        assert_eq!(field("company", nullable.clone()), Value::Null);
        assert_eq!(field("email", nullable), "dana@northgate.example");
        let list = json!({"type": "array", "items": {"type": "string"}});
        assert_eq!(field("objections", list.clone()), json!([]));
        assert_eq!(field("meetings", list).as_array().map(Vec::len), Some(1));
        assert_eq!(field("urgent", json!({"type": "boolean"})), false);
    }

    #[test]
    fn numbers_within_their_limits() {
        assert_eq!(field("n", json!({"type": "integer", "minimum": 1})), 1);
        assert_eq!(field("n", json!({"type": "integer", "exclusiveMaximum": 0})), -1);
        assert_eq!(field("n", json!({"type": "number", "minimum": 7, "multipleOf": 5})), 10);
        let between = json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1});
        assert_eq!(field("n", between), 0.5);
    }

    #[test]
    fn recursion_ends() {
        let schema = json!({
            "type": "object",
            "properties": {"meeting": {"$ref": "#"}, "meetings": {"type": "array", "items": {"$ref": "#"}}}
        });
        assert!(fill(&schema, SAID).is_object());
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(fill(&circle, SAID), Value::Null);
    }
}
