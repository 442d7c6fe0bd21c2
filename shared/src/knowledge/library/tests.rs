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
fn a_total_answers_nobody_who_asks_for_a_part() {
    let mut documents = documents();
    documents[1].sections[0].text.push_str(" Java since 2016: eight years of Java.");
    let (manifest, stored) = manifest(&documents);
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored, date(2026, 11, 22));
    let answer = |question| {
        let found = library.consult(question, None, 3);
        found.into_iter().map(|found| found.text).collect::<Vec<_>>().join(" | ")
    };
    for question in [
        "How many years of experience does Alex have with Rust?",
        "How many years of experience does Alex have with Kubernetes?",
        "How long has Alex worked on the moon?",
    ] {
        assert!(!answer(question).contains("12 years"), "{question}: {}", answer(question));
    }
    assert_eq!(answer("How many years of experience does Alex have with Kubernetes?"), "");
    assert!(answer("How many years of experience with Java does Alex have?").contains("eight years"));
    assert!(answer("How many years has Alex worked at Acme?").ends_with("That is 6 years."));
    assert!(answer("How many years has Alex worked?").starts_with("Alex Sample has 12 years"));
}

#[test]
fn a_month_of_a_question_is_no_answer() {
    let mut documents = documents();
    documents[0].sections[0].text.push_str(" Joined in March.");
    let (manifest, stored) = manifest(&documents);
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored, date(2026, 11, 22));
    assert_eq!(library.consult("Are you available in March?", None, 3), []);
    assert_eq!(library.consult("What was in March?", None, 3).len(), 1, "all that is asked");
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
fn what_means_the_same_is_found_behind_many_that_share_a_word() {
    let mut documents = documents();
    for n in 0..20 {
        let mut document = documents[1].clone();
        document.key = format!("note {n}");
        document.sections[0].text = format!("Number {n} of what is told of the office.");
        documents.push(document);
    }
    let (manifest, stored) = manifest(&documents);
    let hash = Hash::of(&documents[0]);
    let passages = stored[&hash].passages.len();
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored, date(2026, 11, 22));
    let [near, far] = [Quantised::of(&[1.0, 0.0]), Quantised::of(&[0.0, 1.0])];
    let vectors = (0..passages).map(|at| if at == 0 { near.clone() } else { far.clone() }).collect();
    library.take_vectors(HashMap::from([(hash, vectors)]));
    let question = "quels systèmes bancaires office?";
    assert!(library.search(question, None, 100, &Filter::default()).len() >= 20, "they share a word");
    let found = library.consult(question, Some(&near), 3);
    assert!(found.iter().any(|found| found.text.contains("payments ledger")), "{found:?}");
}

#[test]
fn what_was_found_leads_to_its_document() {
    let mut documents = documents();
    for (key, text) in [("one", "A Bechstein upright piano from 1910."), ("two", "The cat is called Byte.")] {
        let mut document = documents[1].clone();
        document.key = key.to_owned();
        document.title = "The owner's answer".to_owned();
        document.sections[0].text = text.to_owned();
        documents.push(document);
    }
    let (manifest, stored) = manifest(&documents);
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored, date(2026, 11, 22));
    let text = |question: &str| {
        let found = library.search(question, None, 1, &Filter::default()).remove(0);
        let hash = library.document_of(&found).unwrap();
        library.document(hash).unwrap().passages[0].text.clone()
    };
    assert!(text("Bechstein piano").contains("Bechstein"));
    assert!(text("the cat called Byte").contains("Byte"));
    assert!(
        text("years of professional experience").contains("payments ledger"),
        "the résumé has the positions"
    );
    let (smaller, stored) = self::manifest(&documents[..2]);
    let gone = library.search("Bechstein piano", None, 1, &Filter::default()).remove(0);
    library.update(&smaller, stored, date(2026, 11, 22));
    assert_eq!(library.document_of(&gone), None);
}

#[test]
fn documents_without_vectors_are_known() {
    let (manifest, stored) = manifest(&documents());
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored.clone(), date(2026, 11, 22));
    assert_eq!(library.without_vectors().len(), 2);
    let hash = manifest.entries[1].hash.clone();
    let vectors = vec![Quantised::of(&[1.0, 0.0]); stored[&hash].passages.len()];
    library.take_vectors(HashMap::from([(hash, vectors)]));
    assert_eq!(library.without_vectors(), [manifest.entries[0].hash.clone()]);
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

/// It says its language in each line, and would push aside what is told of it.
#[test]
fn code_is_for_those_who_ask_for_it() {
    let mut documents = documents();
    documents.push(Document {
        kind: SourceKind::Code,
        title: "Ledger.rs".to_owned(),
        date: None,
        sections: vec![Section { place: String::new(), text: "fn settleTransfers() { rust() }".to_owned() }],
        claims: Vec::new(),
        keywords: "Rust source code".to_owned(),
        ..documents[1].clone()
    });
    let (manifest, stored) = manifest(&documents);
    let mut library = Library::new(OWNER);
    library.update(&manifest, stored, date(2026, 11, 22));
    let titles = |question| -> Vec<String> {
        library.consult(question, None, 3).into_iter().map(|found| found.citation.title).collect()
    };
    assert_eq!(titles("What has Alex rewritten in Rust?")[0], "The resume");
    assert_eq!(titles("Show me the code of the Rust ledger")[0], "Ledger.rs");
    let found = library.search("settle transfers source", None, 3, &Filter::default());
    assert_eq!(found[0].citation.title, "Ledger.rs", "found by the words of its names");
}
