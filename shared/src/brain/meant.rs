//! What is told by the words themselves, where the classifier takes it for something else. Pure.

use super::{
    UserIntent,
    courtesy::{is_insult, sign},
    intent::Guess,
};
use crate::{interaction::Intent, knowledge::terms};

/// With these words somebody asks whether the owner is to be had, and at what time.
const OF_TIMES: [&str; 11] = [
    "available",
    "availability",
    "free",
    "time",
    "times",
    "slot",
    "slots",
    "calendar",
    "schedule",
    "when",
    "openings",
];
/// With these it is a time to meet.
const OF_MEETING: [&str; 5] = ["meet", "talk", "call", "chat", "appointment"];
/// With these it is work.
const OF_WORK: [&str; 20] = [
    "open",
    "opening",
    "capacity",
    "bandwidth",
    "start",
    "starting",
    "notice",
    "busy",
    "booked",
    "take",
    "taking",
    "accept",
    "accepting",
    "hire",
    "hired",
    "hiring",
    "looking",
    "freelance",
    "contract",
    "interested",
];
/// A goodbye has one of these words, or few.
const PARTING: &str = "adios bye care catch ciao cu cya day done evening farewell go going goodbye goodnight good later leave leaving luck \
     meet meeting morning night off out run see soon take talk thank thanks thx tomorrow ttyl weekend well";
const FEW: usize = 5;

/// What is understood less surely is taken for something else.
const SURE: f32 = 0.5;
/// How sure it is what a sign stands for.
const NEARLY: f32 = 0.9;
/// Whoever says more says what they want of it.
const MAX_BARE: usize = 3;

/// What somebody means, by what the classifier guessed and by what only the words tell.
pub fn meant(said: &str, owner: &str, guess: Guess) -> Guess {
    let surely = |intent| Guess { intent, confidence: super::reply::MEANT };
    if sign(said).is_some() {
        return Guess { intent: Intent::SmallTalk, confidence: NEARLY };
    }
    // What is said of a code is no complaint for the owner.
    if is_insult(owner, said) || says_a_code_fails(said) {
        return surely(Intent::SmallTalk);
    }
    let is_loose = matches!(
        guess.intent,
        Intent::Goodbye
            | Intent::SmallTalk
            | Intent::OutOfScope
            | Intent::Identity
            | Intent::Spam
            | Intent::Networking
    );
    if is_loose && asks_for_the_owner(owner, said) {
        return surely(Intent::CallbackRequest);
    }
    if asks_for_the_whole(owner, said) || asks_for_the_best(owner, said) {
        return surely(Intent::Experience);
    }
    if guess.intent == Intent::Identity && asks_for_employers(owner, said) {
        return Guess { intent: Intent::Experience, ..guess };
    }
    if guess.intent == Intent::Goodbye && !is_parting(said) {
        return Guess { intent: Intent::OutOfScope, ..guess };
    }
    if guess.intent == Intent::SmallTalk && is_bare_question(said) {
        return Guess { intent: Intent::Experience, ..guess };
    }
    if guess.intent == Intent::Availability && !says_any(said, &OF_TIMES) && !says_any(said, &OF_WORK) {
        return Guess { intent: Intent::Experience, ..guess };
    }
    guess
}

/// Whether who asks about being available asks for times, and not for what the owner is open to.
pub fn asks_for_times(said: &str) -> bool {
    says_any(said, &OF_TIMES) || says_any(said, &OF_MEETING)
}

/// Whether it is a time to meet that is asked for, and none of what the owner is open to.
pub fn asks_when_to_meet(said: &str, read: &UserIntent) -> bool {
    const OF_TIME: [&str; 7] = ["when", "time", "times", "slot", "slots", "calendar", "schedule"];
    const OF_JOBS: [&str; 10] =
        ["work", "role", "roles", "project", "projects", "job", "jobs", "position", "consulting", "notice"];
    let names_time = !read.slots.times.is_empty() || says_any(said, &OF_TIME);
    read.intent == Intent::Availability
        && read.confidence >= SURE
        && names_time
        && asks_for_times(said)
        && !says_any(said, &OF_WORK)
        && !says_any(said, &OF_JOBS)
}

/// `What is his notice period?`
pub fn asks_for_notice(said: &str) -> bool {
    says_any(said, &["notice"])
}

fn is_parting(said: &str) -> bool {
    let words = plain_words(said);
    words.len() <= FEW || words.iter().any(|word| PARTING.split_ascii_whitespace().any(|known| known == word))
}

