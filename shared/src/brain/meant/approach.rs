//! Who comes to the owner with something, as an acquaintance or as a client. Pure.

use super::{super::reply::asks, plain_words};

/// They have met before, or heard the owner: "we met at a conference last year, great talk!"
pub fn knows_the_owner(said: &str) -> bool {
    const KNOWING: [&str; 16] = [
        "we met",
        "met you at",
        "met him at",
        "met her at",
        "we worked together",
        "we used to work",
        "used to work with",
        "we studied together",
        "we spoke at",
        "we talked at",
        "your talk",
        "great talk",
        "old friend",
        "old colleague",
        "former colleague",
        "long time no see",
    ];
    let plain = format!(" {} ", plain_words(said).join(" "));
    !said.contains('?') && KNOWING.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
}

/// Somebody is needed for work, in few words: "need senior rust eng asap".
pub fn brings_work(said: &str) -> bool {
    const NEEDING: [&str; 5] = ["need", "needs", "seeking", "hiring", "looking"];
    const ROLES: [&str; 9] =
        ["architect", "consultant", "contractor", "cto", "dev", "developer", "eng", "engineer", "freelancer"];
    let needs = plain_words(said).iter().position(|word| NEEDING.contains(&word.as_str()));
    let named = |from: usize| plain_words(said)[from..].iter().any(|word| ROLES.contains(&word.as_str()));
    !asks(said) && needs.is_some_and(named)
}

/// Somebody wants to be made an offer: "I'd like a quote for a data pipeline", "Could you send us a proposal?" Who makes one
/// wants none.
pub fn wants_a_quote(said: &str) -> bool {
    const MAY: [&str; 5] = ["can", "could", "may", "would", "will"];
    const MAKES: [&str; 9] = ["send", "make", "give", "write", "prepare", "provide", "draft", "get", "have"];
    let words = plain_words(said);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (0..words.len()).any(|at| match &words[at..] {
        ["i" | "we", "want" | "need", rest @ ..] | ["i" | "we", "d" | "would", "like", rest @ ..] => {
            is_an_offer(rest)
        }
        ["please", makes, rest @ ..] if MAKES.contains(makes) => is_an_offer(rest),
        [may, "you", makes, rest @ ..] if MAY.contains(may) && MAKES.contains(makes) => is_an_offer(rest),
        [may, "i" | "we", "get" | "have", rest @ ..] if MAY.contains(may) => is_an_offer(rest),
        _ => false,
    })
}

/// "To get a rough estimate", and neither "an offer letter" nor "a quote from the book", "for my article" or "an estimate of his
/// experience".
fn is_an_offer(words: &[&str]) -> bool {
    const BEFORE: [&str; 9] = ["to", "get", "have", "receive", "request", "see", "me", "us", "please"];
    const ONE: [&str; 5] = ["a", "an", "your", "his", "her"];
    const OFFERS: [&str; 6] = ["quote", "quotation", "estimate", "proposal", "offer", "bid"];
    const OF_ELSE: [&str; 5] = ["job", "work", "employment", "business", "grant"];
    const BEHIND_ELSE: [&str; 5] = ["letter", "from", "by", "how", "writer"];
    /// "A fixed price proposal".
    const MAX_DESCRIBED: usize = 2;
    let named: Vec<&str> = words.iter().copied().skip_while(|word| BEFORE.contains(word)).collect();
    let [one, described @ ..] = named.as_slice() else { return false };
    let is_offer = |word: &&str| OFFERS.contains(word);
    let Some(at) = described.iter().take(MAX_DESCRIBED + 1).position(is_offer) else { return false };
    let is_else = described[..at].iter().any(|word| OF_ELSE.contains(word))
        || described.get(at + 1).is_some_and(|word| BEHIND_ELSE.contains(word))
        || is_of_else(&described[at + 1..]);
    ONE.contains(one) && !is_else
}

