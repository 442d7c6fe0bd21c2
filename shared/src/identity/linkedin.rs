//! `LinkedIn` profiles: the many addresses of one profile, made one.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::is_invisible;

/// A profile, by the slug of its public address: `dana-lee` of `https://www.linkedin.com/in/dana-lee`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkedIn(String);

/// What is wrong with a profile's address, without repeating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkedInError {
    #[error("the address is not one of linkedin.com")]
    Elsewhere,
    #[error("the address is not of a profile: linkedin.com/in/…")]
    NotAProfile,
    #[error("the profile's name has a character or a length that LinkedIn does not allow")]
    Slug,
}

/// The limits of `LinkedIn`. `in/me`, which shows each reader their own profile, is too short to pass.
const SLUG_CHARS: std::ops::RangeInclusive<usize> = 3..=100;

impl LinkedIn {
    /// Accepts `[http[s]://][www.|m.|<country>.]linkedin.com/in/<slug>[/…][?…][#…]`.
    pub fn parse(text: &str) -> Result<Self, LinkedInError> {
        let text = text.trim();
        let rest = strip_scheme(text);
        let (host, path) = rest.split_once('/').ok_or(LinkedInError::Elsewhere)?;
        if !is_linkedin(host) {
            return Err(LinkedInError::Elsewhere);
        }
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.split('/');
        if !segments.next().is_some_and(|first| first.eq_ignore_ascii_case("in")) {
            return Err(LinkedInError::NotAProfile);
        }
        let slug = segments.next().filter(|slug| !slug.is_empty()).ok_or(LinkedInError::NotAProfile)?;
        let slug = percent_decode_str(slug).decode_utf8().map_err(|_| LinkedInError::Slug)?;
        Self::from_slug(&slug)
    }

    fn from_slug(slug: &str) -> Result<Self, LinkedInError> {
        // A member's opaque id is a slug too, and the only one whose letter case counts.
        let slug = if slug.starts_with("ACoAA") { slug.to_owned() } else { slug.to_lowercase() };
        let allowed = |c: char| match c {
            '-' | '_' => true,
            _ if c.is_ascii() => c.is_ascii_alphanumeric(),
            _ => !(c.is_control() || c.is_whitespace() || is_invisible(c)),
        };
        let fits = SLUG_CHARS.contains(&slug.chars().count()) && slug.chars().all(allowed);
        if fits { Ok(Self(slug)) } else { Err(LinkedInError::Slug) }
    }

    pub fn slug(&self) -> &str {
        &self.0
    }

    /// `https://www.linkedin.com/in/dana-lee`
    pub fn url(&self) -> String {
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
        format!("https://www.linkedin.com/in/{}", utf8_percent_encode(&self.0, ENCODED))
    }
}

