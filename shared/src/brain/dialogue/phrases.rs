//! What people say, word by word.

use super::{
    super::{
        UserIntent,
        courtesy::sign,
        meant::{knows_the_owner, plain_words},
        reply::{asks, asks_of},
    },
    EXPORT, FORGET, RECALL, SEND_CODE,
};
use crate::interaction::Intent;

pub(super) const YES: [&str; 12] = [
    "yes",
    "yes please",
    "yep",
    "yeah",
    "correct",
    "right",
    "that is right",
    "that's right",
    "ok",
    "okay",
    "sure",
    "please do",
];
pub(super) const NO: [&str; 10] = [
    "no",
    "nope",
    "never mind",
    "nevermind",
    "nvm",
    "no thanks",
    "no thank you",
    "forget it",
    "cancel",
    "stop",
];

/// What somebody asks about their own data, by the tool that does it.
const PRIVATE: [(&str, &[&str]); 6] = [
    (
        "give_code",
        &[
            "continue elsewhere",
            "continue on the phone",
            "continue by phone",
            "continue by voice",
            "continue in claude",
            "continue in another app",
            "go on elsewhere",
            "go on by phone",
            "code to continue",
            "can i call you",
            "how do i call you",
        ],
    ),
    (
        SEND_CODE,
        &[
            "send me a code",
            "send a code",
            "text me a code",
            "mail me a code",
            "one-time code",
            "verify me",
            "verify that it is me",
            "verify that it's me",
            "prove who i am",
            "prove that it is me",
            "prove that it's me",
        ],
    ),
    (
        RECALL,
        &[
            "what did we talk about",
            "what did we speak about",
            "what did we discuss",
            "what did i tell you",
            "what did i say",
            "what did you tell me",
            "what did you say last time",
            "do you remember me",
            "do you remember us",
            "do you remember what",
            "do you remember our",
            "do you remember my",
            "do you remember when we",
            "do you remember that i",
            "our last conversation",
            "our earlier conversation",
            "our previous conversation",
            "last time we",
        ],
    ),
    (
        FORGET,
        &[
            "forget me",
            "forget all about me",
            "forget everything about me",
            "delete everything about me",
            "erase everything about me",
            "delete everything you know about me",
            "delete my data",
            "erase my data",
            "delete all my data",
            "erase all my data",
            "delete all you know about me",
            "erase me",
            "delete me",
            "forget this conversation",
            "delete this conversation",
            "delete this chat",
            "delete my messages",
            "delete my details",
            "delete my account",
            "delete our conversation",
            "delete our chat",
            "delete my information",
            "remove my data",
            "remove all my data",
            "remove my details",
        ],
    ),
    (
        EXPORT,
        &[
            "export my data",
            "download my data",
            "copy of my data",
            "copy of all my data",
            "what data do you have about me",
            "what data do you keep about me",
            "all the data you have about me",
        ],
    ),
    (
        "stop_contact",
        &[
            "don't contact me",
            "do not contact me",
            "stop contacting me",
            "don't email me",
            "do not email me",
            "don't e-mail me",
            "do not e-mail me",
            "stop emailing me",
            "stop mailing me",
            "unsubscribe me",
            "don't call me again",
            "do not call me again",
            "stop calling me",
        ],
    ),
];

/// What somebody asks for with these is what is kept of them.
const OF_THEMSELVES: [&str; 10] = [
    "know about me",
    "know of me",
    "stored about me",
    "store about me",
    "kept about me",
    "kept of me",
    "keep of me",
    "have on me",
    "information about me",
    "my personal data",
];

pub(super) fn is_yes(said: &str) -> bool {
    YES.contains(&plain(said).replace(',', "").as_str())
}

/// Whether something says when, and nothing that is asked besides.
pub(super) fn says_when(said: &str, read: &UserIntent) -> bool {
    const ANY_TIME: [&str; 6] = ["any time", "anytime", "whenever", "morning", "afternoon", "evening"];
    let lower = said.to_lowercase();
    !read.slots.times.is_empty() || ANY_TIME.iter().any(|words| lower.contains(words))
}

/// Words with which somebody says that they want to leave a message, and says none.
const OF_WRITING: &str = "a about an and also ask can could d do e email for from get give have him her i \
     i'd if it just know leave let like ll mail me message msg my need note now of on one out over owner pass please quickly \
     relay say send short some something tell text that the them then this to via want wanna we will with wish would write \
     you your";

