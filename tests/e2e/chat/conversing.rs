//! Conversations as people have them, without a model: what follows from what was said before.

use super::*;

async fn booked(bench: &Bench) -> usize {
    bench.owner("/api/calendar/bookings").await["bookings"].as_array().unwrap().len()
}

/// What was called off is not booked by a yes to something else.
#[tokio::test]
async fn a_time_that_is_held_is_called_off_or_corrected() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    let held = browser.say("yes").await;
    assert!(held.text().starts_with("I hold Tuesday "), "{}", held.text());
    let corrected = browser.say("no wait, I mean 4").await;
    assert!(
        corrected.text().starts_with("I hold Tuesday ") && corrected.text().contains(", 4 pm"),
        "{}",
        corrected.text()
    );
    assert_eq!(browser.say("cancel it please").await.text(), "All right, I book nothing.");
    assert!(!browser.say("yes").await.text().contains("booked"));
    assert_eq!(booked(&bench).await, 0);
}

/// "It" is what was booked a moment ago, whatever was spoken of since.
#[tokio::test]
async fn what_was_booked_is_spoken_of_as_it() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("yes").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    assert_eq!(booked(&bench).await, 1);
    browser.say("What has Alex done with Rust?").await;
    let offered = browser.say("can we move it to next Friday at 10 am?").await;
    assert!(offered.text().starts_with("You have booked Introduction, Tuesday "), "{}", offered.text());
    let moved = browser.say("yes").await;
    assert!(moved.text().starts_with("It is moved: Introduction, Friday "), "{}", moved.text());
    let when = browser.say("When is my meeting?").await;
    assert!(when.text().ends_with("I can move it, or cancel it."), "{}", when.text());
    browser.say("ok").await;
    assert_eq!(booked(&bench).await, 1, "who only asks does not cancel it");
    let asked = browser.say("cancel it please").await;
    assert!(asked.text().contains("Shall I cancel it?"), "{}", asked.text());
    let cancelled = browser.say("yes").await;
    assert!(cancelled.text().starts_with("It is cancelled: Introduction, Friday "), "{}", cancelled.text());
    assert_eq!(booked(&bench).await, 0);
}

/// Times were offered for another one, and "it" is what is booked.
#[tokio::test]
async fn what_is_booked_is_cancelled_while_other_times_are_offered() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("Could we meet next Tuesday at 3 pm?").await;
    browser.say("yes").await;
    browser.say("I am Dana Lee, dana@northgate.example").await;
    assert_eq!(booked(&bench).await, 1);
    browser.say("Could we meet another time, too?").await;
    let asked = browser.say("cancel it").await;
    assert!(asked.text().contains("Shall I cancel it?"), "{}", asked.text());
    let cancelled = browser.say("yes").await;
    assert!(cancelled.text().starts_with("It is cancelled: Introduction, Tuesday "), "{}", cancelled.text());
    assert_eq!(booked(&bench).await, 0);
}

#[tokio::test]
async fn what_belongs_to_a_price_and_where_the_phone_is_answered() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("What does Alex charge?").await;
    let less = browser.say("That's expensive. Do you give discounts?").await;
    assert!(less.text().contains("Alex Sample decides"), "{}", less.text());
    let included = browser.say("what do I get for it?").await;
    assert!(included.text().contains("Architecture review: A written report; "), "{}", included.text());
    let called = browser.say("How do I call you?").await;
    let (number, code) = (called.text().find("I answer the phone at +"), called.text().find("Your code is"));
    assert!(number.is_some() && number < code, "{}", called.text());
}

#[tokio::test]
async fn an_address_is_confirmed_after_an_aside_and_a_code_is_no_complaint() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    browser.say("I am Kim, kim@example.com").await;
    browser.say("What has Alex done with Rust?").await;
    assert_eq!(browser.say("yes").await.text(), "Thank you, it is saved.");
    let code = browser.say("The code doesn't work").await;
    assert!(code.text().contains("tell me the code again"), "{}", code.text());
    let wrong = browser.say("421337").await;
    assert!(!wrong.text().contains("message"), "{}", wrong.text());
}

