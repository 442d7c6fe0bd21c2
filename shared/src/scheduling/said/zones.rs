//! The zone that is named: as the IANA calls it, or as people do.

use jiff::tz::TimeZone;

/// What people say, in lower case, and the zone whose clock they mean.
const SAID: [(&str, &str); 31] = [
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
    ("ist", "Asia/Kolkata"),
    ("singapore", "Asia/Singapore"),
    ("tokyo", "Asia/Tokyo"),
    ("sydney", "Australia/Sydney"),
];

/// The zone that is named, and how the IANA calls it.
pub fn zone_named(said: &str) -> Option<(String, TimeZone)> {
    let of = |name: &str| {
        let zone = TimeZone::get(name).ok()?;
        Some((zone.iana_name()?.to_owned(), zone))
    };
    let iana = said
        .split(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .filter(|word| word.contains('/'))
        .find_map(of);
    if iana.is_some() {
        return iana;
    }
    let words: String =
        said.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    SAID.iter().find(|(name, _)| words.contains(&format!(" {name} "))).and_then(|(_, zone)| of(zone))
}