/// Whether a message says more than that there is to be one.
pub(super) fn says_something(owner: &str, said: &str) -> bool {
    let (owner, lower) = (owner.to_lowercase(), said.to_lowercase());
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let says_nothing = |word: &str| {
        OF_WRITING.split_ascii_whitespace().any(|known| known == word)
            || owner.split(' ').any(|name| name == word)
    };
    let is_greeting = |word: &&str| matches!(*word, "hi" | "hello" | "hey" | "ok" | "okay");
    let greetings = words.clone().take_while(is_greeting).count();
    !words.by_ref().skip(greetings).all(says_nothing)
}

/// Something that asks about the owner and hands nothing on: `When she is back, tell her that I called.` is a message.
pub(super) fn only_asks(owner: &str, said: &str) -> bool {
    let is_one_question =
        said.trim_end().strip_suffix('?').is_some_and(|asked| !asked.contains(['?', '.', '!']));
    asks_of(owner, said) && (is_one_question || !hands_on(owner, said))
}

/// Whether something asks that the owner be told something, or greeted, and says what.
pub(super) fn greets(owner: &str, said: &str) -> bool {
    const GREETINGS: [&str; 5] = ["hi", "hello", "hey", "regards", "thanks"];
    // `Don't tell Alex`, `I will tell her myself`
    const WITHHELD: [&str; 12] =
        ["t", "dont", "not", "never", "without", "i", "ll", "will", "we", "they", "he", "she"];
    let (owner, lower) = (owner.to_lowercase(), said.to_lowercase());
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_owner =
        |word: &str| matches!(word, "him" | "her" | "them") || owner.split(' ').any(|name| name == word);
    let is_asked = |at: usize| at.checked_sub(1).is_none_or(|before| !WITHHELD.contains(&words[before]));
    let tells = words.windows(3).enumerate().any(|(at, three)| {
        matches!(three[0], "tell" | "let" | "remind") && is_owner(three[1]) && is_asked(at)
    });
    let says =
        words.windows(3).any(|three| GREETINGS.contains(&three[0]) && three[1] == "to" && is_owner(three[2]));
    let is_greeting = |word: &&str| GREETINGS.contains(word) || *word == "greetings";
    let gives = words.windows(2).enumerate().any(|(at, two)| {
        let is_given = matches!(two[0], "give" | "send") && is_owner(two[1]) && is_asked(at);
        is_given && words[at + 2..].iter().any(is_greeting)
    });
    !said.contains('?') && (tells || says || gives)
}

/// "Can you ask Alex to send me the slides?" is for them, though it asks; "did you ask her about it?" is not.
pub(super) fn has_them_asked(owner: &str, said: &str) -> bool {
    const KNOWING: [&str; 12] =
        ["did", "do", "does", "have", "has", "when", "what", "why", "who", "how", "where", "if"];
    const ASKING: [&str; 4] = ["you", "u", "please", "and"];
    const OF_WHAT: [&str; 8] = ["to", "if", "whether", "for", "about", "when", "what", "how"];
    let (owner, words) = (owner.to_lowercase(), plain_words(said));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_owner =
        |word: &str| matches!(word, "him" | "her" | "them") || owner.split(' ').any(|name| name == word);
    let is_wish = |at: usize| at.checked_sub(1).is_none_or(|before| ASKING.contains(&words[before]));
    let mut asked = words.windows(3).enumerate();
    words.first().is_none_or(|first| !KNOWING.contains(first))
        && asked.any(|(at, three)| {
            three[0] == "ask" && is_owner(three[1]) && OF_WHAT.contains(&three[2]) && is_wish(at)
        })
}

