//! What a caller says that asks for more than an answer: danger, and abuse. Words decide, not a model, so that it holds
//! whatever the model makes of them.

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
    /// Tell them whom to call, and tell the owner.
    Advise,
    /// Ask them to stop.
    Warn,
    /// It is enough.
    End,
}

const DANGER: [&str; 33] = [
    "heart attack",
    "having a stroke",
    "can t breathe",
    "cannot breathe",
    "not breathing",
    "stopped breathing",
    "is unconscious",
    "bleeding badly",
    "bleeding to death",
    "took an overdose",
    "overdosed",
    "kill myself",
    "killing myself",
    "end my life",
    "want to die",
    "suicidal",
    "need an ambulance",
    "call an ambulance",
    "call 911",
    "call 112",
    "call 999",
    "call the police",
    "house is on fire",
    "building is on fire",
    "being attacked",
    "somebody is dying",
    "someone is dying",
    "is going to kill me",
    "medical emergency",
    "this is an emergency",
    "it s an emergency",
    "ich brauche einen krankenwagen",
    "das ist ein notfall",
];
/// Said of something else: these words count for nothing, and all others do.
const NO_DANGER: [&str; 5] =
    ["gave me a heart attack", "not an emergency", "no emergency", "isn t an emergency", "on call 911"];
/// Said to everybody, most often by a machine: whom to call then is no cry for help.
const IN_GENERAL: [&str; 3] =
    ["if this is an emergency", "if this is a medical emergency", "in case of a medical emergency"];
const TO_CALL: [&str; 5] = ["call an ambulance", "call 911", "call 112", "call 999", "call the police"];
const ABUSE: [&str; 14] = [
    "fuck you",
    "fuck off",
    "go fuck yourself",
    "fucking bitch",
    "fucking idiot",
    "piece of shit",
    "motherfucker",
    "you bitch",
    "you asshole",
    "you cunt",
    "you whore",
    "i will kill you",
    "i ll kill you",
    "i m going to kill you",
];

impl Care {
    pub fn said(&mut self, text: &str) -> Do {
        let plain = plain(text);
        if is_danger(&plain) {
            return if std::mem::replace(&mut self.advised, true) { Do::Nothing } else { Do::Advise };
        }
        if !says(&plain, &ABUSE) {
            return Do::Nothing;
        }
        self.abuse += 1;
        if self.abuse > MAX_ABUSE { Do::End } else { Do::Warn }
    }
}

fn is_danger(plain: &str) -> bool {
    let without = |text: &str, phrases: &[&str]| {
        phrases.iter().fold(text.to_owned(), |rest, phrase| rest.replace(&format!(" {phrase} "), " "))
    };
    let mut rest = without(plain, &NO_DANGER);
    if says(&rest, &IN_GENERAL) {
        rest = without(&without(&rest, &IN_GENERAL), &TO_CALL);
    }
    says(&rest, &DANGER)
}

fn says(plain: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
}

/// Words in lower case, with a space around each.
fn plain(text: &str) -> String {
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
        ] {
            let mut care = Care::default();
            assert_eq!(care.said(text), Do::Advise, "{text}");
            assert_eq!(care.said(text), Do::Nothing, "they were told");
        }
        for text in [
            "The deadline nearly gave me a heart attack.",
            "It is not an emergency, call me tomorrow.",
            "If this is a medical emergency, please hang up and call 911.",
            "In case of a medical emergency call an ambulance. Our hours are nine to five.",
            "We build software for emergency rooms.",
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
            Care::default().said("This fucking printer does not work."),
            Do::Nothing,
            "it is not about anybody"
        );
    }
}
