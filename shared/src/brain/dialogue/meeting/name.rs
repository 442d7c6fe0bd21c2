//! A name that somebody gives for a meeting.

use crate::{brain::UserIntent, knowledge::terms::is_stop_word};

const INTRODUCED: [&str; 4] = ["my name is ", "my name's ", "name is ", "name: "];
/// "I am busy" is no name, unless it has a capital or an address stands beside it.
const PRESENTED: [&str; 4] = ["i am ", "i'm ", "this is ", "it's "];
/// What goes on after a name that was introduced.
const NO_PART: [&str; 17] = [
    "and", "my", "at", "from", "with", "but", "here", "e-mail", "email", "mail", "you", "the", "a", "an",
    "not", "wrong", "right",
];
/// Words with a capital that are no name when they stand alone.
const NO_NAMES: &[&str] = &[
    "i",
    "my",
    "the",
    "it",
    "yes",
    "no",
    "hi",
    "hello",
    "hey",
    "name",
    "email",
    "e-mail",
    "mail",
    "you",
    "ok",
    "okay",
    "sure",
    "thanks",
    "please",
    "great",
    "perfect",
    "wonderful",
    "excellent",
    "awesome",
    "amazing",
    "fantastic",
    "brilliant",
    "lovely",
    "cool",
    "nice",
    "good",
    "fine",
    "super",
    "alright",
    "right",
    "cheers",
    "thank",
    "thx",
    "yep",
    "yeah",
    "understood",
    "done",
    "noted",
    "works",
    "oh",
    "ah",
    "wow",
    "hmm",
    "wait",
    "sorry",
    "what",
    "why",
    "bye",
    "goodbye",
    "maybe",
    "perhaps",
    "later",
    "today",
    "tomorrow",
    "stop",
    "hold",
    "skip",
    "not",
    "never",
    "none",
    "nothing",
];
/// Small words in a name.
const PARTICLES: [&str; 12] = ["de", "la", "von", "van", "der", "den", "di", "da", "del", "bin", "al", "y"];
const MAX_WORDS: usize = 4;
/// Words with a capital that somebody is, and is not called.
const NO_CALLING: &str = "american australian austrian belgian british canadian chinese danish dutch english european finnish french \
     german indian irish italian japanese norwegian polish portuguese russian spanish swedish swiss turkish ukrainian \
     available back bored busy confused curious free happy hungry important interested lost out ready senior tired vegan \
     consultant developer engineer founder manager recruiter student";
/// What stands around a name where somebody says nothing but who they are.
const AROUND: &str = "hi hello hey hallo there good morning afternoon evening day dear sir madam my name is s i am m this it here and a \
     an the from at with of nice pleased glad to meet you recruiter engineer developer by way";

/// "Dana Lee, dana@example.com", "I am Dana Lee and my e-mail is …", "dana@example.com (Dana Lee)".
pub(in crate::brain::dialogue) fn named(said: &str, email: Option<&str>) -> Option<String> {
    let said = said.replace('’', "'");
    let at = email.and_then(|email| {
        let at = said.to_ascii_lowercase().find(&email.to_ascii_lowercase())?;
        Some((said.get(..at)?, said.get(at + email.len()..)?))
    });
    match at {
        Some((before, after)) => name_in(before, true).or_else(|| name_in(after, true)),
        None => name_in(&said, false),
    }
}

/// The name with which somebody says who they are, and nothing else: "Hi, I'm Lisa Park from Globex".
pub(in crate::brain::dialogue) fn introduced(said: &str, read: &UserIntent) -> Option<String> {
    let said = said.replace('’', "'");
    let small = said.to_ascii_lowercase();
    let is_called = INTRODUCED.iter().any(|words| small.contains(words));
    let says = |words: &[&str]| words.iter().any(|words| small.contains(words));
    let is_of_them = is_called || says(&["i am ", "i'm "]);
    if !(is_of_them || says(&["this is "])) || said.contains('?') || read.slots.email.is_some() {
        return None;
    }
    let name = name_in(&said, false)?;
    // "I am German", "I'm CTO at Globex"
    let is_other = |word: &str| {
        let is_short = word.len() > 1 && !word.contains(char::is_lowercase);
        let is_small = !word.starts_with(char::is_uppercase) && !PARTICLES.contains(&word);
        let small = word.to_lowercase();
        let mut others = NO_CALLING.split_ascii_whitespace().chain(NO_NAMES.iter().copied());
        is_short || is_small || others.any(|other| other == small)
    };
    // "This is Globex"
    let is_whole = is_of_them || name.contains(' ') || read.slots.company.is_some();
    if !is_whole || (!is_called && name.split(' ').any(is_other)) {
        return None;
    }
    let named = read.slots.company.iter().chain(&read.slots.role);
    let known: Vec<String> = named.chain([&name]).map(|known| known.to_lowercase()).collect();
    let is_known = |word: &str| {
        let mut all = known.iter().flat_map(|known| known.split(|c: char| !c.is_alphanumeric()));
        all.any(|part| part == word) || AROUND.split_ascii_whitespace().any(|around| around == word)
    };
    let lower = said.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(is_known).then_some(name)
}

