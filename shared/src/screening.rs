//! How likely a call is spam, by what is known while it rings, and whether what is said first advertises. Pure. No sign
//! alone has a caller challenged, few together have one refused, and whoever is known is not weighed at all.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contact::RelationshipKind,
    id::{CallSid, InteractionId, PersonId},
    identity::{Phone, Signature},
    language::{Language, plain, says},
};

/// What was found out about a stranger's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs<'a> {
    /// `None` if withheld.
    pub number: Option<&'a Phone>,
    /// The twin's own.
    pub own: &'a Phone,
    /// Twilio's `StirVerstat`.
    pub stir_verstat: Option<&'a str>,
    pub line: Option<Line>,
    /// More calls from this number in a while than people make.
    pub often: bool,
    /// And by far.
    pub very_often: bool,
    /// Many numbers call that differ in their last digits alone.
    pub rotating: bool,
}

/// A call that was taken for spam, and that the owner let through after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    pub person: PersonId,
    pub interaction: InteractionId,
    pub call: CallSid,
    /// With whom it was, as it was read.
    pub relationship: RelationshipKind,
    pub began_at: Timestamp,
    pub at: Timestamp,
}

/// A kind of line, as Twilio's Lookup tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    Mobile,
    Landline,
    FixedVoip,
    /// On the internet, bound to no place: cheap to have many of.
    NonFixedVoip,
    TollFree,
    Premium,
    #[serde(other)]
    Other,
}

/// What speaks against a call, in the order of its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The network says that the number is not the caller's.
    NotTheirNumber,
    /// Satellites, premium rates: nobody calls from there.
    OddNumber,
    VeryOften,
    Often,
    Rotating,
    Withheld,
    /// It looks like a neighbour's: the digits are ours but for the last.
    LooksLikeOurs,
    Voip,
    /// Nothing that speaks against it, but it is enough for a day: they are asked for a message.
    EnoughToday,
    /// Nor this: as many calls of this number, or without one, went on as may at once.
    EnoughAtOnce,
}

impl Reason {
    /// What is weighed.
    const ALL: [Self; 8] = [
        Self::NotTheirNumber,
        Self::OddNumber,
        Self::VeryOften,
        Self::Often,
        Self::Rotating,
        Self::Withheld,
        Self::LooksLikeOurs,
        Self::Voip,
    ];

    fn weight(self) -> u8 {
        match self {
            Self::NotTheirNumber | Self::OddNumber => 35,
            Self::VeryOften => 30,
            Self::Often | Self::Rotating => 25,
            Self::Withheld => 20,
            Self::LooksLikeOurs | Self::Voip => 15,
            Self::EnoughToday | Self::EnoughAtOnce => 0,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::NotTheirNumber => "the network says that the number is not theirs",
            Self::OddNumber => "nobody calls from such a number",
            Self::VeryOften => "very many calls within an hour",
            Self::Often => "many calls within minutes",
            Self::Rotating => "calls from many numbers that differ in the last digits",
            Self::Withheld => "the number is withheld",
            Self::LooksLikeOurs => "the number is like the twin's own",
            Self::Voip => "a line on the internet",
            Self::EnoughToday => {
                "there were enough calls of this number today: they were asked for a message"
            }
            Self::EnoughAtOnce => {
                "as many calls of this number, or without one, went on as may at once: they were asked for a message"
            }
        }
    }

    fn is_there(self, signs: &Signs<'_>) -> bool {
        let number = signs.number;
        match self {
            Self::NotTheirNumber => Signature::of(signs.stir_verstat) == Signature::Failed,
            Self::OddNumber => {
                // A toll-free line is an ordinary one.
                number.is_some_and(Phone::is_premium) || signs.line == Some(Line::Premium)
            }
            Self::VeryOften => signs.very_often,
            Self::Often => signs.often,
            Self::Rotating => signs.rotating,
            Self::Withheld => number.is_none(),
            Self::LooksLikeOurs => number.is_some_and(|number| block(number) == block(signs.own)),
            Self::Voip => signs.line == Some(Line::NonFixedVoip),
            Self::EnoughToday | Self::EnoughAtOnce => false,
        }
    }
}

/// The digits but for the last four: who rents numbers rents them in blocks.
pub fn block(number: &Phone) -> &str {
    let digits = number.as_str();
    digits.get(..digits.len().saturating_sub(4)).unwrap_or_default()
}

/// Whether a sentence advertises, in whichever of the twin's languages; of English a classifier tells, which knows no other
/// and is not asked about one.
pub fn advertises(said: &str, classified: impl FnOnce() -> bool) -> bool {
    let said_plainly = plain(said);
    Language::ALL.into_iter().any(|language| says(&said_plainly, language.words().pitch))
        || (Language::told(said).is_none_or(|told| told == Language::En) && classified())
}

/// 0 to 100, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Screening {
    pub score: u8,
    pub reasons: Vec<Reason>,
    /// What kind of a line it is was looked up, which is paid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_up: bool,
}

impl Screening {
    /// Of somebody who is known, and not weighed: the owner sees that it may not have been them.
    pub fn of_known(stir_verstat: Option<&str>) -> Self {
        let failed = Signature::of(stir_verstat) == Signature::Failed;
        Self { reasons: failed.then_some(Reason::NotTheirNumber).into_iter().collect(), ..Self::default() }
    }

