//! The OpenAPI document: what the routes of all functions say of themselves.

use serde_json::Value;
use twin::http::{Described, Route, document};

const TITLE: &str = "Omnitwin";

/// What is not described, by the beginning of its path, and why: what is JSON for the owner is never here.
pub const LEFT_OUT: [(&str, &str); 32] = [
    ("/.well-known/", "documents of RFC 8414 and RFC 9728"),
    ("/api/calendar/outside/callback", "where a provider sends the owner's browser back to"),
    ("/api/chat", "server-sent events, for the visitor's page"),
    ("/api/mail/", "messages of SNS"),
    ("/api/mcp", "the Model Context Protocol describes itself"),
    ("/api/phone/after-stream", A_WEBHOOK),
    ("/api/phone/amd", A_WEBHOOK),
    ("/api/phone/calls/answered", A_WEBHOOK),
    ("/api/phone/calls/status", A_WEBHOOK),
    ("/api/phone/fallback", A_WEBHOOK),
    ("/api/phone/live-transcription", A_WEBHOOK),
    ("/api/phone/recorded", A_WEBHOOK),
    ("/api/phone/recording", A_WEBHOOK),
    ("/api/phone/status", A_WEBHOOK),
    ("/api/phone/texts", A_WEBHOOK),
    ("/api/phone/transcription", A_WEBHOOK),
    ("/api/phone/transfer/", A_WEBHOOK),
    ("/api/phone/webhook", A_WEBHOOK),
    ("/api/voice/", "for the visitor's page"),
    ("/assets/", "files of the pages"),
    ("/book", "pages"),
    ("/chat", "a page"),
    ("/dashboard", "pages"),
    ("/decide", "a page that mails lead to"),
    ("/health", "a page of one word"),
    ("/oauth/", "OAuth 2.1 describes itself"),
    ("/owner", "a page"),
    ("/people", "pages"),
    ("/resume.pdf", "a document"),
    ("/robots.txt", "for programs that read pages"),
    ("/unsubscribe", "a page that mails lead to"),
    ("/voice", "a page"),
];

const A_WEBHOOK: &str = "Twilio's forms, answered in TwiML";

/// As `/openapi.json` serves it.
pub fn openapi() -> Value {
    let mut routes = Vec::new();
    routes.extend(described(&crm::routes()));
    routes.extend(described(&analytics::routes()));
    routes.extend(described(&calendar::routes()));
    routes.extend(described(&context::routes()));
    routes.extend(described(&knowledge::routes()));
    routes.extend(described(&phone_webhook::routes()));
    routes.extend(described(&web::routes()));
    document(TITLE, env!("CARGO_PKG_VERSION"), &routes)
}

fn described<S>(routes: &[Route<S>]) -> Vec<Described> {
    routes.iter().filter_map(Route::description).collect()
}
