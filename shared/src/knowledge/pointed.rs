//! What of a sentence of the ledger answers a question: of a list, what is asked for, and nothing if that is not in it.

use std::collections::BTreeSet;

use super::terms::{stem, words};

/// Verbs of the ledger's lists: `Alex knows Rust, Go.`
const OF_LISTS: [&str; 3] = [" knows ", " speaks ", " holds "];
/// What a question begins with that a yes or a no answers.
const YES_OR_NO: [&str; 10] = ["does", "do", "did", "is", "are", "has", "have", "can", "could", "was"];
/// A question for what else there is.
const BESIDE: [&str; 6] = ["besides", "beside", "other than", "except", "apart from", "else"];
/// Stems of what such questions are asked with.
const ASKING: &str = "know speak hold experi familiar skill use work program languag technolog tool certif certifi certificat \
                      ever also much well good expert expertis profici fluent knowledg product year profession code write \
                      written learn read understand tell give list name describ show explain foreign multipl sever";
/// A place of living is no place of birth.
const OF_BIRTH: [&str; 6] = [" born", "birth", "grew up", "grow up", "raised", "come from originally"];

/// `None`: the sentence is about something else than what is asked.
pub fn to_the_point(owner: &str, text: &str, question: &str) -> Option<String> {
    let lower = question.to_lowercase();
    let rest = text.strip_prefix(owner).unwrap_or(text);
    if rest.starts_with(" is based in ") && OF_BIRTH.iter().any(|birth| lower.contains(birth)) {
        return None;
    }
    let list = OF_LISTS.iter().find_map(|verb| Some((verb, rest.strip_prefix(verb)?)));
    let (Some((verb, list)), Some(wanted)) = (list, wanted(owner, &lower)) else {
        return Some(text.to_owned());
    };
    let items = list.trim_end_matches('.').split(", ");
    let kept: Vec<&str> = items.filter(|item| !terms(item).is_disjoint(&wanted)).collect();
    (!kept.is_empty()).then(|| format!("{owner}{verb}{}.", kept.join(", ")))
}

/// What a question names that is in a list or not; `None` if it asks for all of it.
fn wanted(owner: &str, question: &str) -> Option<BTreeSet<String>> {
    if BESIDE.iter().any(|beside| question.contains(beside)) {
        return None;
    }
    let first = question.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty());
    let named = match question.rsplit_once(" with ") {
        Some((asks, named)) if asks.contains("experience") => named,
        _ if first.is_some_and(|first| YES_OR_NO.contains(&first)) => question,
        _ => return None,
    };
    let owners = terms(owner);
    let asks = |term: &String| asking(term) || owners.contains(term);
    let wanted: BTreeSet<String> = terms(named).into_iter().filter(|term| !asks(term)).collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// Whether a stem only asks for what is in a list.
pub(super) fn asking(term: &str) -> bool {
    ASKING.split_ascii_whitespace().any(|asking| asking == term)
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_list_what_is_asked_for() {
        let knows = "Alex Sample knows Backend development, Rust, Go, AWS Lambda, Kubernetes.";
        let based = "Alex Sample is based in Berlin, DE.";
        let rows = [
            (knows, "Do you know Kubernetes?", Some("Alex Sample knows Kubernetes.")),
            (knows, "Does Alex have experience with Kafka?", None),
            (knows, "What experience does Alex have with Rust and Go?", Some("Alex Sample knows Rust, Go.")),
            (knows, "What experience do you have with COBOL?", None),
            (knows, "Which programming languages does Alex know?", Some(knows)),
            (knows, "Do you know any languages besides Rust?", Some(knows)),
            (knows, "Does Alex know programming languages?", Some(knows)),
            (
                "Alex Sample speaks English, German.",
                "Does she speak German?",
                Some("Alex Sample speaks German."),
            ),
            ("Alex Sample speaks English, German.", "Do you speak Spanish?", None),
            (knows, "Can you tell me what Alex knows?", Some(knows)),
            ("Alex knows Rust.", "Can you list Alex’s skills?", Some("Alex knows Rust.")),
            (
                "Alex Sample speaks English, German.",
                "Does Alex speak any foreign languages?",
                Some("Alex Sample speaks English, German."),
            ),
            (based, "Which city was Alex born in?", None),
            (based, "Where does Alex live?", Some(based)),
        ];
        for (text, question, expected) in rows {
            assert_eq!(to_the_point("Alex Sample", text, question).as_deref(), expected, "{question}");
        }
    }
}
