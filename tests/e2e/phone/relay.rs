//! Bad inputs at the media relay, frame by frame: what each gets, and that no model is opened for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on panics with its reason"
)]

mod admission;
pub mod client;
mod ending;
mod frames;
mod start;

use tests::Bench;

const CALLER: &str = "+14155550150";
const POLICY: u16 = 1008;
const TOO_LARGE: u16 = 1009;

fn sid(number: u32) -> String {
    format!("CA{number:032x}")
}

/// The call was taken by the webhook, and nothing came of it: no conversation.
async fn no_conversation(bench: &Bench, call_sid: &str) {
    let call = bench.call(call_sid).await.expect("a row");
    let conversation = bench.stack.twin.store().interaction(&call.person, &call.interaction).await;
    assert_eq!(conversation.unwrap(), None);
}
