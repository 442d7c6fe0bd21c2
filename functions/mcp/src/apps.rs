//! MCP Apps (`io.modelcontextprotocol/ui`): pages that a host may show beside a result. Each shows what the result
//! says anyway, so that nothing is lost where a host shows none.

use std::collections::BTreeMap;

use askama::Template;
use rmcp::model::{JsonObject, MetaObject, Resource, ResourceContents, Tool};
use serde_json::json;
use twin::store::oauth::Resource as Surface;

const EXTENSION: &str = "io.modelcontextprotocol/ui";
const HTML: &str = "text/html;profile=mcp-app";

struct App {
    surface: Surface,
    tool: &'static str,
    uri: &'static str,
    title: &'static str,
    page: fn() -> askama::Result<String>,
}

#[derive(Template)]
#[template(path = "apps/handoff.html")]
struct Handoff;

#[derive(Template)]
#[template(path = "apps/timeline.html")]
struct Timeline;

const APPS: &[App] = &[
    App {
        surface: Surface::Visitor,
        tool: "continue_conversation",
        uri: "ui://omnitwin/handoff",
        title: "Handoff card",
        page: || Handoff.render(),
    },
    App {
        surface: Surface::Owner,
        tool: "get_contact",
        uri: "ui://omnitwin/timeline",
        title: "Contact timeline",
        page: || Timeline.render(),
    },
];

pub fn extension() -> BTreeMap<String, JsonObject> {
    let settings = JsonObject::from_iter([("mimeTypes".to_owned(), json!([HTML]))]);
    BTreeMap::from([(EXTENSION.to_owned(), settings)])
}

/// A tool with the page that shows what it gives.
pub fn shown(tool: Tool, surface: Surface) -> Tool {
    match APPS.iter().find(|app| app.surface == surface && app.tool == tool.name) {
        Some(app) => {
            let mut meta = MetaObject::new();
            meta.insert("ui".to_owned(), json!({ "resourceUri": app.uri }));
            tool.with_meta(meta)
        }
        None => tool,
    }
}

pub fn resources(surface: Surface) -> Vec<Resource> {
    let apps = APPS.iter().filter(|app| app.surface == surface);
    apps.map(|app| Resource::new(app.uri, app.title).with_title(app.title).with_mime_type(HTML)).collect()
}

pub fn read(surface: Surface, uri: &str) -> Option<ResourceContents> {
    let app = APPS.iter().find(|app| app.surface == surface && app.uri == uri)?;
    let mut meta = MetaObject::new();
    // Nothing is fetched from anywhere.
    meta.insert("ui".to_owned(), json!({ "csp": { "connectDomains": [], "resourceDomains": [] } }));
    let page = (app.page)().ok()?;
    Some(ResourceContents::text(page, uri).with_mime_type(HTML).with_meta(meta))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri_of(tool: &Tool) -> Option<serde_json::Value> {
        tool.meta.as_ref().and_then(|meta| meta.get("ui")?.get("resourceUri").cloned())
    }

    #[test]
    fn a_page_belongs_to_its_tool_and_surface() {
        let tool = |name: &'static str| Tool::new(name, "", JsonObject::new());
        let card = shown(tool("continue_conversation"), Surface::Visitor);
        assert_eq!(uri_of(&card), Some(json!("ui://omnitwin/handoff")));
        assert_eq!(uri_of(&shown(tool("get_contact"), Surface::Visitor)), None);
        assert!(read(Surface::Visitor, "ui://omnitwin/timeline").is_none());
        assert!(read(Surface::Owner, "ui://omnitwin/timeline").is_some());
    }

    #[test]
    fn pages_load_nothing() {
        for app in APPS {
            let page = (app.page)().expect("a page");
            assert!(page.contains("ui/initialize") && page.contains("function show("), "{}", app.uri);
            assert!(!page.contains("http"), "{}", app.uri);
            assert!(!page.contains("innerHTML"), "{}", app.uri);
        }
    }
}
