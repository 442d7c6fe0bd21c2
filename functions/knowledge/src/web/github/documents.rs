use std::cmp::Reverse;

use jiff::civil::Date;
use url::Url;

use super::exchange::Readme;
use super::wire::{Languages, Profile, Repository};
use crate::web::error::ImportError;
use crate::web::markdown;
use crate::web::page::{fragment, iso_date};
use crate::web::text::{line, some_line};
use twin::knowledge::document::{Claim, Document, Month, Predicate, Section, SourceKind, Until};

/// The share of all code, in thousandths, from which on a language is a skill.
const SKILL_SHARE: u64 = 50;
const PROFILE: &str = "profile";
const REPOSITORY: &str = "repository";
const LANGUAGES: &str = "languages of all repositories";
const README: &str = "README";

/// What was read of a repository besides its entry in the list.
pub(super) struct Material {
    pub(super) languages: Languages,
    pub(super) readme: Readme,
}

/// The owner: what the profile says, and the languages that the repositories are written in.
pub(super) fn profile(profile: &Profile, languages: &[Languages]) -> Document {
    let own = |predicate, value: Option<&str>| Some(claim(predicate, some_line(value?)?, PROFILE));
    let blog = profile.blog.as_deref().and_then(website).map(|url| claim(Predicate::Website, url, PROFILE));
    let stated = [
        own(Predicate::Name, profile.name.as_deref()),
        own(Predicate::Location, profile.location.as_deref()),
        blog,
    ];
    let skills = shares(&total(languages)).into_iter().filter(|(_, share)| *share >= SKILL_SHARE);
    let skills = skills.map(|(language, _)| claim(Predicate::Skill, language, LANGUAGES));
    let text: Vec<String> = [
        labelled("", profile.name.as_deref()),
        labelled("", profile.bio.as_deref()),
        labelled("Company: ", profile.company.as_deref()),
        labelled("Location: ", profile.location.as_deref()),
        labelled("Website: ", profile.blog.as_deref()),
        languages_line(&total(languages)),
    ]
    .into_iter()
    .flatten()
    .collect();
    Document {
        kind: SourceKind::Github,
        key: profile.login.clone(),
        title: profile.name.as_deref().and_then(some_line).unwrap_or_else(|| profile.login.clone()),
        url: website(&profile.html_url),
        date: None,
        sections: section(PROFILE, &text).into_iter().collect(),
        claims: stated.into_iter().flatten().chain(skills).collect(),
        keywords: String::new(),
    }
}

pub(super) fn repository(repository: &Repository, material: Material) -> Result<Document, ImportError> {
    let pushed = repository.pushed_at.as_deref().and_then(iso_date);
    let topics: Vec<String> = repository.topics.iter().filter_map(|topic| some_line(topic)).collect();
    let text: Vec<String> = [
        labelled("", repository.description.as_deref()),
        (!topics.is_empty()).then(|| format!("Topics: {}", topics.join(", "))),
        languages_line(&material.languages),
        labelled("Website: ", repository.homepage.as_deref()),
        pushed.map(|date| format!("Last push: {date}")),
        repository.archived.then(|| "Archived: it is no longer developed.".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut sections: Vec<Section> = section(REPOSITORY, &text).into_iter().collect();
    if let Readme::Text(markdown) = material.readme {
        let place = format!("the README of {}", repository.full_name);
        sections.extend(fragment(&markdown::to_html(&markdown), README, &place)?);
    }
    Ok(Document {
        kind: SourceKind::Github,
        key: repository.full_name.clone(),
        title: line(&repository.name),
        url: website(&repository.html_url),
        date: pushed,
        sections,
        claims: vec![project(repository, pushed)],
        keywords: String::new(),
    })
}

/// A project goes on until it is archived.
fn project(repository: &Repository, pushed: Option<Date>) -> Claim {
    let name = line(&repository.name);
    let described = repository.description.as_deref().and_then(some_line);
    Claim {
        predicate: Predicate::Project,
        value: described.unwrap_or_else(|| name.clone()),
        of: Some(name),
        from: repository.created_at.as_deref().and_then(iso_date).map(month),
        until: pushed.filter(|_| repository.archived).map(|date| Until::Month(month(date))),
        place: REPOSITORY.into(),
    }
}

fn claim(predicate: Predicate, value: String, place: &str) -> Claim {
    Claim { predicate, of: None, value, from: None, until: None, place: place.into() }
}

fn month(date: Date) -> Month {
    Month { year: date.year(), month: Some(date.month()) }
}

fn labelled(label: &str, value: Option<&str>) -> Option<String> {
    Some(format!("{label}{}", some_line(value?)?))
}

fn section(place: &str, lines: &[String]) -> Option<Section> {
    (!lines.is_empty()).then(|| Section { place: place.into(), text: lines.join("\n") })
}

/// A web address, which people also write without `https://`.
fn website(written: &str) -> Option<String> {
    let written = some_line(written)?;
    let url = match Url::parse(&written) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        // `example.com:8080` parses as a scheme.
        _ if written.contains("://") || !written.contains('.') => return None,
        _ => Url::parse(&format!("https://{written}")).ok()?,
    };
    (url.username().is_empty() && url.password().is_none()).then(|| url.into())
}

fn total(languages: &[Languages]) -> Languages {
    let mut total = Languages::new();
    for (language, bytes) in languages.iter().flatten() {
        let sum = total.entry(language.clone()).or_default();
        *sum = sum.saturating_add(*bytes);
    }
    total
}

/// Languages with their share of the code in thousandths, the largest first.
fn shares(languages: &Languages) -> Vec<(String, u64)> {
    let all: u128 = languages.values().map(|bytes| u128::from(*bytes)).sum();
    let share = |bytes: u64| u64::try_from(u128::from(bytes) * 1000 / all.max(1)).unwrap_or_default();
    let mut shares: Vec<_> =
        languages.iter().map(|(language, bytes)| (line(language), share(*bytes))).collect();
    shares.sort_by_key(|(_, share)| Reverse(*share));
    shares
}

/// `Languages: Rust 98.7 %, Shell 1.1 %`, without those under a thousandth.
fn languages_line(languages: &Languages) -> Option<String> {
    let shown = shares(languages).into_iter().filter(|(_, share)| *share > 0);
    let shown: Vec<_> =
        shown.map(|(language, share)| format!("{language} {}.{} %", share / 10, share % 10)).collect();
    (!shown.is_empty()).then(|| format!("Languages: {}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn websites_as_people_write_them() {
        for (written, address) in [
            ("alex-sample.example", Some("https://alex-sample.example/")),
            (" http://alex-sample.example/a ", Some("http://alex-sample.example/a")),
            ("alex-sample.example:8080", Some("https://alex-sample.example:8080/")),
            ("javascript:alert(1)", None),
            ("ftp://alex-sample.example", None),
            ("https://alex:secret@alex-sample.example", None),
            ("@alex", None),
            ("", None),
        ] {
            assert_eq!(website(written).as_deref(), address, "{written}");
        }
    }

    #[test]
    fn shares_survive_any_numbers() {
        let languages = Languages::from([("A".into(), u64::MAX), ("B".into(), u64::MAX), ("C".into(), 0)]);
        assert_eq!(languages_line(&languages).as_deref(), Some("Languages: A 50.0 %, B 50.0 %"));
        assert_eq!(languages_line(&Languages::from([("A".into(), 0)])), None);
        assert_eq!(total(&[languages.clone(), languages])["A"], u64::MAX);
    }
}
