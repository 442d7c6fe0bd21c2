//! The pages: who may see them, and that they show what there is.

use reqwest::StatusCode;
use tests::Bench;

#[tokio::test]
async fn health_and_home_are_public() {
    let bench = Bench::start().await;
    let health = bench.http.get(bench.url("/health")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let home = bench.http.get(bench.url("/")).send().await.unwrap();
    let policy = home.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let page = home.text().await.unwrap();
    assert!(page.contains("Alex Sample") && page.contains("AI"), "{page}");
    bench.stack.stop().await.unwrap();
}

/// The link signs in once; a GET does not use it up; a page of another origin cannot post it.
#[tokio::test]
async fn the_owner_signs_in_once() {
    let bench = Bench::start().await;
    for path in ["/people", "/outbox"] {
        let answer = bench.http.get(bench.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let link = bench.stack.owner_link().await.unwrap();
    assert_eq!(bench.http.get(&link).send().await.unwrap().status(), StatusCode::OK);
    let token = link.split("token=").nth(1).unwrap();
    let post = |origin: &str| {
        let request = bench.http.post(bench.url("/owner")).header("Origin", origin);
        request.form(&[("token", token)]).send()
    };
    assert_eq!(post("https://evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);
    let signed_in = post(&bench.stack.urls.base).await.unwrap();
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    assert_eq!(post(&bench.stack.urls.base).await.unwrap().status(), StatusCode::NOT_FOUND, "it works once");
    let session = cookie.split(';').next().unwrap();
    for path in ["/people", "/outbox"] {
        let answer = bench.http.get(bench.url(path)).header("Cookie", session).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    bench.stack.stop().await.unwrap();
}