/// A name in small letters, where a name is asked for and nothing else is said: "jane roe, jane@roe.example".
pub(super) fn small(said: &str, email: Option<&str>) -> Option<String> {
    let lower = said.to_lowercase();
    let rest = email.map_or(lower.clone(), |email| lower.replace(&email.to_lowercase(), " "));
    let words: Vec<&str> = rest
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | '<' | '>' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .collect();
    // "let's", "I'm", "don't"; and not "o'neil"
    let is_short_for_more = |word: &str| {
        let end = word.rsplit_once(['\'', '’']).map(|(_, end)| end);
        end.is_some_and(|end| matches!(end, "s" | "m" | "t" | "re" | "ll" | "ve" | "d"))
    };
    let is_name = |word: &&str| {
        word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
            && !is_short_for_more(word)
            && !NO_NAMES.contains(word)
            && !NO_PART.contains(word)
            && (!is_stop_word(word) || PARTICLES.contains(word))
    };
    // One word alone may be anything.
    let fits = (2..=MAX_WORDS).contains(&words.len()) && words.iter().all(is_name);
    let capital = |word: &&str| {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !PARTICLES.contains(word) => first.to_uppercase().chain(letters).collect(),
            _ => (*word).to_owned(),
        }
    };
    fits.then(|| words.iter().map(capital).collect::<Vec<_>>().join(" "))
}

fn name_in(part: &str, is_beside_address: bool) -> Option<String> {
    let small = part.to_ascii_lowercase();
    let after = |all: &[&str]| all.iter().find_map(|words| part.get(small.find(words)? + words.len()..));
    let is_name = |rest: &&str| is_beside_address || rest.starts_with(char::is_uppercase);
    let introduced = after(&INTRODUCED).or_else(|| after(&PRESENTED).filter(is_name));
    let words = |clause: &'_ str| -> Vec<String> {
        clause.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect()
    };
    if let Some(rest) = introduced {
        let clause = rest.split([',', ';', '.', '\n', '<', '(', '!']).next().unwrap_or_default();
        let is_part = |word: &String| !NO_PART.contains(&word.to_lowercase().as_str());
        let name: Vec<String> = words(clause).into_iter().take_while(is_part).take(MAX_WORDS).collect();
        return (!name.is_empty()).then(|| name.join(" "));
    }
    part.split([',', ';', '.', ':', '\n', '<', '>', '(', ')', '!']).map(words).find_map(|words| {
        let is_name = |word: &String| {
            let capital = word.chars().next().is_some_and(char::is_uppercase);
            (capital && !NO_NAMES.contains(&word.to_lowercase().as_str()))
                || PARTICLES.contains(&word.as_str())
        };
        // "NOT NOW"
        let says_something = words.len() == 1 || !words.iter().all(|word| is_stop_word(&word.to_lowercase()));
        let fits = (1..=MAX_WORDS).contains(&words.len()) && words.iter().all(is_name) && says_something;
        fits.then(|| words.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Brain;

    #[test]
    fn names_in_small_letters() {
        let email = Some("jane@roe.example");
        let rows = [
            ("jane roe jane@roe.example", email, Some("Jane Roe")),
            ("jane roe, Jane@Roe.example", email, Some("Jane Roe")),
            ("maria de la cruz", None, Some("Maria de la Cruz")),
            ("let me think", None, None),
            ("let's see", None, None),
            ("i’m busy", None, None),
            ("shea o'neil", None, Some("Shea O'neil")),
            ("sounds good", None, None),
            ("later", None, None),
            ("call 555", None, None),
        ];
        for (said, email, name) in rows {
            assert_eq!(small(said, email).as_deref(), name, "{said}");
        }
    }

    #[test]
    fn who_says_who_they_are_and_nothing_else() {
        let rows = [
            ("My name is Tom", Some("Tom")),
            ("my name is tom fox", Some("tom fox")),
            ("Hi, I'm Lisa Park", Some("Lisa Park")),
            ("I’m Sam", Some("Sam")),
            ("This is Bob Hill from Initech", Some("Bob Hill")),
            ("I am German", None),
            ("I'm CTO at Globex", None),
            ("I am interested", None),
            ("Hi I am Back", None),
            ("I'm Sorry", None),
            ("I am Ready to Talk", None),
            ("I am Recruiter at Globex", None),
            ("My name is Tom, is Alex free?", None),
            ("I'm Lisa Park and we look for an architect", None),
            ("I'm Lisa Park, lisa@initech.example", None),
            ("This is great", None),
            ("This is Globex", None),
            ("It's Globex", None),
            ("Lisa Park", None),
        ];
        for (said, name) in rows {
            let read = Brain::Offline.determine_intent(said, "Alex Sample");
            assert_eq!(introduced(said, &read).as_deref(), name, "{said}");
        }
    }

    #[test]
    fn names_as_they_are_given() {
        let email = Some("dana@northgate.example");
        let rows = [
            ("I am Dana Lee, dana@northgate.example", email, Some("Dana Lee")),
            ("Dana Lee, Dana@Northgate.example", email, Some("Dana Lee")),
            ("Yes. Dana de la Cruz dana@northgate.example", email, Some("Dana de la Cruz")),
            ("dana@northgate.example (Dana Lee)", email, Some("Dana Lee")),
            ("My name is dana lee and my e-mail is dana@northgate.example", email, Some("dana lee")),
            ("It’s dana@northgate.example", email, None),
            ("My e-mail is dana@northgate.example.", email, None),
            ("Dana Lee", None, Some("Dana Lee")),
            ("Zoë Ånström", None, Some("Zoë Ånström")),
            ("Great!", None, None),
            ("that works for me", None, None),
            ("Perfect!", None, None),
            ("Perfect, thanks!", None, None),
            ("Thanks!", None, None),
            ("Thank you", None, None),
            ("I'm not sure", None, None),
            ("I am busy then", None, None),
            ("i am dana lee, dana@northgate.example", email, Some("dana lee")),
            ("I'm Dana", None, Some("Dana")),
            ("Maybe", None, None),
            ("NOT NOW", None, None),
            ("Will Lee", None, Some("Will Lee")),
            ("Wonderful. Dana Lee", None, Some("Dana Lee")),
        ];
        for (said, email, name) in rows {
            assert_eq!(named(said, email).as_deref(), name, "{said}");
        }
    }
}
