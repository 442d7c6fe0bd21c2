//! Fixtures that ask (multi round-trip requests): each is a table of what is asked in which round. With `sealed` the
//! round travels in the state, and a state that is not ours is refused.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses,
        ProtocolVersion, RequestStateCodec,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

const KEY: &[u8] = b"a key for fixtures, which nobody needs to guess";

pub struct Asking {
    pub name: &'static str,
    pub sealed: bool,
    pub rounds: &'static [fn() -> Value],
}

pub enum Step {
    Ask(InputRequiredResult),
    Done(String),
}

pub const ALL: &[Asking] = &[
    Asking { name: "test_input_required_result_elicitation", sealed: false, rounds: &[user_name] },
    Asking { name: "test_input_required_result_sampling", sealed: false, rounds: &[sampling] },
    Asking { name: "test_input_required_result_list_roots", sealed: false, rounds: &[roots] },
    Asking { name: "test_input_required_result_request_state", sealed: true, rounds: &[confirm] },
    Asking { name: "test_input_required_result_tampered_state", sealed: true, rounds: &[confirm] },
    Asking { name: "test_input_required_result_multiple_inputs", sealed: true, rounds: &[everything] },
    Asking { name: "test_input_required_result_multi_round", sealed: true, rounds: &[step1, step2] },
    Asking { name: "test_input_required_result_capabilities", sealed: false, rounds: &[everything] },
];

pub fn find(name: &str) -> Option<&'static Asking> {
    ALL.iter().find(|asking| asking.name == name)
}

/// Only hosts of 2026-07-28 and later understand it.
pub fn can_be_asked(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

impl Asking {
    pub fn step(
        &self,
        context: &RequestContext<RoleServer>,
        answers: Option<&InputResponses>,
        state: Option<&str>,
    ) -> Result<Step, ErrorData> {
        if !can_be_asked(context) {
            return Ok(Step::Done("nobody to ask".into()));
        }
        let codec = RequestStateCodec::new_unchecked(KEY);
        let mut round = match state.filter(|_| self.sealed) {
            None => 0,
            Some(state) => codec
                .open_json_with::<usize>(state, self.name.as_bytes())
                .map_err(|_| ErrorData::invalid_params("the requestState is not valid", None))?,
        };
        let can = context.client_capabilities().unwrap_or_default();
        let answered = match (self.asked(round, &can)?, answers) {
            (Some(asked), Some(answers)) if !self.sealed || state.is_some() => {
                asked.keys().all(|key| answers.get(key).is_some_and(Value::is_object))
            }
            _ => false,
        };
        round += usize::from(answered);
        let Some(asked) = self.asked(round, &can)? else {
            return Ok(Step::Done(format!("state-ok: {}", json!(answers))));
        };
        let bound = rmcp::model::SealOptions::new().associated_data(self.name.as_bytes());
        let sealed = self.sealed.then(|| codec.seal_json_with(&round, &bound)).transpose();
        Ok(Step::Ask(InputRequiredResult::new(Some(asked), sealed.map_err(internal)?)))
    }

    /// What is asked in a round, as far as the host can answer.
    fn asked(&self, round: usize, can: &ClientCapabilities) -> Result<Option<InputRequests>, ErrorData> {
        let Some(questions) = self.rounds.get(round) else { return Ok(None) };
        let mut asked: InputRequests = serde_json::from_value(questions()).map_err(internal)?;
        asked.retain(|_, request| match request {
            InputRequest::CreateMessage(_) => can.sampling.is_some(),
            InputRequest::Elicitation(_) => can.elicitation.is_some(),
            InputRequest::ListRoots(_) => can.roots.is_some(),
            _ => false,
        });
        Ok(Some(asked))
    }
}

fn internal(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

pub fn form(message: &str, field: &str, kind: &str) -> Value {
    json!({ "method": "elicitation/create", "params": { "mode": "form", "message": message, "requestedSchema": {
        "type": "object", "properties": { field: { "type": kind } }, "required": [field] } } })
}

fn message(text: &str) -> Value {
    let said = json!({ "role": "user", "content": { "type": "text", "text": text } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [said], "maxTokens": 100 } })
}

fn user_name() -> Value {
    json!({ "user_name": form("What is your name?", "name", "string") })
}

fn sampling() -> Value {
    json!({ "capital_question": message("What is the capital of France?") })
}

fn roots() -> Value {
    json!({ "client_roots": { "method": "roots/list", "params": {} } })
}

fn confirm() -> Value {
    json!({ "confirm": form("Please confirm", "ok", "boolean") })
}

fn everything() -> Value {
    json!({
        "user_name": form("What is your name?", "name", "string"),
        "greeting": message("Generate a greeting"),
        "client_roots": { "method": "roots/list", "params": {} },
    })
}

fn step1() -> Value {
    json!({ "step1": form("Step 1: What is your name?", "name", "string") })
}

fn step2() -> Value {
    json!({ "step2": form("Step 2: What is your favorite color?", "color", "string") })
}
