//! What is a question, and about whom: what it takes to answer one, and who does.

use crate::{
    brain::{
        UserIntent,
        courtesy::{is_insult, is_nod, is_pleasantry},
        meant::{self, is_bare_question, names_a_condition},
    },
    interaction::Intent,
    knowledge::terms::words,
    persona::Persona,
};

/// A question that is less surely a courtesy is taken for one about the owner.
const SURE: f32 = 0.5;

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

/// A question in fewer words is none for the owner, unless it names a thing and nothing else: "notice period?"
const QUESTION_WORDS: usize = 3;

/// Whether something that was not answered is for the owner to answer: it says enough, and it is about them or their work.
pub fn is_for_the_owner(owner: &str, said: &str, intent: Intent) -> bool {
    let is_word = |word: &&str| word.contains(char::is_alphabetic) && !word.contains(['<', '>']);
    let says_enough = said.split_whitespace().filter(is_word).count() >= QUESTION_WORDS;
    let is_bare = is_bare_question(said) && said.split_whitespace().all(|word| is_word(&word));
    (says_enough || is_bare || names_a_condition(said))
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

/// Whether something is a question; who speaks has no question mark. "Would love to meet" is none.
pub fn asks(said: &str) -> bool {
    said.contains('?') || (begins_to_ask(said) && !asks_a_favour(said))
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

#[cfg(test)]
mod tests {
    use super::*;

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
            ("notice period?", Intent::Experience, true),
            ("notice period?", Intent::Availability, true),
            ("salary?", Intent::Experience, true),
            ("Notice period", Intent::Availability, true),
            ("salary expectation", Intent::Pricing, true),
            ("board games", Intent::Experience, false),
            ("remote ok?", Intent::Experience, true),
            ("weather?", Intent::OutOfScope, false),
            ("huh?", Intent::Experience, false),
            ("which one?", Intent::Experience, false),
            ("really?", Intent::SmallTalk, false),
            ("<script>?", Intent::TechnicalQuestion, false),
        ];
        for (said, intent, expected) in rows {
            assert_eq!(is_for_the_owner("Alex Sample", said, intent), expected, "{said}");
        }
    }
}
