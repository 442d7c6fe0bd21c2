//! Bodies that are too large, and methods that are not there.

use http::{Method, StatusCode, header};
use sim::twilio::signature;
use tests::{Bench, CALL_SID, is_problem, verbs};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use twin::http::MAX_BODY;

use super::{CALLER, ROUTES, untouched};

const FORM: &str = "application/x-www-form-urlencoded";

/// A signed form of exactly this many bytes: body and signature.
fn form_of(bench: &Bench, url: &str, bytes: usize) -> (String, String) {
    let mut form = bench.voice_form(CALL_SID, CALLER);
    form.push(("Padding", ""));
    let encoded: Vec<_> =
        form.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
    let head = encoded.join("&");
    let padding = "x".repeat(bytes - head.len());
    form.pop();
    form.push(("Padding", &padding));
    let signature = signature::form(bench.stack.account.auth_token.reveal(), url, &form);
    (head + &padding, signature)
}

/// What the server answers to a request as it is, until it closes. It may close before all was sent.
async fn raw(bench: &Bench, head: &str, body: &[u8]) -> String {
    let mut socket = TcpStream::connect(bench.stack.address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body).await.ok();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = socket.read(&mut piece).await {
        answer.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(answer).unwrap()
}

fn is_too_large(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(413), Some("too_large")));
    assert_eq!(problem.as_object().unwrap().len(), 6, "{problem}");
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_one_byte_more_is_not() {
    let bench = Bench::start().await;
    for path in ROUTES {
        let length = MAX_BODY + 1;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nConnection: close\r\n"
        );
        // Announced: not a byte of it is waited for.
        is_too_large(&raw(&bench, &format!("{head}Content-Length: {length}\r\n\r\n"), b"").await);
        // Not announced: read up to the limit.
        let (body, signature) = form_of(&bench, &bench.url(path), length);
        let head = format!(
            "{head}X-Twilio-Signature: {signature}\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n"
        );
        is_too_large(&raw(&bench, &head, format!("{body}\r\n0\r\n\r\n").as_bytes()).await);
    }
    untouched(&bench).await;

    let path = phone_webhook::INCOMING;
    let (body, signature) = form_of(&bench, &bench.url(path), MAX_BODY);
    assert_eq!(body.len(), 256 * 1024);
    let request = bench.http.post(bench.url(path)).header(header::CONTENT_TYPE, FORM).body(body);
    let answer = request.header(signature::HEADER, signature).send().await.unwrap();
    assert_eq!(verbs(answer).await[0].name(), "Connect");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn only_post_is_allowed() {
    let bench = Bench::start().await;
    for path in ROUTES {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = bench.http.request(method, bench.url(path)).send().await.unwrap();
            assert_eq!(answer.headers()[header::ALLOW], "POST", "{path}");
            is_problem(answer, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
        }
        let answer = bench.http.post(bench.url(&format!("{path}/more"))).send().await.unwrap();
        is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    }
    untouched(&bench).await;
    bench.stack.stop().await.unwrap();
}
