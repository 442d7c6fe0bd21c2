use serde_json::json;

use super::*;
use crate::{
    call::outbox::Effect,
    wire::realtime::server::{Incoming, decode},
};

/// A line, the clock of which goes on by 100 ms with each event.
#[derive(Default)]
struct Line {
    attended: Attended,
    out: Outbox,
    now: Duration,
}

impl Line {
    fn tells(&mut self, kind: &str, mut fields: Value) -> &mut Self {
        fields["type"] = kind.into();
        let text = fields.to_string();
        let Ok(Incoming::Event(event)) = decode(&text) else { panic!("{text}") };
        self.now += Duration::from_millis(100);
        self.attended.event(event, self.now, &mut self.out);
        self
    }

    /// A response in words that begins to sound.
    fn says(&mut self, response: &str, item: &str, text: &str) -> &mut Self {
        let (response_id, item_id) = (json!(response), json!(item));
        self.tells("response.created", json!({ "response": { "id": response } }))
            .tells(
                "response.output_audio_transcript.delta",
                json!({ "response_id": response_id, "item_id": item_id, "delta": text }),
            )
            .tells("output_audio_buffer.started", json!({ "response_id": response_id }))
            .tells(
                "response.output_audio_transcript.done",
                json!({ "response_id": response_id, "item_id": item_id, "transcript": text }),
            )
    }

    fn calls(&mut self, response: &str, call: &str) -> &mut Self {
        let item = json!({ "type": "function_call", "status": "completed", "call_id": call,
            "name": "take_message", "arguments": "{}" });
        self.tells("response.output_item.done", json!({ "response_id": response, "item": item }))
    }

    fn done(&mut self, response: &str, status: &str) -> &mut Self {
        self.tells("response.done", json!({ "response": { "id": response, "status": status } }))
    }

    fn turns(&self) -> Vec<(u32, &str, bool)> {
        let turns = self.out.effects.iter().filter_map(|effect| match effect {
            Effect::Persist(turn) => Some((turn.sequence, turn.text.as_str(), turn.interrupted)),
            _ => None,
        });
        turns.collect()
    }

    fn hears(&mut self, item: &str, text: &str) -> &mut Self {
        self.tells("input_audio_buffer.speech_started", json!({ "item_id": item }))
            .tells("input_audio_buffer.speech_stopped", json!({ "item_id": item }))
            .tells(
                "conversation.item.input_audio_transcription.completed",
                json!({ "item_id": item, "transcript": text }),
            )
    }

    fn types(&self) -> Vec<String> {
        self.sent().iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn sent(&self) -> Vec<Value> {
        self.out.to_model.iter().map(|message| serde_json::from_slice(&message.text).unwrap()).collect()
    }
}

#[test]
fn live_is_attended_in_the_same_way() {
    let options = LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() };
    let attended = Attended::of_live(options, Some("Hello, this is an AI.".to_owned()), Duration::ZERO);
    let mut line = Line { attended, ..Line::default() };
    let tells = |line: &mut Line, event: Value| {
        line.now += Duration::from_millis(100);
        let event = serde_json::from_value(event).unwrap();
        line.attended.live(event, line.now, &mut line.out);
    };
    let words = |who: &str, text: &str| {
        let kind = format!("session.{who}_transcript.delta");
        json!({ "type": kind, "delta": text, "start_ms": 0, "end_ms": 9 })
    };
    tells(&mut line, json!({ "type": "session.started", "session": { "id": "live_1" } }));
    assert_eq!(line.types(), ["session.commentary.append"], "it greets");
    tells(&mut line, words("output", "Hello, this is an AI."));
    line.now = line.attended.deadline();
    line.attended.tick(line.now, &mut line.out);
    tells(&mut line, words("input", "Take a message."));
    let item =
        json!({ "type": "function_call", "status": "completed", "call_id": "c1", "name": "take_message" });
    let done = json!({ "type": "response.output_item.done", "item": item });
    tells(&mut line, json!({ "type": "response.event", "event": done }));
    line.attended.tool_finished("c1", json!({ "ok": true }), false, line.now, &mut line.out);
    assert_eq!(line.types()[1..], ["response.item.create", "response.create"]);
    tells(
        &mut line,
        json!({ "type": "session.closed", "reason": "remote_hangup", "usage": { "seconds": 2.5 } }),
    );
    assert_eq!(line.attended.finish(line.now, &mut line.out), Outcome::HungUp);
    assert_eq!(line.turns(), [(1, "Hello, this is an AI.", false), (2, "Take a message.", false)]);
}

