//! Rows 11 and 12: a stream begins in time, for its own call, and once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sim::{
    speech::{FRAME, SILENCE},
    twilio::frames::Writer,
};
use tests::{Bench, CALL_SID};

use super::{
    CALLER, POLICY,
    client::{Client, STREAM_SID},
    no_conversation, sid,
};

/// It is 5 s, which begin before whoever connects knows that they are connected.
const START_WITHIN: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(10);

/// One says nothing, one only that it is connected, one talks of other things.
#[tokio::test]
async fn a_stream_that_does_not_start_is_closed() {
    let bench = Bench::start().await;
    let wait = async |number: u32| {
        let url = bench.stream_url(&sid(number), CALLER).await;
        let mut client = Client::connect(&bench, &url, &sid(number)).await;
        let began = Instant::now();
        if number > 1 {
            client.send(Writer::connected()).await;
        }
        if number > 2 {
            let unknown = client.writer.unknown(10);
            client.send(unknown).await;
        }
        assert_eq!(client.close_code().await, POLICY);
        let took = began.elapsed();
        assert!(START_WITHIN.contains(&took), "{took:?}");
        no_conversation(&bench, &sid(number)).await;
    };
    tokio::join!(wait(1), wait(2), wait(3));
    assert_eq!(bench.footprint().await, (1, 0));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_start_is_refused() {
    let bench = Bench::start().await;
    let mut client = Client::in_call(&bench, CALL_SID, CALLER).await;
    let before = bench.footprint().await;
    let start = client.writer.start(&[]);
    client.send(start).await;
    assert_eq!(client.close_code().await, POLICY);
    assert_eq!(bench.footprint().await, before);
    let call = bench.conversation(CALL_SID).await;
    assert_eq!(call["outcome"], "lost");
    bench.stack.stop().await.unwrap();
}

/// Row 4's twin on the relay: whoever comes second with a ticket is refused, and the first is not disturbed.
#[tokio::test]
async fn a_ticket_is_good_once() {
    let bench = Bench::start().await;
    let url = bench.stream_url(CALL_SID, CALLER).await;
    let mut first = Client::connect(&bench, &url, CALL_SID).await;
    first.begin().await;
    first.hears().await;
    let before = bench.footprint().await;
    let mut second = Client::connect(&bench, &url, CALL_SID).await;
    second.begin().await;
    assert_eq!(second.close_code().await, POLICY);
    // A repeated webhook gives the same ticket, used up or not.
    let mut third = Client::connect(&bench, &bench.stream_url(CALL_SID, CALLER).await, CALL_SID).await;
    third.begin().await;
    assert_eq!(third.close_code().await, POLICY);
    first.is_alive().await;
    first.hang_up().await;
    let mut late = Client::connect(&bench, &url, CALL_SID).await;
    late.begin().await;
    assert_eq!(late.close_code().await, POLICY);
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn of_twenty_with_one_ticket_one_is_served() {
    let bench = Bench::start().await;
    let url = bench.stream_url(CALL_SID, CALLER).await;
    let clients = join_all((0..20).map(|_| Client::connect(&bench, &url, CALL_SID))).await;
    let attempt = async |mut client: Client| {
        client.begin().await;
        let refused = client.voice_or_close().await;
        if refused.is_none() {
            client.hang_up().await;
        }
        refused
    };
    let codes = join_all(clients.into_iter().map(attempt)).await;
    assert_eq!(codes.iter().filter(|code| **code == Some(POLICY)).count(), 19, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    assert_eq!(bench.footprint().await, (1, 1));
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_ticket_of_another_call_is_refused() {
    let bench = Bench::start().await;
    let account = bench.stack.account.account_sid.as_str();
    let url = bench.stream_url(&sid(1), CALLER).await;
    bench.stream_url(&sid(2), "+14155550151").await;
    let before = bench.footprint().await;
    let starts = [
        (account, sid(2)),
        (account, sid(3)),
        (account, sid(1).replacen("CA", "ca", 1)),
        ("AC11111111111111111111111111111111", sid(1)),
        ("", sid(1)),
    ];
    for (account, call_sid) in starts {
        let mut client = Client::connect(&bench, &url, &call_sid).await;
        client.writer = Writer::new(account, &call_sid, STREAM_SID);
        client.begin().await;
        assert_eq!(client.close_code().await, POLICY, "{account} {call_sid}");
    }
    no_conversation(&bench, &sid(1)).await;
    no_conversation(&bench, &sid(2)).await;
    assert_eq!(bench.footprint().await, before);
    // The ticket is still good for its own call.
    let mut client = Client::connect(&bench, &url, &sid(1)).await;
    client.begin().await;
    client.hears().await;
    client.hang_up().await;
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_else_comes_before_start() {
    let bench = Bench::start().await;
    let url = bench.stream_url(CALL_SID, CALLER).await;
    let mut writer = Writer::new(&bench.stack.account.account_sid, CALL_SID, STREAM_SID);
    let before = bench.footprint().await;
    let early = [
        writer.media(0, &[SILENCE; FRAME]),
        writer.bad_media(0),
        writer.mark("m"),
        writer.dtmf('1'),
        writer.stop(),
        "{".to_owned(),
        "[]".to_owned(),
        r#"{"event":"start","start":{}}"#.to_owned(),
        format!(r#"{{"event":"start","start":{}1{}}}"#, "[".repeat(200), "]".repeat(200)),
        String::new(),
    ];
    for message in early {
        let mut client = Client::connect(&bench, &url, CALL_SID).await;
        client.send(Writer::connected()).await;
        client.send(message.clone()).await;
        client.begin().await;
        assert_eq!(client.close_code().await, POLICY, "{message}");
    }
    no_conversation(&bench, CALL_SID).await;
    assert_eq!(bench.footprint().await, before);
    bench.stack.stop().await.unwrap();
}
