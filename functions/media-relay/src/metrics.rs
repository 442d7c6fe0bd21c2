//! How much of the relay is in use, once a minute, in the embedded metric format: `CloudWatch` makes a metric of the
//! line, by which the service scales. Source: Amazon `CloudWatch`, "Specification: Embedded metric format".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Slots;

pub const NAMESPACE: &str = "Omnitwin";
const EACH: Duration = Duration::from_mins(1);

/// Writes a line to standard output each minute. `stack` keeps the metrics of several twins apart.
pub async fn keep(stack: String, slots: Slots) {
    let mut tick = tokio::time::interval(EACH);
    loop {
        tick.tick().await;
        println!("{}", line(&stack, slots.taken(), slots.total(), Timestamp::now()));
    }
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
}
