//! How much of the relay is in use, once a minute, in the embedded metric format: `CloudWatch` makes a metric of the
//! line, by which the service scales. Source: Amazon `CloudWatch`, "Specification: Embedded metric format".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use twin::call::latency::Wait;

use crate::Slots;

pub const NAMESPACE: &str = "Omnitwin";
/// An array of the embedded metric format holds no more.
const MOST_VALUES: usize = 100;
const EACH: Duration = Duration::from_mins(1);

/// Writes a line to standard output each minute. `stack` keeps the metrics of several twins apart.
pub async fn keep(stack: String, slots: Slots) {
    let mut tick = tokio::time::interval(EACH);
    loop {
        tick.tick().await;
        println!("{}", line(&stack, slots.taken(), slots.total(), Timestamp::now()));
    }
}

/// Writes how long callers waited in a call, for percentiles over all calls.
pub fn waits(stack: &str, waits: &[Wait]) {
    for some in waits.chunks(MOST_VALUES) {
        println!("{}", waited(stack, some, Timestamp::now()));
    }
}

/// `TurnFirstAudio` and `TurnHeard`: milliseconds since the caller stopped speaking, a value a turn.
fn waited(stack: &str, waits: &[Wait], now: Timestamp) -> Value {
    let metrics = json!([
        {"Name": "TurnFirstAudio", "Unit": "Milliseconds"}, {"Name": "TurnHeard", "Unit": "Milliseconds"},
    ]);
    let values = |which: fn(&Wait) -> u64| waits.iter().map(which).collect::<Vec<_>>();
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": metrics}],
        },
        "Stack": stack,
        "TurnFirstAudio": values(|wait| wait.first_audio),
        "TurnHeard": values(|wait| wait.heard),
    })
}

/// `CallsTaken` and `SlotsUsed` (percent) of one task.
fn line(stack: &str, taken: usize, total: usize, now: Timestamp) -> Value {
    let metrics = json!([{"Name": "CallsTaken", "Unit": "Count"}, {"Name": "SlotsUsed", "Unit": "Percent"}]);
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": metrics}],
        },
        "Stack": stack,
        "CallsTaken": taken,
        "SlotsUsed": (taken * 100).checked_div(total).unwrap_or(100),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_that_is_named_is_there() {
        let line = line("omnitwin", 25, 100, Timestamp::UNIX_EPOCH);
        let described = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in described["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_u64());
        }
        assert_eq!(described["Dimensions"], json!([["Stack"]]));
        assert_eq!((&line["SlotsUsed"], &line["Stack"]), (&json!(25), &json!("omnitwin")));
        assert_eq!(super::line("omnitwin", 0, 0, Timestamp::UNIX_EPOCH)["SlotsUsed"], 100);
    }

    #[test]
    fn each_turn_is_a_value() {
        let waits = [Wait { first_audio: 300, heard: 400 }, Wait { first_audio: 500, heard: 650 }];
        let line = waited("omnitwin", &waits, Timestamp::UNIX_EPOCH);
        assert_eq!((&line["TurnFirstAudio"], &line["TurnHeard"]), (&json!([300, 500]), &json!([400, 650])));
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_array());
        }
    }
}
