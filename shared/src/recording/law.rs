//! What the law asks for before a call is recorded, by where the numbers in it belong. A number is a hint of a place, so
//! what is not listed is taken for the stricter.
//!
//! Sources: 18 U.S.C. 2511(2)(d) with the states' own laws as the Reporters Committee lists them
//! (<https://www.rcfp.org/reporters-recording-guide/>); Regulation (EU) 2016/679, art. 6, for the European countries.

use super::Policy;
use crate::identity::{Phone, Region};

/// Where it is enough that one side knows: it is announced all the same.
const ONE_SIDE: [Region; 5] = [Region::US, Region::NZ, Region::JP, Region::HK, Region::IN];

/// Area codes of the states in which all sides have to agree.
const ALL_SIDES: [(&str, &[&str]); 12] = [
    (
        "California",
        &[
            "209", "213", "279", "310", "323", "341", "350", "357", "369", "408", "415", "424", "442", "510",
            "530", "559", "562", "619", "626", "628", "650", "657", "661", "669", "707", "714", "738", "747",
            "760", "805", "818", "820", "831", "837", "840", "858", "909", "916", "925", "949", "951",
        ],
    ),
    ("Connecticut", &["203", "475", "860", "959"]),
    ("Delaware", &["302"]),
    (
        "Florida",
        &[
            "239", "305", "321", "324", "352", "386", "407", "448", "561", "645", "656", "689", "727", "728",
            "754", "772", "786", "813", "850", "863", "904", "941", "954",
        ],
    ),
    (
        "Illinois",
        &[
            "217", "224", "309", "312", "331", "447", "464", "618", "630", "708", "730", "773", "779", "815",
            "847", "861", "872",
        ],
    ),
    ("Maryland", &["227", "240", "301", "410", "443", "667"]),
    ("Massachusetts", &["339", "351", "413", "508", "617", "774", "781", "857", "978"]),
    (
        "Michigan",
        &["231", "248", "269", "313", "517", "586", "616", "679", "734", "810", "906", "947", "989"],
    ),
    ("Montana and New Hampshire", &["406", "603"]),
    ("Nevada", &["702", "725", "775"]),
    (
        "Pennsylvania",
        &[
            "215", "223", "267", "272", "412", "445", "484", "570", "582", "610", "717", "724", "814", "835",
            "878",
        ],
    ),
    ("Washington", &["206", "253", "360", "425", "509", "564"]),
];

/// Numbers of no place, all of North America's.
const NOWHERE: [&str; 17] = [
    "500", "521", "522", "533", "544", "566", "577", "588", "600", "700", "800", "833", "844", "855", "866",
    "877", "888",
];

/// What is asked of whoever records a call in which this number is; the more of them, the stricter.
pub fn law(number: Option<&Phone>) -> Policy {
    let Some(number) = number else { return Policy::Ask };
    match number.region() {
        // Nobody knows under which law they are.
        None | Some(Region::World) => Policy::Off,
        Some(region) if ONE_SIDE.contains(&region) && !all_sides(number) => Policy::Announce,
        Some(_) => Policy::Ask,
    }
}

fn all_sides(number: &Phone) -> bool {
    let Some(area) = number.as_str().strip_prefix("+1").and_then(|national| national.get(..3)) else {
        return false;
    };
    NOWHERE.contains(&area) || ALL_SIDES.iter().any(|(_, areas)| areas.contains(&area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_agree() {
        for (number, expected) in [
            (Some("+12125550100"), Policy::Announce),
            (Some("+15125550100"), Policy::Announce),
            (Some("+14155550100"), Policy::Ask),
            (Some("+12065550100"), Policy::Ask),
            (Some("+16175550100"), Policy::Ask),
            (Some("+13055550100"), Policy::Ask),
            // Anybody anywhere answers them.
            (Some("+18005550199"), Policy::Ask),
            // Canada shares +1, and nothing else.
            (Some("+14165550100"), Policy::Ask),
            (Some("+442071838750"), Policy::Ask),
            (Some("+4930123456"), Policy::Ask),
            (Some("+81312345678"), Policy::Announce),
            (Some("+870773111632"), Policy::Off),
            (None, Policy::Ask),
        ] {
            let phone = number.map(|number| Phone::parse(number).unwrap());
            assert_eq!(law(phone.as_ref()), expected, "{number:?}");
        }
    }

    #[test]
    fn the_stricter_place_holds() {
        let [york, california] = ["+12125550100", "+14155550100"].map(|number| Phone::parse(number).unwrap());
        for (wanted, other, expected) in [
            (Policy::Announce, Some(&york), Policy::Announce),
            (Policy::Announce, Some(&california), Policy::Ask),
            (Policy::Announce, None, Policy::Ask),
            (Policy::Ask, Some(&york), Policy::Ask),
            (Policy::Off, Some(&york), Policy::Off),
        ] {
            for numbers in [[Some(&york), other], [other, Some(&york)]] {
                assert_eq!(wanted.among(numbers), expected, "{numbers:?}");
            }
        }
    }

    #[test]
    fn an_area_is_in_one_state() {
        let mut areas: Vec<&str> = ALL_SIDES.iter().flat_map(|(_, areas)| areas.iter().copied()).collect();
        areas.extend(NOWHERE);
        let all = areas.len();
        areas.sort_unstable();
        areas.dedup();
        assert_eq!(areas.len(), all);
    }
}
