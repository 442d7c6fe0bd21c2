//! Asking for what is missing, without keeping anything (multi round-trip requests, 2026-07-28): the answer says what
//! is asked and carries a sealed state; the host repeats the call with both. What was answered completes the
//! arguments, so a tool never knows that anybody was asked.

use std::{collections::BTreeMap, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ElicitRequest, ElicitRequestParams, ElicitationCapability,
        InputRequest, InputRequiredResult, JsonObject, ProtocolVersion, RequestStateCodec, SealOptions,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::tool::{Ask, declined, refused};

const ANSWER: &str = "answer";
const STATE_TTL: Duration = Duration::from_mins(10);

/// The arguments, with what was answered in them. A state that is not ours, not for this person and call, or too old
/// is refused; `Err` inside means that the person declined.
pub fn completed(
    codec: &RequestStateCodec,
    who: &str,
    request: &CallToolRequestParams,
) -> Result<Result<JsonObject, CallToolResult>, ErrorData> {
    let mut arguments = request.arguments.clone().unwrap_or_default();
    // Answers count only together with a state: we ask with one.
    let Some(state) = request.request_state.as_deref() else { return Ok(Ok(arguments)) };
    codec
        .open_with(state, &bound_to(who, request))
        .map_err(|_| ErrorData::invalid_params("the requestState is not valid", None))?;
    let Some(answer) = request.input_responses.as_ref().and_then(|all| all.get(ANSWER)) else {
        return Ok(Ok(arguments));
    };
    match (answer.get("action").and_then(Value::as_str), answer.get("content")) {
        (Some("accept"), Some(Value::Object(content))) => {
            arguments.extend(content.clone());
            Ok(Ok(arguments))
        }
        (Some("decline" | "cancel"), _) => Ok(Err(refused(&declined()))),
        // Not an answer: the tool finds that something is missing, and asks again.
        _ => Ok(Ok(arguments)),
    }
}

/// A host of 2026-07-28 that declares forms can ask; to all others we say what is missing.
pub fn can_be_asked(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
        && context.client_capabilities().is_some_and(|all| all.elicitation.as_ref().is_some_and(shows_forms))
}

/// What names no mode is forms; one that only opens addresses shows none.
fn shows_forms(elicitation: &ElicitationCapability) -> bool {
    elicitation.form.is_some() || elicitation.url.is_none()
}

pub fn ask(
    codec: &RequestStateCodec,
    who: &str,
    request: &CallToolRequestParams,
    ask: Ask,
) -> Result<InputRequiredResult, ErrorData> {
    let requested_schema = serde_json::from_value(ask.schema)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let form =
        ElicitRequestParams::FormElicitationParams { meta: None, message: ask.message, requested_schema };
    let asked = BTreeMap::from([(ANSWER.to_owned(), InputRequest::Elicitation(ElicitRequest::new(form)))]);
    let bound = bound_to(who, request);
    let state = codec.seal_with(b"", &SealOptions::new().associated_data(&bound).ttl(STATE_TTL));
    Ok(InputRequiredResult::new(Some(asked), Some(state)))
}

pub fn missing(ask: &Ask) -> CallToolResult {
    refused(&json!({
        "error": "input_required",
        "message": ask.message,
        "missing": ask.schema.get("required"),
    }))
}

/// A state counts for one person, one tool and one set of arguments. `JsonObject` writes its keys in order.
fn bound_to(who: &str, request: &CallToolRequestParams) -> Vec<u8> {
    json!([who, request.name, request.arguments.clone().unwrap_or_default()]).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of at least thirty-two bytes";
    const ENDLESS: &str = "rs1.AAAAAAAAAAA.77pomfaj_oXJdNUuhPgUdsnNlsPwlj9CofjYC2No9qA";
    const EXPIRED: &str = "rs1.AAAAAAAAAAE.kXddNojuA09yZNpDII3mc7ZbRU58fTRxQkhtM2JOT0Q";

    fn call(slot: &str) -> CallToolRequestParams {
        CallToolRequestParams::new("book_meeting").with_arguments(rmcp::object!({ "slot": slot }))
    }

    fn question() -> Ask {
        let schema =
            json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
        Ask { message: "Who?".into(), schema }
    }

    fn asked(codec: &RequestStateCodec) -> String {
        ask(codec, "a", &call("s"), question()).unwrap().request_state.unwrap()
    }

    #[test]
    fn a_host_that_only_opens_addresses_shows_no_form() {
        let shows = |declared| shows_forms(&serde_json::from_value(declared).unwrap());
        assert!(shows(json!({})) && shows(json!({ "form": {} })) && shows(json!({ "form": {}, "url": {} })));
        assert!(!shows(json!({ "url": {} })));
    }

    #[test]
    fn an_answer_completes_the_arguments() {
        let codec = RequestStateCodec::try_new(KEY).unwrap();
        let answer = |value| BTreeMap::from([(ANSWER.to_owned(), value)]);
        let again = |value| call("s").with_request_state(asked(&codec)).with_input_responses(answer(value));
        let accepted = again(json!({ "action": "accept", "content": { "name": "Alex" } }));
        let arguments = completed(&codec, "a", &accepted).unwrap().unwrap();
        assert_eq!(Value::Object(arguments), json!({ "slot": "s", "name": "Alex" }));
        let declined = completed(&codec, "a", &again(json!({ "action": "decline" }))).unwrap();
        assert_eq!(declined.unwrap_err().is_error, Some(true));
        let odd = completed(&codec, "a", &again(json!(12345))).unwrap().unwrap();
        assert_eq!(Value::Object(odd), json!({ "slot": "s" }));
    }

    #[test]
    fn a_state_counts_for_its_person_and_call_alone() {
        let codec = RequestStateCodec::try_new(KEY).unwrap();
        let state = asked(&codec);
        let refused = |name: &str, call: CallToolRequestParams, state: String| {
            let error = completed(&codec, name, &call.with_request_state(state)).unwrap_err();
            assert_eq!(error.code, rmcp::model::ErrorCode::INVALID_PARAMS);
        };
        assert!(completed(&codec, "a", &call("s").with_request_state(state.clone())).is_ok());
        refused("b", call("s"), state.clone());
        refused("a", call("t"), state.clone());
        refused("a", call("s"), format!("{state}A"));
        // Sealed with the same key for the same call: without an end, and until the first millisecond of 1970.
        assert!(completed(&codec, "a", &call("s").with_request_state(ENDLESS)).is_ok());
        refused("a", call("s"), EXPIRED.into());
    }
}
