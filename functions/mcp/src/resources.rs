//! What hosts can read by URI: the profile, the documents behind it, and for the owner each person's timeline. All of
//! it can be had by tools, too: some hosts show no resources.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rmcp::model::{CompleteRequestParams, Reference, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;
use twin::{
    error::Error,
    id::PersonId,
    knowledge::{document::SourceKind, library::Stored},
    proposal::Document,
    store::oauth::Resource as Surface,
};

use crate::{
    apps,
    call::Call,
    owner::timeline,
    prompts,
    visitor::{profile, projects},
};

const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";
const PROFILE: &str = "twin://profile";
const RESUME: &str = "twin://resume";
const RESUME_FILE: &str = "twin://resume.pdf";
const DOCUMENTS: &str = "twin://documents/";
const PROJECTS: &str = "twin://projects/";
const CONTACTS: &str = "twin://contacts/";
const TIMELINE: &str = "/timeline";
const DOCUMENT_TEMPLATE: &str = "twin://documents/{id}";
const PROJECT_TEMPLATE: &str = "twin://projects/{id}";
const TIMELINE_TEMPLATE: &str = "twin://contacts/{id}/timeline";

pub async fn list(call: &Call, surface: Surface) -> Result<Vec<Resource>, Error> {
    let mut all = vec![Resource::new(PROFILE, "profile").with_title("Profile").with_mime_type(JSON)];
    if resume(call).await?.is_some() {
        all.push(Resource::new(RESUME, "resume.md").with_title("Résumé").with_mime_type(MARKDOWN));
    }
    if let Some(Document { name, media_type, bytes }) = call.state.twin.resume(call.now).await? {
        let file =
            Resource::new(RESUME_FILE, name).with_title("Résumé, as a file").with_mime_type(media_type);
        all.push(file.with_size(bytes.len() as u64));
    }
    all.extend(apps::resources(surface));
    let library = call.state.twin.library(call.now).await?;
    let library = library.read();
    let mut documents: Vec<Resource> = library
        .all()
        .map(|(hash, stored)| {
            let named = Resource::new(format!("{DOCUMENTS}{}", hash.as_str()), stored.title.clone());
            let described = match stored.language() {
                Some(language) => format!("Source code in {}", language.name),
                None => stored.kind.noun().to_owned(),
            };
            named.with_title(stored.title.clone()).with_description(described).with_mime_type(kind(stored))
        })
        .collect();
    documents.sort_by(|one, other| one.uri.cmp(&other.uri));
    all.extend(documents);
    Ok(all)
}

/// Source code is of its language's kind.
fn kind(stored: &Stored) -> &'static str {
    stored.language().map_or(MARKDOWN, |language| language.media_type)
}

pub fn templates(surface: Surface) -> Vec<ResourceTemplate> {
    let template = |uri: &str, name: &str, title: &str| ResourceTemplate::new(uri, name).with_title(title);
    let mut all = vec![
        // Each is of its own kind: Markdown, or what its code is written in.
        template(DOCUMENT_TEMPLATE, "document", "A document, or source code, of the professional"),
        template(PROJECT_TEMPLATE, "project", "A project").with_mime_type(MARKDOWN),
    ];
    if surface == Surface::Owner {
        all.push(template(TIMELINE_TEMPLATE, "timeline", "What was said with somebody").with_mime_type(JSON));
    }
    all
}

/// None: there is no such thing, or it is not for whoever asks.
pub async fn read(call: &Call, surface: Surface, uri: &str) -> Result<Option<ResourceContents>, Error> {
    if let Some(page) = apps::read(surface, uri) {
        return Ok(Some(page));
    }
    if uri == RESUME_FILE {
        let file = call.state.twin.resume(call.now).await?;
        let blob = |file: Document| {
            ResourceContents::blob(STANDARD.encode(&file.bytes), uri).with_mime_type(file.media_type)
        };
        return Ok(file.map(blob));
    }
    let text = match uri {
        PROFILE => Some((json_of(&profile(call).await?), JSON)),
        RESUME => resume(call).await?.map(|text| (text, MARKDOWN)),
        _ => match part(uri) {
            Some(Part::Document(id)) => document(call, id).await?,
            Some(Part::Timeline(id)) if surface == Surface::Owner => match id.parse::<PersonId>() {
                Ok(person) => timeline(call, &person).await?.map(|timeline| (json_of(&timeline), JSON)),
                Err(_) => None,
            },
            _ => None,
        },
    };
    Ok(text.map(|(text, kind)| ResourceContents::text(text, uri).with_mime_type(kind)))
}

