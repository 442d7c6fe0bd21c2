//! What the twin knows, ready to be asked: documents in memory, their index, and the ledger.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::OnceLock,
};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

pub use super::stored::Stored;
use super::{
    claims::{Ledger, Origin},
    dates, deeds,
    document::{Claim, Predicate, SourceKind},
    employers,
    facts::{self, Sentence, Years},
    index::{Analysed, Index, Neighbours, Number},
    kinds,
    manifest::{Hash, Manifest},
    passage::{Passage, gives_orders},
    pointed::to_the_point,
    profiles, source_code,
    terms::without_names,
    vectors::{LISTED, Quantised, Vectors, fused},
};

/// A passage: its document's number, and its place there.
type Place = (Number, usize);

/// What supports an answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FoundPassage")]
pub struct Found {
    pub text: String,
    pub citation: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub score: f32,
    /// How much of the question's weight is in the passage: 0 to 1.
    pub covered: f32,
    /// How near its meaning is: -1 to 1. None without vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likeness: Option<f32>,
    /// The document that it stands in; none for what the ledger says.
    #[serde(skip)]
    pub document: Option<Hash>,
}

impl Found {
    /// A fact that is the answer itself.
    pub(crate) fn of(fact: Sentence) -> Self {
        let Sentence { origin, text, .. } = fact;
        Self::answer(text, origin)
    }

    /// What the owner says of themselves in their persona.
    pub fn profile(owner: &str, text: String) -> Self {
        let (title, place) = (format!("Profile of {owner}"), String::new());
        Self::answer(text, Origin { kind: SourceKind::Note, title, url: None, place })
    }

    /// What the owner's rate card says.
    pub fn rates(text: String) -> Self {
        let (title, place) = ("Rate card".to_owned(), String::new());
        Self::answer(text, Origin { kind: SourceKind::Note, title, url: None, place })
    }

    fn answer(text: String, citation: Origin) -> Self {
        Self { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
    }

    fn is_near(&self) -> bool {
        self.likeness.is_some_and(|likeness| likeness >= MIN_LIKENESS)
    }
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
    hashes: HashMap<Number, Hash>,
    facts: Vec<Number>,
    ledger: Ledger,
    /// The day as of which the ledger was made.
    today: Date,
    vectors: Vectors,
    words: OnceLock<BTreeSet<String>>,
}

impl Library {
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            index: Index::new(Neighbours::DOCUMENT),
            shelf: HashMap::new(),
            numbers: HashMap::new(),
            hashes: HashMap::new(),
            facts: Vec::new(),
            ledger: Ledger::default(),
            today: Date::MIN,
            vectors: Vectors::default(),
            words: OnceLock::new(),
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
        // The last first: what they took is given back.
        for number in std::mem::take(&mut self.facts).into_iter().rev() {
            self.index.remove(number);
            self.shelf.remove(&number);
        }
        let wanted: HashSet<&Hash> = manifest.entries.iter().map(|entry| &entry.hash).collect();
        let gone: Vec<Hash> = self.numbers.keys().filter(|hash| !wanted.contains(hash)).cloned().collect();
        for number in gone.iter().filter_map(|hash| self.numbers.remove(hash)).collect::<Vec<_>>() {
            self.index.remove(number);
            self.shelf.remove(&number);
            self.hashes.remove(&number);
            self.vectors.remove(number);
        }
        for entry in &manifest.entries {
            if self.numbers.contains_key(&entry.hash) {
                continue;
            }
            if let Some(stored) = loaded.remove(&entry.hash) {
                let number = self.file(stored);
                self.numbers.insert(entry.hash.clone(), number);
                self.hashes.insert(number, entry.hash.clone());
            }
        }
        self.today = today;
        self.settle_facts(manifest, today);
        self.index.shrink();
        self.words = OnceLock::new();
    }

    /// Documents that are here without vectors.
    pub fn without_vectors(&self) -> Vec<Hash> {
        let without = self.numbers.iter().filter(|(_, number)| !self.vectors.has(**number));
        without.map(|(hash, _)| hash.clone()).collect()
    }

    /// Takes the vectors of documents that are here: one a passage, or none at all.
    pub fn take_vectors(&mut self, vectors: HashMap<Hash, Vec<Quantised>>) {
        for (hash, vectors) in vectors {
            let number = self.numbers.get(&hash);
            if let Some(number) = number.filter(|number| self.shelf[number].passages.len() == vectors.len()) {
                self.vectors.add(*number, &vectors);
            }
        }
    }

