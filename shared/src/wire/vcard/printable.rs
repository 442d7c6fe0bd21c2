//! Quoted-printable (RFC 2045 §6.7), in which version 2.1 has what is not ASCII.

const NAME: &str = "QUOTED-PRINTABLE";

/// `ENCODING=QUOTED-PRINTABLE`, or the word alone, which is read as a `TYPE`.
pub fn is_said_by(parameter: &str, value: &str) -> bool {
    matches!(parameter, "ENCODING" | "TYPE") && value.eq_ignore_ascii_case(NAME)
}

/// Whether the value goes on in the next line.
pub fn goes_on(line: &str) -> bool {
    let head = line.split(':').next().filter(|_| line.ends_with('='));
    head.is_some_and(|head| head.to_ascii_uppercase().contains(NAME))
}

/// As the later versions write it. What is not UTF-8 is taken for Latin-1.
pub fn decoded(raw: &str) -> String {
    let raw = raw.as_bytes();
    let (mut bytes, mut at) = (Vec::with_capacity(raw.len()), 0);
    while let Some(byte) = raw.get(at) {
        let coded = raw.get(at + 1..at + 3).filter(|_| *byte == b'=').and_then(hex);
        match coded {
            Some(b'\r') => {}
            Some(b'\n') => bytes.extend_from_slice(b"\\n"),
            Some(coded @ (b'\\' | b',' | b';')) => bytes.extend_from_slice(&[b'\\', coded]),
            Some(coded) => bytes.push(coded),
            None => bytes.push(*byte),
        }
        at += if coded.is_some() { 3 } else { 1 };
    }
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

fn hex(digits: &[u8]) -> Option<u8> {
    let mut digits = digits.iter().map(|digit| char::from(*digit).to_digit(16));
    let value = digits.try_fold(0, |value, digit| Some(value * 16 + digit?))?;
    u8::try_from(value).ok()
}
