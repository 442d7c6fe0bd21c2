//! What is asked of the twin itself. Pure.

use super::{
    asks_how_to_go_on, asks_when_they_answer, asks_whether_it_arrived, plain_words, says_any,
    says_it_was_no_answer,
};

/// Whether something is asked of the twin itself, and not of the owner.
pub fn is_of_the_twin(said: &str) -> bool {
    asks_what_it_does(said)
        || asks_who_answers(said)
        || asks_whether_it_is_true(said)
        || asks_what_is_kept(said)
        || asks_to_go_on_here(said)
        || asks_where_it_runs(said)
        || asks_who_made_it(said)
        || asks_whether_it_arrived(said)
        || asks_when_they_answer(said)
        || asks_how_to_go_on(said)
        || says_it_was_no_answer(said)
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
    ASKS.iter().any(|asks| plain.starts_with(asks)) || doubts(&plain)
}

/// "Prove that you are no scam", and not "prove that you know Rust".
fn doubts(plain: &str) -> bool {
    const ASKS: [&str; 4] = ["prove", "can you prove", "how do i know", "how can i know"];
    const SAID_OF: [&str; 3] = ["you are", "you re", "this is"];
    const WHAT: [&str; 11] =
        ["real", "human", "person", "bot", "robot", "machine", "ai", "scam", "fake", "legit", "genuine"];
    ASKS.iter().any(|asks| plain.starts_with(asks))
        && SAID_OF.iter().any(|said| plain.contains(said))
        && plain.split(' ').next_back().is_some_and(|last| WHAT.contains(&last))
}

/// Whether to believe what the twin tells: "how do I know you're not making this up?", "where does this come from?"
pub fn asks_whether_it_is_true(said: &str) -> bool {
    const DOUBTING: [&str; 9] = [
        "how do i know",
        "how can i know",
        "how can i be sure",
        "how do i verify",
        "how can i verify",
        "can i trust",
        "can i believe",
        "why should i trust",
        "why should i believe",
    ];
    const BESIDE: &str = "accurate all any are correct do if is it just lying made making me not of re right s say t tell telling \
         that the this true up what you your youre";
    const ASKS: [&str; 15] = [
        "are you sure",
        "are you sure about that",
        "are you lying",
        "are you making this up",
        "are you making that up",
        "is this true",
        "is that true",
        "where does this come from",
        "where does that come from",
        "where do you get this from",
        "where do you have this from",
        "what are your sources",
        "what is your source",
        "what s your source",
        "how reliable is this",
    ];
    let plain = plain_words(said).join(" ");
    let is_beside = |word: &str| BESIDE.split_ascii_whitespace().any(|known| known == word);
    let doubts = |begin: &&str| {
        let rest = plain.strip_prefix(*begin).filter(|rest| rest.starts_with(' '));
        rest.is_some_and(|rest| rest.split_whitespace().all(is_beside))
    };
    ASKS.contains(&plain.as_str()) || DOUBTING.iter().any(doubts)
}

