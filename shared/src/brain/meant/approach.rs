//! Who comes to the owner with something, as an acquaintance or as a client. Pure.

use super::plain_words;

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

/// Somebody wants to be made an offer: "I'd like a quote for a data pipeline".
pub fn wants_a_quote(said: &str) -> bool {
    const WANTING: [&str; 10] = [
        "i d like",
        "i would like",
        "i want",
        "i need",
        "we d like",
        "we would like",
        "we want",
        "we need",
        "please send",
        "please make",
    ];
    const ONE: [&str; 5] = ["a", "an", "your", "his", "her"];
    const OFFERS: [&str; 6] = ["quote", "quotation", "estimate", "proposal", "offer", "bid"];
    let words = plain_words(said);
    let plain = words.join(" ");
    !said.contains('?')
        && WANTING.iter().any(|wanting| plain.starts_with(&format!("{wanting} ")))
        && words.windows(2).any(|two| ONE.contains(&two[0].as_str()) && OFFERS.contains(&two[1].as_str()))
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
    fn who_wants_a_quote_says_so() {
        for said in ["I'd like a quote for building a data pipeline", "We need an estimate for a migration"] {
            assert!(wants_a_quote(said), "{said}");
        }
        for said in ["What do you charge?", "I want to quote your article", "Did he offer a discount?"] {
            assert!(!wants_a_quote(said), "{said}");
        }
    }
}
