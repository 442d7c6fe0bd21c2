//! What somebody wrote of themselves, as it is quoted: the twin is not whom it means.

use crate::knowledge::{document::SourceKind, terms::words};

/// Whether whoever wrote a text speaks of themselves in it: "I led a team", and not "Phase I of the project" or "I/O".
pub(super) fn is_of_its_writer(text: &str) -> bool {
    const OF_THEM: [&str; 6] = ["my", "My", "me", "mine", "myself", "Myself"];
    const COUNTED: [&str; 12] = [
        "part", "phase", "type", "class", "level", "war", "volume", "chapter", "stage", "tier", "section",
        "appendix",
    ];
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let counts = |word: &str| COUNTED.contains(&word.to_lowercase().as_str());
    let says_i = |at: usize| {
        let goes_on = words.get(at + 1).is_some_and(|next| next.starts_with(char::is_lowercase));
        words[at] == "I" && goes_on && at.checked_sub(1).is_none_or(|before| !counts(words[before]))
    };
    (0..words.len()).any(|at| OF_THEM.contains(&words[at]) || says_i(at))
}

/// In signs of quotation; of a note with whose it is, and aloud with a word that it is written. In all else others may
/// write, too, and who names the owner is somebody else: "I have worked with Alex for years".
/// `goes_on`: what stands before it is of the same.
pub(super) fn in_quotes(owner: &str, kind: SourceKind, text: &str, goes_on: bool, aloud: bool) -> String {
    let owners = words(owner);
    let is_of_another = words(text).iter().any(|word| owners.contains(word));
    let text = format!("“{}”", text.replace('“', "‘").replace('”', "’"));
    match kind {
        _ if goes_on => text,
        SourceKind::Note if !is_of_another => format!("{owner} writes: {text}"),
        _ if aloud => format!("It is written: {text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_of_themselves() {
        for text in [
            "I led a team.",
            "In 2019 I’m told that",
            "My talk in Leipzig",
            "Ask me anything",
            "and I built it",
        ] {
            assert!(is_of_its_writer(text), "{text}");
        }
        for text in [
            "Led a team.",
            "Phase I of the project",
            "Fast I/O in Rust",
            "World War I archives",
            "Alex leads I AM, a group",
            "MySQL and memory",
            "",
        ] {
            assert!(!is_of_its_writer(text), "{text}");
        }
    }

    #[test]
    fn a_quotation_says_whose_it_is_where_that_is_known() {
        let told = |kind, goes_on, aloud| in_quotes("Alex Sample", kind, "I said “no”.", goes_on, aloud);
        assert_eq!(told(SourceKind::Note, false, false), "Alex Sample writes: “I said ‘no’.”");
        assert_eq!(told(SourceKind::Note, true, false), "“I said ‘no’.”");
        assert_eq!(told(SourceKind::Linkedin, false, false), "“I said ‘no’.”", "a recommendation, perhaps");
        let other = in_quotes("Alex Sample", SourceKind::Note, "I worked with Alex.", false, false);
        assert_eq!(other, "“I worked with Alex.”", "a recommendation in a note");
        assert_eq!(told(SourceKind::Linkedin, false, true), "It is written: “I said ‘no’.”");
    }
}
