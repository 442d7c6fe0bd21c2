//! Whole dialogues in virtual time.

use super::*;
use crate::openai::faults::{Faults, Plan};
use crate::openai::{Fault, OpenAi};
use crate::speech::{BYTES_PER_MS, FRAME, SILENCE, speak};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const FIRST: &str = "Hi, my name is Dana Whitfield, I'm a recruiter at Northgate Search. I have a staff \
                     engineer role in payments.";
const LAST: &str = "Perfect, thank you. Goodbye.";
const MS: Duration = Duration::from_millis(1);

/// A client whose clock is its own.
struct Client {
    session: Session,
    faults: Faults,
    now: Instant,
    /// Events, and other outputs as their `Debug`.
    seen: Vec<Value>,
}

impl Client {
    fn new(plans: impl IntoIterator<Item = Plan>) -> Self {
        let sim = OpenAi::default();
        let (now, mut out) = (Instant::now(), Vec::new());
        let session = Session::open("gpt-realtime-2.1", &sim.options, &sim.library, now, &mut out);
        let faults = Faults::new();
        plans.into_iter().for_each(|plan| faults.add(plan));
        let mut client = Self { session, faults, now, seen: Vec::new() };
        client.session.plan(client.faults.watch().borrow().clone(), now);
        client.see(out);
        let tools = ["end_call", "save_contact"].map(|name| json!({ "type": "function", "name": name }));
        let format = json!({ "type": "audio/pcmu" });
        client.send(json!({ "type": "session.update", "session": { "type": "realtime", "tools": tools,
            "audio": { "output": { "format": format }, "input": { "format": format,
                "transcription": { "model": "gpt-transcribe" },
                "turn_detection": { "type": "server_vad", "silence_duration_ms": 300 } } } } }));
        client
    }

    fn see(&mut self, out: Vec<Output>) {
        self.seen.extend(out.into_iter().map(|output| match output {
            Output::Send(text) => {
                serde_json::from_str(&text).unwrap_or_else(|_| json!({ "type": "malformed" }))
            }
            other => json!({ "type": format!("{other:?}") }),
        }));
    }

    fn send(&mut self, event: Value) {
        let mut out = Vec::new();
        self.session.receive(&event.to_string(), self.now, &mut out);
        self.see(out);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.session.deadline().filter(|due| *due <= until) {
            let mut out = Vec::new();
            self.session.tick(due, &mut out);
            self.see(out);
        }
        self.now = until;
    }

    fn say(&mut self, line: &str) {
        let pause = [SILENCE; 400 * BYTES_PER_MS];
        for frame in [speak(line).as_ref(), &pause].concat().chunks(FRAME) {
            self.send(json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(frame) }));
            self.wait(20 * MS);
        }
    }

    fn types(&self) -> Vec<&str> {
        self.seen.iter().filter_map(|event| event["type"].as_str()).collect()
    }

    fn all(&self, kind: &str) -> Vec<&Value> {
        self.seen.iter().filter(|event| event["type"] == kind).collect()
    }

    fn count(&self, kind: &str) -> usize {
        self.all(kind).len()
    }

    fn place(&self, kind: &str) -> usize {
        self.types().iter().position(|seen| *seen == kind).unwrap_or_else(|| panic!("no {kind}"))
    }
}

#[test]
fn a_turn_is_heard_transcribed_and_answered() {
    let mut client = Client::new([]);
    client.say(LAST);
    client.wait(5000 * MS);
    let done = client.all("response.done")[0];
    assert_eq!(done["response"]["status"], "completed");
    assert_eq!(done["response"]["output"][0]["content"][0]["transcript"], "Thank you for calling. Goodbye.");
    assert_eq!(done["response"]["output"][1]["name"], "end_call");
    assert_eq!(client.session.deadline(), None, "nothing is left to do");

    let view = client.session.view();
    assert_eq!((view.heard[0].text.as_str(), view.heard[0].coverage), (LAST, 1.0));
    let roles = view.conversation.iter().map(|item| item.value["role"].as_str().unwrap_or("call"));
    assert_eq!(roles.collect::<Vec<_>>(), ["user", "assistant", "call"]);
    assert_eq!(view.conversation[0].value["content"][0]["transcript"], LAST);
    assert_eq!(view.conversation[1].output_audio, speak("Thank you for calling. Goodbye.").len());
}

