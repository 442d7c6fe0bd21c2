//! Facts of the ledger as sentences, so that they are searched and cited like everything else.

use super::{
    claims::{Fact, Ledger, Origin, period},
    document::Predicate,
    terms::{stem, words},
};

/// The place of what no source says but dates give.
pub const COMPUTED: &str = "computed from the dates of positions";

/// Sentences about the owner, each with where it was read.
pub fn sentences(ledger: &Ledger, owner: &str) -> Vec<(Origin, String)> {
    let mut sentences = Vec::new();
    if let (Some(years), Some(position)) = (ledger.years_of_experience, ledger.positions().first()) {
        let text = format!("{owner} has {years} years of professional experience.");
        sentences
            .extend(origin(position).map(|origin| (Origin { place: COMPUTED.to_owned(), ..origin }, text)));
    }
    for (at, position) in ledger.positions().into_iter().enumerate() {
        let (title, period) = (&position.claim.value, period(&position.claim));
        let employer = position.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
        let text = if at == 0 && period.ends_with("now") {
            format!("{owner} works as {title}{employer} at present, the current job and employer ({period}).")
        } else {
            format!("{owner} worked as {title}{employer} ({period}).")
        };
        sentences.extend(origin(position).map(|origin| (origin, text)));
    }
    for fact in ledger.all(Predicate::Education) {
        let school = fact.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
        let text = format!(
            "{owner} studied {}{school} ({}): education, degree.",
            fact.claim.value,
            period(&fact.claim)
        );
        sentences.extend(origin(fact).map(|origin| (origin, text)));
    }
    let lists = [
        (Predicate::Language, "speaks these languages:"),
        (Predicate::Skill, "knows and has experience with these skills and technologies:"),
        (Predicate::Certification, "holds these certifications and certificates:"),
        (Predicate::Location, "lives in and is based in"),
    ];
    for (predicate, verb) in lists {
        let facts: Vec<&Fact> = ledger.all(predicate).collect();
        let values: Vec<&str> = facts.iter().map(|fact| fact.claim.value.as_str()).collect();
        if let Some(origin) = facts.first().and_then(|fact| origin(fact)) {
            sentences.push((origin, format!("{owner} {verb} {}.", values.join(", "))));
        }
    }
    sentences
}

/// Whether a question wants to know for how long the owner has worked.
pub fn asks_for_years(question: &str) -> bool {
    let terms: Vec<String> = words(question).iter().map(|word| stem(word)).collect();
    let has = |term: &str| terms.iter().any(|known| known == term);
    let lower = question.to_lowercase();
    let how_long = (lower.contains("how many") || lower.contains("how much")) && has("year");
    how_long && (has("experi") || has("work")) && terms.len() <= 6
}

fn origin(fact: &Fact) -> Option<Origin> {
    fact.origins.first().cloned()
}
