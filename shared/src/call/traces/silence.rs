//! Nobody speaks, or too long.

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

    time_is_up: r#"
        twilio> connected
        +1000 realtime> created r1
        realtime> audio r1 a 400
        +15000 wait
        +1000 realtime> speech_started u1
        +1724000 realtime> speech_stopped u1
        realtime> answers r2 b 400 "Yes."
        realtime> answers r3 c 2000 "We have about one minute left on this call."
        +1000 realtime> speech_started u2
        +60000 realtime> created r4
        realtime> says r4 d 3000 "Our time is up."
        realtime> done r4
        +1000 realtime> speech_stopped u2
        realtime> created r5
        realtime> audio r5 e 400
        realtime> done r5 cancelled
        +2000 finish
    "#;

    /// The twin itself speaks when time is up: it stops in order to say goodbye.
    time_is_up_amid_an_answer: r#"
        realtime> speech_started u1
        +1797000 realtime> speech_stopped u1
        realtime> created r1
        realtime> says r1 a 20000 "A long story"
        +2000 realtime> done r1 cancelled
        realtime> answers r2 b 3000 "Our time is up."
        +3000 finish
    "#;

    /// Nobody answers any more: the call ends in time.
    time_is_up_and_the_model_is_silent: "
        realtime> speech_started u1
        +1815000 finish
    ";
}

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
