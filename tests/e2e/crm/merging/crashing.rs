//! Whoever merges dies between two writes.

use jiff::Timestamp;
use omnitwin::stack::TABLE;
use serde_json::json;
use tests::{Bench, dying::Life};
use twin::{
    clients::queue::Queue, error::Error, id::PersonId, interaction::Channel, store::Store, twin::Twin,
};

use super::{super::created, OWNER, config, held};

/// Whoever merges, or takes it back, dies after each number of writes: readers see one or two, never half, and the next
/// to try brings it to its end.
#[tokio::test]
async fn a_crash_between_any_two_writes_leaves_one_or_two() {
    let bench = Bench::start().await;
    let dying = |life: &Life| {
        let nowhere = Queue::new(aws_sdk_sqs::Client::new(&config(&bench)), "http://127.0.0.1:1/jobs");
        Twin::new(Store::new(life.client(&config(&bench)), TABLE), nowhere)
    };
    let twin = &bench.stack.twin;
    let store = twin.store();
    for apart in [false, true] {
        for writes in 0.. {
            let one: PersonId = created(&bench, json!({ "name": "Xaver Quill" })).await.parse().unwrap();
            let other: PersonId = created(&bench, json!({ "name": "Yvonne Root" })).await.parse().unwrap();
            held(&bench, &other, Channel::Chat, 9, "I work at Northgate.").await;
            if apart {
                twin.merge(&one, &other, OWNER, Timestamp::now()).await.unwrap();
                // Facts that have to be given back.
                held(&bench, &other, Channel::Chat, 0, "I work at Southgate. I live in Rome.").await;
            }
            let life = Life::of(writes);
            let now = Timestamp::now();
            let done = match apart {
                false => dying(&life).merge(&one, &other, OWNER, now).await.map(drop),
                true => dying(&life).unmerge(&other, now).await.map(drop),
            };
            let is_one = store.contact(&other).await.unwrap().unwrap().id == one;
            let facts = async |person| {
                let all = store.facts(person).await.unwrap();
                all.iter().filter(|fact| fact.is_current()).count()
            };
            let conversations = store.interactions(&one).await.unwrap().len();
            assert_eq!(conversations > 0, is_one, "after {writes} writes");
            assert_eq!(facts(&one).await > 0, is_one, "after {writes} writes");
            assert!(facts(&other).await > 0, "after {writes} writes");
            match done {
                Ok(()) => assert_ne!(is_one, apart),
                Err(Error::Unavailable(_)) => {
                    let again = match apart {
                        false => twin.merge(&one, &other, OWNER, Timestamp::now()).await.map(drop),
                        true => twin.unmerge(&other, Timestamp::now()).await.map(drop),
                    };
                    // What was done before the death is done.
                    assert!(matches!(again, Ok(()) | Err(Error::NotFound | Error::Invalid(_))), "{again:?}");
                    let is_one = store.contact(&other).await.unwrap().unwrap().id == one;
                    assert_ne!(is_one, apart);
                }
                Err(error) => panic!("{error:?}"),
            }
            let theirs = store.facts_in(&one).await.unwrap();
            assert!(!apart || theirs.is_empty(), "{theirs:?}");
            if !life.is_over() {
                break;
            }
        }
    }
    bench.stack.stop().await.unwrap();
}
