//! Another session of the model takes over from one whose time comes.

use std::time::Duration;

use super::{GREETED, GREETED_LIVE, stage::Stage};
use crate::call::Limits;

/// A session of ten seconds, in a call that nothing else ends.
fn limits() -> Limits {
    let long = Duration::from_hours(3);
    Limits { session: Duration::from_secs(10), max_duration: long, silence: long, ..Limits::default() }
}

/// How often another one was asked for.
fn asked(stage: &Stage) -> usize {
    stage.score().matches("another model").count()
}

#[test]
fn another_session_is_asked_for_in_time() {
    for (mut stage, greeted, ready) in [
        (Stage::with(limits()), GREETED, "model ready"),
        (Stage::live_with(limits()), GREETED_LIVE, "model ready\nlive> started"),
    ] {
        stage.run(greeted);
        stage.run("+7000 wait");
        assert_eq!(asked(&stage), 0, "its time has not come");
        stage.run("+3000 wait");
        assert_eq!(asked(&stage), 1);
        // It was not to be had.
        stage.run("+61000 wait");
        assert_eq!(asked(&stage), 2);
        stage.run("model lost");
        stage.run(ready);
        stage.run("+9000 wait");
        assert_eq!(asked(&stage), 2, "another one has all its time");
        stage.run("+2000 wait");
        assert_eq!(asked(&stage), 3);
    }
}

/// It knows what was said, greets nobody, says nothing, and is not missed.
#[test]
fn whoever_takes_over_is_not_heard() {
    let mut stage = Stage::with(limits());
    stage.run(GREETED);
    stage.run(
        r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> transcribed u1 "I called about the lighthouse."
        realtime> answers r1 a 400 "I see."
        +1000 wait
    "#,
    );
    assert!(stage.is_quiet());
    stage.begin_score();
    stage.run("model lost\nmodel ready\n+3000 wait");
    let score = stage.score();
    assert!(
        score.contains("user \"I called about the lighthouse.\"") && score.contains("\"I see.\""),
        "{score}"
    );
    for never in ["response.create", "twilio<", "persist"] {
        assert!(!score.contains(never), "{score}");
    }
}

/// Whoever speaks, waits for an answer, or was not understood yet would be lost on the next one.
#[test]
fn nobody_takes_over_while_somebody_speaks_or_waits() {
    let mut stage = Stage::with(limits());
    stage.run("model ready");
    assert!(!stage.is_quiet(), "nobody was greeted");
    stage.run(r#"realtime> answers r0 g 1000 "Hello, this is an AI.""#);
    assert!(!stage.is_quiet(), "the greeting is being heard");
    stage.run("+1000 wait");
    assert!(stage.is_quiet());
    for (line, quiet) in [
        ("realtime> speech_started u1", false),
        ("+500 realtime> speech_stopped u1", false),
        ("realtime> answers r1 a 400 \"I see.\"", false),
        ("+1000 wait", false),
        ("realtime> transcribed u1 \"Good.\"", true),
        ("realtime> created r2", false),
        ("realtime> call r2 call_1 propose_meeting", false),
        ("realtime> done r2", false),
        ("tool> call_1 {\"ok\":1}", false),
        ("realtime> answers r3 b 400 \"It is proposed.\"", false),
        ("+500 wait", true),
        ("realtime> speech_started u2", false),
        ("+500 realtime> speech_stopped u2", false),
        ("realtime> answers r4 c 400 \"Yes.\"", false),
        ("+9400 wait", false),
        // What was said is not told any more.
        ("+700 wait", true),
        ("model lost", false),
        ("model ready", true),
        ("twilio> gone", false),
    ] {
        stage.run(line);
        assert_eq!(stage.is_quiet(), quiet, "{line}: {}", stage.score());
    }
}

/// GPT-Live tells nobody when somebody has finished.
#[test]
fn a_stretch_of_speech_is_over_before_another_takes_over() {
    let mut stage = Stage::live_with(limits());
    stage.run(GREETED_LIVE);
    assert!(stage.is_quiet());
    for (line, quiet) in [
        ("live> caller \"Who are you?\"", false),
        ("+700 wait", false),
        // It is about to answer.
        ("+200 wait", false),
        ("live> speaks 400 \"An assistant.\"", false),
        ("+1500 wait", true),
        ("live> behind created", false),
        ("live> behind completed", true),
    ] {
        stage.run(line);
        assert_eq!(stage.is_quiet(), quiet, "{line}: {}", stage.score());
    }
}

/// A model tells late that somebody has begun to speak; and of a street it tells nothing at all.
#[test]
fn nobody_takes_over_before_it_is_told_what_was_heard() {
    for (mut stage, greeted) in [(Stage::with(limits()), GREETED), (Stage::live_with(limits()), GREETED_LIVE)]
    {
        stage.run(greeted);
        stage.run("twilio> media 3");
        assert!(stage.is_quiet(), "no other is to take over for long");
        // Its time comes in a pause.
        for (line, quiet) in [("+7500 twilio> media 3", false), ("+1600 wait", false), ("+500 wait", true)] {
            stage.run(line);
            assert_eq!(stage.is_quiet(), quiet, "{line}: {}", stage.score());
        }
        assert_eq!(asked(&stage), 1);
        for second in 0..11 {
            stage.run("+1000 twilio> media");
            assert_eq!(stage.is_quiet(), second == 10, "a street of {second} s");
        }
    }
}

/// On a line that is loud all the time nobody waits for silence, and whoever begins to speak is heard all the same.
#[test]
fn whoever_speaks_on_a_loud_line_is_louder_than_it() {
    for (mut stage, greeted) in [(Stage::with(limits()), GREETED), (Stage::live_with(limits()), GREETED_LIVE)]
    {
        stage.run(greeted);
        stage.run("+7500 wait");
        for second in [5, 11, 17] {
            for _ in 0..250 {
                stage.run("+20 twilio> media");
            }
            assert!(stage.is_quiet(), "a street of {second} s: {}", stage.score());
            stage.run("+20 twilio> shout 3");
            assert!(!stage.is_quiet(), "somebody speaks after {second} s");
            for _ in 0..50 {
                stage.run("+20 twilio> media");
            }
            assert!(!stage.is_quiet(), "it may not have been told yet");
        }
    }
}

#[test]
fn a_turn_that_was_told_of_keeps_nobody_waiting() {
    let mut stage = Stage::with(limits());
    stage.run(GREETED);
    stage.run("+10000 wait");
    stage.run(
        r#"
        twilio> media 3
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> transcribed u1 "Good."
        realtime> answers r1 a 400 "I see."
        +500 wait
    "#,
    );
    assert!(stage.is_quiet(), "{}", stage.score());
}

/// Words that begin as another takes over are heard by it from their beginning, and nobody waits for silence in them.
#[test]
fn whoever_takes_over_hears_the_moment_before() {
    for (stage, greeted, ready, append) in [
        (Stage::with as fn(Limits) -> Stage, GREETED, "model ready", "input_audio_buffer.append"),
        (Stage::live_with, GREETED_LIVE, "model ready\nlive> started", "session.input_audio.append"),
    ] {
        for (wait, heard) in [("+5000 wait", 2), ("+10000 wait", 12)] {
            let mut stage = stage(limits());
            stage.run(greeted);
            stage.run(wait);
            stage.run("twilio> media 15");
            stage.begin_score();
            stage.run("model lost\ntwilio> media 2");
            stage.run(ready);
            let score = stage.score();
            assert!(score.contains(&format!("{append} {heard} frames")), "{wait}: {score}");
        }
    }
}