#[test]
fn turns_are_kept_as_they_were_heard() {
    let mut line = Line::default();
    line.says("r1", "i1", "Hello, this is the assistant.").done("r1", "completed");
    assert!(line.turns().is_empty(), "it still sounds");
    line.tells("output_audio_buffer.stopped", json!({ "response_id": "r1" }))
        .tells("input_audio_buffer.speech_started", json!({ "item_id": "p1" }))
        .tells("input_audio_buffer.speech_stopped", json!({ "item_id": "p1" }))
        .says("r2", "i2", "One two three four five six seven.")
        .done("r2", "cancelled")
        .tells("output_audio_buffer.cleared", json!({ "response_id": "r2" }))
        .tells("conversation.item.truncated", json!({ "item_id": "i2", "audio_end_ms": 500 }))
        .tells(
            "conversation.item.input_audio_transcription.completed",
            json!({ "item_id": "p1", "transcript": "Who are you?" }),
        );
    let wanted =
        [(1, "Hello, this is the assistant.", false), (3, "One two", true), (2, "Who are you?", false)];
    assert_eq!(line.turns(), wanted);
}

#[test]
fn a_tool_is_run_once_and_then_the_model_goes_on() {
    let mut line = Line::default();
    line.tells("response.created", json!({ "response": { "id": "r1" } })).calls("r1", "c1").calls("r1", "c1");
    let runs = line.out.effects.iter().filter(|effect| matches!(effect, Effect::RunTool { .. })).count();
    assert_eq!(runs, 1);
    line.attended.tool_finished("c1", json!({ "ok": true }), false, line.now, &mut line.out);
    assert!(line.sent().is_empty(), "the response that called it is active");
    line.done("r1", "completed");
    assert_eq!(line.types(), ["conversation.item.create", "response.create"]);
}

#[test]
fn it_hangs_up_once_the_goodbye_was_heard() {
    let mut line = Line::default();
    line.says("r1", "i1", "Goodbye.").calls("r1", "c1").done("r1", "completed");
    line.attended.tool_finished("c1", json!({}), true, line.now, &mut line.out);
    assert_eq!(line.attended.outcome(), None, "it still sounds");
    line.tells("output_audio_buffer.stopped", json!({ "response_id": "r1" }));
    assert_eq!(line.attended.outcome(), Some(Outcome::Completed));
    assert!(!line.sent().iter().any(|event| event["type"] == "response.create"));
}

#[test]
fn who_is_in_danger_is_told_whom_to_call_and_so_is_the_owner() {
    let mut line = Line::default();
    line.says("r1", "i1", "Tell me more.").hears("p1", "My father is having a heart attack!");
    let alerts = line.out.effects.iter().filter(|effect| matches!(effect, Effect::Alert(_))).count();
    assert_eq!(alerts, 1);
    assert_eq!(line.types(), ["response.cancel", "output_audio_buffer.clear"]);
    line.done("r1", "cancelled");
    let said = line.sent().pop().unwrap();
    assert_eq!(said["type"], "response.create");
    assert!(said["response"]["instructions"].as_str().unwrap().contains("112 in Europe"), "{said}");
}

#[test]
fn abuse_is_warned_of_and_then_it_ends() {
    let mut line = Line::default();
    line.hears("p1", "Fuck you.").hears("p2", "You asshole.");
    assert_eq!(line.types(), ["conversation.item.create", "conversation.item.create"]);
    line.hears("p3", "Fuck off.").says("r1", "i1", Language::En.words().enough).done("r1", "completed");
    assert_eq!(line.attended.outcome(), None, "the goodbye still sounds");
    line.tells("output_audio_buffer.stopped", json!({ "response_id": "r1" }));
    assert_eq!(line.attended.outcome(), Some(Outcome::Abuse));
}

