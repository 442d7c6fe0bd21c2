//! Positions, degrees and projects: entries of a few header lines with a span of time, then what they tell.

use super::dates::{self, Span};
use super::{Line, Part};
use crate::file::claim::stated;
use twin::knowledge::{
    document::{Claim, Predicate},
    terms::is_stop_word,
};

/// The pieces of a header: title and employer, degree and school, in either order.
struct Entry<'a> {
    line: &'a Line,
    /// Of this line, and of the first that may be of its header.
    at: usize,
    begins: usize,
    span: Span,
    heads: Vec<String>,
}

/// Which words tell what it is and where it was.
struct Words {
    what: &'static [&'static str],
    place: &'static [&'static str],
}

/// The title of a position with its employer; the degree with its school.
pub fn claims(part: &Part<'_>, predicate: Predicate) -> Vec<Claim> {
    let words = match predicate {
        Predicate::Education => Words { what: DEGREES, place: SCHOOLS },
        _ => Words { what: ROLES, place: COMPANIES },
    };
    let claim = |entry: Entry<'_>| {
        let (what, place) = words.tell_apart(entry.heads)?;
        Some(Claim {
            predicate,
            of: place.map(|place| organisation(&place)),
            value: what,
            from: entry.span.from.filter(|_| entry.span.range || predicate == Predicate::Position),
            until: entry.span.until,
            place: part.place(entry.line),
        })
    };
    entries(part.lines, &words).into_iter().filter_map(claim).collect()
}

/// The bullets under a position.
pub fn achievements(part: &Part<'_>) -> Vec<Claim> {
    let words = Words { what: ROLES, place: COMPANIES };
    let entries = entries(part.lines, &words);
    let mut claims = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let next = entries.get(number + 1);
        let until = next.map_or(part.lines.len(), |next| next.at);
        let header = next.map_or(until, |next| next.begins);
        let employer = words.tell_apart(entry.heads.clone()).and_then(|(_, place)| place);
        let employer = employer.map(|place| organisation(&place));
        let mut lines = (entry.at + 1..until).map(|at| (at, &part.lines[at])).peekable();
        while let Some((at, line)) = lines.next() {
            if !line.item {
                continue;
            }
            let mut text = line.text.clone();
            while let Some((_, more)) = lines.next_if(|(at, next)| goes_on(&text, next, *at < header)) {
                text = format!("{text} {}", more.text);
            }
            // What is cut off says something else.
            let is_whole = ends(&text) || lines.peek().is_none_or(|(at, next)| next.item || *at >= header);
            if is_whole && !breaks_off(&text) && text.split_whitespace().count() >= 3 {
                claims.push(Claim {
                    of: employer.clone(),
                    from: entry.span.from,
                    until: entry.span.until,
                    ..stated(Predicate::Achievement, text, part.place(&part.lines[at]))
                });
            }
        }
    }
    claims
}

/// Whether a bullet is broken before this line; one that may head the next entry goes on only in small letters.
fn goes_on(text: &str, next: &Line, is_free: bool) -> bool {
    let is_small = next.text.starts_with(char::is_lowercase);
    !next.item && next.level.is_none() && !ends(text) && (is_small || (is_free && text.len() >= LONG))
}

/// A line that is shorter was not broken for want of room.
const LONG: usize = 40;

fn ends(text: &str) -> bool {
    text.ends_with(['.', '!', '?', ';'])
}

fn breaks_off(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or_default();
    text.ends_with([',', '-', '–']) || is_stop_word(last)
}

impl Words {
    /// By the words; without any, the first piece is the title and the next the employer.
    fn tell_apart(&self, mut heads: Vec<String>) -> Option<(String, Option<String>)> {
        let is_what = |head: &String| has_word(head, self.what);
        let is_place = |head: &String| has_word(head, self.place) && !is_what(head);
        let not_place = || heads.iter().position(|head| !is_place(head));
        let what = heads.iter().position(is_what).or_else(not_place).unwrap_or(0);
        let what = (what < heads.len()).then(|| heads.remove(what))?;
        let place = heads.iter().position(is_place).unwrap_or(0);
        Some((what, (place < heads.len()).then(|| heads.swap_remove(place))))
    }

    /// `Staff Engineer, Ledgerlane`: the title with its employer, in either order. With a third part there is no telling.
    fn one_line(&self, head: &str) -> Option<Vec<String>> {
        let parts: Vec<&str> = head.split(", ").filter(|_| pieces(head).len() == 1).collect();
        let [first, second] = parts.as_slice() else { return None };
        let is_told = has_word(first, self.what) != has_word(second, self.what);
        is_told.then(|| vec![(*first).to_owned(), (*second).to_owned()])
    }

    /// `Berlin` behind the dates, but not `Ledgerlane GmbH`.
    fn only_places(&self, pieces: &[String]) -> bool {
        !pieces.iter().any(|piece| has_word(piece, self.what) || has_word(piece, self.place))
    }

    fn any_what(&self, pieces: &[String]) -> bool {
        pieces.iter().any(|piece| has_word(piece, self.what))
    }
}

