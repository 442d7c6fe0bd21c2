//! The whole way, as a host goes it.

use axum::response::IntoResponse;
use jiff::SignedDuration;
use mcp::oauth::{Challenge, Resource, Scope, Who};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use super::{Host, REDIRECT, json_of, onward};

/// 401, metadata, registration, consent, code, token, call, refresh, reuse, and nothing works any more.
#[tokio::test]
async fn a_host_acts_for_the_owner_until_a_refresh_token_comes_back() {
    let mut host = Host::start().await;
    let challenge = host.check(None, Resource::Owner).await.unwrap_err().into_response();
    assert_eq!(challenge.status(), http::StatusCode::UNAUTHORIZED);
    let challenge = challenge.headers()[http::header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
    let metadata = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    let resource = json_of(&host.bench, metadata.strip_prefix(&host.bench.stack.urls.base).unwrap()).await;
    assert_eq!(resource["resource"], host.resource(Resource::Owner));
    assert_eq!(resource["scopes_supported"], json!(["owner:read", "owner:write", "owner:call"]));
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    assert_eq!(issuer, host.bench.stack.urls.base);
    let server = json_of(&host.bench, "/.well-known/oauth-authorization-server").await;
    assert_eq!(server["issuer"], issuer);
    assert_eq!(server["registration_endpoint"], host.bench.url("/oauth/register"));

    host.sign_in_as_owner().await;
    let code = host.code(&host.request()).await;
    let (access, refresh) = host.tokens(&host.redemption(&code)).await;
    let principal = host.check(Some(&access), Resource::Owner).await.unwrap().unwrap();
    assert_eq!((&principal.who, &principal.client), (&Who::Owner, &host.client));
    assert_eq!(principal.scopes.to_string(), "owner:read owner:call");
    assert!(host.server().require(&principal, Scope::Call).is_ok());
    let too_far = host.server().require(&principal, Scope::Write).unwrap_err().into_response();
    assert_eq!(too_far.status(), http::StatusCode::FORBIDDEN);
    let needed = too_far.headers()[http::header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(needed.contains("insufficient_scope") && needed.contains("owner:write"), "{needed}");

    let (second, next) = host.tokens(&host.rotation(&refresh)).await;
    assert!(host.check(Some(&second), Resource::Owner).await.is_ok());
    // The answer was lost: the same request once more.
    let (_, again) = host.tokens(&host.rotation(&refresh)).await;
    let (last, _) = host.tokens(&host.rotation(&again)).await;
    assert!(host.check(Some(&last), Resource::Owner).await.is_ok());
    // Used by neither now: whoever shows it has a copy.
    assert_eq!(host.refused(&host.rotation(&next)).await, "invalid_grant");
    for token in [access, second, last] {
        assert!(matches!(host.check(Some(&token), Resource::Owner).await, Err(Challenge::Invalid(_))));
    }
    assert_eq!(host.refused(&host.rotation(&again)).await, "invalid_grant");
    host.stop().await;
}

#[tokio::test]
async fn the_consent_page_says_who_asks_for_what() {
    let mut host = Host::start().await;
    let answer = host.authorize(&host.request()).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "the owner has to sign in first");
    let page = answer.text().await.unwrap();
    assert!(page.contains("sign-in link") && page.contains("/oauth/authorize?response_type=code"), "{page}");
    assert!(page.contains("cargo run -- sign-in"), "another link, while it goes on: {page}");

    host.sign_in_as_owner().await;
    let answer = host.authorize(&host.request()).await;
    let headers = answer.headers().clone();
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(headers[header::REFERRER_POLICY], "strict-origin", "so that the form says its origin");
    let page = answer.text().await.unwrap();
    for said in ["Allow Claude to use Alex Sample", "claude.ai", "nobody has checked its name", "Place calls"]
    {
        assert!(page.contains(said), "{said:?} is not in {page}");
    }
    assert!(!page.contains("follow-ups, knowledge"), "a right that is not asked for");
    assert!(!page.contains("your own machine"));

    let location = onward(host.decide(&page, "deny").await).await;
    assert_eq!(host.returned(&location, "error"), "access_denied");
    host.stop().await;
}

/// What a host says of itself is text, and a program on one's own machine is pointed out.
#[tokio::test]
async fn a_name_is_text_and_a_local_program_is_pointed_out() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let evil = "<script>alert(1)</script>\u{202E}";
    let registration = json!({ "client_name": evil, "redirect_uris": ["http://localhost/callback"] });
    host.client = host.register(&registration).await;
    let port = "http://localhost:53682/callback";
    let answer = host.authorize(&host.request_with(&[("redirect_uri", Some(port))])).await;
    let page = answer.text().await.unwrap();
    assert!(!page.contains("<script") && !page.contains('\u{202E}'), "{page}");
    assert!(page.contains("alert(1)") && page.contains("your own machine"), "{page}");
    let location = onward(host.decide(&page, "allow").await).await;
    assert!(location.starts_with("http://localhost:53682/callback?code=code.owner."), "{location}");
    host.stop().await;
}

