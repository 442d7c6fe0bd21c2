//! Answers put together from passages, for when no model is asked: they quote, name their sources, and say so when
//! nothing is known.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    brain::UserIntent,
    chat::Cited,
    interaction::{Channel, Intent},
    knowledge::{
        library::Found,
        passage::sentences,
        terms::{stem, words},
    },
    persona::Persona,
};

/// The mission's `ChannelOptimizedResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub text: String,
    /// Where what the text says was read; none for an abstention and for small talk.
    pub citations: Vec<Cited>,
    /// `false`: nothing supports an answer, and the text says so.
    pub known: bool,
}

/// Sentences that are quoted, by channel: what is heard must be short.
const SENTENCES: [(Channel, usize); 3] = [(Channel::Chat, 4), (Channel::Voice, 2), (Channel::Phone, 1)];
/// Passages that are quoted without a model.
const PASSAGES: usize = 3;
/// A passage of so many bytes is quoted whole.
const WHOLE: usize = 200;
/// A sentence of fewer bytes is quoted with those around it.
const MEAGRE: usize = 60;
/// What a number is worth beside terms that are shared, where one is asked for.
const NUMBER: usize = 2;
/// A sentence that is read aloud is cut after so many bytes, at a word.
const MAX_SPOKEN: usize = 240;

/// A question that is less surely a courtesy is taken for one about the owner.
const SURE: f32 = 0.5;

/// An answer to what was said, on a channel, from what was found.
pub fn reply(persona: &Persona, found: &[Found], said: &str, read: &UserIntent, channel: Channel) -> Reply {
    let courtesy = match needs_support(persona, said, read) {
        true => None,
        false => courtesy(persona, said, read.intent),
    };
    if let Some(text) = courtesy {
        return Reply { text, citations: Vec::new(), known: true };
    }
    match found.is_empty() {
        true => unknown(persona, read.intent),
        false => quoted(persona, found, said, channel),
    }
}

/// What is asked about the owner needs a passage; what is a courtesy does not. Who asks and is not surely understood,
/// or asks what the owner did or is, wants to know, whatever the words remind of: `Did Alex sell crypto?`
pub fn needs_support(persona: &Persona, said: &str, read: &UserIntent) -> bool {
    match read.intent {
        Intent::TechnicalQuestion
        | Intent::Experience
        | Intent::Availability
        | Intent::Pricing
        | Intent::OutOfScope
        | Intent::Unknown => true,
        Intent::SmallTalk
        | Intent::Goodbye
        | Intent::Spam
        | Intent::Complaint
        | Intent::Networking
        | Intent::Consultation
            if asks_of(&persona.core.name, said) =>
        {
            true
        }
        _ => read.confidence < SURE && asks(said) && !asks_a_favour(said),
    }
}

/// What a question begins with.
const ASKS: [&str; 28] = [
    "who", "whose", "what", "when", "where", "which", "why", "how", "is", "are", "was", "were", "do", "does",
    "did", "has", "have", "had", "can", "could", "will", "would", "should", "may", "might", "am", "isn't",
    "doesn't",
];
/// Of those, what asks for a favour rather than for knowledge.
const OF_FAVOURS: [&str; 8] = ["can", "could", "will", "would", "should", "may", "might", "am"];

/// Whether something is a question; who speaks has no question mark.
fn asks(said: &str) -> bool {
    said.contains('?') || first_word(said).is_some_and(|word| ASKS.contains(&word.as_str()))
}

fn asks_a_favour(said: &str) -> bool {
    first_word(said).is_some_and(|word| OF_FAVOURS.contains(&word.as_str()))
}

/// Whether something asks what somebody, by name or as a third, did, has or is.
pub fn asks_of(name: &str, said: &str) -> bool {
    let asks = first_word(said).is_some_and(|word| ASKS.contains(&word.as_str())) && !asks_a_favour(said);
    let names = words(name);
    let lower = said.to_lowercase();
    let is_third = |word: &str| matches!(word, "he" | "she" | "his" | "her" | "him");
    asks && (lower.split(|c: char| !c.is_alphanumeric()).any(is_third)
        || words(said).iter().any(|word| names.contains(word)))
}

fn first_word(said: &str) -> Option<String> {
    said.split_whitespace().next().map(|word| word.replace('’', "'").to_lowercase())
}

