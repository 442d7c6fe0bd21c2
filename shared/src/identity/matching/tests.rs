use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn fields(known: Value) -> Fields {
    serde_json::from_value(known).unwrap()
}

fn record(known: Value) -> Record {
    Record::new(&fields(known))
}

fn with_account(known: Value, kind: &str, which: &str) -> Record {
    Record::new(&Fields { accounts: vec![(kind.into(), which.into())], ..fields(known) })
}

#[track_caller]
fn check(one: &Record, other: &Record, expected: Decision) {
    let score = compare(one, other, &Rarity::default());
    assert_eq!(decide(&score), expected, "{:.1}: {:?}", score.bits, score.why());
    assert_eq!(decide(&compare(other, one, &Rarity::default())), expected, "the other way round");
}

const HOME: &str = "+14155550123";
const MOBILE: &str = "+14155550188";

#[test]
fn one_person_written_in_two_ways_is_the_same() {
    for (one, other) in [
        (
            json!({"name": "Dana Lee", "email": "Dana@northgate.example"}),
            json!({"name": "dana  lee", "email": "dana@NORTHGATE.example", "company": "Northgate"}),
        ),
        (
            json!({"name": "Bob Lee", "phone": MOBILE}),
            json!({"name": "Robert Lee", "phone": "(415) 555-0188"}),
        ),
        (json!({"name": "Lee Dana", "phone": MOBILE}), json!({"name": "Dana Lee", "phone": MOBILE})),
        (
            json!({"name": "Lee, Dr. Dana", "phone": MOBILE}),
            json!({"name": "Dana Lee, PhD", "phone": MOBILE}),
        ),
        (
            json!({"name": "Дмитрий Щербаков", "email": "d@northgate.example"}),
            json!({"name": "Dmitry Shcherbakov", "email": "d@northgate.example"}),
        ),
        (
            json!({"name": "محمد", "linkedin": "linkedin.com/in/dana-lee"}),
            json!({"name": "Mohammed", "linkedin": "https://www.linkedin.com/in/Dana-Lee/"}),
        ),
        (
            json!({"name": "Dana Goldsworthy", "email": "d@northgate.example"}),
            json!({"name": "Dana Goldswrothy", "email": "d@northgate.example"}),
        ),
        (
            json!({"name": "D. Lee", "email": "d@northgate.example"}),
            json!({"name": "Dana Lee", "email": "d@northgate.example"}),
        ),
        (
            json!({"name": "Dana Lee", "date_of_birth": "1949-03-07", "postcode": "94103"}),
            json!({"name": "Dana Lee", "date_of_birth": "07.03.1949"}),
        ),
        (
            json!({"name": "Dana Lee", "date_of_birth": "1949-03-07", "postcode": "94103"}),
            json!({"name": "Dana Lee", "date_of_birth": "1949-07-03", "postcode": "94103"}),
        ),
        (
            json!({"name": "Dana Lee", "street_number": "6", "address_1": "Tulip Street", "postcode": "4011"}),
            json!({"name": "Dana Lee", "street_number": "6", "address_2": "Tullip Street", "postcode": "4011"}),
        ),
    ] {
        check(&record(one), &record(other), Decision::Same);
    }
}

