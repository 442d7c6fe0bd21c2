//! Answers as they are written.

use super::*;

#[tokio::test]
async fn a_stream_says_what_an_answer_says() {
    let world = World::new().await;
    let (text, error) = world.stream().await;
    assert_eq!((text.as_str(), error.is_none()), (ANSWER, true));
    assert_eq!(world.sim.asked()[0].body["stream"], true);
}

#[tokio::test]
async fn a_stream_begins_again_only_before_the_first_delta() {
    for fault in [
        TextFault::RateLimited { retry_after: Duration::ZERO },
        TextFault::Status(500),
        TextFault::Reset,
        TextFault::SlowFirstByte(Duration::from_mins(1)),
        TextFault::StreamStops { after: 0 },
        TextFault::StreamStops { after: 6 },
        TextFault::StreamStalls { after: 6 },
    ] {
        let world = World::new().await;
        world.plan([fault.clone()]);
        let (text, error) = world.stream().await;
        assert_eq!((text.as_str(), world.attempts()), (ANSWER, 2), "{fault:?} {error:?}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_after_its_first_delta_is_an_error() {
    for fault in
        [TextFault::StreamStops { after: 8 }, TextFault::StreamStalls { after: 8 }, TextFault::Truncated]
    {
        let world = World::new().await;
        world.plan([fault.clone()]);
        let (text, error) = world.stream().await;
        let error = error.expect("an error");
        assert!(!text.is_empty() && text.len() < ANSWER.len() && ANSWER.starts_with(&text), "{text}");
        let fits = match fault {
            TextFault::StreamStops { .. } => matches!(error, TextError::EndedEarly),
            TextFault::StreamStalls { .. } => matches!(error, TextError::Stalled),
            _ => matches!(error, TextError::Connection(_)),
        };
        assert!(fits && error.is_temporary() && world.attempts() == 1, "{error:?}");
        assert_discreet(&error);
    }
}
