//! What of theirs reaches the owner, and when they are answered. Pure.

use super::{plain_words, says_any};

/// Who says more tells something beside it.
const MAX_ARRIVED: usize = 14;
const MAX_ANSWERED: usize = 10;
/// So far before "my" stands what became of it: "have you read all my messages?"
const BEFORE: usize = 2;
/// So far behind it stands what it is: "my last e-mail".
const BEHIND: usize = 3;

/// Whether something of theirs has come: "did you get my résumé?"
pub fn asks_whether_it_arrived(said: &str) -> bool {
    const ASKING: [&str; 7] = ["did", "didn", "have", "haven", "has", "hasn", "was"];
    const COMING: [&str; 11] =
        ["get", "got", "receive", "received", "see", "seen", "read", "arrive", "arrived", "reach", "reached"];
    const SENT: [&str; 22] = [
        "resume",
        "résumé",
        "cv",
        "application",
        "mail",
        "mails",
        "email",
        "emails",
        "message",
        "messages",
        "letter",
        "invoice",
        "proposal",
        "offer",
        "request",
        "invitation",
        "voicemail",
        "text",
        "document",
        "documents",
        "file",
        "files",
    ];
    let words = plain_words(said);
    let is_of = |list: &[&str], word: &String| list.contains(&word.as_str());
    let comes = |words: &[String]| words.iter().any(|word| is_of(&COMING, word));
    let is_theirs = |at: usize| {
        let mut what = words[at + 1..].iter().take(BEHIND);
        // "Has he got experience with our application?" asks for experience.
        let came = comes(&words[at.saturating_sub(BEFORE)..at]) || (at == 1 && comes(&words[at..]));
        matches!(words[at].as_str(), "my" | "our") && came && what.any(|word| is_of(&SENT, word))
    };
    let begins = words.first().is_some_and(|first| is_of(&ASKING, first));
    begins && words.len() <= MAX_ARRIVED && (0..words.len()).any(is_theirs)
}

/// When the owner answers: "when will he read it?", "when do I hear back?"
pub fn asks_when_they_answer(said: &str) -> bool {
    const ASKING: [&str; 4] = ["when", "will", "how", "does"];
    const PAST: [&str; 5] = ["did", "was", "were", "has", "had"];
    const BACK: [&str; 14] = [
        "hear back",
        "hear from you",
        "hear from him",
        "hear from her",
        "get back to me",
        "gets back to me",
        "come back to me",
        "reply to me",
        "reply to my",
        "respond to me",
        "respond to my",
        "write back",
        "answer me",
        "be in touch",
    ];
    const READ: [&str; 6] = ["read it", "read this", "read my", "see it", "see this", "see my"];
    const ANSWER: [&str; 4] = ["reply", "respond", "answer", "react"];
    let words = plain_words(said);
    let plain = format!(" {} ", words.join(" "));
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} ")));
    let begins = words.first().is_some_and(|first| ASKING.contains(&first.as_str()));
    let is_to_come = says(&["when", "will", "soon"]);
    let ends = words.last().is_some_and(|last| ANSWER.contains(&last.as_str()));
    // "How does Alex respond?" asks for a habit, and "when does a replica respond?" for a machine.
    let of_people = says_any(said, &["he", "she", "you", "they", "i", "we", "will"]);
    let is_answer = says(&BACK) || (is_to_come && of_people && (ends || says(&READ)));
    begins && is_answer && !says_any(said, &PAST) && words.len() <= MAX_ANSWERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_something_of_theirs_has_come() {
        for said in [
            "Did you get my resume?",
            "did you receive my mail",
            "Have you received my application?",
            "has Alex seen my last e-mail?",
            "Did my CV reach him?",
            "Has our proposal arrived yet?",
            "have you read all my messages",
        ] {
            assert!(asks_whether_it_arrived(said), "{said}");
        }
        for said in [
            "Did Alex get an offer from Globex?",
            "Has he got experience with our application?",
            "Did you read my mind?",
            "Here is my résumé",
            "Can you read my CV?",
            "Was Alex in my team?",
            "my",
            "",
        ] {
            assert!(!asks_whether_it_arrived(said), "{said}");
        }
    }

    #[test]
    fn when_they_are_answered() {
        for said in [
            "when will he read it?",
            "When do I hear back?",
            "will he reply to me",
            "how soon will Alex answer",
            "How long does it take to hear back?",
            "When will you get back to me?",
        ] {
            assert!(asks_when_they_answer(said), "{said}");
        }
        for said in [
            "How does Alex respond to pressure?",
            "How does Alex respond?",
            "When did she answer?",
            "When does a replica respond?",
            "When is Alex free?",
            "Will he read a paper?",
            "",
        ] {
            assert!(!asks_when_they_answer(said), "{said}");
        }
    }
}