/// Whether something is asked of the twin itself, and not of the owner.
pub fn is_of_the_twin(said: &str) -> bool {
    asks_what_it_does(said)
        || asks_who_answers(said)
        || asks_what_is_kept(said)
        || asks_to_go_on_here(said)
        || asks_where_it_runs(said)
}

/// A question that names a thing and nobody: "hobbies?"
fn is_bare_question(said: &str) -> bool {
    let words = terms::words(said);
    let small = [
        "hi",
        "hello",
        "hey",
        "day",
        "morning",
        "afternoon",
        "evening",
        "thanks",
        "joke",
        "weather",
        "going",
        "things",
        "life",
        "sup",
        "ok",
        "okay",
        "really",
        "sure",
    ];
    let names_nobody = !says_any(said, &["you", "your", "u", "how", "up", "it", "there", "i", "me", "we"]);
    said.trim_end().ends_with('?')
        && names_nobody
        && !words.is_empty()
        && words.len() <= MAX_BARE
        && !words.iter().any(|word| small.contains(&word.as_str()))
}

/// Somebody would rather have the owner, or anybody who is no machine: "can I speak to Alex?"
pub fn asks_for_the_owner(owner: &str, said: &str) -> bool {
    const SPEAKING: [&str; 9] =
        ["talk", "speak", "chat", "connect", "transfer", "reach", "contact", "put", "get"];
    const ASKING: [&str; 14] = [
        "i", "me", "can", "could", "may", "please", "let", "want", "need", "like", "talk", "speak",
        "connect", "transfer",
    ];
    const BETWEEN: [&str; 14] = [
        "to", "with", "me", "through", "directly", "a", "an", "real", "actual", "hold", "of", "in", "touch",
        "the",
    ];
    const AFTER: [&str; 17] = [
        "now", "please", "directly", "in", "person", "today", "instead", "himself", "herself", "or",
        "myself", "on", "the", "phone", "not", "a", "bot",
    ];
    const KNOWING: [&str; 14] = [
        "which", "what", "when", "where", "who", "why", "did", "does", "do", "has", "have", "is", "was",
        "are",
    ];
    const PEOPLE: [&str; 7] = ["him", "her", "human", "person", "somebody", "someone", "owner"];
    if wants_a_person(said) {
        return true;
    }
    let (owner, words) = (owner.to_lowercase(), plain_words(said));
    let begins = |with: &[&str]| words.first().is_some_and(|first| with.contains(&first.as_str()));
    // "Which languages can I speak with Alex?" asks for knowledge.
    let is_asked = begins(&ASKING)
        || (!begins(&KNOWING) && words.iter().any(|word| matches!(word.as_str(), "i" | "me")));
    let is_person =
        |word: &String| PEOPLE.contains(&word.as_str()) || owner.split(' ').any(|name| name == word);
    let Some(at) = words.iter().position(|word| SPEAKING.contains(&word.as_str())) else { return false };
    let behind = &words[at + 1..];
    let person = behind.iter().position(is_person);
    // "Talk to Alex", "get hold of a real person", and not "talk about what Alex does".
    let between = person.map(|person| &behind[..person]).unwrap_or_default();
    let leads = between.iter().all(|word| BETWEEN.contains(&word.as_str()));
    let rest = person.map(|person| &behind[person + 1..]).unwrap_or_default();
    let ends = |word: &String| AFTER.contains(&word.as_str()) || is_person(word);
    person.is_some() && is_asked && leads && rest.iter().all(ends)
}

/// Who the owner is, and nothing more exact: "tell me about Alex".
pub fn asks_for_the_whole(owner: &str, said: &str) -> bool {
    const WISHES: [&str; 6] = ["tell", "give", "introduce", "describe", "summarize", "summarise"];
    const LOOSE: [&str; 20] = [
        "tell",
        "give",
        "introduce",
        "describe",
        "summarize",
        "summarise",
        "summary",
        "overview",
        "background",
        "short",
        "brief",
        "quick",
        "profile",
        "bio",
        "career",
        "story",
        "living",
        "currently",
        "please",
        "introduction",
    ];
    const NARROW: [&str; 12] =
        ["before", "after", "then", "with", "where", "like", "other", "most", "not", "t", "never", "no"];
    let (names, words) = (terms::words(owner), plain_words(said));
    let says_who = words
        .iter()
        .any(|word| matches!(word.as_str(), "he" | "she" | "him" | "her" | "his") || names.contains(word));
    let asks = words.first().is_some_and(|first| matches!(first.as_str(), "who" | "what"));
    let begins = asks || says_any(said, &WISHES);
    let is_loose = |word: &String| LOOSE.contains(&word.as_str()) || names.contains(word);
    begins
        && says_who
        && !words.iter().any(|word| NARROW.contains(&word.as_str()))
        && terms::words(said).iter().all(is_loose)
}

