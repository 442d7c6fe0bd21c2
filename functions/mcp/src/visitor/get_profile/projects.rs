//! What the professional has made.

use std::collections::BTreeMap;

use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;
use twin::{
    error::Error,
    knowledge::document::{Predicate, SourceKind},
};

use crate::call::Call;

/// Bytes of what is said of one.
const MAX_SUMMARY: usize = 300;

#[derive(Clone, Serialize, JsonSchema)]
pub struct Project {
    pub name: String,
    pub summary: String,
    /// Of the document, for `fetch`.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub url: Option<String>,
}

/// By name; repositories, and what a résumé calls a project.
pub async fn projects(call: &Call) -> Result<Vec<Project>, Error> {
    let library = call.state.twin.library(call.now).await?;
    let library = library.read();
    let mut all: BTreeMap<String, Project> = BTreeMap::new();
    for (hash, stored) in library.all() {
        let id = hash.as_str().to_owned();
        for claim in stored.claims.iter().filter(|claim| claim.predicate == Predicate::Project) {
            let name = claim.of.clone().unwrap_or_else(|| claim.value.clone());
            let summary = shortened(&claim.value);
            let project = Project { name: name.clone(), summary, id: id.clone(), url: stored.url.clone() };
            all.entry(name.to_lowercase()).or_insert(project);
        }
        if stored.kind == SourceKind::Github {
            let summary = stored.passages.first().map(|passage| shortened(&passage.text)).unwrap_or_default();
            let project = Project { name: stored.title.clone(), summary, id, url: stored.url.clone() };
            all.insert(stored.title.to_lowercase(), project);
        }
    }
    Ok(all.into_values().collect())
}

fn shortened(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_SUMMARY)).unwrap_or_default().to_owned()
}
