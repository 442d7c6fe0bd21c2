//! `POST /v1/embeddings`: texts in, vectors out, with no model.
//!
//! A vector is a bag of hashed features: the stems of the words (common ones count little) and their three-letter
//! sequences, so that texts about the same things are near, also with other endings or a typo. It has unit length.
//! Unlike there, a vector of fewer `dimensions` is no beginning of a longer one; the features are hashed anew.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::items::wrong_type;
use super::words;
use crate::openai::conversation::unsupported;
use crate::openai::wire::ApiError;

const MOST_INPUTS: usize = 2048;
const MOST_TOKENS: usize = 8192;
const MOST_TOKENS_TOGETHER: usize = 300_000;

/// Model, dimensions, and whether fewer may be asked for.
const MODELS: &[(&str, usize, bool)] = &[
    ("text-embedding-3-small", 1536, true),
    ("text-embedding-3-large", 3072, true),
    ("text-embedding-ada-002", 1536, false),
];

/// Why there are no vectors. 404 only for an unknown model, else 400.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub error: ApiError,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { status: 400, error }
    }
}

/// The body of the answer to a request.
pub fn answer(body: &Value) -> Result<Value, Refusal> {
    let (model, dimensions) = model(body)?;
    let inputs = inputs(&body["input"])?;
    let in_base64 = match body["encoding_format"].as_str() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => return Err(unsupported("encoding_format", other, &["float", "base64"]).into()),
    };
    let vectors = inputs.iter().map(|input| embed(&input.text, dimensions));
    let data: Vec<Value> = vectors
        .enumerate()
        .map(|(index, vector)| {
            let embedding = if in_base64 { encode(&vector).into() } else { json!(vector) };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let tokens: usize = inputs.iter().map(|input| input.tokens).sum();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Ok(json!({ "object": "list", "data": data, "model": model, "usage": usage }))
}

/// The unit vector of a text.
pub fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions.max(1)];
    for (feature, weight) in features(text) {
        let hash = hash(&feature);
        #[allow(clippy::cast_possible_truncation, reason = "the remainder fits")]
        let place = (hash % vector.len() as u64) as usize;
        vector[place] += if hash >> 63 == 0 { weight } else { -weight };
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length == 0.0 {
        vector[0] = 1.0;
        return vector;
    }
    vector.iter().map(|value| value / length).collect()
}

/// Features and their weights: what is repeated counts less each time.
fn features(text: &str) -> HashMap<String, f32> {
    let mut counts: HashMap<String, f32> = HashMap::new();
    for word in words::words(text) {
        let weight = if words::is_common(&word) { 0.1 } else { 1.0 };
        let stem = words::stem(&word);
        let letters: Vec<char> = format!(" {stem} ").chars().collect();
        for three in letters.windows(3) {
            *counts.entry(three.iter().collect()).or_default() += 0.1 * weight * weight;
        }
        *counts.entry(format!("word {stem}")).or_default() += weight * weight;
    }
    if counts.is_empty() {
        counts.insert(text.to_owned(), 1.0);
    }
    counts.into_iter().map(|(feature, count)| (feature, count.sqrt())).collect()
}

/// FNV-1a, with the bits mixed once more: its lowest ones are weak.
fn hash(feature: &str) -> u64 {
    let fnv = feature.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

/// The floats, little endian, in base64.
fn encode(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn model(body: &Value) -> Result<(&'static str, usize), Refusal> {
    let name = match &body["model"] {
        Value::String(name) if !name.is_empty() => name,
        Value::Null | Value::String(_) => {
            let message = "you must provide a model parameter";
            return Err(ApiError::invalid("invalid_request_error", message).without_code().into());
        }
        other => return Err(wrong_type("model", "a string", other).into()),
    };
    let Some(&(model, most, flexible)) = MODELS.iter().find(|(known, ..)| known == name) else {
        let message = format!("The model `{name}` does not exist or you do not have access to it.");
        return Err(Refusal { status: 404, error: ApiError::invalid("model_not_found", message) });
    };
    let wanted = &body["dimensions"];
    if wanted.is_null() {
        return Ok((model, most));
    }
    let refused = |message: String| {
        Err(ApiError::invalid("invalid_request_error", message).without_code().at("dimensions").into())
    };
    match wanted.as_u64().and_then(|wanted| usize::try_from(wanted).ok()) {
        Some(_) if !flexible => refused("This model does not support specifying dimensions.".to_owned()),
        Some(0) => refused("0 is less than the minimum of 1 - 'dimensions'".to_owned()),
        Some(wanted) if wanted > most => refused(format!(
            "Invalid value for 'dimensions' = {wanted}. Must be less than or equal to {most}."
        )),
        Some(wanted) => Ok((model, wanted)),
        None => Err(wrong_type("dimensions", "an integer", wanted).into()),
    }
}

struct Input {
    text: String,
    tokens: usize,
}

impl Input {
    fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), tokens: words::tokens(text) }
    }

    /// Each token is a word of its own.
    fn of_tokens(tokens: &[Value]) -> Self {
        let text = tokens.iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
        Self { text, tokens: tokens.len() }
    }
}

