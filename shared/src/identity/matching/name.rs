//! Names of people: their parts, and how alike two are.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    fold::{is_near, sounds_like, words},
    score::Agreement,
};

/// A name in its parts, each folded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// First and middle names.
    pub given: Vec<String>,
    /// One family name, or the parts of a double one.
    pub family: Vec<String>,
    /// Of two with one name, the father's is 1 and the son's 2.
    pub generation: Option<u8>,
}

const TITLES: &str = "dr prof professor mr mrs ms miss mx sir dame herr frau rev";
const DEGREES: &str = "phd mba md esq cpa pmp msc bsc jd dphil";
const GENERATIONS: [(&str, u8); 8] =
    [("sr", 1), ("senior", 1), ("jr", 2), ("junior", 2), ("ii", 2), ("iii", 3), ("3rd", 3), ("iv", 4)];
/// Words that begin a family name.
const PARTICLES: &str = "van von de der den del della di da dos das du la le al el bin ibn ben ter zu";

impl Name {
    /// Reads a whole name: `Dr. Dana van Lee, Jr.`, `Lee, Dana`. One word alone is a first name.
    pub fn whole(text: &str) -> Self {
        let mut name = Self::default();
        let mut parts: Vec<_> = text.split(',').map(|part| name.without_ends(part)).collect();
        parts.retain(|part| !part.iter().all(|word| is_in(DEGREES, word)));
        let mut parts = parts.into_iter();
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let (given, family) = if let Some(given) = second {
            (given, first)
        } else {
            let (given, family) = first.split_at(family_of(&first));
            (given.to_vec(), family.to_vec())
        };
        Self { given: given.concat(), family: parted(family), ..name }
    }

    /// A name that comes in two fields, each of which may be empty.
    pub fn parted(given: &str, family: &str) -> Self {
        let mut name = Self::default();
        name.given = name.without_ends(given).concat();
        name.family = parted(name.without_ends(family));
        name
    }

    /// The words of a part of a name, each with its hyphens' parts; titles and degrees go, a generation is kept.
    fn without_ends(&mut self, part: &str) -> Vec<Vec<String>> {
        let mut said: Vec<Vec<String>> =
            part.split_whitespace().map(words).filter(|word| !word.is_empty()).collect();
        while said.len() > 1 && said.first().is_some_and(|word| is_in(TITLES, word)) {
            said.remove(0);
        }
        while let Some(last) = said.last() {
            let generation = GENERATIONS.iter().find(|(written, _)| *written == last.concat());
            if let Some((_, generation)) = generation {
                self.generation = Some(*generation);
            } else if said.len() == 1 || !is_in(DEGREES, last) {
                break;
            }
            said.pop();
        }
        said
    }
}

fn is_in(list: &str, word: &[String]) -> bool {
    list.split(' ').any(|known| known == word.concat())
}

/// Where the family name begins: at the last word, or at the particles before it.
fn family_of(words: &[Vec<String>]) -> usize {
    let mut begin = words.len().saturating_sub(1).max(1);
    while begin > 1 && words.get(begin - 1).is_some_and(|word| is_in(PARTICLES, word)) {
        begin -= 1;
    }
    begin.min(words.len())
}

/// The parts of a family name: particles join what they stand before.
fn parted(words: Vec<Vec<String>>) -> Vec<String> {
    let mut parts = Vec::new();
    let mut before = String::new();
    for word in words.concat() {
        before.push_str(&word);
        if !is_in(PARTICLES, &[word]) {
            parts.push(std::mem::take(&mut before));
        }
    }
    parts.extend((!before.is_empty()).then_some(before));
    parts
}

/// How alike two given names are; nothing if one is not known.
pub fn given(one: &[String], other: &[String]) -> Option<Agreement> {
    let (first, second) = (one.first()?, other.first()?);
    let (whole, others) = (one.concat(), other.concat());
    let middle_fits =
        one.iter().zip(other).all(|(a, b)| a == b || is_initial_of(a, b) || is_initial_of(b, a));
    Some(if whole.len() == 1 || others.len() == 1 || first.len() == 1 || second.len() == 1 {
        let fits = first.as_bytes().first() == second.as_bytes().first();
        if fits { Agreement::Initial } else { Agreement::Differs }
    } else if whole == others || (first == second && middle_fits) {
        Agreement::Same
    } else if are_forms(first, second) {
        Agreement::Form
    } else if first == second || (is_near(&whole, &others) && !are_two_names(&whole, &others)) {
        Agreement::Near
    } else if is_near(&whole, &others) || sounds_like(&whole, &others) || sounds_like(first, second) {
        Agreement::Sounds
    } else {
        Agreement::Differs
    })
}