/// What the owner has done best, and nothing more exact: "what is your biggest achievement?", "why should we hire her?"
pub fn asks_for_the_best(owner: &str, said: &str) -> bool {
    const BEST: [&str; 12] = [
        "achieve",
        "achieved",
        "achievement",
        "achievements",
        "accomplish",
        "accomplished",
        "accomplishment",
        "accomplishments",
        "proud",
        "proudest",
        "strength",
        "strengths",
    ];
    const LOOSE: &str = "achieve achieved achievement achievements accomplish accomplished accomplishment accomplishments proud proudest \
         strength strengths hire career professional work biggest greatest largest key main top important single one good tell give list \
         name show describe share moment thing things far life especially really us let s";
    let (names, words) = (terms::words(owner), plain_words(said));
    let asks_why = words.join(" ").starts_with("why should") && says_any(said, &["hire"]);
    let is_loose =
        |word: &String| LOOSE.split_ascii_whitespace().any(|loose| loose == word) || names.contains(word);
    let is_negated = words.iter().any(|word| matches!(word.as_str(), "not" | "t"));
    (says_any(said, &BEST) || asks_why) && !is_negated && terms::words(said).iter().all(is_loose)
}

/// For whom the owner works or worked, asked as if the twin were them. "Who do you work for?" asks the twin.
fn asks_for_employers(owner: &str, said: &str) -> bool {
    const ASKING: [&str; 5] = ["which", "what", "where", "who", "whom"];
    const WORK: [&str; 4] = ["work", "worked", "employer", "employers"];
    const MACHINES: [&str; 5] = ["ai", "bot", "robot", "machine", "human"];
    let (names, words) = (terms::words(owner), plain_words(said));
    let begins = words.first().is_some_and(|first| ASKING.contains(&first.as_str()));
    begins
        && says_any(said, &WORK)
        && !says_any(said, &MACHINES)
        && !words.join(" ").starts_with("who do you")
        && !words.iter().any(|word| names.contains(word))
}

/// Somebody would rather have a person: "I want a human".
fn wants_a_person(said: &str) -> bool {
    const WANTING: [&str; 10] =
        ["want", "need", "get", "give", "rather", "prefer", "like", "there", "please", "have"];
    const PEOPLE: [&str; 6] = ["human", "person", "being", "agent", "somebody real", "someone real"];
    let plain = plain_words(said).join(" ");
    let plain = plain.trim_end_matches(" please").trim_end_matches(" now").trim_end_matches(" here");
    says_any(said, &WANTING) && PEOPLE.iter().any(|person| plain.ends_with(&format!(" {person}")))
}

/// What the twin is good for: "what can you do?"
pub fn asks_what_it_does(said: &str) -> bool {
    const ASKS: [&str; 20] = [
        "what can you do",
        "i do not understand",
        "i don t understand",
        "i dont understand",
        "i not understand",
        "what do you do here",
        "what can i ask",
        "what else can you do",
        "how can you help",
        "how can you help me",
        "can you help",
        "can you help me",
        "how does this work",
        "how do you work",
        "what are you for",
        "what is this",
        "what's this",
        "what are you able to do",
        "what should i ask",
        "help",
    ];
    let plain = plain_words(said).join(" ").replace(" s ", "'s ");
    let plain = plain.trim_end_matches(" please").trim_end_matches(" for me").trim_end_matches(" with");
    ASKS.contains(&plain)
}

/// Who it is that answers: "who am I talking to?"
pub fn asks_who_answers(said: &str) -> bool {
    const ASKS: [&str; 7] = [
        "who am i talking",
        "who am i speaking",
        "who am i chatting",
        "who is this",
        "who's this",
        "tell me about yourself",
        "introduce yourself",
    ];
    let plain = plain_words(said).join(" ").replace(" s ", "'s ");
    ASKS.iter().any(|asks| plain.starts_with(asks))
}

