//! The times that a mail proposes.

use jiff::{civil::Weekday, tz::TimeZone};

use super::{close, conversation};
use crate::calendar::started;
use twin::follow_up::Content;

/// They wished for a Monday, on their clock, at which they are asleep for a third of it.
#[tokio::test]
async fn they_are_those_wished_for_on_their_own_clock() {
    let bench = started().await;
    let session = conversation(&bench, "+14155550163").await;
    close(&bench, &session).await;
    let all = bench.stack.twin.store().follow_ups(&session.person).await.unwrap();
    let proposed = all.iter().find_map(|one| match &one.content {
        Content::SummaryEmail { slots, .. } => Some(slots.clone()),
        _ => None,
    });
    let proposed = proposed.unwrap();
    assert!(!proposed.is_empty());
    for start in proposed {
        let there = start.to_zoned(TimeZone::get("America/Los_Angeles").unwrap());
        assert_eq!(there.weekday(), Weekday::Monday, "{there}");
        assert!((8..20).contains(&there.hour()), "{there}");
    }
    bench.stack.stop().await.unwrap();
}
