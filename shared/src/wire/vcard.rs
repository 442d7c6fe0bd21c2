//! vCards: versions 2.1 (as telephones export them), 3 (RFC 2426) and 4 (RFC 6350) read, version 4 written. Lines go in, cards
//! come out; whoever has a file reads its lines.

mod printable;

/// One property: `item1.TEL;TYPE=work:+14155550123`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// In capitals, without its group.
    pub name: String,
    /// Names in capitals.
    pub parameters: Vec<(String, String)>,
    /// As it stands there, still escaped.
    pub raw: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vcard {
    /// The line that it begins on.
    pub line: u64,
    pub properties: Vec<Property>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VcardError {
    #[error("this stands outside of a card")]
    Outside,
    #[error("the card before it does not end")]
    Nested,
    #[error("this is no property: it has no colon")]
    NoProperty,
    #[error("the card is of a version that is not read: save it as version 2.1, 3 or 4")]
    Version,
    #[error("the card is too large")]
    TooLarge,
    #[error("the last card does not end")]
    Unended,
}

/// Bytes of a card, without what is left out.
const MAX_CARD: usize = 64 * 1024;
/// Octets of a line, without its end (RFC 6350 §3.2).
const FOLD: usize = 75;
/// What may be large and is of no use here.
const LEFT_OUT: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];

/// Takes the lines of a file one by one.
#[derive(Debug, Default)]
pub struct Reader {
    number: u64,
    /// The unfolded line so far, and the number of its first part.
    line: Option<(u64, String)>,
    card: Option<Vcard>,
    size: usize,
    /// In a card that cannot be read, up to its end.
    skips: bool,
}

/// What came of a line: nothing yet, a card, or the number of a line and what is wrong with it.
pub type Read = Result<Option<Vcard>, (u64, VcardError)>;

impl Reader {
    /// The next line, without its end.
    pub fn line(&mut self, line: &str) -> Read {
        self.number += 1;
        if let Some((_, whole)) = self.line.as_mut().filter(|(_, whole)| printable::goes_on(whole)) {
            whole.pop();
            if whole.len() + line.len() <= MAX_CARD {
                whole.push_str(line);
            }
            return Ok(None);
        }
        let continues = line.strip_prefix([' ', '\t']);
        if let (Some(more), Some((_, whole))) = (continues, self.line.as_mut()) {
            if whole.len() + more.len() <= MAX_CARD {
                whole.push_str(more);
            }
            return Ok(None);
        }
        let before = self.line.replace((self.number, line.to_owned()));
        before.map_or(Ok(None), |(number, whole)| self.unfolded(number, &whole))
    }

    /// There are no more lines.
    pub fn end(&mut self) -> Read {
        let last = self.line.take();
        let read = last.map_or(Ok(None), |(number, whole)| self.unfolded(number, &whole));
        match (read, self.card.take()) {
            (Ok(None), Some(card)) => Err((card.line, VcardError::Unended)),
            (read, _) => read,
        }
    }

    fn unfolded(&mut self, number: u64, line: &str) -> Read {
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(None);
        }
        if line.eq_ignore_ascii_case("BEGIN:VCARD") {
            let open = self.card.replace(Vcard { line: number, properties: Vec::new() });
            (self.size, self.skips) = (0, false);
            return open.map_or(Ok(None), |_| Err((number, VcardError::Nested)));
        }
        if self.skips {
            self.skips = !line.eq_ignore_ascii_case("END:VCARD");
            return Ok(None);
        }
        if line.eq_ignore_ascii_case("END:VCARD") {
            return self.card.take().map(Some).ok_or((number, VcardError::Outside));
        }
        if self.card.is_none() {
            return Err((number, VcardError::Outside));
        }
        let taken = self.take(line);
        if taken.is_err() {
            self.card = None;
            self.skips = true;
        }
        taken.map(|()| None).map_err(|error| (number, error))
    }

    fn take(&mut self, line: &str) -> Result<(), VcardError> {
        let property = Property::parse(line).ok_or(VcardError::NoProperty)?;
        if LEFT_OUT.contains(&property.name.as_str()) {
            return Ok(());
        }
        if property.name == "VERSION" && !matches!(property.raw.trim(), "2.1" | "3.0" | "4.0") {
            return Err(VcardError::Version);
        }
        self.size += line.len();
        if self.size > MAX_CARD {
            return Err(VcardError::TooLarge);
        }
        if let Some(card) = &mut self.card {
            card.properties.push(property);
        }
        Ok(())
    }
}

impl Vcard {
    /// The properties of a name, the preferred first.
    pub fn all(&self, name: &str) -> Vec<&Property> {
        let mut found: Vec<&Property> =
            self.properties.iter().filter(|property| property.name == name).collect();
        found.sort_by_key(|property| property.preference());
        found
    }

