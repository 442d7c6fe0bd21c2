//! Which sentences of what was found answer a question.

use std::collections::BTreeSet;

use super::{
    kind::{Kind, tells_a_number},
    lines::{Line, lines},
};
use crate::knowledge::{
    deeds,
    library::Found,
    passage::sentences,
    terms::{stem, words},
};

/// Passages that are quoted without a model.
const PASSAGES: usize = 3;
/// A passage of so many bytes is quoted whole.
const WHOLE: usize = 200;
/// A sentence of fewer bytes is quoted with those around it.
const MEAGRE: usize = 60;
/// One of fewer says nothing without its heading.
const BARE: usize = 30;
/// What a term in a sentence is worth beside one in its heading.
const OF_SENTENCE: usize = 2;

/// A sentence, and the place of its passage among those that were found.
pub(super) struct Sentence {
    pub passage: usize,
    pub text: String,
}

/// A line, and what it has to do with the question.
struct Told {
    line: Line,
    /// Terms that it shares with the question, and those that its heading alone does.
    own: usize,
    above: usize,
    /// What it is worth that it tells the kind of thing that is asked for.
    worth: usize,
}

/// A question in stems, with those of the owner's name, and the kind of thing that it asks for.
struct Asked {
    terms: BTreeSet<String>,
    owner: BTreeSet<String>,
    kind: Option<Kind>,
}

impl Told {
    fn of(line: Line, asked: &Asked) -> Self {
        let Asked { terms: wanted, owner, kind } = asked;
        let own: BTreeSet<String> = terms(&line.text).intersection(wanted).cloned().collect();
        let above = terms(&line.heading);
        let above = above.intersection(wanted).filter(|term| !own.contains(*term) && !owner.contains(*term));
        let above = above.count();
        let worth = kind.map_or(0, |kind| kind.worth(&line.text));
        Self { own: own.len(), above, worth, line }
    }

    fn shared(&self) -> usize {
        self.own + self.above
    }

    fn value(&self) -> usize {
        OF_SENTENCE * (self.own + self.worth) + self.above
    }

    /// Whether it is only understood with its heading.
    fn needs_heading(&self) -> bool {
        !self.line.heading.is_empty() && (self.above > 0 || self.own == 0 || self.line.text.len() < BARE)
    }
}

/// A passage by the line of it that answers best.
struct Part {
    passage: usize,
    all: Vec<Told>,
    best: usize,
}

impl Part {
    fn of(passage: usize, found: &Found, asked: &Asked) -> Option<Self> {
        let all: Vec<Told> = lines(&found.text).into_iter().map(|line| Told::of(line, asked)).collect();
        let best = (0..all.len()).rev().max_by_key(|at| all[*at].value())?;
        Some(Self { passage, all, best })
    }

    fn best(&self) -> &Told {
        &self.all[self.best]
    }

    /// The best line, with what it needs to be understood. Beside what was quoted already, and of a table or list, only what
    /// shares something with the question.
    fn quoted(&self, text: &str, limit: usize, is_first: bool) -> Vec<&Told> {
        let Self { all, best, .. } = self;
        let line = &self.best().line;
        let around = if text.len() <= WHOLE {
            (best + 1).saturating_sub(limit)..all.len()
        } else if line.text.len() < MEAGRE && limit > 1 && line.heading.is_empty() {
            best.saturating_sub(1)..(best + 2).min(all.len())
        } else {
            *best..best + 1
        };
        let mut quoted: Vec<&Told> = all[around].iter().collect();
        if (!is_first || line.is_item) && quoted.iter().any(|told| told.shared() > 0) {
            quoted.retain(|told| told.shared() > 0);
        }
        quoted
    }
}

