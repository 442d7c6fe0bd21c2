//! Time is up. Whoever speaks does so for as long as they like, so that a script is short.

super::traces! { by check_unhurried;
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
