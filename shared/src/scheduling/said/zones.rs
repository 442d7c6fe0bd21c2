//! The zone that is named: as the IANA calls it, or as people do.

use std::sync::LazyLock;

use jiff::tz::{self, TimeZone};
use regex::Regex;

/// What people say, in lower case, and the zone whose clock they mean: what stands first is looked for first.
const SAID: [(&str, &str); 51] = [
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
    ("mez", "Europe/Berlin"),
    ("mesz", "Europe/Berlin"),
    ("india", "Asia/Kolkata"),
    ("indian", "Asia/Kolkata"),
    ("mumbai", "Asia/Kolkata"),
    ("delhi", "Asia/Kolkata"),
    ("bangalore", "Asia/Kolkata"),
    ("israel", "Asia/Jerusalem"),
    ("tel aviv", "Asia/Jerusalem"),
    ("ireland", "Europe/Dublin"),
    ("irish", "Europe/Dublin"),
    ("atlantic time", "America/Halifax"),
    ("arabia", "Asia/Riyadh"),
    ("boston", "America/New_York"),
    ("seattle", "America/Los_Angeles"),
    ("singapore", "Asia/Singapore"),
    ("tokyo", "Asia/Tokyo"),
    ("sydney", "Australia/Sydney"),
];

/// What only capital letters or a time before it make a zone: "3 pm PT". In small letters "est" is French.
const AFTER_A_TIME: [(&str, &str); 5] = [
    ("est", EASTERN),
    ("et", EASTERN),
    ("ct", "America/Chicago"),
    ("mt", "America/Denver"),
    ("pt", "America/Los_Angeles"),
];

const EASTERN: &str = "America/New_York";

/// What several clocks are called that are hours apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared {
    name: &'static str,
    zones: &'static [&'static str],
    why: &'static str,
}

const SHARED: [Shared; 2] = [
    Shared {
        name: "IST",
        zones: &["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"],
        why: "IST is the clock of India, of Israel and of Ireland: the city that is meant has to be named",
    },
    Shared {
        name: "AST",
        zones: &["America/Halifax", "Asia/Riyadh"],
        why: "AST is the clock of Atlantic Canada and of Arabia: the city that is meant has to be named",
    },
];

struct Patterns {
    /// A short name behind a time: in small letters it is a word, unless "am" or "pm" stands before it.
    short: Regex,
    counted: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let half = r"a\.?m\.?|p\.?m\.?";
    let names = "IST|AST|EST|ET|CT|MT|PT";
    let marked = format!(r"\d\s*(?i:{half}|uhr|h|hrs|hours|o'?clock)|\d|\b(?i:noon|midday)");
    let small = format!(r"(?i:(?:\d\s*(?:{half})|\bnoon|\bmidday)\s*\(?({names})\b)|:\d\d\s*\(?(est)\b");
    let short = format!(r"(?:{marked})\s*\(?({names})\b|{small}");
    Some(Patterns {
        short: Regex::new(&short).ok()?,
        counted: Regex::new(r"(?i)\b(?:utc|gmt)\s?[+−-]\d{1,2}(?::?\d{2})?\b").ok()?,
    })
});

/// With these a clock is named that is a number of hours from Greenwich: `UTC+2`.
const GREENWICH: [&str; 2] = ["utc", "gmt"];

/// Why no zone is meant by what somebody calls one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoZone {
    Ambiguous(&'static Shared),
    Unknown,
}

impl NoZone {
    /// For whoever named it, and what they do about it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Ambiguous(shared) => shared.why,
            Self::Unknown => {
                "there is no such time zone: give a city, or a name such as Europe/London, CET or Pacific time, or leave it out"
            }
        }
    }

    /// What they called it.
    pub fn called(self) -> &'static str {
        match self {
            Self::Ambiguous(shared) => shared.name,
            Self::Unknown => "",
        }
    }
}

/// The zone that is called so where one is asked for, and how the IANA calls it: `Europe/London`, `London`, `CET`, `UTC+2`.
/// What several are called is that of whoever lives in one of them.
pub fn zone_called(name: &str, lives_in: Option<&str>) -> Result<(String, TimeZone), NoZone> {
    let plain = plain(name);
    if let Some(shared) = shared(&plain) {
        return of_shared(shared, lives_in);
    }
    let is_counted = name.contains(|c: char| c.is_ascii_digit());
    let found = match GREENWICH.iter().find(|clock| is_counted && plain.starts_with(**clock)) {
        Some(clock) => hours_from_greenwich(name.trim().get(clock.len()..).unwrap_or_default()),
        None => zone_named(name)
            .or_else(|| after_a_time(&plain))
            .or_else(|| known(name.trim()))
            .or_else(|| in_city(&plain)),
    };
    found.ok_or(NoZone::Unknown)
}

/// The zone on whose clock a time is said: "4 pm IST", "10 Uhr MEZ", "15:00 UTC+2".
pub fn zone_said(said: &str, lives_in: Option<&str>) -> Result<Option<(String, TimeZone)>, NoZone> {
    let Some(patterns) = PATTERNS.as_ref() else { return Ok(zone_named(said)) };
    if let Some(counted) = patterns.counted.find(said) {
        return zone_called(&counted.as_str().replace('−', "-"), None).map(Some);
    }
    if let Some(named) = zone_named(said).or_else(|| time_of_a_city(said)) {
        return Ok(Some(named));
    }
    let Some(found) = patterns.short.captures(said) else { return Ok(None) };
    let name = found.iter().skip(1).flatten().next();
    let name = name.map(|name| name.as_str().to_lowercase()).unwrap_or_default();
    match shared(&name) {
        Some(shared) => of_shared(shared, lives_in).map(Some),
        None => Ok(after_a_time(&name)),
    }
}