#[tokio::test]
async fn what_was_asked_before_is_gone_on_from() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let first = browser.say("Where did Alex work before Ledgerlane?").await;
    assert!(first.text().contains("at Cold Harbor Storage"), "{}", first.text());
    let before = browser.say("and before that?").await;
    assert!(before.text().contains("at Havelware AG"), "{}", before.text());
    assert!(!before.done()["citations"].as_array().unwrap().is_empty());
    let nothing = browser.say("and before that?").await;
    assert_eq!(nothing.done()["known"], false, "{}", nothing.text());
    assert!(!nothing.text().contains("noted"), "it is not: {}", nothing.text());

    let now = browser.say("Where does he work?").await;
    assert!(
        now.text().contains("at Ledgerlane"),
        "what is now is no matter of what was before: {}",
        now.text()
    );

    let does = browser.say("What can you do?").await;
    assert!(does.text().contains("I answer questions about"), "{}", does.text());

    // What is asked of something else is not answered by what was asked before.
    browser.say("Does Alex know Kubernetes?").await;
    let other = browser.say("And COBOL?").await;
    assert!(other.done()["known"] == false && !other.text().contains("Kubernetes"), "{}", other.text());
    let gaps = bench.owner("/api/knowledge/gaps").await.to_string();
    assert!(!gaps.contains("before that"), "it says nothing by itself: {gaps}");
}

#[tokio::test]
async fn what_is_asked_of_there_is_asked_of_the_employer_that_was_named() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let hello = browser.say("Hi, I am Kim, we rowed together. Where did Alex work before Ledgerlane?").await;
    assert!(hello.text().contains("at Cold Harbor Storage"), "the question is answered: {}", hello.text());
    let long = browser.say("how long was he there?").await;
    assert!(
        long.text().contains("at Cold Harbor Storage") && long.text().contains("years"),
        "{}",
        long.text()
    );
    let it = browser.say("did they like it?").await;
    assert_eq!(it.done()["known"], false, "{}", it.text());
    assert!(!it.text().contains("noted"), "it says nothing by itself: {}", it.text());
}

#[tokio::test]
async fn who_says_their_name_beside_a_question_is_called_by_it_while_they_write() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let answered = browser.say("Hi, I'm Lisa Park from Globex. Does Alex know Rust?").await;
    assert!(answered.text().contains("Rust"), "{}", answered.text());
    let live = bench.owner("/api/analytics/today").await["live"].clone();
    assert_eq!(live[0]["name"], "Lisa Park", "{live}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn each_of_several_questions_is_answered() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let answered = browser.say("Does Alex know Kubernetes? And has he worked with COBOL?").await;
    let text = answered.text();
    assert!(text.contains("Kubernetes") && text.contains("[1]"), "{text}");
    assert!(text.contains("I do not know, and will not guess: “And has he worked with COBOL?”"), "{text}");
    assert_eq!(answered.done()["known"], false);
    let gaps = bench.owner("/api/knowledge/gaps").await.to_string();
    assert!(gaps.contains("COBOL") && !gaps.contains("Kubernetes"), "{gaps}");
    let both = browser.say("Does Alex know Kubernetes, and can we meet next Tuesday at 3 pm?").await;
    let text = both.text();
    assert!(text.contains("Kubernetes") && text.contains(", 3 pm, Berlin time, is free."), "{text}");
}

/// What the home page promises.
#[tokio::test]
async fn who_asks_what_is_known_of_them_is_told_how_to_know() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let told = browser.say("What do you know about me?").await;
    assert!(
        told.text().starts_with("What is said here is kept for Alex Sample.") && told.text().contains("code"),
        "{}",
        told.text()
    );
    let gone = browser.say("Delete it").await;
    assert!(gone.text().starts_with("Shall all of it be erased?"), "{}", gone.text());
    browser.say("no").await;
    let resume = browser.say("can I have the resume as a pdf?").await;
    let html = resume.done()["html"].as_str().unwrap();
    assert!(html.contains("<a href=\"/resume.pdf\">"), "{html}");
    let owner = browser.say("I want to talk to Alex").await;
    assert!(owner.text().contains("can call you back: on which number"), "{}", owner.text());
    let number = browser.say("415 555 2671").await;
    assert!(number.text().ends_with("When does it suit you?"), "{}", number.text());
    let when = browser.say("tomorrow afternoon").await;
    assert!(when.text().contains("when it suits you, “tomorrow afternoon”"), "{}", when.text());
    let about = browser.say("Who is Alex?").await;
    assert!(about.text().starts_with("Alex Sample works as Staff Engineer"), "{}", about.text());
    let german = browser.say("Guten Tag, was kostet eine Stunde bei Ihnen?").await;
    assert!(german.text().contains("nur auf Englisch"), "{}", german.text());
    let noted = browser.say("Bitte rufen Sie mich an, es geht um eine Stelle.").await;
    assert_eq!(noted.done()["actions"][0]["label"], "Your message was noted.", "{}", noted.text());
    assert!(noted.text().starts_with("Danke, ich habe"), "{}", noted.text());
    let left = browser.say("Auf Wiedersehen!").await;
    assert!(left.text().starts_with("Auf Wiedersehen, und danke"), "{}", left.text());
}

