//! Telephone numbers: E.164 inside, ordinary writing at the edge, and whom the twin may dial.
//!
//! What counts as a number is libphonenumber's word, narrowed: it reads letters as digits, skips what
//! it does not know, and holds the number that Twilio shows for a hidden caller to be a number.

mod zones;

use std::fmt;

pub use rlibphonenumber::Region;
use rlibphonenumber::{
    NumberLengthType, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An E.164 number such as `+14155550123`.
///
/// From outside it is made by [`Phone::parse`] or [`Phone::normalise`]. Deserialising is for what we
/// stored ourselves and checks the shape only: a number whose range is withdrawn must still load.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// What is wrong with a number, without repeating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("there is no phone number")]
    Empty,
    #[error("write the number with + and its country code")]
    NotInternational,
    #[error("write the number in digits, not letters")]
    Letters,
    #[error("write the number in the digits 0 to 9")]
    ForeignDigits,
    #[error("write the number without its extension")]
    Extension,
    #[error("write the number without a 0 after the country code")]
    TrunkZero,
    #[error("a character does not belong in a phone number")]
    Character,
    #[error("the number is too short")]
    TooShort,
    #[error("the number is too long")]
    TooLong,
    #[error("no country has this country code")]
    UnknownCountry,
    #[error("no such number is in use")]
    Unassigned,
    #[error("the number stands for a withheld number")]
    Placeholder,
}

/// More than any number takes, however it is written.
const MAX_TEXT: usize = 64;

impl Phone {
    /// Accepts a real number in E.164 and nothing else: `+`, 7 to 15 digits, no punctuation.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        check_shape(text)?;
        let phone = Self::of(&PhoneNumber::parse(text, None)?)?;
        // Parsing drops what people dial in their own country: +44020… is +4420….
        if phone.0 == text { Ok(phone) } else { Err(PhoneError::TrunkZero) }
    }

    /// Where a number without a country is dialled.
    pub const HOME: Region = Region::US;

    /// Accepts a number as people write it: `(415) 555-0123` at `home`, `+44 20 7183 8750` anywhere.
    pub fn normalise(text: &str, home: Region) -> Result<Self, PhoneError> {
        let digits = digits_of(text)?;
        if digits.starts_with('+') {
            return Self::parse(&digits);
        }
        Self::of(&PhoneNumber::parse(&digits, Some(home))?)
    }

    fn of(number: &PhoneNumber) -> Result<Self, PhoneError> {
        match number.is_possible_with_reason() {
            Ok(NumberLengthType::IsPossible) => {}
            Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
                return Err(PhoneError::TooShort);
            }
            Err(ValidationError::TooLong) => return Err(PhoneError::TooLong),
            Err(ValidationError::InvalidLength) => return Err(PhoneError::Unassigned),
            Err(ValidationError::InvalidCountryCode) => return Err(PhoneError::UnknownCountry),
        }
        if !number.is_valid() {
            return Err(PhoneError::Unassigned);
        }
        let phone = Self(number.format_as(PhoneNumberFormat::E164).into_owned());
        if phone.is_placeholder() { Err(PhoneError::Placeholder) } else { Ok(phone) }
    }

    /// With its country code, as people write it: `+49 (30) 901-820`.
    pub fn from_said(text: &str) -> Result<Self, PhoneError> {
        let plain: String = text.chars().filter(|c| !" -.()".contains(*c)).collect();
        Self::parse(&plain)
    }

    /// `+14155550123`
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people read it: `+1 415-555-0123`.
    pub fn written(&self) -> String {
        let number = self.number();
        number
            .map_or_else(|| self.0.clone(), |it| it.format_as(PhoneNumberFormat::International).into_owned())
    }

    /// Where the number belongs: `JM` for +1 876, [`Region::World`] for a satellite.
    pub fn region(&self) -> Option<Region> {
        self.number()?.get_region_code()
    }

    /// Whether a call may cost more than one to an ordinary line, or may not reach a person's line.
    ///
    /// Only fixed, mobile, internet and toll-free lines are ordinary. Britain's "personal" 070 numbers are a
    /// known fraud; the exchange 976 is pay-per-call all over North America, which metadata leave out.
    pub fn is_premium(&self) -> bool {
        use PhoneNumberType::{FixedLine, FixedLineOrMobile, Mobile, TollFree, VoIP};
        let ordinary = self.number().is_some_and(|number| {
            matches!(number.get_type(), FixedLine | Mobile | FixedLineOrMobile | VoIP | TollFree)
        });
        let exchange = self.0.strip_prefix("+1").and_then(|national| national.get(3..6));
        !ordinary || exchange == Some("976")
    }

    /// Whether the twin may call this number, given the regions that the owner allows.
    ///
    /// Emergency numbers need no rule: 911 and 112 are not E.164, so no `Phone` holds one.
    pub fn may_dial(&self, allowed: &[Region]) -> Result<(), DialRefusal> {
        match self.region() {
            None => Err(DialRefusal::Unassigned),
            Some(Region::World) => Err(DialRefusal::Satellite),
            Some(_) if self.is_premium() => Err(DialRefusal::Premium),
            Some(region) if allowed.contains(&region) => Ok(()),
            Some(region) => Err(DialRefusal::Region(region)),
        }
    }

    fn number(&self) -> Option<PhoneNumber> {
        PhoneNumber::parse(&self.0, None).ok()
    }

    /// Twilio shows a withheld number as its reason, spelled on a keypad: +266696687 is "anonymous".
    /// RESTRICTED also arrives with a country code 1, which makes it look like a number in Texas.
    fn is_placeholder(&self) -> bool {
        let digits = self.0.trim_start_matches('+');
        let digits = digits.strip_prefix('1').unwrap_or(digits);
        WITHHELD.iter().any(|word| word.bytes().map(keypad).eq(digits.bytes()))
    }
}

