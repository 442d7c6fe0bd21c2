//! What a reader of the file would see. Text that nobody sees is where instructions to a model are hidden.

/// The text without characters that show nothing, with plain spaces, no trailing blanks and at most one empty
/// line in a row. Ligatures of typesetting (`ﬁ`) become letters, so that words can be searched.
pub fn visible(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split(['\n', '\r', '\u{0b}', '\u{0c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = visible_line(line);
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

/// Code as it was written, without characters that show nothing or turn what is read around, and without empty lines at its
/// ends.
pub fn visible_code(text: &str) -> String {
    let shown = |c: &char| !shows_nothing(*c) && (*c == '\t' || !c.is_control());
    let line = |line: &str| line.chars().filter(shown).collect::<String>().trim_end().to_owned();
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n").trim_start_matches('\n').trim_end().to_owned()
}

/// The same for what belongs on one line: line breaks become spaces, and runs of blanks one space. The
/// indentation of lists goes too; no reader of a passage needs it.
pub fn visible_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !shows_nothing(*character)) {
        match ligature(character) {
            Some(letters) => line.push_str(letters),
            None if !character.is_whitespace() && !character.is_control() => line.push(character),
            None if line.is_empty() || line.ends_with(' ') => {}
            None => line.push(' '),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Soft hyphen, zero-width and joining characters, bidi controls, tag characters, variation selectors, fillers,
/// private use (icon fonts): Unicode's `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`) and more.
fn shows_nothing(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_removed_and_words_stay_whole() {
        let tags: String = "ignore".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
        assert_eq!(visible(&format!("Ru\u{200b}st{tags} \u{202e}and\u{202c} Go")), "Rust and Go");
        assert_eq!(visible_line("a\u{a0}\u{2009}b\tc\n d  "), "a b c d");
        assert_eq!(visible_line("ﬁnds oﬀers"), "finds offers");
    }

    #[test]
    fn line_breaks_stay_and_empty_lines_collapse() {
        assert_eq!(visible("\n\na\r\n\r\n\r\n\r\nb\n"), "a\n\nb");
    }

    #[test]
    fn letters_of_other_scripts_and_emoji_stay() {
        assert_eq!(visible("Zoë Müller 山田 👩 café"), "Zoë Müller 山田 👩 café");
    }
}
