//! The caller speaks while the twin does.

super::traces! {
    in_the_middle_of_an_item: r#"
        realtime> created r1
        realtime> words r1 a "One two three four five six seven eight nine ten"
        realtime> audio r1 a 2000
        +1240 realtime> speech_started u1
        realtime> done r1 cancelled
        +800 realtime> speech_stopped u1
        realtime> answers r2 b 400 "Yes?"
        +500 wait
    "#;

    /// The first was being heard, the second was not.
    with_two_items_queued: r#"
        realtime> created r1
        realtime> says r1 a 1000 "One two three."
        realtime> says r1 b 1000 "Four five six."
        realtime> done r1
        +500 realtime> speech_started u1
    "#;

    before_anything_was_heard: r#"
        realtime> created r1
        realtime> words r1 a "One two"
        realtime> audio r1 a 400
        realtime> speech_started u1
    "#;

    /// Words without audio yet: the model forgets them too.
    before_there_was_audio: r#"
        realtime> created r1
        realtime> words r1 a "One two"
        realtime> speech_started u1
        realtime> done r1 cancelled
    "#;

    /// Nothing is active any more, so nothing is cancelled.
    after_the_response_was_finished: r#"
        realtime> answers r1 a 2000 "One two three four five six seven eight nine ten"
        +1000 realtime> speech_started u1
    "#;

    cancelled_once_while_active: r#"
        realtime> created r1
        realtime> audio r1 a 2000
        +1000 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        +100 realtime> speech_started u2
        +500 realtime> speech_stopped u2
        realtime> done r1 cancelled
        realtime> answers r2 b 400 "Yes?"
        +500 wait
    "#;

    /// What the model had sent before it learned of it.
    what_comes_late_is_dropped: r#"
        realtime> created r1
        realtime> words r1 a "One two three "
        realtime> audio r1 a 1200
        +800 realtime> speech_started u1
        realtime> audio r1 a 400
        realtime> words r1 a "four five six"
        realtime> audio r1 b 400
        realtime> words r1 b "seven"
        realtime> audio_done r1 a
        realtime> words_done r1 a "One two three four five six"
        realtime> done r1 cancelled
        realtime> audio r1 a 400
        finish
    "#;

    /// All that was produced was heard, but the model was not at its end.
    at_the_end_of_what_was_produced: r#"
        realtime> created r1
        realtime> words r1 a "One two three"
        realtime> audio r1 a 400
        +1000 realtime> speech_started u1
        finish
    "#;

    /// What was played to its end is not cut: the model keeps its words.
    when_all_was_heard: r#"
        realtime> answers r1 a 400 "One two three."
        +400 realtime> speech_started u1
    "#;

    /// Our request is under way when the caller begins.
    a_response_that_begins_while_the_caller_speaks: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        realtime> done r1
        tool> call_1 {"ok":true}
        +100 realtime> speech_started u1
        realtime> created r2
        realtime> audio r2 b 400
        realtime> done r2 cancelled
        +800 realtime> speech_stopped u1
        realtime> answers r3 c 400 "Yes?"
        +500 wait
    "#;

    /// Marks that Twilio returns because of the clear, and one that nobody sent.
    marks_of_an_old_generation: "
        realtime> created r1
        realtime> audio r1 a 400
        realtime> audio r1 a 400
        +100 realtime> speech_started u1
        realtime> done r1 cancelled
        +500 realtime> speech_stopped u1
        realtime> created r2
        realtime> audio r2 b 400
        twilio> mark 0.2.6400
        twilio> mark nonsense
        twilio> mark 9.9.9
        +100 realtime> speech_started u2
    ";

    /// The model was slow: the caller heard silence in between, and that does not count.
    after_a_gap_in_the_audio: "
        realtime> created r1
        realtime> audio r1 a 400
        +3000 realtime> audio r1 a 400
        +100 realtime> speech_started u1
    ";
}
