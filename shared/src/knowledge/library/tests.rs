use jiff::{Timestamp, civil::date};

use super::*;
use crate::knowledge::{
    document::{Claim, Document, Month, Predicate, Section, Until},
    manifest::Missing,
};

const OWNER: &str = "Alex Sample";

fn position(employer: &str, from: i16, until: Option<i16>) -> Claim {
    let month = |year| Month { year, month: None };
    Claim {
        predicate: Predicate::Position,
        of: Some(employer.to_owned()),
        value: "Engineer".to_owned(),
        from: Some(month(from)),
        until: Some(until.map_or(Until::Present, |year| Until::Month(month(year)))),
        place: "Experience".to_owned(),
    }
}

fn documents() -> Vec<Document> {
    let document = |kind, key: &str, texts: &[(&str, &str)], claims| Document {
        kind,
        key: key.to_owned(),
        title: format!("The {key}"),
        url: None,
        date: Some(date(2026, 6, 1)),
        sections: texts
            .iter()
            .map(|(place, text)| Section { place: (*place).to_owned(), text: (*text).to_owned() })
            .collect(),
        claims,
        keywords: String::new(),
    };
    let resume = [
        ("Experience", "Rewrote a payments ledger in Rust. It settles 40 million transfers a day."),
        ("Summary", "An engineer with 25 years of experience."),
    ];
    let claims = vec![position("Acme", 2014, Some(2020)), position("Globex", 2020, None)];
    vec![
        document(SourceKind::Resume, "resume", &resume, claims),
        document(SourceKind::Page, "services", &[("", "Consulting for slow payment systems.")], Vec::new()),
    ]
}

fn manifest(documents: &[Document]) -> (Manifest, HashMap<Hash, Stored>) {
    let now = Timestamp::UNIX_EPOCH;
    let (manifest, _) = Manifest::default().replace("all", documents, &Missing::Remove, now).unwrap();
    (manifest, documents.iter().map(|document| (Hash::of(document), Stored::of(document))).collect())
}

fn library() -> Library {
    let (manifest, stored) = manifest(&documents());
    let mut library = Library::new(OWNER);
    assert_eq!(library.missing(&manifest).len(), 2);
    library.update(&manifest, stored, date(2026, 11, 22));
    assert!(library.missing(&manifest).is_empty());
    library
}

#[test]
fn what_is_stored_is_what_was_read() {
    for document in documents() {
        let stored = Stored::of(&document);
        let packed = postcard::to_stdvec(&stored).unwrap();
        assert_eq!(postcard::from_bytes::<Stored>(&packed), Ok(stored));
    }
}

#[test]
fn answers_are_supported_or_not_given() {
    let library = library();
    let answer = |question| {
        let found = library.consult(question, None, 3);
        found.first().map(|found| format!("{} ({})", found.text, found.citation))
    };
    assert!(answer("Has he used Rust for payments?").unwrap().contains("(The resume, Experience)"));
    assert!(answer("Do you offer consulting?").unwrap().contains("(The services)"));
    assert_eq!(answer("What is the name of his cat?"), None);
    assert_eq!(answer(""), None);
    let years = answer("How many years of experience does Alex have?").unwrap();
    assert!(years.starts_with("Alex Sample has 12 years"), "computed, not the 25 that are stated: {years}");
}

#[test]
fn documents_come_and_go() {
    let mut library = library();
    let (smaller, stored) = manifest(&documents()[1..]);
    library.update(&smaller, stored, date(2026, 11, 22));
    assert_eq!(library.documents(), 1);
    assert!(library.search("Rust ledger", None, 3, &Filter::default()).is_empty());
    assert_eq!(library.ledger().years_of_experience, None);
    assert_eq!(library.consult("consulting for payment systems", None, 3).len(), 1);
}

#[test]
fn vectors_find_what_words_do_not() {
    let (manifest, stored) = manifest(&documents());
    let hash = |at: usize| manifest.entries[at].hash.clone();
    let mut library = library();
    let passages = stored[&hash(0)].passages.len();
    let [near, far] = [Quantised::of(&[1.0, 0.0]), Quantised::of(&[0.0, 1.0])];
    let vectors = (0..passages).map(|at| if at == 0 { near.clone() } else { far.clone() }).collect();
    library.take_vectors(HashMap::from([(hash(0), vectors), (hash(1), vec![far; 9])]));
    let found = library.consult("quels systèmes bancaires?", Some(&near), 3);
    assert_eq!(found.len(), 1, "and vectors of another count are not taken: {found:?}");
    assert!(found[0].text.contains("payments ledger"));
    assert!(library.consult("quels systèmes bancaires?", None, 3).is_empty());
}

#[test]
fn filters_by_kind_and_date() {
    let library = library();
    let found = |filter: &Filter| library.search("payment", None, 10, filter).len();
    let kinds = |kinds: &[SourceKind]| Filter { kinds: kinds.to_vec(), ..Filter::default() };
    assert_eq!(found(&kinds(&[SourceKind::Page])), 1);
    assert_eq!(found(&kinds(&[SourceKind::Feed])), 0);
    let since = |day| Filter { since: Some(date(2026, 6, day)), ..Filter::default() };
    assert!(found(&since(1)) > 1);
    assert_eq!(found(&since(2)), 0);
}
