//! What is refused: nothing goes to an address that is not trusted, and no token to who did not ask for it.

use mcp::oauth::{Challenge, Resource};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use super::{CHALLENGE, Host, REDIRECT, VERIFIER, onward};

/// Until client and redirect URI are known, what is wrong is a page: an open redirect would be a phisher's gift.
#[tokio::test]
async fn nothing_is_sent_to_an_address_that_is_not_registered() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let long = format!("{REDIRECT}?{}", "a".repeat(9000));
    let rows: [(&'static str, Option<&str>); 14] = [
        ("redirect_uri", Some("https://evil.example/cb")),
        ("redirect_uri", Some("https://claude.ai/api/mcp/auth_callback/../../evil")),
        ("redirect_uri", Some("https://claude.ai/api/mcp/auth_callback?next=https://evil.example")),
        ("redirect_uri", Some("https://claude.ai@evil.example/api/mcp/auth_callback")),
        ("redirect_uri", Some("https://claude.ai.evil.example/api/mcp/auth_callback")),
        ("redirect_uri", Some("https://claude.ai/api/mcp/auth_callback#")),
        ("redirect_uri", Some("//claude.ai/api/mcp/auth_callback")),
        ("redirect_uri", Some("javascript:alert(1)")),
        ("redirect_uri", Some("https://claude.ai/api/mcp/auth_callback\r\nLocation: https://evil.example")),
        ("redirect_uri", Some(&long)),
        ("redirect_uri", None),
        ("client_id", Some("client_AAAAAAAAAAAAAAAAAAAAAA")),
        ("client_id", Some("")),
        ("client_id", None),
    ];
    for (name, value) in rows {
        let answer = host.authorize(&host.request_with(&[(name, value)])).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}={value:?}");
        assert!(!answer.headers().contains_key(header::LOCATION), "{name}={value:?}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    }
    let mut twice = host.request();
    twice.push(("redirect_uri", "https://evil.example/cb".to_owned()));
    assert_eq!(host.authorize(&twice).await.status(), StatusCode::BAD_REQUEST);
    host.stop().await;
}

/// Anybody can register a client: only a person's click leads to where it wants its answer.
#[tokio::test]
async fn what_a_known_client_asks_wrongly_it_is_told_by_who_follows_a_link() {
    let mut host = Host::start().await;
    let visitor_and_owner = host.resource(Resource::Visitor);
    let other = format!("{}/api/other", host.bench.stack.urls.base);
    let rows: [(&'static str, Option<&str>, &str); 13] = [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", None, "unsupported_response_type"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("resource", None, "invalid_target"),
        ("resource", Some("https://evil.example/api/mcp"), "invalid_target"),
        ("resource", Some(&other), "invalid_target"),
        // The scopes of the request are the owner's.
        ("resource", Some(&visitor_and_owner), "invalid_scope"),
        ("scope", Some("openid"), "invalid_scope"),
        ("scope", Some("twin:talk"), "invalid_scope"),
        ("scope", Some("owner:everything"), "invalid_scope"),
    ];
    for (name, value, error) in rows {
        let answer = host.authorize(&host.request_with(&[(name, value)])).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}={value:?}");
        assert!(!answer.headers().contains_key(header::LOCATION), "{name}={value:?}");
        let page = answer.text().await.unwrap();
        assert!(!page.contains("http-equiv") && page.contains("back to claude.ai"), "{page}");
        let link = page.split("href=\"").find(|part| part.starts_with(REDIRECT)).unwrap();
        let link = link.split('"').next().unwrap().replace("&#38;", "&");
        assert_eq!(host.returned(&link, "error"), error, "{name}={value:?}");
    }
    host.stop().await;
}

#[tokio::test]
async fn consent_is_given_on_our_own_page_by_who_is_signed_in() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let page = host.authorize(&host.request()).await.text().await.unwrap();
    let query = reqwest::Url::parse_with_params("http://localhost/", host.request()).unwrap();
    let query = query.query().unwrap().to_owned();
    let post = async |origin: Option<&str>, cookie: &str, query: &str| -> Response {
        let form = [("request", query), ("decision", "allow")];
        let mut request = host.bench.http.post(host.bench.url("/oauth/authorize")).form(&form);
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        request.header(header::COOKIE, cookie).send().await.unwrap()
    };
    let (own, cookie) = (host.bench.stack.urls.base.clone(), host.cookie_header());
    for origin in [Some("https://evil.example"), Some("null"), None] {
        assert_eq!(post(origin, &cookie, &query).await.status(), StatusCode::FORBIDDEN, "{origin:?}");
    }
    assert_eq!(post(Some(&own), "", &query).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(post(Some(&own), "omnitwin_session=guess", &query).await.status(), StatusCode::UNAUTHORIZED);
    let evil = query.replace("claude.ai", "evil.example");
    assert_eq!(post(Some(&own), &cookie, &evil).await.status(), StatusCode::BAD_REQUEST);
    let location = onward(host.decide(&page, "allow").await).await;
    assert!(host.returned(&location, "code").starts_with("code.owner."));
    host.stop().await;
}

#[tokio::test]
async fn a_code_is_bound_to_client_redirect_verifier_and_resource() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let code = host.code(&host.request()).await;
    let other = host.register(&json!({ "redirect_uris": [REDIRECT] })).await;
    let visitors = host.resource(Resource::Visitor);
    let guess = format!("{}A", &code[..code.len() - 1]);
    let rows: [(&str, Option<&str>, &str); 12] = [
        ("client_id", Some(&other), "invalid_grant"),
        ("client_id", None, "invalid_client"),
        ("redirect_uri", Some("https://evil.example/cb"), "invalid_grant"),
        ("code_verifier", Some(CHALLENGE), "invalid_grant"),
        ("code_verifier", None, "invalid_request"),
        ("code", None, "invalid_request"),
        ("code", Some("guess"), "invalid_grant"),
        ("code", Some(&guess), "invalid_grant"),
        ("resource", Some(&visitors), "invalid_target"),
        ("resource", Some("https://evil.example"), "invalid_target"),
        ("grant_type", None, "invalid_request"),
        ("grant_type", Some("client_credentials"), "unsupported_grant_type"),
    ];
    for (name, value, error) in rows {
        let mut form = host.redemption(&code);
        form.retain(|(known, _)| *known != name);
        form.extend(value.map(|value| (name, value)));
        if value == Some(guess.as_str()) && guess == code {
            continue;
        }
        assert_eq!(host.refused(&form).await, error, "{name}={value:?}");
    }
    let mut twice = host.redemption(&code);
    twice.push(("client_id", &other));
    assert_eq!(host.refused(&twice).await, "invalid_request");
    let json = host
        .bench
        .http
        .post(host.bench.url("/oauth/token"))
        .json(&json!({ "code": code }))
        .send()
        .await
        .unwrap();
    assert_eq!(json.json::<Value>().await.unwrap()["error"], "invalid_request");

    // None of that used it up. It works once; after that, everything that came of it ends.
    let owners = host.resource(Resource::Owner);
    let mut form = host.redemption(&code);
    form.push(("resource", &owners));
    let (access, refresh) = host.tokens(&form).await;
    assert_eq!(host.refused(&host.redemption(&code)).await, "invalid_grant");
    assert!(host.check(Some(&access), Resource::Owner).await.is_err());
    assert_eq!(host.refused(&host.rotation(&refresh)).await, "invalid_grant");
    host.stop().await;
}