enum Part<'a> {
    Document(&'a str),
    Timeline(&'a str),
}

fn part(uri: &str) -> Option<Part<'_>> {
    if let Some(id) = uri.strip_prefix(DOCUMENTS).or(uri.strip_prefix(PROJECTS)) {
        return Some(Part::Document(id));
    }
    uri.strip_prefix(CONTACTS)?.strip_suffix(TIMELINE).map(Part::Timeline)
}

/// With its kind. Code is as it was written.
async fn document(call: &Call, id: &str) -> Result<Option<(String, &'static str)>, Error> {
    let library = call.state.twin.library(call.now).await?;
    let library = library.read();
    let found = library.all().find(|(hash, _)| hash.as_str() == id);
    Ok(found.map(|(_, stored)| match stored.language() {
        Some(_) => (stored.whole(), kind(stored)),
        None => (titled(stored), MARKDOWN),
    }))
}

fn titled(stored: &Stored) -> String {
    format!("# {}\n\n{}", stored.title, stored.whole())
}

/// The newest résumé; what LinkedIn has if there is none.
async fn resume(call: &Call) -> Result<Option<String>, Error> {
    let library = call.state.twin.library(call.now).await?;
    let library = library.read();
    let found = library.newest(SourceKind::Resume).or_else(|| library.newest(SourceKind::Linkedin));
    Ok(found.map(titled))
}

fn json_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| json!({}).to_string())
}

/// What an argument of a template or a prompt may be.
pub async fn completions(
    call: &Call,
    surface: Surface,
    request: &CompleteRequestParams,
) -> Result<Vec<String>, Error> {
    let begun = request.argument.value.to_lowercase();
    let name = request.argument.name.as_str();
    let template = match &request.r#ref {
        Reference::Resource(template) => template.uri.as_str(),
        Reference::Prompt(prompt) if prompts::takes(surface, &prompt.name, name) => "",
        _ => return Ok(Vec::new()),
    };
    // What it becomes, and what it is called.
    let all: Vec<(String, String)> = match (template, name) {
        (PROJECT_TEMPLATE, "id") => {
            projects(call).await?.into_iter().map(|project| (project.id, project.name)).collect()
        }
        (DOCUMENT_TEMPLATE, "id") => {
            let library = call.state.twin.library(call.now).await?;
            let library = library.read();
            library.all().map(|(hash, stored)| (hash.as_str().to_owned(), stored.title.clone())).collect()
        }
        (TIMELINE_TEMPLATE, "id") if surface == Surface::Owner => {
            let people = call.state.twin.store().people(call.now).await?;
            people.into_iter().map(|one| (one.id.to_string(), one.name.unwrap_or_default())).collect()
        }
        ("", "contact") if surface == Surface::Owner => {
            let people = call.state.twin.store().people(call.now).await?;
            people.into_iter().filter_map(|person| person.name).map(itself).collect()
        }
        ("", "topic") => {
            call.state.twin.persona().await?.persona.core.expertise.iter().cloned().map(itself).collect()
        }
        ("", "project") => projects(call).await?.into_iter().map(|project| itself(project.name)).collect(),
        _ => Vec::new(),
    };
    let mut fitting: Vec<String> = all
        .into_iter()
        .filter(|(value, called)| fits(&begun, value, called))
        .map(|(value, _)| value)
        .collect();
    fitting.sort();
    fitting.dedup();
    Ok(fitting)
}

fn itself(name: String) -> (String, String) {
    (name.clone(), name)
}

/// Nobody knows an id by heart: it is found by words of what it stands for, too.
fn fits(begun: &str, value: &str, called: &str) -> bool {
    let called = called.to_lowercase();
    value.to_lowercase().starts_with(begun)
        || called.starts_with(begun)
        || called.split_whitespace().any(|word| word.starts_with(begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_what_it_stands_for() {
        let rows = [
            ("", true),
            ("6edd", true),
            ("dana", true),
            ("dana r", true),
            ("reed", true),
            ("ana", false),
            ("7", false),
        ];
        for (begun, expected) in rows {
            assert_eq!(fits(begun, "6eddfb2a", "Dana Reed"), expected, "{begun}");
        }
    }
}
