//! What a call knows and its log does not: numbers of cards, and what tools take and give that is nobody else's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Entry, FromTwilio, Line};
use crate::{
    call::{interpreter::TELL, tools::RESULT_OF},
    spelled::is_card_number,
    tools::Tool,
    wire::{
        live,
        realtime::server::{OutputItem, ServerEvent},
    },
};

/// In place of what is not told: a JSON object as the call writes one, so that a call that is told it does the same.
const BLANK: &str = r#"{"blanked":true}"#;

/// Blanks the arguments and results of tools that deal in codes and numbers. What is blank already stays as it is, so a
/// call that happens again is compared like with like.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Calls of such tools so far.
    calls: BTreeSet<String>,
    /// Live was just told a result that is blanked, in messages of this kind.
    telling: Option<String>,
}

impl Secrets {
    /// `false`: the line is the rest of what is blanked already, and is left out.
    pub fn blank(&mut self, line: &mut Line) -> bool {
        let telling = self.telling.take();
        match &mut line.entry {
            Entry::FromModel(ServerEvent::OutputItemDone { item, .. })
            | Entry::FromLive(live::server::ServerEvent::Response {
                event: live::server::Nested::ItemDone { item },
            }) => self.called(item),
            Entry::ToolFinished { call_id, output, .. } if self.calls.contains(call_id) => {
                *output = json!({ "blanked": true });
            }
            Entry::Does(effect) => self.effect(effect),
            Entry::ToModel(message) => self.message(message),
            Entry::ToLive(message) => {
                self.message(message);
                return self.appended(message, telling);
            }
            _ => {}
        }
        true
    }

    fn called(&mut self, item: &mut OutputItem) {
        if item.name.as_deref().is_some_and(Tool::is_secretive) {
            self.calls.extend(item.call_id.clone());
            item.arguments = Some(BLANK.to_owned());
        }
    }

    fn effect(&mut self, effect: &mut Value) {
        let Some(run) = effect.get_mut("run_tool") else { return };
        if run["name"].as_str().is_some_and(Tool::is_secretive) {
            self.calls.extend(run["call_id"].as_str().map(str::to_owned));
            run["arguments"] = json!(BLANK);
        }
    }

    /// A result, as a model is told that called the tool, or as another is.
    fn message(&self, message: &mut Value) {
        // What a new session is told of before.
        for said in message.pointer_mut("/session/input").and_then(Value::as_array_mut).into_iter().flatten()
        {
            result(said);
        }
        let Some(item) = message.get_mut("item") else { return };
        if item["call_id"].as_str().is_some_and(|call| self.calls.contains(call)) {
            item["output"] = json!(BLANK);
        }
        result(item);
    }

    /// A result as Live is told: by itself, in as many pieces as it takes.
    fn appended(&mut self, message: &mut Value, telling: Option<String>) -> bool {
        let (kind, content) = (message["type"].as_str(), message["content"].as_str());
        let (Some(kind), Some(content)) = (kind, content) else { return true };
        let result = content.strip_prefix(TELL).unwrap_or(content);
        if let Some(blanked) = blanked(result) {
            self.telling = Some(kind.to_owned());
            let told = &content[..content.len() - result.len()];
            message["content"] = json!(format!("{told}{blanked}"));
            // The last piece has it.
            message.as_object_mut().and_then(|message| message.remove("event_id"));
            return true;
        }
        let is_rest =
            telling.as_deref() == Some(kind) && !content.starts_with(TELL) && !content.starts_with(RESULT_OF);
        self.telling = telling.filter(|_| is_rest);
        !is_rest
    }
}

/// A result that is told as a message.
fn result(item: &mut Value) {
    let Some(Value::String(text)) = item.pointer_mut("/content/0/text") else { return };
    if let Some(blanked) = blanked(text) {
        *text = blanked;
    }
}

fn blanked(text: &str) -> Option<String> {
    let (tool, _) = text.strip_prefix(RESULT_OF)?.split_once(": ")?;
    Tool::is_secretive(tool).then(|| format!("{RESULT_OF}{tool}: {BLANK}"))
}

/// Keys that were pressed in a row, and what came meanwhile: the number of a payment card is one of zeros, which has the
/// same length and passes for one, too. Keys that led to nothing are all zeros.
pub fn without_cards(lines: &mut [Line], led_to_nothing: bool) {
    let mut keys: Vec<&mut String> = lines
        .iter_mut()
        .filter_map(|line| match &mut line.entry {
            Entry::FromTwilio(FromTwilio::Dtmf(key)) if key != "#" => Some(key),
            _ => None,
        })
        .collect();
    let pressed: String = keys.iter().map(|key| key.as_str()).collect();
    if led_to_nothing || is_card_number(&pressed) {
        for key in &mut keys {
            "0".clone_into(key);
        }
    }
}
