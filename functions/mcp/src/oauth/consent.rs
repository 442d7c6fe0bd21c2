//! The page on which a person says yes or no: which app, where its answer goes, and what it may do.

use askama::Template;
use axum::response::Response;
use twin::{
    error::Error,
    store::oauth::{Client, Resource, Scope, Scopes},
};
use url::Url;

use super::{AUTHORIZE, document, page::page, redirect::Redirect};

#[derive(Template)]
#[template(path = "oauth/consent.html")]
pub struct Consent {
    path: &'static str,
    name: String,
    /// The host that answers for the app; none that registered itself.
    publisher: Option<String>,
    /// Where the answer goes.
    host: String,
    is_local: bool,
    /// The professional.
    owner: String,
    /// Who is asked.
    account: String,
    rights: Vec<&'static str>,
    request: String,
}

impl Consent {
    pub fn new(
        client: &Client,
        redirect: &Redirect,
        scopes: &Scopes,
        owner: &str,
        account: &str,
        request: &str,
    ) -> Self {
        let address = Url::parse(&client.id).ok().filter(|_| document::is_address(&client.id));
        Self {
            path: AUTHORIZE,
            name: client.name.clone(),
            publisher: address.and_then(|url| url.host_str().map(str::to_owned)),
            host: redirect.host(),
            is_local: redirect.is_local(),
            owner: owner.to_owned(),
            account: account.to_owned(),
            rights: scopes.iter().map(words).collect(),
            request: request.to_owned(),
        }
    }

    pub fn response(&self) -> Result<Response, Error> {
        page(self)
    }
}

/// A scope in plain words.
fn words(scope: Scope) -> &'static str {
    match scope {
        Scope::Talk => "Talk with the assistant as you",
        Scope::Memory => "See what the assistant remembers about you, and have it forget you",
        Scope::Read => "Read your contacts, conversations, calendar and settings",
        Scope::Write => "Change them: contacts, follow-ups, knowledge and how the twin behaves",
        Scope::Call => "Place calls and send mail in your name",
    }
}

/// Whose sign-in is asked for, in words.
pub fn account_of(resource: Resource, account: Option<&str>) -> String {
    match (resource, account) {
        (Resource::Owner, _) => "the owner".to_owned(),
        (Resource::Visitor, Some(account)) => account.to_owned(),
        (Resource::Visitor, None) => "a visitor".to_owned(),
    }
}