#[tokio::test]
async fn a_refresh_token_is_bound_too_and_is_no_other_token() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let code = host.code(&host.request()).await;
    let (access, refresh) = host.tokens(&host.redemption(&code)).await;
    let other = host.register(&json!({ "redirect_uris": [REDIRECT] })).await;
    let visitors = host.resource(Resource::Visitor);
    let rows: [(&str, &str, &str); 6] = [
        ("client_id", &other, "invalid_grant"),
        ("refresh_token", &access, "invalid_grant"),
        ("refresh_token", &code, "invalid_grant"),
        ("resource", &visitors, "invalid_target"),
        ("scope", "owner:write", "invalid_scope"),
        ("scope", "twin:talk", "invalid_scope"),
    ];
    for (name, value, error) in rows {
        let mut form = host.rotation(&refresh);
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        assert_eq!(host.refused(&form).await, error, "{name}={value}");
    }
    for token in [refresh.as_str(), code.as_str(), VERIFIER, ""] {
        assert!(
            matches!(host.check(Some(token), Resource::Owner).await, Err(Challenge::Invalid(_))),
            "{token}"
        );
    }
    // Whoever has seen the name of a grant, in an access token, cannot end it with a guess.
    let named: Vec<&str> = access.split('.').collect();
    let guess = format!("refresh.{}.{}.{}", named[1], named[2], "A".repeat(65));
    assert_eq!(host.refused(&host.rotation(&guess)).await, "invalid_grant");
    assert!(host.check(Some(&access), Resource::Owner).await.is_ok());
    // Less than was granted may be asked for.
    let mut form = host.rotation(&refresh);
    form.push(("scope", "owner:read"));
    let (narrow, _) = host.tokens(&form).await;
    let principal = host.check(Some(&narrow), Resource::Owner).await.unwrap().unwrap();
    assert_eq!(principal.scopes.to_string(), "owner:read");
    // Each is for one resource.
    assert!(matches!(host.check(Some(&narrow), Resource::Visitor).await, Err(Challenge::Invalid(_))));
    host.stop().await;
}

