//! What a call tells GPT-Live, event by event as lines of JSON, for a peer that knows the vendor's own types:
//! `cargo run -p tests --example live_events`.

use std::{error::Error, time::Duration};

use serde_json::{Value, json};
use twin::{
    call::{Call, Input, Limits, Opening, outbox::Outbox},
    language::Spoken,
    routing::RouteKind,
    tools::Tool,
    wire::{
        live::{client::ClientEvent, server, session::LiveOptions},
        realtime::session::{Session, VoiceOptions},
        twilio::media,
    },
};

const GREETING: &str = "Hello, this is an AI.";

fn session(instructions: &str, route: RouteKind) -> Session {
    Session::for_phone(instructions.to_owned(), Tool::for_call(route, false), &VoiceOptions::default())
}

struct Told {
    call: Call,
    now: Duration,
}

impl Told {
    fn hears(&mut self, input: Input<'_>) {
        let mut out = Outbox::default();
        self.now += Duration::from_secs(1);
        self.call.handle(input, self.now, &mut out);
        for message in out.to_model {
            println!("{}", String::from_utf8_lossy(&message.text));
        }
    }

    fn live(&mut self, event: &Value) -> Result<(), Box<dyn Error>> {
        let text = event.to_string();
        self.hears(Input::Live(server::decode(&text)?));
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut told = Told { call: Call::new("MZ1", Limits::default()), now: Duration::ZERO };
    told.call.opened(Opening {
        session: session("Be brief.\nYou speak for Alex Sample.", RouteKind::Recruiter),
        greeting: GREETING.to_owned(),
        outbound: None,
        live: Some(LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() }),
        spoken: Spoken::default(),
    });
    let said = |who: &str, text: &str| json!({ "type": format!("session.{who}_transcript.delta"), "delta": text, "start_ms": 0, "end_ms": 9 });
    let started = json!({ "type": "session.started", "session": { "id": "live_1" } });
    told.hears(Input::ModelReady);
    told.live(&started)?;
    told.live(&said("output", GREETING))?;
    told.hears(Input::Tick);
    told.hears(Input::Twilio(media::Incoming::Media("/////w==")));
    told.live(&said("input", "Is he free on Tuesday?"))?;
    told.live(&json!({ "type": "response.event", "event": { "type": "response.output_item.done", "item": {
        "type": "function_call", "status": "completed", "call_id": "call_1", "name": "find_times", "arguments": "{}",
    } } }))?;
    told.hears(Input::ToolFinished { call_id: "call_1", output: json!({ "times": [] }), ends_call: false });
    told.hears(Input::Rerouted(session("Be brief.\nA friend calls.", RouteKind::KnownPerson)));
    told.hears(Input::Told("The owner did not take the call."));
    told.hears(Input::ModelLost);
    told.hears(Input::ModelReady);
    told.live(&started)?;
    println!("{}", serde_json::to_string(&ClientEvent::Close {})?);
    Ok(())
}
