//! Server-sent events from bytes, however they are cut. Source: WHATWG HTML, "Server-sent events", section 9.2.6.
//!
//! `id` and `retry` are not read: a response's stream cannot be resumed.

/// One event: the lines of `data` joined by `\n`, and its type, which is empty if none was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    pub kind: String,
    pub data: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is too long")]
pub struct TooLong;

/// What was read of the event that is not over.
#[derive(Debug)]
pub struct Parser {
    /// Bytes that a line and the event before it may have together.
    most: usize,
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    is_first_line: bool,
    after_cr: bool,
}

impl Parser {
    /// `most`: the longest event, in bytes.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            line: Vec::new(),
            event: Event::default(),
            has_data: false,
            is_first_line: true,
            after_cr: false,
        }
    }

    /// Adds the events that end in these bytes to `out`. After [`TooLong`] the parser is of no more use.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), TooLong> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                return self.extend(rest);
            };
            self.extend(&rest[..end])?;
            self.after_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            out.extend(self.end_line());
        }
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.line.extend_from_slice(bytes);
        let length = self.line.len() + self.event.data.len() + self.event.kind.len();
        if length > self.most { Err(TooLong) } else { Ok(()) }
    }

    /// The event, if it is over.
    fn end_line(&mut self) -> Option<Event> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let is_first = std::mem::take(&mut self.is_first_line);
        let line = if is_first { line.strip_prefix('\u{feff}').unwrap_or(&line) } else { &line };
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        self.field(field, value.strip_prefix(' ').unwrap_or(value));
        None
    }

    /// A comment is a field without a name.
    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, TooLong> {
        let mut parser = Parser::new(100);
        let mut events = Vec::new();
        for chunk in chunks {
            parser.feed(chunk, &mut events)?;
        }
        Ok(events)
    }

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_have_types_lines_and_comments_between() {
        let text = "\u{feff}: hello\nevent: a\ndata: one\ndata:two\ndata\n\nid: 7\nevent: b\n\ndata:  x\n\n";
        assert_eq!(parse([text.as_bytes()]), Ok(vec![event("a", "one\ntwo\n"), event("", " x")]));
    }

    #[test]
    fn what_no_blank_line_ends_is_no_event() {
        assert_eq!(parse([b"data: {}\n".as_slice()]), Ok(vec![]));
    }

    #[test]
    fn events_beyond_the_cap_are_refused() {
        let long = [b'x'; 60];
        assert_eq!(parse([long.as_slice(), &long]), Err(TooLong));
        let line = [b"data:".as_slice(), &long, b"\n"].concat();
        assert_eq!(parse([line.as_slice(), &line]), Err(TooLong));
        let whole = [line.as_slice(), b"\n"].concat();
        assert_eq!(parse([whole.as_slice(), &whole, &whole]).map(|events| events.len()), Ok(3));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(parse([b"data: \xff\n\n".as_slice()]), Ok(vec![event("", "\u{fffd}")]));
    }

    proptest! {
        #[test]
        fn cuts_and_line_ends_make_no_difference(
            end in prop::sample::select(vec!["\n", "\r", "\r\n"]),
            size in 1_usize..9,
        ) {
            let text = format!("event: ä{end}data: 1 €{end}data: 🦀{end}{end}:{end}data: 2{end}{end}");
            let events = parse(text.as_bytes().chunks(size));
            prop_assert_eq!(events, Ok(vec![event("ä", "1 €\n🦀"), event("", "2")]));
        }

        #[test]
        fn nothing_panics(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6)) {
            if let Ok(events) = parse(chunks.iter().map(Vec::as_slice)) {
                prop_assert!(events.iter().all(|event| event.data.len() <= 300));
            }
        }
    }
}