#[test]
fn what_its_tool_did_not_find_it_does_not_say() {
    let unknown = "That I do not know. I have noted the question, and it will be answered.";
    for (known, said) in
        [(true, "Yes. He runs Rust services in production, among them a payments ledger."), (false, unknown)]
    {
        let mut client = Client::new([]);
        let tools = [json!({ "type": "function", "name": "answer_question" })];
        client.send(json!({ "type": "session.update", "session": { "type": "realtime", "tools": tools } }));
        client.say("Sorry, quick question. Has he worked with Rust in production?");
        client.wait(5000 * MS);
        let call_id = client.all("response.done")[0]["response"]["output"][0]["call_id"].clone();
        let output = json!({ "known": known }).to_string();
        let item = json!({ "type": "function_call_output", "call_id": call_id, "output": output });
        client.send(json!({ "type": "conversation.item.create", "item": item }));
        client.send(json!({ "type": "response.create" }));
        client.wait(8000 * MS);
        let done = client.all("response.done")[1];
        assert_eq!(done["response"]["output"][0]["content"][0]["transcript"], said);
    }
}

#[test]
fn audio_is_recorded_by_its_amount_only() {
    let mut client = Client::new([]);
    client.say(LAST);
    let view = client.session.view();
    let bytes = speak(LAST).len() + 400 * BYTES_PER_MS;
    let types = view.events.iter().map(|(_, event)| event["type"].as_str().unwrap_or_default());
    assert_eq!(types.collect::<Vec<_>>(), ["session.update", "input_audio_buffer.append"]);
    assert_eq!(view.events[1].1["bytes"], bytes);
    assert_eq!((view.audio_bytes, view.audio_frames), (bytes as u64, (bytes / FRAME) as u64));
}

#[test]
fn a_barge_in_cancels_and_what_was_never_heard_can_be_cut() {
    let mut client = Client::new([]);
    client.say(FIRST);
    client.wait(600 * MS);
    client.say(LAST);
    let cancelled = client.all("response.done")[0];
    assert_eq!(cancelled["response"]["status_details"]["reason"], "turn_detected");
    assert_eq!(cancelled["response"]["output"][0]["status"], "incomplete");
    let item_id = cancelled["response"]["output"][0]["id"].clone();
    assert!(client.place("input_audio_buffer.speech_started") < client.place("response.done"));

    client.send(json!({ "type": "conversation.item.truncate", "item_id": item_id, "content_index": 0,
        "audio_end_ms": 120 }));
    assert_eq!(client.count("conversation.item.truncated"), 1);
    assert_eq!(client.session.view().truncations[0].audio_end_ms, 120);
}

/// The same client in a call: it speaks and hears media.
impl Client {
    fn in_a_call() -> Self {
        let mut client = Self::new([]);
        let sim = OpenAi::default();
        let settings = json!({ "type": "realtime", "tools": [{ "type": "function", "name": "end_call" }] });
        let (mut out, now) = (Vec::new(), client.now);
        client.session =
            Session::open_call(&settings, &sim.options, &sim.library, now, &mut out).expect("valid");
        client.seen.clear();
        client.see(out);
        client
    }

    fn call(&mut self, line: &str) {
        let pause = [SILENCE; 400 * BYTES_PER_MS];
        for frame in [speak(line).as_ref(), &pause].concat().chunks(FRAME) {
            let mut out = Vec::new();
            self.session.hear(frame, self.now, &mut out);
            self.see(out);
            self.wait(20 * MS);
        }
    }

    fn played(&self) -> usize {
        self.types().iter().filter(|kind| kind.starts_with("Play")).count()
    }
}

#[test]
fn a_call_is_played_in_the_time_that_it_takes_and_ends_after_the_response() {
    let mut client = Client::in_a_call();
    client.call(LAST);
    client.wait(1000 * MS);
    assert!((30..60).contains(&client.played()), "{} frames in a second", client.played());
    client.wait(10_000 * MS);
    let answer = speak("Thank you for calling. Goodbye.").len();
    assert_eq!(client.played(), answer / FRAME);
    assert_eq!(client.count("response.output_audio.delta"), 0);
    let response = &client.all("response.done")[0]["response"]["id"];
    assert_eq!(&client.all("output_audio_buffer.started")[0]["response_id"], response);
    assert_eq!(&client.all("output_audio_buffer.stopped")[0]["response_id"], response);
    assert!(client.place("response.done") < client.place("output_audio_buffer.stopped"));
    assert_eq!(client.session.deadline(), None, "nothing is left to do");
}