/// What needs no knowledge.
fn courtesy(persona: &Persona, said: &str, intent: Intent) -> Option<String> {
    let name = &persona.core.name;
    let text = match intent {
        Intent::Identity if means_the_twin(said) => {
            format!("I am the AI assistant of {name}, not {name}. I know their work and can pass things on.")
        }
        Intent::SmallTalk => {
            format!("I am {name}'s AI assistant, and glad that you are here. What can I do for you?")
        }
        Intent::Goodbye => "Goodbye, and thank you for getting in touch.".to_owned(),
        Intent::JobOpportunity => format!(
            "Thank you, {name} will want to know more: the role, the company, the level, the range, and how to reach you. \
             Would you like to propose a time to talk?"
        ),
        Intent::MeetingRequest | Intent::InterviewScheduling => {
            format!("I can propose a time to {name}. Which days and times suit you, and how do I reach you?")
        }
        Intent::CallbackRequest => {
            format!("{name} can call you back. Which number, and when does it suit you?")
        }
        Intent::MessageForOwner => {
            format!("I will pass it on to {name}. What is the message, and who is it from?")
        }
        Intent::Complaint => {
            format!("I am sorry about that. I will tell {name}: what happened, and how do we reach you?")
        }
        Intent::Spam => format!("Thank you, but {name} does not take such offers here."),
        _ => return None,
    };
    Some(text)
}

/// Whether a question about who somebody is is about who answers, and not about somebody else.
fn means_the_twin(said: &str) -> bool {
    const THE_TWIN: [&str; 12] =
        ["you", "your", "u", "ur", "bot", "robot", "ai", "machine", "human", "real", "this", "computer"];
    let lower = said.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| THE_TWIN.contains(&word))
}

/// An abstention.
pub fn unknown(persona: &Persona, intent: Intent) -> Reply {
    let name = &persona.core.name;
    let text = match intent {
        Intent::OutOfScope | Intent::Unknown => {
            format!("I can only speak about {name}'s work, and this I do not know. May I take a message?")
        }
        _ => format!(
            "I do not know that, and I will not guess. I have noted the question for {name}. May I take a message?"
        ),
    };
    Reply { text, citations: Vec::new(), known: false }
}

fn quoted(persona: &Persona, found: &[Found], said: &str, channel: Channel) -> Reply {
    let limit = SENTENCES.iter().find(|(of, _)| *of == channel).map_or(1, |(_, limit)| *limit);
    let chosen = best_sentences(found, said, limit);
    let mut citations: Vec<Cited> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for sentence in &chosen {
        let passage = &found[sentence.passage];
        let known = citations.iter().find(|known| known.origin == passage.citation);
        let number = known.map_or(citations.len() + 1, |known| known.number);
        if number > citations.len() {
            citations.push(Cited::of(number, passage));
        }
        let text = ended(sentence.text);
        parts.push(match channel {
            Channel::Chat => format!("{text} [{number}]"),
            Channel::Voice | Channel::Phone => spoken(&text),
        });
    }
    let text = match channel {
        Channel::Chat => parts.join(" "),
        Channel::Voice => format!("{} This is from {}.", parts.join(" "), titles(&citations)),
        Channel::Phone => parts.join(" "),
    };
    let text = if persona.sample && channel == Channel::Chat { text + "\n(Sample data.)" } else { text };
    Reply { text, citations, known: true }
}

struct Sentence<'a> {
    passage: usize,
    text: &'a str,
}

/// A passage by the sentence of it that answers best.
struct Part<'a> {
    passage: usize,
    all: Vec<&'a str>,
    best: usize,
    /// Terms that the best sentence shares with the question.
    shared: usize,
    /// Whether it tells a number where one is asked for.
    tells: bool,
}

impl<'a> Part<'a> {
    fn of(passage: usize, found: &'a Found, asked: &BTreeSet<String>, counts: bool) -> Option<Self> {
        let all = sentences(&found.text);
        let shared = |text: &str| terms(text).intersection(asked).count();
        let tells = |text: &str| counts && tells_a_number(text);
        let value = |at: &usize| shared(all[*at]) + NUMBER * usize::from(tells(all[*at]));
        let best = (0..all.len()).rev().max_by_key(value)?;
        Some(Self { passage, shared: shared(all[best]), tells: tells(all[best]), all, best })
    }

    /// The best sentence, with what it needs to be understood.
    fn quoted(&self, text: &str, limit: usize) -> &[&'a str] {
        let Self { all, best, .. } = self;
        let around = if text.len() <= WHOLE {
            (best + 1).saturating_sub(limit)..all.len()
        } else if all[*best].len() < MEAGRE {
            best.saturating_sub(usize::from(limit > 1))..(best + 2).min(all.len())
        } else {
            *best..best + 1
        };
        &all[around]
    }
}

/// The sentences that answer best. What was quoted already is not quoted again.
fn best_sentences<'a>(found: &'a [Found], said: &str, limit: usize) -> Vec<Sentence<'a>> {
    let (asked, counts) = (terms(said), asks_for_a_number(said));
    let parts = found.iter().enumerate().filter_map(|(at, found)| Part::of(at, found, &asked, counts));
    let mut parts: Vec<Part<'a>> = parts.collect();
    // A passage that tells a number comes first if it speaks of the matter as much as the best one.
    let enough = parts.first().map_or(0, |part| part.shared);
    parts.sort_by_key(|part| !(part.tells && part.shared >= enough));
    let mut chosen: Vec<Sentence<'a>> = Vec::new();
    for part in parts.iter().take(PASSAGES) {
        for text in part.quoted(&found[part.passage].text, limit) {
            if chosen.len() < limit && !chosen.iter().any(|known| says_the_same(known.text, text)) {
                chosen.push(Sentence { passage: part.passage, text });
            }
        }
    }
    chosen
}

