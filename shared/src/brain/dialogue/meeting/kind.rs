//! The type of meeting that somebody asks for: by its title, or by how long it is.

use serde_json::Value;

use crate::{brain::meant::plain_words, knowledge::terms};

/// "In 15 minutes" is when, and not how long.
const WHEN: [&str; 5] = ["in", "by", "another", "within", "after"];

/// The id of the only type that is named; none for the first one, which is meant without a word.
pub(super) fn named(said: &str, kinds: &Value) -> Option<String> {
    let kinds = kinds.as_array()?;
    let words = plain_words(said);
    let minutes = minutes(&words);
    let is_named = |kind: &&Value| {
        let title = terms::words(kind["title"].as_str().unwrap_or_default());
        let is_titled = !title.is_empty() && title.iter().all(|word| words.contains(word));
        is_titled || minutes.is_some_and(|minutes| kind["minutes"].as_u64() == Some(minutes))
    };
    let mut all = kinds.iter().filter(is_named);
    let (only, None) = (all.next()?, all.next()) else { return None };
    let is_first = kinds.first() == Some(only);
    only["id"].as_str().filter(|_| !is_first).map(str::to_owned)
}

/// Of "15 minutes", "30 min", "a 45min call".
fn minutes(words: &[String]) -> Option<u64> {
    let is_unit = |word: &str| matches!(word, "min" | "mins" | "minute" | "minutes");
    words.iter().enumerate().find_map(|(at, word)| {
        let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
        let unit = &word[digits.len()..];
        let is_counted =
            is_unit(unit) || (unit.is_empty() && words.get(at + 1).is_some_and(|next| is_unit(next)));
        let is_when = at.checked_sub(1).is_some_and(|before| WHEN.contains(&words[before].as_str()));
        digits.parse().ok().filter(|_| is_counted && !is_when)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_type_is_named_by_its_title_or_its_length() {
        let kinds = json!([
            { "id": "intro", "title": "Introduction", "minutes": 30 },
            { "id": "call", "title": "A short call", "minutes": 15 },
            { "id": "consultation", "title": "Consultation", "minutes": 60 },
        ]);
        let rows = [
            ("i wanna book a 15 min call", Some("call")),
            ("a 15min chat on Tuesday", Some("call")),
            ("60 minutes, please", Some("consultation")),
            ("I'd like to book a consultation next Tuesday", Some("consultation")),
            ("can we have a short call?", Some("call")),
            ("a consultation of 15 minutes", None),
            ("can we talk in 15 minutes?", None),
            ("an introduction of 30 minutes", None),
            ("on the 15th at 3", None),
            ("could we meet on Tuesday?", None),
        ];
        for (said, expected) in rows {
            assert_eq!(named(said, &kinds).as_deref(), expected, "{said}");
        }
        assert_eq!(named("a 15 min call", &Value::Null), None);
    }
}
