//! What the documentation names is there, and what is there it names.

use std::{collections::BTreeSet, fs};

use super::root;

#[test]
fn the_map_names_every_place() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let map = text.split("\n## ").find(|chapter| chapter.starts_with("Map\n")).unwrap();
    let named: BTreeSet<&str> = map.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).collect();
    let mut places: BTreeSet<String> = BTreeSet::new();
    for list in ["shared/src/lib.rs", "shared/src/twin.rs"] {
        let source = fs::read_to_string(root().join(list)).unwrap();
        let declared = source
            .lines()
            .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
        places.extend(declared.map(str::to_owned));
    }
    for function in fs::read_dir(root().join("functions")).unwrap() {
        let function = function.unwrap();
        if function.path().is_dir() {
            places.insert(function.file_name().into_string().unwrap());
        }
    }
    assert!(places.contains("mirroring") && places.contains("media-relay"), "{places:?}");
    let missing: Vec<&String> = places.iter().filter(|place| !named.contains(place.as_str())).collect();
    assert!(missing.is_empty(), "not in the map of ARCHITECTURE.md: {missing:?}");
}

/// What a page of the documentation leads to is there, and so is the chapter.
#[test]
fn pages_lead_to_what_is_there() {
    let pages = ["README.md", "GUIDE.md", "CONFIGURATION.md", "ARCHITECTURE.md", "API.md", "CHANGELOG.md"];
    let mut links = 0;
    for page in pages.into_iter().chain(["infra/DEPLOY.md", "infra/RUNBOOK.md", "infra/COST.md"]) {
        let page = root().join(page);
        let text = fs::read_to_string(&page).unwrap();
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in linked.filter(|link| !link.starts_with("http")) {
            let (path, chapter) = link.split_once('#').unwrap_or((link, ""));
            let there = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(there.exists(), "{} leads to {link}", page.display());
            let is_chapter = |line: &str| line.starts_with('#') && anchor(line) == chapter;
            assert!(
                chapter.is_empty() || fs::read_to_string(&there).unwrap().lines().any(is_chapter),
                "{} leads to {link}",
                page.display()
            );
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

/// Whatever is deployed with a variable, its owner may read what it is.
#[test]
fn each_variable_is_told_of() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let page = fs::read_to_string(root().join("CONFIGURATION.md")).unwrap();
    let is_variable =
        |name: &str| name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let set = template.lines().filter_map(|line| line.trim_start().split_once(": "));
    let variables: BTreeSet<&str> = set.map(|(name, _)| name).filter(|name| is_variable(name)).collect();
    assert!(variables.len() > 30, "{variables:?}");
    for variable in variables {
        assert!(page.contains(&format!("`{variable}`")), "CONFIGURATION.md says nothing of {variable}");
    }
}

/// By what a heading of Markdown is linked to.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