/// What becomes of what is said here: "is this conversation recorded?", "who can read this?"
pub fn asks_what_is_kept(said: &str) -> bool {
    const ASKS: [&str; 21] = [
        "is this recorded",
        "is this being recorded",
        "this conversation recorded",
        "this conversation being recorded",
        "this call recorded",
        "this call being recorded",
        "this chat recorded",
        "do you record this",
        "are you recording",
        "who can read this",
        "who reads this",
        "who can see this",
        "who sees this",
        "how long do you keep",
        "how long is this kept",
        "is my data",
        "with my data",
        "to my data",
        "do you use cookies",
        "is this private",
        "is this confidential",
    ];
    const OF_LAW: [&str; 4] =
        ["are you gdpr", "your privacy policy", "a privacy policy", "the privacy policy"];
    let plain = format!(" {} ", plain_words(said).join(" "));
    ASKS.iter().chain(&OF_LAW).any(|asks| plain.contains(&format!(" {asks} ")))
}

/// A code of this conversation, or for it, is of no use: "the code doesn't work".
pub fn says_a_code_fails(said: &str) -> bool {
    const ASKING: [&str; 8] = ["do", "does", "did", "is", "was", "has", "have", "can"];
    const FAILS: [&str; 22] = [
        "not",
        "t",
        "doesnt",
        "didnt",
        "isnt",
        "wont",
        "cant",
        "never",
        "no",
        "wrong",
        "invalid",
        "expired",
        "refused",
        "rejected",
        "unknown",
        "fails",
        "failed",
        "lost",
        "incorrect",
        "problem",
        "trouble",
        "nothing",
    ];
    const BESIDE: &str = "the a an this that my your it is was does do did has have had i you got get gotten gets received receive \
         came come comes arrive arrived arrives accept accepted accepts all work works worked working sent send gave give given me \
         from on for to with of in at but and still yet again any still there here be been can could can use used enter entered \
         s ve m re by mail email text sms phone please help sorry hello hi hey doesn didn isn won wasn hasn haven couldn";
    let words = plain_words(said);
    let names_it = |word: &String| matches!(word.as_str(), "code" | "codes" | "digits" | "pin");
    let is_known = |word: &String| {
        names_it(word)
            || FAILS.contains(&word.as_str())
            || BESIDE.split_ascii_whitespace().any(|known| known == word)
    };
    let asks = words.first().is_some_and(|first| ASKING.contains(&first.as_str()));
    // "Did you not work on the code?" and "I can't use your code in our library" are about software.
    !asks && words.iter().any(names_it) && says_any(said, &FAILS) && words.iter().all(is_known)
}

/// On what the twin runs: "where are you hosted?"
pub fn asks_where_it_runs(said: &str) -> bool {
    const RUNS: [&str; 13] = [
        "run", "runs", "running", "host", "hosts", "hosted", "hosting", "deployed", "server", "servers",
        "cloud", "machine", "machines",
    ];
    const TWIN: [&str; 4] = ["you", "your", "this", "bot"];
    const BESIDE: &str = "where who what which on in at by from and are is do does a the being ai";
    let words = plain_words(said);
    let begins = words.first().is_some_and(|first| matches!(first.as_str(), "where" | "who"));
    let is_known = |word: &String| {
        let word = word.as_str();
        RUNS.contains(&word)
            || TWIN.contains(&word)
            || BESIDE.split_ascii_whitespace().any(|known| known == word)
    };
    // "What do you run?" asks for what the owner leads.
    (begins || words.iter().any(|word| word == "on"))
        && says_any(said, &RUNS)
        && says_any(said, &TWIN)
        && words.iter().all(is_known)
}

/// Who says more than this of a price speaks of something else.
const MAX_HAGGLING: usize = 14;

/// Somebody would pay less: "do you give discounts?"
pub fn asks_for_less(said: &str) -> bool {
    const DONE: [&str; 7] = ["did", "has", "was", "were", "made", "make", "making"];
    names_less(said) && plain_words(said).len() <= MAX_HAGGLING && !says_any(said, &DONE)
}

/// Whether a text speaks of paying less.
pub fn names_less(text: &str) -> bool {
    const LESS: [&str; 7] =
        ["discount", "discounts", "rebate", "rebates", "cheaper", "negotiable", "negotiate"];
    const LOWER: [&str; 3] = ["lower", "better", "reduced"];
    const PRICES: [&str; 6] = ["price", "prices", "rate", "rates", "fee", "fees"];
    says_any(text, &LESS) || (says_any(text, &LOWER) && says_any(text, &PRICES))
}