fn asks_for_a_number(said: &str) -> bool {
    const ASKS: [&str; 11] = [
        "how many",
        "how much",
        "how long",
        "how often",
        "how fast",
        "how large",
        "how far",
        "what does it cost",
        " cost",
        "the price",
        "largest",
    ];
    let lower = said.to_lowercase();
    ASKS.iter().any(|asks| lower.contains(asks))
}

/// Whether a text tells a number that is no date.
fn tells_a_number(text: &str) -> bool {
    const WORDS: [&str; 19] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "fifteen", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million",
    ];
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    text.to_lowercase().split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = word.starts_with(|c: char| c.is_ascii_digit());
        let is_date = word.split(['-', '/', '–']).any(is_year);
        (digits && !is_date) || WORDS.contains(&word)
    })
}

fn terms(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (terms(one), terms(other));
    let shared = one.intersection(&other).count();
    shared * 10 >= one.len().min(other.len()) * 8
}

fn ended(text: &str) -> String {
    let text = text.trim_start_matches(['-', '*', '•', ' ']).replace('\n', " ");
    if text.ends_with(['.', '!', '?', ':']) { text } else { format!("{text}.") }
}

/// Without what cannot be said aloud.
fn spoken(text: &str) -> String {
    let said = text.split_whitespace().filter(|word| !word.contains("://") && !word.contains('@'));
    let mut short = String::new();
    for word in said {
        if short.len() + word.len() > MAX_SPOKEN {
            return ended(short.trim_end_matches([',', ';', ':']));
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

fn titles(citations: &[Cited]) -> String {
    let mut titles: Vec<&str> = citations.iter().map(|citation| citation.origin.title.as_str()).collect();
    titles.dedup();
    titles.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        brain::slots::Slots,
        knowledge::{claims::Origin, document::SourceKind},
    };

    fn found(text: &str) -> Found {
        let citation =
            Origin {
                kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new()
            };
        let text = text.to_owned();
        Found { text, citation, date: None, score: 1.0, covered: 1.0, likeness: None, document: None }
    }

    fn best<'a>(found: &'a [Found], said: &str) -> &'a str {
        best_sentences(found, said, 1)[0].text
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
    fn a_question_about_the_owner_is_no_courtesy() {
        let persona: Persona =
            serde_json::from_str(include_str!("../../../infra/local/demo/persona.json")).unwrap();
        let read = |intent, confidence| UserIntent { intent, confidence, slots: Slots::default() };
        let rows = [
            ("Did Alex sell crypto?", Intent::Spam, 0.88, true),
            ("did alex work at google", Intent::Spam, 0.6, true),
            ("Why did she leave the last job?", Intent::Complaint, 0.9, true),
            ("Is Alex married?", Intent::SmallTalk, 0.45, true),
            ("Is Alex nice?", Intent::SmallTalk, 0.83, true),
            ("Has Alex consulted for banks?", Intent::Consultation, 0.67, true),
            ("how many years did you work at Globex", Intent::Identity, 0.43, true),
            ("How are you?", Intent::SmallTalk, 0.94, false),
            ("Are you a bot?", Intent::Identity, 1.0, false),
            ("Do you want to improve your SEO?", Intent::Spam, 0.99, false),
            ("Does Alex have time for a call on Friday?", Intent::MeetingRequest, 0.99, false),
            ("Could Alex call me back?", Intent::CallbackRequest, 0.99, false),
            ("Tell Alex that this is a scandal.", Intent::Complaint, 0.4, false),
            ("buy crypto now", Intent::Spam, 0.4, false),
        ];
        for (said, intent, confidence, expected) in rows {
            let read = read(intent, confidence);
            assert_eq!(needs_support(&persona, said, &read), expected, "{said}");
            assert_eq!(reply(&persona, &[], said, &read, Channel::Chat).known, !expected, "{said}");
        }
        let sold = [found("Alex sold crypto in 2017.")];
        let told = reply(&persona, &sold, "Did Alex sell crypto?", &read(Intent::Spam, 0.88), Channel::Phone);
        assert_eq!((told.text.as_str(), told.citations.len()), ("Alex sold crypto in 2017.", 1));
    }

    #[test]
    fn numbers_and_dates() {
        for text in ["62 percent", "in nine minutes", "(40 guests)", "1,600 a day", "p99 to 210 ms"] {
            assert!(tells_a_number(text), "{text}");
        }
        for text in ["2019-06 to 2022", "since 2021.", "p99 latency", "one of them", ""] {
            assert!(!tells_a_number(text), "{text}");
        }
    }
}
