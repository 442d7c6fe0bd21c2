//! Notes that the person wants to meet, and when: recorded for the follow-up, not booked.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::interaction::Action;

pub const DESCRIPTION: &str = "Note a proposed meeting with the owner. It is passed on, not booked: do not promise \
                               that it will take place.";
const MAX_TOPIC: usize = 200;
const MAX_TIMES: usize = 5;
const DEFAULT_MINUTES: u32 = 30;
const MINUTES: std::ops::RangeInclusive<u32> = 5..=480;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    topic: String,
    preferred_times: Vec<String>,
    #[serde(default)]
    duration_minutes: Option<u32>,
}

pub fn schema() -> Value {
    object(
        json!({
            "topic": { "type": "string" },
            "preferred_times": {
                "type": "array",
                "items": { "type": "string" },
                "description": "Times as the person said them, with zone if given.",
            },
            "duration_minutes": { "type": "integer", "minimum": 5, "maximum": 480 },
        }),
        &["duration_minutes"],
    )
}

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let Some(topic) = text(&arguments.topic, MAX_TOPIC) else { return Done::refused("the topic is empty") };
    let duration_minutes = arguments.duration_minutes.unwrap_or(DEFAULT_MINUTES);
    if !MINUTES.contains(&duration_minutes) {
        return Done::refused("a meeting lasts between 5 and 480 minutes");
    }
    let times = arguments.preferred_times.iter().filter_map(|time| text(time, MAX_TOPIC));
    let preferred_times = times.take(MAX_TIMES).collect();
    let action = Action::MeetingProposed { topic, preferred_times, duration_minutes };
    Done::did(action, json!({ "noted": true, "say": "The owner will confirm." }))
}
