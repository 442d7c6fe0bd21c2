use super::*;
use crate::interaction::Heard;

const QUESTION: &str = "Twin: Shall all of it be erased? It cannot be undone.";
const PROMISE: &str =
    "Twin: Then all of it is erased once this conversation is over. Until then you can take it back.";

fn asked(after_ms: u64) -> Action {
    Action::ErasureAsked { after_ms }
}

fn wished(by_itself: bool) -> Action {
    Action::PrivacyRequested { wish: Wish::Erasure, by_itself, to: None }
}

/// A second apart, from the first one on.
fn turns(said: &[&str]) -> Vec<Turn> {
    let turn = |(sequence, line): (u32, &&str)| {
        let (who, text) = line.split_once(": ").unwrap();
        let (speaker, heard) = match who {
            "Twin" => (Speaker::Twin, None),
            "Filled" => (Speaker::Person, Some(Heard { by: Source::Transcription, confidence: Some(90) })),
            _ => (Speaker::Person, None),
        };
        let sequence = if heard.is_some() { 500_000 + sequence } else { sequence };
        let offset_ms = u64::from(sequence % 500_000) * 1000;
        Turn { offset_ms, sequence, speaker, text: text.to_owned(), interrupted: false, heard }
    };
    (1..).zip(said).map(turn).collect()
}

fn came(actions: &[Action], said: &[&str]) -> &'static str {
    match erasure(actions, &turns(said)) {
        Erasure::Agreed => "erased",
        Erasure::Unwanted => "nothing",
        Erasure::Unsure { promised: true, .. } => "promised",
        Erasure::Unsure { promised: false, .. } => "asked",
    }
}

#[test]
fn only_a_clear_yes_to_the_question_erases() {
    let confirmed = [asked(1000), wished(true)];
    let own = "Person: Yes hi, erase my data, okay?";
    for (answer, expected) in [
        ("Yes, please.", "erased"),
        ("Of course.", "erased"),
        ("Do it.", "erased"),
        ("Please.", "erased"),
        ("Sure.", "erased"),
        ("Okay, thanks, bye.", "promised"),
        ("Right, and what is the weather like?", "promised"),
        ("Yes?", "promised"),
        ("Yes, but not yet.", "promised"),
        ("No.", "promised"),
        ("Hm.", "promised"),
        ("[inaudible]", "promised"),
    ] {
        let answer = format!("Person: {answer}");
        assert_eq!(came(&confirmed, &[own, QUESTION, &answer]), expected, "{answer}");
        assert_eq!(came(&confirmed, &[own, QUESTION, &answer, PROMISE]), expected, "{answer}");
        assert_eq!(came(&confirmed[1..], &[own, QUESTION, &answer]), "promised", "it was never asked");
        let filled = answer.replace("Person", "Filled");
        assert_eq!(came(&confirmed, &[own, QUESTION, &filled]), "promised", "the model did not hear it");
    }
    assert_eq!(came(&[], &[own, QUESTION, "Person: Yes."]), "nothing");
}

#[test]
fn a_yes_that_answers_nothing_erases_nothing() {
    let confirmed = [asked(1000), wished(true)];
    let own = "Person: Yes hi, erase my data, okay?";
    let goodbye = "Person: Yes. Okay, thanks, bye.";
    for said in [
        // Nothing was said of it, whatever the model did.
        &[own, "Person: Yes."][..],
        &[own, "Twin: I understand. Anything else?", goodbye],
        &[own, "Twin: Shall Alex call you?", goodbye],
        &[own, "Twin: All of it is erased, and cannot be undone.", goodbye],
        &[own, "Twin: Shall all of it be", "Person: Yes, yes."],
        &[
            own,
            "Twin: You asked for your data to be erased, which cannot be undone. Shall Alex call you?",
            goodbye,
        ],
        // It was asked, and something else with it, or after it.
        &[own, QUESTION, "Twin: And shall Alex call you?", "Person: Yes."],
        &[own, QUESTION, "Person: No.", "Twin: Then I leave it. Shall Alex call you?", "Person: Yes."],
        &[own, QUESTION, "Person: Hm.", "Twin: Shall Alex call you?", "Person: Yes."],
        // Before it was asked.
        &["Twin: Hello.", QUESTION],
        &[QUESTION, "Person: Well.", own],
    ] {
        assert_eq!(came(&confirmed, said), "promised", "{said:?}");
    }
    assert_eq!(came(&[asked(3000), wished(true)], &[own, QUESTION, "Person: Yes."]), "promised");
}

#[test]
fn it_is_asked_again_and_taken_back() {
    let confirmed = [asked(1000), wished(true)];
    let own = "Person: Erase my data.";
    for (said, expected) in [
        // A goodbye takes nothing back.
        (
            &["Person: Yes, please.", PROMISE, "Twin: Anything else?", "Person: No, thank you, bye."][..],
            "erased",
        ),
        (&["Person: Yes, please.", PROMISE, "Person: No, thanks, bye."], "erased"),
        (&["Person: Yes.", PROMISE, "Person: No! No!"], "promised"),
        (&["Person: Hm?", QUESTION, "Person: Yes, do it."], "erased"),
        (&["Filled: Well.", "Person: Yes."], "erased"),
        (&["Person: Yes.", QUESTION, "Person: No."], "promised"),
        (&["Person: Yes.", PROMISE, "Person: No, wait, do not do that."], "promised"),
        (&["Person: Yes.", PROMISE, "Filled: I changed my mind."], "promised"),
        (&["Person: Yes.", "Filled: No."], "promised"),
    ] {
        let said: Vec<&str> = [own, QUESTION].into_iter().chain(said.iter().copied()).collect();
        assert_eq!(came(&confirmed, &said), expected, "{said:?}");
    }
    let said = [own, QUESTION, "Person: Yes.", PROMISE, "Person: Leave it."];
    let again = [asked(1000), wished(true), asked(4000)];
    assert_eq!(came(&again, &said), "asked", "the first yes answers no second question");
    let again = [asked(1000), wished(true), asked(4000), wished(true)];
    assert_eq!(came(&again, &said), "promised");
    for (answer, expected) in
        [("Person: Yes.", "asked"), ("Person: No.", "nothing"), ("Person: Hm.", "asked")]
    {
        assert_eq!(came(&[asked(1000)], &[own, QUESTION, answer]), expected, "{answer}");
        assert_eq!(came(&[asked(1000), wished(false)], &[own, QUESTION, answer]), expected, "{answer}");
    }
}

#[test]
fn the_owner_is_told_what_they_said() {
    let said = turns(&["Person: Before.", "Person: Erase me.", QUESTION, "Person: Hm.", "Filled: Well."]);
    let expected = Erasure::Unsure { promised: true, said: "Erase me. / Hm. / Well.".to_owned() };
    assert_eq!(erasure(&[asked(1000), wished(true)], &said), expected);
    let long = turns(&[&format!("Person: {}", "ä".repeat(2000))]);
    let Erasure::Unsure { said, .. } = erasure(&[asked(0)], &long) else { panic!("it is unsure") };
    assert_eq!(said.chars().count(), MAX_SAID);
}
