//! Rows 9 and 10: who gets no upgrade.

use http::{Method, StatusCode, header};
use jiff::Timestamp;
use reqwest::Response;
use sim::twilio::signature;
use tests::{Bench, is_problem};
use twin::wire::ticket::{LIFETIME, Ticket, TicketKey};

use super::{CALLER, client::sign, no_conversation, sid};

/// Asks for the upgrade; what is answered instead.
async fn upgrade(bench: &Bench, url: &str, signature: Option<&str>) -> Response {
    let url = url.replacen("ws://", "http://", 1);
    let mut request = bench.http.get(url).headers(
        [
            (header::CONNECTION, "Upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
            (header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        .map(|(name, value)| (name, value.parse().unwrap()))
        .into_iter()
        .collect(),
    );
    if let Some(signature) = signature {
        request = request.header(signature::HEADER, signature);
    }
    request.send().await.unwrap()
}

async fn is_forbidden(answer: Response) {
    is_problem(answer, StatusCode::FORBIDDEN, "forbidden").await;
}

#[tokio::test]
async fn without_the_right_signature_there_is_no_upgrade() {
    let bench = Bench::start().await;
    let url = bench.stream_url(&sid(1), CALLER).await;
    let before = bench.footprint().await;
    let token = bench.stack.account.auth_token.reveal();
    let right = sign(&bench, &url);
    is_forbidden(upgrade(&bench, &url, None).await).await;
    for wrong in [
        String::new(),
        format!("{right}="),
        right.to_lowercase(),
        signature::url("another-token", &signature::upgrade_url(&url)),
        signature::url(token, &url),
        signature::url(token, &url.replacen("ws://", "https://", 1)),
        signature::url(token, &url.replacen("ws://localhost", "wss://elsewhere.example", 1)),
        signature::url(token, &format!("{}/", signature::upgrade_url(&url))),
        signature::url(token, &signature::upgrade_url(&bench.stream_url(&sid(2), CALLER).await)),
    ] {
        is_forbidden(upgrade(&bench, &url, Some(&wrong)).await).await;
    }
    no_conversation(&bench, &sid(1)).await;
    assert_eq!(bench.footprint().await, before);
    // The ticket was not used up by those who had no right to it.
    assert_eq!(upgrade(&bench, &url, Some(&right)).await.status(), StatusCode::SWITCHING_PROTOCOLS);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_ticket_of_ours_there_is_no_upgrade() {
    let bench = Bench::start().await;
    let url = bench.stream_url(&sid(1), CALLER).await;
    let before = bench.footprint().await;
    let call = bench.call(&sid(1)).await.expect("a row");
    let key = TicketKey::new(&bench.stack.secrets.ticket_secret);
    let ticket = |expires| Ticket {
        call: call.sid.clone(),
        person: call.person.clone(),
        interaction: call.interaction.clone(),
        route: call.route,
        level: call.level,
        not_taken: false,
        challenged: false,
        trace: None,
        expires,
    };
    let now = Timestamp::now();
    let (head, good) = url.rsplit_once('/').unwrap();
    let (claims, mac) = good.split_once('.').unwrap();
    let tickets = [
        key.sign(&ticket(now - LIFETIME)).unwrap(),
        key.sign(&ticket(now)).unwrap(),
        TicketKey::new("another-secret").sign(&ticket(now + LIFETIME)).unwrap(),
        format!("{claims}."),
        format!(".{mac}"),
        format!("{claims}.{claims}"),
        format!("{mac}.{mac}"),
        format!("{good}.{mac}"),
        format!("A{}", &good[1..]),
        good.to_lowercase(),
        "x".to_owned(),
        "x".repeat(5000),
        "%00".to_owned(),
    ];
    for wrong in tickets {
        let url = format!("{head}/{wrong}");
        is_forbidden(upgrade(&bench, &url, Some(&sign(&bench, &url))).await).await;
    }
    let url = format!("{head}/");
    let answer = upgrade(&bench, &url, Some(&sign(&bench, &url))).await;
    is_problem(answer, StatusCode::NOT_FOUND, "not_found").await;
    no_conversation(&bench, &sid(1)).await;
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_websocket_an_upgrade_is_required() {
    let bench = Bench::start().await;
    let url = bench.stream_url(&sid(1), CALLER).await.replacen("ws://", "http://", 1);
    let before = bench.footprint().await;
    let requests = [
        bench.http.get(bench.url("/media/x")),
        bench.http.get(&url),
        bench.http.get(&url).header(signature::HEADER, sign(&bench, &url)),
        bench.http.get(&url).header(header::UPGRADE, "websocket").header(header::CONNECTION, "Upgrade"),
        bench.http.get(&url).header(header::UPGRADE, "h2c").header(header::CONNECTION, "Upgrade"),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()[header::UPGRADE], "websocket");
        is_problem(answer, StatusCode::UPGRADE_REQUIRED, "upgrade_required").await;
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answer = bench.http.request(method, &url).send().await.unwrap();
        is_problem(answer, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    }
    no_conversation(&bench, &sid(1)).await;
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}
