//! What is said for the sake of manners, or against them: nods, thanks, signs, small talk, insults. Pure.

use super::meant::plain_words;
use crate::language::{Courtesy, Language};

/// What says neither a wish nor a question.
const NODS: [&str; 58] = [
    "yes",
    "yes please",
    "yep",
    "yeah",
    "ok",
    "okay",
    "ok thanks",
    "okay thanks",
    "alright",
    "all right",
    "sure",
    "fine",
    "good",
    "great",
    "cool",
    "perfect",
    "nice",
    "correct",
    "right",
    "got it",
    "i see",
    "no",
    "nope",
    "no thanks",
    "no thank you",
    "nvm",
    "thanks",
    "thank you",
    "thanks a lot",
    "many thanks",
    "thank you very much",
    "thx",
    "ty",
    "cheers",
    "that's all",
    "that's it",
    "that is all",
    "never mind",
    "nevermind",
    "forget it",
    "no worries",
    "no problem",
    "all good",
    "sounds good",
    "makes sense",
    "understood",
    "not now",
    "maybe later",
    "will do",
    "okey",
    "k",
    "hm",
    "sorry",
    "my bad",
    "hmm",
    "wow",
    "haha",
    "lol",
];
/// Signs that stand for a word where nothing else is written.
const SIGNS: [(&str, &str); 3] =
    [("yes", "👍👌✅🆗💯☑✔"), ("no", "👎🙅❌✖"), ("thanks", "🙏❤💙💚🧡😊🙂😀😃😄😁☺🎉👏🤝💪🙌")];
const THANKS: [&str; 8] = ["thank", "thanks", "thx", "ty", "cheers", "danke", "gracias", "merci"];
/// Who says more beside their thanks wants something.
const MAX_THANKS: usize = 6;
/// How people ask how one is, and whether one is there.
const PLEASANTRIES: [&str; 21] = [
    "how are you",
    "how r u",
    "how do you do",
    "how is it",
    "how s it",
    "hows it",
    "how are things",
    "how s your",
    "how is your",
    "how was your",
    "how have you been",
    "what s up",
    "whats up",
    "what s new",
    "are you there",
    "are you ok",
    "anybody there",
    "anyone there",
    "is anyone",
    "is anybody",
    "can you hear",
];
/// Words that are an insult alone, or said to somebody.
const INSULTS: [&str; 22] = [
    "idiot",
    "idiots",
    "idiotic",
    "stupid",
    "dumb",
    "moron",
    "useless",
    "worthless",
    "shit",
    "crap",
    "bullshit",
    "bastard",
    "asshole",
    "fuck",
    "fucking",
    "wtf",
    "stfu",
    "sucks",
    "suck",
    "pathetic",
    "garbage",
    "loser",
];
/// What is said of these hurts nobody: "garbage collection", "a stupid question".
const OF_THINGS: [&str; 10] = [
    "question",
    "questions",
    "collect",
    "collected",
    "collecting",
    "collection",
    "collector",
    "collectors",
    "component",
    "components",
];
/// What somebody is called: "you are a liar", and not "you built a fraud detection".
const CALLED: [&str; 7] = ["liar", "scam", "scammer", "fraud", "crook", "thief", "fake"];
/// Whom or what an insult is said to.
const SAID_TO: [&str; 10] = ["you", "u", "ur", "your", "this", "that", "it", "bot", "he", "she"];
/// What somebody is told who is to be quiet, or gone.
const SENDING_AWAY: [&str; 5] = ["shut up", "piss off", "get lost", "go to hell", "screw you"];
/// Who says more says something beside it.
const MAX_SENDING_AWAY: usize = 4;
/// Who says more says something beside it.
const MAX_INSULT: usize = 9;

/// Whether something only nods, thanks or declines.
pub fn is_nod(said: &str) -> bool {
    let plain = said.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    sign(said).is_some() || NODS.contains(&plain.replace('’', "'").replace(',', "").as_str())
}

/// The word that signs alone stand for: a thumb is a yes. A yes beside a no is neither.
pub fn sign(said: &str) -> Option<&'static str> {
    if said.contains(char::is_alphanumeric) {
        return None;
    }
    let shown = |(_, signs): &&(&str, &str)| said.chars().any(|c| signs.contains(c));
    let mut words = SIGNS.iter().filter(shown).map(|(word, _)| *word);
    match (words.next(), words.next()) {
        (Some("yes"), Some("no")) => None,
        (word, _) => word,
    }
}

pub fn thanks(said: &str) -> bool {
    let words = plain_words(said);
    let begins = words.first().is_some_and(|first| THANKS.contains(&first.as_str()));
    let is_theirs = matches!(Language::courteous(said), Some((_, Courtesy::Thanks)));
    is_theirs || (begins && words.len() <= MAX_THANKS && !said.contains('?'))
}

