//! The first words.

super::traces! {
    /// The caller talks into the first words: they are heard out, and the caller is answered afterwards.
    the_greeting_is_not_interrupted: r#"new call
        model ready
        realtime> created r0
        realtime> says r0 g 2000 "Hello, this is an AI."
        +300 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        +100 realtime> done r0
        +200 realtime> answers r1 a 1000 "Yes, hello."
        +200 realtime> transcribed u1 "Hello?"
        +3000 wait
    "#;

    /// When the greeting is heard and the caller still speaks, what would come next is not said.
    whoever_speaks_as_the_greeting_ends_has_the_floor: r#"new call
        model ready
        realtime> answers r0 g 1000 "Hello, this is an AI."
        +100 realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r1 a 1000 "Yes?"
        +100 realtime> speech_started u2
        +1000 wait
    "#;

    /// A response without a word: the disclosure is still owed.
    a_greeting_that_fails_is_said_again: r#"new call
        model ready
        realtime> created r0
        realtime> done r0 failed
        realtime> created r1
        realtime> done r1 completed
        realtime> answers r2 g 1000 "Hello, this is an AI."
        +500 realtime> speech_started u1
        +1000 wait
    "#;

    half_a_greeting_is_said_again: r#"new call
        model ready
        realtime> created r0
        realtime> words r0 g "Hello, this"
        realtime> audio r0 g 400
        +200 realtime> done r0 failed
        realtime> answers r1 h 1000 "Hello, this is an AI."
        +1200 wait
    "#;

    /// Three times nothing: voicemail.
    a_model_that_says_nothing_is_none: "new call
        model ready
        realtime> created r0
        realtime> done r0 failed
        realtime> created r1
        realtime> done r1 failed
        realtime> created r2
        realtime> done r2 failed
        finish
    ";

    a_model_lost_in_the_greeting: r#"new call
        model ready
        realtime> created r0
        realtime> words r0 g "Hello, this is"
        realtime> audio r0 g 400
        +300 model lost
        +500 model ready
        realtime> answers r0 g 1000 "Hello, this is an AI."
        +1000 wait
    "#;

    no_model_at_all: "new call
        twilio> media 3
        +2000 model unavailable
        finish
    ";
}
