//! Facts of the ledger as sentences, so that they are searched and cited like everything else.

use super::{
    claims::{Fact, Ledger, Origin, normalised, period},
    document::Predicate,
    terms::{stem, words},
};

/// The place of what no source says but dates give.
pub const COMPUTED: &str = "computed from the dates of positions";

/// A fact in words.
pub struct Sentence {
    pub origin: Origin,
    pub text: String,
    /// What else people ask for it with.
    pub keywords: &'static str,
}

/// Sentences about the owner, each with where it was read.
pub fn sentences(ledger: &Ledger, owner: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut say = |fact: &Fact, text: String, keywords: &'static str| {
        sentences.extend(fact.origins.first().map(|origin| Sentence {
            origin: origin.clone(),
            text,
            keywords,
        }));
    };
    for (at, position) in ledger.positions().into_iter().enumerate() {
        let (title, period) = (&position.claim.value, period(&position.claim));
        let employer = position.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
        if at == 0 && period.ends_with("now") {
            let text = format!("{owner} works as {title}{employer} ({period}).");
            say(position, text, "now at present right now current job employer company");
        } else {
            say(position, format!("{owner} worked as {title}{employer} ({period})."), "job employer company");
        }
    }
    for fact in ledger.all(Predicate::Education) {
        let school = fact.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
        let text = format!("{owner} studied {}{school} ({}).", fact.claim.value, period(&fact.claim));
        say(fact, text, "education degree university");
    }
    let lists = [
        (Predicate::Language, "speaks", "languages"),
        (Predicate::Skill, "knows", "programming languages skills technologies experience with"),
        (Predicate::Certification, "holds", "certifications certificates"),
        (Predicate::Location, "is based in", "lives location where city country"),
    ];
    for (predicate, verb, keywords) in lists {
        let mut values: Vec<&str> = Vec::new();
        for fact in ledger.all(predicate) {
            let value = fact.claim.value.as_str();
            if !values.iter().any(|known| normalised(known).contains(&normalised(value))) {
                values.push(value);
            }
        }
        if let Some(first) = ledger.all(predicate).next() {
            say(first, format!("{owner} {verb} {}.", values.join(", ")), keywords);
        }
    }
    if let (Some(years), Some(position)) = (ledger.years_of_experience, ledger.positions().first()) {
        let text = format!("{owner} has {years} years of professional experience.");
        say(position, text, "");
        if let Some(last) = sentences.last_mut() {
            COMPUTED.clone_into(&mut last.origin.place);
        }
    }
    sentences
}

/// Whether a question wants to know for how long the owner has worked.
pub fn asks_for_years(question: &str) -> bool {
    let terms: Vec<String> = words(question).iter().map(|word| stem(word)).collect();
    let has = |term: &str| terms.iter().any(|known| known == term);
    let lower = question.to_lowercase();
    let how_long = ["how many years", "how much experience", "how long", "years of experience"];
    how_long.iter().any(|asks| lower.contains(asks))
        && (has("experi") || has("work") || has("career"))
        && terms.len() <= 6
}
