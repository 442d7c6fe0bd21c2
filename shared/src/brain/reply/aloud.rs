//! A sentence as it is heard.

use super::lines::ended;

/// A sentence that is read aloud is cut after so many bytes, at a word.
const MAX_SPOKEN: usize = 240;

/// Links by their words: an address that is one is said as people say it, `github dot com`.
fn unlinked(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (Some((before, label)), Some((url, behind))) = (before.rsplit_once('['), after.split_once(')'))
        else {
            break;
        };
        all.push_str(before);
        match url.contains(label) {
            true => all.push_str(&label.replace('.', " dot ").replace('/', " slash ")),
            false => all.push_str(label),
        }
        rest = behind;
    }
    all + rest
}

/// Without what leads to an address that is left out: "it is at".
fn led_nowhere(short: &str) -> &str {
    const LEADS: [&str; 6] = ["at", "on", "to", "under", "via", "see"];
    match short.rsplit_once(' ') {
        Some((before, last)) if LEADS.contains(&last) => before,
        _ => short,
    }
}

/// Without what cannot be said aloud.
pub(super) fn spoken(text: &str) -> String {
    let mut short = String::new();
    for word in unlinked(text).split_whitespace() {
        if word.contains("://") || word.contains('@') {
            short.truncate(led_nowhere(&short).len());
            // What ended there ends before it.
            if let Some(end) = word.chars().next_back().filter(|end| ".!?".contains(*end)) {
                short.truncate(short.trim_end_matches([',', ';', ':']).len());
                short.push(end);
            }
            continue;
        }
        if short.len() + word.len() > MAX_SPOKEN {
            return ended(short.trim_end_matches([',', ';', ':']));
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_not_spoken() {
        let rows = [
            ("Lead, 2016, https://a.example. A mapping engine.", "Lead, 2016. A mapping engine."),
            ("Project a, https://a.example, since 2019.", "Project a, since 2019."),
            ("Write to a@b.example today.", "Write today."),
            ("Alex is on the web at https://a.example.", "Alex is on the web."),
            (
                "Alex is on the web at [github.com/alex](https://github.com/alex), [a.example](https://a.example).",
                "Alex is on the web at github dot com slash alex, a dot example.",
            ),
            ("See [the talk](https://a.example/talk) and [1](.", "See the talk and [1](."),
        ];
        for (text, expected) in rows {
            assert_eq!(spoken(text), expected);
        }
    }
}
