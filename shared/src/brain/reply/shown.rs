//! Code that was found: shown in writing, and spoken of where it would be heard.

use crate::{chat::Cited, interaction::Channel, knowledge::library::Found};

/// The text of a reply with its source, if what answers best is code.
pub(super) fn code(found: &[Found], channel: Channel) -> Option<(String, Vec<Cited>)> {
    let best = found.first()?;
    let language = best.citation.language()?;
    let text = match channel {
        Channel::Chat => format!("From {} [1]:\n\n{}", best.citation, language.fenced(&best.text)),
        Channel::Voice | Channel::Phone => format!(
            "There is code of it in {}, which is better read than heard: ask for it in the chat.",
            language.name
        ),
    };
    Some((text, vec![Cited::of(1, best)]))
}

/// What can be quoted in sentences.
pub(super) fn prose(found: &[Found]) -> Vec<Found> {
    found.iter().filter(|one| one.citation.language().is_none()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{claims::Origin, document::SourceKind};

    fn found(kind: SourceKind, title: &str, text: &str) -> Found {
        let (title, place) = (title.to_owned(), "lines 1–2".to_owned());
        Found {
            text: text.to_owned(),
            citation: Origin { kind, title, url: None, place },
            date: None,
            score: 1.0,
            covered: 1.0,
            likeness: None,
            document: None,
        }
    }

    #[test]
    fn code_is_shown_in_writing_and_not_read_out() {
        let all = [
            found(SourceKind::Code, "a.rs", "fn a() {\n    b[1]();\n}"),
            found(SourceKind::Note, "Rates", "A day is 1,200."),
        ];
        let (text, cited) = code(&all, Channel::Chat).expect("code");
        assert_eq!(text, "From a.rs, lines 1–2 [1]:\n\n```rust\nfn a() {\n    b[1]();\n}\n```");
        assert_eq!((cited.len(), cited[0].number, cited[0].origin.title.as_str()), (1, 1, "a.rs"));
        for channel in [Channel::Voice, Channel::Phone] {
            let (text, cited) = code(&all, channel).expect("code");
            assert!(text.contains("code of it in Rust") && !text.contains("fn a"), "{text}");
            assert_eq!(cited.len(), 1);
        }
        assert_eq!(prose(&all), all[1..]);
        assert_eq!(code(&all[1..], Channel::Chat), None);
    }
}
