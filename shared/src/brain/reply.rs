//! Answers put together from passages, for when no model is asked: they quote, name their sources, and say so when
//! nothing is known.

mod chosen;
mod kind;
mod lines;
mod shown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{chosen::best_sentences, lines::ended};
pub use self::{chosen::sentence_about, kind::names_amount};
use crate::{
    brain::{
        UserIntent,
        courtesy::{is_insult, is_nod, is_pleasantry, thanks},
        meant,
        slots::Slots,
    },
    chat::Cited,
    interaction::{Channel, Intent},
    knowledge::{library::Found, terms::words},
    language::Language,
    persona::Persona,
};

/// The mission's `ChannelOptimizedResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub text: String,
    /// Where what the text says was read; none for an abstention and for small talk.
    pub citations: Vec<Cited>,
    /// `false`: nothing supports an answer, and the text says so.
    pub known: bool,
}

/// Sentences that are quoted, by channel: what is heard must be short.
const SENTENCES: [(Channel, usize); 3] = [(Channel::Chat, 4), (Channel::Voice, 2), (Channel::Phone, 1)];
/// A sentence that is read aloud is cut after so many bytes, at a word.
const MAX_SPOKEN: usize = 240;

/// A question that is less surely a courtesy is taken for one about the owner.
const SURE: f32 = 0.5;

/// How sure it is what is meant by a yes to something that was offered: a nod alone is never as sure.
pub const MEANT: f32 = 1.0;

/// An answer to what was said, on a channel, from what was found.
pub fn reply(persona: &Persona, found: &[Found], said: &str, read: &UserIntent, channel: Channel) -> Reply {
    // Where it is not known when they are free, who asks for it is asked for a time.
    let meets = meant::asks_when_to_meet(said, read) && (found.is_empty() || !read.slots.times.is_empty());
    let to_meet = UserIntent { intent: Intent::MeetingRequest, confidence: MEANT, ..read.clone() };
    let read = if meets { &to_meet } else { read };
    let courtesy = || match needs_support(persona, said, read) {
        true => None,
        false => courtesy(persona, said, read),
    };
    if let Some(text) = of_the_twin(persona, found, said).or_else(courtesy) {
        return Reply { text, citations: Vec::new(), known: true };
    }
    match found.is_empty() {
        true => not_understood(persona, said).unwrap_or_else(|| unknown(persona, said, read.intent)),
        false => quoted(persona, found, said, channel),
    }
}

/// What is asked about the owner needs a passage; what is a courtesy does not. Who asks and is not surely understood,
/// or asks what the owner did or is, wants to know, whatever the words remind of: `Did Alex sell crypto?`
pub fn needs_support(persona: &Persona, said: &str, read: &UserIntent) -> bool {
    let owner = &persona.core.name;
    if is_nod(said)
        || is_insult(owner, said)
        || meant::is_of_the_twin(said)
        || meant::says_a_code_fails(said)
        || meant::asks_for_an_address(owner, said)
    {
        return false;
    }
    match read.intent {
        Intent::TechnicalQuestion
        | Intent::Experience
        | Intent::Availability
        | Intent::Pricing
        | Intent::OutOfScope
        | Intent::Unknown => true,
        Intent::SmallTalk
        | Intent::Goodbye
        | Intent::Spam
        | Intent::Complaint
        | Intent::Networking
        | Intent::Consultation
            if asks_of(owner, said) =>
        {
            true
        }
        // "Do you like your job?" is no small talk, whatever its words remind of.
        Intent::SmallTalk if begins_to_ask(said) && !is_pleasantry(said) && !asks_a_favour(said) => true,
        _ => read.confidence < SURE && asks(said) && !asks_a_favour(said),
    }
}

/// A question in fewer words is none for the owner.
const QUESTION_WORDS: usize = 3;

/// Whether something that was not answered is for the owner to answer: it says enough, and it is about them or their work.
pub fn is_for_the_owner(owner: &str, said: &str, intent: Intent) -> bool {
    let is_word = |word: &&str| word.contains(char::is_alphabetic) && !word.contains(['<', '>']);
    said.split_whitespace().filter(is_word).count() >= QUESTION_WORDS
        && match intent {
            Intent::Unknown => false,
            Intent::OutOfScope => is_about(owner, said),
            _ => true,
        }
}

/// Whether something is said of the owner: by name, as a third, or to the twin as if it were them.
pub fn is_about(owner: &str, said: &str) -> bool {
    let owners = words(owner);
    let means =
        |word: &str| matches!(word, "he" | "she" | "his" | "her" | "him" | "you" | "your" | "u" | "ur");
    said.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(means)
        || words(said).iter().any(|word| owners.contains(word))
}

