use serde_json::json;

use super::*;

fn settled(response: &Value) -> Result<Answered<String>, TextError> {
    Response::parse(response.to_string().as_bytes())?.settle()
}

fn response(status: &str, content: Value) -> Value {
    json!({
        "id": "resp_1", "status": status, "error": null, "incomplete_details": null,
        "output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": content}],
        "usage": {
            "input_tokens": 5, "input_tokens_details": {"cached_tokens": 2}, "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 7}, "total_tokens": 14,
        },
    })
}

fn text(text: &str) -> Value {
    json!([{"type": "output_text", "text": text, "annotations": []}])
}

const USAGE: Usage =
    Usage { input_tokens: 5, cached_tokens: 2, cache_write_tokens: 0, output_tokens: 9, reasoning_tokens: 7 };

#[test]
fn a_request_has_what_the_api_wants() {
    let input = [
        Input::Message { role: Role::User, text: "Hi.".to_owned() },
        Input::Message { role: Role::Assistant, text: "Hello.".to_owned() },
    ];
    let ask = Ask {
        instructions: "Be kind.",
        input: &input,
        tools: &[],
        max_output_tokens: 99,
        safety_identifier: None,
    };
    let format = Format { name: "summary".to_owned(), schema: json!({"type": "object"}) };
    let how = How { model: "gpt-6-luna", effort: Some(Effort::Low), format: Some(&format), stream: false };
    let request = Request::new(&ask, how).unwrap();
    let expected = json!({
        "model": "gpt-6-luna", "instructions": "Be kind.", "max_output_tokens": 99,
        "store": false, "stream": false, "reasoning": {"effort": "low"},
        "input": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}],
        "text": {"format": {
            "type": "json_schema", "name": "summary", "strict": true, "schema": {"type": "object"},
        }},
    });
    assert_eq!(serde_json::to_value(&request).unwrap(), expected);
    let plain = How { effort: None, format: None, ..how };
    let ask = Ask { safety_identifier: Some("hash"), ..ask };
    let request = serde_json::to_value(Request::new(&ask, plain).unwrap()).unwrap();
    assert_eq!(
        (request.get("text"), request.get("reasoning"), &request["safety_identifier"]),
        (None, None, &json!("hash"))
    );
    assert!(Request::new(&Ask { input: &[], ..ask }, plain).is_err());
}

#[test]
fn functions_and_their_calls() {
    let call = Call { call_id: "c1".to_owned(), name: "note".to_owned(), arguments: "{}".to_owned() };
    let input = [
        Input::Called(Called::FunctionCall(call)),
        Input::Called(Called::FunctionCallOutput { call_id: "c1".to_owned(), output: "done".to_owned() }),
    ];
    let parameters = json!({"type": "object"});
    let tools =
        [Function { name: "note", description: "Notes.", parameters: parameters.clone(), strict: false }];
    let ask = Ask {
        instructions: "",
        input: &input,
        tools: &tools,
        max_output_tokens: 99,
        safety_identifier: None,
    };
    let how = How { model: "m", effort: None, format: None, stream: true };
    let request = serde_json::to_value(Request::new(&ask, how).unwrap()).unwrap();
    let expected = json!([
        {"type": "function_call", "call_id": "c1", "name": "note", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ]);
    assert_eq!(request["input"], expected);
    let function = json!([{"type": "function", "name": "note", "description": "Notes.", "parameters": parameters, "strict": false}]);
    assert_eq!(request["tools"], function);
    let calls =
        json!({"id": "resp_1", "status": "completed", "output": [{"type": "function_call", "name": "note"}]});
    assert_eq!(settled(&calls).unwrap().value, "");
}

#[test]
fn a_completed_response_is_its_text() {
    let content = json!([
        {"type": "output_text", "text": "One, "}, {"type": "new"}, {"type": "output_text", "text": "two."},
    ]);
    let answered = settled(&response("completed", content)).unwrap();
    assert_eq!(
        answered,
        Answered { value: "One, two.".to_owned(), usage: USAGE, response_id: "resp_1".to_owned() }
    );
}

#[test]
fn other_responses_are_errors_with_their_usage() {
    let refusal = json!([{"type": "refusal", "refusal": "No."}]);
    let error = settled(&response("completed", refusal)).unwrap_err();
    assert!(matches!(error, TextError::Refused { usage: USAGE }));
    let mut incomplete = response("incomplete", text("Half"));
    incomplete["incomplete_details"] = json!({"reason": "content_filter"});
    let error = settled(&incomplete).unwrap_err();
    assert!(matches!(error, TextError::Incomplete { why: Why::ContentFilter, usage: USAGE }));
    let mut failed = response("failed", json!([]));
    failed["error"] = json!({"code": "server_error", "message": "Sorry, Ann."});
    failed["usage"] = Value::Null;
    let error = settled(&failed).unwrap_err();
    assert_eq!(error.to_string(), "the model failed with server_error");
    assert_eq!(error.usage(), None, "nobody knows");
    let error = settled(&response("cancelled", json!([]))).unwrap_err();
    assert_eq!(error.to_string(), "the model failed with cancelled");
}

#[test]
fn what_the_api_does_not_promise_is_malformed() {
    for odd in [json!({}), response("queued", text("x")), response("completed", text(""))] {
        assert!(matches!(settled(&odd).unwrap_err(), TextError::Malformed(_)), "{odd}");
    }
    let long = settled(&response("completed", text(&"x".repeat(MOST_TEXT + 1)))).unwrap_err();
    assert!(matches!(long, TextError::TooLong(MOST_TEXT)));
}

#[test]
fn documents_fit_or_do_not() {
    let read = |text: &str| {
        let value = text.to_owned();
        Answered { value, usage: USAGE, response_id: String::new() }.document::<Vec<u8>>()
    };
    assert_eq!(read("[1, 2]").unwrap().value, [1, 2]);
    assert!(matches!(read("[1, 2").unwrap_err(), TextError::NotJson { usage: USAGE }));
    let unfit = read(r#"["secret"]"#).unwrap_err();
    assert!(matches!(unfit, TextError::Unfit { usage: USAGE }));
    assert!(!format!("{unfit} {unfit:?}").contains("secret"));
}
