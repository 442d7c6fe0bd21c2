//! Thanks and goodbyes, told with the language that they are in.

use super::Language;

/// How people thank and say goodbye, and what they say beside it, written as [`Cries`](super::Cries) are. What is said in
/// English is read by the classifier.
#[derive(Debug, PartialEq, Eq)]
pub struct Manners {
    pub thanks: &'static [&'static str],
    pub partings: &'static [&'static str],
    pub beside: &'static [&'static str],
}

/// What is said for the sake of manners alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Courtesy {
    Thanks,
    Parting,
}

impl Language {
    /// In which of them, beside English, somebody thanks or says goodbye, and says nothing else. Whoever does both leaves.
    /// "¿Nos vemos?" asks.
    pub fn courteous(said: &str) -> Option<(Self, Courtesy)> {
        if said.contains('?') {
            return None;
        }
        let said = said.to_lowercase();
        let words: Vec<&str> =
            said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        Self::ALL.into_iter().find_map(|language| Some((language, language.words().manners.read(&words)?)))
    }
}

impl Manners {
    /// What these words are, if they are nothing else.
    fn read(&self, words: &[&str]) -> Option<Courtesy> {
        let (mut rest, mut read) = (words, None);
        while !rest.is_empty() {
            let length = |phrases: &[&str]| phrases.iter().filter_map(|phrase| begun(rest, phrase)).max();
            let (parting, thanks) = (length(self.partings), length(self.thanks));
            if parting.is_some() {
                read = Some(Courtesy::Parting);
            } else if thanks.is_some() {
                read = read.or(Some(Courtesy::Thanks));
            }
            rest = &rest[parting.or(thanks).or_else(|| length(self.beside))?..];
        }
        read
    }
}

/// How many words a phrase has that these begin with.
fn begun(words: &[&str], phrase: &str) -> Option<usize> {
    let length = phrase.split(' ').count();
    let begin = words.get(..length)?;
    begin.iter().copied().eq(phrase.split(' ')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_and_goodbyes_are_told_with_their_language() {
        use Courtesy::{Parting, Thanks};
        use Language::{De, Es, Fr};
        for (said, expected) in [
            ("Danke!", Some((De, Thanks))),
            ("Ok, vielen Dank.", Some((De, Thanks))),
            ("Auf Wiedersehen!", Some((De, Parting))),
            ("Tschüss", Some((De, Parting))),
            ("Danke und schönen Tag noch", Some((De, Parting))),
            ("Auf Wiedersehen und danke", Some((De, Parting))),
            ("Merci beaucoup", Some((Fr, Thanks))),
            ("Merci, au revoir", Some((Fr, Parting))),
            ("À bientôt !", Some((Fr, Parting))),
            ("¡Muchas gracias!", Some((Es, Thanks))),
            ("adiós", Some((Es, Parting))),
            ("Danke, kann Alex Rust?", None),
            ("¿Nos vemos?", None),
            ("und", None),
            ("Thank you, goodbye", None),
            ("?!", None),
            ("", None),
        ] {
            assert_eq!(Language::courteous(said), expected, "{said}");
        }
    }
}