/// What belongs to what is paid for: "what do I get for it?"
pub fn asks_what_is_included(said: &str) -> bool {
    let gets = says_any(said, &["get"]) && says_any(said, &["for"]);
    says_any(said, &["what", "whats", "which"])
        && (gets || says_any(said, &["include", "includes", "included"]))
}

/// Somebody comes from another channel: "can I continue here?"
pub fn asks_to_go_on_here(said: &str) -> bool {
    const ASKS: [&str; 7] = [
        "continue here",
        "go on here",
        "carry on here",
        "continue in this chat",
        "continue our conversation here",
        "continue our call",
        "continue the call",
    ];
    let plain = plain_words(said).join(" ");
    ASKS.iter().any(|asks| plain.contains(asks))
}

/// How to reach the owner by themselves: "what is his e-mail address?"
pub fn asks_for_an_address(owner: &str, said: &str) -> bool {
    const MEANS: [&str; 12] = [
        "email",
        "mail",
        "phone",
        "telephone",
        "mobile",
        "cell",
        "cellphone",
        "whatsapp",
        "address",
        "number",
        "signal",
        "telegram",
    ];
    const ASKING: [&str; 12] =
        ["what", "whats", "give", "have", "get", "share", "tell", "know", "and", "his", "her", "your"];
    const BESIDE: [&str; 16] = [
        "what", "whats", "is", "s", "give", "me", "can", "could", "i", "you", "have", "get", "please", "the",
        "private", "direct",
    ];
    let owner = owner.to_lowercase();
    let is_theirs =
        |word: &str| matches!(word, "his" | "her" | "your") || owner.split(' ').any(|name| name == word);
    let words = plain_words(said);
    let is_known = |word: &String| {
        let word = word.as_str();
        MEANS.contains(&word)
            || ASKING.contains(&word)
            || BESIDE.contains(&word)
            || is_theirs(word)
            || matches!(word, "e" | "a" | "own" | "personal" | "do" | "or")
    };
    says_any(said, &MEANS)
        && words.iter().any(|word| is_theirs(word))
        && words
            .first()
            .is_some_and(|first| ASKING.contains(&first.as_str()) || BESIDE.contains(&first.as_str()))
        && words.iter().all(is_known)
}

/// The owner's résumé, as a file: "send me your CV".
pub fn asks_for_the_resume(said: &str) -> bool {
    const DOING: [&str; 5] = ["we", "i", "you", "us", "ll"];
    const RESUME: [&str; 4] = ["resume", "résumé", "cv", "curriculum"];
    const GETTING: [&str; 16] = [
        "send", "give", "have", "get", "see", "download", "share", "show", "link", "pdf", "read", "find",
        "where", "mail", "email", "copy",
    ];
    let words = plain_words(said);
    // "Here is my résumé" brings one, and "can we resume where we left?" wants none.
    let is_other = |before: &str, word: &str| before == "my" || (word == "resume" && DOING.contains(&before));
    let theirs = words
        .windows(2)
        .any(|two| RESUME.contains(&two[1].as_str()) && is_other(two[0].as_str(), two[1].as_str()));
    let is_short = words.len() <= MAX_RESUME_WORDS;
    let asks = says_any(said, &GETTING) || words.len() <= 2;
    says_any(said, &RESUME) && asks && is_short && !theirs
}

/// The same, and nothing of what stands in it: "read his CV and tell me whether he knows Rust" asks for more.
pub fn asks_for_the_resume_alone(owner: &str, said: &str) -> bool {
    const LOOSE: &str = "resume cv curriculum vitae send give get see download share show link pdf read find mail email copy file as \
         current latest newest full complete look like need want please thank thanks";
    let names = terms::words(owner);
    let is_loose =
        |word: &String| LOOSE.split_ascii_whitespace().any(|loose| loose == word) || names.contains(word);
    let is_negated = says_any(said, &["not", "t", "no"]);
    asks_for_the_resume(said) && !is_negated && terms::words(said).iter().all(is_loose)
}

/// Who says more asks for something that stands in it.
const MAX_RESUME_WORDS: usize = 12;

fn says_any(said: &str, any: &[&str]) -> bool {
    plain_words(said).iter().any(|word| any.contains(&word.as_str()))
}

pub(super) fn plain_words(said: &str) -> Vec<String> {
    let lower = said.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
