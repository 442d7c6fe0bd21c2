//! The owner's résumé, as a file. Pure.

use super::{asks_whether_it_arrived, plain_words, says_any};
use crate::knowledge::terms;

/// Who says more asks for something that stands in it.
const MAX_RESUME_WORDS: usize = 12;

/// Somebody wants to have it: "send me your CV".
pub fn asks_for_the_resume(said: &str) -> bool {
    const DOING: [&str; 5] = ["we", "i", "you", "us", "ll"];
    const RESUME: [&str; 4] = ["resume", "résumé", "cv", "curriculum"];
    const GETTING: [&str; 19] = [
        "need", "want", "asap", "send", "give", "have", "get", "see", "download", "share", "show", "link",
        "pdf", "read", "find", "where", "mail", "email", "copy",
    ];
    let words = plain_words(said);
    // "Here is my résumé" brings one, and "can we resume where we left?" wants none.
    let is_other = |before: &str, word: &str| before == "my" || (word == "resume" && DOING.contains(&before));
    let theirs = words
        .windows(2)
        .any(|two| RESUME.contains(&two[1].as_str()) && is_other(two[0].as_str(), two[1].as_str()));
    let is_short = words.len() <= MAX_RESUME_WORDS;
    let asks = says_any(said, &GETTING) || words.len() <= 2;
    says_any(said, &RESUME) && asks && is_short && !theirs && !asks_whether_it_arrived(said)
}

/// The same, and nothing of what stands in it: "read his CV and tell me whether he knows Rust" asks for more.
pub fn asks_for_the_resume_alone(owner: &str, said: &str) -> bool {
    const LOOSE: &str = "resume cv curriculum vitae send give get see download share show link pdf read find mail email copy file as \
         current latest newest full complete asap quickly look like need want please thank thanks";
    let names = terms::words(owner);
    let is_loose =
        |word: &String| LOOSE.split_ascii_whitespace().any(|loose| loose == word) || names.contains(word);
    let is_negated = says_any(said, &["not", "t", "no"]);
    asks_for_the_resume(said) && !is_negated && terms::words(said).iter().all(is_loose)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "Alex Sample";

    #[test]
    fn who_wants_the_resume() {
        for said in [
            "send me your cv",
            "can i have the resume as pdf",
            "Résumé?",
            "Where can I download the CV?",
            "I need the CV asap",
        ] {
            assert!(asks_for_the_resume(said) && asks_for_the_resume_alone(OWNER, said), "{said}");
        }
        for said in ["Read his CV and tell me whether he knows Rust", "Please do not send me the CV"] {
            assert!(asks_for_the_resume(said) && !asks_for_the_resume_alone(OWNER, said), "{said}");
        }
        for said in [
            "Here is my résumé, have a look",
            "Did he get my updated CV?",
            "Can we resume where we left?",
            "Which certificates does the CV name?",
            "What has Alex done with Rust?",
        ] {
            assert!(!asks_for_the_resume(said), "{said}");
        }
    }
}
