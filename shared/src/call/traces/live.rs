//! GPT-Live in place of Realtime.

super::traces! {
    by check_live;

    /// Nothing but the greeting can be its first word, and nobody is heard before it is as good as said.
    the_first_word_is_that_it_is_an_ai: r#"
        new call
        twilio> media 3
        model ready
        twilio> media 3
        live> started
        twilio> media 3
        live> speaks 400 "Hello, this "
        twilio> media 3
        live> speaks 600 "is an AI."
        twilio> media 3
        +1000 wait
    "#;

    what_it_says_before_is_taken_back: r#"
        new call
        model ready
        live> started
        live> speaks 600 "Sure, let me think about that."
        +900 wait
        live> speaks 1000 "Hello, this is an AI."
        +1200 wait
    "#;

    what_it_is_asked_and_answers: r#"
        twilio> media 50
        live> caller "Do you " 1500
        +200 live> caller "know Rust?" 2400
        +400 live> speaks 1200 "Yes, of course."
        live> silence 200
        +1000 wait
    "#;

    /// It listens while it speaks, and falls silent by itself.
    whoever_speaks_over_it_clears_nothing: r#"
        live> speaks 1000 "There is a long story to it, which begins"
        live> caller "Just yes or no?"
        live> speaks 400 " in"
        live> silence 200
        +600 wait
        live> speaks 400 "Yes."
        +1000 wait
    "#;

    /// Audio that came much faster than it is played waits at Twilio, and the caller has spoken over it.
    what_waits_is_given_up_when_it_fell_silent_for_the_caller: r#"
        live> words "One two three four five six seven eight nine ten."
        live> audio 400
        live> audio 1600
        live> audio 2000
        +300 live> caller "Stop."
        +100 live> silence 200
        +100 live> silence 200
        +1200 wait
    "#;

    /// The rest of its answer is not dropped with what waited.
    whoever_only_agreed_hears_the_rest: r#"
        live> words "One two three four five six seven eight nine ten."
        live> audio 400
        live> audio 1600
        live> audio 2000
        +300 live> caller "Mhm."
        +100 live> silence 200
        live> speaks 600 "Eleven, twelve."
        +1500 wait
    "#;

    silence_is_not_sent_and_pauses_are: r#"
        live> silence 200
        +200 live> silence 200
        +200 live> speaks 400 "One."
        live> silence 200
        +200 live> silence 200
        +200 live> speaks 400 " Two."
        +1000 live> silence 200
        +300 wait
    "#;

    /// What came too fast catches up in its pauses.
    pauses_are_left_out_when_it_is_late: r#"
        live> words "One. Two."
        live> audio 1600
        live> silence 400
        live> audio 400
        +2500 wait
    "#;

    the_model_behind_it_goes_on_once_all_calls_have_outputs: r#"
        live> caller "Write that down, and when is he free?"
        live> call c1 save_contact
        live> call c2 find_times
        live> call c2 find_times
        +900 live> speaks 400 "One moment."
        tool> c1 {"saved":true}
        +3000 tool> c2 {"times":[]}
        +1000 wait
    "#;

    /// It may call more, and does.
    the_model_behind_it_is_told_once_it_is_done: r#"
        live> behind created
        live> call c1 save_contact
        tool> c1 {"saved":true}
        +300 live> call c2 find_times
        live> behind completed
        +100 tool> c2 {"times":[]}
        +1000 wait
    "#;

    the_model_behind_it_never_ends: r#"
        live> behind created
        live> call c1 save_contact
        tool> c1 {"saved":true}
        +15000 wait
    "#;

    a_tool_takes_too_long_for_it: r#"
        live> call c1 find_times
        +11000 wait
        tool> c1 {"times":[]}
    "#;

    the_call_ends_behind_its_goodbye: r#"
        live> caller "Thank you, goodbye."
        +300 live> call c1 end_call
        live> words "Goodbye."
        live> audio 200
        tool> c1 ends_call {"ended":true}
        +200 live> audio 200
        +1200 wait
    "#;

    goodbye_is_said_if_it_did_not: r#"
        live> caller "Goodbye."
        +300 live> call c1 end_call
        tool> c1 ends_call {"ended":true}
        +900 live> speaks 400 "Goodbye."
        +1200 wait
    "#;

    words_that_are_told_late_are_no_second_thought: r#"
        live> call c1 end_call
        live> speaks 400 "Goodbye."
        tool> c1 ends_call {"ended":true}
        live> caller "Thank you, goodbye." 2200
        +2000 wait
    "#;

    whoever_goes_on_stays: r#"
        live> caller "Goodbye."
        +900 live> call c1 end_call
        live> speaks 400 "Goodbye."
        tool> c1 ends_call {"ended":true}
        live> caller "Oh, one more thing."
        +5000 wait
    "#;

    news_are_told: r#"
        told "The owner did not take the call."
        +100 live> speaks 600 "He cannot take the call."
        +1000 wait
    "#;

    news_that_come_together_are_all_told: r#"
        live> speaks 400 "Well, there is"
        told "The owner did not take the call."
        told "Their train is late."
        +1500 wait
    "#;

    what_is_only_to_be_known_is_not_told: r#"
        live> caller "Fuck you."
        +900 live> speaks 400 "I am here to help."
        +1000 told "The owner did not take the call."
        +100 wait
    "#;

    keys: "
        twilio> dtmf 1
        twilio> dtmf 2
        twilio> dtmf #
        +100 wait
    ";

    another_route_is_what_is_new_in_it: r#"
        rerouted "Be brief."
        rerouted "Be thorough."
    "#;

    danger: r#"
        live> caller "My father is having a heart attack!"
        live> speaks 1200 "Well, it all began in the spring of"
        live> words " some year"
        live> audio 200
        +100 live> appended
        live> speaks 600 "If somebody is in danger, hang up and call the emergency number."
        +1200 wait
    "#;

    /// No silence is sent between what it said and what it was told to say.
    what_it_says_after_a_pause_is_heard: r#"
        live> caller "My father is having a heart attack!"
        +700 live> speaks 200 "Well, it"
        +1000 live> speaks 600 "If somebody is in danger, hang up and call the emergency number."
        +1200 wait
    "#;

    abuse: r#"
        live> caller "Fuck you."
        +900 live> speaks 400 "I am here to help."
        +1000 wait
    "#;

    nobody_there: r#"
        +12000 live> speaks 600 "Are you still there?"
        +13000 live> speaks 600 "Are you still there?"
        +13000 live> speaks 600 "I cannot hear you, so I will hang up now."
        +2000 wait
    "#;

    lost_in_the_middle_of_an_answer: r#"
        live> caller "What does he do?"
        +900 live> speaks 600 "He writes Rust"
        live> caller "And"
        model lost
        twilio> media 5
        model ready
        live> started
        twilio> media 5
        live> speaks 600 "Sorry, what did you say?"
        +1200 wait
    "#;

    lost_while_a_tool_runs: r#"
        live> call c1 find_times
        model lost
        tool> c1 {"times":["Tuesday"]}
        model ready
        live> started
        live> speaks 600 "He is free on Tuesday."
        +1000 wait
    "#;

    a_tool_of_a_lost_session_is_told_of: r#"
        live> call c1 find_times
        model lost
        model ready
        live> started
        +500 tool> c1 {"times":["Tuesday"]}
        +100 live> speaks 600 "He is free on Tuesday."
        +1000 wait
    "#;

    lost_at_the_end_and_not_back_while_a_tool_runs: r#"
        live> call c1 end_call
        live> call c2 find_times
        tool> c1 ends_call {"ended":true}
        model lost
        model ready
        +6000 tool> c2 {"times":[]}
        +1000 wait
    "#;

    lost_before_the_greeting_was_said: r#"
        new call
        model ready
        live> started
        live> speaks 200 "Hello,"
        model lost
        model ready
        live> started
        live> speaks 1000 "Hello, this is an AI."
        +1200 wait
    "#;

    it_does_not_start: "
        new call
        model ready
        +5000 wait
    ";

    it_refuses_to_start: "
        new call
        model ready
        live> error unknown_parameter
    ";

    what_it_was_to_say_is_refused: r#"
        new call
        model ready
        live> started
        live> error invalid_value ask_1
        live> error rate_limited
        +15000 live> speaks 1000 "Hello, this is an AI."
        +1200 wait
    "#;

    events_that_nobody_knows: "
        live> session.novelty
        live> started
        live> session.usage.updated
        live> closed expired
        live> appended
        +100 wait
    ";

    the_caller_hangs_up_in_the_middle_of_a_word: r#"
        live> speaks 400 "There is a long story"
        live> caller "I have to"
        twilio> stop
        finish
    "#;
}
