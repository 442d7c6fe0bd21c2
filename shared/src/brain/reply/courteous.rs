//! What needs no knowledge of the owner: what is asked of the twin itself, and courtesies.

use super::{MEANT, asks};
use crate::{
    brain::{
        UserIntent,
        courtesy::{is_insult, is_nod, is_pleasantry, language, thanks},
        meant,
        slots::Slots,
    },
    interaction::Intent,
    knowledge::library::Found,
    persona::Persona,
};

/// What was understood less surely is answered otherwise.
const SURE: f32 = 0.5;

/// What is asked of the twin itself, or of how the owner is reached, and of no work.
pub(super) fn of_the_twin(persona: &Persona, found: &[Found], said: &str) -> Option<String> {
    let name = &persona.core.name;
    if is_insult(name, said) {
        return Some(format!(
            "I am sorry that I was of no help. You can leave a message for {name}, or say “call me back”."
        ));
    }
    if meant::asks_what_is_kept(said) {
        let cookie = if said.to_lowercase().contains("cookie") {
            "One cookie keeps our conversation in your browser. "
        } else {
            ""
        };
        return Some(format!(
            "{cookie}What is said here is written down and kept for {name}, for a limited time. You can ask me what is kept of \
             you, for a copy of your data, or to forget you."
        ));
    }
    if meant::asks_to_go_on_here(said) {
        return Some(
            "Yes: tell me the code of nine digits that you got there, and we go on from it.".to_owned(),
        );
    }
    if meant::asks_who_made_it(said) {
        return Some(format!(
            "I am a program called Omnitwin, and {name} runs me: I look up what {name} has written and done. I am no person, \
             and not {name}."
        ));
    }
    if let Some(text) = of_the_course(name, said) {
        return Some(text);
    }
    if meant::asks_whether_it_is_true(said) {
        return Some(format!(
            "What I tell of {name}’s work, I quote from what {name} has written and done, and I name where it stands. What I do \
             not find there, I do not know, and say so."
        ));
    }
    if meant::asks_who_answers(said) {
        return Some(format!(
            "I am the AI assistant of {name}, not {name}. I know their work and can pass things on."
        ));
    }
    if meant::says_a_code_fails(said) {
        return Some(
            "I am sorry. Please tell me the code again, digit by digit: six digits that were sent to you, or nine that you got \
             in another conversation. Or say “send me a code” for a new one, or “continue elsewhere” for one to take along."
                .to_owned(),
        );
    }
    if meant::asks_where_it_runs(said) {
        return Some(format!(
            "I am a program that {name} runs. On which machines, I do not know; what becomes of what is said here, you can \
             ask me."
        ));
    }
    if meant::asks_for_less(said) && !found.iter().any(|found| meant::names_less(&found.text)) {
        return Some(format!(
            "What it costs, {name} decides, and I cannot change it. Shall I take a message about it?"
        ));
    }
    if meant::asks_what_it_does(said) {
        return Some(format!(
            "I am {name}’s AI assistant. I answer questions about {name}’s work from what they have written and done, with \
             sources, find a time to meet, take a message, and have {name} call you back. You can ask me what is kept of \
             you, and to forget it. What would you like to know?"
        ));
    }
    let is_told = found.iter().any(|found| found.text.contains('@'));
    (meant::asks_for_an_address(name, said) && !is_told).then(|| {
        format!(
            "I do not give out {name}’s own addresses and numbers. I pass a message on, {name} can call you back, or you \
             book a time to meet: which would you like?"
        )
    })
}

/// How what is said goes on from here.
fn of_the_course(name: &str, said: &str) -> Option<String> {
    if meant::asks_whether_it_arrived(said) {
        return Some(format!(
            "What reaches {name} by mail or otherwise, I do not see. What you leave with me here, {name} reads: shall I take a \
             message about it?"
        ));
    }
    if meant::asks_when_they_answer(said) {
        return Some(format!(
            "When {name} answers, I cannot tell. What you leave with me here, {name} reads. If it cannot wait, say “call me \
             back”, or “book a meeting”, and I look for a time."
        ));
    }
    if meant::says_it_was_no_answer(said) {
        return Some(format!(
            "I am sorry. I find what {name} has written by the words of a question: please ask it in other words, or shall I \
             take a message for {name}?"
        ));
    }
    meant::asks_how_to_go_on(said).then(|| {
        format!(
            "The next step is to talk with {name}: shall I look for a time? Or leave a message here, with your name and how to \
             reach you, and {name} reads it."
        )
    })
}

/// What is still to be known of a role that somebody offers.
fn missing_of_a_role(slots: &Slots) -> String {
    let has_address = slots.email.is_some() || slots.phone.is_some();
    let all = [
        ("the role", slots.role.is_some()),
        ("the company", slots.company.is_some()),
        ("the range", slots.money.is_some()),
        ("how to reach you", has_address),
    ];
    missing(&all)
}

