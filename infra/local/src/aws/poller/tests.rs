use std::sync::Mutex;

use aws_lambda_events::sqs::BatchItemFailure;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::*;
use crate::aws::sqs::queue::{Counts, Redrive, Settings};

const NOW: Duration = Duration::ZERO;

fn sqs() -> Arc<Sqs> {
    let redrive = Some(Redrive { queue: "dead".into(), max_receives: 5 });
    let settings = Settings { redrive, ..Settings::default() };
    Arc::new(Sqs::new("http://local", "eu-west-1", [("jobs".into(), settings)]))
}

/// Reports the messages whose body is `bad`.
fn report(event: &SqsEvent, bad: &str) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for record in event.records.iter().filter(|record| record.body.as_deref() == Some(bad)) {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = record.message_id.clone().unwrap_or_default();
        response.batch_item_failures.push(failure);
    }
    response
}

#[tokio::test(start_paused = true)]
async fn only_the_reported_message_is_tried_again_until_it_is_dead() {
    let sqs = sqs();
    for body in ["one", "poison", "two"] {
        sqs.send("jobs", body, NOW).expect("sent");
    }
    let batches = Arc::new(Mutex::new(Vec::new()));
    let seen = batches.clone();
    let poller = Poller::start(sqs.clone(), "jobs", move |event: SqsEvent| {
        seen.lock().expect("no panic").push(event.records.len());
        async move { Ok::<_, String>(report(&event, "poison")) }
    });
    let counts = sqs.drained("jobs").await.expect("known");
    assert_eq!(counts, Counts { sent: 3, deleted: 2, moved: 1, ..Counts::default() });
    assert_eq!(sqs.dead_letters("jobs").expect("known")[0].body, "poison");
    assert_eq!(*batches.lock().expect("no panic"), [3, 1, 1, 1, 1]);
    poller.expect("started").stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_error_a_panic_and_a_hang_return_the_whole_batch() {
    let sqs = sqs();
    sqs.send("jobs", "a", NOW).expect("sent");
    let started = Instant::now();
    let poller = Poller::start(sqs.clone(), "jobs", move |event: SqsEvent| async move {
        match event.records[0].attributes["ApproximateReceiveCount"].as_str() {
            "1" => Err("no"),
            "2" => panic!("a bug"),
            "3" => std::future::pending().await,
            _ => Ok(SqsBatchResponse::default()),
        }
    });
    let counts = sqs.drained("jobs").await.expect("known");
    assert_eq!((counts.deleted, counts.moved), (1, 0));
    assert_eq!(started.elapsed().as_secs(), 90);
    poller.expect("started").stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_report_about_an_unknown_message_returns_the_whole_batch() {
    let sqs = sqs();
    sqs.send("jobs", "a", NOW).expect("sent");
    let poller = Poller::start(sqs.clone(), "jobs", |_| async {
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures.push(BatchItemFailure::default());
        Ok::<_, String>(response)
    });
    let counts = sqs.drained("jobs").await.expect("known");
    assert_eq!((counts.deleted, counts.moved), (0, 1));
    poller.expect("started").stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_event_is_what_lambda_gives() {
    let sqs = sqs();
    let id = sqs.send("jobs", "hello", NOW).expect("sent");
    let received = sqs.receive("jobs", 10, None, NOW).await.expect("received");
    let event = event(&received, &sqs.queue_arn("jobs"), sqs.region());
    let record = &event.records[0];
    assert_eq!(record.message_id.as_ref(), Some(&id));
    assert_eq!(record.md5_of_body.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:sqs:eu-west-1:000000000000:jobs"));
    assert_eq!(record.event_source.as_deref(), Some("aws:sqs"));
    assert_eq!(record.attributes["ApproximateReceiveCount"], "1");
    assert_eq!(record.attributes["SentTimestamp"], record.attributes["ApproximateFirstReceiveTimestamp"]);
    assert!(!record.attributes.contains_key("AWSTraceHeader"));
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_the_current_batch_finish() {
    let sqs = sqs();
    sqs.send("jobs", "a", NOW).expect("sent");
    let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, finished) = (entered.clone(), finish.clone());
    let poller = Poller::start(sqs.clone(), "jobs", move |_| {
        let (enter, finished) = (enter.clone(), finished.clone());
        async move {
            enter.notify_one();
            finished.notified().await;
            Ok::<_, String>(SqsBatchResponse::default())
        }
    });
    entered.notified().await;
    sqs.send("jobs", "b", NOW).expect("sent");
    tokio::join!(poller.expect("started").stop(), async { finish.notify_one() });
    let counts = sqs.counts("jobs").expect("known");
    assert_eq!((counts.deleted, counts.visible), (1, 1));
}

#[tokio::test]
async fn there_is_no_poller_without_a_queue() {
    let started = Poller::start(sqs(), "none", |_| async { Ok::<_, String>(SqsBatchResponse::default()) });
    assert_eq!(started.err(), Some(Error::QueueDoesNotExist));
}