#[test]
fn those_who_share_a_number_or_a_house_are_proposed_at_most() {
    let house = |name: &str, born: &str| {
        json!({"name": name, "date_of_birth": born, "street_number": "6", "address_1": "Tulip Street",
               "place": "Bittern", "postcode": "4011", "phone": HOME})
    };
    for (one, other) in [
        // One family, one line.
        (json!({"name": "Dana Lee", "phone": HOME}), json!({"name": "Tom Lee", "phone": HOME})),
        (json!({"name": "Daniel Lee", "phone": HOME}), json!({"name": "Danielle Lee", "phone": HOME})),
        (json!({"name": "Mario Rossini", "phone": HOME}), json!({"name": "Maria Rossini", "phone": HOME})),
        (json!({"phone": HOME, "family_name": "Lee"}), json!({"phone": HOME, "name": "Dana Lee"})),
        // One house: a couple, a father and his son, twins with a number each.
        (house("Dana Lee", ""), house("Tom Lee", "")),
        (house("Dana Lee", "1980-02-01"), house("Tom Lee", "1979-05-17")),
        (house("Tom Lee", "1980-02-01"), house("Tom Lee", "2009-05-17")),
        (house("Tom Lee Sr.", ""), house("Tom Lee, Jr.", "")),
        // Namesakes.
        (
            json!({"name": "Dana Lee", "company": "Northgate"}),
            json!({"name": "Dana Lee", "company": "Southgate"}),
        ),
        (
            json!({"name": "Dana Lee", "company": "Northgate", "title": "Recruiter", "place": "Bittern"}),
            json!({"name": "Dana Lee", "company": "Northgate Inc.", "title": "Recruiter", "place": "Bittern"}),
        ),
        // Another name, the same mailbox.
        (
            json!({"name": "Dana Lee", "email": "d@northgate.example"}),
            json!({"name": "Dana Park", "email": "d@northgate.example"}),
        ),
    ] {
        check(&record(one), &record(other), Decision::Propose);
    }
    let twin = |name: &str, phone: &str| {
        let mut known = house(name, "1980-02-01");
        known["phone"] = phone.into();
        record(known)
    };
    check(&twin("Dana Lee", HOME), &twin("Tom Lee", MOBILE), Decision::Propose);
}

#[test]
fn strangers_are_different() {
    for (one, other) in [
        // A number that went to somebody else.
        (json!({"name": "Dana Lee", "phone": MOBILE}), json!({"name": "Tom Park", "phone": MOBILE})),
        // A switchboard, and an office's mailbox.
        (
            json!({"name": "Dana Lee", "phone": HOME, "company": "Northgate", "email": "info@northgate.example"}),
            json!({"name": "Tom Park", "phone": HOME, "company": "Northgate", "email": "info@northgate.example"}),
        ),
        (
            json!({"name": "Dana Lee", "company": "Northgate"}),
            json!({"name": "Tom Lee", "company": "Northgate"}),
        ),
        (json!({"name": "Dana"}), json!({"name": "Dana"})),
        (json!({"name": "Dana Lee", "phone": HOME}), json!({"name": "Tom Park", "phone": MOBILE})),
        (json!({}), json!({})),
    ] {
        check(&record(one), &record(other), Decision::Different);
    }
}

#[test]
fn two_accounts_of_one_kind_are_never_the_same() {
    let known = json!({"name": "Dana Lee", "phone": MOBILE, "email": "dana@northgate.example"});
    let at = |issuer, subject| with_account(known.clone(), issuer, subject);
    check(&at("https://id.example", "1"), &at("https://id.example", "1"), Decision::Same);
    check(&at("https://id.example", "1"), &at("https://id.example", "2"), Decision::Propose);
    check(&at("https://id.example", "1"), &at("https://other.example", "2"), Decision::Same);

    let profile = |slug: &str| {
        let mut known = known.clone();
        known["linkedin"] = format!("linkedin.com/in/{slug}").into();
        record(known)
    };
    check(&profile("dana-lee"), &profile("dana-lee-2"), Decision::Propose);
    // The second address of a profile may be of the same one.
    check(&profile("dana-lee"), &profile("ACoAAB1234"), Decision::Same);
}

