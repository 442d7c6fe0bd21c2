//! Takes down who the person is: first checked and read back, then saved once they agree.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, Scene, object, text};
use crate::{
    contact::{Detail, RelationshipKind},
    identity::{Email, PersonName},
    interaction::Action,
    spelled::read_back,
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

pub fn run(arguments: Arguments, _: &Scene<'_>) -> Done {
    let confirmed = arguments.confirmed;
    let learned = match learned(arguments) {
        Ok(learned) => learned,
        Err(why) => return Done::refused(why),
    };
    // What was known before is not told: who says it may be somebody else.
    let mut details = json!({ "name": null, "email": null, "company": null, "title": null });
    for detail in &learned {
        match detail {
            Detail::Name(name) => details["name"] = json!(name),
            Detail::Email(email) => {
                details["email"] = json!(email.as_ref().map(Email::address));
                details["email_spelled"] = json!(email.as_ref().map(|email| read_back(email.address())));
            }
            Detail::Company(company) => details["company"] = json!(company),
            Detail::Role(title) => details["title"] = json!(title),
            _ => {}
        }
    }
    if !confirmed {
        return Done::says(json!({ "saved": false, "read_back": details, "next": "Read back and ask." }));
    }
    let output = json!({ "saved": true, "details": details });
    Done { learned, ..Done::did(Action::ContactSaved { confirmed }, output) }
}

fn learned(arguments: Arguments) -> Result<Vec<Detail>, &'static str> {
    let mut learned = Vec::new();
    if let Some(name) = arguments.name {
        let name = PersonName::clean(&name).map_err(|_| "the name cannot be right: ask again")?;
        learned.push(Detail::Name(Some(name)));
    }
    if let Some(email) = arguments.email {
        let email = Email::parse(&email).or_else(|_| Email::from_spoken(&email));
        let email = email.map_err(|_| "the e-mail address cannot be right: ask them to spell it")?;
        learned.push(Detail::Email(Some(email)));
    }
    if let Some(company) = arguments.company {
        let company = text(&company, MAX_FIELD).ok_or("the company is empty: ask again")?;
        learned.push(Detail::Company(Some(company)));
    }
    if let Some(title) = arguments.title {
        let title = text(&title, MAX_FIELD).ok_or("the title is empty: ask again")?;
        learned.push(Detail::Role(Some(title)));
    }
    if let Some(relationship) = arguments.relationship.filter(|kind| *kind != RelationshipKind::Unknown) {
        learned.push(Detail::Relationship(relationship));
    }
    Ok(learned)
}
