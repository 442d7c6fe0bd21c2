use serde_json::json;

use super::*;
use crate::{
    call::{Opening, interpreter::TELL, tools::RESULT_OF},
    language::Spoken,
    spelled::is_card_number,
    tools::Tool,
    wire::{live::session::LiveOptions, realtime::session::Session},
};

/// What a relay would write of a call that is told this.
fn log(inputs: &[(u64, &str)]) -> String {
    log_of(None, inputs)
}

fn log_of(live: Option<LiveOptions>, inputs: &[(u64, &str)]) -> String {
    let mut lines = vec![Line::began("MZ1", Limits::default(), &VoiceOptions::default())];
    let session = Session::for_phone("Be brief.".to_owned(), Tool::for_realtime(), &VoiceOptions::default());
    let (greeting, spoken) = ("Hello, this is an AI.".to_owned(), Spoken::default());
    let opening = Opening { session, greeting, outbound: None, live, spoken };
    lines.push(Line::opened(&opening, Duration::ZERO));
    for (ms, entry) in inputs {
        let at = Duration::from_millis(*ms);
        lines.push(Line { at, entry: serde_json::from_str(entry).unwrap() });
    }
    let replayed = replay(&lines).unwrap();
    replayed.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect()
}

/// It is greeted, interrupts, asks for a tool, presses keys, and hangs up.
fn a_call() -> String {
    log(&[
        (10, r#"{"is":"twilio>","what":{"media":160}}"#),
        (20, r#"{"is":"model ready"}"#),
        (30, r#"{"is":"twilio>","what":{"media":160}}"#),
        (40, r#"{"is":"realtime>","what":{"type":"response.created","response":{"id":"r1"}}}"#),
        (50, r#"{"is":"realtime> audio","what":{"response_id":"r1","item_id":"i1","bytes":1600}}"#),
        (51, r#"{"is":"realtime> audio","what":{"response_id":"r1","item_id":"i1","bytes":null}}"#),
        (
            52,
            r#"{"is":"realtime>","what":{"type":"response.output_audio_transcript.delta","response_id":"r1","item_id":"i1","delta":"Hello"}}"#,
        ),
        (
            60,
            r#"{"is":"realtime>","what":{"type":"response.output_audio.done","response_id":"r1","item_id":"i1"}}"#,
        ),
        (
            61,
            r#"{"is":"realtime>","what":{"type":"response.done","response":{"id":"r1","status":"completed"}}}"#,
        ),
        (70, r#"{"is":"twilio>","what":{"mark":"0.1.0"}}"#),
        (260, r#"{"is":"twilio>","what":{"mark":"0.1.1600"}}"#),
        (900, r#"{"is":"twilio>","what":{"dtmf":"1"}}"#),
        (20_000, r#"{"is":"tick"}"#),
        (20_100, r#"{"is":"twilio>","what":"stop"}"#),
        (20_200, r#"{"is":"finish"}"#),
    ])
}

#[test]
fn the_same_log_is_the_same_call() {
    let text = a_call();
    let lines = read(&text).unwrap();
    let (first, second) = (replay(&lines).unwrap(), replay(&lines).unwrap());
    assert_eq!(first, second);
    assert_eq!(difference(&lines, &first), None);
    let audio = lines.iter().filter(|line| line.is_bulk()).count();
    assert!(audio >= 8 && lines.len() > audio + 10, "{text}");
    assert!(matches!(lines.last().unwrap().entry, Entry::Over(Outcome::HungUp)), "{text}");
    assert!(text.contains(r#"{"bytes":1600}"#) && !text.contains("payload\":\""), "{text}");
}

#[test]
fn the_first_difference_is_named() {
    let text = a_call().replacen("Say exactly this", "Say something like this", 1);
    let lines = read(&text).unwrap();
    let replayed = replay(&lines).unwrap();
    let found = difference(&lines, &replayed).unwrap();
    let shown = found.recorded.unwrap().to_string();
    assert!(shown.contains("realtime<") && shown.contains("Say something like this"), "{shown}");
    assert!(found.replayed.unwrap().to_string().contains("Say exactly this"));
    assert_eq!(lines[found.line - 1], *found.recorded.unwrap());
}

#[test]
fn what_a_call_did_beyond_its_log_is_a_difference() {
    let text = a_call();
    let lines = read(&text).unwrap();
    let cut = &lines[..lines.len() - 1];
    let replayed = replay(cut).unwrap();
    let found = difference(cut, &replayed).unwrap();
    assert_eq!((found.line, found.recorded), (lines.len(), None));
}

#[test]
fn numbers_of_cards_are_not_in_it() {
    let pressed = |keys: &str, led_to_nothing| {
        let key = |key: char| Entry::FromTwilio(FromTwilio::Dtmf(key.to_string()));
        let line = |entry| Line { at: Duration::ZERO, entry };
        let mut lines: Vec<Line> = keys.chars().map(|k| line(key(k))).chain([line(Entry::Tick)]).collect();
        without_cards(&mut lines, led_to_nothing);
        let key = |line: &Line| match &line.entry {
            Entry::FromTwilio(FromTwilio::Dtmf(key)) => key.clone(),
            _ => String::new(),
        };
        lines.iter().map(key).collect::<String>()
    };
    assert_eq!(pressed("4111111111111111#", false), "0000000000000000#");
    assert!(is_card_number("0000000000000000"), "so that it is taken for one again");
    assert_eq!(pressed("12345#", false), "12345#");
    assert_eq!(pressed("411111", true), "000000", "the rest of it never came");
}

/// A number is taken down, a code is given, and then the model is lost: another is told what came of it.
#[test]
fn what_tools_take_and_give_is_not_in_it() {
    let called = |call: &str, tool: &str, arguments: &str| {
        let item = json!({ "type": "function_call", "call_id": call, "name": tool, "arguments": arguments });
        json!({ "is": "realtime>", "what": { "type": "response.output_item.done", "response_id": "r1", "item": item } })
    };
    let came = |call: &str, output: Value| json!({ "is": "tool>", "what": { "call_id": call, "output": output, "ends_call": false } });
    let steps = [
        json!({ "is": "model ready" }),
        json!({ "is": "realtime>", "what": { "type": "response.created", "response": { "id": "r1" } } }),
        called("c1", "note_number", r#"{"spelled":"AB-7731"}"#),
        called("c2", "give_code", "{}"),
        called("c3", "take_message", r#"{"message":"lighthouse"}"#),
        came("c1", json!({ "saved": true, "value": "AB-7731" })),
        came("c2", json!({ "code": "555 111 222" })),
        came("c3", json!({ "saved": true })),
        json!({ "is": "realtime>", "what": { "type": "response.done", "response": { "id": "r1", "status": "completed" } } }),
        json!({ "is": "model lost" }),
        json!({ "is": "model ready" }),
        json!({ "is": "finish" }),
    ];
    let steps: Vec<(u64, String)> =
        (1..).map(|step| step * 10).zip(steps.iter().map(Value::to_string)).collect();
    let steps: Vec<(u64, &str)> = steps.iter().map(|(at, step)| (*at, step.as_str())).collect();
    let text = log(&steps);
    assert!(!text.contains("7731") && !text.contains("555 111"), "{text}");
    assert!(text.contains("lighthouse") && text.contains(&format!("{RESULT_OF}give_code")), "{text}");
    let lines = read(&text).unwrap();
    let runs = lines
        .iter()
        .filter(|line| matches!(&line.entry, Entry::Does(does) if does.get("run_tool").is_some()));
    assert_eq!(runs.count(), 3);
    assert_eq!(difference(&lines, &replay(&lines).unwrap()), None);
}

/// The same of Live, to which such a result goes in pieces: as what it knows, and as what it is to say.
#[test]
fn what_tools_give_is_not_in_it_in_pieces_either() {
    let started =
        || json!({ "is": "live>", "what": { "type": "session.started", "session": { "id": "l" } } });
    let greets = || json!({ "is": "live>", "what": { "type": "session.output_transcript.delta", "delta": "Hello, this is an AI.", "start_ms": 0, "end_ms": 0 } });
    let item = json!({ "type": "function_call", "call_id": "c1", "name": "give_code", "arguments": "{}" });
    let done = json!({ "type": "response.output_item.done", "item": item });
    let code = "555 111 222 ".repeat(300);
    let steps = [
        (10, json!({ "is": "model ready" })),
        (20, started()),
        (30, greets()),
        (40, json!({ "is": "live>", "what": { "type": "response.event", "event": done } })),
        (900, json!({ "is": "tick" })),
        (910, json!({ "is": "model lost" })),
        (920, json!({ "is": "model ready" })),
        (930, started()),
        (940, greets()),
        (1800, json!({ "is": "tick" })),
        (
            1900,
            json!({ "is": "tool>", "what": { "call_id": "c1", "output": { "code": code }, "ends_call": false } }),
        ),
        (2000, json!({ "is": "told", "what": "The owner is on a train." })),
        (2100, json!({ "is": "finish" })),
    ];
    let steps: Vec<(u64, String)> = steps.into_iter().map(|(at, step)| (at, step.to_string())).collect();
    let steps: Vec<(u64, &str)> = steps.iter().map(|(at, step)| (*at, step.as_str())).collect();
    let options = LiveOptions { model: "gpt-live-1".to_owned(), backend: "gpt-6-luna".to_owned() };
    let text = log_of(Some(options), &steps);
    assert!(!text.contains("555") && !text.contains("111 222"), "{text}");
    for told in [format!("\"{RESULT_OF}give_code"), format!("{TELL}{RESULT_OF}give_code")] {
        assert_eq!(text.matches(&told).count(), 1, "{told} in {text}");
    }
    assert!(text.contains(&format!("{TELL}The owner is on a train.")), "{text}");
    let lines = read(&text).unwrap();
    assert_eq!(difference(&lines, &replay(&lines).unwrap()), None);
}

#[test]
fn tools_whose_calls_are_blanked_are_tools() {
    let all: Vec<&str> = Tool::for_realtime().iter().map(|tool| tool.name.as_str()).collect();
    for name in ["confirm_code", "give_code", "note_number", "take_over"] {
        assert!(all.contains(&name) && Tool::is_secretive(name), "{name}");
    }
    assert!(!all.iter().all(|name| Tool::is_secretive(name)));
}

#[test]
fn a_broken_log_names_its_line() {
    let text = a_call();
    let refused = |text: &str| read(text).unwrap_err();
    assert_eq!(refused("").line, 1);
    let cut = refused(&text[..text.len() - 9]);
    assert_eq!(cut.line, text.lines().count());
    assert!(cut.to_string().contains("breaks off"), "{cut}");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[3] = r#"{"ns":9000000,"is":"sneeze"}"#;
    assert_eq!(refused(&(lines.join("\n") + "\n")).line, 4);
    lines[3] = r#"{"ns":99000000000,"is":"tick"}"#;
    let back = refused(&(lines.join("\n") + "\n"));
    assert_eq!((back.line, back.why.as_str()), (5, "time does not go back"));
    let headless: String = text.split_inclusive('\n').skip(1).collect();
    assert_eq!(refused(&headless).line, 1);
    let other = refused(&text.replacen(r#""version":3"#, r#""version":4"#, 1));
    assert!(other.why.contains("version 4"), "{other}");
    let huge = text.replacen(r#"{"media":160}"#, r#"{"media":99999999999}"#, 1);
    assert_eq!(replay(&read(&huge).unwrap()).unwrap_err().line, 3);
}

#[test]
fn that_a_call_had_to_be_left_is_in_its_log() {
    let text = log(&[(10, r#"{"is":"model ready"}"#), (20, r#"{"is":"leave"}"#), (30, r#"{"is":"finish"}"#)]);
    let lines = read(&text).unwrap();
    assert_eq!(difference(&lines, &replay(&lines).unwrap()), None);
    assert!(matches!(lines.last().unwrap().entry, Entry::Over(Outcome::ModelUnavailable)), "{text}");
}