/// What a question begins with.
const ASKS: [&str; 28] = [
    "who", "whose", "what", "when", "where", "which", "why", "how", "is", "are", "was", "were", "do", "does",
    "did", "has", "have", "had", "can", "could", "will", "would", "should", "may", "might", "am", "isn't",
    "doesn't",
];
/// Of those, what asks for a favour rather than for knowledge.
const OF_FAVOURS: [&str; 8] = ["can", "could", "will", "would", "should", "may", "might", "am"];

/// Whether something is a question; who speaks has no question mark.
fn asks(said: &str) -> bool {
    said.contains('?') || begins_to_ask(said)
}

fn begins_to_ask(said: &str) -> bool {
    first_word(said).is_some_and(|word| ASKS.contains(&word.as_str()))
}

fn asks_a_favour(said: &str) -> bool {
    first_word(said).is_some_and(|word| OF_FAVOURS.contains(&word.as_str()))
}

/// Whether something asks what somebody, by name or as a third, did, has or is.
pub fn asks_of(name: &str, said: &str) -> bool {
    let asks = begins_to_ask(said) && !asks_a_favour(said);
    let names = words(name);
    let lower = said.to_lowercase();
    let is_third = |word: &str| matches!(word, "he" | "she" | "his" | "her" | "him");
    asks && (lower.split(|c: char| !c.is_alphanumeric()).any(is_third)
        || words(said).iter().any(|word| names.contains(word)))
}

fn first_word(said: &str) -> Option<String> {
    said.split_whitespace().next().map(|word| word.replace('’', "'").to_lowercase())
}

