//! Audio in both directions.

super::traces! {
    odd_sizes_become_whole_frames: "
        realtime> created r1
        realtime> bytes r1 a 7
        realtime> bytes r1 a 333
        realtime> bytes r1 a 1600
        realtime> bytes r1 a 1
        realtime> audio_done r1 a
        realtime> done r1
        +500 wait
    ";

    /// What is left of one is not played behind the next, even if its end is told late.
    the_rest_of_an_item_comes_before_the_next: r#"
        realtime> created r1
        realtime> bytes r1 a 100
        realtime> bytes r1 b 160
        realtime> audio_done r1 b
        realtime> audio_done r1 a
        realtime> words_done r1 a "One."
        realtime> words_done r1 b "Two."
        realtime> done r1
        +100 wait
    "#;

    empty_and_unreadable_deltas: r#"
        realtime> created r1
        realtime> base64 r1 a ""
        realtime> base64 r1 a "%%%%"
        realtime> base64 r1 a "AAA"
        realtime> base64 r1 a "AB=="
        realtime> audio r1 a 100
        realtime> audio_done r1 a
        realtime> done r1
        +200 wait
    "#;

    nine_bad_frames_and_a_tenth: "
        twilio> bad 9
        twilio> media
        twilio> bad
        twilio> media
        finish
    ";

    what_twilio_may_say: "
        twilio> connected
        twilio> dtmf 5
        twilio> novelty
        twilio> media 2
    ";

    a_second_start: "
        twilio> start
        twilio> media
        realtime> speech_started u1
        finish
    ";

    /// Two seconds are kept for the model, the newest.
    audio_before_the_model: "new call
        twilio> media 150
        model ready
        twilio> media
    ";
}