#[tokio::test]
async fn registrations_are_bounded() {
    let host = Host::start().await;
    let many = vec![REDIRECT; 11];
    let long = format!("https://claude.ai/{}", "a".repeat(2048));
    for (registration, error) in [
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": many }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [long] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://claude.ai/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [REDIRECT, "https://a.example/#part"] }), "invalid_redirect_uri"),
        (json!({ "client_name": "Claude" }), "invalid_client_metadata"),
        (json!({ "redirect_uris": REDIRECT }), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
    ] {
        let answer =
            host.bench.http.post(host.bench.url("/oauth/register")).json(&registration).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{registration}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], error, "{registration}");
    }
    let huge = json!({ "redirect_uris": [REDIRECT], "client_name": "a".repeat(300_000) });
    let answer = host.bench.http.post(host.bench.url("/oauth/register")).json(&huge).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    host.stop().await;
}

/// More in a row than two minutes allow together: the window may end in between.
const MANY: usize = 41;

fn is_too_many(answers: &[Response]) {
    let too_many = answers.iter().find(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS);
    let after = &too_many.expect("one was too many").headers()[header::RETRY_AFTER];
    let seconds: u64 = after.to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(answers[0].status() != StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn one_address_registers_no_endless_number_of_apps() {
    let host = Host::start().await;
    let registration = json!({ "redirect_uris": [REDIRECT] });
    let mut answers = Vec::new();
    for _ in 0..MANY {
        let post = host.bench.http.post(host.bench.url("/oauth/register")).json(&registration);
        answers.push(post.send().await.unwrap());
    }
    is_too_many(&answers);
    host.stop().await;
}

#[tokio::test]
async fn documents_are_not_fetched_without_end() {
    let mut host = Host::start().await;
    let mut answers = Vec::new();
    for number in 0..MANY {
        host.client = format!("https://127.0.0.1/{number}.json");
        answers.push(host.authorize(&host.request()).await);
    }
    is_too_many(&answers);
    host.stop().await;
}

#[tokio::test]
async fn visitors_need_no_sign_in_where_there_is_no_provider() {
    let mut host = Host::start().await;
    let visitors = host.resource(Resource::Visitor);
    let changes = [("resource", Some(visitors.as_str())), ("scope", Some("twin:talk"))];
    let answer = host.authorize(&host.request_with(&changes)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Visitors need no sign-in here") && page.contains(&visitors), "{page}");
    let answer = host.open(&host.bench.url("/owner/sign-in")).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let answer = host.open(&host.bench.url("/oauth/callback?state=guess&code=guess")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    host.stop().await;
}
