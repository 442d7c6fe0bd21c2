//! What a field's name or format asks for, found in a text.

use jiff::Timestamp;
use serde_json::Value;

use super::words;

/// Mail address, phone number, URL, date, time or a person's name, if the field is for such a thing.
pub fn named(name: &str, format: &Value, text: &str) -> Option<String> {
    let stems = words::name_stems(name);
    let is_for = |names: &[&str]| names.iter().any(|name| stems.contains(&words::stem(name)));
    match format.as_str() {
        Some("email") => email(text),
        Some("date") => date(text),
        Some("date-time") => moment(text),
        Some(_) => None,
        None if is_for(&["email", "mail"]) => email(text),
        None if is_for(&["phone", "mobile", "telephone"]) => phone(text),
        None if is_for(&["url", "link", "website"]) => url(text),
        None if is_for(&["date", "day"]) => date(text),
        None if is_for(&["name"]) => person(text),
        None => None,
    }
}

/// Something valid for a format, when there is nothing better.
pub fn placeholder(format: &Value) -> Option<&'static str> {
    Some(match format.as_str()? {
        "email" => "unknown@example.com",
        "date" => "1970-01-01",
        "date-time" => "1970-01-01T00:00:00Z",
        "time" => "00:00:00Z",
        "duration" => "PT0S",
        "hostname" => "example.com",
        "uri" => "https://example.com",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "ipv4" => "0.0.0.0",
        "ipv6" => "::",
        _ => return None,
    })
}

fn email(text: &str) -> Option<String> {
    let is_mail = |token: &&str| {
        token.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
    };
    tokens(text).find(is_mail).map(str::to_owned)
}

fn url(text: &str) -> Option<String> {
    tokens(text)
        .find(|token| token.starts_with("https://") || token.starts_with("http://"))
        .map(str::to_owned)
}

/// Digits, with the `+` if there is one; at least seven.
fn phone(text: &str) -> Option<String> {
    let runs = text.split(|c: char| !(c.is_ascii_digit() || "+-(). ".contains(c)));
    runs.filter(|run| date(run).is_none())
        .map(|run| run.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>())
        .find(|number| number.chars().filter(char::is_ascii_digit).count() >= 7)
}

/// `YYYY-MM-DD`
fn date(text: &str) -> Option<String> {
    tokens(text)
        .find(|token| token.parse::<jiff::civil::Date>().is_ok() && token.len() == 10)
        .map(str::to_owned)
}

/// RFC 3339; a date alone is its midnight.
fn moment(text: &str) -> Option<String> {
    let exact = tokens(text).find(|token| token.parse::<Timestamp>().is_ok()).map(str::to_owned);
    exact.or_else(|| date(text).map(|date| format!("{date}T00:00:00Z")))
}

/// The capitalised words after "my name is" and the like.
fn person(text: &str) -> Option<String> {
    const INTRODUCTIONS: &[&str] = &["my name is ", "my name's ", "i am ", "i'm ", "this is "];
    let lower = text.to_ascii_lowercase();
    INTRODUCTIONS.iter().find_map(|introduction| {
        let after = text.get(lower.find(introduction)? + introduction.len()..)?;
        let mut name = Vec::new();
        for word in after.split_whitespace().take(3) {
            let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            if !bare.starts_with(char::is_uppercase) {
                break;
            }
            name.push(bare);
            if bare.len() < word.len() {
                break;
            }
        }
        Some(name.join(" ")).filter(|name| !name.is_empty())
    })
}

/// What stands between spaces, without the marks around it.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|token| token.trim_matches(|c: char| !c.is_alphanumeric() && c != '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_no_phone_number() {
        assert_eq!(phone("on 2026-12-01, or 030 1234567."), Some("0301234567".to_owned()));
        assert_eq!(named("name", &Value::Null, "I am late. This is Ed."), Some("Ed".to_owned()));
        assert_eq!(moment("At 2026-12-01T10:00:00Z."), Some("2026-12-01T10:00:00Z".to_owned()));
    }
}