/// A slip hardly ever makes another name: of two that are near, both in use, each is its own (`daniel`, `danielle`).
fn are_two_names(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let is_of_a_woman = |man: &str, woman: &str| {
        woman.strip_suffix('a').is_some_and(|stem| stem == man || man.strip_suffix('o') == Some(stem))
            || woman.strip_suffix('e') == Some(man)
    };
    let are_in_use = !forms(one).is_empty() && !forms(other).is_empty();
    are_in_use || is_of_a_woman(short, long) || is_of_a_woman(long, short)
}

/// How alike two family names are; nothing if one is not known.
pub fn family(one: &[String], other: &[String]) -> Option<Agreement> {
    let (whole, others) = (one.concat(), other.concat());
    if whole.is_empty() || others.is_empty() {
        return None;
    }
    let shares = || one.iter().any(|part| part.len() > 2 && other.contains(part));
    Some(if whole.len() == 1 || others.len() == 1 {
        let fits = whole.as_bytes().first() == others.as_bytes().first();
        if fits { Agreement::Initial } else { Agreement::Differs }
    } else if whole == others {
        Agreement::Same
    } else if is_near(&whole, &others) {
        Agreement::Near
    } else if shares() {
        Agreement::Part
    } else if sounds_like(&whole, &others) {
        Agreement::Sounds
    } else {
        Agreement::Differs
    })
}

fn is_initial_of(short: &str, long: &str) -> bool {
    short.len() == 1 && long.starts_with(short)
}

/// The lines of the table of forms that a name stands in.
pub fn forms(name: &str) -> &'static [usize] {
    static LINES: LazyLock<HashMap<&str, Vec<usize>>> = LazyLock::new(|| {
        let mut lines: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, line) in FORMS.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            for name in line.split_whitespace() {
                lines.entry(name).or_default().push(number);
            }
        }
        lines
    });
    LINES.get(name).map(Vec::as_slice).unwrap_or_default()
}

/// Whether both are forms of one name: `bob` and `robert`, `misha` and `michael`.
fn are_forms(one: &str, other: &str) -> bool {
    let others = forms(other);
    forms(one).iter().any(|line| others.contains(line))
}

const FORMS: &str = include_str!("../../../data/names/forms.txt");

/// A legal form says nothing about which company it is.
const LEGAL_FORMS: &str = "inc incorporated llc llp ltd limited corp corporation co company gmbh ag sa sas srl spa bv nv \
    plc pty ab oy kg the";

/// The words of a company's name, without its legal form.
pub fn company(text: &str) -> Vec<String> {
    let all = words(text);
    let own: Vec<String> =
        all.iter().filter(|word| LEGAL_FORMS.split(' ').all(|form| form != *word)).cloned().collect();
    if own.is_empty() { all } else { own }
}

/// How alike two companies, or two titles, are; nothing if one is not known.
pub fn organisation(one: &[String], other: &[String]) -> Option<Agreement> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let (whole, others) = (one.concat(), other.concat());
    let initials = |words: &[String]| words.iter().filter_map(|word| word.chars().next()).collect::<String>();
    // A slip in the first letter is rare.
    let begin_alike = whole.as_bytes().first() == others.as_bytes().first();
    let within = |few: &[String], many: &[String]| few.iter().all(|word| many.contains(word));
    Some(if whole == others {
        Agreement::Same
    } else if begin_alike && is_near(&whole, &others) {
        Agreement::Near
    } else if within(one, other)
        || within(other, one)
        || (one.len() > 2 && initials(one) == others)
        || (other.len() > 2 && initials(other) == whole)
    {
        Agreement::Part
    } else {
        Agreement::Differs
    })
}

/// Folds a title, with what is usually shortened written out.
pub fn title(text: &str) -> Vec<String> {
    let full = |word: String| match word.as_str() {
        "sr" => "senior".to_owned(),
        "jr" => "junior".to_owned(),
        "eng" => "engineer".to_owned(),
        "mgr" => "manager".to_owned(),
        "dir" => "director".to_owned(),
        "vp" => "vicepresident".to_owned(),
        _ => word,
    };
    words(&text.to_lowercase().replace("vice president", "vp")).into_iter().map(full).collect()
}
