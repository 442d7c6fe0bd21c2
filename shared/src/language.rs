//! The languages in which the twin has words of its own: what it says where no model speaks, or where the words have to be
//! these; what in them is danger, abuse and advertising; and how they are told apart. One table a language.

mod de;
mod en;
mod es;
mod fr;
mod spoken;
mod courtesies;

pub use self::{
    courtesies::{Courtesy, Manners},
    spoken::Spoken,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{Phone, Region},
    knowledge::terms::is_stop_word,
};

/// As in ISO 639-1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
    Es,
    Fr,
}

/// What is said in one of them. `{owner}` is the owner's name; of a call that the twin places `{whom}` is [`Words::whom`]
/// with a `{name}`, or nothing, and `{purpose}` what it is about, in the owner's words.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Before the name of whoever calls.
    pub hello: &'static str,
    /// The first words. They say that it is an AI.
    pub this_is: &'static str,
    pub ask_role: &'static str,
    pub ask_warmly: &'static str,
    pub ask_work: &'static str,
    pub ask: &'static str,
    /// Of a call that may be spam.
    pub who: &'static str,
    /// The owner was rung first.
    pub not_taken: &'static str,
    /// On another engine.
    pub again: &'static str,

    pub one_moment: &'static str,
    pub are_you_there: &'static str,
    pub nobody_there: &'static str,
    pub one_minute: &'static str,
    pub time_is_up: &'static str,
    pub in_danger: &'static str,
    /// To whoever does not stop.
    pub enough: &'static str,
    pub goodbye: &'static str,

    /// Where nothing else was said before.
    pub disclosure: &'static str,
    pub not_available: &'static str,
    pub cut_off: &'static str,
    pub leave_a_message: &'static str,
    pub thanks: &'static str,
    /// In writing, to whoever asks something in this language where no model reads it.
    pub in_english: &'static str,
    /// In writing: to whoever has left a message, thanks, or says goodbye.
    pub noted: &'static str,
    pub welcome: &'static str,
    pub farewell: &'static str,
    /// To whom we called.
    pub call_back: &'static str,

    /// To the owner, before they take a call: `{who}` calls, and why (`{reason}`).
    pub on_the_line: &'static str,
    pub of_a_company: &'static str,
    pub with_a_number: &'static str,
    pub without_a_number: &'static str,
    pub hung_up: &'static str,
    pub declined: &'static str,

    pub whom: &'static str,
    pub calling: &'static str,
    pub screened: &'static str,
    pub message: &'static str,

    #[serde(skip)]
    pub cries: Cries,
    /// What nobody says but whoever advertises, or a machine of theirs; as cries are written.
    #[serde(skip)]
    pub pitch: &'static [&'static str],
    #[serde(skip)]
    pub manners: Manners,
    /// Which hardly any of the others has.
    #[serde(skip)]
    pub small: &'static [&'static str],
}

/// What asks for more than an answer: in lower case, words apart by one space, without signs.
#[derive(Debug, PartialEq, Eq)]
pub struct Cries {
    pub danger: &'static [&'static str],
    /// Said of something else: these words count for nothing, and all others do.
    pub no_danger: &'static [&'static str],
    /// Said to everybody, most often by a machine: whom to call then is no cry for help.
    pub in_general: &'static [&'static str],
    pub to_call: &'static [&'static str],
    pub abuse: &'static [&'static str],
}

/// So many small words tell one language, and so many more than of another.
const TELLING: usize = 2;

impl Language {
    pub const ALL: [Self; 4] = [Self::En, Self::De, Self::Es, Self::Fr];

    pub fn words(self) -> &'static Words {
        match self {
            Self::En => &en::WORDS,
            Self::De => &de::WORDS,
            Self::Es => &es::WORDS,
            Self::Fr => &fr::WORDS,
        }
    }

    /// As in ISO 639-1.
    pub fn code(self) -> &'static str {
        self.tag().split('-').next().unwrap_or_default()
    }

    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// As in BCP 47, for those who hear and speak it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en-US",
            Self::De => "de-DE",
            Self::Es => "es-ES",
            Self::Fr => "fr-FR",
        }
    }

    /// What most speak where a number belongs.
    fn of(number: &Phone) -> Option<Self> {
        match number.region()? {
            Region::US | Region::GB | Region::CA | Region::IE | Region::AU | Region::NZ => Some(Self::En),
            Region::DE | Region::AT | Region::CH | Region::LI => Some(Self::De),
            Region::ES
            | Region::MX
            | Region::AR
            | Region::CO
            | Region::CL
            | Region::PE
            | Region::VE
            | Region::EC
            | Region::GT
            | Region::CU
            | Region::BO
            | Region::DO
            | Region::HN
            | Region::PY
            | Region::SV
            | Region::NI
            | Region::CR
            | Region::PA
            | Region::UY
            | Region::PR => Some(Self::Es),
            Region::FR | Region::LU | Region::MC => Some(Self::Fr),
            _ => None,
        }
    }

    /// In which of them, beside English, something seems to be written: its small words are of no other.
    pub fn foreign(said: &str) -> Option<Self> {
        let said = said.to_lowercase();
        let words: Vec<&str> = said.split(|c: char| !c.is_alphabetic()).collect();
        let count = |small: &[&str]| words.iter().filter(|word| small.contains(*word)).count();
        // "Tag", "mit" and "al" are words and names in English, too.
        let english = words.iter().filter(|word| is_stop_word(word)).count();
        let is_of = |language: &Self| match language {
            Self::En => count(language.words().small) > 0,
            _ => count(language.words().small) > english,
        };
        let mut of = Self::ALL.into_iter().filter(is_of);
        match (of.next(), of.next()) {
            (Some(only), None) if only != Self::En => Some(only),
            _ => None,
        }
    }

    /// In which of them something was said; `None` if that is not clear.
    pub fn told(said: &str) -> Option<Self> {
        let said = said.to_lowercase();
        let words: Vec<&str> = said.split(|c: char| !c.is_alphabetic()).collect();
        let count = |language: Self| {
            let small = language.words().small;
            words.iter().filter(|word| small.contains(*word)).count()
        };
        let mut counts = Self::ALL.map(|language| (count(language), language));
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let [(most, language), (next, _), ..] = counts;
        (most >= TELLING && most - next >= TELLING).then_some(language)
    }
}