#[test]
fn what_many_share_says_little() {
    let caller = |name: String| record(json!({"name": name, "phone": HOME, "company": "Northgate"}));
    let office: Vec<Record> = (0..60).map(|n| caller(format!("Caller{n} Number{n}"))).collect();
    let rare = compare(&office[0], &caller("Caller0 Number0".into()), &Rarity::default());
    let common = compare(&office[0], &caller("Caller0 Number0".into()), &Rarity::of(&office));
    assert!(common.bits + 8.0 < rare.bits, "{} {}", common.bits, rare.bits);
    assert!(proposals(&caller("Dana Lee".into()), &office).is_empty());

    let written_often: Vec<Record> = (0..5).map(|_| caller("Dana Lee".into())).collect();
    let own = compare(&written_often[0], &written_often[1], &Rarity::of(&written_often));
    assert_eq!(
        decide(&own),
        Decision::Same,
        "a number that one person has is theirs, in however many records"
    );
}

#[test]
fn proposals_come_the_likeliest_first_with_their_reasons() {
    let among = [
        record(json!({"name": "Tom Park", "phone": MOBILE})),
        record(json!({"name": "Dana Lee", "company": "Northgate Inc"})),
        record(json!({"name": "D. Lee", "email": "dana.lee@northgate.example"})),
        record(json!({"name": "Dana Lee", "email": "dana.lee@northgate.example"})),
    ];
    let new =
        record(json!({"name": "Dana Lee", "email": "dana.lee@northgate.example", "company": "Northgate"}));
    let found = proposals(&new, &among);
    let decided: Vec<_> = found.iter().map(|proposal| (proposal.other, proposal.decision)).collect();
    assert_eq!(decided, [(3, Decision::Same), (2, Decision::Same), (1, Decision::Propose)]);
    assert_eq!(found[0].why, ["same e-mail address", "same family name", "same first name"]);
    assert_eq!(found[2].why, ["same company", "same family name", "same first name"]);

    let crowd: Vec<Record> = (0..30).map(|_| among[3].clone()).collect();
    assert_eq!(proposals(&new, &crowd).len(), MAX_PROPOSALS);
    assert!(proposals(&Record::default(), &among).is_empty());
}

#[test]
fn records_meet_by_any_of_their_keys_and_else_not() {
    let records = [
        record(json!({"name": "Dana Lee", "company": "Northgate", "phone": MOBILE})),
        record(json!({"name": "Lee, Dana"})),
        record(json!({"name": "Tom Park", "phone": "415-555-0188"})),
        record(json!({"name": "Robert Lee"})),
        record(json!({"name": "Bob Lee"})),
        record(json!({"name": "Kim"})),
    ];
    assert_eq!(candidates(&records), [(0, 1), (0, 2), (3, 4)]);
}

#[test]
fn nothing_of_a_record_is_printed() {
    let dana = record(json!({"name": "Dana Lee", "email": "dana@northgate.example"}));
    let found = proposals(&dana, std::slice::from_ref(&dana));
    let printed = format!("{dana:?} {found:?}").to_lowercase();
    assert!(!found.is_empty());
    assert!(!printed.contains("lee") && !printed.contains("northgate"), "{printed}");
}

/// Values from short lists, so that records have much in common.
fn any_fields() -> impl Strategy<Value = Fields> {
    let one_of = |values: &'static [&'static str]| {
        prop::option::of(prop::sample::select(values).prop_map(ToOwned::to_owned))
    };
    let who = (
        one_of(&["Dana", "Dan", "Daniel", "Danielle", "D.", "Lee", "Robert", "Bob", "Mary Jane", "Зоя"]),
        one_of(&["Lee", "Leigh", "Dana", "van den Berg", "Berg", "García-López", "Garcia", "L"]),
        one_of(&["19490130", "1949-01-31", "30.01.1949", "1983-07-12", "1949"]),
        one_of(&["Northgate", "Northgate Search Inc.", "NS", "Southgate"]),
        one_of(&["Sr. Engineer", "senior engineer", "VP"]),
    );
    let where_ = (
        one_of(&["6", "16", "61"]),
        one_of(&["Tulip Street", "Tullip Street", "The Mill"]),
        one_of(&["The Mill", "Tulip St reet", "Tulip Street"]),
        one_of(&["Bittern", "Bitern", "New Bittern"]),
        one_of(&["4011", "4101", "2776"]),
    );
    let how = (
        one_of(&[HOME, MOBILE, "+14155550123;+14155550188"]),
        one_of(&["dana.lee@northgate.example", "dana.lee@gmail.com", "info@northgate.example"]),
        one_of(&["linkedin.com/in/dana-lee", "linkedin.com/in/dan", "linkedin.com/in/ACoAAB12"]),
    );
    (who, where_, how).prop_map(|(who, place, how)| Fields {
        given_name: who.0,
        family_name: who.1,
        date_of_birth: who.2,
        company: who.3,
        title: who.4,
        street_number: place.0,
        address_1: place.1,
        address_2: place.2,
        place: place.3,
        postcode: place.4,
        phone: how.0,
        email: how.1,
        linkedin: how.2,
        ..Fields::default()
    })
}

