//! Twilio's side of the stream: plays what is buffered in real time, and returns marks when they are reached; all
//! at once when they are dropped.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value;

use crate::wire::{
    json::decoded_len,
    twilio::media::{BYTES_PER_MS, FRAME_BYTES},
};

#[derive(Debug, Default)]
pub struct Player {
    silent_from: Duration,
    marks: VecDeque<(Duration, String)>,
}

impl Player {
    /// A message to Twilio.
    pub fn receive(&mut self, message: &Value, now: Duration) {
        match message["event"].as_str().unwrap() {
            "media" => {
                let bytes = decoded_len(message["media"]["payload"].as_str().unwrap());
                assert!(bytes > 0 && bytes.is_multiple_of(FRAME_BYTES), "{bytes} bytes are not whole frames");
                let length = Duration::from_millis(bytes as u64 / BYTES_PER_MS);
                self.silent_from = self.silent_from.max(now) + length;
            }
            "mark" => {
                let name = message["mark"]["name"].as_str().unwrap().to_owned();
                self.marks.push_back((self.silent_from.max(now), name));
            }
            "clear" => {
                self.silent_from = now;
                for (at, _) in &mut self.marks {
                    *at = now;
                }
            }
            other => panic!("Twilio knows no {other:?}"),
        }
    }

    /// When the next mark is reached.
    pub fn due(&self) -> Option<Duration> {
        self.marks.front().map(|(at, _)| *at)
    }

    pub fn mark(&mut self) -> Option<String> {
        self.marks.pop_front().map(|(_, name)| name)
    }
}
