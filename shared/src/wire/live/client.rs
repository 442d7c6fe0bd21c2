//! Events that we send. Source: `OpenAI` API reference, "Live: client events".

use serde::Serialize;

use super::session::{SessionConfig, SessionUpdate};
use crate::wire::realtime::client::Item;

/// The envelope of `session.input_audio.append`, around base64 that is passed through.
pub fn audio_append(payload: &str) -> [&str; 3] {
    [r#"{"type":"session.input_audio.append","audio":""#, payload, "\"}"]
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientEvent {
    /// First, and only on a socket of its own; all else waits for `session.started`.
    #[serde(rename = "session.start")]
    Start { session: Box<SessionConfig> },
    #[serde(rename = "session.update")]
    Update { session: SessionUpdate },
    /// What it is to say.
    #[serde(rename = "session.commentary.append")]
    Commentary(Append),
    /// What it is to know, without a word.
    #[serde(rename = "session.thinking.append")]
    Thinking(Append),
    /// What holds from now on.
    #[serde(rename = "session.instructions.append")]
    Instructions(Append),
    /// For the model behind it, to which it delegates.
    #[serde(rename = "response.item.create")]
    ItemCreate { item: Item },
    /// The model behind it goes on: once all its calls have outputs.
    #[serde(rename = "response.create")]
    ResponseCreate {},
    #[serde(rename = "session.close")]
    Close {},
}

/// `content` of at most [`MAX_APPENDED`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Append {
    pub content: String,
    /// Required and nullable; of a delegation to us alone, and we have none.
    delegation_id: Option<&'static str>,
    /// Comes back in an error about it, and in its acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// 500 tokens, of three bytes at least in the languages that are spoken here.
pub const MAX_APPENDED: usize = 1500;

impl Append {
    /// As many as it takes: cut between lines, sentences or words, where there are any. All but the last are without the
    /// `event_id`.
    pub fn pieces(text: &str, event_id: Option<String>) -> Vec<Self> {
        let mut rest = text.trim();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut(rest));
            pieces.push(Self { content: piece.trim_end().to_owned(), delegation_id: None, event_id: None });
            rest = after.trim_start();
        }
        if let Some(last) = pieces.last_mut() {
            last.event_id = event_id;
        }
        pieces
    }
}

fn cut(text: &str) -> usize {
    if text.len() <= MAX_APPENDED {
        return text.len();
    }
    let most = &text[..text.floor_char_boundary(MAX_APPENDED)];
    let line = most.rfind('\n').map(|at| at + 1);
    let sentence = || most.rfind(". ").map(|at| at + 2);
    let word = || most.rfind(' ').map(|at| at + 1);
    line.or_else(sentence).or_else(word).unwrap_or(most.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_appended_names_no_delegation() {
        let [append] = &Append::pieces(" Hello. ", Some("ask_1".to_owned()))[..] else { panic!("one") };
        let event = serde_json::to_value(ClientEvent::Commentary(append.clone())).unwrap();
        let expected = json!({
            "type": "session.commentary.append", "content": "Hello.", "delegation_id": null, "event_id": "ask_1",
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn long_text_goes_in_pieces_and_whole() {
        assert!(Append::pieces("  ", None).is_empty());
        let words = "Wörter und mehr. ".repeat(200);
        let pieces = Append::pieces(&words, Some("e".to_owned()));
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.content.len() <= MAX_APPENDED));
        let whole: Vec<&str> = pieces.iter().map(|piece| piece.content.as_str()).collect();
        assert_eq!(whole.join(" "), words.trim());
        assert_eq!(pieces.iter().filter(|piece| piece.event_id.is_some()).count(), 1);
        let unbroken = "ä".repeat(2000);
        let pieces = Append::pieces(&unbroken, None);
        assert_eq!(pieces.iter().map(|piece| piece.content.as_str()).collect::<String>(), unbroken);
    }
}
