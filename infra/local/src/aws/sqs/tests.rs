use super::queue::Redrive;
use super::*;

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);

fn sqs() -> Sqs {
    let redrive = Some(Redrive { queue: "dead".into(), max_receives: 5 });
    Sqs::new("http://local", "eu-west-1", [("jobs".into(), Settings { redrive, ..Settings::default() })])
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_wakes_for_a_send_a_delay_and_a_timeout() {
    let sqs = sqs();
    let started = Instant::now();
    assert_eq!(sqs.receive("jobs", 10, None, 20 * SECOND).await, Ok(Vec::new()));
    assert_eq!(started.elapsed(), 20 * SECOND);

    sqs.send("jobs", "later", 5 * SECOND).expect("sent");
    let received = sqs.receive("jobs", 10, Some(2 * SECOND), 20 * SECOND).await.expect("received");
    assert_eq!((received.len(), started.elapsed().as_secs()), (1, 25));
    let again = sqs.receive("jobs", 10, None, 20 * SECOND).await.expect("received");
    assert_eq!((again[0].message.receives, started.elapsed().as_secs()), (2, 27));

    let (received, _) =
        tokio::join!(sqs.receive("jobs", 10, None, 20 * SECOND), async { sqs.send("jobs", "now", NOW) });
    assert_eq!((received.expect("received").len(), started.elapsed().as_secs()), (1, 27));
}

#[tokio::test(start_paused = true)]
async fn poison_is_dead_after_five_receives_and_nothing_is_lost() {
    let sqs = sqs();
    sqs.send("jobs", "poison", NOW).expect("sent");
    sqs.send("jobs", "good", NOW).expect("sent");
    let consume = async {
        loop {
            for received in sqs.receive("jobs", 10, None, SECOND).await.expect("known") {
                if received.message.body == "good" {
                    sqs.delete("jobs", &received.receipt.to_string()).expect("valid");
                }
            }
        }
    };
    let counts = tokio::select! {
        never = consume => never,
        counts = sqs.drained("jobs") => counts.expect("known"),
    };
    assert_eq!(counts, Counts { sent: 2, deleted: 1, moved: 1, ..Counts::default() });
    let dead = sqs.dead_letters("jobs").expect("known");
    assert_eq!((dead.len(), dead[0].body.as_str(), dead[0].receives), (1, "poison", 5));
}

#[tokio::test(start_paused = true)]
async fn faults_hit_the_next_sends_only() {
    let sqs = sqs();
    sqs.fault(Fault::Throttle, 1);
    sqs.fault(Fault::Fail, 1);
    sqs.fault(Fault::Duplicate, 1);
    assert_eq!(sqs.send("jobs", "a", NOW), Err(Error::RequestThrottled));
    assert_eq!(sqs.send("jobs", "a", NOW), Err(Error::InternalError));
    let id = sqs.send("jobs", "a", NOW).expect("sent");
    let received = sqs.receive("jobs", 10, None, NOW).await.expect("received");
    assert_eq!(received.iter().map(|one| &one.message.id).collect::<Vec<_>>(), [&id, &id]);
    assert_ne!(received[0].receipt, received[1].receipt);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_all_waiting() {
    let sqs = sqs();
    sqs.send("jobs", "a", 900 * SECOND).expect("sent");
    let (received, drained, ()) =
        tokio::join!(sqs.receive("jobs", 1, None, 20 * SECOND), sqs.drained("jobs"), async { sqs.close() });
    assert_eq!(received, Ok(Vec::new()));
    assert_eq!(drained.map(|counts| counts.delayed), Ok(1));
}

#[test]
fn a_body_has_its_limits() {
    assert_eq!(check_body(&"x".repeat(MAX_BYTES)), Ok(()));
    assert!(check_body(&"x".repeat(MAX_BYTES + 1)).is_err());
    assert_eq!(check_body("tab\t, line\r\n, \u{1F600}"), Ok(()));
    assert_eq!(check_body("\0"), Err(Error::InvalidMessageContents));
    assert_eq!(check_body("\u{FFFF}"), Err(Error::InvalidMessageContents));
    assert_eq!(check_body(""), Err(Error::MissingParameter("MessageBody")));
}
