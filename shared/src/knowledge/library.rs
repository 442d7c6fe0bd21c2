//! What the twin knows, ready to be asked: documents in memory, their index, and the ledger.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    claims::{Ledger, Origin},
    document::{Claim, Document, SourceKind},
    facts::{self, Sentence},
    index::{Analysed, Index, Neighbours, Number},
    manifest::{Hash, Manifest},
    passage::{Passage, passages},
};

/// A document as it is stored: what is cited of it, and what a search needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    pub title: String,
    pub kind: SourceKind,
    pub url: Option<String>,
    pub date: Option<Date>,
    pub claims: Vec<Claim>,
    pub passages: Vec<Passage>,
    pub analysed: Analysed,
}

impl Stored {
    pub fn of(document: &Document) -> Self {
        let passages = passages(&document.sections);
        let analysed = analyse(&document.title, &passages);
        Self {
            title: document.title.clone(),
            kind: document.kind,
            url: document.url.clone(),
            date: document.date,
            claims: document.claims.clone(),
            passages,
            analysed,
        }
    }

    fn origin(&self, place: &str) -> Origin {
        let (title, place) = (self.title.clone(), place.to_owned());
        Origin { kind: self.kind, title, url: self.url.clone(), place }
    }
}

/// A passage is found by its heading and its document's title, too.
fn analyse(title: &str, passages: &[Passage]) -> Analysed {
    let texts: Vec<String> =
        passages.iter().map(|passage| format!("{title}\n{}\n{}", passage.place, passage.text)).collect();
    Analysed::of(texts.iter().map(String::as_str))
}

/// What supports an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub text: String,
    pub citation: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub score: f32,
    /// How much of the question's weight is in the passage: 0 to 1.
    pub covered: f32,
}

/// Which documents a search looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// All kinds if empty.
    pub kinds: Vec<SourceKind>,
    pub since: Option<Date>,
    pub until: Option<Date>,
}

impl Filter {
    fn takes(&self, document: &Stored) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.contains(&document.kind);
        let since = self.since.is_none_or(|since| document.date.is_some_and(|date| date >= since));
        let until = self.until.is_none_or(|until| document.date.is_some_and(|date| date <= until));
        kind && since && until
    }
}

#[derive(Debug)]
pub struct Library {
    owner: String,
    index: Index,
    shelf: HashMap<Number, Stored>,
    numbers: HashMap<Hash, Number>,
    facts: Vec<Number>,
    ledger: Ledger,
}

impl Library {
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            index: Index::new(Neighbours::DOCUMENT),
            shelf: HashMap::new(),
            numbers: HashMap::new(),
            facts: Vec::new(),
            ledger: Ledger::default(),
        }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn documents(&self) -> usize {
        self.numbers.len()
    }

    /// What has to be loaded before [`update`](Self::update).
    pub fn missing(&self, manifest: &Manifest) -> Vec<Hash> {
        let hashes = manifest.entries.iter().map(|entry| &entry.hash);
        let unknown: HashSet<&Hash> = hashes.filter(|hash| !self.numbers.contains_key(hash)).collect();
        unknown.into_iter().cloned().collect()
    }

    /// Becomes what the manifest says; only what changed is filed or taken out. What is neither here nor in
    /// `loaded` is left out.
    pub fn update(&mut self, manifest: &Manifest, mut loaded: HashMap<Hash, Stored>, today: Date) {
        let wanted: HashSet<&Hash> = manifest.entries.iter().map(|entry| &entry.hash).collect();
        let gone: Vec<Hash> = self.numbers.keys().filter(|hash| !wanted.contains(hash)).cloned().collect();
        for number in gone.iter().filter_map(|hash| self.numbers.remove(hash)).collect::<Vec<_>>() {
            self.index.remove(number);
            self.shelf.remove(&number);
        }
        for entry in &manifest.entries {
            if self.numbers.contains_key(&entry.hash) {
                continue;
            }
            if let Some(stored) = loaded.remove(&entry.hash) {
                let number = self.file(stored);
                self.numbers.insert(entry.hash.clone(), number);
            }
        }
        self.settle_facts(manifest, today);
    }

    fn file(&mut self, stored: Stored) -> Number {
        let number = self.index.add(&stored.analysed, stored.date, &[]);
        self.shelf.insert(number, stored);
        number
    }

    /// The ledger is made of all documents' claims, in the manifest's order, and can be searched, too.
    fn settle_facts(&mut self, manifest: &Manifest, today: Date) {
        for number in std::mem::take(&mut self.facts) {
            self.index.remove(number);
            self.shelf.remove(&number);
        }
        let documents =
            manifest.entries.iter().filter_map(|entry| self.shelf.get(self.numbers.get(&entry.hash)?));
        let claims = documents.flat_map(|stored| {
            stored.claims.iter().map(|claim| (claim.clone(), stored.origin(&claim.place)))
        });
        self.ledger = Ledger::of(claims.collect::<Vec<_>>(), today);
        for Sentence { origin, text, keywords } in facts::sentences(&self.ledger, &self.owner) {
            let analysed = Analysed::of([format!("{text} {keywords}").as_str()]);
            let passages = vec![Passage { place: origin.place, text }];
            let stored = Stored {
                title: origin.title,
                kind: origin.kind,
                url: origin.url,
                date: None,
                claims: Vec::new(),
                passages,
                analysed,
            };
            let number = self.file(stored);
            self.facts.push(number);
        }
    }

    /// The best passages for a question, best first.
    pub fn search(&self, question: &str, limit: usize, filter: &Filter) -> Vec<Found> {
        let wanted = |number| self.shelf.get(&number).is_some_and(|document| filter.takes(document));
        let hits = self.index.search(question, limit, wanted);
        hits.iter()
            .filter_map(|hit| {
                let document = self.shelf.get(&hit.document)?;
                let passage = document.passages.get(hit.passage)?;
                Some(Found {
                    text: passage.text.clone(),
                    citation: document.origin(&passage.place),
                    date: document.date,
                    score: hit.score,
                    covered: hit.covered,
                })
            })
            .collect()
    }

    /// What supports an answer to a question; nothing if the twin does not know.
    pub fn consult(&self, question: &str, limit: usize) -> Vec<Found> {
        let mut found = self.search(question, limit * 2, &Filter::default());
        if facts::asks_for_years(question) {
            found.retain(|found| found.citation.place == facts::COMPUTED);
        }
        found.retain(|found| found.covered >= MIN_COVERED);
        let best = found.first().map_or(0.0, |found| found.score);
        found.retain(|found| found.score >= best * MIN_OF_BEST);
        found.truncate(limit);
        found
    }
}

