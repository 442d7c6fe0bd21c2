//! Codes of a conversation, or for it. Pure.

use super::{plain_words, says_any};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{intent::Guess, meant::meant},
        interaction::Intent,
    };

    #[test]
    fn a_code_that_fails_is_no_complaint() {
        let complaint = Guess { intent: Intent::Complaint, confidence: 0.8 };
        for said in [
            "The code doesn't work",
            "the code you sent me did not arrive",
            "I got no code",
            "the code is not accepted",
            "my code is wrong",
        ] {
            assert!(says_a_code_fails(said), "{said}");
            assert_eq!(meant(said, "Alex Sample", complaint).intent, Intent::SmallTalk, "{said}");
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
}
