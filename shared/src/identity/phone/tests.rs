use proptest::prelude::*;

use super::{
    PhoneError::{
        Character, Empty, Extension, ForeignDigits, Letters, NotInternational, Placeholder, TooLong,
        TooShort, TrunkZero, Unassigned, UnknownCountry,
    },
    *,
};

fn phone(text: &str) -> Phone {
    Phone::parse(text).unwrap()
}

#[test]
fn e164_is_the_only_strict_form() {
    for good in ["+14155550123", "+442071838750", "+390612345678", "+5491123456789", "+882161234567"] {
        assert_eq!(Phone::parse(good).as_ref().map(Phone::as_str), Ok(good));
    }
    for (text, error) in [
        ("", Empty),
        ("14155550123", NotInternational),
        ("(415) 555-0123", NotInternational),
        (" +14155550123", NotInternational),
        ("tel:+14155550123", NotInternational),
        ("＋14155550123", NotInternational),
        ("+1 415 555 0123", Character),
        ("+1415555012\n", Character),
        ("+1415555012\0", Character),
        ("++14155550123", Character),
        ("+1415TOPMUSI", Letters),
        ("+14155550123x12", Extension),
        ("+14155550123;ext=12", Extension),
        ("+١٤١٥٥٥٥٠١٢٣", ForeignDigits),
        ("+1415555012³", ForeignDigits),
        ("+", TooShort),
        ("+911", TooShort),
        ("+1415555", TooShort),
        ("+141555501234", TooLong),
        ("+1234567890123456", TooLong),
        ("+4402071838750", TrunkZero),
        ("+11155550123", Unassigned),
        ("+4416321", TooShort),
        ("+9991234567", UnknownCountry),
        ("+0014155550123", UnknownCountry),
    ] {
        assert_eq!(Phone::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn ordinary_writing_is_normalised() {
    for (text, home, e164) in [
        ("(415) 555-0123", Region::US, "+14155550123"),
        ("1-415-555-0123", Region::US, "+14155550123"),
        ("415.555.0123", Region::CA, "+14155550123"),
        ("+1 (415) 555-0123", Region::GB, "+14155550123"),
        ("(+44) 20 7183 8750", Region::US, "+442071838750"),
        ("+44 20 7183 8750", Region::US, "+442071838750"),
        ("+44\u{A0}20\u{2011}7183\u{2013}8750", Region::US, "+442071838750"),
        (" 020 7183 8750 ", Region::GB, "+442071838750"),
        ("011 44 20 7183 8750", Region::US, "+442071838750"),
        ("030/123456", Region::DE, "+4930123456"),
        ("06 1234 5678", Region::IT, "+390612345678"),
        ("01 23 45 67 89", Region::FR, "+33123456789"),
        ("(876) 555-0123", Region::US, "+18765550123"),
    ] {
        assert_eq!(Phone::normalise(text, home).as_ref().map(Phone::as_str), Ok(e164), "{text:?}");
    }
    let long = "4".repeat(65);
    for (text, home, error) in [
        ("", Region::US, Empty),
        (" +-() ", Region::US, Empty),
        ("+1-415-TOP-MUSI", Region::US, Letters),
        ("1-800-FLOWERS", Region::US, Letters),
        ("tel:+14155550123", Region::US, Letters),
        ("+44 (0) 1632 960001", Region::US, TrunkZero),
        ("+44 (0)20 7183 8750", Region::US, TrunkZero),
        ("+44 ( 0 ) 20 7183 8750", Region::US, TrunkZero),
        ("+44 020 7183 8750", Region::US, TrunkZero),
        ("(0)20 7183 8750", Region::GB, TrunkZero),
        ("٠١٢٣٤٥٦٧٨٩", Region::EG, ForeignDigits),
        ("(415) 555-012３", Region::US, ForeignDigits),
        ("+1 415 555 0123;ext=12", Region::US, Extension),
        ("(415) 555-0123 x12", Region::US, Extension),
        ("(415) 555-0123 ext. 12", Region::US, Extension),
        ("(415) 555-0123 #12", Region::US, Extension),
        ("(415) 555-0123,,12", Region::US, Extension),
        ("*67 415 555 0123", Region::US, Character),
        ("415 555+0123", Region::US, Character),
        ("415\t5550123", Region::US, Character),
        ("415 555\u{202E}0123", Region::US, Character),
        ("555-0123", Region::US, TooShort),
        ("911", Region::US, TooShort),
        ("112", Region::DE, TooShort),
        ("999", Region::GB, TooShort),
        ("415 555 01234", Region::US, TooLong),
        (&long, Region::US, TooLong),
        ("415 555 0123", Region::World, UnknownCountry),
    ] {
        assert_eq!(Phone::normalise(text, home), Err(error), "{text:?}");
    }
}

#[test]
fn a_withheld_number_is_nobody() {
    for from in [
        "",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "restricted",
        "Restricted",
        "unavailable",
        "unknown",
        "private",
        "blocked",
        "+266696687",
        "266696687",
        "+86282452253",
        "+7378742833",
        "+17378742833",
        "+7378742883",
        "+8656696",
        "+8566696687",
        "+2562533",
        "+7748483",
        "+464",
        "+811045000",
        "+0",
        "+10000000000",
        "sip:dana@northgate.example",
        "sip:+14155550123@sip.northgate.example",
        "client:dana",
        "client:+14155550123",
        "whatsapp:+14155550123",
        "+14155550123 ",
        "+1415TOPMUSI",
    ] {
        assert_eq!(Caller::from_twilio(from), Caller::Withheld, "{from:?}");
    }
    assert_eq!(Caller::from_twilio("+14155550123"), Caller::Known(phone("+14155550123")));
    assert_eq!(Caller::from_twilio("+14155550123").phone(), Some(&phone("+14155550123")));
    for text in ["+17378742833", "(737) 874-2833"] {
        assert_eq!(Phone::normalise(text, Region::US), Err(Placeholder));
    }
}

#[test]
fn the_twin_dials_ordinary_lines_of_allowed_regions() {
    use DialRefusal::{Premium, Region as Elsewhere, Satellite};
    let allowed = [Region::US, Region::GB];
    for (number, answer) in [
        ("+14155550123", Ok(())),
        ("+18005550199", Ok(())),
        ("+442071838750", Ok(())),
        ("+447400123456", Ok(())),
        ("+18765550123", Err(Elsewhere(Region::JM))),
        ("+12423456789", Err(Elsewhere(Region::BS))),
        ("+14165550123", Err(Elsewhere(Region::CA))),
        ("+441481256789", Err(Elsewhere(Region::GG))),
        ("+33123456789", Err(Elsewhere(Region::FR))),
        ("+19002345678", Err(Premium)),
        ("+12129761234", Err(Premium)),
        ("+449012345678", Err(Premium)),
        ("+447012345678", Err(Premium)),
        ("+448431234567", Err(Premium)),
        ("+882161234567", Err(Satellite)),
        ("+881612345678", Err(Satellite)),
        ("+870773111632", Err(Satellite)),
        ("+979123456789", Err(Satellite)),
    ] {
        assert_eq!(phone(number).may_dial(&allowed), answer, "{number}");
    }
    assert_eq!(phone("+882161234567").may_dial(&[Region::World]), Err(Satellite));
    assert_eq!(phone("+19002345678").may_dial(&[Region::US]), Err(Premium));
    assert_eq!(phone("+14155550123").may_dial(&[]), Err(Elsewhere(Region::US)));
    assert_eq!(Elsewhere(Region::JM).to_string(), "calls to JM are not allowed");
}

#[test]
fn a_stored_number_loads_by_its_shape() {
    let load = |json: &str| serde_json::from_str::<Phone>(json);
    let withdrawn = load(r#""+11155550123""#).unwrap();
    assert_eq!((withdrawn.region(), withdrawn.is_premium()), (None, true));
    assert_eq!(withdrawn.may_dial(&[Region::US]), Err(DialRefusal::Unassigned));
    assert_eq!(serde_json::to_string(&phone("+14155550123")).unwrap(), r#""+14155550123""#);
    for bad in [r#""""#, r#""415 555 0123""#, r#""+266696687""#, r#""+12""#, r#""+1415555012é""#] {
        let refused = load(bad).unwrap_err().to_string();
        assert!(!refused.contains("415") && !refused.contains("266"), "{refused}");
    }
}

#[test]
fn printing_a_number_reveals_nobody() {
    assert_eq!(format!("{:?}", phone("+14155550123")), "Phone(+…23)");
    assert_eq!(format!("{:?}", Caller::from_twilio("+14155550123")), "Known(Phone(+…23))");
}

proptest! {
    #[test]
    fn normalising_is_idempotent(text in "\\+?[0-9 ().-]{7,20}|\\+(1|44|49|39|52|54|55|81)[0-9]{7,11}") {
        if let Ok(first) = Phone::normalise(&text, Region::US) {
            for home in [Region::US, Region::GB, Region::IT, Region::World] {
                prop_assert_eq!(&Phone::normalise(first.as_str(), home).unwrap(), &first);
            }
            prop_assert_eq!(Phone::parse(first.as_str()).unwrap(), first);
        }
    }

    #[test]
    fn any_text_gets_an_answer(any in any::<String>(), short in "\\+?\\PC{0,20}") {
        for text in [any, short] {
            prop_assert!(Caller::from_twilio(&text).phone().is_none_or(|phone| phone.as_str() == text));
            let read = Phone::normalise(&text, Region::DE);
            prop_assert!(read.is_err() || text.bytes().any(|b| b.is_ascii_digit()));
        }
    }
}
