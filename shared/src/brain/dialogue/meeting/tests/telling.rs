//! How times are told.

use super::*;
use crate::tools::find_times::Fit;

#[test]
fn one_free_time_is_asked_for_by_its_name() {
    let output = json!({
        "times": [{ "start": TUESDAY, "say": "Tuesday 8 December, 3 pm" }], "as_asked": true, "clock": "Berlin time",
    });
    let told = offer_told("Alex Sample", "Tuesday at 3 pm?", &output);
    assert_eq!(told, "Tuesday 8 December, 3 pm, Berlin time, is free. Does it suit you?");
}

#[test]
fn what_is_offered_again_is_not_called_taken() {
    let output = json!({
        "times": [{ "start": TUESDAY, "say": "Tuesday 8 December, 3 pm" }], "as_asked": false,
        "begin": Fit::NotFree.words(), "clock": "Berlin time",
    });
    let is_taken = |said: &str| offer_told("Alex Sample", said, &output).starts_with("Nothing is free then");
    assert!(is_taken("can we talk tomorrow at 3 pm?"));
    assert!(is_taken("tomorrow at 3 pm, my mail is jane@acme.example"));
    assert!(!is_taken("my mail is jane@acme.example") && !is_taken("👍"));
}
