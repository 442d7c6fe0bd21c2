//! What people who hire ask for in a word or two. Pure.

use super::plain_words;

const CONDITIONS: [&str; 34] = [
    "availability",
    "compensation",
    "compensation expectation",
    "compensation expectations",
    "current salary",
    "daily rate",
    "day rate",
    "earliest start",
    "earliest start date",
    "expected salary",
    "hourly rate",
    "hybrid",
    "location",
    "notice",
    "notice period",
    "rate",
    "rates",
    "references",
    "relocation",
    "remote",
    "remote work",
    "right to work",
    "salary",
    "salary expectation",
    "salary expectations",
    "salary range",
    "start date",
    "time zone",
    "visa",
    "visa sponsorship",
    "visa status",
    "work authorisation",
    "work authorization",
    "work permit",
];

/// "Notice period" asks for the owner's, with a question mark or without.
pub fn names_a_condition(said: &str) -> bool {
    CONDITIONS.contains(&plain_words(said).join(" ").as_str())
}