/// The sentences that answer best. What was quoted already is not quoted again.
pub(super) fn best_sentences(owner: &str, found: &[Found], said: &str, limit: usize) -> Vec<Sentence> {
    if deeds::asks(said) {
        let done = done(owner, found, said, limit);
        if !done.is_empty() {
            return done;
        }
    }
    let asked = Asked { terms: terms(said), owner: terms(owner), kind: Kind::asked(said) };
    let parts = found.iter().enumerate().filter_map(|(at, found)| Part::of(at, found, &asked));
    let mut parts: Vec<Part> = parts.collect();
    // A passage that tells what is asked for comes first if it speaks of the matter as much as the best one.
    let enough = parts.first().map_or(0, |part| part.best().shared());
    parts.sort_by_key(|part| {
        let best = part.best();
        let tells = best.worth > 0 && best.shared() >= enough;
        std::cmp::Reverse(if tells { (best.worth, best.shared()) } else { (0, 0) })
    });
    let mut chosen: Vec<Sentence> = Vec::new();
    for part in parts.iter().take(PASSAGES) {
        let mut heading = "";
        for told in part.quoted(&found[part.passage].text, limit, chosen.is_empty()) {
            let Line { text, heading: above, .. } = &told.line;
            let text = match told.needs_heading() && above != heading {
                true => format!("{above} {text}"),
                false => text.clone(),
            };
            heading = above;
            take(&mut chosen, part.passage, text, limit);
        }
    }
    chosen
}

fn take(chosen: &mut Vec<Sentence>, passage: usize, text: String, limit: usize) {
    if chosen.len() < limit && !chosen.iter().any(|known| says_the_same(&known.text, &text)) {
        chosen.push(Sentence { passage, text });
    }
}

/// The sentences that name what is asked for, what was done first, and of that what is told with a number. A heading alone
/// tells nothing; what was done at some place stands under a heading that names it.
fn done(owner: &str, found: &[Found], said: &str, limit: usize) -> Vec<Sentence> {
    let (about, at_a_place) = (deeds::about(owner, said), deeds::ask_of_a_place(said));
    let shared = |line: &Line| {
        let own = terms(&line.text).intersection(&about).count();
        own + if at_a_place { terms(&line.heading).intersection(&about).count() } else { 0 }
    };
    let of = |(passage, found): (usize, &Found)| {
        lines(&found.text).into_iter().map(move |line| (passage, line)).collect::<Vec<_>>()
    };
    let mut named: Vec<(usize, Line)> = found.iter().enumerate().flat_map(of).collect();
    named.retain(|(_, line)| shared(line) > 0);
    named.sort_by_key(|(passage, line)| {
        (
            !deeds::is_deed(&line.text),
            std::cmp::Reverse(if at_a_place { shared(line) } else { 0 }),
            !tells_a_number(&line.text),
            found[*passage].document.is_none(),
        )
    });
    // Beside what was done, nothing is told that was not.
    if named.first().is_some_and(|(_, first)| deeds::is_deed(&first.text)) {
        named.retain(|(_, line)| deeds::is_deed(&line.text));
    }
    let mut chosen: Vec<Sentence> = Vec::new();
    for (passage, line) in named {
        take(&mut chosen, passage, line.text, limit);
    }
    chosen
}

