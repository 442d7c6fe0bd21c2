//! An answer while a model writes it: held back until it names a source, where it needs one. Pure.

use super::parts::lines;

/// What was written so far, and how much of it was let through.
#[derive(Debug)]
pub struct Streamed {
    text: String,
    through: usize,
    /// Passages that may be named, from 1.
    passages: usize,
    held: bool,
}

impl Streamed {
    /// `needs_source`: nothing is let through before one of the `passages` is named.
    pub fn new(passages: usize, needs_source: bool) -> Self {
        Self { text: String::new(), through: 0, passages, held: needs_source }
    }

    /// What may be shown now that this was written, too.
    pub fn push(&mut self, written: &str) -> Option<String> {
        self.text.push_str(written);
        if self.held && !named(&self.text, self.passages).is_empty() {
            self.held = false;
        }
        if self.held || self.through == self.text.len() {
            return None;
        }
        let shown = self.text.get(self.through..).map(ToOwned::to_owned);
        self.through = self.text.len();
        shown
    }

    /// Whether anything was let through.
    pub fn is_begun(&self) -> bool {
        self.through > 0
    }

    /// Whether what was written may be shown at all.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// The text, and the passages that it names, in the order in which it does.
    pub fn finish(self) -> (String, Vec<usize>) {
        let named = named(&self.text, self.passages);
        (self.text, named)
    }
}

/// The numbers in brackets that are those of passages: each once, in order. In code, `a[1]` names none.
fn named(text: &str, passages: usize) -> Vec<usize> {
    let mut all = Vec::new();
    let words: String = lines(text).filter(|(_, is_code)| !is_code).map(|(line, _)| line).collect();
    for part in words.split('[').skip(1) {
        let Some((inside, _)) = part.split_once(']') else { continue };
        for number in inside.split(',').filter_map(|number| number.trim().parse::<usize>().ok()) {
            if (1..=passages).contains(&number) && !all.contains(&number) {
                all.push(number);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_source_waits_for_it() {
        let mut streamed = Streamed::new(2, true);
        assert_eq!(streamed.push("It was rewritten in Rust "), None);
        assert_eq!(streamed.push("[7] [2"), None);
        assert_eq!(streamed.push("]. It"), Some("It was rewritten in Rust [7] [2]. It".to_owned()));
        assert_eq!(streamed.push(" settles [1, 2]."), Some(" settles [1, 2].".to_owned()));
        assert_eq!(streamed.finish().1, [2, 1]);
    }

    #[test]
    fn code_names_no_source() {
        let mut streamed = Streamed::new(1, true);
        for written in
            ["```rust\nfirst(a[1", "]);\n```\n", "- So:\n  ```\n  b[1]\n  ```\nIt ", "backs off, ```a``` "]
        {
            assert_eq!(streamed.push(written), None, "{written}");
        }
        assert!(
            streamed.push("too [1].").is_some_and(|shown| shown.starts_with("```rust\nfirst(a[1]);\n```"))
        );
        assert_eq!(streamed.finish().1, [1]);
    }

    #[test]
    fn what_names_nothing_is_held_to_the_end() {
        let mut streamed = Streamed::new(1, true);
        assert_eq!(streamed.push("He is forty years old."), None);
        assert!(streamed.is_held());
        let mut courtesy = Streamed::new(0, false);
        assert_eq!(courtesy.push("Hello!"), Some("Hello!".to_owned()));
        assert_eq!(courtesy.finish(), ("Hello!".to_owned(), Vec::new()));
    }
}
