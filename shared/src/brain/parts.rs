//! A message that asks several things, and one that says too little by itself. Pure.

use super::{meant::plain_words, reply::Reply};
use crate::{chat::Cited, knowledge::terms};

/// So many things are answered in one message.
const MAX_PARTS: usize = 4;
/// With these a clause begins that asks something.
const ASKS: [&str; 26] = [
    "who", "whose", "what", "whats", "what's", "when", "where", "which", "why", "how", "is", "are", "was",
    "were", "do", "does", "did", "has", "have", "had", "can", "could", "will", "would", "should", "may",
];
/// With these somebody goes on asking.
const GOES_ON: [&str; 13] = [
    "and",
    "or",
    "tell",
    "give",
    "more",
    "another",
    "any",
    "anything",
    "something",
    "elaborate",
    "explain",
    "since",
    "before",
];
/// Words that say nothing of what is asked, beside stop words.
const LOOSE: &str = "anything else ever example examples exactly first give go going happen happened last later latest long many much name \
     next ok okay one ones please really recent recently same say show since tell there thing things time times detail details \
     often previously earlier elaborate explain get include included includes mean other others two three work job role position company";
/// More words than that say enough.
const MAX_LOOSE: usize = 9;

/// Words around a question that ask nothing: "hi, quick question: …", "ok, thanks. …"
const AROUND: &str = "ah alright all another awesome cheers cool curious day evening everybody everyone excuse fine good great greetings \
     haha hello hey hi hiya hm hmm interesting just k lol lovely me more morning afternoon nice no nope oh ok okay one pardon perfect please \
     pls q question questions quick really right seriously so sorry thank thanks there thing thx ty uh um understood well wow yeah yep yes yo";
/// A shorter question is taken as it stands.
const SHORT: usize = 2;

/// A question without the courtesies around it. All else is as it was said.
pub fn without_courtesy<'a>(owner: &str, said: &'a str) -> &'a str {
    let owner = owner.to_lowercase();
    let is_around = |chunk: &str| {
        let lower = chunk.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        lower.is_empty()
            || AROUND.split_ascii_whitespace().any(|known| known == lower)
            || owner.split(' ').any(|name| name == lower)
    };
    let whole = said.trim();
    let mut rest = whole;
    // "Can you" begins a question, and so does nothing that is a courtesy.
    while let Some((first, after)) =
        rest.split_once(char::is_whitespace).filter(|(first, _)| is_around(first))
    {
        let after = after.trim_start();
        let you =
            if first.eq_ignore_ascii_case("thank") { after.split_once(char::is_whitespace) } else { None };
        rest = you.map_or(after, |(_, behind)| behind.trim_start());
    }
    if !begins_a_question(rest) || rest.split_whitespace().count() <= SHORT {
        return to_be_proved(whole, |word| owner.split(' ').any(|name| name == word));
    }
    // What follows the question mark asks nothing either.
    match rest.rsplit_once('?') {
        Some((asked, after)) if after.split_whitespace().all(is_around) => &rest[..=asked.len()],
        _ => rest,
    }
}

/// "Prove that you know Rust" asks whether the owner does; that the twin is something, it is asked of itself.
fn to_be_proved(said: &str, is_owner: impl Fn(&str) -> bool) -> &str {
    const PROVING: [&str; 6] = [
        "prove that ",
        "prove to me that ",
        "prove me that ",
        "show me that ",
        "convince me that ",
        "demonstrate that ",
    ];
    const BEING: [&str; 5] = ["are", "re", "is", "s", "were"];
    let lower = said.to_ascii_lowercase();
    let Some(stated) = PROVING.iter().find_map(|words| lower.strip_prefix(*words)) else { return said };
    let words = plain_words(stated);
    let is_of_the_owner = matches!(words.as_slice(), [who, does, _, ..]
        if (matches!(who.as_str(), "you" | "he" | "she") || is_owner(who.as_str())) && !BEING.contains(&does.as_str()));
    if is_of_the_owner { &said[said.len() - stated.len()..] } else { said }
}

