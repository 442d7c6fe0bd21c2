//! Where else the owner is on the web, for who asks for it and for nothing else: `Do you have a GitHub?`

use super::{
    claims::{Fact, Ledger},
    document::Predicate,
    facts::Sentence,
    terms::{is_stop_word, words},
};

/// Places where people have a page, as they are asked for, and their hosts.
const NETWORKS: [(&str, &str); 13] = [
    ("github", "github.com"),
    ("gitlab", "gitlab.com"),
    ("linkedin", "linkedin.com"),
    ("xing", "xing.com"),
    ("twitter", "twitter.com"),
    ("bluesky", "bsky.app"),
    ("youtube", "youtube.com"),
    ("medium", "medium.com"),
    ("instagram", "instagram.com"),
    ("facebook", "facebook.com"),
    ("stackoverflow", "stackoverflow.com"),
    ("kaggle", "kaggle.com"),
    ("orcid", "orcid.org"),
];
/// A page of the owner's own.
const OWN: [&str; 7] = ["website", "websites", "homepage", "site", "blog", "portfolio", "webpage"];
/// What such a question is asked with, beside names.
const ASKING: &str = "account accounts address find give have handle homepage link links look online page pages please profile profiles \
                      public see send share show tell url urls username web repo repos repository repositories";

/// The page that is asked for; nothing where none is known, or where more is asked.
pub fn asked(ledger: &Ledger, owner: &str, question: &str) -> Option<Sentence> {
    let (owners, asked) = (words(owner), words(question));
    let network = |word: &String| NETWORKS.iter().find(|(name, _)| name == word).map(|(_, host)| *host);
    let is_own = |word: &String| OWN.contains(&word.as_str());
    let is_asking = |word: &String| {
        network(word).is_some()
            || is_own(word)
            || owners.contains(word)
            || is_stop_word(word)
            || ASKING.split_ascii_whitespace().any(|known| known == word)
    };
    let hosts: Vec<&str> = asked.iter().filter_map(network).collect();
    if (hosts.is_empty() && !asked.iter().any(is_own)) || !asked.iter().all(is_asking) {
        return None;
    }
    let is_meant = |fact: &&Fact| {
        let host = host(&fact.claim.value);
        let is_at = |network: &str| host == network || host.ends_with(&format!(".{network}"));
        match hosts.as_slice() {
            [] => !NETWORKS.iter().any(|(_, network)| is_at(network)),
            hosts => hosts.iter().any(|network| is_at(network)),
        }
    };
    let mut urls: Vec<&str> = Vec::new();
    let facts: Vec<&Fact> = ledger.all(Predicate::Website).filter(is_meant).collect();
    for fact in &facts {
        let url = fact.claim.value.trim_end_matches('/');
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    let origin = facts.first()?.origins.first()?.clone();
    let linked: Vec<String> = urls.iter().map(|url| format!("[{}]({})", bare(url), full(url))).collect();
    Some(Sentence { origin, text: format!("{owner} is on the web at {}.", linked.join(", ")), keywords: "" })
}

fn bare(url: &str) -> &str {
    let bare = url.trim_start_matches("https://").trim_start_matches("http://");
    bare.trim_start_matches("www.")
}

fn full(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("https://{url}") }
}

fn host(url: &str) -> String {
    bare(url).split(['/', '?', '#', ':']).next().unwrap_or_default().to_lowercase()
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
    fn a_page_is_told_to_who_asks_for_it() {
        let origin = Origin {
            kind: SourceKind::Resume,
            title: "Résumé".to_owned(),
            url: None,
            place: "Profile".to_owned(),
        };
        let site = |url: &str| Claim {
            predicate: Predicate::Website,
            of: None,
            value: url.to_owned(),
            from: None,
            until: None,
            place: "Profile".to_owned(),
        };
        let sites = ["https://alex-sample.example/", "https://github.com/alex-sample"].map(site);
        let ledger = Ledger::of(sites.map(|claim| (claim, origin.clone())), date(2026, 11, 22));
        let github = "Alex Sample is on the web at [github.com/alex-sample](https://github.com/alex-sample).";
        let own = "Alex Sample is on the web at [alex-sample.example](https://alex-sample.example).";
        let rows = [
            ("do you have a github?", Some(github)),
            ("What is Alex's GitHub account?", Some(github)),
            ("github/linkedin?", Some(github)),
            ("does he have a linkedin?", None),
            ("Where is your blog?", Some(own)),
            ("What has Alex built with GitHub Actions?", None),
            ("Did you work at GitHub as an engineer?", None),
            ("Which site reliability tools do you use?", None),
            ("", None),
        ];
        for (question, expected) in rows {
            let told = asked(&ledger, "Alex Sample", question).map(|sentence| sentence.text);
            assert_eq!(told.as_deref(), expected, "{question}");
        }
    }
}
