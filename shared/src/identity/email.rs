//! E-mail addresses: one plain address, its domain in ASCII.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_invisible;
use crate::spelled;

/// An address such as `Dana.Lee@northgate.example`: the local part as it was written, the domain in
/// lower-case ASCII (UTS #46).
///
/// Two addresses that differ in letter case only are equal: no mail system in use tells them apart.
/// `dana+jobs@` and `dana@` are two identities.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// What is wrong with an address, without repeating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("an e-mail address is name@domain")]
    NotAnAddress,
    #[error("give one e-mail address only")]
    Several,
    #[error("the e-mail address is too long")]
    TooLong,
    #[error("the e-mail address has a space or an unseen character")]
    Unseen,
    #[error("the part before the @ has a character that we cannot send to, or a misplaced dot")]
    Local,
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// RFC 5321 §4.5.3.1, with the two brackets of a path taken off.
const MAX_ADDRESS: usize = 254;
const MAX_LOCAL: usize = 64;

impl Email {
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.chars().count() > MAX_ADDRESS {
            return Err(EmailError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || is_invisible(c)) {
            return Err(EmailError::Unseen);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::NotAnAddress)?;
        if local.is_empty() || domain.is_empty() {
            return Err(EmailError::NotAnAddress);
        }
        if domain.contains('@') {
            return Err(EmailError::Several);
        }
        check_local(local)?;
        let address = format!("{local}@{}", ascii_domain(domain)?);
        if address.len() > MAX_ADDRESS { Err(EmailError::TooLong) } else { Ok(Self(address)) }
    }

    /// Reads an address as it is said: `dana at northgate dot example`, letters one by one or not.
    ///
    /// Number words stay words, since `capital one` is a name: digits have to come as digits.
    pub fn from_spoken(text: &str) -> Result<Self, EmailError> {
        Self::parse(&spelled::written(text))
    }

    /// What mail is sent to.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// What identifies the mailbox.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }
}

/// A dot-atom of RFC 5322: no quotes, no comments, and no Unicode, which our mail service cannot send.
fn check_local(local: &str) -> Result<(), EmailError> {
    if local.len() > MAX_LOCAL {
        return Err(EmailError::TooLong);
    }
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
    let is_dot_atom = local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    if is_dot_atom { Ok(()) } else { Err(EmailError::Local) }
}

