use super::*;

struct Bench {
    live: Live,
    now: Instant,
    out: Vec<Output>,
}

impl Bench {
    fn new() -> Self {
        let options = Arc::new(Options::default());
        let library = Arc::new(Library::new(&options.scenarios));
        let now = Instant::now();
        Self { live: Live::open(&options, &library, now), now, out: Vec::new() }
    }

    fn started() -> Self {
        let mut bench = Self::new();
        bench.send(json!({ "type": "session.start", "session": settings() }));
        assert_eq!(bench.kinds(), ["session.started"]);
        bench
    }

    fn send(&mut self, event: Value) {
        self.live.receive(&event.to_string(), self.now, &mut self.out);
    }

    fn wait(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.live.tick(self.now, &mut self.out);
    }

    /// What was sent since, without audio.
    fn events(&mut self) -> Vec<Value> {
        let sent = self.out.drain(..).filter_map(|output| match output {
            Output::Send(text) => serde_json::from_str::<Value>(&text).ok(),
            _ => None,
        });
        sent.filter(|event| event["type"] != "session.output_audio.delta").collect()
    }

    fn kinds(&mut self) -> Vec<String> {
        self.events().iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn refusal(&mut self, event: Value) -> (String, String) {
        self.send(event);
        let events = self.events();
        let error = &events.last().expect("an answer")["error"];
        let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
        (text("code"), text("param"))
    }
}

fn settings() -> Value {
    json!({
        "model": "gpt-live-1", "instructions": "Be brief.",
        "audio": { "format": { "type": "audio/pcmu", "rate": 8000 }, "output": { "voice": "marin" } },
        "delegation": { "type": "responses", "responses": { "model": "gpt-6-luna", "tools": [
            { "type": "function", "name": "answer_question", "parameters": { "type": "object" } },
        ] } },
    })
}

fn commentary(content: &str) -> Value {
    json!({ "type": "session.commentary.append", "content": content, "delegation_id": null })
}

#[test]
fn nothing_goes_before_the_start() {
    let mut bench = Bench::new();
    let (code, _) = bench.refusal(commentary("Hello."));
    assert_eq!(code, "session_not_started");
    bench.wait(1000);
    assert!(bench.out.is_empty(), "no audio either");
    for (field, value, code) in [
        ("voice", json!("marin"), "unknown_parameter"),
        ("model", json!("gpt-realtime-2.1"), "model_not_found"),
        ("audio", json!({ "format": { "type": "audio/pcmu" } }), "missing_required_parameter"),
        ("delegation", json!({ "type": "responses", "responses": { "tools": [] } }), "invalid_value"),
        ("input", json!([{ "role": "system", "content": [{ "text": "x" }] }]), "invalid_value"),
        ("client", json!({ "data_channel": {} }), "invalid_value"),
    ] {
        let mut session = settings();
        session[field] = value;
        let (refused, param) = bench.refusal(json!({ "type": "session.start", "session": session }));
        assert!(refused == code && param.starts_with(&format!("session.{field}")), "{refused} {param}");
    }
}

#[test]
fn audio_goes_on_whether_it_speaks_or_not() {
    let mut bench = Bench::started();
    bench.wait(1000);
    let audio = bench
        .out
        .iter()
        .filter(|output| matches!(output, Output::Send(text) if text.contains("output_audio")));
    assert_eq!(audio.count(), 11, "100 ms each, the first at once");
    bench.out.clear();
    bench.send(commentary(r#"Say exactly this: "Thank you for calling. Goodbye.""#));
    assert_eq!(bench.kinds(), ["session.commentary.appended"]);
    bench.wait(5000);
    let said: String =
        bench.events().iter().filter_map(|event| event["delta"].as_str().map(str::to_owned)).collect();
    assert_eq!(said, "Thank you for calling. Goodbye.");
}

#[test]
fn a_question_goes_to_the_model_behind_it() {
    let mut bench = Bench::started();
    let line = crate::speech::speak("Sorry, quick question. Has he worked with Rust in production?");
    let mut audio = line.to_vec();
    audio.resize(audio.len() + 8 * 700, SILENCE);
    for frame in audio.chunks(160) {
        use base64::Engine as _;
        let audio = base64::engine::general_purpose::STANDARD.encode(frame);
        bench.send(json!({ "type": "session.input_audio.append", "audio": audio }));
    }
    bench.wait(1000);
    let events = bench.events();
    let heard: String = events
        .iter()
        .filter(|event| event["type"] == "session.input_transcript.delta")
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!(heard, "Sorry, quick question. Has he worked with Rust in production?");
    let item =
        events.iter().find(|event| event["event"]["type"] == "response.output_item.done").expect("a call");
    let call_id = item["event"]["item"]["call_id"].as_str().expect("an id").to_owned();
    assert_eq!(bench.refusal(json!({ "type": "response.create" })).0, "missing_tool_output");
    let output = |id: &str| json!({ "type": "response.item.create", "item": { "type": "function_call_output", "call_id": id, "output": "{}" } });
    assert_eq!(bench.refusal(output("call_x")).0, "invalid_tool_call_id");
    bench.send(output(&call_id));
    bench.send(json!({ "type": "response.create" }));
    assert!(bench.live.view().said[0].starts_with("Yes. He runs Rust services"));
}

/// One after the other, and then their response is over.
#[test]
fn calls_come_one_by_one() {
    let mut bench = Bench::started();
    let call = || ToolCall { tool: "answer_question".to_owned(), arguments: serde_json::Map::new() };
    bench.live.respond(Response { call: vec![call(), call()], ..Response::default() }, bench.now);
    for kinds in [&["response.created", "response.output_item.done"][..], &["response.output_item.done"]] {
        bench.wait(310);
        let events = bench.events();
        let behind =
            || events.iter().filter(|event| event["type"] == "response.event").map(|event| &event["event"]);
        assert_eq!(behind().map(|event| &event["type"]).collect::<Vec<_>>(), kinds);
        for id in behind().filter_map(|event| event["item"]["call_id"].as_str()) {
            bench.send(json!({ "type": "response.item.create", "item": { "type": "function_call_output", "call_id": id, "output": "{}" } }));
        }
        let (code, _) = bench.refusal(json!({ "type": "response.create" }));
        assert_eq!(code, "conversation_already_has_active_response");
    }
    bench.wait(100);
    let last = bench.events().pop().expect("an event");
    assert_eq!(last["event"]["type"], "response.completed");
    bench.send(json!({ "type": "response.create" }));
    assert_eq!(bench.live.view().errors.len(), 2, "it goes on");
}

#[test]
fn context_is_short_and_of_no_delegation() {
    let mut bench = Bench::started();
    assert_eq!(bench.refusal(commentary(&"word ".repeat(500))).0, "string_above_max_length");
    let without = json!({ "type": "session.thinking.append", "content": "x" });
    assert_eq!(bench.refusal(without), ("missing_required_parameter".to_owned(), "delegation_id".to_owned()));
    let update = json!({ "type": "session.update", "session": { "instructions": "x" } });
    assert_eq!(bench.refusal(update).0, "unknown_parameter");
    assert_eq!(bench.refusal(json!({ "type": "input_audio_buffer.append", "audio": "" })).0, "invalid_value");
}

#[test]
fn it_says_how_long_it_lasted() {
    let mut bench = Bench::started();
    bench.wait(1500);
    bench.out.clear();
    bench.send(json!({ "type": "session.close", "event_id": "e1" }));
    assert!(matches!(bench.out.last(), Some(Output::Close { code: 1000, .. })));
    let closed = bench.events().pop().expect("closed");
    assert_eq!((&closed["reason"], &closed["usage"]["seconds"]), (&json!("close_requested"), &json!(1.5)));
    assert_eq!(closed["client_event_id"], "e1");
    bench.wait(1000);
    assert!(bench.out.is_empty());
}
