//! What a call tells a Realtime model, event by event as lines of JSON, for a peer that knows the vendor's own types:
//! `cargo run -p tests --example realtime_events`.

use std::{collections::VecDeque, error::Error, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use twin::{
    call::{Call, Input, Limits, Opening, outbox::Outbox},
    language::Spoken,
    routing::RouteKind,
    tools::Tool,
    wire::{
        realtime::{
            server,
            session::{Session, VoiceOptions},
        },
        twilio::media,
    },
};

type Outcome = Result<(), Box<dyn Error>>;

fn session(instructions: &str, route: RouteKind) -> Session {
    Session::for_phone(instructions.to_owned(), Tool::for_call(route, false), &VoiceOptions::default())
}

struct Told {
    call: Call,
    now: Duration,
    /// What Twilio was sent, and has not played yet.
    marks: VecDeque<String>,
}

impl Told {
    fn hears(&mut self, input: Input<'_>) -> Outcome {
        let mut out = Outbox::default();
        self.call.handle(input, self.now, &mut out);
        for message in out.to_model {
            println!("{}", String::from_utf8_lossy(&message.text));
        }
        for message in out.to_twilio {
            let sent: Value = serde_json::from_slice(&message.text)?;
            match sent["event"].as_str() {
                Some("mark") => self.marks.extend(sent["mark"]["name"].as_str().map(str::to_owned)),
                Some("clear") => self.marks.clear(),
                _ => {}
            }
        }
        Ok(())
    }

    fn model(&mut self, event: &Value) -> Outcome {
        let text = event.to_string();
        self.hears(Input::Model(server::decode(&text)?))
    }

    /// The caller hears so many pieces of what was sent.
    fn plays(&mut self, pieces: usize) -> Outcome {
        for _ in 0..pieces {
            let Some(name) = self.marks.pop_front() else { return Ok(()) };
            self.now += Duration::from_millis(200);
            self.hears(Input::Twilio(media::Incoming::Mark(&name)))?;
        }
        Ok(())
    }

    fn answers(&mut self, id: &str, item: &str, ms: usize) -> Outcome {
        let of = json!({ "response_id": id, "item_id": item });
        let with = |kind: &str, delta: String| {
            let mut event = of.clone();
            event["type"] = json!(format!("response.{kind}.delta"));
            event["delta"] = json!(delta);
            event
        };
        self.model(&json!({ "type": "response.created", "response": { "id": id } }))?;
        self.model(&with("output_audio_transcript", "One two three four five.".to_owned()))?;
        if ms > 0 {
            self.model(&with("output_audio", STANDARD.encode(vec![0x55_u8; ms * 8])))?;
        }
        Ok(())
    }

    fn done(&mut self, id: &str, status: &str) -> Outcome {
        self.model(&json!({ "type": "response.done", "response": { "id": id, "status": status } }))
    }

    fn speaks(&mut self, item: &str) -> Outcome {
        self.model(&json!({ "type": "input_audio_buffer.speech_started", "item_id": item }))?;
        self.now += Duration::from_millis(400);
        self.model(&json!({ "type": "input_audio_buffer.speech_stopped", "item_id": item }))
    }
}

fn main() -> Outcome {
    let mut told =
        Told { call: Call::new("MZ1", Limits::default()), now: Duration::ZERO, marks: VecDeque::new() };
    told.call.opened(Opening {
        session: session("Be brief.\nYou speak for Alex Sample.", RouteKind::Recruiter),
        greeting: "Hello, this is an AI.".to_owned(),
        outbound: None,
        live: None,
        spoken: Spoken::default(),
    });
    told.hears(Input::ModelReady)?;
    told.answers("r0", "g", 1000)?;
    told.done("r0", "completed")?;
    told.plays(usize::MAX)?;
    told.hears(Input::Twilio(media::Incoming::Media("/////w==")))?;

    // Interrupted in the middle, and before there was anything to hear.
    told.answers("r1", "a", 4000)?;
    told.plays(2)?;
    told.speaks("u1")?;
    told.done("r1", "cancelled")?;
    told.answers("r2", "b", 0)?;
    told.speaks("u2")?;
    told.done("r2", "cancelled")?;

    told.model(&json!({ "type": "response.created", "response": { "id": "r3" } }))?;
    told.model(&json!({ "type": "response.output_item.done", "response_id": "r3", "item": {
        "type": "function_call", "status": "completed", "call_id": "call_1", "name": "find_times", "arguments": "{}",
    } }))?;
    told.done("r3", "completed")?;
    told.hears(Input::ToolFinished { call_id: "call_1", output: json!({ "times": [] }), ends_call: false })?;
    told.answers("r4", "c", 600)?;
    told.done("r4", "completed")?;
    told.plays(usize::MAX)?;
    told.hears(Input::Rerouted(session("Be brief.\nA friend calls.", RouteKind::KnownPerson)))?;
    told.hears(Input::Told("The owner did not take the call."))?;

    // What was said is told to the next one.
    told.hears(Input::ModelLost)?;
    told.hears(Input::ModelReady)
}
