use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::twilio::turns::{Line, Manners};

/// A loud voice of the twin.
const VOICE: u8 = 0x10;

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn line(frames: usize, barge_in: Option<u64>) -> Line {
    let audio = Bytes::from(vec![0x20; frames * FRAME]);
    Line { text: "line".into(), audio, barge_in: barge_in.map(Duration::from_millis), after_keys: None }
}

fn media(lines: Vec<Line>, faults: &Faults) -> Media {
    let report = StreamReport { stream_sid: "MZ1".into(), ..StreamReport::default() };
    let turns = Turns::new(lines, Manners::default());
    Media::new(turns, Writer::new("AC1", "CA1", "MZ1"), report, &[(at(40), '5')], faults, 0)
}

fn audio(frames: usize) -> String {
    let payload = STANDARD.encode(vec![VOICE; frames * FRAME]);
    format!(r#"{{"event":"media","streamSid":"MZ1","media":{{"payload":"{payload}"}}}}"#)
}

fn mark(name: &str) -> String {
    format!(r#"{{"event":"mark","streamSid":"MZ1","mark":{{"name":"{name}"}}}}"#)
}

const CLEAR: &str = r#"{"event":"clear","streamSid":"MZ1"}"#;

/// Events (with mark names and digits) in the order in which they were sent, silence and speech left out.
fn told(out: &[Output]) -> Vec<String> {
    let sent = out.iter().filter_map(|output| match output {
        Output::Send(text) => serde_json::from_str::<Value>(text).ok(),
        _ => None,
    });
    sent.filter(|message| message["event"] != "media")
        .map(|message| {
            let what = message["mark"]["name"].as_str().or(message["dtmf"]["digit"].as_str()).unwrap_or("");
            format!("{} {what}", message["event"].as_str().unwrap_or_default()).trim().to_owned()
        })
        .collect()
}

fn run(media: &mut Media, from: u64, to: u64) -> Vec<Output> {
    let mut out = Vec::new();
    (from..to).step_by(20).for_each(|ms| media.tick(at(ms), &mut out));
    out
}

fn hear(media: &mut Media, ms: u64, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    media.receive(at(ms), text, &mut out).expect("a good message");
    told(&out)
}

#[test]
fn a_stream_begins_with_connected_and_start_and_counts_its_messages() {
    let mut media = media(vec![], &Faults::default());
    let mut out = Vec::new();
    media.start(&mut out);
    out.extend(run(&mut media, 0, 60));
    assert_eq!(told(&out), ["connected", "start", "dtmf 5"]);
    let numbers: Vec<_> = out
        .iter()
        .filter_map(|output| match output {
            Output::Send(text) => serde_json::from_str::<Value>(text).ok(),
            _ => None,
        })
        .filter_map(|message| Some(message["sequenceNumber"].as_str()?.to_owned()))
        .collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5"]);
    assert_eq!(media.report.frames_sent, 3);
}

#[test]
fn a_barge_in_is_timed_and_what_comes_late_is_stale() {
    let mut media = media(vec![line(50, Some(500))], &Faults::default());
    hear(&mut media, 0, &audio(100));
    hear(&mut media, 0, &mark("m1"));
    let out = run(&mut media, 0, 700);
    assert!(out.iter().any(|output| matches!(output, Output::Event(CallerEvent::Interrupted))));
    assert_eq!(hear(&mut media, 640, CLEAR), ["mark m1"]);
    hear(&mut media, 650, &audio(1));
    let (_, report) = media.finish();
    let interruption = &report.interruptions[0];
    assert_eq!(
        (interruption.line, interruption.spoke_at, interruption.cleared_at),
        (1, at(500), Some(at(640)))
    );
    assert_eq!((report.stale_frames, report.first_audible), (1, Some(at(0))));
    assert_eq!((report.ledger.stretches[0].played_ms, report.ledger.stretches[0].dropped_ms), (700, 1300));
}

#[test]
fn marks_come_back_in_order_and_late_on_demand() {
    let faults = Faults { mark_delay: at(100), late_cleared_marks: at(60), ..Faults::default() };
    let mut media = media(vec![], &faults);
    hear(&mut media, 0, &audio(2));
    hear(&mut media, 0, &mark("played"));
    assert_eq!(told(&run(&mut media, 0, 140)), ["dtmf 5"]);
    assert_eq!(told(&run(&mut media, 140, 160)), ["mark played"]);
    hear(&mut media, 160, &audio(2));
    hear(&mut media, 160, &mark("dropped"));
    assert!(hear(&mut media, 160, CLEAR).is_empty());
    assert!(told(&run(&mut media, 160, 220)).is_empty());
    assert_eq!(told(&run(&mut media, 220, 240)), ["mark dropped"]);
}

#[test]
fn faults_bend_the_stream() {
    let faults = Faults {
        start: Start::AfterMedia,
        gaps: vec![(at(40), 2)],
        oversize: Some((at(20), 70_000)),
        bad_payloads: 1,
        ..Faults::default()
    };
    let mut media = media(vec![], &faults);
    let mut out = Vec::new();
    media.start(&mut out);
    out.extend(run(&mut media, 0, 120));
    let texts: Vec<&str> = out
        .iter()
        .filter_map(|output| match output {
            Output::Send(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(texts[1].contains(r#""event":"media""#) && texts[2].contains(r#""event":"start""#));
    assert!(texts[3].contains("*not base64*"));
    assert!(texts.iter().any(|text| text.len() > 70_000));
    let times: Vec<_> = texts
        .iter()
        .filter_map(|text| {
            serde_json::from_str::<Value>(text).ok()?["media"]["timestamp"].as_str().map(str::to_owned)
        })
        .collect();
    assert_eq!(times, ["0", "0", "20", "80", "100"]);
}
