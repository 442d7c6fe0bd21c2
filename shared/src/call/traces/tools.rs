//! Function calls.

use super::{GREETED, stage::Stage};
use crate::tools::record_call::UNASKED;

super::traces! {
    /// Both results, then one request.
    two_calls_in_one_response: r#"
        realtime> created r1
        realtime> call r1 call_1 save_contact
        realtime> call r1 call_2 take_message
        tool> call_2 {"ok":2}
        realtime> done r1
        tool> call_1 {"ok":1}
        realtime> answers r2 a 400 "Both are done."
        +500 wait
    "#;

    results_wait_for_the_response: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        tool> call_1 {"ok":1}
        realtime> says r1 a 400 "I will note it."
        realtime> done r1
    "#;

    /// What was wanted meanwhile comes after the results, not before them.
    results_come_before_what_waits: r#"new call
        model ready
        realtime> created r0
        realtime> says r0 g 1000 "Hello, this is an AI."
        realtime> call r0 call_1 answer_question
        tool> call_1 {"ok":1}
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> done r0
        realtime> answers r1 a 400 "Yes."
        +1500 wait
    "#;

    /// The answer to what the caller says will know the result.
    a_result_while_the_caller_speaks: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        realtime> done r1
        realtime> speech_started u1
        +300 tool> call_1 {"ok":1}
        +300 realtime> speech_stopped u1
        realtime> answers r2 a 400 "It is noted. And yes."
        +500 wait
    "#;

    a_slow_tool: r#"
        realtime> created r1
        realtime> call r1 call_1 answer_question
        realtime> done r1
        +1600 realtime> created r2
        realtime> says r2 f 800 "One moment, please."
        tool> call_1 {"ok":1}
        realtime> done r2
        realtime> answers r3 a 400 "Here it is."
        +2000 wait
    "#;

    /// The twin is still speaking when it would be time for a filler: it comes when it is quiet.
    a_slow_tool_behind_many_words: r#"
        realtime> created r1
        realtime> says r1 a 2000 "Let me look that up."
        realtime> call r1 call_1 answer_question
        realtime> done r1
        +3500 wait
    "#;

    a_tool_that_takes_too_long: r#"
        realtime> created r1
        realtime> call r1 call_1 send_handoff_link
        realtime> done r1
        +1600 realtime> answers r2 f 400 "One moment, please."
        +9000 realtime> answers r3 a 400 "I do not know whether it was sent."
        +500 tool> call_1 {"ok":1}
        +100 wait
    "#;

    an_incomplete_call: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message incomplete
        realtime> {"type":"response.output_item.done","response_id":"r1","item":{"type":"function_call","status":"completed"}}
        realtime> done r1 incomplete
    "#;

    the_same_call_again: r#"
        realtime> created r1
        realtime> call r1 call_1 take_message
        realtime> call r1 call_1 take_message
        tool> call_1 {"ok":1}
        realtime> call r1 call_1 take_message
        realtime> done r1
        realtime> created r2
        realtime> call r2 call_1 take_message
        realtime> done r2
        tool> call_1 {"ok":2}
        tool> call_9 {"ok":9}
    "#;

    /// The caller interrupted: the function is not run, and the model is told so.
    a_call_in_an_interrupted_response: "
        realtime> created r1
        realtime> audio r1 a 800
        +400 realtime> speech_started u1
        realtime> call r1 call_1 take_message
        realtime> call r1 call_2 take_message incomplete
        realtime> done r1 cancelled
        +500 realtime> speech_stopped u1
    ";
}

/// Whatever a model was talked into: nothing is recorded of which the twin has not spoken.
#[test]
fn a_recording_begins_after_it_was_spoken_of() {
    let call = |response: &str, call: &str, step: &str| {
        let arguments = format!(r#""arguments":"{{\"step\":\"{step}\"}}""#);
        let item = format!(
            r#"{{"type":"function_call","status":"completed","call_id":"{call}","name":"record_call",{arguments}}}"#
        );
        format!(
            r#"realtime> {{"type":"response.output_item.done","response_id":"{response}","item":{item}}}"#
        )
    };
    for (says, begins) in [("How can I help?", false), ("May I record this call?", true)] {
        let mut stage = Stage::default();
        stage.run(GREETED);
        stage.run(&format!(r#"realtime> answers r1 a 400 "{says}""#));
        stage.run("+500 wait\nrealtime> created r2");
        stage.begin_score();
        stage.run(&call("r2", "call_1", "agreed"));
        stage.run("realtime> done r2");
        let score = stage.score();
        assert_eq!(score.contains("call_1 record_call"), begins, "{score}");
        assert_eq!(score.contains(UNASKED) && score.contains("response.create"), !begins, "{score}");
    }
    let mut refuses = Stage::default();
    refuses.run(GREETED);
    refuses.run("realtime> created r1");
    refuses.run(&call("r1", "call_1", "refused"));
    assert!(refuses.score().contains("call_1 record_call"), "a no needs no question");
}