/// What is asked of the twin itself, or of how the owner is reached, and of no work.
fn of_the_twin(persona: &Persona, found: &[Found], said: &str) -> Option<String> {
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

/// What is still to be known of a role that somebody offers.
fn missing_of_a_role(slots: &Slots) -> String {
    let has_address = slots.email.is_some() || slots.phone.is_some();
    let all = [
        ("the role", slots.role.is_some()),
        ("the company", slots.company.is_some()),
        ("the range", slots.money.is_some()),
        ("how to reach you", has_address),
    ];
    let missing: Vec<&str> = all.iter().filter(|(_, is_known)| !is_known).map(|(what, _)| *what).collect();
    match missing.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// What needs no knowledge.
fn courtesy(persona: &Persona, said: &str, read: &UserIntent) -> Option<String> {
    let name = &persona.core.name;
    if is_nod(said) && read.confidence < MEANT {
        return Some(format!("All right. I am here if you want to know more of {name}’s work."));
    }
    let text = match read.intent {
        Intent::Identity if means_the_twin(said) => {
            format!("I am the AI assistant of {name}, not {name}. I know their work and can pass things on.")
        }
        Intent::SmallTalk if thanks(said) => {
            format!("You are welcome. I am here if you want to know more of {name}’s work.")
        }
        Intent::SmallTalk if is_pleasantry(said) => {
            format!("Fine, thank you, as an AI always is. What would you like to know of {name}’s work?")
        }
        Intent::SmallTalk => {
            format!("I am {name}'s AI assistant, and glad that you are here. What can I do for you?")
        }
        Intent::Goodbye => "Goodbye, and thank you for getting in touch.".to_owned(),
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

/// Without a model a question is read in English alone.
fn not_understood(persona: &Persona, said: &str) -> Option<Reply> {
    let words = Language::foreign(said)?.words();
    let text = words.in_english.replace("{owner}", &persona.core.name);
    Some(Reply { text, citations: Vec::new(), known: false })
}

/// An abstention.
pub fn unknown(persona: &Persona, said: &str, intent: Intent) -> Reply {
    let name = &persona.core.name;
    let text = match is_for_the_owner(name, said, intent) {
        false => {
            format!("I can only speak about {name}'s work, and this I do not know. May I take a message?")
        }
        true => format!(
            "I do not know that, and I will not guess. I have noted the question for {name}. May I take a message?"
        ),
    };
    Reply { text, citations: Vec::new(), known: false }
}

fn quoted(persona: &Persona, found: &[Found], said: &str, channel: Channel) -> Reply {
    let (text, citations) = shown::code(found, channel)
        .unwrap_or_else(|| in_sentences(persona, &shown::prose(found), said, channel));
    let text = if persona.sample && channel == Channel::Chat { text + "\n(Sample data.)" } else { text };
    Reply { text, citations, known: true }
}

fn in_sentences(persona: &Persona, found: &[Found], said: &str, channel: Channel) -> (String, Vec<Cited>) {
    let limit = SENTENCES.iter().find(|(of, _)| *of == channel).map_or(1, |(_, limit)| *limit);
    let chosen = best_sentences(&persona.core.name, found, said, limit);
    let mut citations: Vec<Cited> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for sentence in &chosen {
        let passage = &found[sentence.passage];
        let known = citations.iter().find(|known| known.origin == passage.citation);
        let number = known.map_or(citations.len() + 1, |known| known.number);
        if number > citations.len() {
            citations.push(Cited::of(number, passage));
        }
        let text = ended(&sentence.text);
        parts.push(match channel {
            Channel::Chat => format!("{text} [{number}]"),
            Channel::Voice | Channel::Phone => spoken(&text),
        });
    }
    let text = match channel {
        Channel::Chat => parts.join(" "),
        Channel::Voice => format!("{} This is from {}.", parts.join(" "), titles(&citations)),
        Channel::Phone => parts.join(" "),
    };
    (text, citations)
}

/// Links by their words: an address that is one is said as people say it, `github dot com`.
fn unlinked(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (Some((before, label)), Some((url, behind))) = (before.rsplit_once('['), after.split_once(')'))
        else {
            break;
        };
        all.push_str(before);
        match url.contains(label) {
            true => all.push_str(&label.replace('.', " dot ").replace('/', " slash ")),
            false => all.push_str(label),
        }
        rest = behind;
    }
    all + rest
}

/// Without what leads to an address that is left out: "it is at".
fn led_nowhere(short: &str) -> &str {
    const LEADS: [&str; 6] = ["at", "on", "to", "under", "via", "see"];
    match short.rsplit_once(' ') {
        Some((before, last)) if LEADS.contains(&last) => before,
        _ => short,
    }
}

/// Without what cannot be said aloud.
fn spoken(text: &str) -> String {
    let mut short = String::new();
    for word in unlinked(text).split_whitespace() {
        if word.contains("://") || word.contains('@') {
            short.truncate(led_nowhere(&short).len());
            // What ended there ends before it.
            if let Some(end) = word.chars().next_back().filter(|end| ".!?".contains(*end)) {
                short.truncate(short.trim_end_matches([',', ';', ':']).len());
                short.push(end);
            }
            continue;
        }
        if short.len() + word.len() > MAX_SPOKEN {
            return ended(short.trim_end_matches([',', ';', ':']));
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

fn titles(citations: &[Cited]) -> String {
    let mut titles: Vec<&str> = citations.iter().map(|citation| citation.origin.title.as_str()).collect();
    titles.dedup();
    titles.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{Brain, slots::Slots},
        knowledge::{claims::Origin, document::SourceKind},
    };

    fn found(text: &str) -> Found {
        let citation =
            Origin {
                kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new()
            };
        let text = text.to_owned();
        Found { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
    }

    #[test]
    fn what_is_for_the_owner_to_answer() {
        let rows = [
            ("What is the weather?", Intent::OutOfScope, false),
            ("<script>alert(1)</script>", Intent::TechnicalQuestion, false),
            ("<img src=x onerror=alert(1)>", Intent::OutOfScope, false),
            ("yes indeed", Intent::Experience, false),
            ("\u{202e} gnihton", Intent::TechnicalQuestion, false),
            ("which football club does Alex support", Intent::OutOfScope, true),
            ("does he gamble", Intent::OutOfScope, true),
            ("Do you have a cat?", Intent::OutOfScope, true),
            ("years of experience with java", Intent::Experience, true),
        ];
        for (said, intent, expected) in rows {
            assert_eq!(is_for_the_owner("Alex Sample", said, intent), expected, "{said}");
        }
    }

    fn persona() -> Persona {
        serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap()
    }

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

    #[test]
    fn who_writes_in_another_language_is_told_in_it() {
        for (said, words) in [
            ("Guten Tag, was kostet eine Stunde?", "nur auf Englisch"),
            ("¿Qué precio tiene una hora, por favor?", "preguntas en inglés"),
            ("Bonjour, combien coûte une heure avec vous ?", "qu'en anglais"),
        ] {
            let read = UserIntent { intent: Intent::OutOfScope, confidence: 0.3, slots: Slots::default() };
            let told = reply(&persona(), &[], said, &read, Channel::Chat);
            assert!(
                !told.known && told.text.contains(words) && told.text.contains("Alex Sample"),
                "{said}: {}",
                told.text
            );
        }
    }

    #[test]
    fn addresses_are_not_spoken() {
        let rows = [
            ("Lead, 2016, https://a.example. A mapping engine.", "Lead, 2016. A mapping engine."),
            ("Project a, https://a.example, since 2019.", "Project a, since 2019."),
            ("Write to a@b.example today.", "Write today."),
            ("Alex is on the web at https://a.example.", "Alex is on the web."),
            (
                "Alex is on the web at [github.com/alex](https://github.com/alex), [a.example](https://a.example).",
                "Alex is on the web at github dot com slash alex, a dot example.",
            ),
            ("See [the talk](https://a.example/talk) and [1](.", "See the talk and [1](."),
        ];
        for (text, expected) in rows {
            assert_eq!(spoken(text), expected);
        }
    }

    #[test]
    fn who_asks_when_to_meet_is_asked_for_a_time() {
        let times = |said: &str| Slots { times: vec![said.to_owned()], ..Slots::default() };
        let read = |slots| UserIntent { intent: Intent::Availability, confidence: 0.9, slots };
        let open = [found("Open to staff roles.")];
        let told = |said: &str, found: &[Found], slots: Slots| {
            reply(&persona(), found, said, &read(slots), Channel::Phone).text
        };
        let asked = "I can propose a time to Alex Sample.";
        assert!(told("When is she free next week?", &[], times("next week")).starts_with(asked));
        assert!(told("When is she free next week?", &open, times("next week")).starts_with(asked));
        assert!(told("When is she free?", &[], Slots::default()).starts_with(asked));
        assert_eq!(told("When is she free?", &open, Slots::default()), "Open to staff roles.");
        assert!(told("Is Alex available for new work?", &[], Slots::default()).starts_with("I do not know"));
        assert!(told("When can Alex start?", &[], Slots::default()).starts_with("I do not know"));
    }

    #[test]
    fn a_nod_is_no_question() {
        let persona: Persona =
            serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap();
        let read = UserIntent { intent: Intent::OutOfScope, confidence: 0.3, slots: Slots::default() };
        for said in ["yes", "Thanks!", "ok, thanks", "OK.", "No, thank you.", "That’s all"] {
            let reply = reply(&persona, &[], said, &read, Channel::Chat);
            assert!(reply.known && reply.text.starts_with("All right."), "{said}: {}", reply.text);
        }
        assert!(!reply(&persona, &[], "yes, and what about Kafka?", &read, Channel::Chat).known);
    }

    #[test]
    fn a_question_about_the_owner_is_no_courtesy() {
        let persona: Persona =
            serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap();
        let read = |intent, confidence| UserIntent { intent, confidence, slots: Slots::default() };
        let rows = [
            ("Did Alex sell crypto?", Intent::Spam, 0.88, true),
            ("did alex work at google", Intent::Spam, 0.6, true),
            ("Why did she leave the last job?", Intent::Complaint, 0.9, true),
            ("Is Alex married?", Intent::SmallTalk, 0.45, true),
            ("Is Alex nice?", Intent::SmallTalk, 0.83, true),
            ("Has Alex consulted for banks?", Intent::Consultation, 0.67, true),
            ("how many years did you work at Globex", Intent::Identity, 0.43, true),
            ("How are you?", Intent::SmallTalk, 0.94, false),
            ("Do you like your job?", Intent::SmallTalk, 0.9, true),
            ("hello?", Intent::SmallTalk, 0.9, false),
            ("you are useless", Intent::Complaint, 0.9, false),
            ("Is this conversation recorded?", Intent::OutOfScope, 0.9, false),
            ("Are you a bot?", Intent::Identity, 1.0, false),
            ("Do you want to improve your SEO?", Intent::Spam, 0.99, false),
            ("Does Alex have time for a call on Friday?", Intent::MeetingRequest, 0.99, false),
            ("Could Alex call me back?", Intent::CallbackRequest, 0.99, false),
            ("Tell Alex that this is a scandal.", Intent::Complaint, 0.4, false),
            ("buy crypto now", Intent::Spam, 0.4, false),
        ];
        for (said, intent, confidence, expected) in rows {
            let read = read(intent, confidence);
            assert_eq!(needs_support(&persona, said, &read), expected, "{said}");
            assert_eq!(reply(&persona, &[], said, &read, Channel::Chat).known, !expected, "{said}");
        }
        let sold = [found("Alex sold crypto in 2017.")];
        let told = reply(&persona, &sold, "Did Alex sell crypto?", &read(Intent::Spam, 0.88), Channel::Phone);
        assert_eq!((told.text.as_str(), told.citations.len()), ("Alex sold crypto in 2017.", 1));
    }
}
