//! Facts of the ledger as sentences, so that they are searched and cited like everything else.

use jiff::civil::Date;

use super::{
    claims::{Fact, Ledger, Origin, normalised, period, same_place, years},
    document::{Month, Predicate},
    passage::sentences as sentences_of,
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
        let is_current = at == 0 && position.claim.ends_now();
        let current = "now at present right now current job employer company";
        let keywords = if is_current { current } else { "job employer company" };
        say(position, held(owner, position, is_current), keywords);
    }
    for fact in ledger.all(Predicate::Education) {
        let school = fact.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
        let text = format!("{owner} studied {}{school}{}.", fact.claim.value, when(fact));
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
            let is_known = |known: &&str| match predicate {
                Predicate::Location => same_place(known, value),
                _ => normalised(known).contains(&normalised(value)),
            };
            if !values.iter().any(is_known) {
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

/// That the owner holds or held a position.
pub(super) fn held(owner: &str, position: &Fact, is_current: bool) -> String {
    let verb = if is_current { "works" } else { "worked" };
    let employer = position.claim.of.as_deref().map(|of| format!(" at {of}")).unwrap_or_default();
    format!("{owner} {verb} as {}{employer}{}.", position.claim.value, when(position))
}

fn when(fact: &Fact) -> String {
    let period = period(&fact.claim);
    if period.is_empty() { period } else { format!(" ({period})") }
}

/// What a question about positions is asked with, beside names.
const OF_WORK: &[&str] = &[
    "work", "works", "worked", "working", "job", "role", "position", "employer", "employed", "company",
    "join", "joined", "joining", "right", "directly", "prior", "previous", "former", "last", "tell",
];

/// Whether a word only asks for positions.
pub(super) fn is_of_work(word: &str) -> bool {
    OF_WORK.contains(&word)
}

/// The position that a question asks for by what came before or after it, and for nothing else: `Who did you work for
/// before Acme?`, `your previous employer`.
pub fn beside(ledger: &Ledger, owner: &str, question: &str) -> Option<Sentence> {
    let asked = normalised(question);
    let positions = ledger.positions();
    let (before, named) = match (asked.split_once(" before "), asked.split_once(" after ")) {
        (Some((asks, named)), None) => (asks, Some((named, true))),
        (None, Some((asks, named))) => (asks, Some((named, false))),
        (None, None) => (asked.as_str(), None),
        (Some(_), Some(_)) => return None,
    };
    let owners = words(owner);
    if !words(before).iter().all(|word| OF_WORK.contains(&word.as_str()) || owners.contains(word)) {
        return None;
    }
    let found = if let Some((named, is_before)) = named {
        let employer = positions.iter().find_map(|fact| names(named, fact.claim.of.as_deref()?))?;
        if is_before { ledger.before(&employer) } else { ledger.after(&employer) }
    } else {
        let latest =
            positions.first().filter(|latest| latest.claim.ends_now() && asks_for_previous(&asked))?;
        ledger.before(&normalised(latest.claim.of.as_deref()?))
    }?;
    let is_current = found.claim.ends_now() && positions.first() == Some(&found);
    let origin = found.origins.first()?.clone();
    Some(Sentence { origin, text: held(owner, found, is_current), keywords: "" })
}

/// What a question about when a position began or ended is asked with, beside names.
const OF_TIME: &[&str] = &[
    "when", "since", "until", "what", "which", "year", "month", "date", "in", "on", "from", "did", "do",
    "does", "has", "have", "is", "was", "you", "he", "she", "they", "him", "her", "them", "the", "exactly",
    "first", "join", "joined", "begin", "began", "begun", "start", "started", "leave", "left", "quit",
    "finish", "stop", "been", "be", "work", "works", "worked", "working", "job", "role", "position",
    "employed", "with", "at", "for", "there",
];

/// The position with the employer that a question names and asks the time of, and nothing else: `When did you join
/// Acme?`, `When did she leave Acme?` The first that the owner had there, or the last if it asks for the end.
pub fn timed(ledger: &Ledger, owner: &str, question: &str) -> Option<Sentence> {
    let asked = normalised(question);
    let owners = words(owner);
    let is_asking = |word: &&str| OF_TIME.contains(word) || owners.iter().any(|name| name == word);
    let asking: Vec<&str> = asked.split(' ').take_while(is_asking).collect();
    let says = |wanted: &[&str]| asking.iter().any(|word| wanted.contains(word));
    let of_time = says(&["when", "since", "until"]) || says(&["year", "month", "date"]);
    let ends = says(&["leave", "left", "quit", "finish", "stop", "until"]);
    if !of_time
        || !(ends || says(&["join", "joined", "begin", "began", "begun", "start", "started", "since"]))
    {
        return None;
    }
    let named = asked.split(' ').skip(asking.len()).collect::<Vec<_>>().join(" ");
    let positions = ledger.positions();
    let employer = positions.iter().find_map(|fact| names(&named, fact.claim.of.as_deref()?))?;
    let there = || positions.iter().filter(|fact| fact.claim.is_of(&employer));
    let found = if ends {
        there().max_by_key(|fact| fact.claim.end())
    } else {
        there().filter(|fact| fact.claim.from.is_some()).min_by_key(|fact| fact.claim.from.map(Month::index))
    }?;
    let origin = found.origins.first()?.clone();
    Some(Sentence { origin, text: held(owner, found, found.claim.ends_now()), keywords: "" })
}

fn asks_for_previous(asked: &str) -> bool {
    let words: Vec<&str> = asked.split(' ').collect();
    let says = |pair: &[&str]| {
        ["previous", "former", "last"].contains(&pair[0])
            && ["job", "role", "position", "employer", "company"].contains(&pair[1])
    };
    words.windows(2).any(says)
}

/// An employer, as [`normalised`], if words say nothing but its name, in short or in full.
fn names(said: &str, employer: &str) -> Option<String> {
    let employer = normalised(employer);
    let of_it = |word: &&str| employer.split(' ').any(|part| part == *word);
    let mut name =
        said.split(' ').skip_while(|word| OF_WORK.contains(word) || matches!(*word, "at" | "for")).peekable();
    let begins = name.peek().is_some_and(|first| employer.split(' ').next() == Some(*first));
    (begins && name.all(|word| of_it(&word))).then_some(employer)
}

/// Stems of what a question about the length of the owner's work is asked with, beside names.
const OF_YEARS: &[&str] = &[
    "year",
    "month",
    "mani",
    "much",
    "long",
    "experi",
    "work",
    "career",
    "as",
    "profession",
    "total",
    "overal",
    "altogeth",
    "far",
    "get",
    "job",
    "role",
    "posit",
    "employ",
    "compani",
    "firm",
    "spend",
    "stay",
];
/// A question that names more than that names no position.
const MAX_NAMED: usize = 3;

/// What dates give for a question that asks for how long the owner has worked.
pub enum Years {
    /// In all.
    All,
    /// In the positions that it names.
    Of(Sentence),
    /// With what no position is dated by, such as a technology, in stems: only what says it tells it.
    With(Vec<String>),
}

impl Years {
    /// Whether a text says for how many years.
    pub fn are_told(named: &[String], text: &str) -> bool {
        sentences_of(text).iter().any(|sentence| {
            let told: Vec<String> = words(sentence).iter().map(|word| stem(word)).collect();
            let has = |term: &String| told.contains(term);
            told.iter().any(|term| term == "year") && named.iter().all(has)
        })
    }
}

/// What a question about years wants; nothing if it asks something else. The total answers only who asks for nothing
/// but the total: years with a technology are not years of work.
pub fn years_asked(ledger: &Ledger, owner: &str, question: &str, today: Date) -> Option<Years> {
    let owners = words(owner);
    let asked: Vec<String> = words(question);
    let terms: Vec<String> =
        asked.iter().filter(|word| !owners.contains(word)).map(|word| stem(word)).collect();
    let has = |term: &str| terms.iter().any(|known| known == term);
    let lower = question.to_lowercase();
    let how_long = ["how many years", "how long", "years of experience"];
    let asks =
        how_long.iter().any(|asks| lower.contains(asks)) || (lower.contains("how much") && has("experi"));
    let of_the_owner = has("experi") || has("work") || has("career");
    let named: Vec<&String> = terms.iter().filter(|term| !OF_YEARS.contains(&term.as_str())).collect();
    if !asks || (!of_the_owner && !is_stay(&lower)) {
        return None;
    }
    if named.is_empty() {
        return of_the_owner.then_some(Years::All);
    }
    let tells = |fact: &&Fact| {
        let text = format!("{} {}", fact.claim.value, fact.claim.of.as_deref().unwrap_or_default());
        let told: Vec<String> = words(&text).iter().map(|word| stem(word)).collect();
        named.iter().all(|term| told.contains(term))
    };
    let there: Vec<&Fact> = ledger.positions().into_iter().filter(tells).collect();
    let spent = (named.len() <= MAX_NAMED).then(|| years(there.iter().copied(), today)).flatten();
    if let (Some(latest), Some(spent)) = (there.first(), spent) {
        let spent = match spent {
            0 => "less than a year".to_owned(),
            1 => "one year".to_owned(),
            years => format!("{years} years"),
        };
        let position = held(owner, latest, latest.claim.ends_now());
        let employer = latest.claim.of.as_deref().map(normalised);
        let is_there = |fact: &&Fact| employer.as_deref().is_some_and(|employer| fact.claim.is_of(employer));
        // A title is held with several employers.
        let text = match there.len() {
            1 => format!("{position} That is {spent}."),
            _ if there.iter().all(is_there) => {
                format!("{position} That is {spent} with other positions there.")
            }
            _ => format!("{position} Together with other such positions, that is {spent}."),
        };
        let origin = Origin { place: COMPUTED.to_owned(), ..latest.origins.first()?.clone() };
        return Some(Years::Of(Sentence { origin, text, keywords: "" }));
    }
    // `How long did the work on the ledger take?` asks for no years of the owner's.
    let with = of_the_owner && (has("experi") || has("career") || has("year"));
    with.then(|| Years::With(named.into_iter().cloned().collect()))
}

/// `How long have you been at Acme?` Whether it is an employer, the ledger knows.
fn is_stay(lower: &str) -> bool {
    const STAYS: [&str; 5] = [" been at ", " been with ", " stay at ", " stayed at ", " at "];
    lower.trim_start().starts_with("how") && STAYS.iter().any(|stay| lower.contains(stay))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::knowledge::document::{Claim, SourceKind, Until};

    fn ledger() -> Ledger {
        let month = |text: &str| Month::try_from(text.to_owned()).unwrap();
        let position = |of: &str, from: &str, until: &str| Claim {
            predicate: Predicate::Position,
            of: Some(of.to_owned()),
            value: "Engineer".to_owned(),
            from: Some(month(from)),
            until: Some(if until.is_empty() { Until::Present } else { Until::Month(month(until)) }),
            place: String::new(),
        };
        let origin =
            Origin {
                kind: SourceKind::Resume, title: "Résumé".to_owned(), url: None, place: String::new()
            };
        let claims = [
            position("Acme GmbH", "2021-03", ""),
            position("Acme", "2021-01", ""),
            position("Globex AG", "2017-05", "2021-02"),
            position("Board of a fund", "2019-01", "2022-12"),
            position("Initech", "2014-10", "2017-04"),
        ];
        Ledger::of(claims.map(|claim| (claim, origin.clone())), date(2026, 11, 22))
    }

    #[test]
    fn when_it_began_and_ended() {
        let ledger = ledger();
        let rows = [
            ("When did Alex join Globex?", Some("(May 2017 to February 2021)")),
            ("when did you begin at globex ag", Some("May 2017")),
            ("Since when has he been working at Acme?", Some("January 2021")),
            ("What year did she start working for Initech?", Some("October 2014")),
            ("When did Alex leave Initech?", Some("April 2017")),
            ("When did Alex join Umbrella?", None),
            ("When did Alex join the Globex user group?", None),
            ("When did Alex start the ledger rewrite at Acme?", None),
            ("When did Alex begin?", None),
            ("Did Alex join Globex?", None),
            ("When was Globex founded?", None),
        ];
        for (question, expected) in rows {
            let found = timed(&ledger, "Alex Sample", question).map(|sentence| sentence.text);
            assert_eq!(found.is_some(), expected.is_some(), "{question}: {found:?}");
            assert!(
                found.as_deref().unwrap_or_default().contains(expected.unwrap_or_default()),
                "{question}: {found:?}"
            );
        }
    }

    #[test]
    fn years_are_those_that_are_asked_for() {
        let ledger = ledger();
        let today = date(2026, 11, 22);
        let said = |question: &str| match years_asked(&ledger, "Alex Sample", question, today) {
            Some(Years::All) => "all".to_owned(),
            Some(Years::Of(sentence)) => sentence.text,
            Some(Years::With(named)) => format!("with {}", named.join(" ")),
            None => "nothing".to_owned(),
        };
        let rows = [
            ("How many years of experience does Alex have?", "all"),
            ("How many years has Alex worked?", "all"),
            ("how long is Alex's career so far", "all"),
            ("How much professional experience do you have in total?", "all"),
            ("How many years of experience does Alex have with Rust?", "with rust"),
            ("How many years has Alex worked with Kubernetes?", "with kubernet"),
            ("years of experience with java", "with java"),
            ("How long did the work on the ledger take?", "nothing"),
            ("Which years were good?", "nothing"),
            ("How long are keys kept at Acme?", "nothing"),
            ("How long has Alex been at Umbrella?", "nothing"),
            ("How long have you been?", "nothing"),
        ];
        for (question, expected) in rows {
            assert_eq!(said(question), expected, "{question}");
        }
        let globex = said("How many years did you work at Globex?");
        assert!(globex.contains("Globex AG (May 2017 to February 2021). That is 3 years."), "{globex}");
        let acme = said("How long has Alex worked for Acme?");
        assert!(acme.contains("That is 5 years with other positions there."), "{acme}");
        for asked in [
            "how long has alex been at acme",
            "How long did you stay at Globex?",
            "How long was she at Initech?",
        ] {
            let told = said(asked);
            assert!(told.contains(" That is "), "{asked}: {told}");
        }
        let engineer = said("How many years of experience does Alex have as an engineer?");
        assert!(engineer.contains("at Acme GmbH (since March 2021)."), "{engineer}");
        assert!(engineer.contains(". Together with other such positions, that is "), "{engineer}");
    }

    #[test]
    fn years_with_something_are_told_by_what_says_them() {
        let named = ["rust".to_owned()];
        assert!(Years::are_told(&named, "Knows Rust (six years) and Go."));
        assert!(!Years::are_told(
            &named,
            "An engineer with 25 years of experience. Rewrote a ledger in Rust."
        ));
    }

    #[test]
    fn what_came_before_and_after() {
        let ledger = ledger();
        let rows = [
            ("who did he work for before acme", Some("Globex")),
            ("Where did Alex work before Globex?", Some("Initech")),
            ("What did Alex do after Initech?", Some("Globex")),
            ("Which company did Alex work for after Globex?", Some("Acme")),
            ("What was the previous employer?", Some("Globex")),
            ("Where did Alex work before Initech?", None),
            ("Where did Alex work before Umbrella?", None),
            ("Where did he work before joining Globex AG?", Some("Initech")),
            ("How slow was it before Globex?", None),
            ("Which company was fast before Acme rewrote it?", None),
            ("What did you learn in your last job?", None),
            ("What do former colleagues of the company say?", None),
            ("What did the review say after the first week?", None),
        ];
        for (question, expected) in rows {
            let found = beside(&ledger, "Alex", question).map(|sentence| sentence.text);
            assert_eq!(found.is_some(), expected.is_some(), "{question}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{question}");
        }
    }
}
