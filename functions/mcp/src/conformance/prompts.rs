//! Fixtures: prompts without and with arguments, with other content, and one that asks.

use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage,
    ResourceContents, Role,
};
use serde_json::{Value, json};

use super::{
    asking::{Asking, form},
    tools::PNG,
};

pub const ASKING: Asking =
    Asking { name: "test_input_required_result_prompt", sealed: false, rounds: &[context] };

fn context() -> Value {
    json!({ "user_context": form("What context should the prompt use?", "context", "string") })
}

pub fn list() -> Vec<Prompt> {
    let argument = |name: &str| PromptArgument::new(name).with_description("Any text.").with_required(true);
    let arguments = |names: &[&str]| names.iter().map(|name| argument(name)).collect::<Vec<_>>();
    let prompt = |name: &str, taken: &[&str]| {
        let taken = (!taken.is_empty()).then(|| arguments(taken));
        Prompt::new(name, Some("A prompt for tests."), taken)
    };
    vec![
        prompt("test_simple_prompt", &[]),
        prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
        prompt("test_prompt_with_image", &[]),
        prompt(ASKING.name, &[]),
    ]
}

pub fn get(request: &GetPromptRequestParams) -> Option<GetPromptResult> {
    let given = |name: &str| {
        request.arguments.as_ref().and_then(|all| all.get(name)).and_then(Value::as_str).unwrap_or_default()
    };
    Some(match request.name.as_str() {
        "test_simple_prompt" => of_text("This is a simple prompt for testing.".into()),
        "test_prompt_with_arguments" => {
            of_text(format!("Prompt with arguments: arg1='{}', arg2='{}'", given("arg1"), given("arg2")))
        }
        "test_prompt_with_embedded_resource" => {
            let resource = ResourceContents::text("A resource for testing.", given("resourceUri"));
            of(ContentBlock::resource(resource.with_mime_type("text/plain")))
        }
        "test_prompt_with_image" => of(ContentBlock::image(PNG, "image/png")),
        _ => return None,
    })
}

pub fn of_text(text: String) -> GetPromptResult {
    of(ContentBlock::text(text))
}

fn of(content: ContentBlock) -> GetPromptResult {
    GetPromptResult::new(vec![PromptMessage::new(Role::User, content)])
}