/// Each clause is looked for among all cities, and who says more says more than where they are.
const MAX_CLAUSES: usize = 12;

/// The zone of the place where somebody says that they are: "Lisbon", "I am in Lisbon".
pub fn zone_of_place(said: &str) -> Option<(String, TimeZone)> {
    let clauses = said.split([',', '.', '!', '?', ';']).map(plain).filter(|clause| !clause.is_empty());
    let mut places = clauses.take(MAX_CLAUSES).filter_map(|clause| {
        let place = ["in ", "from "].iter().find_map(|lead| {
            clause.strip_prefix(lead).or_else(|| Some(clause.rsplit_once(&format!(" {lead}"))?.1))
        });
        let place = place.unwrap_or(&clause);
        in_city(place.strip_suffix(" time").unwrap_or(place)).filter(lies_on_a_continent)
    });
    zone_named(said).or_else(|| after_a_time(&plain(said))).or_else(|| places.next())
}

/// "4 pm Kolkata time", "noon Mexico City time".
fn time_of_a_city(said: &str) -> Option<(String, TimeZone)> {
    const LONGEST: usize = 3;
    let said = plain(said);
    let words: Vec<&str> = said.split_whitespace().collect();
    let times = (0..words.len()).filter(|at| words.get(*at) == Some(&"time")).take(MAX_CLAUSES);
    let names = times
        .flat_map(|at| (1..=LONGEST).rev().filter_map(move |long| Some(at.checked_sub(long)?..at)))
        .filter_map(|name| Some(words.get(name)?.join(" ")));
    names.filter_map(|name| in_city(&name)).find(lies_on_a_continent)
}

/// "In general" is nowhere, though Mexico has a zone that is called so.
fn lies_on_a_continent((name, _): &(String, TimeZone)) -> bool {
    const CONTINENTS: [&str; 8] =
        ["Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    name.split_once('/').is_some_and(|(continent, _)| CONTINENTS.contains(&continent))
}

fn shared(name: &str) -> Option<&'static Shared> {
    SHARED.iter().find(|shared| shared.name.eq_ignore_ascii_case(name))
}

fn of_shared(shared: &'static Shared, lives_in: Option<&str>) -> Result<(String, TimeZone), NoZone> {
    let own = lives_in.filter(|zone| shared.zones.contains(zone)).and_then(known);
    own.ok_or(NoZone::Ambiguous(shared))
}

fn after_a_time(name: &str) -> Option<(String, TimeZone)> {
    AFTER_A_TIME.iter().find(|(short, _)| *short == name).and_then(|(_, zone)| known(zone))
}

/// The IANA calls most zones by a city; of several of one name, the shortest is the zone itself.
fn in_city(plain: &str) -> Option<(String, TimeZone)> {
    let is_meant = |name: &String| {
        name.rsplit_once('/').is_some_and(|(_, city)| city.replace(['_', '-'], " ").to_lowercase() == plain)
    };
    let names = tz::db().available().map(|name| name.as_str().to_owned()).filter(is_meant);
    known(&names.min_by_key(|name| (name.len(), name.clone()))?)
}

/// Whose clock is no whole number of hours from Greenwich, all year.
const BETWEEN_HOURS: [(i8, &str, &str); 6] = [
    (3, "30", "Asia/Tehran"),
    (4, "30", "Asia/Kabul"),
    (5, "30", "Asia/Kolkata"),
    (5, "45", "Asia/Kathmandu"),
    (6, "30", "Asia/Yangon"),
    (9, "30", "Australia/Darwin"),
];

/// `+2` is the zone from which Greenwich is at -2, as in `Etc/GMT-2`; `+5:30` and `+0530` are India's.
fn hours_from_greenwich(said: &str) -> Option<(String, TimeZone)> {
    let digits = said.trim().replace(':', "");
    let minutes_at = digits.len().checked_sub(2).filter(|at| *at > 1);
    let (hours, minutes) =
        minutes_at.and_then(|at| digits.split_at_checked(at)).unwrap_or((digits.as_str(), "00"));
    let hours: i8 = hours.parse().ok()?;
    if minutes == "00" {
        return known(&format!("Etc/GMT{:+}", hours.checked_neg()?));
    }
    BETWEEN_HOURS.iter().find(|zone| (zone.0, zone.1) == (hours, minutes)).and_then(|zone| known(zone.2))
}

fn known(name: &str) -> Option<(String, TimeZone)> {
    let zone = TimeZone::get(name).ok()?;
    Some((zone.iana_name()?.to_owned(), zone))
}

/// The zone that is named in what somebody says, and how the IANA calls it.
pub(super) fn zone_named(said: &str) -> Option<(String, TimeZone)> {
    let iana = said
        .split(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c)))
        .filter(|word| word.contains('/'))
        .find_map(known);
    if iana.is_some() {
        return iana;
    }
    if said.split(|c: char| !c.is_alphanumeric()).any(|word| word == "EST") {
        return known(EASTERN);
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
