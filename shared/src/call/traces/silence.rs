//! Nobody speaks.

use super::{GREETED, stage::Stage};

super::traces! {
    /// In the words of the language that they speak.
    in_another_language: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> transcribed u1 "Guten Tag, ich möchte bitte mit Alex sprechen."
        realtime> answers r1 a 400 "Gern."
        +1000 model lost
        +1500 model ready
        +13000 wait
    "#;

    prompts_then_goodbye: r#"
        +12000 realtime> answers r1 a 1000 "Are you still there?"
        +13000 realtime> answers r2 b 1000 "Are you still there?"
        +13000 realtime> answers r3 c 3000 "Goodbye."
        +3000 finish
    "#;

    a_caller_who_comes_back: r#"
        +12000 realtime> answers r1 a 1000 "Are you still there?"
        +2000 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r2 b 1000 "Good."
        +13000 wait
        realtime> answers r3 b 1000 "Are you still there?"
        +12000 wait
    "#;

    /// The caller speaks just as the prompt is asked for.
    a_prompt_that_is_not_needed: r#"
        +12000 realtime> speech_started u1
        realtime> created r1
        realtime> done r1 cancelled
        +500 realtime> speech_stopped u1
        realtime> answers r2 a 400 "Yes?"
        +1000 wait
    "#;
}

const ASKS: &str = "say=\"Are you still there?\"";
const SAYS_GOODBYE: &str = "I cannot hear you";

/// A turn of the caller's, the words of which are told last, and what the model makes of it.
fn turn(number: u32, words: &str) -> String {
    format!(
        r#"
        +2000 realtime> speech_started u{number}
        +500 realtime> speech_stopped u{number}
        realtime> answers r{number} a{number} 400 "Pardon?"
        +600 realtime> transcribed u{number} "{words}"
        "#
    )
}

/// What is loud and says nothing keeps no call open, also if it is loud over the goodbye.
#[test]
fn a_line_without_a_word_is_closed() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    (1..8).for_each(|number| stage.run(&turn(number, "")));
    stage.run(&turn(8, "It is loud here."));
    (9..16).for_each(|number| stage.run(&turn(number, "")));
    assert!(!stage.score().contains(SAYS_GOODBYE), "somebody was there: {}", stage.score());
    stage.run(&turn(16, ""));
    assert!(stage.score().contains(SAYS_GOODBYE) && !stage.score().contains("close"), "{}", stage.score());
    stage.run("realtime> created r\nrealtime> says r g 3000 \"I cannot hear you.\"\nrealtime> done r");
    stage.run("+500 realtime> speech_started u17\n+500 realtime> speech_stopped u17");
    stage.run("realtime> transcribed u17 \"\"\nfinish");
    assert!(stage.score().contains("over      Silence"), "{}", stage.score());
}

#[test]
fn whoever_presses_a_key_on_a_loud_line_is_there() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    (1..8).for_each(|number| stage.run(&turn(number, "")));
    stage.run("twilio> dtmf 5");
    stage.run(&turn(8, ""));
    assert!(!stage.score().contains(SAYS_GOODBYE), "{}", stage.score());
}

/// Of a street or a fan the model tells that somebody speaks, and of no pause, and so of no words.
#[test]
fn unbroken_noise_is_closed_as_silence_is() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    stage.run("realtime> speech_started u1\n+119000 wait");
    assert!(!stage.score().contains(ASKS), "whoever speaks is not interrupted: {}", stage.score());
    stage.run("+1000 realtime> answers r1 a 1000 \"Are you still there?\"");
    assert_eq!(stage.score().matches(ASKS).count(), 1, "{}", stage.score());
    stage.run("+13000 realtime> answers r2 b 1000 \"Are you still there?\"");
    stage.run("+13000 realtime> answers r3 c 3000 \"I cannot hear you.\"\n+3000 finish");
    assert_eq!(stage.score().matches(ASKS).count(), 2, "{}", stage.score());
    assert!(stage.score().contains("over      Silence"), "{}", stage.score());
}

#[test]
fn whoever_was_taken_for_noise_goes_on_once_there_is_a_pause() {
    let mut stage = Stage::default();
    stage.run(GREETED);
    stage.run(
        r#"
        realtime> speech_started u1
        +120000 realtime> answers r1 a 1000 "Are you still there?"
        +2000 realtime> speech_stopped u1
        realtime> answers r2 b 400 "I see."
        realtime> transcribed u1 "That was the whole story."
        +12500 realtime> answers r3 c 1000 "Are you still there?"
        +13000 wait
    "#,
    );
    assert_eq!(stage.score().matches(ASKS).count(), 3, "{}", stage.score());
    assert!(!stage.score().contains(SAYS_GOODBYE), "{}", stage.score());
}