    pub fn first(&self, name: &str) -> Option<&Property> {
        self.all(name).into_iter().next()
    }
}

impl Property {
    /// A value that is text.
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), parameters: Vec::new(), raw: escaped(value) }
    }

    /// A value of several, kept apart by `separator`: `;` for parts, `,` for a list.
    pub fn of(name: &str, values: impl IntoIterator<Item = impl AsRef<str>>, separator: char) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| escaped(value.as_ref())).collect();
        Self { name: name.to_owned(), parameters: Vec::new(), raw: values.join(&separator.to_string()) }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The text that it says.
    pub fn text(&self) -> String {
        unescaped(&self.raw)
    }

    /// Its values, kept apart by `separator`.
    pub fn values(&self, separator: char) -> Vec<String> {
        let (mut values, mut value, mut is_escaped) = (Vec::new(), String::new(), false);
        for letter in self.raw.chars() {
            if letter == separator && !is_escaped {
                values.push(unescaped(&std::mem::take(&mut value)));
            } else {
                value.push(letter);
            }
            is_escaped = letter == '\\' && !is_escaped;
        }
        values.push(unescaped(&value));
        values
    }

    fn parse(line: &str) -> Option<Self> {
        let (mut quoted, mut colon) = (false, None);
        for (at, letter) in line.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                ':' if !quoted => {
                    colon = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let (head, raw) = line.split_at_checked(colon?)?;
        let mut parts = outside_quotes(head, ';').into_iter();
        let name = parts.next()?;
        let name = name.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        let parameters = parts.map(|part| match part.split_once('=') {
            Some((name, value)) => (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()),
            // As versions 2.1 and, in practice, 3 have it: `TEL;WORK`.
            None => ("TYPE".to_owned(), part.to_owned()),
        });
        let mut parameters: Vec<(String, String)> = parameters.collect();
        let raw = raw.get(1..)?;
        if !parameters.iter().any(|(name, value)| printable::is_said_by(name, value)) {
            return Some(Self { name, parameters, raw: raw.to_owned() });
        }
        parameters.retain(|(name, value)| name != "CHARSET" && !printable::is_said_by(name, value));
        Some(Self { name, parameters, raw: printable::decoded(raw) })
    }

    /// `PREF=1` comes first, then `TYPE=pref`, then those without.
    fn preference(&self) -> u32 {
        let pref = self.parameters.iter().find(|(name, _)| name == "PREF");
        if let Some(number) = pref.and_then(|(_, value)| value.parse().ok()) {
            return number;
        }
        let is_pref = |(name, value): &(String, String)| {
            name == "TYPE" && value.split(',').any(|kind| kind.eq_ignore_ascii_case("pref"))
        };
        if self.parameters.iter().any(is_pref) { 1 } else { 101 }
    }
}

/// A card of version 4, its lines folded.
pub fn write(properties: &[Property], into: &mut String) {
    into.push_str("BEGIN:VCARD\r\nVERSION:4.0\r\n");
    for property in properties {
        let mut line = property.name.clone();
        for (name, value) in &property.parameters {
            let value: String = value.chars().filter(|c| !matches!(c, '"' | '\r' | '\n')).collect();
            let quoted = value.contains([':', ';', ',']);
            let value = if quoted { format!("\"{value}\"") } else { value };
            line.push_str(&format!(";{name}={value}"));
        }
        line.push(':');
        line.push_str(&property.raw);
        fold(&line, into);
    }
    into.push_str("END:VCARD\r\n");
}

