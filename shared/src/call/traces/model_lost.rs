//! The model's socket is lost and replaced.

super::traces! {
    /// What was sent is heard, what was said is told again, and the answer goes on.
    amid_an_answer: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> transcribed u1 "Tell me a story."
        realtime> created r1
        realtime> words r1 a "Once upon a"
        realtime> audio r1 a 1000
        +400 model lost
        twilio> media 120
        +300 model ready
        realtime> answers r2 b 800 "Where was I?"
        +3000 wait
    "#;

    /// Whoever waits for an answer is not left in silence; the next model knows what they heard.
    not_back_at_once: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> transcribed u1 "Tell me a story."
        realtime> created r1
        +100 model lost
        +2500 model ready
        realtime> answers r2 b 800 "Once upon a time."
        +3000 wait
    "#;

    /// The new model does not know the item that is cut.
    interrupted_after_the_loss: r#"
        realtime> answers r1 a 2000 "One two three four five six seven eight"
        +400 model lost
        +300 model ready
        +300 realtime> speech_started u1
    "#;

    /// It is the caller's turn: nothing is said.
    in_silence: "
        +1000 model lost
        +500 model ready
        +1000 wait
    ";

    /// The response has the answers in the order in which they were said.
    with_words_that_came_late: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> answers r1 a 400 "An assistant."
        +1000 realtime> transcribed u1 "Who are you?"
        model lost
        model ready
    "#;

    /// Half a question went with the socket.
    while_the_caller_speaks: r#"
        realtime> speech_started u1
        twilio> media 10
        +500 model lost
        twilio> media 25
        +500 model ready
        realtime> created r1
        +100 realtime> speech_started u2
        realtime> done r1 cancelled
        +500 realtime> speech_stopped u2
        realtime> answers r2 a 400 "Sorry, say that again?"
        +500 wait
    "#;

    /// The result becomes knowledge: the new model never called the function.
    while_a_tool_runs: r#"
        realtime> created r1
        realtime> call r1 call_1 propose_meeting
        realtime> done r1
        model lost
        +500 model ready
        +500 tool> call_1 {"ok":1}
        realtime> answers r2 a 400 "It is proposed."
        +500 wait
    "#;

    a_tool_ends_before_there_is_a_new_model: r#"
        realtime> created r1
        realtime> call r1 call_1 propose_meeting
        realtime> done r1
        model lost
        +200 tool> call_1 {"ok":1}
        +300 model ready
        realtime> answers r2 a 400 "It is proposed."
        +500 wait
    "#;

    /// The result was handed over, and its answer was lost: the tool is not run again.
    before_the_answer_to_a_result: r#"
        realtime> created r1
        realtime> call r1 call_1 propose_meeting
        realtime> done r1
        tool> call_1 {"ok":1}
        model lost
        +500 model ready
    "#;

    session_expired: "
        realtime> created r1
        realtime> error session_expired
        model lost
        +500 model ready
    ";

    /// Goodbye is asked of the next model.
    before_goodbye: r#"
        +12000 realtime> answers r1 a 400 "Are you still there?"
        +12400 realtime> answers r2 b 400 "Are you still there?"
        +12400 model lost
        +500 model ready
        realtime> answers r3 c 1000 "Goodbye."
        +1000 finish
    "#;

    /// The player has all of the goodbye: no model is needed to hear it.
    for_good_amid_goodbye: r#"
        realtime> created r1
        realtime> says r1 a 2000 "Thank you. Goodbye."
        realtime> call r1 call_1 end_call
        tool> call_1 ends_call {"ending":true}
        realtime> done r1
        +500 model lost
        +500 model unavailable
        +1500 finish
    "#;

    for_good: r#"
        realtime> answers r1 a 2000 "One two three four"
        +500 model lost
        +500 model unavailable
        finish
    "#;
}
