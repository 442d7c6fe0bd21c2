//! Who wants the owner, or asks who they are as a whole. Pure.

use super::{plain_words, says_any};
use crate::knowledge::terms;

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
pub(super) fn asks_for_employers(owner: &str, said: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{intent::Guess, meant::meant},
        interaction::Intent,
    };

    const OWNER: &str = "Alex Sample";

    fn guessed(intent: Intent) -> Guess {
        Guess { intent, confidence: 0.8 }
    }

    #[test]
    fn who_wants_the_owner_is_not_said_goodbye() {
        for said in [
            "i want to talk to alex",
            "Can I speak to Alex now?",
            "Let me talk to a human",
            "I need a real person, connect me with Alex Sample please",
            "could you put me through to her",
            "can I get hold of him",
            "i want a human",
            "Get me a real person please",
        ] {
            assert_eq!(
                meant(said, OWNER, guessed(Intent::Goodbye)).intent,
                Intent::CallbackRequest,
                "{said}"
            );
        }
        for said in [
            "Did Alex talk to the team?",
            "I have been a person of habits",
            "Can Alex talk about Rust?",
            "Which languages can I speak with Alex?",
            "Can you tell me about her talk?",
            "I talked to Alex last week, goodbye",
            "Bye, and thanks for the chat",
        ] {
            let meant = meant(said, OWNER, guessed(Intent::Goodbye)).intent;
            assert_ne!(meant, Intent::CallbackRequest, "{said}");
        }
        let meeting = guessed(Intent::MeetingRequest);
        assert_eq!(meant("Can I talk to Alex on Tuesday?", OWNER, meeting), meeting);
    }

    #[test]
    fn who_asks_for_the_owner_as_a_whole() {
        for said in [
            "tell me about alex",
            "Who is Alex Sample?",
            "What does Alex do?",
            "Give me a short summary of her",
        ] {
            assert_eq!(meant(said, OWNER, guessed(Intent::SmallTalk)).intent, Intent::Experience, "{said}");
        }
        for said in [
            "who are you?",
            "What did he do before?",
            "What has Alex done with Rust?",
            "Tell me about the ledger",
            "and before that?",
            "What is he like?",
            "Is he there?",
            "What does Alex not do?",
            "What doesn't Alex do?",
        ] {
            assert!(!asks_for_the_whole(OWNER, said), "{said}");
        }
    }

    #[test]
    fn who_asks_for_the_best_of_all() {
        for said in [
            "What is your biggest achievement?",
            "what are his top accomplishments",
            "Tell me about Alex's greatest achievements so far",
            "What is she most proud of?",
            "Why should we hire him?",
        ] {
            let meant = meant(said, OWNER, guessed(Intent::OutOfScope));
            assert_eq!(meant.intent, Intent::Experience, "{said}");
            assert!(asks_for_the_best(OWNER, said), "{said}");
        }
        for said in [
            "What did Alex achieve at Globex?",
            "Why should we not hire him?",
            "Why did they hire him?",
            "What has Alex done with Rust?",
        ] {
            assert!(!asks_for_the_best(OWNER, said), "{said}");
        }
    }

    #[test]
    fn who_asks_the_twin_for_employers_means_the_owners() {
        let identity = guessed(Intent::Identity);
        for said in ["Which companies did you work for?", "where do you work?", "who are your employers"] {
            assert_eq!(meant(said, OWNER, identity).intent, Intent::Experience, "{said}");
        }
        for said in
            ["Who do you work for?", "Which AI do you work with?", "Where does Alex work?", "Who made you?"]
        {
            assert_eq!(meant(said, OWNER, identity), identity, "{said}");
        }
    }

    #[test]
    fn how_the_owner_is_reached() {
        for said in [
            "what's his email address?",
            "and his phone number?",
            "Can I have Alex's private number?",
            "give me her e-mail",
        ] {
            assert!(asks_for_an_address(OWNER, said), "{said}");
        }
        for said in [
            "My e-mail is dana@example.com",
            "Send it to his team",
            "How many numbers did Alex add?",
            "call this number",
        ] {
            assert!(!asks_for_an_address(OWNER, said), "{said}");
        }
    }
}
