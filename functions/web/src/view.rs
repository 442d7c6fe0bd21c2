//! What the pages show, as plain data: made from the domain and a `now`, without any I/O.

pub mod words;
pub mod time;
pub mod conversation;
pub mod person;
pub mod meeting;
pub mod memory;

/// The first letters of the first and the last name, for the round picture beside it. What begins with a digit tells namesakes
/// apart, and is no name: of a number alone, nothing is left, and the picture is of anybody.
pub fn initials(name: &str) -> String {
    let words = name.split_whitespace().filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let mut letters = words.filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    let ends = [letters.next(), letters.next_back()];
    ends.into_iter().flatten().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_of_any_name() {
        let rows = [
            ("Dana Whitfield", "DW"),
            ("maría del río", "MR"),
            ("Cher", "C"),
            ("Dana Lee 2", "DL"),
            ("", ""),
            ("李 雷", "李雷"),
            ("(Bob) O'Neil", "BO"),
            ("+49 30 901820", ""),
            ("4711", ""),
        ];
        for (name, expected) in rows {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