/// Sources: Twilio's changelog of 2022-11-16 (words became digits before it), public code since.
const WITHHELD: [&str; 7] =
    ["anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"];

/// The digit of a lower-case letter on a telephone (ITU-T E.161).
fn keypad(letter: u8) -> u8 {
    match letter {
        b'a'..=b'c' => b'2',
        b'd'..=b'f' => b'3',
        b'g'..=b'i' => b'4',
        b'j'..=b'l' => b'5',
        b'm'..=b'o' => b'6',
        b'p'..=b's' => b'7',
        b't'..=b'v' => b'8',
        _ => b'9',
    }
}

fn check_shape(text: &str) -> Result<(), PhoneError> {
    let Some(digits) = text.strip_prefix('+') else {
        return Err(if text.is_empty() { PhoneError::Empty } else { PhoneError::NotInternational });
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(digits_of(text).err().unwrap_or(PhoneError::Character));
    }
    match digits.len() {
        0..7 => Err(PhoneError::TooShort),
        7..=15 => Ok(()),
        _ => Err(PhoneError::TooLong),
    }
}

/// Takes the punctuation out of a written number: digits, with `+` in front if it was there.
fn digits_of(text: &str) -> Result<String, PhoneError> {
    let text = text.trim_matches(' ');
    if text.len() > MAX_TEXT {
        return Err(PhoneError::TooLong);
    }
    let mut digits = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{A0}' | '\u{202F}' | '\u{2010}'..='\u{2013}' => {}
            ';' | ',' | '#' => return Err(PhoneError::Extension),
            _ if c.is_numeric() => return Err(PhoneError::ForeignDigits),
            _ if c.is_alphabetic() => return Err(letters(&text[at..])),
            _ => return Err(PhoneError::Character),
        }
    }
    let tight: String = text.split(' ').collect();
    match digits.trim_start_matches('+') {
        "" => Err(PhoneError::Empty),
        _ if tight.contains("(0)") => Err(PhoneError::TrunkZero),
        _ => Ok(digits),
    }
}

/// `x12` and `ext. 12` are extensions; other letters are a number in words.
fn letters(rest: &str) -> PhoneError {
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    match rest[..end].to_lowercase().as_str() {
        "x" | "ext" | "extn" | "extension" => PhoneError::Extension,
        _ => PhoneError::Letters,
    }
}

impl From<ParseError> for PhoneError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::InvalidCountryCode => Self::UnknownCountry,
            ParseError::NotANumber(_) => Self::Character,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => Self::TooShort,
            ParseError::TooLongNsn => Self::TooLong,
        }
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, PhoneError> {
        check_shape(&text)?;
        let phone = Self(text);
        if phone.is_placeholder() { Err(PhoneError::Placeholder) } else { Ok(phone) }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// Redacted: `Phone(+…23)`. There is no `Display`, so that none gets printed by accident.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(+…{})", &self.0[self.0.len() - 2..])
    }
}

/// Why the twin does not call a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DialRefusal {
    #[error("no such number is in use")]
    Unassigned,
    #[error("the number is of a satellite or world-wide network")]
    Satellite,
    #[error("the number may cost more than an ordinary call")]
    Premium,
    #[error("calls to {0} are not allowed")]
    Region(Region),
}

/// Who calls, by Twilio's `From`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Known(Phone),
    /// No identity: no two such callers are the same person.
    Withheld,
}

impl Caller {
    /// Never fails: whatever is not a real number (empty, `anonymous`, `+266696687`, `sip:…`,
    /// `client:…`, an impossible number) is [`Caller::Withheld`].
    pub fn from_twilio(from: &str) -> Self {
        Phone::parse(from).map_or(Self::Withheld, Self::Known)
    }

    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Known(phone) => Some(phone),
            Self::Withheld => None,
        }
    }
}

#[cfg(test)]
mod tests;
