//! What is asked again, and what is not.

use serde_json::json;

use super::*;

#[tokio::test]
async fn what_fails_for_a_moment_is_asked_again() {
    for fault in [
        TextFault::RateLimited { retry_after: Duration::from_millis(1) },
        TextFault::Status(408),
        TextFault::Status(409),
        TextFault::Status(500),
        TextFault::SlowFirstByte(Duration::from_mins(1)),
        TextFault::Reset,
        TextFault::Truncated,
        TextFault::StreamStalls { after: 0 },
    ] {
        let world = World::new().await;
        world.plan([fault.clone()]);
        assert_eq!(world.ask().await.expect("an answer"), ANSWER, "{fault:?}");
        assert_eq!(world.attempts(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn attempts_are_counted() {
    let world = World::new().await;
    world.plan([500, 502, 503].map(TextFault::Status));
    assert_eq!(world.ask().await.expect("the fourth"), ANSWER);
    world.plan([503; 4].map(TextFault::Status));
    let error = world.ask().await.expect_err("no fifth");
    let TextError::Rejected(rejection) = &error else { panic!("{error:?}") };
    assert_eq!((rejection.status, rejection.code.as_str()), (503, "server_is_overloaded"));
    assert!(rejection.request_id.is_some() && error.is_temporary());
    assert_discreet(&error);
    assert_eq!(world.attempts(), 8);
}

#[tokio::test]
async fn a_server_that_wants_a_long_pause_is_left_alone() {
    let world = World::new().await;
    let wanted = Duration::from_mins(1);
    world.plan([TextFault::RateLimited { retry_after: wanted }]);
    let error = world.ask().await.expect_err("not now");
    assert!(matches!(&error, TextError::Rejected(rejection) if rejection.retry_after == Some(wanted)));
    assert!(error.is_temporary() && world.attempts() == 1);
}

#[tokio::test]
async fn a_wrong_key_is_tried_once_and_never_shown() {
    let world = World::new().await;
    let text = Text::new(config(&world.base, "sk-wrong-0123456789-0123456789")).expect("a client");
    let error = text.text(&ask(&messages())).await.expect_err("refused");
    assert!(matches!(&error, TextError::Rejected(rejection) if rejection.status == 401));
    assert!(!error.is_temporary() && world.attempts() == 1);
    assert_discreet(&error);
}

#[tokio::test]
async fn all_attempts_have_one_deadline() {
    let world = World::new().await;
    let mut config = config(&world.base, KEY);
    config.timeouts = Timeouts { total: SHORT, ..Timeouts::default() };
    let text = Text::new(config).expect("a client");
    world.plan([TextFault::Reset, TextFault::StreamStalls { after: 0 }]);
    let error = text.text(&ask(&messages())).await.expect_err("late");
    assert!(matches!(error, TextError::TimedOut) && error.is_temporary());
    assert_eq!(world.attempts(), 2);
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_not_asked_again() {
    let body = json!({"error": {"code": "insufficient_quota", "message": "Ann's quota", "type": "x"}});
    let (text, count) = always((http(429), [("retry-after", "0")], body.to_string())).await;
    let error = text.text(&ask(&messages())).await.expect_err("refused");
    assert!(!error.is_temporary() && count.load(Ordering::Relaxed) == 1);
    assert_eq!(error.to_string(), "OpenAI refused with status 429 (insufficient_quota)");
    assert_discreet(&error);
}

#[tokio::test]
async fn the_server_may_forbid_another_attempt() {
    let (text, count) = always((http(500), [("x-should-retry", "false")], "<html>")).await;
    let error = text.text(&ask(&messages())).await.expect_err("refused");
    assert_eq!(error.to_string(), "OpenAI refused with status 500 (unknown)");
    assert!(!error.is_temporary() && count.load(Ordering::Relaxed) == 1);
}

#[tokio::test]
async fn nobody_there_is_temporary() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let text = Text::new(config(&base, KEY)).expect("a client");
    let error = text.text(&ask(&messages())).await.expect_err("nobody");
    let TextError::Connection(cause) = &error else { panic!("{error:?}") };
    assert!(cause.url().is_none() && error.is_temporary());
}