/// Every line with a span opens an entry. Its header is what is left of the line, with up to two lines before it
/// that no other entry took, or else the line after it.
fn entries<'a>(lines: &'a [Line], words: &Words) -> Vec<Entry<'a>> {
    let span_of = |line: &Line| {
        dates::find(&line.text).filter(|span| (span.range || line.text.len() <= 60) && !line.item)
    };
    let spans: Vec<_> = lines.iter().map(span_of).collect();
    let is_head =
        |index: usize| lines.get(index).is_some_and(|line| spans[index].is_none() && could_be_header(line));
    let (mut entries, mut taken) = (Vec::new(), 0);
    for (index, span) in spans.iter().enumerate() {
        let Some(span) = span.clone() else { continue };
        let own = pieces(&dates::without(&lines[index].text, &span));
        let before = (taken..index).rev().take(2).take_while(|index| is_head(*index)).collect::<Vec<_>>();
        let begins = index - before.len();
        let before: Vec<_> = before.iter().rev().map(|index| &lines[*index]).collect();
        let after = lines.get(index + 1).filter(|_| is_head(index + 1));
        let together =
            before.first().filter(|_| before.len() == 1).and_then(|line| words.one_line(&line.text));
        let places_behind = span.at.start == 0 && !own.is_empty() && words.only_places(&own);
        let (heads, took_after) = match together.filter(|_| places_behind) {
            Some(both) => (both, false),
            None => header(&before, own, after, words),
        };
        taken = index + 1 + usize::from(took_after);
        entries.push(Entry { line: &lines[index], at: index, begins, span, heads });
    }
    entries
}

/// A line that holds both title and employer is enough. Of several lines each holds one; what else stands on them
/// is a place or a kind of contract.
fn header(before: &[&Line], own: Vec<String>, after: Option<&Line>, words: &Words) -> (Vec<String>, bool) {
    if own.len() > 1 && words.any_what(&own) {
        return (own, false);
    }
    if let Some(line) = before.last() {
        let both = pieces(&line.text);
        if both.len() > 1 && (words.any_what(&both) || own.is_empty() || line.level.is_some()) {
            return (both, false);
        }
    }
    let firsts = before.iter().filter_map(|line| pieces(&line.text).into_iter().next());
    let mut heads: Vec<String> = firsts.chain(own.first().cloned()).collect();
    let next = after.filter(|_| heads.len() < 2 && own.len() < 2).map(|line| pieces(&line.text));
    let took_after = next.is_some();
    match next {
        Some(next) if heads.is_empty() => heads = next,
        Some(next) => heads.extend(next.into_iter().next()),
        // Dates on a line of their own: all that there is stands above them.
        None if own.is_empty() && words.any_what(&heads) => {}
        None if heads.len() < 2 => heads = own,
        None => {}
    }
    let lone = heads.first().filter(|_| heads.len() == 1).and_then(|head| head.split_once(", "));
    let apart = lone.map(|(what, place)| vec![what.to_owned(), place.to_owned()]);
    (apart.unwrap_or(heads), took_after)
}

fn could_be_header(line: &Line) -> bool {
    // `Muster Inc.` is none.
    let sentence = line.text.ends_with('.') && line.text.split_whitespace().count() > 4;
    !line.item && !sentence && line.text.chars().count() <= 80 && !line.text.ends_with([';', ':'])
}

/// `Staff Engineer — Ledgerlane`, `Engineer at Ledgerlane | Berlin`. A comma may belong to the title.
fn pieces(head: &str) -> Vec<String> {
    let mut pieces = vec![head];
    for separator in [" — ", " – ", " | ", " · ", " • ", " @ ", " at ", " bei ", " - "] {
        pieces = pieces.into_iter().flat_map(|piece| piece.split(separator)).collect();
    }
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// The name without what often follows it: `Ledgerlane GmbH, Berlin (remote)`.
fn organisation(text: &str) -> String {
    let name = text.split(" (").next().unwrap_or(text);
    let (first, rest) = name.split_once(", ").unwrap_or((name, ""));
    let legal = rest.split(", ").next().filter(|next| has_word(next, COMPANIES) && next.len() <= 5);
    legal.map_or_else(|| first.trim().to_owned(), |legal| format!("{first}, {legal}"))
}

const ROLES: &[&str] = &[
    "engineer",
    "developer",
    "architect",
    "manager",
    "lead",
    "director",
    "consultant",
    "head",
    "analyst",
    "designer",
    "scientist",
    "intern",
    "founder",
    "co-founder",
    "cto",
    "ceo",
    "cfo",
    "coo",
    "officer",
    "administrator",
    "specialist",
    "programmer",
    "researcher",
    "assistant",
    "advisor",
    "president",
    "owner",
    "entwickler",
    "entwicklerin",
    "ingenieur",
    "ingenieurin",
    "berater",
    "beraterin",
    "leiter",
    "leiterin",
    "werkstudent",
    "werkstudentin",
    "praktikant",
    "praktikantin",
    "teacher",
    "lecturer",
    "freelancer",
    "vp",
];
const COMPANIES: &[&str] = &[
    "gmbh", "ag", "inc", "llc", "ltd", "se", "kg", "corp", "bv", "sa", "plc", "ab", "oy", "company", "labs",
    "bank",
];
const DEGREES: &[&str] = &[
    "bsc",
    "msc",
    "ba",
    "ma",
    "mba",
    "phd",
    "bachelor",
    "master",
    "diploma",
    "diplom",
    "doctor",
    "doctorate",
    "degree",
    "abitur",
    "beng",
    "meng",
    "b.sc",
    "m.sc",
    "b.a",
    "m.a",
    "b.eng",
    "m.eng",
    "ph.d",
    "bs",
    "ms",
];
const SCHOOLS: &[&str] = &[
    "university",
    "universität",
    "college",
    "institute",
    "school",
    "academy",
    "hochschule",
    "tu",
    "fh",
    "eth",
];

/// `Principal Consultant`, but not `Berlin`.
pub fn names_role(text: &str) -> bool {
    has_word(text, ROLES)
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split(|c: char| !(c.is_alphanumeric() || ".-".contains(c)));
    parts.any(|part| words.contains(&part.trim_matches('.')))
}
