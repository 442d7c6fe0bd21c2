//! The items of a conversation, and what a client may do to them.

use serde_json::{Value, json};

use super::wire::ApiError;
use crate::speech::duration_ms;

const LONGEST_ID: usize = 32;

/// `{id, object, type, status, …}` as it goes over the wire, without audio.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub value: Value,
    /// µ-law bytes of `output_audio` that were produced, or are left after a truncation.
    pub output_audio: usize,
    /// The transcript is out of the context, and stays out.
    pub truncated: bool,
}

impl Item {
    fn new(value: Value) -> Self {
        Self { value, output_audio: 0, truncated: false }
    }

    pub fn id(&self) -> &str {
        self.value["id"].as_str().unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct Conversation {
    pub id: String,
    items: Vec<Item>,
}

impl Conversation {
    pub fn new(id: String) -> Self {
        Self { id, items: Vec::new() }
    }

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    pub fn last_id(&self) -> Option<&str> {
        self.items.last().map(Item::id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.id() == id)
    }

    /// Appends an item of the server's own making; the id of the one before it.
    pub fn append(&mut self, value: Value) -> Option<String> {
        let previous = self.last_id().map(str::to_owned);
        self.items.push(Item::new(value));
        previous
    }

    /// `conversation.item.create`: inserts after `after` (`"root"`: as the first; none: as the last).
    /// The inserted item, and the id of the one before it.
    pub fn create(
        &mut self,
        mut item: Value,
        after: Option<&str>,
        new_id: String,
    ) -> Result<(Value, Option<String>), ApiError> {
        self.check(&item)?;
        let position = match after {
            None => self.items.len(),
            Some("root") => 0,
            Some(id) => 1 + self.position(id).ok_or_else(|| not_found(id).at("previous_item_id"))?,
        };
        item["object"] = "realtime.item".into();
        item["status"] = "completed".into();
        if item["id"].is_null() {
            item["id"] = new_id.into();
        }
        let previous = position.checked_sub(1).map(|before| self.items[before].id().to_owned());
        self.items.insert(position, Item::new(item.clone()));
        Ok((item, previous))
    }

    /// An item that a client may create: a message, a function call, or the output of a known one.
    fn check(&self, item: &Value) -> Result<(), ApiError> {
        let text =
            |field: &str| item[field].as_str().ok_or_else(|| ApiError::missing(format!("item.{field}")));
        if let Some(id) = item["id"].as_str() {
            check_id(id)?;
            if self.position(id).is_some() {
                let message = format!("Error adding item: the item with id '{id}' already exists.");
                return Err(ApiError::invalid("item_create_duplicate_item_id", message).at("item.id"));
            }
        }
        match text("type")? {
            "message" => check_message(text("role")?, &item["content"]),
            "function_call" => text("name").and(text("arguments")).map(drop),
            "function_call_output" => {
                let (call_id, _) = (text("call_id")?, text("output")?);
                if self
                    .items
                    .iter()
                    .any(|item| item.value["type"] == "function_call" && item.value["call_id"] == call_id)
                {
                    return Ok(());
                }
                let message = format!("Tool call ID '{call_id}' not found in conversation.");
                Err(ApiError::invalid("invalid_tool_call_id", message))
            }
            other => {
                Err(unsupported("item.type", other, &["message", "function_call", "function_call_output"]))
            }
        }
    }

    /// What the last tool came to, if it is JSON.
    pub fn last_output(&self) -> Option<Value> {
        let mut outputs = self.items.iter().filter(|item| item.value["type"] == "function_call_output");
        serde_json::from_str(outputs.next_back()?.value["output"].as_str()?).ok()
    }

    /// `conversation.item.retrieve`. Audio is not kept, so it is not in the item.
    pub fn retrieve(&self, id: &str) -> Result<&Item, ApiError> {
        self.items.iter().find(|item| item.id() == id).ok_or_else(|| {
            let message = format!("Error retrieving item: the item with id '{id}' does not exist.");
            ApiError::invalid("item_retrieve_invalid_item_id", message)
        })
    }

    /// `conversation.item.delete`.
    pub fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        let position = self.position(id).ok_or_else(|| {
            let message = format!("Error deleting item: the item with id '{id}' does not exist.");
            ApiError::invalid("item_delete_invalid_item_id", message)
        })?;
        self.items.remove(position);
        Ok(())
    }

    /// `conversation.item.truncate`: cuts an assistant's audio, and takes the transcript out of the context.
    ///
    /// Refused with the messages that livekit/agents#6157 reports.
    pub fn truncate(&mut self, id: &str, content_index: u64, audio_end_ms: u64) -> Result<(), ApiError> {
        let item = self.get_mut(id).ok_or_else(|| {
            let message = format!("Error truncating item: the item with id '{id}' does not exist.");
            ApiError::invalid("item_truncate_invalid_item_id", message)
        })?;
        if item.output_audio == 0 || audio_end_ms == 0 {
            let message = "Only model output audio messages can be truncated";
            return Err(ApiError::invalid("unsupported_content_type", message));
        }
        if content_index != 0 {
            return Err(ApiError::value(
                "content_index",
                format!("Content index {content_index} does not exist."),
            ));
        }
        let produced = duration_ms(item.output_audio);
        if produced < audio_end_ms {
            let message = format!("Audio content of {produced}ms is already shorter than {audio_end_ms}ms");
            return Err(ApiError::value("audio_end_ms", message));
        }
        item.output_audio = usize::try_from(audio_end_ms).unwrap_or(usize::MAX) * crate::speech::BYTES_PER_MS;
        item.truncated = true;
        item.value["content"] = json!([{ "type": "output_audio", "transcript": null }]);
        Ok(())
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.items.iter().position(|item| item.id() == id)
    }
}

fn check_id(id: &str) -> Result<(), ApiError> {
    if id.len() <= LONGEST_ID {
        return Ok(());
    }
    let message = format!(
        "Invalid 'item.id': string too long. Expected a string with maximum length {LONGEST_ID}, but got a \
         string with length {} instead.",
        id.len()
    );
    Err(ApiError::invalid("string_above_max_length", message).at("item.id"))
}

/// Assistant audio cannot be seeded: only text.
fn check_message(role: &str, content: &Value) -> Result<(), ApiError> {
    let allowed: &[&str] = match role {
        "system" => &["input_text"],
        "user" => &["input_text", "input_audio", "input_image"],
        "assistant" => &["output_text"],
        other => return Err(unsupported("item.role", other, &["system", "user", "assistant"])),
    };
    let parts = content.as_array().ok_or_else(|| ApiError::missing("item.content"))?;
    for (n, part) in parts.iter().enumerate() {
        let path = format!("item.content[{n}].type");
        let kind = part["type"].as_str().ok_or_else(|| ApiError::missing(&path))?;
        if !allowed.contains(&kind) {
            return Err(unsupported(path, kind, allowed));
        }
        if kind.ends_with("_text") && !part["text"].is_string() {
            return Err(ApiError::missing(format!("item.content[{n}].text")));
        }
    }
    Ok(())
}

/// "Invalid value: … Supported values are: …"
pub fn unsupported(param: impl Into<String>, value: &str, allowed: &[&str]) -> ApiError {
    let allowed = match allowed {
        [one] => format!("'{one}'"),
        [first @ .., last] => {
            let first = first.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
            format!("{first}, and '{last}'")
        }
        [] => String::new(),
    };
    ApiError::value(param, format!("Invalid value: '{value}'. Supported values are: {allowed}."))
}

fn not_found(id: &str) -> ApiError {
    ApiError::invalid("item_not_found", format!("Item with id '{id}' not found."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(ms: usize) -> Conversation {
        let mut conversation = Conversation::new("conv_1".to_owned());
        conversation.append(json!({
            "id": "item_1", "type": "message", "role": "assistant",
            "content": [{ "type": "output_audio", "transcript": "Thanks for calling." }],
        }));
        conversation.get_mut("item_1").expect("there").output_audio = ms * 8;
        conversation
    }

    fn message(result: Result<(), ApiError>) -> (String, String) {
        let body = result.expect_err("refused").body();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        (text("code"), text("message"))
    }

    #[test]
    fn truncation_cuts_audio_and_takes_the_transcript_away() {
        let mut conversation = spoken(2000);
        assert_eq!(conversation.truncate("item_1", 0, 1240), Ok(()));
        assert_eq!(conversation.items()[0].output_audio, 1240 * 8);
        assert_eq!(conversation.items()[0].value["content"][0]["transcript"], Value::Null);
        let (_, again) = message(conversation.truncate("item_1", 0, 1300));
        assert_eq!(again, "Audio content of 1240ms is already shorter than 1300ms");
    }

    #[test]
    fn truncation_is_refused_as_openai_refuses_it() {
        let mut conversation = spoken(2000);
        assert_eq!(conversation.truncate("item_1", 0, 2000), Ok(()), "all of it is not beyond");
        let only_audio = (
            "unsupported_content_type".to_owned(),
            "Only model output audio messages can be truncated".to_owned(),
        );
        assert_eq!(message(conversation.truncate("item_1", 0, 0)), only_audio);
        assert_eq!(message(spoken(0).truncate("item_1", 0, 10)), only_audio);
        let (code, text) = message(conversation.truncate("item_9", 0, 10));
        assert_eq!(code, "item_truncate_invalid_item_id");
        assert_eq!(text, "Error truncating item: the item with id 'item_9' does not exist.");
    }

    #[test]
    fn items_go_where_they_are_asked_to_go() {
        let mut conversation = spoken(0);
        let text = |id: &str| {
            json!({ "id": id, "type": "message", "role": "user",
            "content": [{ "type": "input_text", "text": "hi" }] })
        };
        let mut create =
            |id, after| conversation.create(text(id), after, String::new()).map(|(_, before)| before);
        assert_eq!(create("last", None), Ok(Some("item_1".to_owned())));
        assert_eq!(create("first", Some("root")), Ok(None));
        assert_eq!(create("second", Some("first")), Ok(Some("first".to_owned())));
        assert!(create("lost", Some("nowhere")).is_err());
        assert!(create("last", None).is_err(), "ids are unique");
        let order = conversation.items().iter().map(Item::id).collect::<Vec<_>>();
        assert_eq!(order, ["first", "second", "item_1", "last"]);
    }

    #[test]
    fn only_a_known_call_has_an_output() {
        let mut conversation = spoken(0);
        let output = json!({ "type": "function_call_output", "call_id": "call_1", "output": "{}" });
        let refused =
            conversation.create(output.clone(), None, "item_2".to_owned()).expect_err("no such call");
        assert_eq!(refused.body()["code"], "invalid_tool_call_id");
        conversation.append(json!({ "id": "item_3", "type": "function_call", "call_id": "call_1" }));
        let (item, previous) = conversation.create(output, None, "item_4".to_owned()).expect("known call");
        assert_eq!((item["id"].as_str(), previous.as_deref()), (Some("item_4"), Some("item_3")));
    }
}
