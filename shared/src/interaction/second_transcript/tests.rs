use jiff::SignedDuration;

use super::*;

fn began() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn turn(seconds: u64, sequence: u32, speaker: Speaker, text: &str) -> Turn {
    let text = text.to_owned();
    Turn { offset_ms: seconds * 1000, sequence, speaker, text, interrupted: false, heard: None }
}

/// Whole so many seconds after the call began.
fn line(seconds: i64, sequence: u32, speaker: Speaker, text: &str) -> TranscriptLine {
    let at = began() + SignedDuration::from_secs(seconds);
    TranscriptLine { sequence, speaker, text: text.to_owned(), confidence: Some(90), at }
}

fn found(turns: &[Turn], transcript: &[TranscriptLine]) -> Vec<(u32, String, Heard)> {
    let found = reconciled(began(), turns, transcript);
    found.into_iter().map(|turn| (turn.sequence, turn.text, turn.heard.unwrap())).collect()
}

fn by(by: Source, confidence: u8) -> Heard {
    Heard { by, confidence: Some(confidence) }
}

fn talk() -> Vec<Turn> {
    vec![
        turn(0, 1, Speaker::Twin, "Hello, this is an AI assistant. What can I do for you?"),
        turn(6, 2, Speaker::Person, "I am calling about a role in Zurich."),
        turn(10, 3, Speaker::Twin, "That sounds"),
    ]
}

#[test]
fn the_model_stands_and_agreement_is_how_sure_it_is() {
    let transcript = [
        line(6, 1, Speaker::Twin, "Hello this is an AI assistant what can I do for you"),
        line(10, 2, Speaker::Person, "I'm calling about a role in Zürich"),
        line(12, 3, Speaker::Twin, "that sounds interesting"),
    ];
    let expected = [
        (1, talk()[0].text.clone(), by(Source::Model, 100)),
        (2, talk()[1].text.clone(), by(Source::Model, 62)),
        (3, "That sounds".to_owned(), by(Source::Model, 100)),
    ];
    assert_eq!(found(&talk(), &transcript), expected);
}

#[test]
fn what_the_model_did_not_make_out_is_what_the_other_heard() {
    let mut turns = talk();
    turns[1].text = INAUDIBLE.to_owned();
    let transcript =
        [line(8, 1, Speaker::Person, "I am calling"), line(10, 2, Speaker::Person, "about a role.")];
    let first = found(&turns, &transcript[..1]);
    assert_eq!(first, [(2, "I am calling".to_owned(), by(Source::Transcription, 90))]);
    turns[1] = reconciled(began(), &turns, &transcript[..1]).remove(0);
    let both = found(&turns, &transcript);
    assert_eq!(both, [(2, "I am calling about a role.".to_owned(), by(Source::Transcription, 90))]);
}

#[test]
fn a_stretch_in_which_no_model_listened_is_filled() {
    let transcript = [
        line(40, 9, Speaker::Person, "Please tell him that the offer stands until Friday."),
        line(31, 8, Speaker::Person, "Hello?"),
        line(36, 8, Speaker::Twin, "One moment, please, I am still here."),
    ];
    let turns = talk();
    let found = reconciled(began(), &turns, &transcript);
    let told: Vec<(u32, Speaker)> = found.iter().map(|turn| (turn.sequence, turn.speaker)).collect();
    let (person, twin) = (Speaker::Person, Speaker::Twin);
    let expected = [(8, person), (8, twin), (9, person)].map(|(id, who)| (place(who, id), who));
    assert_eq!(told, expected, "in their order");
    let with: Vec<Turn> = turns.iter().chain(&found).cloned().collect();
    assert_eq!(reconciled(began(), &with, &transcript), [], "again it is nothing new");
    assert_eq!(reconciled(began(), &with, &[]), []);
}

#[test]
fn what_was_cut_off_is_not_told_again() {
    let mut turns = talk();
    turns[2].interrupted = true;
    let whole = "That sounds interesting, could you tell me more about the team and what it does?";
    let found = found(&turns, &[line(14, 5, Speaker::Twin, whole)]);
    assert_eq!(found, [(3, "That sounds".to_owned(), by(Source::Model, 100))]);
}

