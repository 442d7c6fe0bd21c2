//! A question as a search reads it: stems with their weights, dates, and speakers that are named.

use std::collections::HashSet;

use crate::knowledge::{
    dates::{self, Asked},
    index::Index,
    terms::{stem, words},
};

/// A speaker's name says less about what was said.
const NAME_WEIGHT: f32 = 0.5;
/// What questions are asked with counts this much towards what a passage covers of them.
const ASKING_WEIGHT: f32 = 0.2;
/// Stems of such words.
const ASKING: &str = "abl alreadi ask brief come current describ detail discuss done ever exact few exampl \
                      explain familiar find former get give good help hear kind know let like list look \
                      make mani mention much name need offer pleas possibl project question realli recommend say see sentenc \
                      share short show someth sort speak start still tell thing think type use want way well \
                      wonder word work would";

/// Words of working life that answer each other: stems, a line a meaning.
const ALIKE: &[&str] = &[
    "colleagu cowork peer recommend refer",
    "talk speech confer speaker keynot",
    "award prize honour honor",
    "employ compani firm organis organiz",
    "certif certifi certificat cert",
    "hobbi interest leisur",
    "volunt volunteer honorari",
    "lead manag head",
    "univers uni colleg school degre educ studi graduat",
    "job role posit career",
    "rate price fee charg",
    "bottleneck slow latenc perform",
    "consult freelanc advisori servic",
    "product live",
    "remot home",
    "publish public",
];

/// Words that mean something else together than each of them: stems, a compound a line.
const COMPOUNDS: &[&str] = &[
    "open sourc",
    "machin learn",
    "deep learn",
    "comput scienc",
    "comput vision",
    "data scienc",
    "real time",
    "full stack",
    "suppli chain",
    "version control",
];

/// A question, as a search reads it.
pub(super) struct Query {
    pub terms: Vec<Term>,
    pub dates: Vec<Asked>,
    pub asks_when: bool,
    /// Numbers of the speakers that it names, in order.
    pub named: Vec<u16>,
}

pub(super) struct Term {
    pub stem: String,
    /// Stems that mean nearly the same.
    pub alike: Vec<&'static str>,
    /// The other stem of a compound: a passage that lacks it says nothing of this one, either.
    pub with: Option<String>,
    pub weight: f32,
    /// How much of its weight a passage has to cover.
    pub asking: f32,
}

impl Index {
    /// Reads a question for this index.
    pub(super) fn read(&self, question: &str) -> Query {
        let asked = words(question);
        let capitalised: HashSet<String> = question
            .split_whitespace()
            .skip(1)
            .filter(|word| word.trim_start_matches(['"', '\'', '(', '[']).starts_with(char::is_uppercase))
            .flat_map(words)
            .collect();
        let asks_how_long = question.to_lowercase().contains("how long");
        let mut terms: Vec<Term> = Vec::new();
        let mut named = Vec::new();
        for word in &asked {
            let speakers = self.named(word, capitalised.contains(word));
            let weight = if speakers.is_empty() { 1.0 } else { NAME_WEIGHT };
            for speaker in speakers {
                if !named.contains(&speaker) {
                    named.push(speaker);
                }
            }
            let stem = stem(word);
            if let Some(known) = terms.iter_mut().find(|known| known.stem == stem) {
                known.weight = known.weight.min(weight);
                continue;
            }
            let is_asking = ASKING.split_ascii_whitespace().any(|asking| asking == stem);
            // "How long?" is not answered by what is long.
            let asking = match stem.as_str() {
                "long" if asks_how_long => 0.0,
                _ if is_asking => ASKING_WEIGHT,
                _ => 1.0,
            };
            terms.push(Term { alike: alike(&stem), stem, with: None, weight, asking });
        }
        for pair in terms_of(&asked).windows(2).filter(|pair| is_compound(pair)) {
            for (one, other) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
                for term in terms.iter_mut().filter(|term| term.stem == *one) {
                    term.with = Some(other.clone());
                }
            }
        }
        Query { terms, dates: dates::asked(question), asks_when: dates::asks_when(question), named }
    }

    /// The speakers whom a word names: in full, or short if it is written like a name.
    fn named(&self, word: &str, capitalised: bool) -> Vec<u16> {
        let names = |name: &String| {
            name == word || (capitalised && word.chars().count() >= 3 && name.starts_with(word))
        };
        (0..).zip(&self.speakers).filter(|(_, of)| of.iter().any(names)).map(|(number, _)| number).collect()
    }
}

fn terms_of(words: &[String]) -> Vec<String> {
    words.iter().map(|word| stem(word)).collect()
}

fn is_compound(pair: &[String]) -> bool {
    COMPOUNDS.contains(&pair.join(" ").as_str())
}

fn alike(stem: &str) -> Vec<&'static str> {
    let groups = ALIKE.iter().filter(|group| group.split(' ').any(|word| word == stem));
    groups.flat_map(|group| group.split(' ')).filter(|word| *word != stem).collect()
}
