//! What holds in every call, whatever comes in.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;

use crate::{
    call::{
        Input,
        outbox::{Effect, Outbox},
        responses::STALLED_AFTER,
    },
    wire::{
        json::decoded_len,
        realtime::server::{ALREADY_ACTIVE, Incoming, ServerEvent},
        twilio::media::BYTES_PER_MS,
    },
};

#[derive(Debug, Default)]
pub struct Witness {
    has_model: bool,
    /// Audio that the model sent, in bytes, by item.
    produced: HashMap<String, usize>,
    /// The response that was asked for and neither created nor refused, and since when.
    asked: Option<(String, Duration)>,
    tools: HashSet<String>,
    outputs: HashSet<String>,
    sequences: HashSet<u32>,
    closed: bool,
}

impl Witness {
    pub fn has_model(&self) -> bool {
        self.has_model
    }

    pub fn input(&mut self, input: &Input<'_>, now: Duration) {
        match input {
            Input::ModelReady => self.has_model = true,
            Input::ModelLost => (self.has_model, self.asked) = (false, None),
            Input::Model(Incoming::Audio(audio)) => {
                *self.produced.entry(audio.item_id.to_owned()).or_default() += decoded_len(audio.delta);
            }
            Input::Model(Incoming::Event(ServerEvent::ResponseCreated { .. })) => self.asked = None,
            Input::Model(Incoming::Event(ServerEvent::Error { error })) => {
                let refused = error.event_id.is_none() && error.code.as_deref() == Some(ALREADY_ACTIVE);
                self.asked.take_if(|(name, _)| refused || error.event_id.as_ref() == Some(name));
            }
            Input::Tick => drop(self.asked.take_if(|(_, since)| *since + STALLED_AFTER <= now)),
            _ => {}
        }
    }

    pub fn output(&mut self, out: &Outbox, now: Duration) {
        let is_quiet = out.to_twilio.is_empty() && out.to_model.is_empty() && out.effects.is_empty();
        assert!(is_quiet || !self.closed, "something came after the end: {out:?}");
        assert!(self.has_model || out.to_model.is_empty(), "there is no model: {:?}", out.to_model);
        for message in out.to_model.iter().filter(|message| !message.audio) {
            self.message(&serde_json::from_slice(&message.text).unwrap(), now);
        }
        self.effects(&out.effects);
    }

    /// The last turns are stored once the call is over.
    pub fn finish(&mut self, out: &Outbox) {
        assert!(out.to_twilio.is_empty() && out.to_model.is_empty(), "{out:?}");
        self.effects(&out.effects);
    }

    fn message(&mut self, message: &Value, now: Duration) {
        match message["type"].as_str().unwrap() {
            // Live is not asked for responses, but the model behind it.
            "response.create" if message.get("event_id").is_none() => {}
            "response.create" => {
                let name = message["event_id"].as_str().unwrap().to_owned();
                assert_eq!(self.asked.replace((name, now)), None, "one request at a time");
            }
            "conversation.item.truncate" => {
                let end = message["audio_end_ms"].as_u64().unwrap();
                let produced = self.produced[message["item_id"].as_str().unwrap()];
                assert!(end > 0 && end * BYTES_PER_MS <= produced as u64, "{end} ms of {produced} bytes");
            }
            "conversation.item.create" | "response.item.create"
                if message["item"]["type"] == "function_call_output" =>
            {
                let call_id = message["item"]["call_id"].as_str().unwrap().to_owned();
                assert!(self.outputs.insert(call_id), "one output for a call: {message}");
            }
            _ => {}
        }
    }

    fn effects(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::RunTool { call_id, .. } => {
                    assert!(self.tools.insert(call_id.clone()), "{call_id} runs once");
                }
                Effect::AnotherModel => assert!(self.has_model, "there is none to take over from"),
                Effect::Alert(said) => assert!(!said.is_empty()),
                Effect::Persist(turn) => assert!(self.sequences.insert(turn.sequence), "{turn:?}"),
                Effect::Close(_) => assert!(!std::mem::replace(&mut self.closed, true), "closed twice"),
            }
        }
    }
}
