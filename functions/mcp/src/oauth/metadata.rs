//! What hosts read first: who protects which resource (RFC 9728), and what the authorization server does (RFC 8414).

use axum::{Json, extract::State as Extract, response::IntoResponse};
use http::header;
use serde_json::{Value, json};
use twin::store::oauth::{Resource, Scope, Scopes};

use super::{AUTHORIZE, OAuth, REGISTER, REVOKE, TOKEN, pkce};

pub const SERVER: &str = "/.well-known/oauth-authorization-server";
/// For hosts that do not look below it: the resource for everybody.
pub const RESOURCE: &str = "/.well-known/oauth-protected-resource";
pub const VISITOR_RESOURCE: &str = "/.well-known/oauth-protected-resource/api/mcp";
pub const OWNER_RESOURCE: &str = "/.well-known/oauth-protected-resource/api/mcp/owner";

pub async fn server(Extract(oauth): Extract<OAuth>) -> impl IntoResponse {
    let scopes: Scopes = Scope::ALL.into_iter().collect();
    lasting(json!({
        "issuer": &*oauth.issuer,
        "authorization_endpoint": oauth.url(AUTHORIZE),
        "token_endpoint": oauth.url(TOKEN),
        "registration_endpoint": oauth.url(REGISTER),
        "revocation_endpoint": oauth.url(REVOKE),
        "scopes_supported": names(&scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": [pkce::METHOD],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
    }))
}

pub async fn visitor_resource(Extract(oauth): Extract<OAuth>) -> impl IntoResponse {
    resource(&oauth, Resource::Visitor)
}

pub async fn owner_resource(Extract(oauth): Extract<OAuth>) -> impl IntoResponse {
    resource(&oauth, Resource::Owner)
}

fn resource(oauth: &OAuth, resource: Resource) -> impl IntoResponse + use<> {
    lasting(json!({
        "resource": oauth.resource_url(resource),
        "authorization_servers": [&*oauth.issuer],
        "scopes_supported": names(&resource.scopes()),
        "bearer_methods_supported": ["header"],
    }))
}

fn names(scopes: &Scopes) -> Vec<&'static str> {
    scopes.iter().map(Scope::as_str).collect()
}

fn lasting(document: Value) -> impl IntoResponse + use<> {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(document))
}

/// Where the metadata of a resource is.
pub fn of(resource: Resource) -> &'static str {
    match resource {
        Resource::Visitor => VISITOR_RESOURCE,
        Resource::Owner => OWNER_RESOURCE,
    }
}
