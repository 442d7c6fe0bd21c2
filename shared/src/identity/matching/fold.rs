//! Text made comparable: what is written in one way or another becomes one.

use any_ascii::any_ascii;

/// The words of a text in lower-case Latin letters and digits: `Zoë O’Neil-Núñez` is `zoe oneil nunez`.
pub fn words(text: &str) -> Vec<String> {
    let plain = any_ascii(text).to_ascii_lowercase().replace(['\'', '`'], "");
    plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// The words of a text as one: where they are parted is what a typist gets wrong first.
pub fn joined(text: &str) -> String {
    words(text).concat()
}

/// How a word sounds, roughly, in whatever language: its consonants in classes, without doubles.
///
/// `Mohammed`, `Muhamad` and محمد are `mt`; `Catherine` and `Kathryn` are `ktrn`.
pub fn sound(word: &str) -> String {
    let bytes = word.as_bytes();
    let mut sound = String::new();
    for (place, letter) in bytes.iter().enumerate() {
        let next = bytes.get(place + 1);
        let class = match letter {
            b'p' if next == Some(&b'h') => 'f',
            b'b' | b'p' => 'p',
            b'f' | b'v' => 'f',
            b'w' if place == 0 => 'f',
            b'c' | b'k' | b'q' | b'g' => 'k',
            b'd' | b't' => 't',
            b's' | b'x' | b'z' => 's',
            b'j' => 'j',
            b'y' if place == 0 => 'j',
            b'l' | b'm' | b'n' | b'r' | b'0'..=b'9' => char::from(*letter),
            _ if place == 0 && *letter != b'h' => 'a',
            _ => continue,
        };
        if !sound.ends_with(class) {
            sound.push(class);
        }
    }
    sound
}

/// Two that differ by slips of the keyboard: one for each four letters.
pub fn is_near(one: &str, other: &str) -> bool {
    let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
    let slips = short / LETTERS_A_SLIP;
    long - short <= slips && slips > 0 && strsim::osa_distance(one, other) <= slips
}

const LETTERS_A_SLIP: usize = 4;

/// Two that sound alike and are written alike, too: `Stephen` and `Steven`, not `John` and `Jane`.
pub fn sounds_like(one: &str, other: &str) -> bool {
    let alike = || strsim::jaro_winkler(one, other) >= WRITTEN_ALIKE;
    one.len().min(other.len()) > 2 && alike() && sound(one) == sound(other)
}

const WRITTEN_ALIKE: f64 = 0.73;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_scripts_and_punctuation_do_not_count() {
        for (text, expected) in [
            ("Zoë O’Neil-Núñez, Jr.", "zoe oneil nunez jr"),
            ("  ŁUKASZ\tŻółć ", "lukasz zolc"),
            ("Дмитрий Щербаков", "dmitriy shcherbakov"),
            ("Γιώργος", "giorgos"),
            ("Ｄａｎａ", "dana"),
            ("e\u{301}", "e"),
            ("…", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_sounds_alike_is_found() {
        for (one, other) in [
            ("mohammed", "muhamad"),
            ("mohammed", "mhmd"),
            ("stephen", "steven"),
            ("mueller", "muller"),
            ("yulia", "julia"),
        ] {
            assert!(sounds_like(one, other), "{one} {other}: {} {}", sound(one), sound(other));
        }
        for (one, other) in [("anna", "ian"), ("john", "jane"), ("lee", "li"), ("dana", "tom")] {
            assert!(!sounds_like(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_slip_is_forgiven_in_a_long_word_only() {
        for (one, other, near) in [
            ("barnaby", "barnayb", true),
            ("goldsworthy", "goldsworpthy", true),
            ("dan", "don", false),
            ("miller", "muller", true),
            ("miller", "weller", false),
            ("", "", false),
        ] {
            assert_eq!(is_near(one, other), near, "{one} {other}");
        }
    }
}
