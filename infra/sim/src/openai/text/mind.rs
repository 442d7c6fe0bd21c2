//! What the text model answers when nothing is scripted. It reads the request, and makes nothing up:
//!
//! 1. A tool is called if `tool_choice` asks for one, or if the user's last message has all words of its name
//!    (`save_contact`: "Please save my contact") and it was not called since. Its arguments are filled in by
//!    [`super::fill`].
//! 2. A JSON Schema is filled in, too.
//! 3. Plain text is the passage, a line such as `[1] text` in the instructions, the messages or the functions'
//!    outputs, that shares most words with the user's last message: `text [1]`.
//! 4. Without passages it is the last function output; else "I do not know."

use serde_json::json;

use super::fill;
use super::items::Item;
use super::request::{Choice, Format, Request, Tool};
use super::script::Answer;
use super::words;

const AT_A_LOSS: &str = "I do not know.";

pub fn answer(request: &Request) -> Answer {
    let user = question(request.user_text());
    if let Some(tool) = tool(request, &user) {
        return Answer::call(tool.name.clone(), fill::fill(&tool.parameters, &user));
    }
    match &request.format {
        Format::Schema { schema, .. } => Answer::Json(fill::fill(schema, &user)),
        Format::Object => Answer::Json(json!({ "answer": words_to(request, &user) })),
        Format::Text => Answer::Text(words_to(request, &user)),
    }
}

fn tool<'a>(request: &'a Request, user: &str) -> Option<&'a Tool> {
    match &request.choice {
        Choice::None => None,
        Choice::Function(name) => request.tools.iter().find(|tool| tool.name == *name),
        Choice::Required => meant(request, user).or(request.tools.first()),
        Choice::Auto => meant(request, user),
    }
}

/// The first tool that the user names and that was not called yet.
fn meant<'a>(request: &'a Request, user: &str) -> Option<&'a Tool> {
    let said = words::stems(user);
    let is_meant = |tool: &&Tool| {
        let name = words::name_stems(&tool.name);
        !name.is_empty() && name.is_subset(&said) && !request.has_called(&tool.name)
    };
    request.tools.iter().find(is_meant)
}

fn words_to(request: &Request, user: &str) -> String {
    let texts = std::iter::once(request.instructions.as_str()).chain(request.items.iter().map(Item::text));
    let passages: Vec<(&str, &str)> = texts.flat_map(str::lines).filter_map(passage).collect();
    if passages.is_empty() {
        return request.last_output().unwrap_or(AT_A_LOSS).to_owned();
    }
    let wanted = words::topics(user);
    let shared = |text: &str| words::topics(text).intersection(&wanted).count();
    // The last of equals is taken: the first one, from the end.
    let best = passages.into_iter().rev().max_by_key(|(_, text)| shared(text));
    match best.filter(|(_, text)| shared(text) > 0) {
        Some((number, text)) => format!("{text} [{number}]"),
        None => AT_A_LOSS.to_owned(),
    }
}

/// The message without the passages in it.
fn question(message: &str) -> String {
    message.lines().filter(|line| passage(line).is_none()).collect::<Vec<_>>().join("\n")
}

/// `[1] text` → number and text.
fn passage(line: &str) -> Option<(&str, &str)> {
    let (number, text) = line.trim().strip_prefix('[')?.split_once(']')?;
    let text = text.trim();
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !text.is_empty()).then_some((number, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn asked(mut body: Value) -> Answer {
        body["model"] = "gpt-6-luna".into();
        answer(&Request::parse(&body).expect("valid"))
    }

    #[test]
    fn the_best_passage_is_cited() {
        let instructions =
            "Answer from these:\n[1] The office is in Berlin.\n[2] Consulting costs 900 euros a day.";
        let ask = |input: &str| asked(json!({"instructions": instructions, "input": input}));
        assert_eq!(
            ask("What does a day of consulting cost?"),
            "Consulting costs 900 euros a day. [2]".into()
        );
        assert_eq!(ask("Where is your office?"), "The office is in Berlin. [1]".into());
        assert_eq!(ask("Who is the queen?"), AT_A_LOSS.into());
        assert_eq!(asked(json!({"input": "[7] Cats purr.\nDo cats purr?"})), "Cats purr. [7]".into());
        assert_eq!(asked(json!({"input": "Hello"})), AT_A_LOSS.into());
    }

    #[test]
    fn a_tool_that_is_named_is_called_once() {
        let schema = json!({"type": "object", "properties": {"email": {"type": "string"}}, "required": ["email"],
            "additionalProperties": false});
        let tool = json!({"type": "function", "name": "save_contact", "parameters": schema});
        let user = json!({"role": "user", "content": "Please save my contact: d@n.example"});
        let call = asked(json!({"input": [user], "tools": [tool]}));
        assert_eq!(call, Answer::call("save_contact", json!({"email": "d@n.example"})));
        let made =
            json!({"type": "function_call", "call_id": "c", "name": "save_contact", "arguments": "{}"});
        let output = json!({"type": "function_call_output", "call_id": "c", "output": "Saved."});
        assert_eq!(asked(json!({"input": [user, made, output], "tools": [tool]})), "Saved.".into());
        let none = json!({"input": "Save the contact.", "tools": [tool], "tool_choice": "none"});
        assert_eq!(asked(none), AT_A_LOSS.into());
        let required = json!({"input": "Hello", "tools": [tool], "tool_choice": "required"});
        assert!(matches!(asked(required), Answer::Calls(_)));
    }
}
