//! What the pure parts cannot show: HTTP, and how answers go wrong on their way.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::*;
use crate::openai::{Options, app};

async fn serve(sim: &Arc<OpenAi>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let app = app(Arc::clone(sim));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn request(base: &str, body: &Value) -> RequestBuilder {
    Client::new().post(format!("{base}/responses")).bearer_auth("key").body(body.to_string())
}

fn body(stream: bool) -> Value {
    json!({"model": "gpt-6-luna", "input": "What are your opening hours?", "stream": stream})
}

async fn ask(base: &str, stream: bool) -> Response {
    request(base, &body(stream)).send().await.expect("an answer")
}

async fn json_of(response: Response) -> Value {
    serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
}

#[tokio::test]
async fn scripts_answer_and_requests_are_remembered_without_the_key() {
    let sim = Arc::new(OpenAi::default());
    let base = serve(&sim).await;
    sim.say(Cue::from("opening hours").times(1), "From nine to five.");
    let response = ask(&base, false).await;
    assert!(response.headers()["x-request-id"].to_str().is_ok_and(|id| id.starts_with("req_")));
    assert_eq!(json_of(response).await["output"][0]["content"][0]["text"], "From nine to five.");
    assert_eq!(json_of(ask(&base, false).await).await["output"][0]["content"][0]["text"], "I do not know.");
    let asked = sim.asked();
    assert_eq!((asked.len(), asked[0].path.as_str(), asked[0].status), (2, "/responses", 200));
    assert_eq!(asked[0].body, body(false));
    assert!(!format!("{asked:?}").contains("Bearer"));
}

#[tokio::test]
async fn a_conversation_goes_on_by_the_id_of_its_last_response() {
    let sim = Arc::new(OpenAi::default());
    let base = serve(&sim).await;
    sim.say(Cue::input("my cat").times(1), "Noted.");
    let mut first = body(false);
    first["input"] = "[1] Minka is my cat.".into();
    let id = json_of(request(&base, &first).send().await.expect("sent")).await["id"].clone();
    let next = json!({"model": "m", "input": "Who is Minka?", "previous_response_id": id});
    let answer = json_of(request(&base, &next).send().await.expect("sent")).await;
    assert_eq!(answer["output"][0]["content"][0]["text"], "Minka is my cat. [1]");
    let lost = json!({"model": "m", "input": "Hello", "previous_response_id": "resp_0"});
    let error = json_of(request(&base, &lost).send().await.expect("sent")).await;
    assert_eq!(error["error"]["code"], "previous_response_not_found");
}

#[tokio::test]
async fn rejections_have_the_right_status_and_headers() {
    let sim = Arc::new(OpenAi::new(Options { api_key: Some("key".to_owned()), ..Options::default() }));
    let base = serve(&sim).await;
    let key = "sk-wrong-0123456789-0123456789";
    let wrong = Client::new().post(format!("{base}/embeddings")).bearer_auth(key).body("{}");
    let wrong = wrong.send().await.expect("an answer");
    assert_eq!(wrong.status(), 401);
    let error = json_of(wrong).await["error"].clone();
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_api_key"), &Value::Null));
    assert!(error["message"].as_str().is_some_and(|text| text.contains(": sk-wrong") && !text.contains(key)));
    let wait = Duration::from_millis(1500);
    sim.misbehave_at(Endpoint::Responses, TextFault::RateLimited { retry_after: wait });
    sim.misbehave_at(Endpoint::Responses, TextFault::Status(503));
    let limited = ask(&base, false).await;
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after-ms"]),
        (429, &"1500".parse().expect("ok"))
    );
    assert_eq!(limited.headers()["retry-after"], "2");
    let overloaded = ask(&base, false).await;
    assert_eq!(overloaded.status(), 503);
    assert_eq!(json_of(overloaded).await["error"]["code"], "server_is_overloaded");
    assert_eq!(ask(&base, false).await.status(), 200);
}

#[tokio::test]
async fn connections_break_as_planned() {
    let sim = Arc::new(OpenAi::default());
    let base = serve(&sim).await;
    let plan = |fault| sim.misbehave_at(Endpoint::Responses, fault);
    plan(TextFault::Reset);
    assert!(request(&base, &body(false)).send().await.is_err());
    for stream in [false, true] {
        plan(TextFault::Truncated);
        assert!(ask(&base, stream).await.text().await.is_err());
    }
    plan(TextFault::StreamStops { after: 3 });
    let text = ask(&base, true).await.text().await.expect("ends well");
    assert_eq!(text.matches("event: ").count(), 3);
    plan(TextFault::StreamStalls { after: 3 });
    // The head comes at once, which takes a busy machine a while.
    let stalled = request(&base, &body(true)).timeout(Duration::from_secs(1)).send().await.expect("a head");
    assert!(stalled.text().await.is_err_and(|error| error.is_timeout()));
    plan(TextFault::SlowFirstByte(Duration::from_mins(1)));
    let slow = request(&base, &body(false)).timeout(Duration::from_millis(200)).send().await;
    assert!(slow.is_err_and(|error| error.is_timeout()));
    let text = ask(&base, true).await.text().await.expect("ends well");
    assert!(text.contains("event: response.completed\ndata: {"));
}
