//! Rows 13 to 15: messages that cannot be read, are too large, or are new.

use tests::{Bench, CALL_SID};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{CALLER, POLICY, TOO_LARGE, client::Client, no_conversation};

const LARGEST: usize = 64 * 1024;
/// Of those that cannot be read, this one closes the stream.
const TOO_MANY: usize = 10;

/// An event that nobody knows, of exactly this many bytes.
fn novelty(bytes: usize) -> String {
    const HEAD: &str = r#"{"event":"novelty","padding":""#;
    const TAIL: &str = r#""}"#;
    let text = format!("{HEAD}{}{TAIL}", "x".repeat(bytes - HEAD.len() - TAIL.len()));
    assert_eq!(text.len(), bytes);
    text
}

/// How much of the caller's audio the model got.
fn audio_frames(bench: &Bench) -> u64 {
    bench.openai().sessions()[0].audio_frames
}

/// Waits until the model has got this many frames; each ping is a turn of the relay's loop.
async fn model_hears(bench: &Bench, client: &mut Client, frames: u64) {
    for _ in 0..1000 {
        client.is_alive().await;
        if audio_frames(bench) >= frames {
            break;
        }
    }
    assert_eq!(audio_frames(bench), frames);
}

#[tokio::test]
async fn nine_bad_frames_are_dropped_and_the_tenth_closes() {
    let bench = Bench::start().await;
    let mut client = Client::in_call(&bench, CALL_SID, CALLER).await;
    let bad: [fn(&mut Client) -> Message; 5] = [
        |client| client.writer.bad_media(0).into(),
        |_| r#"{"event":"media","media":{"payload":"AAA"}}"#.into(),
        |_| r#"{"event":"media","media":{"payload":"Zg==Zg=="}}"#.into(),
        |_| "{".into(),
        |_| Message::binary(vec![0_u8; 160]),
    ];
    for make in bad.iter().cycle().take(TOO_MANY - 1) {
        let message = make(&mut client);
        client.send(message).await;
        client.is_alive().await;
    }
    for _ in 0..5 {
        client.frame().await;
    }
    model_hears(&bench, &mut client, 5).await;
    let last = client.writer.bad_media(0);
    client.send(last).await;
    assert_eq!(client.close_code().await, POLICY);
    assert_eq!(audio_frames(&bench), 5, "what cannot be read is not passed on");
    assert_eq!(bench.footprint().await, (1, 1));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_of_64_kib_is_read() {
    let bench = Bench::start().await;
    let url = bench.stream_url(CALL_SID, CALLER).await;
    let mut client = Client::connect(&bench, &url, CALL_SID).await;
    client.send(novelty(LARGEST)).await;
    client.begin().await;
    client.hears().await;
    client.send(novelty(LARGEST)).await;
    client.send(Message::Frame(fragment(true, LARGEST / 2))).await;
    client.send(Message::Frame(fragment(false, LARGEST / 2))).await;
    client.is_alive().await;
    client.hang_up().await;
    bench.stack.stop().await.unwrap();
}

/// Two of them are a message that is not JSON.
fn fragment(first: bool, bytes: usize) -> Frame {
    let kind = if first { Data::Text } else { Data::Continue };
    Frame::message(vec![b'x'; bytes], OpCode::Data(kind), !first)
}

#[tokio::test]
async fn a_message_over_64_kib_closes() {
    let bench = Bench::start().await;
    let cases: [fn() -> Vec<Message>; 3] = [
        || vec![novelty(LARGEST + 1).into()],
        || vec![novelty(16 * LARGEST).into()],
        || {
            vec![
                Message::Frame(fragment(true, LARGEST / 2)),
                Message::Frame(fragment(false, LARGEST / 2 + 1)),
            ]
        },
    ];
    for (number, messages) in (1..).zip(cases) {
        let call_sid = super::sid(number);
        // Before the start there is nothing to lose …
        let url = bench.stream_url(&call_sid, CALLER).await;
        let before = bench.footprint().await;
        let mut client = Client::connect(&bench, &url, &call_sid).await;
        for message in messages() {
            client.send(message).await;
        }
        assert_eq!(client.close_code().await, TOO_LARGE);
        no_conversation(&bench, &call_sid).await;
        assert_eq!(bench.footprint().await, before);
        // … and later the conversation is closed in order.
        let mut client = Client::in_call(&bench, &call_sid, CALLER).await;
        for message in messages() {
            client.send(message).await;
        }
        client.frame().await;
        assert_eq!(client.close_code().await, TOO_LARGE);
        let call = bench.conversation(&call_sid).await;
        assert_ne!(call["status"], "open");
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn unknown_events_are_passed_over() {
    let bench = Bench::start().await;
    let mut client = Client::in_call(&bench, CALL_SID, CALLER).await;
    for _ in 0..2 * TOO_MANY {
        let novelty = client.writer.unknown(10);
        client.send(novelty).await;
        client.send(r#"{"event":"media"}"#).await;
        client.send(r#"{"event":"mark","mark":{"name":"never sent"}}"#).await;
        client.send(r#"{"event":"connected"}"#).await;
    }
    client.frame().await;
    model_hears(&bench, &mut client, 1).await;
    client.hang_up().await;
    let call = bench.conversation(CALL_SID).await;
    assert_eq!(call["outcome"], "hung_up");
    bench.stack.stop().await.unwrap();
}
