//! What was said.

super::traces! {
    /// The number tells the order.
    words_that_come_after_the_answer: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r1 a 400 "An assistant."
        +1000 realtime> transcribed u1 "Who are you?"
    "#;

    words_that_never_come: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> not_transcribed u1
        realtime> speech_started u2
        +500 realtime> speech_stopped u2
        realtime> transcribed u2 "  "
    "#;

    /// Audio without the last of its words: what came of them is kept.
    an_answer_without_its_last_words: r#"
        realtime> created r1
        realtime> words r1 a "An assistant"
        realtime> audio r1 a 400
        realtime> audio_done r1 a
        +1000 realtime> done r1
    "#;

    a_caller_who_hangs_up_amid_an_answer: r#"
        realtime> answers r1 a 2000 "One two three four five six seven eight nine ten"
        +1000 twilio> stop
        realtime> audio r1 a 400
        finish
    "#;

    /// Their words were still being transcribed.
    a_caller_who_says_something_and_hangs_up: "
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        +100 realtime> speech_started u2
        +50 twilio> gone
        finish
    ";
}