proptest! {
    #[test]
    fn which_comes_first_makes_no_difference(one in any_fields(), other in any_fields()) {
        let (one, other) = (Record::new(&one), Record::new(&other));
        for rarity in [Rarity::default(), Rarity::of(&[one.clone(), other.clone()])] {
            let (there, back) = (compare(&one, &other, &rarity), compare(&other, &one, &rarity));
            prop_assert!((there.bits - back.bits).abs() < 1e-9, "{:?} {:?}", there.why(), back.why());
            prop_assert_eq!(decide(&there), decide(&back));
        }
    }

    #[test]
    fn a_record_with_an_address_of_its_own_is_the_same_as_itself(fields in any_fields()) {
        let full = Fields {
            given_name: fields.given_name.clone().filter(|given| given.len() > 2).or(Some("Dana".into())),
            email: Some("d@northgate.example".into()),
            ..fields
        };
        let record = Record::new(&full);
        prop_assert_eq!(decide(&compare(&record, &record, &Rarity::default())), Decision::Same);
        prop_assert_eq!(candidates(&[record.clone(), record]), [(0, 1)]);
    }

    #[test]
    fn letter_case_accents_and_spaces_change_nothing(fields in any_fields()) {
        let shout = |text: Option<String>| text.map(|text| format!("  {} ", text.to_uppercase().replace('I', "Í")));
        let other = Fields {
            given_name: shout(fields.given_name.clone()),
            family_name: shout(fields.family_name.clone()),
            company: shout(fields.company.clone()),
            title: shout(fields.title.clone()),
            address_1: shout(fields.address_1.clone()),
            address_2: shout(fields.address_2.clone()),
            place: shout(fields.place.clone()),
            email: fields.email.clone().map(|email| email.to_uppercase()),
            ..fields.clone()
        };
        prop_assert!(Record::new(&fields) == Record::new(&other));
    }

    #[test]
    fn with_two_accounts_of_one_kind_nothing_makes_two_the_same(one in any_fields(), other in any_fields()) {
        let with = |fields: &Fields, subject: &str| {
            let accounts = vec![("https://id.example".to_owned(), subject.to_owned())];
            Record::new(&Fields { accounts, ..fields.clone() })
        };
        let score = compare(&with(&one, "1"), &with(&other, "2"), &Rarity::default());
        prop_assert_ne!(decide(&score), Decision::Same);
    }

    #[test]
    fn any_text_makes_a_record(text in any::<String>()) {
        let all = Some(text);
        let fields = Fields {
            name: all.clone(),
            company: all.clone(),
            title: all.clone(),
            date_of_birth: all.clone(),
            address_1: all.clone(),
            phone: all.clone(),
            email: all.clone(),
            linkedin: all,
            ..Fields::default()
        };
        let record = Record::new(&fields);
        let score = compare(&record, &record, &Rarity::of(std::slice::from_ref(&record)));
        prop_assert!(score.bits.is_finite() && score.bits >= 0.0, "{:?}", score.why());
    }
}
