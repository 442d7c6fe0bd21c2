//! Prints what the twin makes of some thousands of phone numbers, for `tests/peers/phonenumbers.py`.
//!
//! A line is `input<TAB>home<TAB>result`. Home is a region for [`Phone::normalise`], or `-` for
//! [`Phone::parse`]. The result is `<E.164> <region> ordinary|premium`, or `-` when it is refused.

use std::collections::BTreeSet;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};
use twin::identity::{Phone, Region};

const TYPES: [PhoneNumberType; 11] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::FixedLineOrMobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

/// Where libraries are known to disagree, or where a careless one says yes.
const EDGES: &[(&str, &str)] = &[
    ("+266696687", "-"),
    ("+86282452253", "-"),
    ("+7378742833", "-"),
    ("+17378742833", "-"),
    ("+8656696", "-"),
    ("+8566696687", "-"),
    ("+2562533", "-"),
    ("+464", "-"),
    ("+811045000", "-"),
    ("+10000000000", "-"),
    ("+12129761234", "-"),
    ("+18765550123", "-"),
    ("+13105550123", "-"),
    ("+16135550123", "-"),
    ("+5215512345678", "-"),
    ("+525512345678", "-"),
    ("+5491123456789", "-"),
    ("+541123456789", "-"),
    ("+541115123456789", "-"),
    ("+390612345678", "-"),
    ("+39612345678", "-"),
    ("+3778123456789", "-"),
    ("+77012345678", "-"),
    ("+73012345678", "-"),
    ("+4402071838750", "-"),
    ("+441481256789", "-"),
    ("+447911123456", "-"),
    ("+2250123456789", "-"),
    ("+22501234567", "-"),
    ("+290", "-"),
    ("+6831234", "-"),
    ("+999123456789", "-"),
    ("+1415TOPMUSI", "-"),
    ("+14155550123;ext=12", "-"),
    ("+١٤١٥٥٥٥٠١٢٣", "-"),
    ("＋14155550123", "-"),
    ("+1 415 555 0123", "-"),
    ("+1-415-TOP-MUSI", "US"),
    ("+44 (0) 1632 960001", "GB"),
    ("(0)20 7183 8750", "GB"),
    ("+44 020 7183 8750", "US"),
    ("٠١٢٣٤٥٦٧٨٩", "EG"),
    ("(415) 555-0123 x12", "US"),
    ("011 44 20 7183 8750", "US"),
    ("00 44 20 7183 8750", "DE"),
    ("8~10 44 20 7183 8750", "RU"),
    ("0011 44 20 7183 8750", "AU"),
    ("911", "US"),
    ("112", "DE"),
    ("555-0123", "US"),
    ("1 415 555 0123", "US"),
    ("44 20 7183 8750", "GB"),
    ("44 20 7183 8750", "US"),
    ("011 15 2345 6789", "AR"),
    ("0 15 11 2345 6789", "BR"),
    ("044 55 1234 5678", "MX"),
    ("8 (495) 123-45-67", "RU"),
    ("06 1234 5678", "IT"),
    ("+44\u{A0}20\u{2011}7183\u{2013}8750", "US"),
    ("(876) 555-0123", "US"),
];

fn main() {
    let mut rows: BTreeSet<(String, String)> =
        EDGES.iter().map(|&(text, home)| (text.to_owned(), home.to_owned())).collect();
    let mut regions: Vec<Region> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_unstable();
    for region in regions {
        for number in TYPES
            .iter()
            .filter_map(|&kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok())
        {
            rows.extend(variants(&number, region));
        }
    }
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        if let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code) {
            rows.extend(variants(&number, Region::US));
        }
    }
    for (text, home) in rows {
        println!("{text}\t{home}\t{}", result(&text, &home));
    }
}

/// The number as it is, as people write it, and slightly wrong.
fn variants(number: &PhoneNumber, home: Region) -> Vec<(String, String)> {
    let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
    let code = number.country_code.to_string();
    let national = e164[1 + code.len()..].to_owned();
    let (middle, end) = (e164.len() / 2, e164.len() - 1);
    let strict = [
        e164.clone(),
        e164[..end].to_owned(),
        format!("{e164}0"),
        format!("+{code}0{national}"),
        format!("+{code}1{national}"),
        turned(&e164, end),
        turned(&e164, middle),
    ];
    let written = [
        national,
        format!("00{}", &e164[1..]),
        e164[1..].to_owned(),
        number.format_as(PhoneNumberFormat::National).into_owned(),
        number.format_as(PhoneNumberFormat::International).into_owned(),
    ];
    strict
        .into_iter()
        .map(|text| (text, "-".to_owned()))
        .chain(written.into_iter().map(|text| (text, home.to_string())))
        .collect()
}

/// The number with the digit at `at` turned by five.
fn turned(e164: &str, at: usize) -> String {
    let turn = |(i, c): (usize, char)| match c.to_digit(10) {
        Some(digit) if i == at => char::from_digit((digit + 5) % 10, 10).unwrap_or(c),
        _ => c,
    };
    e164.char_indices().map(turn).collect()
}

fn result(text: &str, home: &str) -> String {
    let phone = match home.parse() {
        Ok(region) => Phone::normalise(text, region),
        Err(_) => Phone::parse(text),
    };
    let Ok(phone) = phone else { return "-".into() };
    let region = phone.region().map_or_else(String::new, |region| region.to_string());
    let cost = if phone.is_premium() { "premium" } else { "ordinary" };
    format!("{} {region} {cost}", phone.as_str())
}
