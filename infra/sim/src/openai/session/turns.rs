//! Whose turn it is: the caller's speech, and the responses to it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::super::config::{check_modalities, check_tools, known};
use super::super::faults::Fault;
use super::super::microphone::Turn;
use super::super::mind::Mind;
use super::super::performance::{Manner, Performance, Stage, generation_time};
use super::super::record::Heard;
use super::super::wire::ApiError;
use super::transcription::Transcription;
use super::{Later, Session};
use crate::scenario::Response;
use crate::speech::duration_ms;

const RESPONSE_FIELDS: &[&str] = &[
    "audio",
    "conversation",
    "input",
    "instructions",
    "max_output_tokens",
    "metadata",
    "output_modalities",
    "parallel_tool_calls",
    "prompt",
    "reasoning",
    "tool_choice",
    "tools",
];

impl Session {
    /// The server's turn detection has found something.
    pub(super) fn turn(&mut self, turn: &Turn, now: Instant) {
        match turn {
            Turn::Started { audio_start_ms } => {
                let item_id = self.wire.id("item");
                let fields = json!({ "item_id": item_id, "audio_start_ms": audio_start_ms });
                self.wire.send("input_audio_buffer.speech_started", fields);
                self.speech = Some(item_id);
                if self.config.interrupts_response() {
                    self.cancel(None, "turn_detected", now);
                    self.cut();
                }
            }
            Turn::Stopped { audio_end_ms, utterance } => {
                let fields = json!({ "item_id": self.speech, "audio_end_ms": audio_end_ms });
                self.wire.send("input_audio_buffer.speech_stopped", fields);
                self.commit(utterance, now);
                if self.config.creates_response()
                    && let Err(error) = self.respond(&Value::Null, now)
                {
                    self.wire.fail(&error, None);
                }
            }
        }
    }

    /// An item is in the conversation, whole.
    pub(super) fn announce(&mut self, item: &Value, previous: Option<&str>) {
        let fields = json!({ "previous_item_id": previous, "item": item });
        self.wire.send("conversation.item.added", fields.clone());
        self.wire.send("conversation.item.done", fields);
    }

    /// An utterance (µ-law) becomes an item, and is listened to.
    pub(super) fn commit(&mut self, utterance: &[u8], now: Instant) {
        self.turns += 1;
        let item_id = self.speech.take().unwrap_or_else(|| self.wire.id("item"));
        let previous = self.conversation.last_id();
        let committed = json!({ "item_id": item_id, "previous_item_id": previous });
        self.wire.send("input_audio_buffer.committed", committed);
        let item = json!({
            "id": item_id, "object": "realtime.item", "type": "message", "role": "user", "status": "completed",
            "content": [{ "type": "input_audio", "transcript": null }],
        });
        let previous = self.conversation.append(item.clone());
        self.announce(&item, previous.as_deref());
        let (text, coverage) = self.mind.hear(utterance);
        let (heard, audio_ms) = (text.clone(), duration_ms(utterance.len()));
        self.record.heard.push(Heard { item_id: item_id.clone(), text: heard, coverage, audio_ms });
        let transcription = Transcription { item_id, text, audio_bytes: utterance.len(), failed: false };
        self.schedule_transcription(transcription, now);
    }

    /// Begins a response; `params` as in `response.create.response`, or null.
    pub(super) fn respond(&mut self, params: &Value, now: Instant) -> Result<(), ApiError> {
        check_params(params)?;
        let aside = params["conversation"] == "none";
        if !aside && let Some(active) = self.performances.iter().find(|performance| !performance.aside) {
            let message = format!(
                "Conversation already has an active response in progress: {}. Wait until the response is \
                 finished before creating a new one.",
                active.id
            );
            return Err(ApiError::invalid("conversation_already_has_active_response", message));
        }
        self.responses += 1;
        let instructions = params["instructions"].as_str();
        let response =
            if aside { Mind::respond_aside(instructions) } else { self.mind.respond(instructions) };
        let response = self.without_unoffered(response, params);
        let response = self.as_found(response);
        let manner = self.manner(params, now);
        self.schedule_faults(&manner, now);
        let head = self.head(params, aside);
        let tokens = self.input_tokens();
        let mut stage = Stage {
            wire: &mut self.wire,
            conversation: &mut self.conversation,
            playback: self.playback.as_mut(),
        };
        let performance = Performance::begin(self.responses, head, response, manner, tokens, now, &mut stage);
        self.performances.push(performance);
        Ok(())
    }