#[test]
fn a_clock_that_is_off_fills_nothing_twice() {
    for off in [-9, 9, 25] {
        let transcript = [line(10 + off, 2, Speaker::Person, "I'm calling about a role in Zurich")];
        let found = found(&talk(), &transcript);
        assert!(matches!(found.as_slice(), [(2, _, Heard { by: Source::Model, .. })]), "{off}: {found:?}");
    }
}

#[test]
fn who_speaks_is_told_apart() {
    let transcript = [line(11, 4, Speaker::Twin, "I am calling about a role in Zurich.")];
    assert_eq!(found(&talk(), &transcript)[0].0, place(Speaker::Twin, 4), "it is not the caller's");
    assert_eq!(found(&talk(), &[line(11, 4, Speaker::Person, "  ")]), []);
}

#[test]
fn a_recording_tells_what_nobody_else_heard() {
    let recorded = |number: u32, seconds: i64, text: &str| {
        let ended = began() + SignedDuration::from_secs(seconds);
        TranscriptLine::recorded(OF_RECORDING + number, text.to_owned(), Some(80), ended)
    };
    let mut turns = talk();
    turns[1].text = INAUDIBLE.to_owned();
    let transcript = [
        recorded(0, 9, "I am calling about a role."),
        recorded(1, 40, "The offer stands until Friday."),
        line(61, 7, Speaker::Person, "And my name is Dana."),
        recorded(2, 60, "And my name is Dana Whitfield."),
    ];
    let expected = [
        (2, "I am calling about a role.".to_owned(), by(Source::Recording, 80)),
        (
            place(Speaker::Person, OF_RECORDING + 1),
            "The offer stands until Friday.".to_owned(),
            by(Source::Recording, 80),
        ),
        (place(Speaker::Person, 7), "And my name is Dana.".to_owned(), by(Source::Transcription, 90)),
    ];
    assert_eq!(found(&turns, &transcript), expected);
    let first = reconciled(began(), &turns, &transcript);
    turns[1] = first[0].clone();
    turns.extend(first[1..].iter().cloned());
    assert_eq!(reconciled(began(), &turns, &transcript), [], "again it is nothing new");
}

/// What a turn was given is not what it lasts: else it would take in what was filled behind it.
#[test]
fn again_it_is_the_same() {
    let mut turns = talk();
    turns[1].text = INAUDIBLE.to_owned();
    let transcript = [
        line(10, 1, Speaker::Person, "I am calling about the open role in the team"),
        line(13, 2, Speaker::Person, "and also about the salary"),
    ];
    let first = reconciled(began(), &turns, &transcript);
    let said: Vec<(u32, &str)> = first.iter().map(|turn| (turn.sequence, turn.text.as_str())).collect();
    let second = place(Speaker::Person, 2);
    assert_eq!(said, [(2, transcript[0].text.as_str()), (second, transcript[1].text.as_str())]);
    turns.retain(|turn| turn.sequence != 2);
    turns.extend(first);
    assert_eq!(reconciled(began(), &turns, &transcript), []);
}

#[test]
fn a_sentence_more_is_worth_reading_again_and_a_word_is_not() {
    let read = words_of_person(&talk());
    assert_eq!(read, 8, "what they said, not the twin");
    let with = |text: &str| {
        let mut turns = talk();
        turns.push(turn(20, 4, Speaker::Person, text));
        turns
    };
    assert!(!says_more(read, &talk()) && !says_more(read, &with("Yes, thank you.")));
    assert!(!says_more(read, &with(INAUDIBLE)), "nobody made it out");
    assert!(says_more(read, &with("It has to begin in March.")));
    assert!(says_more(0, &[turn(0, 1, Speaker::Person, "Help.")]), "anything is more than nothing");
    assert!(!says_more(0, &[turn(0, 1, Speaker::Twin, "Hello, this is an AI assistant.")]));
}