/// What is not known, in words; nothing if all is.
fn missing(all: &[(&str, bool)]) -> String {
    let missing: Vec<&str> = all.iter().filter(|(_, is_known)| !is_known).map(|(what, _)| *what).collect();
    match missing.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// What is said to whoever comes with something of which nothing is known, and asks nothing.
pub(super) fn approached(persona: &Persona, said: &str, read: &UserIntent) -> Option<String> {
    let name = &persona.core.name;
    let is_sure = read.confidence >= SURE && !asks(said);
    match read.intent {
        Intent::Networking if is_sure => Some(greeted(name)),
        Intent::Consultation if is_sure => Some(engaged(name, &read.slots)),
        _ => of_a_quote(persona, said, read),
    }
}

/// What is said to whoever wants to be made an offer, also beside what is known of it.
pub(super) fn of_a_quote(persona: &Persona, said: &str, read: &UserIntent) -> Option<String> {
    let is_client = matches!(read.intent, Intent::Consultation | Intent::Pricing);
    (is_client && meant::wants_a_quote(said)).then(|| engaged(&persona.core.name, &read.slots))
}

fn greeted(name: &str) -> String {
    format!(
        "Thank you, that is kind. Shall I pass it on to {name}, with your name and how to reach you? I can also look for a time \
         to meet."
    )
}

fn engaged(name: &str, slots: &Slots) -> String {
    let has_address = slots.email.is_some() || slots.phone.is_some();
    let missing =
        missing(&[("for which company it is", slots.company.is_some()), ("how to reach you", has_address)]);
    let wants = match missing.as_str() {
        "" => String::new(),
        missing => format!(", who will also want to know {missing}"),
    };
    format!("Thank you, I note it for {name}{wants}. Shall I look for a time to talk about it?")
}

/// What needs no knowledge.
pub(super) fn courtesy(persona: &Persona, said: &str, read: &UserIntent) -> Option<String> {
    let name = &persona.core.name;
    if is_nod(said) && read.confidence < MEANT {
        return Some(format!("All right. I am here if you want to know more of {name}’s work."));
    }
    let words = language(said).words();
    let text = match read.intent {
        Intent::Identity if means_the_twin(said) => {
            format!("I am the AI assistant of {name}, not {name}. I know their work and can pass things on.")
        }
        Intent::SmallTalk if thanks(said) => words.welcome.replace("{owner}", name),
        Intent::SmallTalk if is_pleasantry(said) => {
            format!("Fine, thank you, as an AI always is. What would you like to know of {name}’s work?")
        }
        Intent::SmallTalk => {
            format!("I am {name}'s AI assistant, and glad that you are here. What can I do for you?")
        }
        Intent::Networking if meant::knows_the_owner(said) => greeted(name),
        Intent::Goodbye => words.farewell.to_owned(),
        Intent::JobOpportunity => match missing_of_a_role(&read.slots).as_str() {
            "" => format!("Thank you, {name} will read all of it. Would you like to propose a time to talk?"),
            missing => format!(
                "Thank you, I note it for {name}, who will also want to know {missing}. Would you like to propose a time \
                 to talk?"
            ),
        },
        Intent::MeetingRequest | Intent::InterviewScheduling => {
            format!("I can propose a time to {name}. Which days and times suit you, and how do I reach you?")
        }
        Intent::CallbackRequest if meant::asks_for_the_owner(name, said) => format!(
            "This is {name}’s AI assistant; {name} is not here. {name} can call you back: on which \
             number, and when does it suit you? Or say “book a meeting”, and I look for a time."
        ),
        Intent::CallbackRequest => {
            format!("{name} can call you back. Which number, and when does it suit you?")
        }
        Intent::MessageForOwner => {
            format!("I will pass it on to {name}. What is the message, and who is it from?")
        }
        Intent::Complaint => {
            format!("I am sorry about that. I will tell {name}: what happened, and how do we reach you?")
        }
        Intent::Spam => format!("Thank you, but {name} does not take such offers here."),
        _ => return None,
    };
    Some(text)
}

/// Whether a question about who somebody is is about who answers, and not about somebody else.
fn means_the_twin(said: &str) -> bool {
    const THE_TWIN: [&str; 12] =
        ["you", "your", "u", "ur", "bot", "robot", "ai", "machine", "human", "real", "this", "computer"];
    let lower = said.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| THE_TWIN.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Reply, reply,
            samples::{found, persona},
        },
        *,
    };
    use crate::{brain::Brain, interaction::Channel};

    fn said_to(said: &str) -> Reply {
        let read = Brain::Offline.determine_intent(said, "Alex Sample");
        reply(&persona(), &[], said, &read, Channel::Chat)
    }

    #[test]
    fn what_the_twin_is_asked_of_itself() {
        for said in ["what can you do?", "help"] {
            assert!(said_to(said).text.contains("find a time to meet, take a message"), "{said}");
        }
        for said in ["what's his email address?", "and his phone number?"] {
            let told = said_to(said);
            assert!(told.known && told.text.starts_with("I do not give out"), "{said}: {}", told.text);
        }
        for said in ["who am I talking to?", "tell me about yourself"] {
            assert!(said_to(said).text.starts_with("I am the AI assistant of Alex Sample"), "{said}");
        }
        let told = said_to("The code doesn't work");
        assert!(told.known && told.text.contains("tell me the code again"), "{}", told.text);
        for said in ["Where are you hosted?", "who runs this?"] {
            assert!(said_to(said).text.starts_with("I am a program that Alex Sample runs."), "{said}");
        }
        let told = said_to("That's expensive. Do you give discounts?");
        assert!(told.known && told.text.ends_with("Shall I take a message about it?"), "{}", told.text);
        let said = "Do you give discounts?";
        let read = Brain::Offline.determine_intent(said, "Alex Sample");
        let known = [found("Students get a discount of a half.")];
        let told = reply(&persona(), &known, said, &read, Channel::Phone);
        assert_eq!(told.text, "Students get a discount of a half.", "the owner says it");
        let told = said_to("i want to talk to alex");
        assert!(told.text.contains("Alex Sample can call you back: on which number"), "{}", told.text);
    }

    #[test]
    fn courtesies_are_answered_in_the_language_that_they_were_said_in() {
        for (said, begins) in [
            ("Danke!", "Gern geschehen."),
            ("Vielen Dank", "Gern geschehen."),
            ("Auf Wiedersehen", "Auf Wiedersehen, und danke"),
            ("adiós", "Adiós, y gracias"),
            ("merci beaucoup", "Je vous en prie."),
            ("À bientôt", "Au revoir, et merci"),
            ("thank you so much!!", "You are welcome. I am here if you want to know more of Alex Sample"),
            ("bye", "Goodbye, and thank you"),
        ] {
            let told = said_to(said);
            assert!(told.known && told.text.starts_with(begins), "{said}: {}", told.text);
        }
    }

    #[test]
    fn what_becomes_of_what_is_said_is_told_as_far_as_it_is_known() {
        for (said, begins) in [
            ("Did you get my resume?", "What reaches Alex Sample by mail or otherwise, I do not see."),
            ("when will he read it?", "When Alex Sample answers, I cannot tell."),
            ("that's not what I asked", "I am sorry. I find what Alex Sample has written"),
            ("How do we proceed?", "The next step is to talk with Alex Sample"),
            ("who made this?", "I am a program called Omnitwin, and Alex Sample runs me"),
            ("How do I know you are not lying?", "What I tell of Alex Sample’s work, I quote"),
            ("prove that you are real", "I am the AI assistant of Alex Sample, not Alex Sample."),
            ("never mind", "All right."),
        ] {
            let told = said_to(said);
            assert!(told.known && told.text.starts_with(begins), "{said}: {}", told.text);
        }
    }

    #[test]
    fn who_comes_with_something_is_not_told_that_it_is_not_known() {
        let told = |said: &str, intent, found: &[Found]| {
            let read = UserIntent { intent, confidence: 0.9, slots: Slots::default() };
            reply(&persona(), found, said, &read, Channel::Chat)
        };
        let thanks = told("Would love to grab coffee sometime", Intent::Networking, &[]);
        assert!(thanks.known && thanks.text.contains("Shall I pass it on to Alex Sample"), "{}", thanks.text);
        let work = "We need help with our payment system";
        let noted = told(work, Intent::Consultation, &[]);
        assert!(
            noted.known && noted.text.starts_with("Thank you, I note it for Alex Sample"),
            "{}",
            noted.text
        );
        let quote = told("I'd like a quote for building a data pipeline", Intent::Pricing, &[]);
        assert_eq!(quote.text, noted.text);
        let asked = "Can you send me a quote for a data pipeline?";
        let priced = told(asked, Intent::Pricing, &[found("A pipeline costs EUR 6,000.")]);
        let told_besides = format!("A pipeline costs EUR 6,000. [1]\n\n{}", noted.text);
        assert!(priced.text.starts_with(&told_besides), "{}", priced.text);
        assert_eq!(told(asked, Intent::Pricing, &[]).text, noted.text);
        let known =
            told(work, Intent::Consultation, &[found("Alex finds what makes a payment system slow.")]);
        assert!(known.text.starts_with("Alex finds what"), "what is known is told: {}", known.text);
        for (asked, intent) in [
            ("Can you help us with a migration?", Intent::Consultation),
            ("What do you charge?", Intent::Pricing),
        ] {
            assert!(!told(asked, intent, &[]).known, "{asked}");
        }
    }

    #[test]
    fn a_role_is_asked_for_what_was_not_said() {
        let read = |slots: Slots| UserIntent { intent: Intent::JobOpportunity, confidence: 1.0, slots };
        let told = |slots: Slots| reply(&persona(), &[], "a role", &read(slots), Channel::Chat).text;
        let (role, company) = (Some("staff engineer".to_owned()), Some("Acme".to_owned()));
        assert!(told(Slots::default()).contains("the role, the company, the range and how to reach you."));
        let some = Slots { role, company, money: Some("200k".to_owned()), ..Slots::default() };
        assert!(told(some.clone()).contains("will also want to know how to reach you."));
        let all = Slots { phone: crate::identity::Phone::parse("+14155552671").ok(), ..some };
        assert!(told(all).starts_with("Thank you, Alex Sample will read all of it."));
    }
}