/// Of a text, the sentence that shares most with a question; none shares nothing.
pub fn sentence_about<'a>(text: &'a str, question: &str) -> Option<&'a str> {
    let asked = terms(question);
    let shared = |text: &&str| terms(text).intersection(&asked).count();
    sentences(text).into_iter().rev().max_by_key(shared).filter(|best| shared(best) > 0)
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (terms(one), terms(other));
    let shared = one.intersection(&other).count();
    shared * 10 >= one.len().min(other.len()) * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{claims::Origin, document::SourceKind};

    fn found(text: &str) -> Found {
        let citation =
            Origin {
                kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new()
            };
        let text = text.to_owned();
        Found { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
    }

    fn best(found: &[Found], said: &str) -> String {
        best_sentences("Alex Sample", found, said, 1).remove(0).text
    }

    #[test]
    fn a_number_answers_how_many() {
        let passages = [
            found("Alex was a technical lead (2019-06 to 2022-12)."),
            found("Rewrote the ledger: 40 million transfers a day.\nTechnical lead of nine engineers."),
        ];
        let asked = "How many engineers does Alex lead as a technical lead?";
        assert_eq!(best(&passages, asked), "Technical lead of nine engineers.");
        assert_eq!(best(&passages, "Was Alex a technical lead?"), passages[0].text);
        let other = [found("Alex leads a team."), found("Leads 12 teams of another company.")];
        assert_eq!(best(&other, "How many teams does Alex lead?"), "Alex leads a team.", "it shares more");
    }

    #[test]
    fn what_was_done_is_told_and_no_heading() {
        let passages = [
            found("shale, Author, 2019 – 2022\nA storage engine in Rust that keeps its data in S3."),
            found("Organiser, Rust Evenings, 2019 – present\nRuns evenings for newcomers to Rust."),
            found(
                "Staff Engineer, Payments, Ledgerlane GmbH\nPayments infrastructure\nLed the rewrite of a payments \
                   ledger in Rust that settles 40 million transfers a day.\nMoved the jobs to Lambda.",
            ),
            found("A review of a payment system: five days, a written report."),
        ];
        for about in ["Rust", "payments"] {
            let said = format!("What has Alex done with {about}?");
            let told: Vec<String> =
                best_sentences("Alex Sample", &passages, &said, 3).into_iter().map(|one| one.text).collect();
            assert_eq!(told.len(), 1, "{about}: {told:?}");
            assert!(told[0].starts_with("Led the rewrite"), "{about}: {told:?}");
        }
        let beside = best_sentences("Alex Sample", &passages[..2], "What have you done with Rust?", 4);
        let beside: Vec<String> = beside.into_iter().map(|one| one.text).collect();
        assert_eq!(beside.len(), 2, "{beside:?}");
        assert!(beside.iter().all(|text| text.ends_with('.')), "no heading: {beside:?}");
    }
    #[test]
    fn what_is_done_at_a_place_stands_under_it() {
        let passages = [found(
            "Staff Engineer, Globex AG\nLed a team.\nWrote the fault-injection tests.\nEngineer, Initech\nBuilt a storage engine.",
        )];
        let told = best_sentences("Alex Sample", &passages, "What did Alex do at Globex?", 4);
        let told: Vec<String> = told.into_iter().map(|one| one.text).collect();
        assert_eq!(told, ["Led a team.", "Wrote the fault-injection tests."]);
    }

    #[test]
    fn a_heading_is_told_where_it_says_what_is_asked() {
        let prize =
            [found("Prize of the House, Globex AG, 2022\nFor a migration without a minute of downtime.")];
        assert_eq!(
            best(&prize, "Did Alex win a prize?"),
            "Prize of the House, Globex AG, 2022. For a migration without a minute of downtime."
        );
        assert_eq!(
            best(&prize, "Was there a migration without downtime?"),
            "For a migration without a minute of downtime."
        );
        let thesis = [found("Quorum reads, Sample University, 2014\nMaster's thesis.")];
        assert_eq!(
            best(&thesis, "What was the master's thesis about?"),
            "Quorum reads, Sample University, 2014. Master's thesis."
        );
    }

    #[test]
    fn what_something_costs_is_an_amount() {
        let passages = [
            found("A review of the architecture: five days, a written report."),
            found(
                "Engagement | Length | Price\nArchitecture review | 5 days | €7,500\nHunt | 10 days | €14,000",
            ),
        ];
        let asked = "What does an architecture review cost?";
        assert_eq!(best(&passages, asked), "Architecture review: Length 5 days, Price €7,500");
        let all = best_sentences("Alex Sample", &passages, asked, 4);
        assert!(all.iter().all(|one| !one.text.contains("14,000")), "the row that is asked for");
    }

    #[test]
    fn what_it_is_written_in_is_a_language() {
        let passages = [
            found("Rewrote the ledger: 40 million transfers a day."),
            found("Led the rewrite of a payments ledger in Rust."),
        ];
        let asked = "What language was the ledger rewritten in?";
        assert_eq!(best(&passages, asked), "Led the rewrite of a payments ledger in Rust.");
    }
}
