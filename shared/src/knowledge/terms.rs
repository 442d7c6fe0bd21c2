//! Words as a search compares them: without stop words, irregular forms made regular, stemmed (Snowball English).

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A longer run of letters and digits is no word.
const LONGEST_WORD: usize = 40;
/// So many words are stemmed once each; then the list begins anew.
const MAX_KNOWN: usize = 50_000;

/// The words of a text, in order: lower-cased, without accents, `Alex's` as `alex`, `c++` and `c#` whole; stop
/// words and negations (`don't`) left out.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let plain = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(apostrophe);
    for c in plain.chain([' ']) {
        let joins = !word.is_empty() && (c == '\'' || (matches!(c, '+' | '#') && is_short(&word)));
        if c.is_alphanumeric() || joins {
            word.push(c);
        } else if !word.is_empty() {
            words.extend(cleaned(&word).filter(|word| !STOP_WORDS.contains(word)).map(ToOwned::to_owned));
            word.clear();
        }
    }
    words
}

/// Such a word means something else than the verb or noun that it seems to come from: a book is no booking.
const OF_ITS_OWN: [(&str, &str); 4] = [
    ("booking", "booking"),
    ("bookings", "booking"),
    ("marketing", "marketing"),
    ("accounting", "accounting"),
];

/// The term that a word of [`words`] is compared by.
pub fn stem(word: &str) -> String {
    thread_local! {
        static KNOWN: RefCell<(Stemmer, HashMap<String, String>)> =
            RefCell::new((Stemmer::create(Algorithm::English), HashMap::new()));
    }
    KNOWN.with_borrow_mut(|(stemmer, known)| {
        if let Some(stem) = known.get(word) {
            return stem.clone();
        }
        if known.len() == MAX_KNOWN {
            known.clear();
        }
        let own = OF_ITS_OWN.iter().find(|(form, _)| *form == word).map(|(_, own)| (*own).to_owned());
        let stem = own.unwrap_or_else(|| stemmer.stem(&regular(word)).into_owned());
        known.insert(word.to_owned(), stem.clone());
        stem
    })
}

/// The base form of an irregular form, `rewritten` as `rewrite`; any other word as it is.
fn regular(word: &str) -> Cow<'_, str> {
    if let Some(base) = IRREGULAR.get(word) {
        return (*base).into();
    }
    let again = word.strip_prefix("re").and_then(|form| IRREGULAR.get(form));
    again.map_or(word.into(), |base| format!("re{base}").into())
}

/// A text without these names, nor what they have (`Alex's`).
pub fn without_names<'a>(text: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let is_name = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
        names.clone().any(|name| name.eq_ignore_ascii_case(word))
    };
    text.split_whitespace().filter(|word| !is_name(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a word says nothing by itself.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

fn apostrophe(c: char) -> char {
    if matches!(c, '\u{2018}' | '\u{2019}' | '`') { '\'' } else { c }
}

/// `c`, `f`, `c+`: what a plus or a sharp may follow.
fn is_short(word: &str) -> bool {
    word.trim_end_matches(['+', '#']).len() == 1 && word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// A word without what follows its apostrophe; nothing if that says *not*.
fn cleaned(word: &str) -> Option<&str> {
    let (head, tail) = word.split_once('\'').unwrap_or((word, ""));
    (tail != "t" && head.len() <= LONGEST_WORD).then_some(head)
}

static STOP_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    a about above after again against all am an and any are at be been before being below between both but by
    can cannot could d did do does doing don down during each else few for from further had has have having
    he her here hers herself him himself his how i if in into is it its itself just m me more most my myself
    no nor not now o of off on once only or other ought our ours ourselves out over own s same she should so
    some such t than that the their theirs them themselves then there these they this those through to too
    under up very was we were what when where which who whom why will with would y you your yours yourself
    yourselves
    "
    .split_ascii_whitespace()
    .collect()
});

/// Form and base form.
static IRREGULAR: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    "
    ate:eat became:become began:begin begun:begin bent:bend best:good better:good bitten:bite bled:bleed
    blew:blow blown:blow bought:buy bred:breed broke:break broken:break brought:bring built:build came:come
    caught:catch children:child chose:choose chosen:choose clung:cling crept:creep dealt:deal drank:drink
    drawn:draw dreamt:dream drew:draw driven:drive drove:drive drunk:drink dug:dig eaten:eat fallen:fall
    fed:feed feet:foot fell:fall felt:feel fled:flee flew:fly flown:fly forgave:forgive forgiven:forgive
    forgot:forget forgotten:forget fought:fight found:find froze:freeze frozen:freeze gave:give given:give
    gone:go got:get gotten:get grew:grow grown:grow heard:hear held:hold hid:hide hidden:hide hung:hang
    kept:keep kid:child kids:child knelt:kneel knew:know knives:knife known:know laid:lay leapt:leap led:lead
    left:leave lent:lend lit:light lost:lose made:make meant:mean men:man met:meet mice:mouse
    overcame:overcome paid:pay ran:run rang:ring ridden:ride risen:rise rode:ride rose:rise rung:ring
    said:say sang:sing sank:sink sat:sit saw:see seen:see sent:send shaken:shake shone:shine shook:shake
    shot:shoot shrank:shrink slept:sleep slid:slide sold:sell sought:seek spent:spend spoke:speak
    spoken:speak sprang:spring spun:spin stole:steal stolen:steal stood:stand struck:strike stuck:stick
    stung:sting sung:sing swam:swim swept:sweep swore:swear sworn:swear swum:swim swung:swing taken:take
    taught:teach teeth:tooth thought:think threw:throw thrown:throw told:tell took:take tore:tear torn:tear
    understood:understand went:go wept:weep withdrew:withdraw wives:wife woke:wake woken:wake wolves:wolf
    women:woman won:win wore:wear worn:wear worse:bad worst:bad written:write wrote:write
    "
    .split_ascii_whitespace()
    .filter_map(|pair| pair.split_once(':'))
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_what_they_mean() {
        let rows: [(&str, &[&str]); 10] = [
            ("A book, booked; bookings of a booking", &["book", "book", "booking", "booking"]),
            ("What has Alex's team built?", &["alex", "team", "build"]),
            ("She's writing; he wrote, they write", &["write", "write", "write"]),
            (
                "rewritten, rewrote, rebuilt; a rewrite, red",
                &["rewrit", "rewrit", "rebuild", "rewrit", "red"],
            ),
            ("C++, C# and F# (not C)", &["c++", "c#", "f#", "c"]),
            ("Café in Zürich", &["cafe", "zurich"]),
            ("I don’t, can't, won`t", &[]),
            ("node_modules p99 8kHz 100%", &["node", "modul", "p99", "8khz", "100"]),
            ("rock'n'roll '", &["rock"]),
            ("", &[]),
        ];
        for (text, expected) in rows {
            let terms: Vec<String> = words(text).iter().map(|word| stem(word)).collect();
            assert_eq!(terms, expected, "{text}");
        }
        assert!(words(&"x".repeat(41)).is_empty());
    }

    #[test]
    fn names_are_left_out() {
        let rows = [
            ("What has Alex built?", "What has built?"),
            ("alex’s team, and (Sample)", "team, and"),
            ("Alexandra's team", "Alexandra's team"),
            ("Alex?", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(without_names(text, ["Alex", "Sample"].into_iter()), expected, "{text}");
        }
    }
}