#[test]
fn who_has_to_leave_says_goodbye() {
    let mut line = Line::default();
    line.says("r1", "i1", "Tell me more.");
    line.attended.leave(line.now, &mut line.out);
    line.attended.leave(line.now, &mut line.out);
    assert_eq!(line.types(), ["response.cancel", "output_audio_buffer.clear"], "once");
    line.done("r1", "cancelled")
        .tells("conversation.item.truncated", json!({ "item_id": "i1", "audio_end_ms": 100 }))
        .says("r2", "i2", Language::En.words().time_is_up)
        .done("r2", "completed");
    assert_eq!(line.attended.outcome(), None, "it still sounds");
    line.tells("output_audio_buffer.stopped", json!({ "response_id": "r2" }));
    assert_eq!(line.attended.outcome(), Some(Outcome::DurationLimit));
}

#[test]
fn goodbye_is_said_in_the_language_of_whoever_talks() {
    for (said, language) in [
        ("Guten Tag, ich habe eine Frage, und ich möchte wissen, was Sie machen.", Language::De),
        ("Good morning, I have a question about what you do.", Language::En),
    ] {
        let mut line = Line::default();
        line.says("r1", "i1", "Hello, this is the assistant.").hears("p1", said);
        line.attended.leave(line.now, &mut line.out);
        line.done("r1", "cancelled");
        let last = line.sent().pop().unwrap();
        assert_eq!(last["type"], "response.create");
        let words = last["response"]["instructions"].as_str().unwrap();
        assert!(words.contains(language.words().time_is_up), "{words}");
    }
}

#[test]
fn whoever_attends_it_next_goes_on_in_the_same_language() {
    let spoken = language::Spoken { language: Language::De, among: Language::ALL.to_vec() };
    let mut line = Line { attended: Attended::default().speaking(spoken), ..Line::default() };
    line.attended.leave(line.now, &mut line.out);
    let last = line.sent().pop().unwrap();
    let words = last["response"]["instructions"].as_str().unwrap();
    assert!(words.contains(Language::De.words().time_is_up), "{words}");
}

#[test]
fn a_tool_that_ends_meanwhile_cuts_off_no_goodbye() {
    let mut line = Line::default();
    line.tells("response.created", json!({ "response": { "id": "r1" } }))
        .calls("r1", "c1")
        .done("r1", "completed");
    line.attended.leave(line.now, &mut line.out);
    line.attended.tool_finished("c1", json!({ "ok": true }), false, line.now, &mut line.out);
    assert_eq!(line.attended.outcome(), None, "it is still to come");
    line.says("r2", "i2", Language::En.words().time_is_up)
        .done("r2", "completed")
        .tells("output_audio_buffer.stopped", json!({ "response_id": "r2" }));
    assert_eq!(line.attended.outcome(), Some(Outcome::DurationLimit));
}

/// What it breaks off is over at once, and no goodbye that was heard.
#[test]
fn live_is_not_hung_up_before_its_goodbye() {
    let options = LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() };
    let mut line = Line { attended: Attended::of_live(options, None, Duration::ZERO), ..Line::default() };
    for event in [
        json!({ "type": "session.started", "session": { "id": "live_1" } }),
        json!({ "type": "session.output_transcript.delta", "delta": "Tell me", "start_ms": 0, "end_ms": 9 }),
    ] {
        line.now += Duration::from_millis(100);
        line.attended.live(serde_json::from_value(event).unwrap(), line.now, &mut line.out);
    }
    line.attended.leave(line.now, &mut line.out);
    assert_eq!(line.attended.outcome(), None, "nothing of it was heard yet");
    assert_eq!(line.types(), ["session.commentary.append"]);
}

#[test]
fn nobody_talks_longer_than_they_may() {
    let mut line = Line::default();
    assert_eq!(line.attended.deadline(), LONGEST.unsigned_abs());
    line.says("r1", "i1", "And so on.");
    line.now = LONGEST.unsigned_abs();
    line.attended.tick(line.now, &mut line.out);
    assert_eq!(line.attended.outcome(), Some(Outcome::DurationLimit));
    assert_eq!(line.attended.finish(line.now, &mut line.out), Outcome::DurationLimit);
    assert_eq!(line.turns(), [(1, "And so on.", true)]);
}