/// Words in lower case, with a space around each.
pub fn plain(text: &str) -> String {
    let mut plain = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            plain.push(c);
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

/// Whether one of these phrases is in what is [`plain`].
pub fn says(plain: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
}

impl Words {
    /// The first words up to the question, to whoever is known by this name.
    pub fn greeting(&self, name: Option<&str>, owner: &str) -> String {
        let first = name.and_then(|name| name.split_whitespace().next());
        let hello = first.map_or_else(|| self.hello.to_owned(), |first| format!("{} {first}", self.hello));
        format!("{hello}, {}", with_owner(self.this_is, owner))
    }

    /// Of a call that the twin places: first to a person, then to a service that asks who is calling, and to a box.
    pub fn placed(&self, owner: &str, first: Option<&str>, purpose: &str) -> [String; 3] {
        let whom = first.map(|first| self.whom.replace("{name}", first)).unwrap_or_default();
        [self.calling, self.screened, self.message]
            .map(|text| with_owner(text, owner).replace("{whom}", &whom).replace("{purpose}", purpose))
    }
}

/// In French before a vowel: “d'Alex”.
fn with_owner(text: &str, owner: &str) -> String {
    let vowel = owner.chars().next().is_some_and(|c| "aeiouyhâàéèêëîïôûœAEIOUYHÂÀÉÈÊËÎÏÔÛŒ".contains(c));
    let of = if vowel { "d'" } else { "de " };
    text.replace("{d'owner}", &format!("{of}{owner}")).replace("{owner}", owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_each() {
        for language in Language::ALL {
            let words = serde_json::to_value(language.words()).unwrap();
            let words = words
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, words)| format!("{name}: {}\n", words.as_str().unwrap()));
            let greeting = language.words().greeting(Some("Dana Whitfield"), "Alex Sample");
            let placed = language.words().placed("Sample", Some("Dana"), "your interview on Tuesday");
            let told = format!("{}---\n{greeting}\n{}\n", words.collect::<String>(), placed.join("\n"));
            insta::assert_snapshot!(format!("words_{}", language.tag()), told);
        }
    }

    /// What is compared is in lower case, and without signs.
    #[test]
    fn cries_are_as_they_are_looked_for() {
        for language in Language::ALL {
            let Words { cries, pitch, manners, small, .. } = language.words();
            assert!(cries.danger.len() >= 15 && cries.abuse.len() >= 6 && small.len() >= 20, "{language:?}");
            let all =
                [cries.danger, cries.no_danger, cries.in_general, cries.to_call, cries.abuse, pitch, small];
            let courteous = [manners.thanks, manners.partings, manners.beside];
            for phrase in all.into_iter().chain(courteous).flatten() {
                let plain = phrase.chars().all(|c| c == ' ' || (c.is_alphanumeric() && !c.is_uppercase()));
                assert!(plain && phrase.trim() == *phrase && !phrase.contains("  "), "{phrase}");
            }
            let elsewhere = |word: &&str| {
                Language::ALL.iter().any(|other| *other != language && other.words().small.contains(word))
            };
            assert_eq!(small.iter().find(|word| elsewhere(word)), None, "of one language alone");
        }
    }

    #[test]
    fn another_language_is_seen_by_one_small_word() {
        for (said, expected) in [
            ("Hat Alex Erfahrung mit Rust?", Some(Language::De)),
            ("Je cherche un ingénieur", Some(Language::Fr)),
            ("Was hat Alex bei Acme gemacht?", Some(Language::De)),
            ("¿Habla español?", Some(Language::Es)),
            ("Wer bist du?", Some(Language::De)),
            ("Was macht Alex beruflich?", Some(Language::De)),
            ("Können wir uns am Dienstag treffen?", Some(Language::De)),
            ("Did Alex work for the Bundesbank, and what did he do there?", None),
            ("years of experience with Rust", None),
            ("does he tag releases?", None),
            ("Rust?", None),
        ] {
            assert_eq!(Language::foreign(said), expected, "{said}");
        }
    }

    #[test]
    fn a_language_is_told_by_its_small_words() {
        use Language::{De, En, Es, Fr};
        for (said, expected) in [
            ("Hello, I would like to speak with Alex about a role.", Some(En)),
            ("Guten Tag, ich möchte bitte mit Alex sprechen.", Some(De)),
            ("Hola, buenos días, quiero hablar con Alex.", Some(Es)),
            ("Bonjour, je voudrais parler avec Alex, s'il vous plaît.", Some(Fr)),
            ("Je vous appelle pour un poste dans notre équipe.", Some(Fr)),
            ("Llamo por el puesto, ¿tiene usted un momento?", Some(Es)),
            ("Es geht um eine Stelle, haben Sie kurz Zeit?", Some(De)),
            // A name, a word that they share, a foreign word, nothing.
            ("Dana Whitfield.", None),
            ("Taxi", None),
            ("Yes, the Bundestag.", None),
            ("", None),
        ] {
            assert_eq!(Language::told(said), expected, "{said}");
        }
    }
}
