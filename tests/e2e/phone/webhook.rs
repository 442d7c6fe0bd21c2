//! Bad inputs at the phone's webhooks: what each gets, and that it leaves no trace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

mod limits;
mod outage;
mod refusals;
mod repeats;
mod strangers;

use http::{Method, StatusCode};
use phone_webhook::{AFTER_STREAM, FALLBACK, INCOMING, RECORDING, SETTINGS, STATUS};
use serde_json::json;
use tests::{Bench, CALL_SID};

const ROUTES: [&str; 5] = [INCOMING, AFTER_STREAM, STATUS, FALLBACK, RECORDING];
const CALLER: &str = "+14155550150";

/// Nobody was written down, and the model was not asked.
async fn untouched(bench: &Bench) {
    assert_eq!(bench.footprint().await, (0, 0));
    assert_eq!(bench.call(CALL_SID).await, None);
}

fn sid(number: u32) -> String {
    format!("CA{number:032x}")
}

/// So many calls of one number may go on at once.
async fn at_once(bench: &Bench, most: usize) {
    let body = json!({ "version": 0, "settings": { "callsAtOnce": most } });
    let saved = bench.as_owner(Method::PUT, SETTINGS).json(&body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::OK);
}