    /// What was analysed is in the index from then on, and takes no room twice.
    fn file(&mut self, mut stored: Stored) -> Number {
        let analysed = std::mem::take(&mut stored.analysed);
        let number = self.index.add(&analysed, stored.date, &[]);
        self.shelf.insert(number, stored);
        number
    }

    /// The ledger is made of all documents' claims, in the manifest's order, and can be searched, too.
    fn settle_facts(&mut self, manifest: &Manifest, today: Date) {
        let documents =
            manifest.entries.iter().filter_map(|entry| self.shelf.get(self.numbers.get(&entry.hash)?));
        self.ledger = ledger(documents, today);
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

    /// What is on the shelf, without the ledger's own sentences.
    pub fn all(&self) -> impl Iterator<Item = (&Hash, &Stored)> {
        self.numbers.iter().filter_map(|(hash, number)| Some((hash, self.shelf.get(number)?)))
    }

    /// The words of all of it, in small letters: looked for once they are asked for.
    pub fn words(&self) -> &BTreeSet<String> {
        self.words.get_or_init(|| {
            let passages = self.shelf.values().flat_map(|stored| &stored.passages);
            let words = passages.flat_map(|passage| passage.text.split(|c: char| !c.is_alphanumeric()));
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        })
    }

    /// The latest document of a kind.
    pub fn newest(&self, kind: SourceKind) -> Option<&Stored> {
        let of = self.all().filter(|(_, stored)| stored.kind == kind);
        of.max_by_key(|(hash, stored)| (stored.date, *hash)).map(|(_, stored)| stored)
    }

    /// The document that something found stands in. What the ledger says stands in the one that it was read in: of several
    /// of one name, in one that claims it.
    pub fn document_of(&self, found: &Found) -> Option<&Hash> {
        if let Some(hash) = &found.document {
            return self.numbers.get_key_value(hash).map(|(hash, _)| hash);
        }
        let Origin { kind, title, url, place } = &found.citation;
        let says = |claim: &Claim| match place == facts::COMPUTED {
            true => claim.predicate == Predicate::Position,
            false => claim.place == *place && found.text.contains(&claim.value),
        };
        let named = |stored: &Stored| stored.kind == *kind && stored.title == *title && stored.url == *url;
        let claims = self.all().filter(|(_, stored)| named(stored) && stored.claims.iter().any(says));
        claims.map(|(hash, _)| hash).min()
    }

    /// A document that is on the shelf.
    pub fn document(&self, hash: &Hash) -> Option<&Stored> {
        self.shelf.get(self.numbers.get(hash)?)
    }

    /// The best passages for a question, best first: by its words and, with its vector, by what it means.
    pub fn search(
        &self,
        question: &str,
        vector: Option<&Quantised>,
        limit: usize,
        filter: &Filter,
    ) -> Vec<Found> {
        let all = *filter == Filter::default();
        let wanted = |number| all || self.shelf.get(&number).is_some_and(|document| filter.takes(document));
        let depth = if vector.is_some() { limit.max(LISTED) } else { limit };
        let hits = self.index.search(question, depth, wanted);
        let near = vector.map_or_else(Vec::new, |vector| self.vectors.nearest(vector, depth, wanted));
        let by_words: Vec<Place> = hits.iter().map(|hit| (hit.document, hit.passage)).collect();
        let by_meaning: Vec<Place> =
            near.iter().map(|(document, passage, _)| (*document, *passage)).collect();
        let places = fused(&by_words, &by_meaning).into_iter().take(limit);
        let found = places.filter_map(|place| {
            let hit = by_words.iter().position(|held| *held == place).map(|at| hits[at]);
            let near = by_meaning.iter().position(|held| *held == place).map(|at| near[at].2);
            Some(Found {
                score: hit.map_or(0.0, |hit| hit.score),
                covered: hit.map_or(0.0, |hit| hit.covered),
                likeness: near,
                ..self.found(place)?
            })
        });
        found.collect()
    }

    fn found(&self, (number, passage): Place) -> Option<Found> {
        let document = self.shelf.get(&number)?;
        let passage = document.passages.get(passage)?;
        Some(Found {
            text: passage.text.clone(),
            citation: document.origin(&passage.place),
            date: document.date,
            score: 0.0,
            covered: 0.0,
            likeness: None,
            document: self.hashes.get(&number).cloned(),
        })
    }

    /// What supports an answer to a question; nothing if the twin does not know.
    pub fn consult(&self, question: &str, vector: Option<&Quantised>, limit: usize) -> Vec<Found> {
        let told = facts::beside(&self.ledger, &self.owner, question)
            .or_else(|| facts::timed(&self.ledger, &self.owner, question));
        let told = told
            .or_else(|| employers::now(&self.ledger, &self.owner, question))
            .or_else(|| kinds::skilled(&self.ledger, &self.owner, question))
            .or_else(|| profiles::asked(&self.ledger, &self.owner, question));
        let told =
            told.map_or_else(|| employers::during(&self.ledger, &self.owner, question), |one| vec![one]);
        if !told.is_empty() {
            return told.into_iter().map(Found::of).collect();
        }
        let asked = dates::without_bare_months(&self.without_the_owner(question));
        let first = limit * 2;
        let depth = if vector.is_some() { first.max(LISTED) } else { first };
        let found = self.search(&asked, vector, depth, &Filter::default()).into_iter().enumerate();
        // What means the same may stand behind many that share a word with the question and do not answer it.
        let found = found.filter(|(at, found)| *at < first || found.is_near());
        let mut found: Vec<Found> = found.filter_map(|(_, found)| self.pointed(found, question)).collect();
        let is_total = |found: &Found| found.citation.place == facts::COMPUTED;
        match facts::years_asked(&self.ledger, &self.owner, question, self.today) {
            Some(Years::Of(sentence)) => return vec![Found::of(sentence)],
            Some(Years::All) => found.retain(is_total),
            // The owner's own word may say it in short.
            Some(Years::With(named)) => found.retain(|found| {
                found.citation.kind == SourceKind::Note || Years::are_told(&named, &found.text)
            }),
            None if question.to_lowercase().contains("how long") => found.retain(|found| !is_total(found)),
            None => {}
        }
        // Code is for those who ask for it, and else comes after what is told.
        let asks_for_code = source_code::is_asked_for(question);
        let is_code = |found: &Found| found.citation.language().is_some();
        let counts = |found: &&Found| found.covered >= MIN_COVERED && (asks_for_code || !is_code(found));
        let best = found.iter().filter(counts).map(|found| found.score);
        let asks_for_deeds = deeds::asks(question);
        let enough = best.fold(0.0, f32::max) * if asks_for_deeds { MIN_OF_DEEDS } else { MIN_OF_BEST };
        found.retain(|found| {
            let by_words = found.covered >= MIN_COVERED && found.score >= enough;
            by_words || found.is_near()
        });
        if asks_for_deeds {
            let about = deeds::about(&self.owner, question);
            let object = deeds::object(&self.owner, question);
            if object.len() > 1 {
                found.retain(|found| {
                    let text = format!("{} {}", found.citation.place, found.text);
                    found.is_near()
                        || deeds::are_told(&found.text, &object)
                        || deeds::is_about(&text, &object)
                });
            }
            found.sort_by_key(|found| !deeds::are_told(&found.text, &about));
        }
        // Somebody who names an employer means what was there.
        let employers = employers::named(&self.ledger, question);
        found.sort_by_key(|found| {
            !employers::are_in(&format!("{} {}", found.citation.place, found.text), &employers)
        });
        found.sort_by_key(|found| is_code(found) != asks_for_code);
        found.truncate(limit);
        found
    }

    /// What the ledger says is cut to what is asked for.
    fn pointed(&self, mut found: Found, question: &str) -> Option<Found> {
        if found.document.is_none() {
            found.text = to_the_point(&self.owner, &found.text, question)?;
        }
        Some(found)
    }

    /// All of it is about the owner: the name in a question tells no passage from another, neither by words nor, where it
    /// outweighs all else that is asked, by meaning.
    pub fn without_the_owner(&self, question: &str) -> String {
        without_names(question, self.owner.split_whitespace())
    }
}

/// What documents claim together, without what gives orders to a model.
pub fn ledger<'a>(documents: impl Iterator<Item = &'a Stored>, today: Date) -> Ledger {
    let claims = documents
        .flat_map(|stored| stored.claims.iter().map(|claim| (claim.clone(), stored.origin(&claim.place))))
        .filter(|(claim, _)| !gives_orders(&claim.value) && !claim.of.as_deref().is_some_and(gives_orders));
    Ledger::of(claims, today)
}

/// A passage whose vector is this near to the question's speaks of the same.
const MIN_LIKENESS: f32 = 0.45;
/// A passage with less of the question's weight than this answers another question.
const MIN_COVERED: f32 = 0.3;
/// What is found beside the best must be this near to it.
const MIN_OF_BEST: f32 = 0.6;
/// What was done stands in long passages, among other things.
const MIN_OF_DEEDS: f32 = 0.2;

#[cfg(test)]
mod tests;
