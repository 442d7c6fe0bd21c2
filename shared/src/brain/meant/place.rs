//! Where the owner is, and whether they come elsewhere, asked of the twin as if it were them. Pure.

use super::{plain_words, says_any};

/// "Where are you based?", "can you come to Paris?"; where a bot lives is its own matter.
pub fn asks_where_they_are(said: &str) -> bool {
    const BEING: [&str; 5] = ["based", "located", "live", "living", "city"];
    const COMING: [&str; 6] = ["come", "travel", "move", "relocate", "commute", "fly"];
    // "Based on" is of what a machine is made of.
    const OF_A_MACHINE: [&str; 8] = ["ai", "bot", "machine", "program", "server", "real", "alive", "on"];
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asks = match words.as_slice() {
        ["where" | "which" | "what", rest @ ..] => {
            rest.contains(&"you") && rest.iter().any(|word| BEING.contains(word))
        }
        ["can" | "could" | "would" | "will" | "do", "you", comes, "to", _, ..] => COMING.contains(comes),
        _ => false,
    };
    asks && !says_any(said, &OF_A_MACHINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{intent::Guess, meant::meant},
        interaction::Intent,
    };

    #[test]
    fn where_the_twin_is_asked_to_be_is_the_owner() {
        let identity = Guess { intent: Intent::Identity, confidence: 0.8 };
        for said in [
            "where are you based?",
            "Where do you live",
            "which city are you in",
            "Can you come to Paris?",
            "would you relocate to Munich",
        ] {
            assert!(asks_where_they_are(said), "{said}");
            assert_eq!(meant(said, "Alex Sample", identity).intent, Intent::Experience, "{said}");
        }
        for said in [
            "what city do you live in as a bot",
            "what technology are you based on",
            "are you a live person",
            "which country do you come from",
            "where were you built",
            "can you come up with a design",
            "who are you",
        ] {
            assert_eq!(meant(said, "Alex Sample", identity), identity, "{said}");
        }
    }
}
