//! `POST /audio/transcriptions`: a form with a file, heard as the model of a call hears.
//!
//! Not simulated: other formats than JSON, streams, languages, prompts, speakers.

use serde_json::{Value, json};

use crate::openai::OpenAi;
use crate::openai::wire::ApiError;
use crate::speech::from_wav;

/// Of the sounds of a line, fewer are not understood.
const SURE: f32 = 0.5;

/// The fields of a form, as JSON without the file, and the file.
pub fn form(content_type: Option<&str>, body: &[u8]) -> Result<(Value, Vec<u8>), ApiError> {
    let bad = |why: &str| ApiError::invalid("invalid_request_error", why).without_code();
    let boundary = content_type.and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="));
    let boundary = boundary.ok_or_else(|| bad("This endpoint expects multipart/form-data."))?;
    let (mut fields, mut file) = (serde_json::Map::new(), None);
    let opening = format!("--{boundary}");
    let mut rest = body;
    while let Some(at) = find(rest, opening.as_bytes()) {
        rest = &rest[at + opening.len()..];
        let Some(part) = rest.strip_prefix(b"\r\n") else { break };
        let end = find(part, format!("\r\n{opening}").as_bytes()).ok_or_else(|| bad("A part has no end."))?;
        let head_end =
            find(part, b"\r\n\r\n").filter(|at| *at < end).ok_or_else(|| bad("A part has no head."))?;
        let head = String::from_utf8_lossy(&part[..head_end]).into_owned();
        let contents = &part[head_end + 4..end];
        let name = head.split("; name=\"").nth(1).and_then(|rest| rest.split('"').next());
        let name = name.ok_or_else(|| bad("A part has no name."))?;
        if name == "file" {
            file = Some(contents.to_vec());
        } else {
            fields.insert(name.to_owned(), json!(String::from_utf8_lossy(contents)));
        }
        rest = &part[end + 2..];
    }
    let file = file.ok_or_else(|| bad("You must provide a file.").at("file"))?;
    Ok((Value::Object(fields), file))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

pub fn answer(sim: &OpenAi, fields: &Value, file: &[u8]) -> Result<Value, ApiError> {
    if fields["model"].as_str().is_none_or(str::is_empty) {
        let message = "You must provide a model parameter.";
        return Err(ApiError::invalid("missing_model", message).at("model"));
    }
    let audio = from_wav(file).map_err(|error| {
        ApiError::invalid("invalid_request_error", format!("Invalid file format: {error}")).at("file")
    })?;
    let heard = sim.library.recognise(&audio).filter(|heard| heard.coverage >= SURE);
    let (text, sure) = heard.map_or_else(|| (String::new(), 0.0), |heard| (heard.text, heard.coverage));
    let mut answer = json!({ "text": text, "usage": { "type": "duration", "seconds": audio.len() / 8000 } });
    if fields["include[]"] == "logprobs" {
        let tokens = text.split_whitespace();
        let sure = f64::from(sure.min(1.0)).ln();
        let tokens =
            tokens.map(|token| json!({ "token": token, "logprob": sure, "bytes": token.as_bytes() }));
        answer["logprobs"] = tokens.collect();
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt\r\n--x\r\nContent-Disposition: form-data; \
                     name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n\r\n\0\r\n--x--\r\n";
        let (fields, file) = form(Some("multipart/form-data; boundary=x"), body).unwrap();
        assert_eq!((fields, file), (json!({ "model": "gpt" }), b"RIFF\r\n\r\n\0".to_vec()));
        assert!(form(Some("application/json"), body).is_err());
        assert!(form(Some("multipart/form-data; boundary=y"), body).is_err());
    }
}
