//! Who, or what, has picked up, by the first words that are heard: a person, a box, a menu, a screening service. Pure.

use serde::{Deserialize, Serialize};

/// By what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickedUp {
    Person,
    /// It takes a message after a tone.
    Voicemail,
    /// It wants keys, or has one wait.
    Menu,
    /// It asks who is calling and why, and passes that on.
    Screening,
    /// Somebody is being asked, or fetched.
    Hold,
    /// The number is not in use.
    OutOfService,
    /// The network says that they cannot be reached now.
    Unavailable,
    /// It says whose telephone it is, as boxes begin, and menus.
    Announced,
    /// Nothing was made out, or it goes on like a machine that we do not know.
    Unclear,
}

/// What Twilio's answering machine detection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detected {
    Human,
    /// A machine has said what it had to say: it records now.
    Machine,
    Fax,
    Unknown,
}

impl Detected {
    /// `AnsweredBy`, with `DetectMessageEnd`. `None`: nothing that is documented.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "human" => Self::Human,
            "machine_end_beep" | "machine_end_silence" | "machine_end_other" => Self::Machine,
            "fax" => Self::Fax,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// Nobody who answers a telephone says more at once.
const LONGEST_HELLO: usize = 30;

/// The more particular, the earlier: a box may say that its owner is not available, which a menu does, too.
const PHRASES: [(PickedUp, &[&str]); 7] = [
    (
        PickedUp::OutOfService,
        &[
            "not in service",
            "no longer in service",
            "been disconnected",
            "cannot be completed as dialed",
            "number you have dialed is not",
            "number you have dialled is not",
            "number you have called is not",
            "number you have reached is not",
            "check the number and",
            "is not recognised",
            "kein anschluss unter",
            "nicht vergeben",
            "n est pas attribue",
            "n est pas en service",
            "no esta en servicio",
        ],
    ),
    (
        PickedUp::Screening,
        &[
            "screening service",
            "call screening",
            "name and reason for",
            "name and the reason for",
            "name and why you",
            "state your name",
            "record your name",
            "after saying your name",
            "see if this person is available",
            "see if they re available",
            "see if they are available",
            "name und grund",
            "namen und den grund",
            "nombre y motivo",
            "nombre y el motivo",
            "nom et le motif",
            "nom et la raison",
        ],
    ),
    (
        PickedUp::Voicemail,
        &[
            "leave a message",
            "leave me a message",
            "leave your message",
            "leave your name",
            "leave a brief message",
            "record your message",
            "after the tone",
            "after the beep",
            "at the tone",
            "at the beep",
            "voicemail",
            "voice mail",
            "voice messaging",
            "mailbox",
            "call you back as soon as",
            "can t come to the phone",
            "can t take your call",
            "cannot take your call",
            "not available to take",
            "nach dem signalton",
            "nach dem ton",
            "hinterlassen sie",
            "mailbox von",
            "apres le bip",
            "apres le signal",
            "laissez un message",
            "laisser un message",
            "messagerie",
            "deje un mensaje",
            "deje su mensaje",
            "despues de la senal",
            "buzon de voz",
        ],
    ),
    (
        PickedUp::Unavailable,
        &[
            "person you are calling is",
            "person you re calling is",
            "person you have called is",
            "person you are trying to call is",
            "person you re trying to call is",
            "person you are trying to reach is",
            "person you re trying to reach is",
            "party you are trying to reach is",
            "customer you are calling is",
            "customer you are trying to reach is",
            "subscriber you are calling is",
            "subscriber you have dialed is",
            "subscriber you have dialled is",
            "wireless customer",
            "please try again later",
            "please try your call again",
            "please try your call later",
            "circuits are busy",
            "call could not be completed",
            "call cannot be completed at this time",
            "gewunschte gesprachspartner",
            "gewunschte teilnehmer",
            "teilnehmer ist zurzeit",
            "teilnehmer ist zur zeit",
            "gewahlte rufnummer ist",
            "correspondant n est pas joignable",
            "correspondant que vous demandez",
            "apagado o fuera de cobertura",
        ],
    ),
    (
        PickedUp::Menu,
        &[
            "press 1",
            "press one",
            "press 0",
            "press zero",
            "press 2",
            "press two",
            "press the pound",
            "press any key",
            "to repeat",
            "main menu",
            "extension of the",
            "party s extension",
            "your call is important",
            "may be recorded for",
            "may be monitored",
            "para espanol",
            "drucken sie",
            "appuyez sur",
            "pulse el",
            "marque el",
        ],
    ),
    (
        PickedUp::Hold,
        &[
            "please hold",
            "hold on",
            "hold please",
            "stay on the line",
            "one moment",
            "just a moment",
            "trying to reach",
            "connecting you",
            "bitte warten",
            "ne quittez pas",
            "un momento",
        ],
    ),
    (
        PickedUp::Announced,
        &[
            "you have reached",
            "you ve reached",
            "you are connected to",
            "sie sind verbunden mit",
            "anschluss von",
            "vous etes bien chez",
            "vous etes bien sur",
            "ha llamado a",
        ],
    ),
];

/// A person says so of themselves; no box does.
const PERSONAL: [&str; 6] =
    ["speaking", "how can i help", "how may i help", "what can i do for you", "am apparat", "a l appareil"];
/// Where a person speaks, these are part of a name, or before it.
const OF_A_NAME: [&str; 6] =
    ["mailbox", "voicemail", "voice mail", "messagerie", "you have reached", "you ve reached"];
/// Whoever picks up while a machine speaks says little, or this.
const BRIEFEST_HELLO: usize = 3;
const HERE: [&str; 8] = [
    "i am here",
    "i m here",
    "who is this",
    "who is calling",
    "who s calling",
    "ich bin da",
    "je suis la",
    "estoy aqui",
];

/// `text`: what was made out of the first utterance, or of one that follows.
pub fn picked_up(text: &str) -> PickedUp {
    let mut plain = plain(text);
    if PERSONAL.iter().any(|phrase| plain.contains(&format!(" {phrase} "))) {
        plain = OF_A_NAME.iter().fold(plain, |rest, name| rest.replace(&format!(" {name} "), " "));
    }
    for (what, phrases) in PHRASES {
        if phrases.iter().any(|phrase| plain.contains(&format!(" {phrase} "))) {
            return what;
        }
    }
    match plain.split_whitespace().count() {
        1..=LONGEST_HELLO => PickedUp::Person,
        _ => PickedUp::Unclear,
    }
}

/// With these a box ends.
const FAREWELLS: [&str; 7] = ["thank you", "thanks", "goodbye", "bye", "danke", "merci", "gracias"];

/// Whether somebody has picked up after all, where a machine spoke: its next sentence sounds like a person's, too.
pub fn picks_up(text: &str) -> bool {
    let plain = plain(text);
    let says = |phrase: &&str| plain.contains(&format!(" {phrase} "));
    let is_brief = plain.split_whitespace().count() <= BRIEFEST_HELLO;
    PERSONAL.iter().any(says) || HERE.iter().any(says) || (is_brief && !FAREWELLS.iter().any(says))
}

/// Words in lower case and without accents, with a space around each.
fn plain(text: &str) -> String {
    let mut plain = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        match unaccented(c) {
            c if c.is_alphanumeric() => plain.push(c),
            _ if !plain.ends_with(' ') => plain.push(' '),
            _ => {}
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

/// Of the letters that the phrases have.
fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'î' | 'ï' => 'i',
        'ó' | 'ô' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_tell() {
        use PickedUp::{
            Announced, Hold, Menu, OutOfService, Person, Screening, Unavailable, Unclear, Voicemail,
        };
        for (text, expected) in [
            ("Hello?", Person),
            ("Yes, speaking.", Person),
            ("Northgate Search, this is Dana, how can I help you?", Person),
            ("Who is calling, please?", Person),
            ("Hello, Mailbox Solutions, Dana speaking.", Person),
            ("Voicemail of Dana Whitfield.", Voicemail),
            ("Nobody is speaking: leave a message in this mailbox.", Voicemail),
            ("She is not available right now, can she get back to you?", Person),
            ("Ja, hallo?", Person),
            ("I am driving, can you call back in ten minutes?", Person),
            ("Hi, you've reached Dana. Please leave a message after the tone.", Voicemail),
            ("Dana can't come to the phone right now.", Voicemail),
            ("Your call has been forwarded to an automated voice messaging system.", Voicemail),
            (
                "The person you are trying to call is not available right now. At the tone, record your message.",
                Voicemail,
            ),
            ("Hallo, bitte hinterlassen Sie eine Nachricht nach dem Signalton.", Voicemail),
            ("Bonjour, laissez un message après le bip.", Voicemail),
            ("Hola, deje un mensaje después de la señal.", Voicemail),
            ("Thank you for calling. For sales, press 1. For support, press 2.", Menu),
            ("This call may be recorded for quality purposes.", Menu),
            (
                "Hi, if you record your name and reason for calling, I'll see if this person is available.",
                Screening,
            ),
            (
                "The person you're calling is using a screening service from Google. Go ahead and say your name and \
                 why you're calling.",
                Screening,
            ),
            ("Thanks, please stay on the line.", Hold),
            (
                "The number you have dialed is not in service. Please check the number and dial again.",
                OutOfService,
            ),
            ("Kein Anschluss unter dieser Nummer.", OutOfService),
            ("Hallo, bitte nennen Sie Ihren Namen und den Grund Ihres Anrufs.", Screening),
            ("The person you are trying to reach is not available.", Unavailable),
            ("The wireless customer you are calling is not available. Please try again later.", Unavailable),
            ("Der gewünschte Gesprächspartner ist zurzeit nicht erreichbar.", Unavailable),
            ("Frau Whitfield ist zurzeit nicht erreichbar, kann ich etwas ausrichten?", Person),
            ("You've reached Dana Whitfield.", Announced),
            ("You have reached Northgate Search, Dana speaking.", Person),
            ("You have reached Northgate Search. For sales, press 1.", Menu),
            ("", Unclear),
            ("…", Unclear),
            // A mailbox's number, read out, is no key to press.
            ("Hello, you are compressed 1.", Person),
        ] {
            assert_eq!(picked_up(text), expected, "{text}");
        }
        assert_eq!(picked_up(&"and so on ".repeat(20)), Unclear, "no hello is as long as that");
    }

    #[test]
    fn whoever_picks_up_while_a_machine_speaks() {
        for (text, expected) in [
            ("Hello?", true),
            ("Hi, Dana here.", true),
            ("Sorry, I am here now, who is it?", true),
            ("Northgate Search, how can I help you?", true),
            ("I am away from my desk until Monday.", false),
            ("Please call the office if it cannot wait.", false),
            ("Thank you, bye.", false),
        ] {
            assert_eq!(picks_up(text), expected, "{text}");
        }
    }

    #[test]
    fn what_twilio_detects() {
        for (text, expected) in [
            ("human", Some(Detected::Human)),
            ("machine_end_beep", Some(Detected::Machine)),
            ("machine_end_silence", Some(Detected::Machine)),
            ("fax", Some(Detected::Fax)),
            ("unknown", Some(Detected::Unknown)),
            // Only with `Enable`, which we do not ask for: it has not ended yet.
            ("machine_start", None),
            ("", None),
        ] {
            assert_eq!(Detected::parse(text), expected, "{text}");
        }
    }
}
