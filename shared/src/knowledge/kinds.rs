//! Kinds of technology that people ask for by their kind, and what is one: so a question for databases is answered by those
//! in the list of skills.

use std::collections::BTreeSet;

use super::{
    claims::{Ledger, normalised},
    document::Predicate,
    facts::Sentence,
    pointed::asking,
    terms::{stem, words},
};

const PROGRAMMING_LANGUAGES: &str = "ada assembly bash c c++ c# clojure cobol crystal d dart delphi elixir elm erlang f# fortran go \
    golang groovy haskell java javascript julia kotlin lisp lua matlab nim ocaml pascal perl php prolog python r ruby rust scala \
    scheme solidity sql swift typescript zig";
/// Of those, words that mean something else when they are written small.
const ALSO_WORDS: &str =
    "ada assembly basic c crystal d dart delphi elm go groovy julia nim pascal r ruby rust scheme swift";
const DATABASES: &str = "aurora bigquery cassandra clickhouse cockroachdb couchbase couchdb db2 duckdb dynamodb elasticsearch firestore \
    hbase influxdb mariadb memcached mongodb mysql neo4j oracle postgres postgresql redis redshift snowflake spanner sqlite teradata \
    timescaledb";
const CLOUDS: &str =
    "amazon aws azure cloudflare digitalocean gcp heroku lambda fargate ec2 s3 ecs eks dynamodb";

/// How a kind is asked for, in the words behind `which`, and what is one.
const KINDS: [(&[&str], &str); 3] = [
    (&["programming language", "programming languages", "coding languages"], PROGRAMMING_LANGUAGES),
    (&["database", "databases"], DATABASES),
    (&["cloud", "clouds", "cloud platforms", "cloud services", "cloud providers"], CLOUDS),
];
/// What stands before a kind that is asked for.
const WHICH: [&str; 8] = ["which", "what", "other", "any", "list", "his", "her", "your"];
const BESIDE: [&str; 5] = ["besides", "beside", "other than", "except", "apart from"];

/// The skills of the kind that a question asks for, and for nothing else; without those beside which it asks for others.
pub fn skilled(ledger: &Ledger, owner: &str, question: &str) -> Option<Sentence> {
    let (known, one_of) = asked(owner, question)?;
    let mut values: Vec<&str> = Vec::new();
    let facts: Vec<_> = ledger.all(Predicate::Skill).collect();
    for fact in &facts {
        let value = fact.claim.value.as_str();
        let is_one = names_one_of(one_of, value) && stems(value).is_disjoint(&known);
        if is_one && !values.iter().any(|other| normalised(other) == normalised(value)) {
            values.push(value);
        }
    }
    let first = facts.iter().find(|fact| values.first() == Some(&fact.claim.value.as_str()))?;
    let origin = first.origins.first()?.clone();
    Some(Sentence { origin, text: format!("{owner} knows {}.", values.join(", ")), keywords: "" })
}

/// What is named as known already, and the kind.
fn asked(owner: &str, question: &str) -> Option<(BTreeSet<String>, &'static str)> {
    let plain = format!(" {} ", normalised(question));
    let asks = |phrase: &&str| WHICH.iter().any(|which| plain.contains(&format!(" {which} {phrase} ")));
    let (phrases, one_of) = KINDS.into_iter().find(|(phrases, _)| phrases.iter().any(asks))?;
    let beside = BESIDE.iter().find_map(|beside| plain.split_once(beside).map(|(_, named)| stems(named)));
    let known = beside.unwrap_or_default();
    let of_kind: BTreeSet<String> = phrases.iter().flat_map(|phrase| stems(phrase)).collect();
    let owners = stems(owner);
    let is_said = |term: &String| {
        asking(term)
            || term == "besid"
            || of_kind.contains(term)
            || owners.contains(term)
            || known.contains(term)
    };
    stems(question).iter().all(is_said).then_some((known, one_of))
}

/// "Rust (expert)" and "C/C++" do; "Go-to-market" and "R&D" name no language.
fn names_one_of(one_of: &str, value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut names =
        lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '/' | '(' | ')'));
    names.any(|name| has(one_of, name))
}

/// Whether a text names a programming language, as it is written.
pub fn names_programming_language(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#').any(|word| {
        let small = word.to_lowercase();
        has(PROGRAMMING_LANGUAGES, &small) && (small != word || !has(ALSO_WORDS, &small))
    })
}

fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

fn stems(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| stem(word)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::knowledge::{
        claims::Origin,
        document::{Claim, SourceKind},
    };

    #[test]
    fn a_kind_is_answered_by_what_is_one() {
        let origin = Origin {
            kind: SourceKind::Resume,
            title: "Résumé".to_owned(),
            url: None,
            place: "Skills".to_owned(),
        };
        let skill = |value: &str| Claim {
            predicate: Predicate::Skill,
            of: None,
            value: value.to_owned(),
            from: None,
            until: None,
            place: "Skills".to_owned(),
        };
        let skills = [
            "Rust",
            "rust",
            "Go",
            "PostgreSQL",
            "AWS Lambda",
            "Incident response",
            "Go-to-market",
            "R&D",
            "C/C++ (embedded)",
        ];
        let skills = skills.map(skill);
        let ledger = Ledger::of(skills.map(|claim| (claim, origin.clone())), date(2026, 11, 22));
        let rows = [
            (
                "Which programming languages does Alex know?",
                Some("Alex Sample knows Rust, Go, C/C++ (embedded)."),
            ),
            (
                "what programming languages do you know besides rust",
                Some("Alex Sample knows Go, C/C++ (embedded)."),
            ),
            ("What databases has Alex worked with?", Some("Alex Sample knows PostgreSQL.")),
            ("Which cloud platforms have you used?", Some("Alex Sample knows AWS Lambda.")),
            ("Which databases did Alex use at Globex?", None),
            ("Which languages do you speak?", None),
            ("What does the database do?", None),
            ("Where did Alex speak about building a database?", None),
        ];
        for (question, expected) in rows {
            let told = skilled(&ledger, "Alex Sample", question).map(|sentence| sentence.text);
            assert_eq!(told.as_deref(), expected, "{question}");
        }
        assert!(skilled(&Ledger::default(), "Alex Sample", rows[0].0).is_none());
    }

    #[test]
    fn languages_are_named_as_they_are_written() {
        for text in ["written in Rust", "Go and Java", "some C++", "python scripts"] {
            assert!(names_programming_language(text), "{text}");
        }
        for text in ["we go far", "rust never sleeps", "a swift answer", ""] {
            assert!(!names_programming_language(text), "{text}");
        }
    }
}
