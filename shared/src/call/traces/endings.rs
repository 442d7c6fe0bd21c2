//! How a call ends.

super::traces! {
    /// The line is closed when goodbye was heard, not when it was sent.
    end_call_waits_for_goodbye: r#"
        realtime> created r1
        realtime> says r1 a 2000 "Thank you. Goodbye."
        realtime> call r1 call_1 end_call
        tool> call_1 ends_call {"ending":true}
        realtime> done r1
        +2500 finish
    "#;

    /// The model hangs up without a word.
    end_call_without_goodbye: r#"
        realtime> created r1
        realtime> call r1 call_1 end_call
        tool> call_1 ends_call {"ending":true}
        realtime> done r1
        realtime> answers r2 a 800 "Goodbye."
        +1000 finish
    "#;

    /// The mark of the last word does not come back.
    goodbye_is_not_waited_for_for_ever: r#"
        realtime> created r1
        realtime> says r1 a 60000 "Goodbye and goodbye and goodbye."
        realtime> call r1 call_1 end_call
        realtime> done r1
        tool> call_1 ends_call {"ending":true}
        +16000 finish
    "#;

    the_caller_goes_on_after_all: r#"
        realtime> created r1
        realtime> says r1 a 2000 "Thank you. Goodbye."
        realtime> call r1 call_1 end_call
        tool> call_1 ends_call {"ending":true}
        realtime> done r1
        +1000 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r2 b 1000 "Of course."
        +2000 wait
    "#;

    /// The caller interrupts while the function still runs: its result ends nothing.
    the_caller_goes_on_before_the_function_is_done: r#"
        realtime> created r1
        realtime> says r1 a 2000 "Thank you. Goodbye."
        realtime> call r1 call_1 end_call
        +1000 realtime> speech_started u1
        tool> call_1 ends_call {"ending":true}
        realtime> done r1 cancelled
        +500 realtime> speech_stopped u1
        realtime> answers r2 b 1000 "Of course."
        +2000 wait
    "#;

    /// It took too long, and the model was told so.
    a_late_end_call_ends_nothing: r#"
        realtime> created r1
        realtime> call r1 call_1 end_call
        realtime> done r1
        +1500 realtime> answers r2 f 400 "One moment, please."
        +8500 realtime> answers r3 a 400 "That did not work."
        +1000 tool> call_1 ends_call {"ending":true}
        +100 wait
    "#;

    a_goodbye_in_silence_is_interrupted: r#"
        +12000 realtime> answers r1 a 400 "Are you still there?"
        +12400 realtime> answers r2 b 400 "Are you still there?"
        +12400 realtime> answers r3 c 3000 "Goodbye."
        +1000 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r4 d 400 "There you are."
        +1000 wait
    "#;
}