/// Words behind "a quote" or "an estimate" that make it one of what somebody says or is: "for my article on Rust", and not "for
/// my article search"; "of his experience", and not "of your costs".
fn is_of_else(behind: &[&str]) -> bool {
    const ONES: [&str; 6] = ["a", "an", "the", "my", "our", "this"];
    const WRITTEN: [&str; 9] =
        ["article", "book", "column", "essay", "interview", "paper", "piece", "story", "thesis"];
    const GOES_ON: [&str; 8] = ["about", "on", "i", "we", "that", "which", "in", "please"];
    const THEIRS: [&str; 5] = ["his", "her", "their", "your", "s"];
    const COSTS: [&str; 13] = [
        "budget", "charge", "charges", "cost", "costs", "effort", "fee", "fees", "price", "prices", "rates",
        "time", "work",
    ];
    match behind {
        ["for", one, written, rest @ ..] if ONES.contains(one) && WRITTEN.contains(written) => {
            rest.first().is_none_or(|next| GOES_ON.contains(next))
        }
        ["of", rest @ ..] => {
            let names_them = rest.iter().take(2).any(|word| THEIRS.contains(word));
            names_them && !rest.iter().any(|word| COSTS.contains(word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::{intent::Guess, meant::meant},
        interaction::Intent,
    };

    #[test]
    fn who_knows_the_owner_is_no_question() {
        let loose = Guess { intent: Intent::OutOfScope, confidence: 0.3 };
        for said in [
            "Hi! We met at RustConf last year, great talk!",
            "I loved your talk",
            "Greetings from an old colleague",
        ] {
            assert_eq!(meant(said, "Alex Sample", loose).intent, Intent::Networking, "{said}");
        }
        for said in ["Have we met?", "Which talks did Alex give?", "The whole team met the deadline"] {
            assert!(!knows_the_owner(said), "{said}");
        }
    }

    #[test]
    fn who_needs_somebody_for_work_brings_a_role() {
        let loose =
            |said: &str| meant(said, "Alex Sample", Guess { intent: Intent::OutOfScope, confidence: 0.3 });
        let said = "hi need senior rust eng contract asap 6mo remote 120/h is alex avail";
        assert_eq!(loose(said).intent, Intent::JobOpportunity);
        let said = "I represent a client who is looking for a fractional CTO";
        assert_eq!(loose(said).intent, Intent::JobOpportunity);
        for said in [
            "Do you need a developer?",
            "what does an engineer need",
            "the architect is looking at the plan",
            "I need a plumber",
        ] {
            assert_eq!(loose(said).intent, Intent::OutOfScope, "{said}");
        }
    }

    #[test]
    fn who_wants_a_quote_says_so() {
        for said in [
            "I'd like a quote for building a data pipeline",
            "We need an estimate for a migration",
            "Hi, we're Initech and we would like to get a rough estimate",
            "Can you send me a quote for an architecture review?",
            "Could you please send us your proposal?",
            "could i get a fixed price quote",
            "Could I get a quote for our article search?",
            "I'd like an estimate of your costs",
            "Can you give us an estimate of the effort?",
        ] {
            assert!(wants_a_quote(said), "{said}");
        }
        for said in [
            "What do you charge?",
            "I want to quote your article",
            "Did he offer a discount?",
            "We would like to make her an offer",
            "I'd like to make you a job offer",
            "Did you make an offer to Globex?",
            "Can I make an offer?",
            "Could we send a proposal to Alex?",
            "Can you give me a quote from his talk?",
            "I need a quote for my article",
            "Could I get a quote for the article that I am writing?",
            "Can you give me an estimate of his experience?",
            "I'd like an estimate of Alex's experience",
            "I need a job",
            "",
        ] {
            assert!(!wants_a_quote(said), "{said}");
        }
    }

    /// Whatever else its words remind of.
    #[test]
    fn who_wants_a_quote_comes_as_a_client() {
        let said = "Could you send us a proposal for a migration to Rust?";
        for (guessed, intent) in [
            (Intent::TechnicalQuestion, Intent::Consultation),
            (Intent::OutOfScope, Intent::Consultation),
            (Intent::Pricing, Intent::Pricing),
            (Intent::Spam, Intent::Spam),
            (Intent::CallbackRequest, Intent::CallbackRequest),
        ] {
            let guess = Guess { intent: guessed, confidence: 0.6 };
            assert_eq!(meant(said, "Alex Sample", guess).intent, intent, "{guessed:?}");
        }
    }
}
