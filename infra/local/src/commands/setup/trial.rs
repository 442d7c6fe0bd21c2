//! The test call: the twin calls its owner, as a contact who has agreed to it.

use reqwest::Method;
use serde_json::json;

use super::{
    super::{
        Outcome, dial,
        owner::{Owner, OwnerError},
    },
    Setup,
    aws::Stack,
    step,
};

impl Setup<'_> {
    pub(super) async fn test(&mut self, stack: &Stack, yours: &str) -> Outcome {
        let owner = Owner::deployed(stack, &self.aws)?;
        let person = if let Some(person) = owner.person(yours).await? {
            person
        } else {
            let made = contact(&owner, yours).await?;
            self.journal.note(|did| did.tested = Some(made.clone()))?;
            made
        };
        step("Test", &format!("{yours} rings"));
        call(&owner, &person, yours).await
    }

    /// With a stack that is gone, its contacts are, too.
    pub(super) async fn forget(&self, person: &str) -> Outcome {
        let Some(stack) = Stack::find(&self.aws, &self.arguments.stack)? else { return Ok(()) };
        forget(&Owner::deployed(&stack, &self.aws)?, person).await?;
        step("Test", "the contact of the test call is erased");
        Ok(())
    }
}

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
