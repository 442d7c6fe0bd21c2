//! The time zones that a number may lie in, by its first digits.

use std::{collections::HashMap, sync::LazyLock};

use jiff::tz::TimeZone;

use super::Phone;

const TABLE: &str = include_str!("../../../data/phone/zones.txt");
/// The longest prefix of the table, and more.
const LONGEST: usize = 12;

static ZONES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter_map(|line| line.split_once(": "));
    lines.flat_map(|(zones, prefixes)| prefixes.split(' ').map(move |prefix| (prefix, zones))).collect()
});

impl Phone {
    /// Every zone that whoever has this number may live in: one for an area code, all of a country where the number does
    /// not tell. None of a number that belongs nowhere. A mobile telephone travels, which no table knows.
    pub fn zones(&self) -> Vec<TimeZone> {
        let digits = self.as_str().trim_start_matches('+');
        let mut prefixes = (1..=digits.len().min(LONGEST)).rev().filter_map(|length| digits.get(..length));
        let names = prefixes.find_map(|prefix| ZONES.get(prefix)).copied().unwrap_or_default();
        names.split(' ').filter_map(|name| TimeZone::get(name).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(number: &str) -> Vec<String> {
        let zones = Phone::parse(number).unwrap().zones();
        zones.iter().filter_map(|zone| zone.iana_name()).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_number_tells_its_zones() {
        assert_eq!(zones("+14155550123"), ["America/Los_Angeles"]);
        assert_eq!(zones("+12125550100"), ["America/New_York"]);
        assert_eq!(zones("+493012345678"), ["Europe/Berlin"]);
        assert!(zones("+18005550123").len() > 10, "toll-free: anywhere in North America");
        assert!(zones("+442071838750").contains(&"Europe/London".to_owned()));
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (names, _) = line.split_once(": ").unwrap();
            for name in names.split(' ') {
                assert!(TimeZone::get(name).is_ok(), "{name}");
            }
        }
    }
}