/// Whether something asks nothing and names nothing: "2", "the first one".
pub fn is_bare(said: &str) -> bool {
    let is_question = said.contains('?') || begins_a_question(said);
    !said.contains(char::is_alphabetic) || (!is_question && says_nothing(said) && !leans(said))
}

/// The questions that a message asks one after the other; one if it is one.
pub fn parts(said: &str) -> Vec<&str> {
    let whole = vec![said];
    if !said.contains('?') {
        return whole;
    }
    let mut parts: Vec<&str> = Vec::new();
    for sentence in said.split_inclusive('?') {
        let mut from = 0;
        for (at, _) in sentence.match_indices(", ") {
            let rest = &sentence[at + 2..];
            if at > from && begins_a_question(rest) && begins_a_question(sentence[from..].trim_start()) {
                parts.push(&sentence[from..at]);
                from = at + 2;
            }
        }
        parts.push(&sentence[from..]);
    }
    let parts: Vec<&str> =
        parts.into_iter().map(str::trim).filter(|part| part.contains(char::is_alphabetic)).collect();
    // "By how much?" is of the question before it.
    let are_questions =
        parts.iter().all(|part| (begins_a_question(part) || part.ends_with('?')) && !says_nothing(part));
    if (2..=MAX_PARTS).contains(&parts.len()) && are_questions { parts } else { whole }
}

fn begins_a_question(clause: &str) -> bool {
    let mut words =
        clause.split_whitespace().map(|word| word.trim_matches(',').to_lowercase().replace('’', "'"));
    let first = words.next().unwrap_or_default();
    let first = if first == "and" { words.next().unwrap_or_default() } else { first };
    // "When he left" asks nothing, and "when did he leave" does.
    let is_sure = !matches!(first.as_str(), "when" | "where" | "why")
        || words.next().is_none_or(|next| ASKS.contains(&next.as_str()));
    ASKS.contains(&first.as_str()) && is_sure
}

/// Whether nothing is named by itself.
fn says_nothing(said: &str) -> bool {
    terms::words(said).iter().all(|word| is_loose(word))
}

fn is_loose(word: &str) -> bool {
    LOOSE.split_ascii_whitespace().any(|loose| loose == word)
}

/// Whether something is understood only by what was asked before: "how long?", "and before that?", "tell me more".
pub fn leans(said: &str) -> bool {
    let lower = said.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let asks = |first: &str| ASKS.contains(&first) || GOES_ON.contains(&first);
    words.clone().count() <= MAX_LOOSE && words.next().is_some_and(asks) && says_nothing(said)
}

/// Whether something is asked of a thing or a matter that was spoken of: "is it open source?"
pub fn points_back(said: &str) -> bool {
    const BACK: [&str; 3] = ["it", "they", "them"];
    const ALONE: [&str; 4] = [" this", " that", " this before", " that before"];
    let plain = plain_words(said).join(" ");
    let is_back =
        plain.split(' ').any(|word| BACK.contains(&word)) || ALONE.iter().any(|end| plain.ends_with(end));
    begins_a_question(said) && plain.split(' ').count() <= MAX_LOOSE && is_back
}

/// A question of a place that was spoken of, as it is asked of that place: "how long was he there?" is "at Acme".
pub fn at_a_place(said: &str, place: &str) -> Option<String> {
    // "Is there" and "are you there" name none.
    const NO_PLACE: [&str; 9] = ["is", "are", "was", "were", "hi", "hello", "hey", "out", "over"];
    const FEW: usize = 3;
    let asked = said.trim_end().trim_end_matches(['?', '!', '.']).trim_end();
    let (before, last) = asked.rsplit_once(char::is_whitespace)?;
    let preceding = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    let is_meant = last.eq_ignore_ascii_case("there")
        && begins_a_question(said)
        && !NO_PLACE.contains(&preceding.as_str())
        && asked.split_whitespace().count() > FEW;
    is_meant.then(|| format!("{before} at {place}?"))
}

