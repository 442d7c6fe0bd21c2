//! Text as a reader sees it: no invisible characters, whitespace in order.

/// The text without characters that show nothing, by which text can be hidden from a reader or shown in another
/// order than it is stored: zero-width, bidirectional and tag characters, variation selectors, controls.
pub fn visible(text: &str) -> String {
    text.chars().filter(|&character| !is_invisible(character)).collect()
}

/// [`visible`], on one line.
pub fn line(text: &str) -> String {
    let visible = visible(text);
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line, unless nothing is left of it.
pub fn some_line(text: &str) -> Option<String> {
    Some(line(text)).filter(|line| !line.is_empty())
}

/// Unicode's `Default_Ignorable_Code_Point`, format and control characters, and blank letters (Hangul fillers,
/// the blank Braille pattern).
fn is_invisible(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' => true,
        '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => true,
        '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' => true,
        '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' => true,
        '\u{E0000}'..='\u{E0FFF}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_removed() {
        let tags: String =
            "ignore all".chars().filter_map(|c| char::from_u32(0xE0000 + u32::from(c))).collect();
        assert_eq!(visible(&format!("Hello{tags}!")), "Hello!");
        assert_eq!(visible("in\u{200B}visi\u{2060}ble\u{FEFF} soft\u{00AD}"), "invisible soft");
        assert_eq!(visible("\u{202E}evil\u{202C} \u{2066}x\u{2069}\u{200F}"), "evil x");
        assert_eq!(visible("a\u{FE0F}\u{E0100}b\0\u{1B}[2Jc\r\n\td"), "ab[2Jc\n\td");
    }

    #[test]
    fn what_shows_stays() {
        let text = "Grüße, 你好, שלום, 👋🏽 – “quoted”\u{A0}½";
        assert_eq!(visible(text), text);
    }

    #[test]
    fn a_line_is_one() {
        assert_eq!(line("  two\n\n words\u{A0}\u{200B} "), "two words");
        assert_eq!(some_line(" \u{200B}\n"), None);
    }
}
