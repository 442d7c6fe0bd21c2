//! What SES asks of a raw message before it takes it: a header block of well-formed fields, one `From`,
//! no field twice that may be there once, lines that fit (RFC 5322, RFC 5321 4.5.3.1.6).

use std::str;

use super::{Error, MAX_BYTES};

/// The longest line in octets, without its end.
const MAX_LINE: usize = 998;

/// Fields that a message may have only once (RFC 5322, 3.6).
const ONCE: [&str; 10] =
    ["From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "Date", "Subject"];

/// The header fields of a message, unfolded, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All addresses in the fields of these names.
    pub fn addresses(&self, names: &[&str]) -> Result<Vec<String>, Error> {
        let values = names.iter().filter_map(|name| self.get(name));
        values.flat_map(split_list).map(address).collect()
    }
}

/// The headers of a message that SES would take.
pub fn check(raw: &[u8]) -> Result<Headers, Error> {
    if raw.len() > MAX_BYTES {
        return Err(Error::invalid(format!("Message length is more than {MAX_BYTES} bytes long.")));
    }
    if raw.contains(&0) {
        return Err(Error::invalid("Message contains a null byte."));
    }
    if lines(raw).any(|line| line.len() > MAX_LINE) {
        return Err(Error::invalid(format!("A line is longer than {MAX_LINE} octets.")));
    }
    let headers = Headers(unfold(raw)?);
    for name in ONCE {
        if headers.0.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)).count() > 1 {
            return Err(Error::invalid(format!("Duplicate header '{name}'.")));
        }
    }
    match headers.get("From") {
        Some(_) => Ok(headers),
        None => Err(Error::invalid("Missing required header 'From'.")),
    }
}

/// Names and values of a message's tags (Amazon SES, "Sending email with message tags"); none of what is no message.
pub fn tags(raw: &[u8]) -> Vec<(String, String)> {
    let headers = unfold(raw).map_or(Headers(Vec::new()), Headers);
    let tags = headers.get("X-SES-MESSAGE-TAGS").unwrap_or_default();
    let tags = tags.split(',').filter_map(|tag| tag.trim().split_once('='));
    tags.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// The fields up to the empty line that ends the header block, or to the end: a body may be missing.
fn unfold(raw: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines(raw) {
        if line.is_empty() {
            return Ok(fields);
        }
        let line = str::from_utf8(line).map_err(|_| Error::invalid("Header is not UTF-8."))?;
        if line.contains('\r') {
            return Err(Error::invalid("Header contains a bare carriage return."));
        }
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => value.push_str(line),
            _ => fields.push(field(line)?),
        }
    }
    Ok(fields)
}

fn field(line: &str) -> Result<(String, String), Error> {
    match line.split_once(':') {
        Some((name, value)) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok((name.into(), value.trim().into()))
        }
        _ => Err(Error::invalid("Header line has no field name.")),
    }
}

/// The members of an address list: commas inside quotes, brackets or comments separate nothing.
fn split_list(list: &str) -> Vec<&str> {
    let (mut members, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_u32);
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                members.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(&list[start..]);
    members.into_iter().map(str::trim).filter(|member| !member.is_empty()).collect()
}

/// The bare address of `Name <local@domain>` or `local@domain`.
pub fn address(member: &str) -> Result<String, Error> {
    let member = member.trim();
    let bare = match member.rsplit_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').ok_or_else(|| Error::invalid("Missing '>'."))?,
        None => member,
    };
    let (local, domain) = bare.rsplit_once('@').ok_or_else(|| Error::invalid("Missing final '@domain'"))?;
    if local.is_empty() || local.contains(|c: char| c.is_control() || c.is_whitespace() || c == '@') {
        return Err(Error::invalid("Local address contains control or whitespace"));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if !bare.is_ascii() || !domain.chars().all(legal) || domain.split('.').any(str::is_empty) {
        return Err(Error::invalid("Domain contains illegal character"));
    }
    Ok(bare.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(raw: &str) -> String {
        check(raw.as_bytes()).map_or_else(|error| error.to_string(), |_| "taken".into())
    }

    #[test]
    fn headers_are_unfolded_and_found_in_any_case() {
        let raw = "From: Ada <ada@example.com>\r\nSubject: a\r\n long one\r\n\r\nSubject: not this";
        let headers = check(raw.as_bytes()).expect("well-formed");
        assert_eq!(headers.get("subject"), Some("a long one"));
        assert_eq!(headers.addresses(&["From"]), Ok(vec!["ada@example.com".into()]));
    }

    #[test]
    fn an_address_list_is_split_at_its_own_commas_only() {
        let raw = "From: a@x.org\nTo: \"Doe, \\\"J\" <j@x.org>, b@x.org (one, two)\nCc: c@x.org,\n\n";
        let headers = check(raw.as_bytes()).expect("well-formed");
        assert_eq!(split_list(headers.get("To").unwrap_or_default()).len(), 2);
        assert_eq!(headers.addresses(&["Cc", "Bcc"]), Ok(vec!["c@x.org".into()]));
    }

    #[test]
    fn what_is_not_a_message_is_refused() {
        assert_eq!(refusal("To: b@x.org\r\n\r\n"), "Missing required header 'From'.");
        assert_eq!(refusal("hello\r\n\r\n"), "Header line has no field name.");
        assert_eq!(refusal("From: a@x.org\r\n"), "taken");
        assert_eq!(refusal("From: a@x.org\nSubject: 1\nsubject: 2\n\n"), "Duplicate header 'Subject'.");
        assert_eq!(refusal("From: a@x.org\rBcc: b@x.org\n\n"), "Header contains a bare carriage return.");
        assert_eq!(refusal("From: a@x.org\n\n\0"), "Message contains a null byte.");
        assert_eq!(
            refusal(&format!("From: a@x.org\n\n{}", "x".repeat(999))),
            "A line is longer than 998 octets."
        );
        assert_eq!(refusal(&format!("From: a@x.org\r\n\r\n{}\r\n", "x".repeat(998))), "taken");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        assert_eq!(address("Ada <ada@example.com>"), Ok("ada@example.com".into()));
        for bad in
            ["", "ada", "@x.org", "a b@x.org", "a@x..org", "a@ex ample.org", "<a@x.org", "a@exаmple.com"]
        {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
