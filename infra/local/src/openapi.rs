//! The OpenAPI document: what the routes of all functions say of themselves.

use serde_json::Value;
use twin::http::{Described, Route, document};

const TITLE: &str = "Omnitwin";

/// What is not described, by the beginning of its path, and why.
pub const LEFT_OUT: [(&str, &str); 23] = [
    ("/.well-known/", "documents of RFC 8414 and RFC 9728"),
    ("/api/calendar/outside/callback", "where a provider sends the owner's browser back to"),
    ("/api/chat", "server-sent events, for our own page"),
    ("/api/knowledge", "not described yet"),
    ("/api/mail/", "messages of SNS"),
    ("/api/mcp", "the Model Context Protocol describes itself"),
    ("/api/phone/", "Twilio's forms, answered in TwiML; the owner's settings are not described yet"),
    ("/api/voice/", "for our own page"),
    ("/assets/", "files of the pages"),
    ("/book", "pages"),
    ("/chat", "a page"),
    ("/dashboard", "pages"),
    ("/decide", "a page that mails lead to"),
    ("/health", "a page of one word"),
    ("/media/", "a WebSocket, and tickets of our own"),
    ("/oauth/", "OAuth 2.1 describes itself"),
    ("/outbox", "pages of the laptop"),
    ("/owner", "a page"),
    ("/people", "pages"),
    ("/ready", "the relay's readiness"),
    ("/voice", "a page"),
    ("/resume.pdf", "a document"),
    ("/unsubscribe", "a page that mails lead to"),
];

/// As `/openapi.json` serves it.
pub fn openapi() -> Value {
    let mut routes = Vec::new();
    routes.extend(described(&crm::routes()));
    routes.extend(described(&analytics::routes()));
    routes.extend(described(&calendar::routes()));
    routes.extend(described(&context::routes()));
    routes.extend(described(&web::routes()));
    document(TITLE, env!("CARGO_PKG_VERSION"), &routes)
}

fn described<S>(routes: &[Route<S>]) -> Vec<Described> {
    routes.iter().filter_map(Route::description).collect()
}
