//! A response as the events of its stream.

use serde_json::{Value, json};

/// Characters in a delta, at most.
const LONGEST_DELTA: usize = 12;

/// All events in order, numbered by `sequence_number` from 0:
///
/// `response.created`, `response.in_progress`; for each item `response.output_item.added`, for each part of a
/// message `response.content_part.added`, `response.output_text.delta` (or `.refusal.`) … `.done`,
/// `response.content_part.done`, for a function call `response.function_call_arguments.delta` … `.done`, and
/// `response.output_item.done`; then `response.completed`, `.incomplete` or `.failed`.
pub fn of(response: &Value) -> Vec<Value> {
    let mut events = Events(Vec::new());
    let opening = opening(response);
    events.push("response.created", json!({ "response": opening }));
    events.push("response.in_progress", json!({ "response": opening }));
    for (n, item) in response["output"].as_array().into_iter().flatten().enumerate() {
        events.item(n, item);
    }
    let status = response["status"].as_str().unwrap_or("completed");
    events.push(&format!("response.{status}"), json!({ "response": response }));
    events.0
}

/// The response before anything is written.
fn opening(response: &Value) -> Value {
    let mut opening = response.clone();
    opening["status"] = "in_progress".into();
    opening["output"] = json!([]);
    for later in ["completed_at", "error", "incomplete_details", "usage"] {
        opening[later] = Value::Null;
    }
    opening
}

struct Events(Vec<Value>);

impl Events {
    fn push(&mut self, kind: &str, mut fields: Value) {
        fields["type"] = kind.into();
        fields["sequence_number"] = self.0.len().into();
        self.0.push(fields);
    }

    fn item(&mut self, n: usize, item: &Value) {
        let mut empty = item.clone();
        match item["type"].as_str() {
            Some("message") => {
                empty["status"] = "in_progress".into();
                empty["content"] = json!([]);
            }
            Some("function_call") => {
                empty["status"] = "in_progress".into();
                empty["arguments"] = "".into();
            }
            _ => {}
        }
        self.push("response.output_item.added", json!({ "output_index": n, "item": empty }));
        match item["type"].as_str() {
            Some("message") => {
                for (index, part) in item["content"].as_array().into_iter().flatten().enumerate() {
                    let place = json!({ "item_id": item["id"], "output_index": n, "content_index": index });
                    self.part(&place, part);
                }
            }
            Some("function_call") => {
                let place = json!({ "item_id": item["id"], "output_index": n });
                let kind = "response.function_call_arguments";
                self.written(kind, "arguments", &place, item["arguments"].as_str().unwrap_or_default());
            }
            _ => {}
        }
        self.push("response.output_item.done", json!({ "output_index": n, "item": item }));
    }

    fn part(&mut self, place: &Value, part: &Value) {
        let (kind, field) = match part["type"].as_str() {
            Some("refusal") => ("response.refusal", "refusal"),
            _ => ("response.output_text", "text"),
        };
        let mut empty = part.clone();
        empty[field] = "".into();
        self.push("response.content_part.added", merged(place, json!({ "part": empty })));
        let place_of_text = if field == "text" { &merged(place, json!({ "logprobs": [] })) } else { place };
        self.written(kind, field, place_of_text, part[field].as_str().unwrap_or_default());
        self.push("response.content_part.done", merged(place, json!({ "part": part })));
    }

    /// The deltas of a text, and its end.
    fn written(&mut self, kind: &str, field: &str, place: &Value, text: &str) {
        for delta in deltas(text) {
            self.push(&format!("{kind}.delta"), merged(place, json!({ "delta": delta })));
        }
        self.push(&format!("{kind}.done"), merged(place, json!({ field: text })));
    }
}

fn merged(place: &Value, mut fields: Value) -> Value {
    for (name, value) in place.as_object().into_iter().flatten() {
        fields[name] = value.clone();
    }
    fields
}

/// Words with the space before them, long ones in parts.
fn deltas(text: &str) -> Vec<String> {
    let mut deltas: Vec<String> = Vec::new();
    for c in text.chars() {
        match deltas.last_mut() {
            Some(last) if c != ' ' && last.chars().count() < LONGEST_DELTA => last.push(c),
            _ => deltas.push(c.to_string()),
        }
    }
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(response: &Value) -> Vec<String> {
        let events = of(response);
        for (n, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], n);
        }
        let mut kinds: Vec<String> =
            events.iter().filter_map(|event| event["type"].as_str()).map(str::to_owned).collect();
        kinds.dedup();
        kinds.into_iter().map(|kind| kind.trim_start_matches("response.").to_owned()).collect()
    }

    #[test]
    fn a_message_and_a_call_in_order() {
        let part = json!({"type": "output_text", "text": "Hi there", "annotations": []});
        let message = json!({"id": "msg", "type": "message", "status": "completed", "content": [part]});
        let call = json!({"id": "fc", "type": "function_call", "arguments": "{}", "status": "completed"});
        let response = json!({"status": "completed", "output": [message, call]});
        let expected = "created in_progress output_item.added content_part.added output_text.delta \
            output_text.done content_part.done output_item.done output_item.added \
            function_call_arguments.delta function_call_arguments.done output_item.done completed";
        assert_eq!(kinds(&response).join(" "), expected);
        assert_eq!(of(&response)[0]["response"]["output"], json!([]));
        assert_eq!(kinds(&json!({"status": "failed", "output": []})), ["created", "in_progress", "failed"]);
    }

    #[test]
    fn deltas_make_up_the_text() {
        let text = "  A consultation, naïvely internationalised. ";
        assert_eq!(deltas(text).concat(), text);
        assert!(deltas(text).len() > 5);
    }
}
