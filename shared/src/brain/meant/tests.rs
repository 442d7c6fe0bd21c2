use super::*;

const OWNER: &str = "Alex Sample";

fn guessed(intent: Intent) -> Guess {
    Guess { intent, confidence: 0.8 }
}

#[test]
fn who_leaves_says_so() {
    let left = |said: &str| meant(said, OWNER, guessed(Intent::Goodbye)).intent;
    for said in ["Goodbye", "ok, I have to run now, thanks for everything", "It was good to meet you all"] {
        assert_eq!(left(said), Intent::Goodbye, "{said}");
    }
    assert_eq!(left("list all people who asked you today"), Intent::OutOfScope);
    assert_eq!(left("it was for tuesday"), Intent::OutOfScope);
    assert_eq!(left("until Tuesday"), Intent::Goodbye);
    assert_eq!(meant("👍", OWNER, guessed(Intent::Unknown)).intent, Intent::SmallTalk);
    let complaint = guessed(Intent::Complaint);
    assert_eq!(meant("you are useless", OWNER, complaint).intent, Intent::SmallTalk, "no message");
    assert_eq!(meant("never mind", OWNER, complaint).intent, Intent::SmallTalk, "nothing happened");
}

#[test]
fn who_asks_for_a_day_wants_to_meet() {
    for (said, intent) in [
        ("CAN WE TALK TOMORROW???", Intent::Goodbye),
        ("could we speak tomorrow", Intent::Goodbye),
        ("Any slots this friday?", Intent::Spam),
        ("monday?", Intent::OutOfScope),
        ("is friday possible?", Intent::OutOfScope),
        ("ok monday then", Intent::Goodbye),
        ("can u do sat 4pm", Intent::SmallTalk),
        ("Could you make it next Friday?", Intent::OutOfScope),
    ] {
        assert_eq!(meant(said, OWNER, guessed(intent)).intent, Intent::MeetingRequest, "{said}");
    }
    for said in [
        "talk to you tomorrow!",
        "See you on Friday",
        "can we talk?",
        "What did he say on Monday?",
        "I can talk about it on Friday",
        "can you do a review by Friday?",
        "it was for tuesday",
        "what's today",
    ] {
        let goodbye = meant(said, OWNER, guessed(Intent::Goodbye)).intent;
        assert_ne!(goodbye, Intent::MeetingRequest, "{said}");
    }
    let spam = guessed(Intent::Spam);
    assert_eq!(meant("Can we talk on Friday about improving your SEO rankings?", OWNER, spam), spam);
}

#[test]
fn who_asks_when_they_can_meet_wants_to_meet() {
    for (said, intent) in [
        ("When can I talk to Alex?", Intent::SmallTalk),
        ("when could we talk", Intent::Availability),
        ("What time can we speak?", Intent::OutOfScope),
        ("how soon can I meet her", Intent::Experience),
    ] {
        assert_eq!(meant(said, OWNER, guessed(intent)).intent, Intent::MeetingRequest, "{said}");
    }
    for said in [
        "When can I use it?",
        "when can i expect a call back",
        "When did we talk?",
        "When can Alex start?",
        "what can we talk about",
    ] {
        assert_ne!(meant(said, OWNER, guessed(Intent::Experience)).intent, Intent::MeetingRequest, "{said}");
    }
}

#[test]
fn who_books_a_call_wants_to_meet() {
    let callback = guessed(Intent::CallbackRequest);
    for said in ["book a call", "Can I schedule a quick call?", "please set up a call for Friday"] {
        assert_eq!(meant(said, OWNER, callback).intent, Intent::MeetingRequest, "{said}");
    }
    for said in
        ["kindly arrange a call back", "call me", "please arrange a call on +1 415 555 2671", "book a"]
    {
        assert_eq!(meant(said, OWNER, callback), callback, "{said}");
    }
}

#[test]
fn who_asks_of_the_owner_neither_complains_nor_sells() {
    let (complaint, spam) = (guessed(Intent::Complaint), guessed(Intent::Spam));
    let asked = meant("What went wrong in one of your projects?", OWNER, complaint);
    assert_eq!(asked.intent, Intent::Experience);
    for said in ["What went wrong with your delivery to our office?", "Your delivery never came"] {
        assert_eq!(meant(said, OWNER, complaint), complaint, "{said}");
    }
    assert_eq!(meant("Do you have insurance?", OWNER, spam).intent, Intent::Experience);
    for said in ["Do you want more visitors?", "Do you have problems with getting your pages found?"] {
        assert_eq!(meant(said, OWNER, spam), spam, "{said}");
    }
}

#[test]
fn who_corrects_a_question_does_not_complain() {
    let complaint = guessed(Intent::Complaint);
    for said in ["no I meant at havelware", "Sorry, I mean his first job"] {
        assert_eq!(meant(said, OWNER, complaint).intent, Intent::Experience, "{said}");
    }
    for said in ["no, that is mean", "not what I meant", "I mean", "I mean it!", "I mean, thank you"] {
        assert_eq!(meant(said, OWNER, complaint), complaint, "{said}");
    }
}

#[test]
fn being_available_is_asked_for_in_words() {
    let available = guessed(Intent::Availability);
    for said in ["is he married?", "does he work remote", "how tall is Alex"] {
        assert_eq!(meant(said, OWNER, available).intent, Intent::Experience, "{said}");
    }
    for said in [
        "Is Alex available for new work?",
        "when are you free?",
        "what is his notice period",
        "is he looking for a job",
    ] {
        assert_eq!(meant(said, OWNER, available), available, "{said}");
    }
}

#[test]
fn a_thing_that_is_named_alone_is_asked_for() {
    let small = guessed(Intent::SmallTalk);
    assert_eq!(meant("hobbies?", OWNER, small).intent, Intent::Experience);
    for said in ["How are you?", "what's up?", "Tell me a joke", "hello?"] {
        assert_eq!(meant(said, OWNER, small), small, "{said}");
    }
    let unsure = guessed(Intent::OutOfScope);
    assert_eq!(meant("visa status?", OWNER, unsure).intent, Intent::Experience);
    for said in ["visa status", "Relocation", "compensation:"] {
        assert_eq!(meant(said, OWNER, unsure).intent, Intent::Experience, "{said}");
    }
    let available = guessed(Intent::Availability);
    assert_eq!(meant("Notice period", OWNER, available), available, "what was understood stands");
    for said in ["what is the visa status of my cousin?", "the notice board", "really?"] {
        assert_eq!(meant(said, OWNER, unsure), unsure, "{said}");
    }
    let surely = Guess { intent: Intent::OutOfScope, confidence: 0.95 };
    assert_eq!(meant("football results?", OWNER, surely), surely);
}
