//! What is asked of prices. Pure.

use super::{plain_words, says_any};

/// Who says more than this of a price speaks of something else.
const MAX_HAGGLING: usize = 14;

/// Somebody would pay less: "do you give discounts?"
pub fn asks_for_less(said: &str) -> bool {
    const DONE: [&str; 10] =
        ["did", "has", "was", "were", "made", "make", "making", "charged", "billed", "paid"];
    (names_less(said) || says_it_is_too_much(said))
        && plain_words(said).len() <= MAX_HAGGLING
        && !says_any(said, &DONE)
}

/// "That's too much", and not "too much boilerplate" or "why is Lambda so expensive?"
fn says_it_is_too_much(said: &str) -> bool {
    const TOO_MUCH: [&str; 4] = ["too much", "too expensive", "too pricey", "so expensive"];
    const BUDGET: [&str; 3] = [" over our budget", " above our budget", " out of our budget"];
    // What stands before it where it is said of a price.
    const BEFORE: &str = "a and are bit but fee fees far he her him his hm hmm i is it its just little me no offer ok okay oh price \
         prices quote rate rates really s seems she sorry sounds still that thats the think this us way well why you your";
    let plain = format!(" {}", plain_words(said).join(" "));
    let is_of_a_price = |before: &str| {
        let known = |word: &str| BEFORE.split_ascii_whitespace().any(|known| known == word);
        before.split_ascii_whitespace().all(known)
    };
    let mut before = TOO_MUCH.iter().filter_map(|words| plain.strip_suffix(*words));
    before.any(is_of_a_price) || BUDGET.iter().any(|words| plain.ends_with(*words))
}

/// Whether a text speaks of paying less.
pub fn names_less(text: &str) -> bool {
    const LESS: [&str; 7] =
        ["discount", "discounts", "rebate", "rebates", "cheaper", "negotiable", "negotiate"];
    const LOWER: [&str; 3] = ["lower", "better", "reduced"];
    const PRICES: [&str; 6] = ["price", "prices", "rate", "rates", "fee", "fees"];
    says_any(text, &LESS) || (says_any(text, &LOWER) && says_any(text, &PRICES))
}

/// What belongs to what is paid for: "what do I get for it?"
pub fn asks_what_is_included(said: &str) -> bool {
    let plain = plain_words(said).join(" ");
    let gets = (says_any(said, &["get"]) && says_any(said, &["for"]))
        || matches!(
            plain.as_str(),
            "what do we get" | "what do i get" | "and what do we get" | "and what do i get"
        );
    says_any(said, &["what", "whats", "which"])
        && (gets || says_any(said, &["include", "includes", "included"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_prices() {
        for said in [
            "That's expensive. Do you give discounts?",
            "Does she give a discount?",
            "Any better price?",
            "that's too much",
            "hm, that is above our budget.",
        ] {
            assert!(asks_for_less(said), "{said}");
        }
        for said in [
            "How did he make it cheaper?",
            "What do you charge?",
            "Is a lower latency possible?",
            "Did it log too much?",
            "you charged me too much",
            "There is too much boilerplate",
            "Why is Lambda so expensive?",
            "Does he travel too much?",
            "I work too much",
        ] {
            assert!(!asks_for_less(said), "{said}");
        }
        for said in
            ["what do I get for it?", "What do we get?", "and what's included?", "What does that include"]
        {
            assert!(asks_what_is_included(said), "{said}");
        }
        for said in ["What did Alex get right?", "Get me a person", "For what prize was it?"] {
            assert!(!asks_what_is_included(said), "{said}");
        }
    }
}
