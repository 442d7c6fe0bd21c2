//! What is asked, and what comes of it.

use serde::Deserialize;
use serde_json::{Value, json};
use sim::openai::Cue;
use twin::clients::openai::{Format, Why};

use super::*;

#[tokio::test]
async fn an_answer_is_asked_for_as_the_api_wants() {
    let world = World::new().await;
    let answered = world.text.text(&ask(&messages())).await.expect("an answer");
    assert_eq!(answered.value, ANSWER);
    assert!(answered.response_id.starts_with("resp_"));
    assert!(answered.usage.input_tokens > 0 && answered.usage.reasoning_tokens > 0);
    assert!(world.text.cost(&answered.usage).is_some_and(|cost| cost > 0));
    let body = &world.sim.asked()[0].body;
    assert_eq!((&body["store"], &body["safety_identifier"]), (&json!(false), &json!("pseudonym")));
    assert_eq!((&body["model"], &body["max_output_tokens"]), (&json!("gpt-6-luna"), &json!(800)));
}

#[derive(Debug, Deserialize, PartialEq)]
struct Summary {
    summary: String,
}

fn format() -> Format {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["summary"],
        "properties": {"summary": {"type": "string"}},
    });
    Format { name: "call_summary".to_owned(), schema }
}

#[tokio::test]
async fn documents_follow_their_schema_or_are_errors() {
    let world = World::new().await;
    let input = [Input::Message { role: Role::User, text: "Summarise.".to_owned() }];
    let summary = async || world.text.json::<Summary>(&ask(&input), &format()).await;
    world.sim.say(Cue::format("call_summary").times(2), json!({"summary": "Ann called."}));
    assert_eq!(summary().await.expect("a summary").value, Summary { summary: "Ann called.".to_owned() });
    world.plan([TextFault::InvalidJson]);
    let cut = summary().await.expect_err("cut");
    assert!(matches!(&cut, TextError::NotJson { usage } if usage.output_tokens > 0));
    world.sim.say(Cue::format("call_summary"), json!({"summary": ["Ann"]}));
    let unfit = summary().await.expect_err("unfit");
    assert!(matches!(unfit, TextError::Unfit { .. }) && !unfit.is_temporary());
    assert_discreet(&cut);
    assert_discreet(&unfit);
}

#[tokio::test]
async fn a_schema_that_is_not_strict_is_refused_once() {
    let world = World::new().await;
    let format = Format { schema: json!({"type": "object", "properties": {"a": {}}}), ..format() };
    let error = world.text.json::<Value>(&ask(&messages()), &format).await.expect_err("refused");
    assert!(matches!(&error, TextError::Rejected(rejection) if rejection.status == 400));
    assert!(!error.is_temporary() && world.attempts() == 1);
}

#[tokio::test]
async fn what_the_model_does_is_not_asked_again() {
    let failed = || TextFault::Failed { code: "server_error".to_owned(), message: "Ann".to_owned() };
    let world = World::new().await;
    world.plan([TextFault::Refusal("No secret.".to_owned()), TextFault::Incomplete, failed()]);
    world.plan([TextFault::Refusal("No secret.".to_owned()), TextFault::Incomplete, failed()]);
    let whole = [world.ask().await, world.ask().await, world.ask().await].map(Result::unwrap_err);
    let streamed = [world.stream().await, world.stream().await, world.stream().await];
    let streamed = streamed.map(|(_, error)| error.expect("an error"));
    for [refused, incomplete, failed] in [&whole, &streamed] {
        assert!(matches!(refused, TextError::Refused { usage } if usage.output_tokens > 0));
        assert!(matches!(incomplete, TextError::Incomplete { why: Why::MaxOutputTokens, .. }));
        assert!(matches!(failed, TextError::Failed { code, .. } if code.as_str() == "server_error"));
        [refused, incomplete, failed].into_iter().for_each(assert_discreet);
    }
    assert_eq!(world.attempts(), 6);
}

#[tokio::test]
async fn texts_become_vectors_in_their_order() {
    let world = World::new().await;
    let texts: Vec<String> = (0..2050).map(|n| format!("Text {n}")).collect();
    world.sim.misbehave_at(Endpoint::Embeddings, TextFault::Status(500));
    let embedded = world.text.embed(&texts).await.expect("vectors");
    let expected: Vec<Vec<f32>> = texts.iter().map(|text| sim::openai::text::embed(text, 8)).collect();
    // The simulator adds features up in no fixed order.
    let near = |a: &[f32], b: &[f32]| a.len() == 8 && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(embedded.vectors.len() == 2050);
    assert!(embedded.vectors.iter().zip(&expected).all(|(vector, expected)| near(vector, expected)));
    assert!(embedded.usage.input_tokens > 2050);
    assert!(world.text.embedding_cost(&embedded.usage).is_some());
    let asked = world.sim.asked();
    assert_eq!(asked.iter().map(|asked| asked.status).collect::<Vec<_>>(), [500, 200, 200]);
    assert_eq!(asked[1].body["encoding_format"], "base64");
    assert_eq!(world.text.embed(&[]).await.expect("none").vectors.len(), 0);
}