/// The language in which somebody is thanked, or said goodbye to: that of their own courtesies, and else English, unless
/// they write another.
pub fn language(said: &str) -> Language {
    let courteous = Language::courteous(said).map(|(language, _)| language);
    courteous.or_else(|| Language::foreign(said)).unwrap_or_default()
}

/// Whether somebody only asks how one is, or whether one is there.
pub fn is_pleasantry(said: &str) -> bool {
    let plain = format!(" {} ", plain_words(said).join(" "));
    PLEASANTRIES.iter().any(|words| plain.contains(&format!(" {words} ")))
}

/// Whether something is said to hurt and says nothing else. "Is Alex a fraud?" asks.
pub fn is_insult(owner: &str, said: &str) -> bool {
    let words = plain_words(said);
    if words.len() > MAX_INSULT {
        return false;
    }
    let plain = format!(" {} ", words.join(" "));
    let is_abuse = |phrase: &&str| plain.contains(&format!(" {phrase} "));
    if Language::ALL.iter().any(|language| language.words().cries.abuse.iter().any(is_abuse)) {
        return true;
    }
    if words.len() <= MAX_SENDING_AWAY && SENDING_AWAY.iter().any(is_abuse) {
        return true;
    }
    let owner = owner.to_lowercase();
    let is_said_to = |word: &String| of(&SAID_TO, word) || owner.split(' ').any(|name| name == word);
    let is_alone = words.len() <= 2;
    let is_of_a_thing = |at: usize| words.get(at + 1).is_some_and(|next| of(&OF_THINGS, next));
    let hurts = |(at, word): (usize, &String)| of(&INSULTS, word) && !is_of_a_thing(at);
    let is_insulting = words.iter().enumerate().any(hurts) && (is_alone || words.iter().any(is_said_to));
    let is_called = matches!(words.as_slice(), [to @ .., is, called]
        if of(&["a", "such", "you"], is) && of(&CALLED, called) && (is_said_to(is) || to.iter().any(is_said_to))
            // "Prove that you are not a scam."
            && to.last().is_none_or(|word| !of(&["not", "t"], word)));
    let asks_of_others = said.contains('?') && !words.iter().any(|word| of(&["you", "u"], word));
    !asks_of_others && (is_insulting || is_called)
}

fn of(list: &[&str], word: &str) -> bool {
    list.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_alone_stands_for_a_word() {
        let rows = [
            ("👍", Some("yes")),
            (" 👍🏽 !", Some("yes")),
            ("👎", Some("no")),
            ("🙏🙏", Some("thanks")),
            ("👍🙏", Some("yes")),
            ("👍👎", None),
            ("👍 and Kafka?", None),
            ("…", None),
            ("", None),
        ];
        for (said, word) in rows {
            assert_eq!(sign(said), word, "{said}");
            assert_eq!(is_nod(said), word.is_some(), "{said}");
        }
    }

    #[test]
    fn insults_say_nothing_else() {
        for said in [
            "idiot",
            "you are useless",
            "this is shit. your last answer was wrong",
            "fuck you",
            "are you stupid or what?",
            "you're a scam",
            "Alex is a liar",
            "No, you are a fraud!",
            "That isn't true, you are a liar",
            "Du Arschloch",
            "shut up!",
            "just get lost",
        ] {
            assert!(is_insult("Alex Sample", said), "{said}");
        }
        for said in [
            "Is Alex a fraud?",
            "prove to me that you are not a scam",
            "Has Alex worked in fraud detection?",
            "Have you built a fraud detection system?",
            "has alex built a scam filter",
            "How did you tune the garbage collector?",
            "tell me about alex and garbage collection",
            "garbage collection",
            "Can I ask you a stupid question?",
            "The invoice that you sent us in March is wrong, and nobody answers: this is a scandal.",
            "The adapter that you sold us is a piece of shit, and I want my money for it back.",
            "Please tell Alex that the useless adapter on his desk is mine.",
            "Did the parcel get lost in the post?",
            "Can you help?",
            "",
        ] {
            assert!(!is_insult("Alex Sample", said), "{said}");
        }
    }

    #[test]
    fn pleasantries_and_thanks() {
        assert!(is_pleasantry("Hey, how are you?") && !is_pleasantry("How long do you keep it?"));
        assert!(thanks("thank you so much!!") && !thanks("Thanks, what does he charge?"));
        assert!(thanks("Vielen Dank!") && !thanks("Hello") && !thanks("Auf Wiedersehen"));
        assert_eq!([language("Danke!"), language("thanks")], [Language::De, Language::En]);
    }
}
