//! What is not taken, not sent and not followed.

use super::*;

#[tokio::test]
async fn the_key_follows_no_redirect() {
    let (text, count) = always((http(307), [("location", "/elsewhere")], "")).await;
    let error = text.text(&ask(&messages())).await.expect_err("refused");
    assert!(matches!(error, TextError::Rejected(_)) && count.load(Ordering::Relaxed) == 1);
}

#[tokio::test]
async fn endless_and_odd_answers_are_errors() {
    let (text, count) = always("x".repeat(5 * 1024 * 1024)).await;
    let error = text.text(&ask(&messages())).await.expect_err("too long");
    assert!(matches!(error, TextError::TooLong(4_194_304)), "{error:?}");
    let error = text.stream(&ask(&messages())).next().await.expect("an item").expect_err("too long");
    assert!(matches!(error, TextError::TooLong(4_194_304)), "{error:?}");
    assert_eq!(count.load(Ordering::Relaxed), 2);
    let (text, _) = always("data: {\"Ann\": 1}\n\n").await;
    let whole = text.text(&ask(&messages())).await.expect_err("malformed");
    let streamed = text.stream(&ask(&messages())).next().await.expect("an item").expect_err("malformed");
    let vectors = text.embed(&["Ann".to_owned()]).await.expect_err("malformed");
    for error in [whole, streamed, vectors] {
        assert!(matches!(error, TextError::Malformed(_)), "{error:?}");
        assert_discreet(&error);
    }
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_meant() {
    let (text, count) = always("").await;
    assert!(matches!(text.text(&ask(&[])).await, Err(TextError::Invalid(_))));
    assert!(matches!(text.stream(&ask(&[])).next().await, Some(Err(TextError::Invalid(_)))));
    assert!(matches!(text.embed(&[String::new()]).await, Err(TextError::Invalid(_))));
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

fn event(delta: &str) -> String {
    format!(
        "event: response.output_text.delta\r\ndata: {{\"type\":\"response.output_text.delta\",\r\n\
         data: \"delta\":\"{delta}\"}}\r\n\r\n: still here\r\n\r\n"
    )
}

#[tokio::test]
async fn a_stream_has_an_end() {
    let (text, _) = always(event(&"x".repeat(100_000)).repeat(3)).await;
    let deltas: Vec<_> = text.stream(&ask(&messages())).collect().await;
    assert!(
        matches!(deltas.as_slice(), [Ok(_), Ok(_), Err(TextError::TooLong(262_144))]),
        "{}",
        deltas.len()
    );
    let (text, _) = always(event("")).await;
    let deltas: Vec<_> = text.stream(&ask(&messages())).collect().await;
    assert!(matches!(deltas.as_slice(), [Err(TextError::EndedEarly)]), "an empty delta is none");
}