#[tokio::test]
async fn metadata_is_where_hosts_look() {
    let host = Host::start().await;
    let server = json_of(&host.bench, "/.well-known/oauth-authorization-server").await;
    for (name, value) in [
        ("code_challenge_methods_supported", json!(["S256"])),
        ("token_endpoint_auth_methods_supported", json!(["none"])),
        ("client_id_metadata_document_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("response_types_supported", json!(["code"])),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
    ] {
        assert_eq!(server[name], value, "{name}");
    }
    let base = "/.well-known/oauth-protected-resource";
    for (path, resource) in
        [("", Resource::Visitor), ("/api/mcp", Resource::Visitor), ("/api/mcp/owner", Resource::Owner)]
    {
        let metadata = json_of(&host.bench, &format!("{base}{path}")).await;
        assert_eq!(metadata["resource"], host.resource(resource), "{path:?}");
    }
    host.stop().await;
}

/// A host in a browser asks first, from its own origin. No page may read what a person decides on.
#[tokio::test]
async fn pages_elsewhere_may_read_metadata_and_ask_for_tokens_only() {
    let host = Host::start().await;
    let preflight = |path: &'static str| {
        let request = host.bench.http.request(Method::OPTIONS, host.bench.url(path));
        let request = request.header("Origin", "https://inspector.example");
        let request = request.header("Access-Control-Request-Method", "POST");
        request.header("Access-Control-Request-Headers", "content-type,mcp-protocol-version").send()
    };
    for path in
        ["/.well-known/oauth-authorization-server", "/oauth/register", "/oauth/token", "/oauth/revoke"]
    {
        let answer = preflight(path).await.unwrap();
        assert!(answer.status().is_success(), "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("mcp-protocol-version"), "{allowed}");
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
    }
    let metadata = host.bench.http.get(host.bench.url("/.well-known/oauth-protected-resource/api/mcp/owner"));
    let answer = metadata.header("Origin", "https://inspector.example").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    for path in ["/oauth/authorize", "/oauth/callback", "/owner/sign-in"] {
        let answer = preflight(path).await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    host.stop().await;
}

#[tokio::test]
async fn tokens_end_with_their_time_or_when_given_back() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let code = host.code(&host.request()).await;
    let (access, refresh) = host.tokens(&host.redemption(&code)).await;
    let now = jiff::Timestamp::now();
    let later = |minutes| now + SignedDuration::from_mins(minutes);
    assert!(host.check_at(Some(&access), Resource::Owner, later(59)).await.is_ok());
    assert!(host.check_at(Some(&access), Resource::Owner, later(60)).await.is_err());

    let other = host.register(&json!({ "redirect_uris": [REDIRECT] })).await;
    for form in [
        vec![("token", refresh.as_str()), ("client_id", other.as_str())],
        vec![("token", "unknown"), ("client_id", host.client.as_str())],
    ] {
        assert_eq!(host.post("/oauth/revoke", &form).await.status(), StatusCode::OK);
    }
    assert!(host.check(Some(&access), Resource::Owner).await.is_ok(), "only its client gives a token back");
    let form =
        [("token", refresh.as_str()), ("client_id", &host.client), ("token_type_hint", "refresh_token")];
    assert_eq!(host.post("/oauth/revoke", &form).await.status(), StatusCode::OK);
    assert!(host.check(Some(&access), Resource::Owner).await.is_err());
    assert_eq!(host.refused(&host.rotation(&refresh)).await, "invalid_grant");
    host.stop().await;
}

#[tokio::test]
async fn the_owners_own_token_is_for_the_owners_resource() {
    let host = Host::start().await;
    let own = host.bench.stack.secrets.owner_token.clone();
    let principal = host.check(Some(&own), Resource::Owner).await.unwrap().unwrap();
    assert_eq!(principal.scopes, Resource::Owner.scopes());
    assert!(matches!(host.check(Some(&own), Resource::Visitor).await, Err(Challenge::Invalid(_))));
    assert_eq!(host.check(None, Resource::Visitor).await.unwrap(), None, "anybody may talk");
    assert!(matches!(host.check(Some("unknown"), Resource::Visitor).await, Err(Challenge::Invalid(_))));
    host.stop().await;
}

/// Many at once, and one has it: the others end the grant.
#[tokio::test]
async fn a_code_works_once_however_many_ask() {
    let mut host = Host::start().await;
    host.sign_in_as_owner().await;
    let code = host.code(&host.request()).await;
    let form = host.redemption(&code);
    let answers = futures_util::future::join_all((0..20).map(|_| host.post("/oauth/token", &form))).await;
    let good: Vec<_> = answers.into_iter().filter(|answer| answer.status() == StatusCode::OK).collect();
    assert!(good.len() <= 1, "{} were given tokens", good.len());
    for answer in good {
        let tokens: serde_json::Value = answer.json().await.unwrap();
        let access = tokens["access_token"].as_str().unwrap();
        assert!(host.check(Some(access), Resource::Owner).await.is_err());
    }
    host.stop().await;
}
