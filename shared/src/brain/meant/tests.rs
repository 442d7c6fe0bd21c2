use super::*;

const OWNER: &str = "Alex Sample";

fn guessed(intent: Intent) -> Guess {
    Guess { intent, confidence: 0.8 }
}

#[test]
fn who_wants_the_owner_is_not_said_goodbye() {
    for said in [
        "i want to talk to alex",
        "Can I speak to Alex now?",
        "Let me talk to a human",
        "I need a real person, connect me with Alex Sample please",
        "could you put me through to her",
        "can I get hold of him",
        "i want a human",
        "Get me a real person please",
    ] {
        assert_eq!(meant(said, OWNER, guessed(Intent::Goodbye)).intent, Intent::CallbackRequest, "{said}");
    }
    for said in [
        "Did Alex talk to the team?",
        "I have been a person of habits",
        "Can Alex talk about Rust?",
        "Which languages can I speak with Alex?",
        "Can you tell me about her talk?",
        "I talked to Alex last week, goodbye",
        "Bye, and thanks for the chat",
    ] {
        let meant = meant(said, OWNER, guessed(Intent::Goodbye)).intent;
        assert_ne!(meant, Intent::CallbackRequest, "{said}");
    }
    let meeting = guessed(Intent::MeetingRequest);
    assert_eq!(meant("Can I talk to Alex on Tuesday?", OWNER, meeting), meeting);
}

#[test]
fn who_asks_for_the_owner_as_a_whole() {
    for said in
        ["tell me about alex", "Who is Alex Sample?", "What does Alex do?", "Give me a short summary of her"]
    {
        assert_eq!(meant(said, OWNER, guessed(Intent::SmallTalk)).intent, Intent::Experience, "{said}");
    }
    for said in [
        "who are you?",
        "What did he do before?",
        "What has Alex done with Rust?",
        "Tell me about the ledger",
        "and before that?",
        "What is he like?",
        "Is he there?",
        "What does Alex not do?",
        "What doesn't Alex do?",
    ] {
        assert!(!asks_for_the_whole(OWNER, said), "{said}");
    }
}

#[test]
fn who_asks_for_the_best_of_all() {
    for said in [
        "What is your biggest achievement?",
        "what are his top accomplishments",
        "Tell me about Alex's greatest achievements so far",
        "What is she most proud of?",
        "Why should we hire him?",
    ] {
        let meant = meant(said, OWNER, guessed(Intent::OutOfScope));
        assert_eq!(meant.intent, Intent::Experience, "{said}");
        assert!(asks_for_the_best(OWNER, said), "{said}");
    }
    for said in [
        "What did Alex achieve at Globex?",
        "Why should we not hire him?",
        "Why did they hire him?",
        "What has Alex done with Rust?",
    ] {
        assert!(!asks_for_the_best(OWNER, said), "{said}");
    }
}

#[test]
fn who_asks_the_twin_for_employers_means_the_owners() {
    let identity = guessed(Intent::Identity);
    for said in ["Which companies did you work for?", "where do you work?", "who are your employers"] {
        assert_eq!(meant(said, OWNER, identity).intent, Intent::Experience, "{said}");
    }
    for said in
        ["Who do you work for?", "Which AI do you work with?", "Where does Alex work?", "Who made you?"]
    {
        assert_eq!(meant(said, OWNER, identity), identity, "{said}");
    }
}

#[test]
fn who_leaves_says_so() {
    let left = |said: &str| meant(said, OWNER, guessed(Intent::Goodbye)).intent;
    for said in ["Goodbye", "ok, I have to run now, thanks for everything", "It was good to meet you all"] {
        assert_eq!(left(said), Intent::Goodbye, "{said}");
    }
    assert_eq!(left("list all people who asked you today"), Intent::OutOfScope);
    assert_eq!(meant("👍", OWNER, guessed(Intent::Unknown)).intent, Intent::SmallTalk);
    let complaint = guessed(Intent::Complaint);
    assert_eq!(meant("you are useless", OWNER, complaint).intent, Intent::SmallTalk, "no message");
}

