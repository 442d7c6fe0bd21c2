//! `/api/omni-context`: the owner's, and nobody else's.

use reqwest::{Method, StatusCode};
use tests::{Bench, CALL_SID};

#[tokio::test]
async fn only_the_owner_reads() {
    let bench = Bench::start().await;
    for path in ["", "/per_1", "/per_1/timeline", &format!("/calls/{CALL_SID}")] {
        let url = bench.url(&format!("/api/omni-context{path}"));
        for token in [None, Some("wrong"), Some("")] {
            let request = bench.http.get(&url);
            let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        let cookie = bench.http.get(&url).header("Cookie", "omnitwin_session=guessed");
        assert_eq!(cookie.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    bench.stack.stop().await.unwrap();
}

/// An id that is not there, is malformed, or is odd: one and the same answer but for the request's id.
#[tokio::test]
async fn a_foreign_id_is_one_that_does_not_exist() {
    let bench = Bench::start().await;
    let mut answers = Vec::new();
    let long = "x".repeat(3000);
    for id in ["per_unknown", "per_a%23b", "int_1", "..%2f..", "%00", &long] {
        let path = format!("/api/omni-context/{id}");
        let answer = bench.as_owner(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
        let mut problem: serde_json::Value = answer.json().await.unwrap();
        let request = problem.as_object_mut().unwrap().remove("request_id").unwrap();
        assert!(request.as_str().unwrap().starts_with("req_"));
        answers.push(problem);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn an_empty_system_has_no_people() {
    let bench = Bench::start().await;
    assert_eq!(bench.owner("/api/omni-context").await, serde_json::json!({ "people": [] }));
    bench.stack.stop().await.unwrap();
}
