//! Keys that the twin presses.

super::traces! {
    /// Whatever is being said is said first.
    keys_wait_until_nothing_is_said: r#"
        realtime> created r1
        realtime> says r1 a 600 "One moment."
        press 12
        realtime> done r1
        +2000 wait
        realtime> answers r2 b 400 "It rings."
        +1000 wait
    "#;

    /// It speaks while it takes keys; the tones are heard whole, and no model is told of them.
    keys_in_the_middle_of_a_menu: r#"
        realtime> speech_started u1
        +500 press w3
        +300 realtime> speech_stopped u1
        realtime> speech_started u2
        +2000 realtime> speech_stopped u2
        realtime> answers r1 a 400 "Hello?"
        +1000 finish
    "#;
}