/// A passage with less of the question's weight than this answers another question.
const MIN_COVERED: f32 = 0.3;
/// What is found beside the best must be this near to it.
const MIN_OF_BEST: f32 = 0.6;

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};

    use super::*;
    use crate::knowledge::{
        document::{Month, Predicate, Section, Until},
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
        };
        let resume = [
            ("Experience", "Rewrote a payments ledger in Rust. It settles 40 million transfers a day."),
            ("Summary", "An engineer with 25 years of experience."),
        ];
        let claims = vec![position("Acme", 2014, Some(2020)), position("Globex", 2020, None)];
        vec![
            document(SourceKind::Resume, "resume", &resume, claims),
            document(
                SourceKind::Page,
                "services",
                &[("", "Consulting for slow payment systems.")],
                Vec::new(),
            ),
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
            let found = library.consult(question, 3);
            found.first().map(|found| format!("{} ({})", found.text, found.citation))
        };
        assert!(answer("Has he used Rust for payments?").unwrap().contains("(The resume, Experience)"));
        assert!(answer("Do you offer consulting?").unwrap().contains("(The services)"));
        assert_eq!(answer("What is the name of his cat?"), None);
        assert_eq!(answer(""), None);
        let years = answer("How many years of experience does Alex have?").unwrap();
        assert!(
            years.starts_with("Alex Sample has 12 years"),
            "computed, not the 25 that are stated: {years}"
        );
    }

    #[test]
    fn documents_come_and_go() {
        let mut library = library();
        let (smaller, stored) = manifest(&documents()[1..]);
        library.update(&smaller, stored, date(2026, 11, 22));
        assert_eq!(library.documents(), 1);
        assert!(library.search("Rust ledger", 3, &Filter::default()).is_empty());
        assert_eq!(library.ledger().years_of_experience, None);
        assert_eq!(library.consult("consulting for payment systems", 3).len(), 1);
    }

    #[test]
    fn filters_by_kind_and_date() {
        let library = library();
        let found = |filter: &Filter| library.search("payment", 10, filter).len();
        let kinds = |kinds: &[SourceKind]| Filter { kinds: kinds.to_vec(), ..Filter::default() };
        assert_eq!(found(&kinds(&[SourceKind::Page])), 1);
        assert_eq!(found(&kinds(&[SourceKind::Feed])), 0);
        let since = |day| Filter { since: Some(date(2026, 6, day)), ..Filter::default() };
        assert!(found(&since(1)) > 1);
        assert_eq!(found(&since(2)), 0);
    }
}