fn strip_scheme(text: &str) -> &str {
    ["https://", "http://"]
        .iter()
        .find_map(|scheme| {
            let (head, rest) = text.split_at_checked(scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then_some(rest)
        })
        .unwrap_or(text)
}

/// `linkedin.com` itself or under `www`, `m` or a country. A user name or a port makes it another host.
fn is_linkedin(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    match host.strip_suffix("linkedin.com") {
        Some("" | "www." | "m.") => true,
        Some(country) => {
            matches!(country.as_bytes(), [a, b, b'.'] if a.is_ascii_lowercase() && b.is_ascii_lowercase())
        }
        None => false,
    }
}

impl TryFrom<String> for LinkedIn {
    type Error = LinkedInError;

    fn try_from(slug: String) -> Result<Self, LinkedInError> {
        Self::from_slug(&slug)
    }
}

impl From<LinkedIn> for String {
    fn from(profile: LinkedIn) -> Self {
        profile.0
    }
}

/// Redacted. There is no `Display`, so that none gets printed by accident.
impl fmt::Debug for LinkedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkedIn(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_addresses_of_one_profile_are_one() {
        for text in [
            "https://www.linkedin.com/in/dana-lee",
            "http://linkedin.com/in/Dana-Lee/",
            "HTTPS://WWW.LinkedIn.com/IN/DANA-LEE?trk=x&utm=y#top",
            "linkedin.com/in/dana-lee",
            " de.linkedin.com/in/dana-lee/en ",
            "m.linkedin.com/in/dana%2Dlee",
            "https://uk.linkedin.com/in/dana-lee/details/experience/",
        ] {
            let profile = LinkedIn::parse(text).unwrap();
            assert_eq!(profile.slug(), "dana-lee", "{text}");
            assert_eq!(profile.url(), "https://www.linkedin.com/in/dana-lee");
        }
    }

    #[test]
    fn other_scripts_and_member_ids_are_kept() {
        for (text, slug, url) in [
            ("linkedin.com/in/Jos%C3%A9-R", "josé-r", "https://www.linkedin.com/in/jos%C3%A9-r"),
            ("linkedin.com/in/josé-r", "josé-r", "https://www.linkedin.com/in/jos%C3%A9-r"),
            ("linkedin.com/in/ACoAAB-xY_z", "ACoAAB-xY_z", "https://www.linkedin.com/in/ACoAAB-xY_z"),
        ] {
            let profile = LinkedIn::parse(text).unwrap();
            assert_eq!((profile.slug(), profile.url().as_str()), (slug, url), "{text}");
        }
        assert_ne!(LinkedIn::parse("linkedin.com/in/d\u{430}na"), LinkedIn::parse("linkedin.com/in/dana"));
    }

    #[test]
    fn everything_else_is_refused() {
        use LinkedInError::{Elsewhere, NotAProfile, Slug};
        let long = format!("linkedin.com/in/{}", "a".repeat(101));
        for (text, error) in [
            ("", Elsewhere),
            ("dana-lee", Elsewhere),
            ("https://linkedin.com", Elsewhere),
            ("https://example.com/in/dana-lee", Elsewhere),
            ("https://evil-linkedin.com/in/dana-lee", Elsewhere),
            ("https://linkedin.com.evil.example/in/dana-lee", Elsewhere),
            ("https://linkedin.com@evil.example/in/dana-lee", Elsewhere),
            ("https://evil@linkedin.com/in/dana-lee", Elsewhere),
            ("https://linkedin.com:8443/in/dana-lee", Elsewhere),
            ("https://evil.de.linkedin.com/in/dana-lee", Elsewhere),
            ("https://evil.example\\.linkedin.com/in/dana-lee", Elsewhere),
            ("ftp://linkedin.com/in/dana-lee", Elsewhere),
            ("javascript:alert(1)//linkedin.com/in/dana-lee", Elsewhere),
            ("https://lіnkedin.com/in/dana-lee", Elsewhere),
            ("linkedin.com/company/northgate", NotAProfile),
            ("linkedin.com/in/", NotAProfile),
            ("linkedin.com/in//dana-lee", NotAProfile),
            ("linkedin.com/../in/dana-lee", NotAProfile),
            ("linkedin.com/in/me", Slug),
            ("linkedin.com/in/..%2Fadmin", Slug),
            ("linkedin.com/in/dana%00lee", Slug),
            ("linkedin.com/in/dana%252Dlee", Slug),
            ("linkedin.com/in/dana lee", Slug),
            ("linkedin.com/in/dana%E2%80%AElee", Slug),
            ("linkedin.com/in/dana%FF", Slug),
            (&long, Slug),
        ] {
            assert_eq!(LinkedIn::parse(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_url_leads_back(slug in "[\\w-]{3,20}") {
            if let Ok(profile) = LinkedIn::parse(&format!("linkedin.com/in/{slug}")) {
                prop_assert_eq!(&LinkedIn::parse(&profile.url()).unwrap(), &profile);
                let json = serde_json::to_string(&profile).unwrap();
                prop_assert_eq!(serde_json::from_str::<LinkedIn>(&json).unwrap(), profile);
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in any::<String>()) {
            prop_assert!(LinkedIn::parse(&text).is_err() || text.contains('/'));
            let slug = LinkedIn::parse(&format!("linkedin.com/in/{text}"));
            prop_assert!(slug.map_or(true, |profile| !profile.slug().contains(['/', '%', '.', ' '])));
        }
    }
}