/// The question that a message ends with, if something else stands before it: "Hi, I am Kim. Does she know Go?"
pub fn asked_last(said: &str) -> Option<&str> {
    let asked = said.trim_end().strip_suffix('?')?;
    let at = asked.rfind(['.', '!', '?', ';', '\n'])?;
    let question = said[at + 1..].trim();
    let names_one = terms::words(question).iter().any(|word| word != "help" && !is_loose(word));
    (begins_a_question(question) && names_one).then_some(question)
}

/// Whether somebody wants more of what was told.
pub fn wants_more(said: &str) -> bool {
    const MORE: [&str; 9] =
        ["more", "else", "example", "examples", "detail", "details", "elaborate", "further", "other"];
    let lower = said.to_lowercase();
    leans(said) && lower.split(|c: char| !c.is_alphanumeric()).any(|word| MORE.contains(&word))
}

/// Which way somebody goes on from a position that was spoken of: "and before that?" is `true`.
pub fn goes_on(said: &str) -> Option<bool> {
    const EARLIER: [&str; 6] =
        ["before that", "before this", "before then", "prior to that", "previously", "before it"];
    const LATER: [&str; 4] = ["after that", "after this", "since then", "afterwards"];
    let lower = said.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let plain = lower.trim_matches(|c: char| !c.is_alphanumeric());
    if !leans(said) {
        return None;
    }
    match (says(&EARLIER) || matches!(plain, "and before" | "before"), says(&LATER)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// What was told already is not told again as more: a passage without its sentences that stand in it.
pub fn without(passage: &str, told: &[&str]) -> String {
    let is_told = |sentence: &&str| {
        let sentence = sentence.trim().trim_end_matches('.');
        sentence.is_empty() || told.iter().any(|told| told.contains(sentence))
    };
    let kept: Vec<&str> = passage.split_inclusive(['\n']).filter(|line| !is_told(line)).collect();
    kept.concat().trim().to_owned()
}

/// Several answers as one: sources are numbered through, and what is not known is said with its question.
pub fn joined(answers: Vec<(&str, Reply)>) -> Reply {
    const SAMPLE: &str = "\n(Sample data.)";
    let mut citations: Vec<Cited> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    let mut is_sample = false;
    for (asked, reply) in answers {
        if !reply.known {
            unknown.push(asked);
            continue;
        }
        let mut numbers: Vec<usize> = Vec::new();
        for cited in &reply.citations {
            let known =
                citations.iter().find(|known| known.origin == cited.origin && known.quote == cited.quote);
            let number = known.map_or(citations.len() + 1, |known| known.number);
            if number > citations.len() {
                citations.push(Cited { number, ..cited.clone() });
            }
            numbers.push(number);
        }
        is_sample |= reply.text.ends_with(SAMPLE);
        let text = renumbered(reply.text.trim_end_matches(SAMPLE), &numbers);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let known = unknown.is_empty();
    if !known {
        let asked: Vec<String> = unknown.iter().map(|asked| format!("“{}”", asked.trim())).collect();
        texts.push(format!("I do not know, and will not guess: {}. May I take a message?", asked.join(", ")));
    }
    let sample = if is_sample { SAMPLE } else { "" };
    Reply { text: texts.join("\n\n") + sample, citations, known }
}

/// A text whose `[1]`, `[2]` … become the given numbers, but for what stands in fenced blocks of code.
fn renumbered(text: &str, numbers: &[usize]) -> String {
    let line = |(line, is_code): (&str, bool)| match is_code {
        true => line.to_owned(),
        false => renumbered_words(line, numbers),
    };
    lines(text).map(line).collect()
}

/// The lines of a text in Markdown with their ends, and whether each is of a fenced block of code.
pub fn lines(text: &str) -> impl Iterator<Item = (&str, bool)> {
    // How many ticks the block began with that is open.
    let mut open: Option<usize> = None;
    text.split_inclusive('\n').map(move |line| {
        let rest = line.trim_start_matches(' ');
        let behind = rest.trim_start_matches('`');
        let ticks = rest.len() - behind.len();
        let begins = ticks >= 3 && !behind.contains('`');
        let is_code = open.is_some() || begins;
        open = match open {
            Some(fence) => Some(fence).filter(|fence| ticks < *fence || !behind.trim().is_empty()),
            None => Some(ticks).filter(|_| begins),
        };
        (line, is_code)
    })
}

fn renumbered_words(text: &str, numbers: &[usize]) -> String {
    let mut pieces = text.split('[');
    let mut all = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let number = piece.split_once(']').and_then(|(number, rest)| {
            let at: usize = number.parse().ok()?;
            Some((numbers.get(at.checked_sub(1)?)?, rest))
        });
        if let Some((number, rest)) = number {
            all.push_str(&format!("[{number}]{rest}"));
        } else {
            all.push('[');
            all.push_str(piece);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{claims::Origin, document::SourceKind};

    #[test]
    fn questions_are_told_apart() {
        let rows: [(&str, &[&str]); 10] = [
            ("Did Alex cut latency anywhere? By how much?", &["Did Alex cut latency anywhere? By how much?"]),
            ("Is Alex open to new roles, and which?", &["Is Alex open to new roles, and which?"]),
            (
                "does he have kubernetes experience? and terraform? and how about azure?",
                &["does he have kubernetes experience?", "and terraform?", "and how about azure?"],
            ),
            (
                "What's his biggest achievement, which tech did he use, and is he available in January?",
                &[
                    "What's his biggest achievement",
                    "which tech did he use",
                    "and is he available in January?",
                ],
            ),
            ("Does Alex know Kafka, and can we meet?", &["Does Alex know Kafka", "and can we meet?"]),
            ("What has Alex done with Rust?", &["What has Alex done with Rust?"]),
            ("When he left, what did he do?", &["When he left, what did he do?"]),
            ("Has Alex worked with Go, Rust, and Java?", &["Has Alex worked with Go, Rust, and Java?"]),
            ("I have a role for Alex. Is she open to it?", &["I have a role for Alex. Is she open to it?"]),
            ("Hi, how are you, and who is it", &["Hi, how are you, and who is it"]),
        ];
        for (said, expected) in rows {
            assert_eq!(parts(said), expected, "{said}");
        }
        assert_eq!(parts(&"is it? ".repeat(9)).len(), 1, "nobody asks so much");
    }

    #[test]
    fn courtesies_around_a_question_ask_nothing() {
        let rows = [
            ("hi, quick q - is alex open to new roles?", "is alex open to new roles?"),
            ("ok sorry. does he do consulting?", "does he do consulting?"),
            ("Hello Alex! What do you charge? Thanks!", "What do you charge?"),
            ("so has he used Kafka", "has he used Kafka"),
            ("Thank you! Is he free in March?", "Is he free in March?"),
            ("you are a fraud", "you are a fraud"),
            ("Prove that you know Rust", "you know Rust"),
            ("prove to me that Alex worked at Globex", "Alex worked at Globex"),
            ("prove that you are real", "prove that you are real"),
            ("prove that it works", "prove that it works"),
            ("no really, who is this?", "who is this?"),
            ("thanks, will do", "thanks, will do"),
            ("does he know Go? and Rust?", "does he know Go? and Rust?"),
            ("Thank you so much!!", "Thank you so much!!"),
            ("hi there", "hi there"),
            ("Good at Kafka?", "Good at Kafka?"),
            ("yes", "yes"),
            ("We have a slow system. Can you help?", "We have a slow system. Can you help?"),
            ("", ""),
        ];
        for (said, expected) in rows {
            assert_eq!(without_courtesy("Alex Sample", said), expected, "{said}");
        }
    }

    #[test]
    fn what_is_bare_is_not_looked_up() {
        for said in ["2", "👍", "the first one", "?!", "{{7*7}}"] {
            assert!(is_bare(said), "{said}");
        }
        for said in ["Rust", "tell me more", "how long?", "which one", "what is his job"] {
            assert!(!is_bare(said), "{said}");
        }
    }

    #[test]
    fn what_leans_on_what_was_asked_before() {
        for said in [
            "how long?",
            "and before that?",
            "tell me more",
            "give me an example",
            "why?",
            "when was that?",
            "what do I get for it?",
        ] {
            assert!(leans(said), "{said}");
        }
        for said in [
            "how old is he?",
            "what about aws",
            "linkedin?",
            "which of these was the hardest?",
            "",
            "?!",
            "42",
            "no",
            "me too",
        ] {
            assert!(!leans(said), "{said}");
        }
        assert_eq!(goes_on("and before that?"), Some(true));
        assert_eq!(goes_on("where did he work before that?"), Some(true));
        assert_eq!(goes_on("What did she do after that?"), Some(false));
        assert_eq!(goes_on("how long?"), None);
        assert_eq!(goes_on("Was Kafka in use before that?"), None);
        assert!(wants_more("tell me more") && wants_more("anything else?") && !wants_more("how long?"));
    }

    #[test]
    fn what_is_asked_of_something_that_was_spoken_of() {
        assert!(points_back("is it open source?") && points_back("has he done this before"));
        for said in ["is he open to new roles?", "I like it", "Does he know this kind of database?"] {
            assert!(!points_back(said), "{said}");
        }
        let rows = [
            ("how long was he there?", Some("how long was he at Acme?")),
            ("What did she build there", Some("What did she build at Acme?")),
            ("is anybody there?", None),
            ("are you there?", None),
            ("how many people are there?", None),
            ("I was there once", None),
        ];
        for (said, expected) in rows {
            assert_eq!(at_a_place(said, "Acme").as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn a_message_may_end_with_a_question() {
        let rows = [
            ("Hi, I am Kim. Does she know Go?", Some("Does she know Go?")),
            ("we worked together!\nis he still into rowing? ", Some("is he still into rowing?")),
            ("We have a slow system. Can you help?", None),
            ("Nice. How long?", None),
            ("Does she know Go?", None),
            ("Does she know node.js?", None),
            ("I am Kim. She knows Go.", None),
        ];
        for (said, expected) in rows {
            assert_eq!(asked_last(said), expected, "{said}");
        }
    }

    #[test]
    fn what_was_told_is_left_out() {
        let passage = "Staff Engineer\nLed the rewrite.\nHalved incidents.";
        let told = ["Led the rewrite. [1]\n(Sample data.)", "Staff Engineer. [1]"];
        assert_eq!(without(passage, &told), "Halved incidents.");
        assert_eq!(without("Led the rewrite.", &told), "");
    }

    #[test]
    fn answers_are_joined() {
        let cited = |number: usize, title: &str| Cited {
            number,
            origin: Origin {
                kind: SourceKind::Note,
                title: title.to_owned(),
                url: None,
                place: String::new(),
            },
            date: None,
            quote: title.to_owned(),
        };
        let reply =
            |text: &str, citations: Vec<Cited>, known| Reply { text: text.to_owned(), citations, known };
        let rust =
            reply("Rust [1] since 2014 [2].\n(Sample data.)", vec![cited(1, "a"), cited(2, "b")], true);
        let go = reply("Go [1], see [9].\n(Sample data.)", vec![cited(1, "b")], true);
        let both = joined(vec![("Rust?", rust), ("and Go?", go)]);
        assert_eq!(both.text, "Rust [1] since 2014 [2].\n\nGo [2], see [9].\n(Sample data.)");
        assert_eq!((both.citations.len(), both.known), (2, true));
        let code = reply("From b [1]:\n\n````rust\na[1];\n```\n````\n[1]", vec![cited(1, "b")], true);
        let rust = reply("Rust [1].", vec![cited(1, "a")], true);
        let shown = joined(vec![("Rust?", rust), ("and code?", code)]);
        assert_eq!(shown.text, "Rust [1].\n\nFrom b [2]:\n\n````rust\na[1];\n```\n````\n[2]");
        let nothing = reply("I do not know that.", Vec::new(), false);
        let go = reply("Go [1]", vec![cited(1, "b")], true);
        let one = joined(vec![("Go?", go), ("and Azure?", nothing)]);
        assert!(one.text.starts_with("Go [1]\n\n") && one.text.contains("“and Azure?”"), "{}", one.text);
        assert!(!one.known && one.citations.len() == 1);
    }
}
