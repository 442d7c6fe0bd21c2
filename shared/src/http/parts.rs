//! Exports that come in parts: each answer says where the next one is.

use axum::Json;
use http::{HeaderMap, HeaderValue, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::export::Part;

/// Which part is asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct After {
    /// As `next` of the part before has it.
    pub after: Option<String>,
}

/// A part of a document as a file, with a link to the next one (RFC 8288), which the document names, too.
pub fn part(path: &str, file: &str, part: Part) -> (HeaderMap, Json<Value>) {
    let Part { mut document, next } = part;
    let mut headers = attached(file);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(next) = next {
        let next = format!("{path}?after={next}");
        linked(&mut headers, &next);
        document["next"] = json!(next);
    }
    (headers, Json(document))
}

/// What is to be saved under a name.
pub fn attached(file: &str) -> HeaderMap {
    let name = HeaderValue::try_from(format!("attachment; filename=\"{file}\"")).ok();
    name.map(|name| (header::CONTENT_DISPOSITION, name)).into_iter().collect()
}

/// Where it goes on.
pub fn linked(headers: &mut HeaderMap, next: &str) {
    if let Ok(link) = HeaderValue::try_from(format!("<{next}>; rel=\"next\"")) {
        headers.insert(header::LINK, link);
    }
}
