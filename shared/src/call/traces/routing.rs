//! The conversation finds out what kind of call it is.

super::traces! {
    /// The model is told before it goes on, and nobody is greeted again; a model that comes later knows it, too.
    a_route_that_changes: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> created r1
        realtime> call r1 c1 route_call
        realtime> done r1
        rerouted "Steer towards the role."
        tool> c1 {"noted":true}
        realtime> answers r2 a 800 "Which role is it?"
        +1000 model lost
        rerouted "Steer towards advice."
        +500 model ready
        +100 wait
    "#;

    /// The owner does not answer while the caller talks with the twin: it says so when it is its turn.
    the_owner_does_not_answer: r#"
        realtime> speech_started u1
        +500 realtime> speech_stopped u1
        realtime> created r1
        realtime> says r1 a 800 "I am trying to reach them."
        told "The owner did not answer."
        realtime> done r1
        realtime> answers r2 b 800 "Nobody answered."
        +1000 model lost
        +200 told "The owner declined."
        +300 model ready
        +100 wait
    "#;
}
