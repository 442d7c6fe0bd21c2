//! Which of the languages a conversation is in, and how that changes.

use serde::{Deserialize, Serialize};

use super::{Language, Words};
use crate::identity::Phone;

/// What is spoken in a conversation, and what may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    pub language: Language,
    /// As the owner has chosen.
    pub among: Vec<Language>,
}

impl Default for Spoken {
    fn default() -> Self {
        Self { language: Language::En, among: vec![Language::En] }
    }
}

impl Spoken {
    /// With whoever has this number: what they spoke last, else what is spoken there, of what the owner has chosen; and else
    /// the first that they did.
    pub fn with(number: Option<&Phone>, last: Option<Language>, chosen: &[Language]) -> Self {
        let Some(first) = chosen.first() else { return Self::default() };
        let is_chosen = |language: &Language| chosen.contains(language);
        let theirs = last.filter(is_chosen).or_else(|| number.and_then(Language::of).filter(is_chosen));
        Self { language: theirs.unwrap_or(*first), among: chosen.to_vec() }
    }

    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// Once all of this was said.
    #[must_use]
    pub fn after<'a>(mut self, said: impl Iterator<Item = &'a str>) -> Self {
        for said in said {
            self.hears(said);
        }
        self
    }

    /// `true`: what was said is in another of them, and so is from now on what is said.
    pub fn hears(&mut self, said: &str) -> bool {
        if self.among.len() < 2 {
            return false;
        }
        match Language::told(said).filter(|told| self.among.contains(told) && *told != self.language) {
            Some(told) => {
                self.language = told;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_is_spoken_with_as_the_owner_has_chosen() {
        use Language::{De, En, Es, Fr};
        let spoken = |number: Option<&str>, last: Option<Language>, chosen: &[Language]| {
            let number = number.map(|number| Phone::parse(number).unwrap());
            Spoken::with(number.as_ref(), last, chosen).language
        };
        let with = |number: Option<&str>, chosen: &[Language]| spoken(number, None, chosen);
        assert_eq!(spoken(Some("+4930123456"), Some(Es), &[En, De, Es]), Es, "as they spoke last");
        assert_eq!(spoken(Some("+4930123456"), Some(Es), &[En, De]), De, "which the owner did not choose");
        for (number, chosen, expected) in [
            (Some("+4930123456"), &[En, De][..], De),
            (Some("+4930123456"), &[En][..], En),
            (Some("+34911234567"), &[De, Es][..], Es),
            (Some("+525555550123"), &[De, Es][..], Es),
            (Some("+33123456789"), &[En, Fr][..], Fr),
            // Most speak Dutch there.
            (Some("+3225551212"), &[En, Fr][..], En),
            (Some("+14155550123"), &[De, En][..], En),
            // Whom nobody knows is spoken with in the first.
            (Some("+81312345678"), &[De, En][..], De),
            (None, &[Fr, En][..], Fr),
            (None, &[][..], En),
        ] {
            assert_eq!(with(number, chosen), expected, "{number:?} {chosen:?}");
        }
    }

    #[test]
    fn a_conversation_goes_on_in_the_language_of_whoever_calls() {
        let german = "Guten Tag, ich möchte bitte mit Alex sprechen.";
        let mut spoken = Spoken::with(None, None, &[Language::En, Language::De]);
        assert!(spoken.hears(german) && !spoken.hears(german), "it changes once");
        assert_eq!(spoken.language, Language::De);
        assert!(!spoken.hears("Hola, buenos días, quiero hablar con Alex."), "the owner did not choose it");
        let both = Spoken::with(None, None, &[Language::En, Language::De]);
        assert_eq!(both.clone().after([german, "Ja."].into_iter()).language, Language::De);
        assert_eq!(both.after(std::iter::empty()).language, Language::En);
        assert!(!Spoken::default().hears(german));
    }
}
