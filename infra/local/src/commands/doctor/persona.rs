//! For whom the twin speaks, and since when.

use std::path::Path;

use reqwest::Method;
use serde::Deserialize as _;
use twin::{persona::Versioned, store::Store};

use super::{super::owner::Owner, at_rest};

/// All versions of the persona, the first one first, of the system that runs.
pub async fn history(owner: &Owner) -> Result<Vec<Versioned>, Box<dyn std::error::Error>> {
    let said = owner.ask(Method::GET, "/api/persona/history", None).await?;
    Ok(Vec::deserialize(&said["versions"])?)
}

/// The same, of data that no system runs with.
pub(super) async fn stored(directory: &Path) -> Result<Vec<Versioned>, Box<dyn std::error::Error>> {
    at_rest(directory, async |store: &Store| store.persona_history().await).await
}

/// Whom the last version names, and since which day (UTC) all do. None: nobody yet.
pub fn speaks_for(history: &[Versioned]) -> Option<String> {
    let now = &history.last()?.persona;
    let same = history.iter().rev().take_while(|version| version.persona.core.name == now.core.name);
    let since = same.last()?.updated_at.strftime("%F");
    let sample = if now.sample { ": the sample, until you import a résumé" } else { "" };
    Some(format!("{}, since {since}{sample}", now.core.name))
}

#[cfg(test)]
mod tests {
    use twin::persona::Persona;

    use super::*;

    #[test]
    fn since_when_is_since_the_name_is_the_same() {
        let sample: Persona = serde_json::from_str(include_str!("../../../demo/persona.json")).unwrap();
        let named = |name: &str, title: &str| {
            let mut persona = Persona { sample: false, ..sample.clone() };
            persona.core.name = name.to_owned();
            persona.core.title = title.to_owned();
            persona
        };
        let versions = [
            (named("Dana Lee", "Engineer"), "2026-10-01T08:00:00Z"),
            (sample.clone(), "2026-11-01T08:00:00Z"),
            (named("Dana Lee", "Engineer"), "2026-11-02T23:59:00Z"),
            (named("Dana Lee", "Principal Engineer"), "2026-11-30T08:00:00Z"),
        ];
        let history: Vec<_> = (1..)
            .zip(versions)
            .map(|(version, (persona, at))| Versioned {
                version,
                updated_at: at.parse().unwrap(),
                persona,
                filled: Vec::new(),
            })
            .collect();
        assert_eq!(speaks_for(&[]), None);
        let second = speaks_for(&history[..2]).unwrap();
        assert_eq!(second, "Alex Sample, since 2026-11-01: the sample, until you import a résumé");
        assert_eq!(speaks_for(&history).unwrap(), "Dana Lee, since 2026-11-02");
    }
}
