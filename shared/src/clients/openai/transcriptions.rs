//! `POST /audio/transcriptions`: speech to text, as a form with a file. Source: OpenAI, "Create transcription".

use bytes::Bytes;
use serde::Deserialize;

use super::error::TextError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcribed {
    pub text: String,
    /// In percent: what the model gave its words, on average.
    pub confidence: Option<u8>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    logprobs: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    logprob: f64,
}

/// RFC 7578. `boundary` stands nowhere in the file.
pub(super) fn body(model: &str, wav: &[u8], boundary: &str) -> Bytes {
    let mut body = Vec::with_capacity(wav.len() + 1024);
    for (name, value) in [("model", model), ("response_format", "json"), ("include[]", "logprobs")] {
        let field =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    let file = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"said.wav\"\r\nContent-Type: \
         audio/wav\r\n\r\n"
    );
    body.extend_from_slice(file.as_bytes());
    body.extend_from_slice(wav);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body.into()
}

pub(super) fn parse(answer: &[u8]) -> Result<Transcribed, TextError> {
    let answer: Answer =
        serde_json::from_slice(answer).map_err(|_| TextError::Malformed("a transcription without a text"))?;
    Ok(Transcribed { confidence: confidence(&answer.logprobs), text: answer.text.trim().to_owned() })
}

fn confidence(tokens: &[Token]) -> Option<u8> {
    let count = u32::try_from(tokens.len()).ok().filter(|count| *count > 0)?;
    let mean = tokens.iter().map(|token| token.logprob).sum::<f64>() / f64::from(count);
    let percent = (mean.exp() * 100.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
    percent.is_finite().then_some(percent.clamp(0.0, 100.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_a_file() {
        let body = body("gpt-transcribe", b"RIFF\0", "b0");
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(
            text.starts_with(
                "--b0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-transcribe\r\n"
            )
        );
        assert!(
            text.contains("filename=\"said.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\0\r\n--b0--\r\n"),
            "{text}"
        );
    }

    #[test]
    fn what_was_said_and_how_sure_it_is() {
        let read = |text: &str| parse(text.as_bytes());
        let sure = r#"{"text":" Hello. ","logprobs":[{"token":"Hello","logprob":-0.2,"bytes":[72]},{"token":".","logprob":-0.4}]}"#;
        assert_eq!(read(sure).unwrap(), Transcribed { text: "Hello.".to_owned(), confidence: Some(74) });
        let plain = r#"{"text":"Hello.","usage":{"type":"duration","seconds":2}}"#;
        assert_eq!(read(plain).unwrap(), Transcribed { text: "Hello.".to_owned(), confidence: None });
        assert!(read("{}").is_err() && read("").is_err());
    }
}