/// A name of at least two labels under a top-level name that is a word: no IP address, no `localhost`.
fn ascii_domain(domain: &str) -> Result<String, EmailError> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| EmailError::Domain)?;
    let (_, top) = ascii.rsplit_once('.').ok_or(EmailError::Domain)?;
    let is_word = top.len() > 1 && top.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_word { Ok(ascii.into_owned()) } else { Err(EmailError::Domain) }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Redacted. There is no `Display`, so that none gets printed by accident.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_kept_for_sending_and_folded_for_identity() {
        for (text, address, key) in [
            ("dana@northgate.example", "dana@northgate.example", "dana@northgate.example"),
            ("Dana.Lee@NorthGate.Example", "Dana.Lee@northgate.example", "dana.lee@northgate.example"),
            ("dana+jobs@northgate.example", "dana+jobs@northgate.example", "dana+jobs@northgate.example"),
            ("o'neil_{x}@a-b.example", "o'neil_{x}@a-b.example", "o'neil_{x}@a-b.example"),
            ("a@b.co", "a@b.co", "a@b.co"),
            ("a@r3---sn.example.com", "a@r3---sn.example.com", "a@r3---sn.example.com"),
            ("a@bücher.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@BÜCHER.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@faß.example", "a@xn--fa-hia.example", "a@xn--fa-hia.example"),
            ("a@ｅｘａｍｐｌｅ．ｃｏｍ", "a@example.com", "a@example.com"),
            ("a@例え。テスト", "a@xn--r8jz45g.xn--zckzah", "a@xn--r8jz45g.xn--zckzah"),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!((email.address(), email.key().as_str()), (address, key), "{text}");
            assert_eq!(address.split_once('@').unwrap().1, email.domain());
        }
    }

    #[test]
    fn everything_else_is_refused() {
        use EmailError::{Domain, Local, NotAnAddress, Several, TooLong, Unseen};
        let long = format!("a@{}.example", "b".repeat(400));
        let long_local = format!("{}@b.example", "a".repeat(65));
        let long_label = format!("a@{}.example", "b".repeat(64));
        let labels = format!("{}@{}example", "a".repeat(64), "bbb.".repeat(46));
        let long_in_ascii = format!("{}@{}example", "a".repeat(64), "一丁七万丈三上下不与.".repeat(11));
        for (text, error) in [
            ("", NotAnAddress),
            ("dana", NotAnAddress),
            ("@b.example", NotAnAddress),
            ("a@", NotAnAddress),
            ("a@b.example\r\nBcc:c@d.example", Unseen),
            ("a@b.example\n", Unseen),
            ("a\0@b.example", Unseen),
            (" a@b.example", Unseen),
            ("a b@c.example", Unseen),
            ("a@exam\u{200B}ple.com", Unseen),
            ("\u{202E}a@b.example", Unseen),
            ("a@b.example,c@d.example", Several),
            ("a@b.example;c@d.example", Several),
            ("a@b@c.example", Several),
            ("Dana<a@b.example>", Local),
            ("\"a\"@b.example", Local),
            ("a,b@c.example", Local),
            (".a@b.example", Local),
            ("a.@b.example", Local),
            ("a..b@c.example", Local),
            ("dаna@b.example", Local),
            ("a@b.example,", Domain),
            ("a@<b.example>", Domain),
            ("a@localhost", Domain),
            ("a@.b.example", Domain),
            ("a@b.example.", Domain),
            ("a@b..example", Domain),
            ("a@-b.example", Domain),
            ("a@b-.example", Domain),
            ("a@b_c.example", Domain),
            ("a@127.0.0.1", Domain),
            ("a@127.0.0.12", Domain),
            ("a@2130706433", Domain),
            ("a@[127.0.0.1]", Domain),
            ("a@[IPv6:::1]", Domain),
            ("a@b.c", Domain),
            ("a@b.example:25", Domain),
            ("a@b%00.example", Domain),
            ("a@xn--a.example", Domain),
            (&long, TooLong),
            (&long_local, TooLong),
            (&labels, TooLong),
            (&long_label, Domain),
            (&long_in_ascii, TooLong),
        ] {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_look_alike_is_another_mailbox() {
        let cyrillic = Email::parse("a@ex\u{430}mple.com").unwrap();
        assert_ne!(cyrillic, Email::parse("a@example.com").unwrap());
        assert_eq!(cyrillic.address(), "a@xn--exmple-4nf.com");
        assert_ne!(Email::parse("a+b@c.example"), Email::parse("a@c.example"));
        let folded: HashSet<_> =
            ["A@C.example", "a@c.EXAMPLE"].map(Email::parse).into_iter().flatten().collect();
        assert_eq!(folded.len(), 1);
    }

    #[test]
    fn an_address_is_read_as_it_is_said() {
        for (said, address) in [
            ("dana at northgate dot example", Ok("dana@northgate.example")),
            ("Dana dot Lee at NorthGate dot Example.", Ok("dana.lee@northgate.example")),
            ("d, a, n, a, at north gate dot example", Ok("dana@northgate.example")),
            ("dana underscore lee plus jobs at a dash b dot co", Ok("dana_lee+jobs@a-b.co")),
            ("dana 42 at capital one dot example", Ok("dana42@capitalone.example")),
            ("dana@northgate.example", Ok("dana@northgate.example")),
            ("dana@northgate dot example", Ok("dana@northgate.example")),
            ("matt at at and t dot com", Err(EmailError::Several)),
            ("dana dot example", Err(EmailError::NotAnAddress)),
            ("", Err(EmailError::NotAnAddress)),
        ] {
            let heard = Email::from_spoken(said);
            assert_eq!(heard.as_ref().map(Email::address), address.as_ref().copied(), "{said}");
        }
    }

    #[test]
    fn it_is_stored_as_text_and_not_printed() {
        let email = Email::parse("Dana@northgate.example").unwrap();
        assert_eq!(format!("{email:?}"), "Email(…)");
        let json = serde_json::to_string(&email).unwrap();
        assert_eq!(json, r#""Dana@northgate.example""#);
        assert_eq!(serde_json::from_str::<Email>(&json).unwrap().address(), email.address());
        let refused = serde_json::from_str::<Email>(r#""dana""#).unwrap_err().to_string();
        assert!(!refused.contains("dana"), "{refused}");
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent(text in "\\PC{0,8}@\\PC{1,10}\\.\\PC{2,5}|[a-zA-Z.+]{1,6}@[a-zäß-]{1,8}\\.com") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.address().is_ascii());
                let again = Email::parse(email.address()).unwrap();
                prop_assert_eq!(again.address(), email.address());
                prop_assert_eq!(Email::parse(&email.key()).unwrap(), email);
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in any::<String>()) {
            prop_assert!(Email::parse(&text).is_err() || text.contains('@'));
            prop_assert!(Email::from_spoken(&text).is_err() || text.contains(['.', 'd', 'p']));
        }
    }
}
