//! The test call: the twin calls its owner, as a contact who has agreed to it.

use reqwest::Method;
use serde_json::json;

use super::super::{
    Outcome, dial,
    owner::{Owner, OwnerError},
};

/// A contact with this number, who is the owner.
pub async fn contact(owner: &Owner, yours: &str) -> Result<String, Box<dyn std::error::Error>> {
    let contact = json!({ "name": "Yourself, in the test call", "phone": yours });
    let made = owner.ask(Method::POST, "/api/crm/contacts", Some(&contact)).await?;
    Ok(made["id"].as_str().ok_or("the system made a contact without an id")?.to_owned())
}

/// Calls, and prints what is said.
pub async fn call(owner: &Owner, person: &str, yours: &str) -> Outcome {
    dial::agreed(owner, person, "They asked for this call when they set the twin up.").await?;
    dial::dial(owner, &json!({ "to": yours, "purpose": "the test call that you asked for" })).await
}

pub async fn forget(owner: &Owner, person: &str) -> Result<(), OwnerError> {
    match owner.ask(Method::DELETE, &format!("/api/people/{person}?confirm={person}"), None).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other.map(drop),
    }
}
