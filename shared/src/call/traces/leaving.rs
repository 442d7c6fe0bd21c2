//! The relay stops in the middle of a call.

use super::{GREETED, GREETED_LIVE, stage::Stage};

const GOODBYE: &str = "Our time is up. Thank you for talking";

#[test]
fn whoever_talks_is_told_goodbye_once() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    stage.begin_score();
    stage.run(
        r#"
        realtime> created r1
        realtime> says r1 a 20000 "A long story"
        +2000 leave
        realtime> done r1 cancelled
        leave
        realtime> created r2
        realtime> says r2 b 3000 "Our time is up."
        realtime> done r2
        +1000 realtime> speech_started u1
    "#,
    );
    let score = stage.score();
    assert!(score.contains("twilio<   clear") && score.contains("response.cancel r1"), "{score}");
    assert_eq!(score.matches(GOODBYE).count(), 1, "{score}");
    assert!(!score.contains("close "), "it is still heard, and nobody interrupts it: {score}");
    stage.run("+2500 finish");
    let score = stage.score();
    assert!(score.contains("close     1000") && score.contains("over      DurationLimit"), "{score}");
}

/// A goodbye that is being said is enough, for whoever does not go on after all.
#[test]
fn whoever_speaks_over_a_goodbye_is_told_another() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    stage.begin_score();
    stage.run(
        r#"
        realtime> created r1
        realtime> says r1 a 2000 "Thank you. Goodbye."
        realtime> call r1 call_1 end_call
        tool> call_1 ends_call {"ending":true}
        realtime> done r1
        +1000 leave
    "#,
    );
    assert!(!stage.score().contains(GOODBYE), "{}", stage.score());
    stage.run("+500 realtime> speech_started u1");
    assert!(stage.score().contains(GOODBYE), "{}", stage.score());
    stage.run("+16000 finish");
    assert!(stage.score().contains("over      DurationLimit"), "{}", stage.score());
}

#[test]
fn a_model_that_does_not_say_it_is_not_waited_for() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    stage.run("leave\n+14000 wait");
    assert!(!stage.score().contains("close "), "{}", stage.score());
    stage.run("+2000 finish");
    assert!(stage.score().contains("over      DurationLimit"), "{}", stage.score());
}

#[test]
fn live_says_goodbye_too() {
    let mut stage = Stage::live();
    stage.run(GREETED_LIVE);
    stage.begin_score();
    stage.run("live> speaks 1000 \"A long story\"\nleave");
    assert!(stage.score().contains(GOODBYE), "{}", stage.score());
    stage.run("+16000 finish");
    assert!(stage.score().contains("over      DurationLimit"), "{}", stage.score());
}

/// They hear from another that nobody can talk: half a greeting is none.
#[test]
fn whoever_was_not_greeted_is_not_told() {
    let mut stage = Stage::default();
    stage.run(
        "model ready\nrealtime> created r0\nrealtime> says r0 g 2000 \"Hello, this is an AI.\"\n+500 leave",
    );
    let score = stage.score();
    assert!(score.contains("close     1000") && !score.contains(GOODBYE), "{score}");
    stage.run("finish");
    assert!(stage.score().contains("over      ModelUnavailable"), "{}", stage.score());
}
