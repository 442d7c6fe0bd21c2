//! Nobody speaks, or too long.

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
