//! Whose turn it is.

super::traces! {
    a_question_and_its_answer: r#"
        realtime> speech_started u1
        twilio> media 20
        +1000 realtime> speech_stopped u1
        realtime> transcribed u1 "Who are you?"
        +300 realtime> answers r1 a 1000 "An assistant."
        +1100 wait
    "#;

    /// `response.done` never comes: the next response is asked for all the same.
    a_response_that_stalls: r#"
        realtime> created r1
        realtime> words r1 a "One two"
        realtime> audio r1 a 400
        +16000 wait
        realtime> audio r1 a 400
        realtime> created r2
        realtime> says r2 b 400 "Still there?"
        realtime> done r2
        +500 wait
    "#;

    a_response_without_a_word_that_stalls: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> created r1
        +15000 wait
        realtime> error response_cancel_not_active
        realtime> answers r2 a 400 "Yes."
        +500 wait
    "#;

    /// The model is to answer by itself; it does not, so it is asked.
    an_answer_that_does_not_begin: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        +4500 realtime> answers r1 a 400 "Yes."
        +500 wait
    "#;

    /// The model answered by itself just then: one answer is enough.
    an_answer_that_begins_just_as_it_is_asked_for: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        +4500 realtime> created r1
        realtime> error conversation_already_has_active_response ask_2
        realtime> says r1 a 400 "Yes."
        realtime> done r1
        +500 wait
    "#;

    /// The caller was quicker than our request: it is made again after the answer.
    refused_because_the_model_answers_the_caller: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        realtime> done r1
        tool> call_1 {"ok":true}
        realtime> created r2
        realtime> error conversation_already_has_active_response ask_2
        realtime> says r2 a 400 "Yes."
        realtime> done r2
        realtime> answers r3 b 400 "It is noted."
        +1000 wait
    "#;

    /// Of a response that we know nothing about.
    refused_because_of_another: r#"
        +12000 wait
        realtime> error conversation_already_has_active_response ask_2
        +500 realtime> done r9
        realtime> answers r2 a 400 "Are you still there?"
        +500 wait
    "#;

    /// An error about our request, of whatever kind: it is made again at once, and not after 15 seconds.
    refused_for_another_reason: r#"
        +12000 wait
        realtime> error server_error ask_2
        realtime> answers r2 a 400 "Are you still there?"
        +500 wait
    "#;

    /// Errors about something else say nothing about our request.
    errors_about_something_else: r#"
        +12000 wait
        realtime> error unsupported_content_type
        realtime> error rate_limit_exceeded event_77
        realtime> error conversation_already_has_active_response ask_1
        realtime> answers r2 a 400 "Are you still there?"
        +500 wait
    "#;

    /// The response was over before the cancel arrived, and the caller has been answered since.
    a_cancel_that_is_refused: r#"
        realtime> created r1
        realtime> audio r1 a 800
        +400 realtime> speech_started u1
        realtime> done r1
        +500 realtime> speech_stopped u1
        realtime> created r2
        realtime> error response_cancel_not_active
        realtime> call r2 call_1 take_message
        tool> call_1 {"ok":true}
        realtime> done r2
    "#;

    /// The refusal is all that we hear of its end.
    a_cancel_that_is_refused_for_want_of_a_response: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        realtime> audio r1 a 800
        tool> call_1 {"ok":true}
        +400 realtime> speech_started u1
        realtime> error response_cancel_not_active
    "#;

    a_response_that_fails: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> created r1
        realtime> done r1 failed
        realtime> created r2
        realtime> done r2 failed
        realtime> answers r3 a 400 "Yes."
        +500 wait
    "#;

    unknown_events_and_late_ends: r#"
        realtime> {"type":"rate_limits.updated","rate_limits":[]}
        realtime> {"type":"something.new","x":{"y":1}}
        realtime> {"type":"conversation.item.added","item":{"id":"a","type":"message"}}
        realtime> done r9
        realtime> {"type":"response.output_item.done","response_id":"r9","item":{"type":"message"}}
    "#;
}