/// A string, strings, tokens, or lists of tokens.
fn inputs(input: &Value) -> Result<Vec<Input>, ApiError> {
    let list = match input {
        Value::Null => return Err(ApiError::missing("input")),
        Value::String(text) => vec![Input::of_text(text)],
        Value::Array(values) if values.is_empty() => return Err(empty("input", "array")),
        Value::Array(tokens) if tokens.iter().all(Value::is_u64) => vec![Input::of_tokens(tokens)],
        Value::Array(values) => {
            let one = |(n, value): (usize, &Value)| match value {
                Value::String(text) => Ok(Input::of_text(text)),
                Value::Array(tokens) if tokens.iter().all(Value::is_u64) => Ok(Input::of_tokens(tokens)),
                other => Err(wrong_type(&format!("input[{n}]"), "a string or an array of integers", other)),
            };
            values.iter().enumerate().map(one).collect::<Result<_, _>>()?
        }
        other => return Err(wrong_type("input", "a string or an array", other)),
    };
    check_limits(&list, input.is_string())?;
    Ok(list)
}

fn check_limits(list: &[Input], alone: bool) -> Result<(), ApiError> {
    if list.len() > MOST_INPUTS {
        let message = format!(
            "Invalid 'input': array too long. Expected an array with maximum length {MOST_INPUTS}, but got an array with length {} instead.",
            list.len()
        );
        return Err(ApiError::invalid("array_above_max_length", message).at("input"));
    }
    for (n, input) in list.iter().enumerate() {
        let path = if alone { "input".to_owned() } else { format!("input[{n}]") };
        if input.text.is_empty() {
            return Err(empty(&path, "string"));
        }
        if input.tokens > MOST_TOKENS {
            let message = format!("Invalid '{path}': maximum input length is {MOST_TOKENS} tokens.");
            return Err(ApiError::invalid("invalid_request_error", message).without_code().at("input"));
        }
    }
    let together: usize = list.iter().map(|input| input.tokens).sum();
    if together > MOST_TOKENS_TOGETHER {
        let message = format!("Requested {together} tokens, max {MOST_TOKENS_TOGETHER} tokens per request");
        return Err(ApiError::invalid("max_tokens_per_request", message).kind("max_tokens_per_request"));
    }
    Ok(())
}

fn empty(path: &str, what: &str) -> ApiError {
    let message = format!("Invalid '{path}': input cannot be an empty {what}.");
    ApiError::invalid("invalid_request_error", message).without_code().at("input")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: &str, other: &str) -> f32 {
        embed(one, 256).iter().zip(embed(other, 256)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn similar_texts_are_near() {
        let question = "What does consulting cost per day?";
        assert!((near(question, question) - 1.0).abs() < 1e-5);
        let answer = near(question, "My daily consulting costs are 900 euros.");
        let typo = near("consultation", "consultaton");
        let other = near(question, "The office is closed in August.");
        assert!(answer > 0.3 && typo > 0.2 && other < 0.15, "{answer} {typo} {other}");
        assert!((near("?!", "?!") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn both_encodings_say_the_same() {
        let mut body =
            json!({"model": "text-embedding-3-small", "input": ["One", "Two words"], "dimensions": 8});
        let floats = answer(&body).expect("vectors");
        body["encoding_format"] = "base64".into();
        let encoded = answer(&body).expect("vectors");
        let bytes = STANDARD.decode(encoded["data"][1]["embedding"].as_str().expect("text")).expect("base64");
        let vector: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        assert_eq!(json!(vector), floats["data"][1]["embedding"]);
        assert_eq!(floats["usage"], json!({"prompt_tokens": 4, "total_tokens": 4}));
    }

    #[test]
    fn limits() {
        let refused = |changes: Value| {
            let mut body = json!({"model": "text-embedding-3-small", "input": "Hello"});
            for (name, value) in changes.as_object().expect("an object") {
                body[name] = value.clone();
            }
            let refusal = answer(&body).expect_err("refused");
            (refusal.status, refusal.error.body()["param"].clone())
        };
        assert_eq!(refused(json!({"input": ""})), (400, "input".into()));
        assert_eq!(refused(json!({"input": vec!["a"; 2049]})), (400, "input".into()));
        assert_eq!(refused(json!({"input": "a".repeat(4 * 8192 + 1)})), (400, "input".into()));
        assert_eq!(refused(json!({"input": vec!["a".repeat(32_000); 40]})), (400, Value::Null));
        assert_eq!(refused(json!({"dimensions": 1537})), (400, "dimensions".into()));
        assert_eq!(refused(json!({"model": "gpt-6-luna"})), (404, Value::Null));
        assert_eq!(refused(json!({"model": null})), (400, Value::Null));
    }
}