    /// It says nothing that its tool did not find.
    fn as_found(&self, mut response: Response) -> Response {
        let nothing = self.conversation.last_output().is_some_and(|output| output["known"] == false);
        if nothing && let Some(unknown) = response.unknown.take() {
            response.say = Some(unknown);
        }
        response
    }

    /// A model cannot call what it was not offered.
    fn without_unoffered(&mut self, mut response: Response, params: &Value) -> Response {
        let effective = |field: &str| {
            if params[field].is_null() { &self.config.value()[field] } else { &params[field] }
        };
        let offered = effective("tools").as_array().map(Vec::as_slice).unwrap_or_default();
        let allowed = effective("tool_choice") != "none";
        if effective("tool_choice") == "required" {
            // It calls a tool, and says nothing.
            response.say = None;
        }
        response.call.retain(|call| {
            let offered = allowed && offered.iter().any(|tool| tool["name"] == call.tool.as_str());
            if !offered {
                self.record.calls_not_offered.push(call.tool.clone());
            }
            offered
        });
        response
    }

    fn manner(&self, params: &Value, now: Instant) -> Manner {
        let number = self.responses;
        let odd = self.holding(number, now, |fault| match fault {
            Fault::DeltaBytes(sizes) => Some(sizes.clone()),
            _ => None,
        });
        Manner {
            audio: self.modalities(params)[0] == "audio",
            format: self.config.output_format(),
            think: self.options.think,
            speed: self.options.speed,
            delta_bytes: odd.unwrap_or_else(|| self.options.delta_bytes.clone()),
            empty_delta: self.holds(number, now, &Fault::EmptyDelta),
            unknown_events: self.holds(number, now, &Fault::UnknownEvents),
            no_done: self.holds(number, now, &Fault::NoResponseDone),
        }
    }

    /// The faults of a moment in this response.
    fn schedule_faults(&mut self, manner: &Manner, now: Instant) {
        let two_deltas = manner.delta_bytes.iter().cycle().take(2).sum();
        let amid = manner.think + generation_time(two_deltas, manner.speed) + Duration::from_millis(1);
        for armed in &self.plans {
            let plan = &armed.plan;
            if plan.fault.is_of_a_moment()
                && plan.response == Some(self.responses)
                && self.scheduled.insert(armed.id)
            {
                self.calendar.add(now + plan.after.unwrap_or(amid), Later::Fault(armed.clone()));
            }
        }
    }

    /// The response object but for its id and state.
    fn head(&self, params: &Value, aside: bool) -> Value {
        let session = self.config.value();
        let output = &session["audio"]["output"];
        json!({
            "conversation_id": (!aside).then_some(self.conversation.id.as_str()),
            "output_modalities": self.modalities(params),
            "max_output_tokens": session["max_output_tokens"],
            "audio": { "output": { "format": output["format"], "voice": output["voice"] } },
            "metadata": params["metadata"],
        })
    }

    fn modalities<'a>(&'a self, params: &'a Value) -> &'a Value {
        let own = &params["output_modalities"];
        if own.is_null() { &self.config.value()["output_modalities"] } else { own }
    }

    /// Text and audio that the model reads for a response: four characters or 100 ms to a token.
    fn input_tokens(&self) -> (u64, u64) {
        let session = self.config.value();
        let settings = session["instructions"].to_string().len() + session["tools"].to_string().len();
        let items = self.conversation.items().iter().map(|item| item.value["content"].to_string().len());
        let heard = self.record.heard.iter().map(|heard| heard.audio_ms).sum::<u64>();
        (((settings + items.sum::<usize>()) / 4) as u64, heard / 100)
    }
}

fn check_params(params: &Value) -> Result<(), ApiError> {
    let Some(fields) = params.as_object() else {
        return if params.is_null() {
            Ok(())
        } else {
            Err(ApiError::value("response", "Expected an object."))
        };
    };
    known(fields, "response", RESPONSE_FIELDS)?;
    let given = |field: &str| fields.get(field).filter(|value| !value.is_null());
    if given("instructions").is_some_and(|instructions| !instructions.is_string()) {
        return Err(ApiError::value("response.instructions", "Invalid type: expected a string."));
    }
    if given("metadata").and_then(Value::as_object).map_or(0, Map::len) > 16 {
        return Err(ApiError::value("response.metadata", "Expected at most 16 pairs."));
    }
    given("output_modalities").map_or(Ok(()), |own| check_modalities(own, "response.output_modalities"))?;
    given("tools").map_or(Ok(()), |own| check_tools(own, "response.tools"))
}