/// What somebody says of an offer who was asked for it: "the budget is 20k", "fully remote, start in January"; and not what
/// they say of the owner: "curious about his work at Acme".
pub(super) fn tells_of_an_offer(said: &str, read: &UserIntent) -> bool {
    const BEGINS: [&str; 14] = [
        "it", "its", "the", "we", "our", "they", "start", "starts", "starting", "fully", "salary", "budget",
        "paying", "pays",
    ];
    const OF_OFFERS: [&str; 18] = [
        "salary",
        "budget",
        "pays",
        "paying",
        "remote",
        "remotely",
        "onsite",
        "hybrid",
        "contract",
        "permanent",
        "freelance",
        "start",
        "starts",
        "starting",
        "equity",
        "bonus",
        "startup",
        "fulltime",
    ];
    const OF_THE_OWNER: [&str; 12] =
        ["he", "she", "his", "her", "him", "know", "curious", "wondering", "saw", "seen", "heard", "read"];
    let is_open = matches!(
        read.intent,
        Intent::Pricing
            | Intent::JobOpportunity
            | Intent::Consultation
            | Intent::Experience
            | Intent::TechnicalQuestion
            | Intent::OutOfScope
            | Intent::SmallTalk
            | Intent::Networking
            | Intent::Unknown
    );
    let words = plain_words(said);
    let is_any = |list: &[&str], word: &String| list.contains(&word.as_str());
    let begins = words.first().is_some_and(|first| is_any(&BEGINS, first));
    let slots = &read.slots;
    let names_one = slots.money.is_some() || slots.company.is_some() || slots.role.is_some();
    let tells = begins && words.iter().any(|word| is_any(&OF_OFFERS, word));
    let is_of_them = knows_the_owner(said) || words.iter().any(|word| is_any(&OF_THE_OWNER, word));
    is_open && !asks(said) && !is_told_to(&words) && !is_of_them && (names_one || tells)
}

/// "Tell me about the ledger" wants something told.
fn is_told_to(words: &[String]) -> bool {
    const TOLD: [&str; 9] =
        ["tell", "show", "give", "send", "list", "describe", "explain", "summarize", "summarise"];
    words.first().is_some_and(|first| TOLD.contains(&first.as_str()))
}

/// Whether something asks that the owner be told.
fn hands_on(owner: &str, said: &str) -> bool {
    let (owner, lower) = (owner.to_lowercase(), said.to_lowercase());
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_owner = |word: &str| matches!(word, "him" | "her") || owner.split(' ').any(|name| name == word);
    let tells = |pair: &[&str]| match pair[0] {
        "tell" | "remind" | "inform" | "let" => is_owner(pair[1]),
        "pass" => matches!(pair[1], "on" | "it" | "this" | "that"),
        _ => false,
    };
    words.contains(&"please") || words.windows(2).any(tells)
}

/// What somebody asks about their own data, by the tool that does it.
pub(super) fn private(said: &str) -> Option<&'static str> {
    let plain = plain(said).replace('’', "'");
    PRIVATE
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| plain.contains(phrase)))
        .map(|(tool, _)| *tool)
        .or_else(|| wants_all_gone(&plain).then_some(FORGET))
        .or_else(|| asks_for_their_own(said, &plain).then_some(EXPORT))
}

/// "Please delete everything": who only asks whether it is begins otherwise.
fn wants_all_gone(plain: &str) -> bool {
    const ASKING: [&str; 5] = ["please ", "can you ", "could you ", "i want you to ", "just "];
    const GONE: [&str; 6] = [
        "delete everything",
        "erase everything",
        "forget everything",
        "delete it all",
        "erase it all",
        "delete all of it",
    ];
    let wish = ASKING.iter().fold(plain, |rest, asking| rest.strip_prefix(asking).unwrap_or(rest));
    GONE.iter().any(|gone| wish.starts_with(gone))
}

/// "Please delete it", of what was spoken of; "forget it" minds nothing.
pub(super) fn deletes_it(said: &str) -> bool {
    const DELETING: [&str; 5] = ["delete", "erase", "remove", "forget", "wipe"];
    const IT: [&str; 6] = ["it", "that", "this", "them", "all", "everything"];
    const BESIDE: &str = "and can could i just now of ok okay please so thanks the then to want you";
    let words = plain_words(said);
    let is_any = |list: &[&str], word: &String| list.contains(&word.as_str());
    let is_beside = |word: &String| BESIDE.split_ascii_whitespace().any(|known| known == word);
    !NO.contains(&plain(said).as_str())
        && words.iter().any(|word| is_any(&DELETING, word))
        && words.iter().any(|word| is_any(&IT, word))
        && words.iter().all(|word| is_any(&DELETING, word) || is_any(&IT, word) || is_beside(word))
}

/// "There is information about me on my page" asks for nothing.
fn asks_for_their_own(said: &str, plain: &str) -> bool {
    const ASKING: [&str; 8] = ["what", "which", "whatever", "show", "give", "see", "everything", "any"];
    let asks = || plain.split(|c: char| !c.is_alphanumeric()).any(|word| ASKING.contains(&word));
    OF_THEMSELVES.iter().any(|phrase| plain.contains(phrase)) && (said.contains('?') || asks())
}

/// In small letters, without what stands around it; a lone sign as the word that it stands for.
pub(super) fn plain(said: &str) -> String {
    if let Some(word) = sign(said) {
        return word.to_owned();
    }
    said.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}