#[test]
fn the_server_cuts_what_a_caller_interrupts() {
    let mut client = Client::in_a_call();
    client.call(FIRST);
    client.wait(2000 * MS);
    client.call(LAST);
    let cleared = client.place("output_audio_buffer.cleared");
    assert!(client.place("input_audio_buffer.speech_started") < cleared);
    let played = client.types()[..cleared].iter().filter(|kind| kind.starts_with("Play")).count();
    let cut = &client.all("conversation.item.truncated")[0]["audio_end_ms"];
    assert_eq!(cut.as_u64(), Some(20 * played as u64), "what was heard");
    client.send(json!({ "type": "output_audio_buffer.clear" }));
    assert_eq!(client.count("error"), 0);
    let mut socket = Client::new([]);
    socket.send(json!({ "type": "output_audio_buffer.clear" }));
    assert_eq!(socket.count("error"), 1, "a WebSocket has no such buffer");
}

#[test]
fn late_deltas_come_after_the_cancelled_response_is_done() {
    let mut client = Client::new([Fault::LateDeltas(3).on_response(1)]);
    client.say(FIRST);
    client.wait(600 * MS);
    client.send(json!({ "type": "response.cancel" }));
    let before = client.count("response.output_audio.delta");
    let done = client.place("response.done");
    client.wait(1000 * MS);
    assert_eq!(client.count("response.output_audio.delta"), before + 3);
    let late = client.seen.last().expect("a delta");
    assert_eq!(late["response_id"], client.seen[done]["response"]["id"]);
}

#[test]
fn moments_come_amid_a_response_or_at_their_time() {
    let mut client = Client::new([Fault::Reset.on_response(1), Fault::SessionExpired.after(60_000 * MS)]);
    client.say(FIRST);
    client.wait(20_000 * MS);
    let reset = client.place("Reset");
    assert_eq!(
        client.types()[..reset].iter().filter(|kind| **kind == "response.output_audio.delta").count(),
        2
    );
    assert_eq!(client.count("error"), 0);
    client.wait(40_000 * MS);
    assert_eq!(client.all("error")[0]["error"]["code"], "session_expired");
    assert!(client.types().last().expect("a close").starts_with("Close { code: 1001"));
}

#[test]
fn other_faults_change_what_is_sent() {
    let faults = [
        Fault::NoResponseDone,
        Fault::DeltaBytes(vec![777]),
        Fault::EmptyDelta,
        Fault::UnknownEvents,
        Fault::TranscriptionFailed,
    ];
    let mut client = Client::new(faults.map(Plan::from));
    client.say(LAST);
    client.wait(10_000 * MS);
    assert_eq!(client.count("response.done"), 0);
    assert_eq!(client.count("conversation.item.input_audio_transcription.failed"), 1);
    assert!(client.count("response.mood.updated") > 1);
    let sizes = client
        .all("response.output_audio.delta")
        .into_iter()
        .map(|delta| STANDARD.decode(delta["delta"].as_str().unwrap_or_default()).expect("base64").len());
    assert_eq!(sizes.take(3).collect::<Vec<_>>(), [777, 0, 777]);
}

#[test]
fn a_late_transcription_waits_for_the_answer() {
    let mut client = Client::new([Fault::TranscriptionLate.into()]);
    client.say(LAST);
    client.wait(10_000 * MS);
    let completed = client.place("conversation.item.input_audio_transcription.completed");
    assert!(client.place("response.done") < completed);
}

#[test]
fn tools_that_are_not_offered_are_not_called() {
    let mut client = Client::new([]);
    client.say("Yes, that's right. Could we talk on Tuesday afternoon?");
    client.wait(5000 * MS);
    assert_eq!(client.session.view().calls_not_offered, ["propose_meeting"]);
    assert_eq!(client.all("response.done")[0]["response"]["output"][0]["name"], "save_contact");
}