    pub fn of(signs: &Signs<'_>) -> Self {
        let reasons: Vec<Reason> = Reason::ALL.into_iter().filter(|reason| reason.is_there(signs)).collect();
        let score = reasons.iter().fold(0_u8, |sum, reason| sum.saturating_add(reason.weight()));
        Self { score: score.min(100), reasons, looked_up: signs.line.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{CHALLENGED_FROM, REFUSED_FROM};

    #[test]
    fn signs_add_up() {
        let (number, own) = (Phone::parse("+14155550123").unwrap(), Phone::parse("+12125550100").unwrap());
        let plain = Signs {
            number: Some(&number),
            own: &own,
            stir_verstat: None,
            line: None,
            often: false,
            very_often: false,
            rotating: false,
        };
        assert_eq!(
            Screening::of(&plain),
            Screening::default(),
            "a number that nothing is known of is no spam"
        );
        let failed = Signs { stir_verstat: Some("TN-Validation-Failed-A"), ..plain };
        let voip = Signs { line: Some(Line::NonFixedVoip), ..failed };
        let rotating = Signs { rotating: true, ..voip };
        let often = Signs { often: true, very_often: true, ..rotating };
        let scores = [failed, voip, rotating, often].map(|signs| Screening::of(&signs).score);
        assert_eq!(scores, [35, 50, 75, 100]);
        assert_eq!(
            Screening::of(&often).reasons,
            [Reason::NotTheirNumber, Reason::VeryOften, Reason::Often, Reason::Rotating, Reason::Voip]
        );
        let ours = Phone::parse("+12125550199").unwrap();
        assert_eq!(Screening::of(&Signs { number: Some(&ours), ..plain }).reasons, [Reason::LooksLikeOurs]);
        assert_eq!(Screening::of(&Signs { number: None, ..plain }).reasons, [Reason::Withheld]);
    }

    #[test]
    fn whoever_is_known_is_told_of_and_not_weighed() {
        for (stir_verstat, reasons) in [
            (Some("TN-Validation-Failed-B"), vec![Reason::NotTheirNumber]),
            (Some("TN-Validation-Passed-C"), vec![]),
            (None, vec![]),
        ] {
            let known = Screening::of_known(stir_verstat);
            assert_eq!((known.score, known.reasons), (0, reasons), "{stir_verstat:?}");
        }
    }

    #[test]
    fn no_sign_alone_changes_how_a_call_is_taken_and_no_two_refuse_it() {
        for one in Reason::ALL {
            assert!(one.weight() < CHALLENGED_FROM, "{one:?}");
            for other in Reason::ALL {
                assert!(one == other || one.weight() + other.weight() < REFUSED_FROM, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn advertisements_are_told_in_each_language_and_what_speaks_of_them_is_none() {
        let no_classifier = || false;
        for said in [
            "Sie wurden als Gewinner ausgelost! Drücken Sie jetzt die 1.",
            "Guten Tag, möchten Sie Ihre Stromkosten senken?",
            "Hallo, haben Sie schon über Photovoltaik nachgedacht?",
            "Wir bringen Ihre Website auf die erste Seite von Google.",
            "Buenos días, ¿quiere ahorrar en su factura de la luz?",
            "¡Enhorabuena! Usted ha ganado un premio.",
            "Para hablar con un agente, pulse uno.",
            "Bonjour, je vous appelle pour votre compte CPF.",
            "Vous avez été tiré au sort pour un séjour.",
            "Nous vous appelons au sujet de votre facture d’électricité.",
        ] {
            assert!(advertises(said, no_classifier), "{said}");
        }
        for said in [
            "Guten Tag, ich möchte bitte mit Alex über eine Stelle sprechen.",
            "Wir bauen eine App, mit der Haushalte ihre Stromkosten senken.",
            "Es geht um Hilfe bei unserem Gewinnspiel, das auf Rust läuft.",
            "Llamo por el puesto, ¿tiene usted un momento?",
            "La página se cierra cuando alguien pulse uno de los botones.",
            "Hacemos una aplicación para que la gente pague menos en su factura de la luz.",
            "Bonjour, je voudrais parler avec Alex d'un poste dans notre équipe.",
            "Nous installons des panneaux solaires et cherchons un développeur.",
            "Notre application lit votre facture d'électricité, et nous cherchons un développeur.",
            "Bonjour, j'ai une offre exclusive pour vous : un poste d'architecte.",
            "Tengo una oferta exclusiva para usted, un puesto de arquitecto.",
            "Es un puesto fijo, y le ofrecemos un seguro médico.",
            "",
        ] {
            assert!(!advertises(said, no_classifier), "{said}");
        }
        let taken_for_one = || true;
        assert!(advertises("Lower your interest rate today.", taken_for_one));
        let german = "Guten Tag, ich möchte mit Ihnen über eine Stelle sprechen.";
        assert!(!advertises(german, taken_for_one), "the classifier knows no German");
    }

    #[test]
    fn kinds_of_lines_are_read_as_twilio_writes_them() {
        for (text, expected) in [
            ("nonFixedVoip", Line::NonFixedVoip),
            ("tollFree", Line::TollFree),
            ("mobile", Line::Mobile),
            ("sharedCost", Line::Other),
        ] {
            assert_eq!(serde_json::from_value::<Line>(text.into()).unwrap(), expected);
        }
    }
}