/// What becomes of what is said here: "is this conversation recorded?", "who can read this?"
pub fn asks_what_is_kept(said: &str) -> bool {
    const ASKS: [&str; 29] = [
        "messages private",
        "messages confidential",
        "chat private",
        "conversation private",
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
        "see what i write",
        "sees what i write",
        "read what i write",
        "reads what i write",
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

/// Who made the twin, or which model it is: "who built this?", "are you ChatGPT?"
pub fn asks_who_made_it(said: &str) -> bool {
    const MADE: [&str; 9] =
        ["made", "makes", "built", "created", "developed", "programmed", "designed", "coded", "wrote"];
    const TWIN: [&str; 6] = ["you", "u", "this", "bot", "chatbot", "assistant"];
    const BESIDE_MADE: &str =
        "who has have was were by the chat site website page program software app twin ai";
    const MODELS: [&str; 9] =
        ["model", "llm", "chatgpt", "gpt", "claude", "gemini", "copilot", "llama", "mistral"];
    const BESIDE_MODELS: &str = "are is do what which a an the ai language large kind of use using based on powered by running or \
         from openai anthropic google just another";
    let words = plain_words(said);
    let is_twin = |word: &String| TWIN.contains(&word.as_str());
    let all = |known: &[&str], beside: &str| {
        let is_known = |word: &String| {
            known.contains(&word.as_str()) || beside.split_ascii_whitespace().any(|other| other == word)
        };
        words.iter().all(|word| is_known(word) || is_twin(word)) && says_any(said, known)
    };
    let begins = |with: &[&str]| words.first().is_some_and(|first| with.contains(&first.as_str()));
    let is_made = begins(&["who"]) && all(&MADE, BESIDE_MADE);
    let is_model = begins(&["are", "is", "do", "what", "which"]) && all(&MODELS, BESIDE_MODELS);
    words.iter().any(is_twin) && (is_made || is_model)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_the_twin_itself() {
        for said in [
            "Is this conversation recorded?",
            "who can read this?",
            "Who can see what I write?",
            "do you use cookies?",
            "is my data sent anywhere",
            "are my messages private",
        ] {
            assert!(asks_what_is_kept(said) && is_of_the_twin(said), "{said}");
        }
        for said in ["Do you keep a blog?", "Have you stored data in S3?", "Has Alex recorded talks?"] {
            assert!(!asks_what_is_kept(said), "{said}");
        }
        assert!(
            asks_to_go_on_here("can i continue here") && !asks_to_go_on_here("Can I continue on the phone?")
        );
    }

    #[test]
    fn whether_what_it_tells_is_true() {
        for said in [
            "how do i know youre not making this up",
            "How do I know that you are not lying?",
            "can I trust this?",
            "Where does this come from?",
            "are you sure?",
        ] {
            assert!(asks_whether_it_is_true(said) && is_of_the_twin(said), "{said}");
        }
        for said in [
            "How do I know you are real?",
            "How can I verify that Alex worked at Globex?",
            "how do i know when to scale",
            "How can I trust a replica?",
            "Where does this data come from?",
            "how do i know",
        ] {
            assert!(!asks_whether_it_is_true(said), "{said}");
        }
    }

    #[test]
    fn where_the_twin_runs() {
        for said in
            ["Where are you hosted?", "who hosts this bot", "What cloud do you run on?", "who runs you?"]
        {
            assert!(asks_where_it_runs(said) && is_of_the_twin(said), "{said}");
        }
        for said in [
            "Where do you live?",
            "What do you run?",
            "Where is it hosted?",
            "What did you run on AWS?",
            "Who do you work with?",
            "Who are you?",
        ] {
            assert!(!asks_where_it_runs(said), "{said}");
        }
    }

    #[test]
    fn what_the_twin_does_and_who_it_is() {
        for said in ["What can you do?", "help", "How can you help me please", "What’s this?"] {
            assert!(asks_what_it_does(said), "{said}");
        }
        assert!(!asks_what_it_does("What can you do with Rust?"));
        assert!(asks_who_answers("Who am I talking to?") && !asks_who_answers("Who was it that called?"));
        for said in
            ["prove that you are real", "Prove to me that you’re not a scam", "How do I know this is legit?"]
        {
            assert!(asks_who_answers(said), "{said}");
        }
        for said in ["prove that you know Rust", "Can you prove that Alex worked on AI?"] {
            assert!(!asks_who_answers(said), "{said}");
        }
    }

    #[test]
    fn who_made_the_twin() {
        for said in [
            "who made this?",
            "Who built you",
            "are you ChatGPT?",
            "What model are you",
            "which LLM is this?",
        ] {
            assert!(asks_who_made_it(said) && is_of_the_twin(said), "{said}");
        }
        for said in [
            "Who made the ledger?",
            "Who built it?",
            "Which model did he train?",
            "Do you use Claude at work?",
            "What are you?",
            "Who wrote this paper on ledgers?",
        ] {
            assert!(!asks_who_made_it(said), "{said}");
        }
    }
}
