//! How a conversation goes: that an answer was none, and what comes next. Pure.

use super::{plain_words, says_any};

/// Who says more says something beside it.
const MAX_OF_AN_ANSWER: usize = 10;
const MAX_GOING_ON: usize = 9;
const MAX_COMING_BACK: usize = 10;

/// The twin's answer was none, or a wrong one: "that's not what I asked". What somebody else did wrong is for the owner.
pub fn says_it_was_no_answer(said: &str) -> bool {
    const NO_ANSWER: [&str; 32] = [
        "you didn t answer",
        "you did not answer",
        "you don t answer",
        "you do not answer",
        "you re not answering",
        "you are not answering",
        "this doesn t answer",
        "that doesn t answer",
        "this does not answer",
        "that does not answer",
        "answer my question",
        "answer the question",
        "not what i asked",
        "not my question",
        "already said that",
        "said that already",
        "told me that already",
        "repeating yourself",
        "the same answer",
        "not helpful",
        "isn t helpful",
        "you don t understand",
        "you do not understand",
        "you misunderstood",
        "that makes no sense",
        "this makes no sense",
        "wrong answer",
        "that s wrong",
        "that is wrong",
        "thats wrong",
        "that s not true",
        "that is not true",
    ];
    const OF_OTHERS: [&str; 14] = [
        "for", "he", "she", "his", "her", "him", "mail", "email", "message", "letter", "call", "calls",
        "phone", "invoice",
    ];
    let words = plain_words(said);
    let plain = format!(" {} ", words.join(" "));
    words.len() <= MAX_OF_AN_ANSWER
        && NO_ANSWER.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
        && !says_any(said, &OF_OTHERS)
}

/// They leave, and come back to it by themselves: "great, I'll get back to you".
pub fn says_they_come_back(said: &str) -> bool {
    const WILL: [&str; 3] = ["ll", "will", "let me"];
    const BACK: [&str; 7] = [
        "get back to you",
        "come back to you",
        "be in touch",
        "be back",
        "reach out",
        "let you know",
        "think about it",
    ];
    const BEHIND: [&str; 9] =
        ["soon", "later", "shortly", "tomorrow", "then", "thanks", "thank", "you", "again"];
    let words = plain_words(said);
    let last = words.iter().rposition(|word| !BEHIND.contains(&word.as_str())).unwrap_or_default();
    let ends = |words: &[String]| {
        let plain = format!(" {} ", words.join(" "));
        WILL.iter().any(|will| BACK.iter().any(|back| plain.ends_with(&format!(" {will} {back} "))))
    };
    // "Get back to you" ends with a word that may stand behind it.
    let is_said = (last + 1..=words.len()).any(|end| ends(&words[..end]));
    words.len() <= MAX_COMING_BACK && !said.contains('?') && is_said
}

/// How they come together, for whoever has made up their mind: "how do we proceed?"
pub fn asks_how_to_go_on(said: &str) -> bool {
    const ASKS: [&str; 27] = [
        "what happens next",
        "what are the next steps",
        "what would be the next steps",
        "what is the next step",
        "what s the next step",
        "how do we proceed",
        "how do i proceed",
        "how to proceed",
        "how can we proceed",
        "how should we proceed",
        "how do we go on",
        "where do we go from here",
        "how do i apply",
        "how can i apply",
        "how do we start",
        "how can we start",
        "how do we get started",
        "how do i get started",
        "how do we work together",
        "how can we work together",
        "how do i hire you",
        "how can i hire you",
        "how do i hire him",
        "how do i hire her",
        "how can we hire you",
        "what do you need from me",
        "what else do you need",
    ];
    // Alone, and with "and", it goes on from what was spoken of: "and what next?"
    const ASKS_BEHIND: [&str; 3] = ["what next", "what s next", "whats next"];
    let words = plain_words(said);
    let plain = words.join(" ");
    let before =
        |asks: &&str| plain.strip_suffix(*asks).filter(|before| before.is_empty() || before.ends_with(' '));
    let asks = || ASKS.iter().any(|asks| before(asks).is_some());
    let is_more = |before: &str| !matches!(before.trim_end(), "" | "and");
    let goes_on = || ASKS_BEHIND.iter().any(|asks| before(asks).is_some_and(is_more));
    words.len() <= MAX_GOING_ON && (asks() || goes_on())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{intent::Guess, meant::meant},
        interaction::Intent,
    };

    #[test]
    fn an_answer_that_was_none_is_no_complaint_for_the_owner() {
        let complaint = Guess { intent: Intent::Complaint, confidence: 0.9 };
        for said in [
            "you didn't answer my question",
            "that’s not what I asked",
            "You are repeating yourself!",
            "That's wrong.",
            "this is not helpful",
        ] {
            assert!(says_it_was_no_answer(said), "{said}");
            assert_eq!(meant(said, "Alex Sample", complaint).intent, Intent::SmallTalk, "{said}");
        }
        for said in [
            "You did not answer my e-mail",
            "The invoice is wrong",
            "Alex did not answer for weeks",
            "That's wrong, he was late",
            "The design is not what I asked for",
            "What was wrong with the old ledger?",
        ] {
            assert!(!says_it_was_no_answer(said), "{said}");
        }
    }

    #[test]
    fn who_comes_back_by_themselves_asks_nothing() {
        let unsure = Guess { intent: Intent::OutOfScope, confidence: 0.7 };
        for said in [
            "great, I'll get back to you",
            "We will be in touch soon, thank you!",
            "ok let me think about it",
            "I’ll let you know tomorrow",
        ] {
            assert!(says_they_come_back(said), "{said}");
            assert_eq!(meant(said, "Alex Sample", unsure).intent, Intent::Goodbye, "{said}");
        }
        for said in [
            "Will you get back to me?",
            "When will Alex be in touch?",
            "I'll let you know that the budget is 20k",
            "He said that he will get back to you on the ledger",
            "be back",
            "",
        ] {
            assert!(!says_they_come_back(said), "{said}");
        }
    }

    #[test]
    fn who_has_made_up_their_mind_asks_what_comes_next() {
        for said in [
            "How do we proceed?",
            "ok, what are the next steps?",
            "Great, how do I apply?",
            "ok let's do it. what next?",
            "what do you need from me?",
        ] {
            assert!(asks_how_to_go_on(said), "{said}");
        }
        for said in [
            "and what next?",
            "what next",
            "What is next for Alex?",
            "How do I apply backpressure?",
            "How do we start the server?",
            "",
        ] {
            assert!(!asks_how_to_go_on(said), "{said}");
        }
    }
}
