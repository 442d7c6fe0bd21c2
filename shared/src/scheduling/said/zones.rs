//! The zone that is named: as the IANA calls it, or as people do.

use jiff::tz::{self, TimeZone};

/// What people say, in lower case, and the zone whose clock they mean: what stands first is looked for first.
const SAID: [(&str, &str); 38] = [
    ("eastern european", "Europe/Helsinki"),
    ("eet", "Europe/Helsinki"),
    ("eest", "Europe/Helsinki"),
    ("western european", "Europe/Lisbon"),
    ("australian eastern", "Australia/Sydney"),
    ("aest", "Australia/Sydney"),
    ("aedt", "Australia/Sydney"),
    ("jst", "Asia/Tokyo"),
    ("utc", "UTC"),
    ("gmt", "UTC"),
    ("eastern", "America/New_York"),
    ("est", "America/New_York"),
    ("edt", "America/New_York"),
    ("new york", "America/New_York"),
    ("central time", "America/Chicago"),
    ("cst", "America/Chicago"),
    ("cdt", "America/Chicago"),
    ("chicago", "America/Chicago"),
    ("mountain", "America/Denver"),
    ("mst", "America/Denver"),
    ("mdt", "America/Denver"),
    ("denver", "America/Denver"),
    ("pacific", "America/Los_Angeles"),
    ("pst", "America/Los_Angeles"),
    ("pdt", "America/Los_Angeles"),
    ("san francisco", "America/Los_Angeles"),
    ("london", "Europe/London"),
    ("bst", "Europe/London"),
    ("central european", "Europe/Berlin"),
    ("cet", "Europe/Berlin"),
    ("cest", "Europe/Berlin"),
    ("berlin", "Europe/Berlin"),
    ("paris", "Europe/Paris"),
    ("zurich", "Europe/Zurich"),
    ("india", "Asia/Kolkata"),
    ("singapore", "Asia/Singapore"),
    ("tokyo", "Asia/Tokyo"),
    ("sydney", "Australia/Sydney"),
];

/// Of India, Israel and Ireland; of the Atlantic and Arabia: their clocks are hours apart.
const AMBIGUOUS: [&str; 2] = ["ist", "ast"];
/// With these a clock is named that is a number of hours from Greenwich: `UTC+2`.
const GREENWICH: [&str; 2] = ["utc", "gmt"];

/// Why no zone is meant by what somebody calls one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoZone {
    Ambiguous,
    Unknown,
}

impl NoZone {
    /// For whoever named it, and what they do about it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Ambiguous => "several time zones are called so: ask for their city, and give that",
            Self::Unknown => {
                "there is no such time zone: give a city, or a name such as Europe/London, CET or Pacific time, or leave it out"
            }
        }
    }
}

/// The zone that is called so where one is asked for, and how the IANA calls it: `Europe/London`, `London`, `CET`, `UTC+2`.
pub fn zone_called(name: &str) -> Result<(String, TimeZone), NoZone> {
    let plain = plain(name);
    if AMBIGUOUS.contains(&plain.as_str()) {
        return Err(NoZone::Ambiguous);
    }
    let is_counted = name.contains(|c: char| c.is_ascii_digit());
    let found = match GREENWICH.iter().find(|clock| is_counted && plain.starts_with(**clock)) {
        Some(clock) => hours_from_greenwich(name.trim().get(clock.len()..).unwrap_or_default()),
        None => zone_named(name).or_else(|| known(name.trim())).or_else(|| in_city(&plain)),
    };
    found.ok_or(NoZone::Unknown)
}

/// The IANA calls most zones by a city; of several of one name, the shortest is the zone itself.
fn in_city(plain: &str) -> Option<(String, TimeZone)> {
    let is_meant = |name: &String| {
        name.rsplit_once('/').is_some_and(|(_, city)| city.replace(['_', '-'], " ").to_lowercase() == plain)
    };
    let names = tz::db().available().map(|name| name.as_str().to_owned()).filter(is_meant);
    known(&names.min_by_key(|name| (name.len(), name.clone()))?)
}

/// `+2` is the zone from which Greenwich is at -2, as in `Etc/GMT-2`. Of what is no whole number of hours there is none.
fn hours_from_greenwich(hours: &str) -> Option<(String, TimeZone)> {
    let hours = hours.trim();
    let hours: i8 = hours.strip_suffix(":00").unwrap_or(hours).parse().ok()?;
    known(&format!("Etc/GMT{:+}", hours.checked_neg()?))
}

fn known(name: &str) -> Option<(String, TimeZone)> {
    let zone = TimeZone::get(name).ok()?;
    Some((zone.iana_name()?.to_owned(), zone))
}

/// The zone that is named in what somebody says, and how the IANA calls it.
pub fn zone_named(said: &str) -> Option<(String, TimeZone)> {
    let iana = said
        .split(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .filter(|word| word.contains('/'))
        .find_map(known);
    if iana.is_some() {
        return iana;
    }
    let words = format!(" {} ", plain(said));
    SAID.iter().find(|(name, _)| words.contains(&format!(" {name} "))).and_then(|(_, zone)| known(zone))
}

/// Words in small letters, with a space between them.
fn plain(said: &str) -> String {
    let lower = said.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