#[test]
fn what_is_asked_of_the_twin_itself() {
    for said in [
        "Is this conversation recorded?",
        "who can read this?",
        "do you use cookies?",
        "is my data sent anywhere",
    ] {
        assert!(asks_what_is_kept(said) && is_of_the_twin(said), "{said}");
    }
    for said in ["Do you keep a blog?", "Have you stored data in S3?", "Has Alex recorded talks?"] {
        assert!(!asks_what_is_kept(said), "{said}");
    }
    assert!(asks_to_go_on_here("can i continue here") && !asks_to_go_on_here("Can I continue on the phone?"));
}

#[test]
fn a_code_that_fails_is_no_complaint() {
    for said in [
        "The code doesn't work",
        "the code you sent me did not arrive",
        "I got no code",
        "the code is not accepted",
        "my code is wrong",
    ] {
        assert!(says_a_code_fails(said), "{said}");
        assert_eq!(meant(said, OWNER, guessed(Intent::Complaint)).intent, Intent::SmallTalk, "{said}");
    }
    for said in [
        "Why does Alex's code not work?",
        "Did you not work on the code?",
        "The code in your library does not compile",
        "Send me a code",
        "My code is 421 337 008",
        "The invoice is wrong",
    ] {
        assert!(!says_a_code_fails(said), "{said}");
    }
}

#[test]
fn where_the_twin_runs() {
    for said in ["Where are you hosted?", "who hosts this bot", "What cloud do you run on?", "who runs you?"]
    {
        assert!(asks_where_it_runs(said) && is_of_the_twin(said), "{said}");
    }
    for said in [
        "Where do you live?",
        "What do you run?",
        "Where is it hosted?",
        "What did you run on AWS?",
        "Who do you work with?",
        "Who are you?",
    ] {
        assert!(!asks_where_it_runs(said), "{said}");
    }
}

#[test]
fn what_is_asked_of_prices() {
    for said in ["That's expensive. Do you give discounts?", "Does she give a discount?", "Any better price?"]
    {
        assert!(asks_for_less(said), "{said}");
    }
    for said in ["How did he make it cheaper?", "What do you charge?", "Is a lower latency possible?"] {
        assert!(!asks_for_less(said), "{said}");
    }
    for said in ["what do I get for it?", "and what's included?", "What does that include"] {
        assert!(asks_what_is_included(said), "{said}");
    }
    for said in ["What did Alex get right?", "Get me a person", "For what prize was it?"] {
        assert!(!asks_what_is_included(said), "{said}");
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
fn what_is_asked_for_by_name() {
    for said in ["What can you do?", "help", "How can you help me please", "What’s this?"] {
        assert!(asks_what_it_does(said), "{said}");
    }
    assert!(!asks_what_it_does("What can you do with Rust?"));
    assert!(asks_who_answers("Who am I talking to?") && !asks_who_answers("Who was it that called?"));
    let small = guessed(Intent::SmallTalk);
    assert_eq!(meant("hobbies?", OWNER, small).intent, Intent::Experience);
    for said in ["How are you?", "what's up?", "Tell me a joke", "hello?"] {
        assert_eq!(meant(said, OWNER, small), small, "{said}");
    }
    for said in [
        "what's his email address?",
        "and his phone number?",
        "Can I have Alex's private number?",
        "give me her e-mail",
    ] {
        assert!(asks_for_an_address(OWNER, said), "{said}");
    }
    for said in [
        "My e-mail is dana@example.com",
        "Send it to his team",
        "How many numbers did Alex add?",
        "call this number",
    ] {
        assert!(!asks_for_an_address(OWNER, said), "{said}");
    }
    for said in ["send me your cv", "can i have the resume as pdf", "Résumé?", "Where can I download the CV?"]
    {
        assert!(asks_for_the_resume(said) && asks_for_the_resume_alone(OWNER, said), "{said}");
    }
    for said in ["Read his CV and tell me whether he knows Rust", "Please do not send me the CV"] {
        assert!(asks_for_the_resume(said) && !asks_for_the_resume_alone(OWNER, said), "{said}");
    }
    for said in [
        "Here is my résumé, have a look",
        "Can we resume where we left?",
        "Which certificates does the CV name?",
        "What has Alex done with Rust?",
    ] {
        assert!(!asks_for_the_resume(said), "{said}");
    }
}