/// Between characters, never within one.
fn fold(line: &str, into: &mut String) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > FOLD {
            into.push_str("\r\n ");
            length = 1;
        }
        into.push(letter);
        length += letter.len_utf8();
    }
    into.push_str("\r\n");
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | ',' | ';' => escaped.extend(['\\', letter]),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("\\n"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            _ => text.push(letter),
        }
    }
    text
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            _ if letter == separator && !quoted => {
                parts.push(&text[from..at]);
                from = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Read> {
        let mut reader = Reader::default();
        let mut all: Vec<Read> = text.lines().map(|line| reader.line(line)).collect();
        all.push(reader.end());
        all.retain(|read| !matches!(read, Ok(None)));
        all
    }

    fn card(text: &str) -> Vcard {
        let mut all = read(text);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0).unwrap().unwrap()
    }

    #[test]
    fn both_versions_are_read() {
        let three = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lee;Dana;;;\r\nFN:Dana Lee\r\nORG:Northgate\\, Inc.;Research\r\n\
                     item1.EMAIL;type=INTERNET;type=pref:dana@northgate.example\r\nTEL;CELL:+1 415\r\n  555 0123\r\n\
                     PHOTO;ENCODING=b:AAAA\r\n BBBB\r\nNOTE:two\\nlines\\; here\r\nEND:VCARD\r\n";
        let card = self::card(three);
        assert_eq!(card.line, 1);
        assert_eq!(card.first("N").unwrap().values(';'), ["Lee", "Dana", "", "", ""]);
        assert_eq!(card.first("ORG").unwrap().values(';'), ["Northgate, Inc.", "Research"]);
        assert_eq!(card.first("EMAIL").unwrap().text(), "dana@northgate.example");
        assert_eq!(card.first("TEL").unwrap().text(), "+1 415 555 0123");
        assert_eq!(card.first("NOTE").unwrap().text(), "two\nlines; here");
        assert_eq!(card.first("PHOTO"), None);
        let four = "BEGIN:VCARD\nVERSION:4.0\nTEL;VALUE=uri;PREF=2:tel:+2\nTEL;PREF=1;TYPE=\"work,voice\":tel:+1\nTEL:3\n\
                    END:VCARD";
        let numbers: Vec<String> =
            self::card(four).all("TEL").iter().map(|property| property.text()).collect();
        assert_eq!(numbers, ["tel:+1", "tel:+2", "3"]);
    }

    #[test]
    fn a_card_of_a_telephone_is_read() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:S=C3=B8rensen;Mads=\r\n\
                    =20Erik;;;\r\nTEL;CELL;PREF:+4520123456\r\nORG;QUOTED-PRINTABLE:North=3B South\r\n\
                    NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo =G0 =\r\n\r\nADR;ENCODING=QUOTED-PRINTABLE:=FC\r\nEND:VCARD\r\n";
        let card = self::card(text);
        assert_eq!(card.first("N").unwrap().values(';'), ["Sørensen", "Mads Erik", "", "", ""]);
        assert_eq!(card.first("N").unwrap().parameters, []);
        assert_eq!(card.first("TEL").unwrap().text(), "+4520123456");
        assert_eq!(card.first("ORG").unwrap().values(';'), ["North; South"]);
        assert_eq!(card.first("NOTE").unwrap().text().trim_end(), "one\ntwo =G0");
        assert_eq!(card.first("ADR").unwrap().text(), "ü");
        let mut written = String::new();
        write(&card.properties[1..], &mut written);
        assert_eq!(self::card(&written).first("N").unwrap().values(';')[0], "Sørensen");
    }

    #[test]
    fn what_is_broken_is_named_and_the_rest_is_read() {
        let text = "BEGIN:VCARD\nVERSION:1.0\nFN:Old\nEND:VCARD\nFN:lost\nBEGIN:VCARD\nnonsense\nFN:Bad\nEND:VCARD\n\
                    BEGIN:VCARD\nFN:Good\nEND:VCARD\nBEGIN:VCARD\nFN:Open";
        let read = self::read(text);
        assert_eq!(read[0], Err((2, VcardError::Version)));
        assert_eq!(read[1], Err((5, VcardError::Outside)));
        assert_eq!(read[2], Err((7, VcardError::NoProperty)));
        assert_eq!(read[3].as_ref().unwrap().as_ref().unwrap().first("FN").unwrap().text(), "Good");
        assert_eq!(read[4], Err((13, VcardError::Unended)));
        assert_eq!(read.len(), 5);
        let large = format!("BEGIN:VCARD\n{}END:VCARD", "NOTE:aaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(3000));
        assert!(matches!(self::read(&large)[..], [Err((_, VcardError::TooLarge))]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            name in "\\PC{1,30}",
            note in "(\\PC|[\\n,;:\\\\\"]){1,200}",
            tags in prop::collection::vec("(\\PC|[,;\\\\]){1,10}", 1..4),
        ) {
            let properties = [
                Property::new("FN", &name),
                Property::new("NOTE", &note).with("LANGUAGE", "en;x"),
                Property::of("CATEGORIES", &tags, ','),
            ];
            let mut text = String::new();
            write(&properties, &mut text);
            for line in text.split_terminator("\r\n") {
                prop_assert!(line.len() <= FOLD && !line.contains(['\r', '\n']));
            }
            let mut reader = Reader::default();
            let mut cards = Vec::new();
            for line in text.split("\r\n") {
                cards.extend(reader.line(line).unwrap());
            }
            cards.extend(reader.end().unwrap());
            prop_assert_eq!(cards.len(), 1);
            // A line's end is no part of a value.
            let read = |name: &str| cards[0].first(name).unwrap().text();
            prop_assert_eq!(read("FN"), name.trim_end().to_owned());
            let written = read("NOTE");
            prop_assert_eq!(written.trim_end(), note.trim_end());
            let read: Vec<String> = cards[0].first("CATEGORIES").unwrap().values(',');
            prop_assert_eq!(read.len(), tags.len());
        }

        #[test]
        fn no_text_makes_it_panic(text in "(\\PC|[\\n:;,\\\\\"]|BEGIN:VCARD\n|END:VCARD\n){0,60}") {
            read(&text);
        }
    }
}
