//! Takes down who the person is: first checked and read back, then saved once they agree.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::{
    contact::{Contact, RelationshipKind},
    identity::{Email, PersonName},
    interaction::Action,
};

pub const DESCRIPTION: &str = "Take down contact details as given. With confirmed=false they are checked: read \
                               them back and ask. With confirmed=true, after the person agreed, they are saved.";
const MAX_FIELD: usize = 120;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    company: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    relationship: Option<RelationshipKind>,
    confirmed: bool,
}

pub fn schema() -> Value {
    object(
        json!({
            "name": { "type": "string", "description": "Full name." },
            "email": { "type": "string", "description": "E-mail address, as spelled." },
            "company": { "type": "string" },
            "title": { "type": "string", "description": "The person's own role." },
            "relationship": {
                "type": "string",
                "enum": ["recruiter", "colleague", "client", "potential_client", "mentor", "unknown"],
            },
            "confirmed": { "type": "boolean", "description": "They agreed to what was read back." },
        }),
        &["name", "email", "company", "title", "relationship"],
    )
}

pub fn run(arguments: Arguments, scene: &Scene<'_>) -> Done {
    let confirmed = arguments.confirmed;
    let given = [
        ("name", arguments.name.is_some()),
        ("email", arguments.email.is_some()),
        ("company", arguments.company.is_some()),
        ("title", arguments.title.is_some()),
    ];
    let contact = match applied(arguments, scene.contact.clone()) {
        Ok(contact) => contact,
        Err(why) => return Done::refused(why),
    };
    let mut details = json!({
        "name": contact.name,
        "email": contact.contact_methods.email.as_ref().map(Email::address),
        "company": contact.company,
        "title": contact.role,
    });
    // What was known before is not told: who says it may be somebody else.
    for (field, _) in given.iter().filter(|(_, given)| !given) {
        details[*field] = Value::Null;
    }
    if !confirmed {
        return Done::says(json!({ "saved": false, "read_back": details, "next": "Read back and ask." }));
    }
    let output = json!({ "saved": true, "details": details });
    let action = Action::ContactSaved { confirmed };
    Done { contact: Some(contact), ..Done::did(action, output) }
}

fn applied(arguments: Arguments, mut contact: Contact) -> Result<Contact, &'static str> {
    if let Some(name) = arguments.name {
        contact.name = Some(PersonName::clean(&name).map_err(|_| "the name cannot be right: ask again")?);
    }
    if let Some(email) = arguments.email {
        let email = Email::parse(&email).or_else(|_| Email::from_spoken(&email));
        let email = email.map_err(|_| "the e-mail address cannot be right: ask them to spell it")?;
        contact.contact_methods.email_confirmed = arguments.confirmed;
        contact.contact_methods.email = Some(email);
    }
    if let Some(company) = arguments.company {
        contact.company = Some(text(&company, MAX_FIELD).ok_or("the company is empty: ask again")?);
    }
    if let Some(title) = arguments.title {
        contact.role = Some(text(&title, MAX_FIELD).ok_or("the title is empty: ask again")?);
    }
    if let Some(relationship) = arguments.relationship.filter(|kind| *kind != RelationshipKind::Unknown) {
        contact.relationship.kind = relationship;
    }
    Ok(contact)
}
