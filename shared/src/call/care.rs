//! What a caller says that asks for more than an answer: danger, and abuse. Words decide, not a model, so that it holds
//! whatever the model makes of them.

use crate::language::{Cries, Language, plain, says};

/// Warned once for each of these; after that the call ends.
const MAX_ABUSE: u32 = 2;

#[derive(Debug, Default)]
pub struct Care {
    advised: bool,
    abuse: u32,
}

/// What is to be done about what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    Nothing,
    /// Tell them whom to call, in the language in which they cried for help, and tell the owner.
    Advise(Language),
    /// Ask them to stop.
    Warn,
    /// It is enough.
    End,
}

impl Care {
    pub fn said(&mut self, text: &str) -> Do {
        let plain = plain(text);
        if let Some(language) = heard_in(|cries| is_danger(&plain, cries)) {
            let before = std::mem::replace(&mut self.advised, true);
            return if before { Do::Nothing } else { Do::Advise(language) };
        }
        if heard_in(|cries| says(&plain, cries.abuse)).is_none() {
            return Do::Nothing;
        }
        self.abuse += 1;
        if self.abuse > MAX_ABUSE { Do::End } else { Do::Warn }
    }
}

fn is_danger(plain: &str, cries: &Cries) -> bool {
    let without = |text: &str, phrases: &[&str]| {
        phrases.iter().fold(text.to_owned(), |rest, phrase| rest.replace(&format!(" {phrase} "), " "))
    };
    let mut rest = without(plain, cries.no_danger);
    if says(&rest, cries.in_general) {
        rest = without(&without(&rest, cries.in_general), cries.to_call);
    }
    says(&rest, cries.danger)
}

/// In whichever language: whoever is in danger uses their own.
fn heard_in(is: impl Fn(&Cries) -> bool) -> Option<Language> {
    Language::ALL.into_iter().find(|language| is(&language.words().cries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_is_answered_once() {
        for text in [
            "My father is having a heart attack!",
            "Please, I can't breathe.",
            "I want to kill myself.",
            "This is an emergency, somebody call 911",
            "I thought it was not an emergency, but now he can't breathe.",
            "Is this the line if this is an emergency? My father is not breathing.",
            "You nearly gave me a heart attack. I want to die.",
            "Mein Vater hat einen Herzinfarkt!",
            "Ich dachte, es ist kein Notfall, aber er atmet nicht.",
            "¡Ayuda, mi madre no respira!",
            "C'est une urgence, mon mari ne respire plus.",
            "J'ai envie de mourir.",
        ] {
            let mut care = Care::default();
            assert!(matches!(care.said(text), Do::Advise(_)), "{text}");
            assert_eq!(care.said(text), Do::Nothing, "they were told");
        }
        for (text, language) in [
            ("Somebody call an ambulance!", Language::En),
            ("Rufen Sie einen Krankenwagen!", Language::De),
            ("¡Necesito una ambulancia!", Language::Es),
            ("Il me faut une ambulance !", Language::Fr),
        ] {
            assert_eq!(Care::default().said(text), Do::Advise(language), "{text}");
        }
        for text in [
            "The deadline nearly gave me a heart attack.",
            "It is not an emergency, call me tomorrow.",
            "If this is a medical emergency, please hang up and call 911.",
            "In case of a medical emergency call an ambulance. Our hours are nine to five.",
            "We build software for emergency rooms.",
            "Wenn das ein Notfall ist, rufen Sie den Notruf.",
            "Wenn das ein Notfall ist, rufen Sie bitte einen Krankenwagen.",
            "Wir bauen Software für Krankenwagen und Rettungswagen.",
            "Das ist kein Notfall, ich rufe morgen wieder an.",
            "No es una emergencia, llámeme mañana.",
            "Ce n'est pas une urgence.",
            "En cas d'urgence médicale, appelez le 15.",
            "Is he on call? We kill stale processes.",
            "",
        ] {
            assert_eq!(Care::default().said(text), Do::Nothing, "{text}");
        }
    }

    #[test]
    fn abuse_is_asked_to_stop_and_then_ended() {
        let mut care = Care::default();
        let said = ["Fuck off!", "Good morning.", "You are a piece of shit.", "FUCK YOU"]
            .map(|text| care.said(text));
        assert_eq!(said, [Do::Warn, Do::Nothing, Do::Warn, Do::End]);
        assert_eq!(
            ["Halt die Fresse!", "¡Vete a la mierda!", "Ta gueule !"].map(|text| Care::default().said(text)),
            [Do::Warn; 3]
        );
        assert_eq!(
            Care::default().said("This fucking printer does not work."),
            Do::Nothing,
            "it is not about anybody"
        );
    }
}
