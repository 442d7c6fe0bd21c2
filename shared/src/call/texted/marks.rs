//! Leaves out what is not spoken: the numbers of sources in brackets, and marks of Markdown.

#[derive(Debug, Default)]
pub(super) struct Marks {
    held: String,
    /// Something was let through.
    pub any: bool,
}

impl Marks {
    pub fn without(&mut self, words: &str) -> String {
        self.held.push_str(words);
        let open = self.held.rfind('[').filter(|open| !self.held[*open..].contains(']'));
        let keep = open.map_or(self.held.len(), |open| self.held[..open].trim_end().len());
        let rest = self.held.split_off(keep);
        let spoken = spoken(&std::mem::replace(&mut self.held, rest));
        self.any |= !spoken.trim().is_empty();
        spoken
    }

    pub fn rest(&mut self) -> String {
        spoken(&std::mem::take(&mut self.held))
    }

    pub fn all(mut self, text: &str) -> String {
        let mut all = self.without(text);
        all.push_str(&self.rest());
        all
    }
}

fn spoken(text: &str) -> String {
    let mut spoken = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let Some(close) = rest[open..].find(']').map(|close| open + close) else { break };
        let numbers = &rest[open + 1..close];
        let is_source =
            !numbers.is_empty() && numbers.bytes().all(|c| c.is_ascii_digit() || b", ".contains(&c));
        let before = if is_source { rest[..open].trim_end() } else { &rest[..=close] };
        spoken.push_str(before);
        rest = &rest[close + 1..];
    }
    spoken.push_str(rest);
    spoken.replace(['*', '#', '`'], "")
}
