use jiff::Timestamp;

use super::*;
use crate::{
    brain::{Brain, slots::Slots},
    id::PersonId,
    persona::Persona,
};

const OWNER: &str = "Alex Sample";

fn contact() -> Contact {
    Contact::new(PersonId::derived("1").unwrap(), None, Timestamp::UNIX_EPOCH)
}

fn names(said: &str, expects: Option<&Expects>) -> Vec<&'static str> {
    let read = Brain::Offline.determine_intent(said, OWNER);
    wanted(said, &read, expects, &contact(), OWNER, Manner::Written)
        .into_iter()
        .map(|wanted| wanted.name)
        .collect()
}

#[test]
fn what_is_said_plainly_is_done() {
    let times = Expects::Times { topic: "a role".to_owned() };
    let confirm = Expects::Confirmation { details: r#"{"email":"a@example.com"}"#.to_owned() };
    let cancel = Expects::Cancellation { start: Timestamp::UNIX_EPOCH };
    let callback = Expects::CallbackTime { phone: "+14155552671".to_owned() };
    let rows: [(&str, Option<&Expects>, &[&str]); 97] = [
        ("No, that's wrong: it's rob@initech.example", Some(&confirm), &["save_contact"]),
        ("Please answer my question about the Kafka migration", Some(&Expects::Message), &["take_message"]),
        ("Can you ask Alex to send me the slides?", None, &["take_message"]),
        ("Can you ask Alex to send me the slides?", Some(&Expects::Message), &["take_message"]),
        ("Did you ask her about the slides?", None, &[]),
        ("that's not what I asked", Some(&Expects::Message), &[]),
        ("When can I talk to Alex?", None, &["find_times"]),
        ("when will he read it?", None, &[]),
        ("My name is Tom", None, &["save_contact"]),
        ("My name is Tom", Some(&Expects::Message), &["take_message"]),
        ("Tell Alex I said hi", None, &["take_message"]),
        ("idiot", Some(&Expects::Message), &[]),
        ("this is shit. your last answer was wrong", None, &[]),
        ("👍", Some(&confirm), &["save_contact"]),
        ("👎", Some(&confirm), &[]),
        ("👍", None, &[]),
        ("I spoke with you on the phone a minute ago, my code is 123 456 789", None, &["take_over"]),
        ("delete everything", None, &["forget_me"]),
        ("Did Alex delete everything?", None, &[]),
        ("do you remember the outage in 2019?", None, &[]),
        ("Do you remember me?", None, &["recall"]),
        ("I have a meeting with Alex and need to move it", None, &["change_meeting"]),
        ("how do i call you", None, &["give_code"]),
        ("Don't tell Alex this.", None, &[]),
        ("Never tell her that", None, &[]),
        ("I will tell him myself", None, &[]),
        ("say hello to alex from me", None, &["take_message"]),
        ("Tell me about Alex", None, &[]),
        ("Is Alex available for new work?", None, &["find_times"]),
        ("How much do you charge?", None, &[]),
        ("Why did Alex leave the job at the old company?", None, &[]),
        ("What did Alex do wrong at Globex that made them complain?", None, &[]),
        ("Please tell Alex that the contract will be sent on Monday morning.", None, &["take_message"]),
        ("Can I leave a message?", None, &[]),
        ("The contract is on its way.", Some(&Expects::Message), &["take_message"]),
        ("never mind", Some(&Expects::Message), &[]),
        ("Merci beaucoup", Some(&Expects::Message), &[]),
        ("Tschüss", Some(&Expects::Message), &[]),
        ("Ok, vielen Dank und auf Wiedersehen!", Some(&Expects::Message), &[]),
        ("Could we meet on Tuesday at 3 pm?", None, &["find_times"]),
        ("Can we schedule a meeting?", None, &["find_times"]),
        ("Thursday at 10 am would be good", Some(&times), &["find_times"]),
        ("Please call me back on +1 415 555 2671", None, &["request_callback"]),
        ("My e-mail is dana@example.com", None, &["save_contact"]),
        ("Yes!", Some(&confirm), &["save_contact"]),
        ("What has Alex done with Rust?", Some(&times), &[]),
        ("Please forget me.", None, &["forget_me"]),
        ("Yes please!", Some(&Expects::Erasure), &["forget_me"]),
        ("Yes, delete everything.", Some(&Expects::Erasure), &["forget_me"]),
        ("Yes, but keep my message", Some(&Expects::Erasure), &[]),
        ("Yes, I am sure, thank you", Some(&Expects::Erasure), &["forget_me"]),
        ("ok is that all", Some(&Expects::Erasure), &[]),
        ("delete my account", None, &["forget_me"]),
        ("ok, delete it", Some(&Expects::Erasure), &["forget_me"]),
        ("I want you to delete it", Some(&Expects::Erasure), &["forget_me"]),
        ("so you want to delete everything", Some(&Expects::Erasure), &[]),
        ("and you can delete it then", Some(&Expects::Erasure), &[]),
        ("forget that", Some(&Expects::Erasure), &[]),
        ("don't delete it", Some(&Expects::Erasure), &[]),
        ("ok do you really delete everything", Some(&Expects::Erasure), &[]),
        ("ok I have to go", Some(&confirm), &[]),
        ("ok I have to go", Some(&cancel), &[]),
        ("stop", Some(&confirm), &[]),
        ("Please tell Alex that there is information about me on my page.", None, &["take_message"]),
        ("I want to see what you keep of me", None, &["export_my_data"]),
        ("Yes, that's right", Some(&confirm), &["save_contact"]),
        ("What do you know about me?", None, &["export_my_data"]),
        ("Please delete this conversation", None, &["forget_me"]),
        ("can you send him an email now?", None, &[]),
        ("please could you tell alex something from me", None, &[]),
        ("is he open to relocation", None, &[]),
        ("what is his notice period", None, &[]),
        ("is he married?", None, &[]),
        ("tomorrow afternoon", Some(&callback), &["request_callback"]),
        ("What does Alex charge?", Some(&callback), &[]),
        ("I need to reschedule", None, &["change_meeting"]),
        ("When is my meeting?", None, &["change_meeting"]),
        ("no", Some(&Expects::Erasure), &[]),
        ("Can I get a copy of my data?", None, &["export_my_data"]),
        ("Please don’t e-mail me any more.", None, &["stop_contact"]),
        ("Send me a code to dana@example.com, please.", None, &["send_code"]),
        ("What did we talk about on Monday?", None, &["recall"]),
        ("421337", Some(&Expects::Code), &["confirm_code"]),
        ("It is 421337.", Some(&Expects::Code), &["confirm_code"]),
        ("yes please", Some(&Expects::Code), &["send_code"]),
        ("the code that you sent me did not work at all", None, &[]),
        ("the code doesn't work", Some(&Expects::Code), &[]),
        ("dana@example.com", Some(&Expects::Code), &["send_code"]),
        ("421337", None, &[]),
        ("Can I continue on the phone?", None, &["give_code"]),
        ("My code is 421 337 008.", None, &["take_over"]),
        ("421337008", None, &["take_over"]),
        ("I have to cancel our meeting.", None, &["change_meeting"]),
        ("Can we reschedule my appointment?", None, &["change_meeting"]),
        ("Yes, cancel it.", Some(&cancel), &["change_meeting"]),
        ("no", Some(&cancel), &[]),
        ("Has Alex ever moved a team to the cloud?", None, &[]),
    ];
    for (said, expects, expected) in rows {
        assert_eq!(names(said, expects), expected, "{said}");
    }
}

#[test]
fn what_is_kept_of_them_is_erased_by_pointing_at_it() {
    let asked = "What do you know about me?";
    let rows: [(&str, &[&str], bool); 9] = [
        ("Delete it", &[asked], true),
        ("please forget that", &["Do you remember me?"], true),
        ("Can you delete all of it?", &["421337", "dana@example.com", "Send me a code", asked], true),
        ("forget it", &[asked], false),
        ("did you delete it?", &[asked], false),
        ("don't delete it", &[asked], false),
        ("Delete it", &["Does Alex know Rust?", asked], false),
        ("Delete it", &[], false),
        ("Does Alex know Rust?", &[asked], false),
    ];
    for (said, before, expected) in rows {
        let gone = wants_it_gone(said, before.iter().copied());
        let is_asked = |gone: &Wanted| gone.name == FORGET && gone.arguments["confirmed"] == false;
        assert_eq!(gone.as_ref().is_some_and(is_asked), expected, "{said}");
    }
}

#[test]
fn spam_is_handed_to_nobody() {
    let spam = UserIntent { intent: Intent::Spam, confidence: 0.9, slots: Slots::default() };
    let said = "Can you ask Alex to buy our backlinks?";
    assert!(has_them_asked(OWNER, said));
    assert_eq!(wanted(said, &spam, None, &contact(), OWNER, Manner::Written), []);
}

#[test]
fn what_is_told_to_others_is_no_message() {
    assert!(!has_them_asked(OWNER, "If you ask him about Rust, he gets excited"));
    for said in ["Give him my regards", "please send her greetings", "tell Alex that I called"] {
        assert!(greets(OWNER, said), "{said}");
    }
    for said in ["Thanks, I'll give her a call", "They tell him everything", "thanks, give him a minute"] {
        assert!(!greets(OWNER, said), "{said}");
    }
}

#[test]
fn a_message_may_begin_like_a_question() {
    let rows = [
        ("when she gets back tell her i dropped by", true),
        ("when he gets in tell him to check his email", true),
        ("Is Alex there? Please tell him that I called.", true),
        ("What I want to tell Alex is that the contract is signed", true),
        ("Is she back? Then let her know that it is signed.", true),
        ("Why did Alex leave the job at the old company?", false),
        ("Did he tell her that the contract was signed?", false),
        ("what did Alex do wrong at Globex that made them complain", false),
    ];
    for intent in [Intent::MessageForOwner, Intent::Complaint] {
        let read = UserIntent { intent, confidence: 0.9, slots: Slots::default() };
        for (said, is_message) in rows {
            let all = wanted(said, &read, None, &contact(), OWNER, Manner::Written);
            let expected: &[&str] = if is_message { &["take_message"] } else { &[] };
            assert_eq!(all.iter().map(|one| one.name).collect::<Vec<_>>(), expected, "{said}");
        }
    }
}

#[test]
fn a_number_is_said_back() {
    let persona: Persona =
        serde_json::from_str(include_str!("../../../../infra/local/demo/persona.json")).unwrap();
    let phone = Phone::parse("+14155552671").unwrap();
    let noted = |times: &[String]| {
        let done = [(callback(&phone, times), json!({ "noted": true }))];
        let read = Brain::Offline.determine_intent("", OWNER);
        (told(&persona, "", &done), expected("", &read, None, &done))
    };
    let (said, waits) = noted(&[]);
    assert!(said.starts_with("I have noted your number, +1 415-555-2671: "), "{said}");
    let asked = Expects::CallbackTime { phone: "+14155552671".to_owned() };
    assert_eq!(waits, Some(asked.clone()));
    let again = json!({ "phone": "+14155552671", "when": "tomorrow afternoon" });
    let read = Brain::Offline.determine_intent("tomorrow afternoon", OWNER);
    let wanted = wanted("tomorrow afternoon", &read, Some(&asked), &contact(), OWNER, Manner::Written);
    assert_eq!(wanted, [Wanted { name: CALLBACK, arguments: again }]);
    assert_eq!(noted(&["tomorrow afternoon".to_owned()]).1, None);
}

#[test]
fn who_writes_an_address_with_a_wish_for_a_time_is_known_by_it() {
    let said = "Can we meet on Tuesday? I am Bob Miller, bob@miller.example";
    let read = Brain::Offline.determine_intent(said, OWNER);
    let all = wanted(said, &read, None, &contact(), OWNER, Manner::Written);
    let names: Vec<&str> = all.iter().map(|wanted| wanted.name).collect();
    assert_eq!(names, [SAVE, FIND]);
    let details = json!({ "email": "bob@miller.example", "name": "Bob Miller", "confirmed": true });
    assert_eq!(all[0].arguments, details);
    let spoken = wanted(said, &read, None, &contact(), OWNER, Manner::Spoken);
    assert_eq!(spoken.iter().map(|wanted| wanted.name).collect::<Vec<_>>(), [FIND]);
}

#[test]
fn what_is_handed_on_is_handed_on_as_it_was_written() {
    let read = Brain::Offline.determine_intent("tell alex that the contract is signed", OWNER);
    let all =
        wanted("tell alex that the contract is signed", &read, None, &contact(), OWNER, Manner::Written);
    let written = "tell alex that the contarct is signed";
    assert_eq!(
        as_written(all, written),
        [Wanted { name: MESSAGE, arguments: json!({ "message": written }) }]
    );
    let other = vec![meeting::times(None)];
    assert_eq!(as_written(other.clone(), written), other);
}

#[test]
fn who_gives_an_address_with_a_name_is_read_back_both() {
    let said = "Jane Porter, jane@hirefast.example";
    let read = Brain::Offline.determine_intent(said, OWNER);
    let all = wanted(said, &read, None, &contact(), OWNER, Manner::Written);
    let details = json!({ "email": "jane@hirefast.example", "name": "Jane Porter", "confirmed": false });
    assert_eq!((all[0].name, &all[0].arguments), (SAVE, &details));
}

#[test]
fn a_yes_confirms_what_was_read_back() {
    let confirm =
        Expects::Confirmation { details: r#"{"email":"a@example.com","confirmed":false}"#.to_owned() };
    let read = Brain::Offline.determine_intent("yes", OWNER);
    let wanted = wanted("yes", &read, Some(&confirm), &contact(), OWNER, Manner::Written);
    assert_eq!(wanted[0].arguments, json!({ "email": "a@example.com", "confirmed": true }));
}

#[test]
fn what_was_read_back_is_confirmed_after_an_aside() {
    let confirm =
        Expects::Confirmation { details: r#"{"email":"a@example.com","confirmed":false}"#.to_owned() };
    let after =
        |said: &str| expected(said, &Brain::Offline.determine_intent(said, OWNER), Some(&confirm), &[]);
    assert_eq!(after("What has Alex done with Rust?"), Some(confirm.clone()));
    assert_eq!(after("no"), None);
    assert_eq!(after("Goodbye"), None);
    assert_eq!(after("no, that's wrong"), None);
    assert!(dropped(Some(&confirm)).ends_with("How is it right?"));
    assert_eq!(after("Can I leave a message?"), Some(Expects::Message), "a yes is to that");
    let saved = (Wanted { name: SAVE, arguments: json!({ "confirmed": true }) }, json!({ "saved": true }));
    let read = Brain::Offline.determine_intent("yes", OWNER);
    assert_eq!(expected("yes", &read, Some(&confirm), &[saved]), None, "it is saved once");
}

#[test]
fn what_the_twin_asked_for_is_kept_in_mind() {
    let after = |said: &str| expected(said, &Brain::Offline.determine_intent(said, OWNER), None, &[]);
    assert_eq!(after("Can I leave a message?"), Some(Expects::Message));
    assert!(matches!(after("Can we schedule a meeting?"), Some(Expects::Times { .. })));
    assert_eq!(after("What has Alex done with Rust?"), None);
    assert_eq!(after("Do you give discounts?"), Some(Expects::Offered));
    assert_eq!(after("Did you get my resume?"), Some(Expects::Offered));
    assert_eq!(after("that's not what I asked"), Some(Expects::Offered));
    assert_eq!(after("I'd love to connect"), Some(Expects::Offered));
    assert!(matches!(after("How do we proceed?"), Some(Expects::Times { .. })));
    assert!(matches!(after("I'd like a quote for building a data pipeline"), Some(Expects::Times { .. })));
    assert_eq!(after("The code doesn't work"), Some(Expects::Code));
    assert!(matches!(after("When is she free next week?"), Some(Expects::Times { .. })));
}

/// What is told of an offer is noted with it, and what it is about stays what it was.
#[test]
fn who_is_asked_for_more_of_an_offer_tells_it() {
    let before = Expects::Times { topic: "staff engineer at Globex".to_owned() };
    for said in
        ["The salary is 180k euros, fully remote", "It's at Globex, 900 euros a day", "start in January"]
    {
        let read = Brain::Offline.determine_intent(said, OWNER);
        let read = meant(said, &read, Some(&before));
        assert_eq!(read.intent, Intent::JobOpportunity, "{said}");
        assert_eq!(expected(said, &read, Some(&before), &[]), Some(before.clone()), "{said}");
    }
    for said in [
        "What does Alex charge?",
        "tell me about the contract work",
        "Kafka",
        "remote work",
        "curious about his work at Acme",
        "I'd like to know more of the time at Acme",
        "We met at Globex",
    ] {
        let read = Brain::Offline.determine_intent(said, OWNER);
        assert_eq!(meant(said, &read, Some(&before)), read, "{said}");
    }
    let said = "dana@northgate.example";
    let read = Brain::Offline.determine_intent(said, OWNER);
    let saved = wanted(said, &read, Some(&before), &contact(), OWNER, Manner::Written);
    assert_eq!(
        (saved[0].name, &saved[0].arguments["confirmed"]),
        (SAVE, &json!(true)),
        "they were asked for it"
    );
    let spoken = wanted(said, &read, Some(&before), &contact(), OWNER, Manner::Spoken);
    assert_eq!(spoken[0].arguments["confirmed"], false, "it may have been heard wrongly");
    let done = [(saved[0].clone(), json!({ "saved": true }))];
    assert_eq!(still_asked(Some(&before), &done), Some("Shall I look for a time to talk?"));
    assert_eq!(expected(said, &read, Some(&before), &done), Some(before));
}

#[test]
fn who_says_their_name_is_known_by_it() {
    let confirm = Expects::Confirmation { details: r#"{"email":"a@example.com"}"#.to_owned() };
    let said = "My name is Tom";
    let read = Brain::Offline.determine_intent(said, OWNER);
    let saved = wanted(said, &read, Some(&confirm), &contact(), OWNER, Manner::Written);
    assert_eq!(saved, [Wanted { name: SAVE, arguments: json!({ "name": "Tom", "confirmed": true }) }]);
    let done = [(saved[0].clone(), json!({ "saved": true }))];
    assert_eq!(expected(said, &read, Some(&confirm), &done), Some(confirm), "that is still to be answered");
    assert_eq!(still_asked(None, &done), Some("What can I do for you?"));
    assert_eq!(wanted(said, &read, None, &contact(), OWNER, Manner::Spoken), []);
}

#[test]
fn who_says_their_name_beside_a_question_is_known_by_it() {
    let kept =
        |said: &str, manner| presented(said, &Brain::Offline.determine_intent(said, OWNER), OWNER, manner);
    let said = "Hi, I'm Lisa Park from Globex. Does Alex know Rust?";
    let arguments = json!({ "name": "Lisa Park", "company": "Globex", "confirmed": true });
    assert_eq!(kept(said, Manner::Written), Some(Wanted { name: SAVE, arguments }));
    assert_eq!(kept(said, Manner::Spoken), None);
    for said in [
        "Does Alex know Rust?",
        "I am busy. Does Alex know Rust?",
        "I'm looking for Lisa Park. Is she there?",
        "Is this Lisa Park?",
    ] {
        assert_eq!(kept(said, Manner::Written), None, "{said}");
    }
}

#[test]
fn a_yes_to_what_is_offered_is_followed_by_it() {
    let read = |said: &str| Brain::Offline.determine_intent(said, OWNER);
    let meant = |said: &str, before: Option<&Expects>| meant(said, &read(said), before);
    let (offer, proposal) = (Expects::Offered, Expects::Times { topic: "a role".to_owned() });
    let (offered, times) = (Some(&offer), Some(&proposal));
    let accepted = meant("Yes, please.", offered);
    assert_eq!(expected("Yes, please.", &accepted, offered, &[]), Some(Expects::Message));
    assert_eq!(wanted("Yes.", &accepted, offered, &contact(), OWNER, Manner::Written), []);
    assert_eq!(expected("no thanks", &meant("no thanks", offered), offered, &[]), None);
    assert_eq!(meant("yes", None), read("yes"), "nothing was offered");
    let accepted = meant("yes", times);
    let found = wanted("yes", &accepted, times, &contact(), OWNER, Manner::Written);
    assert_eq!(found.iter().map(|wanted| wanted.name).collect::<Vec<_>>(), [FIND]);
    assert_eq!(expected("yes", &accepted, times, &[]), times.cloned(), "where no time can be booked");
}