/// It is a lead, and no question that nobody could answer.
#[tokio::test]
async fn who_wants_a_quote_is_asked_for_what_is_missing() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let priced = browser.say("Can you send me a quote for an architecture review?").await;
    let (text, known) = (priced.text(), priced.done()["known"] == true);
    assert!(known && text.contains("EUR 7,500") && text.contains("how to reach you"), "{text}");
    let client = browser.say("We are Initech, ana@initech.example").await;
    assert!(client.text().ends_with("Shall I look for a time to talk?"), "{}", client.text());
    let mut other = Browser::new(&bench);
    let noted = other.say("Could you send us a proposal for a sailing trip?").await;
    assert!(noted.text().contains("I note it for Alex Sample"), "{}", noted.text());
    let gaps = bench.owner("/api/knowledge/gaps").await;
    assert!(gaps["gaps"].as_array().unwrap().is_empty(), "{gaps}");
}

/// Whoever is polite, in a hurry or mistypes is answered like anybody else, and nothing of it is taken for a message.
#[tokio::test]
async fn people_write_as_they_write() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    for (said, told) in [
        ("whats your experiance with kubernets", "Alex Sample knows Kubernetes."),
        ("hi, quick q - is alex open to new roles?", "open to staff and principal roles"),
        ("ok sorry. does he do consulting?", "offers consulting for payment and storage systems"),
        ("What is your biggest achievement?", "Led the rewrite of a payments ledger in Rust"),
        ("Tell me about the ledger project", "Led the rewrite of a payments ledger in Rust"),
        ("what is alex working on now", "Alex Sample works as Staff Engineer, Payments at Ledgerlane GmbH"),
        ("do you have a github?", "[github.com/alex-sample](https://github.com/alex-sample)"),
        (
            "What has Alex done with distributed systems?",
            "Staff engineer for payments and distributed systems",
        ),
    ] {
        let answered = browser.say(said).await;
        let text = answered.text();
        assert!(text.starts_with(told) || text.contains(told), "{said}: {text}");
        assert!(!answered.done()["citations"].as_array().unwrap().is_empty(), "{said}: {text}");
    }
    let notice = browser.say("Notice period").await;
    assert!(notice.text().contains("I have noted the question"), "{}", notice.text());
    for said in ["What does Alex not do?", "does he have a linkedin?", "2"] {
        let answered = browser.say(said).await;
        assert_eq!(answered.done()["known"], false, "{said}: {}", answered.text());
    }
    let mut rude = Browser::new(&bench);
    for (said, told) in [
        ("you are useless", "I am sorry that I was of no help."),
        ("this is shit. your last answer was wrong", "I am sorry that I was of no help."),
        ("i want a human", "This is Alex Sample’s AI assistant; Alex Sample is not here."),
        ("👍", "All right."),
        ("thank you so much!!", "You are welcome."),
        ("who can read this?", "What is said here is written down"),
    ] {
        let answered = rude.say(said).await;
        assert!(answered.text().starts_with(told), "{said}: {}", answered.text());
        assert!(answered.done()["actions"].as_array().unwrap().is_empty(), "{said}");
    }
    let gone = rude.say("delete everything").await;
    assert!(!gone.text().contains("glad that you are here"), "{}", gone.text());
}

/// A message is handed on as it was written, slips and all; a day that is ruled out is not offered.
#[tokio::test]
async fn what_is_understood_changes_no_words_of_theirs() {
    let bench = Bench::start().await;
    let mut browser = Browser::new(&bench);
    let taken = browser.say("Tell Alex that the managment contract is signed").await;
    assert_eq!(taken.done()["actions"][0]["label"], "Your message was noted.", "{}", taken.text());
    let others = browser.say("Can we meet next week? I can't on Wednesday").await;
    assert!(others.text().contains("free"), "{}", others.text());
    let ruled_out = browser.say("I can't on Wednesday").await;
    assert!(!ruled_out.text().contains("Wednesday"), "{}", ruled_out.text());
    assert!(ruled_out.text().contains("Which one suits you?"), "{}", ruled_out.text());
    let people = bench.owner("/api/omni-context").await;
    let person = people["people"][0]["id"].as_str().unwrap().to_owned();
    bench.close_chats().await;
    let timeline = bench.owner(&format!("/api/omni-context/{person}/timeline")).await.to_string();
    assert!(timeline.contains("the managment contract is signed"), "{timeline}");
    assert!(!timeline.contains("the management contract"), "{timeline}");
}
