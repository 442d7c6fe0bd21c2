//! Scripts that make no sense: what [`Witness`](super::witness::Witness) says holds all the same.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{GREETED_LIVE, stage::Stage};

/// The socket is lost while somebody cries for help: the next one says whom to call.
#[test]
fn a_cry_for_help_that_a_lost_model_heard_is_answered_by_the_next() {
    let mut stage = Stage::live();
    stage.run(GREETED_LIVE);
    stage.run("live> caller \"My father is having a heart attack!\"\nmodel lost");
    assert!(!stage.score().contains("911 in North America"), "nobody is there to say it");
    stage.run("model ready\nlive> started\n+1000 wait");
    assert!(stage.score().contains("911 in North America"), "{}", stage.score());
}

/// Of a few names, so that they meet.
fn name(prefix: &'static str) -> impl Strategy<Value = String> {
    (0..3_u8).prop_map(move |n| format!("{prefix}{n}"))
}

fn of_the_model() -> impl Strategy<Value = String> {
    let (r, i, u, c) = (|| name("r"), || name("i"), || name("u"), || name("c"));
    let status = || select(vec!["completed", "failed", "incomplete", "cancelled"]);
    let codes = ["conversation_already_has_active_response", "response_cancel_not_active", "server_error"];
    let code = select(codes.to_vec());
    prop_oneof![
        u().prop_map(|u| format!("speech_started {u}")),
        u().prop_map(|u| format!("speech_stopped {u}")),
        u().prop_map(|u| format!("transcribed {u} \"Some words.\"")),
        u().prop_map(|u| format!("not_transcribed {u}")),
        r().prop_map(|r| format!("created {r}")),
        (r(), status()).prop_map(|(r, status)| format!("done {r} {status}")),
        (r(), i(), 1..1200_u32).prop_map(|(r, i, ms)| format!("audio {r} {i} {ms}")),
        (r(), i(), 0..1200_u32).prop_map(|(r, i, bytes)| format!("bytes {r} {i} {bytes}")),
        (r(), i()).prop_map(|(r, i)| format!("audio_done {r} {i}")),
        (r(), i()).prop_map(|(r, i)| format!("words {r} {i} \"more and more words \"")),
        (r(), i()).prop_map(|(r, i)| format!("words_done {r} {i} \"All of the words.\"")),
        (r(), i(), 1..3000_u32).prop_map(|(r, i, ms)| format!("answers {r} {i} {ms} \"All of it.\"")),
        (r(), c(), status()).prop_map(|(r, c, status)| format!("call {r} {c} some_tool {status}")),
        code.clone().prop_map(|code| format!("error {code}")),
        (code, 1..6_u8).prop_map(|(code, ask)| format!("error {code} ask_{ask}")),
    ]
}

fn of_live() -> impl Strategy<Value = String> {
    let (c, code) = (|| name("c"), select(vec!["unknown_parameter", "server_error"]));
    prop_oneof![
        Just("started".to_owned()),
        Just("appended".to_owned()),
        Just("session.novelty".to_owned()),
        Just("closed expired".to_owned()),
        (0..1200_u32).prop_map(|ms| format!("audio {ms}")),
        (0..1200_u32).prop_map(|ms| format!("silence {ms}")),
        Just("words \"more and more words \"".to_owned()),
        Just("words \"Hello, this is an AI.\"".to_owned()),
        Just("caller \"Some words. \"".to_owned()),
        Just("caller \"My father is having a heart attack!\" 900".to_owned()),
        (1..20_u32).prop_map(|n| format!("speaks {} \"All of it.\"", n * 100)),
        c().prop_map(|c| format!("call {c} some_tool")),
        Just("behind created".to_owned()),
        Just("behind completed".to_owned()),
        code.clone().prop_map(|code| format!("error {code}")),
        (code, 1..6_u8).prop_map(|(code, ask)| format!("error {code} ask_{ask}")),
    ]
}

fn line() -> impl Strategy<Value = String> {
    line_of(of_the_model().prop_map(|event| format!("realtime> {event}")))
}

fn line_of(model: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let mark = (0..3_u8, 0..4_u8, 0..20_u32);
    let input = prop_oneof![
        20 => model,
        1 => Just("told \"The owner did not take the call.\"".to_owned()),
        2 => name("c").prop_map(|c| format!("tool> {c} {{}}")),
        1 => name("c").prop_map(|c| format!("tool> {c} ends_call {{}}")),
        2 => Just("twilio> media".to_owned()),
        1 => mark.prop_map(|(one, two, three)| format!("twilio> mark {one}.{two}.{}", three * 160)),
        1 => Just("tick".to_owned()),
        1 => Just("model lost".to_owned()),
        2 => Just("model ready".to_owned()),
    ];
    let wait = prop_oneof![4 => Just(0), 4 => 1..500_u32, 2 => 500..5000_u32, 1 => 5000..40_000_u32];
    (wait, input).prop_map(|(wait, input)| format!("+{wait} {input}"))
}

fn ending() -> impl Strategy<Value = &'static str> {
    select(vec![
        "twilio> stop",
        "twilio> gone",
        "twilio> start",
        "twilio> bad 10",
        "model unavailable",
        "+3000000 wait",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_breaks_nothing(lines in vec(line(), 1..80), ending in ending(), rest in vec(line(), 0..5)) {
        let mut stage = Stage::default();
        stage.run("model ready");
        stage.run(&lines.join("\n"));
        stage.run(ending);
        stage.run(&rest.join("\n"));
        stage.run("finish");
    }

    #[test]
    fn nonsense_of_live_breaks_nothing(
        lines in vec(line_of(of_live().prop_map(|event| format!("live> {event}"))), 1..80),
        ending in ending(),
    ) {
        let mut stage = Stage::live();
        stage.run("model ready");
        stage.run(&lines.join("\n"));
        stage.run(ending);
        stage.run("finish");
    }
}
