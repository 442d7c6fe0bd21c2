//! The pages: who may see them, and that they show what there is.

use reqwest::{Method, StatusCode};
use tests::{Bench, is_problem};

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

/// The owner's pages, the API and what has somebody's link in its path are nobody's to index; by RFC 9309 the longest rule
/// that matches counts.
#[tokio::test]
async fn what_is_for_everybody_may_be_found() {
    let bench = Bench::start().await;
    let robots = bench.http.get(bench.url("/robots.txt")).send().await.unwrap();
    assert!(robots.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let robots = robots.text().await.unwrap();
    let rules: Vec<(bool, &str)> = robots
        .lines()
        .filter_map(|line| {
            let allowed = line.strip_prefix("Allow: ").map(|path| (true, path));
            allowed.or_else(|| line.strip_prefix("Disallow: ").map(|path| (false, path)))
        })
        .collect();
    let is_allowed = |path: &str| {
        let matching = rules.iter().filter(|(_, rule)| match rule.strip_suffix('$') {
            Some(whole) => path == whole,
            None => path.starts_with(rule),
        });
        matching.max_by_key(|(_, rule)| rule.len()).is_none_or(|(allowed, _)| *allowed)
    };
    for (_, path) in super::invariants::all_routes() {
        let is_public = ["/", "/assets/{file}", "/book", "/chat", "/voice"].contains(&path.as_str());
        assert_eq!(is_allowed(&path), is_public, "{path}");
    }
    assert!(!is_allowed("/chat?link=secret"));
    bench.stack.stop().await.unwrap();
}

/// The link signs in once; a GET does not use it up; a page of another origin cannot post it.
#[tokio::test]
async fn the_owner_signs_in_once() {
    let bench = Bench::start().await;
    for path in ["/dashboard", "/dashboard/analytics", "/people", "/outbox"] {
        let answer = bench.http.get(bench.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Open the link that Omnitwin printed when it started"), "{path}: {page}");
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
    // Another is made while the system runs, for whoever has the owner's token.
    let asked = bench.http.post(bench.url("/owner/link")).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::UNAUTHORIZED);
    let another = bench.as_owner(Method::POST, "/owner/link").send().await.unwrap();
    let another: serde_json::Value = another.json().await.unwrap();
    let token = another["link"].as_str().unwrap().split("token=").nth(1).unwrap();
    let redeemed = bench.http.post(bench.url("/owner")).header("Origin", &bench.stack.urls.base);
    let redeemed = redeemed.form(&[("token", token)]).send().await.unwrap();
    assert_eq!(redeemed.status(), StatusCode::SEE_OTHER);
    let session = cookie.split(';').next().unwrap();
    for path in ["/dashboard", "/dashboard/analytics", "/outbox"] {
        let answer = bench.http.get(bench.url(path)).header("Cookie", session).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let people = bench.http.get(bench.url("/people")).header("Cookie", session).send().await.unwrap();
    assert_eq!(people.headers()["location"], "/dashboard/people", "there is one list");
    bench.stack.stop().await.unwrap();
}

/// A browser that is signed in, by its cookie.
async fn session(bench: &Bench) -> String {
    let link = bench.stack.owner_link().await.unwrap();
    let token = link.split("token=").nth(1).unwrap();
    let signed_in = bench.http.post(bench.url("/owner")).header("Origin", &bench.stack.urls.base);
    let signed_in = signed_in.form(&[("token", token)]).send().await.unwrap();
    assert_eq!(signed_in.headers()["location"], "/dashboard");
    signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Whoever signs out is out, also with a cookie that was copied; a page of another origin signs nobody out.
#[tokio::test]
async fn the_owner_signs_out() {
    let bench = Bench::start().await;
    let session = session(&bench).await;
    let looks = async || {
        let request = bench.http.get(bench.url("/dashboard")).header("Cookie", &session);
        request.send().await.unwrap().status()
    };
    let leaves = async |origin: &str| {
        let request = bench.http.post(bench.url("/owner/sign-out")).header("Cookie", &session);
        request.header("Origin", origin).send().await.unwrap()
    };
    is_problem(leaves("https://evil.example").await, StatusCode::FORBIDDEN, "forbidden").await;
    assert_eq!(looks().await, StatusCode::OK);
    let left = leaves(&bench.stack.urls.base).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    let cookie = left.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("omnitwin_session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    assert_eq!(left.headers()["clear-site-data"], "\"cache\"");
    assert_eq!(looks().await, StatusCode::UNAUTHORIZED);
    assert_eq!(leaves(&bench.stack.urls.base).await.status(), StatusCode::NO_CONTENT, "it is over already");
    bench.stack.stop().await.unwrap();
}

/// What an open page has seen already is not sent to it again, until it is something else.
#[tokio::test]
async fn what_a_browser_has_seen_is_not_sent_again() {
    let bench = Bench::start().await;
    let session = session(&bench).await;
    let asked = async |path: &str, known: &str| {
        let request = bench.http.get(bench.url(path)).header("Cookie", &session);
        let answer = request.header("If-None-Match", known).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        (answer.status(), tag, answer.bytes().await.unwrap().len())
    };
    for path in ["/api/crm/contacts", "/api/knowledge", "/dashboard/people"] {
        let (status, tag, size) = asked(path, "\"none\"").await;
        assert!(status == StatusCode::OK && size > 0, "{path}");
        let again = asked(path, &tag).await;
        assert_eq!(again, (StatusCode::NOT_MODIFIED, tag, 0), "{path}");
    }
    let (_, before, _) = asked("/api/crm/contacts", "\"none\"").await;
    let create =
        bench.as_owner(Method::POST, "/api/crm/contacts").json(&serde_json::json!({ "name": "Lee" }));
    assert_eq!(create.send().await.unwrap().status(), StatusCode::CREATED);
    let (status, after, _) = asked("/api/crm/contacts", &before).await;
    assert!(status == StatusCode::OK && after != before);
    let program = bench.as_owner(Method::GET, "/api/crm/contacts").header("If-None-Match", &after);
    assert_eq!(program.send().await.unwrap().status(), StatusCode::OK, "a program is told all");
    bench.stack.stop().await.unwrap();
}

/// With the cookie alone, only a page of ours writes: what another origin's page sends changes nothing.
#[tokio::test]
async fn a_page_of_another_origin_writes_nothing() {
    let bench = Bench::start().await;
    let session = session(&bench).await;
    let post = |headers: &[(&str, &str)]| {
        let request = bench.http.post(bench.url("/api/crm/contacts")).header("Cookie", &session);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.json(&serde_json::json!({ "name": "Eve" })).send()
    };
    let ours = bench.stack.urls.base.clone();
    let other_port = format!("{ours}0");
    let refused: [&[(&str, &str)]; 6] = [
        &[],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Origin", &other_port)],
        &[("Origin", &ours), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", &ours), ("Sec-Fetch-Site", "same-site")],
    ];
    for headers in refused {
        assert_eq!(post(headers).await.unwrap().status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
    let contacts = bench.owner("/api/crm/contacts").await;
    assert_eq!(contacts["total"], 0);
    let created = post(&[("Origin", &ours), ("Sec-Fetch-Site", "same-origin")]).await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let read =
        bench.http.get(bench.url("/api/crm/contacts")).header("Cookie", &session).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK, "reading changes nothing");
    bench.stack.stop().await.unwrap();
}

/// Whoever would rather read a page gets one.
#[tokio::test]
async fn an_address_that_is_none_says_so_to_people_and_to_programs() {
    let bench = Bench::start().await;
    let asked = async |accept: &'static str| {
        bench.http.get(bench.url("/nope")).header("Accept", accept).send().await.unwrap()
    };
    let page = asked("text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("There is nothing here"));
    is_problem(asked("*/*").await, StatusCode::NOT_FOUND, "not_found").await;
    bench.stack.stop().await.unwrap();
}

/// Each view is served with its scripts and no leave for others; what is none is not found.
#[tokio::test]
async fn the_dashboard_is_guarded() {
    let bench = Bench::start().await;
    let views = [
        "",
        "/people",
        "/opportunities",
        "/follow-ups",
        "/calendar",
        "/knowledge",
        "/persona",
        "/analytics",
        "/settings",
        "/health",
    ];
    for view in views {
        let answer = bench.as_owner(Method::GET, &format!("/dashboard{view}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{view}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    for view in ["/nothing", "/today", "/%00"] {
        let answer = bench.as_owner(Method::GET, &format!("/dashboard{view}")).send().await.unwrap();
        let wanted = if view == "/today" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(answer.status(), wanted, "{view}");
    }
    bench.stack.stop().await.unwrap();
}
