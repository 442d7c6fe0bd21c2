//! A contact as a record that can be compared with others.

use super::Contact;
use crate::identity::{
    IdentityKey,
    matching::{Fields, Record},
};

impl Record {
    /// What the CRM knows of somebody, together with the keys that lead there.
    pub fn of(contact: &Contact, keys: &[IdentityKey]) -> Self {
        let methods = &contact.contact_methods;
        let mut phones: Vec<String> = methods.phone.iter().map(|phone| phone.as_str().to_owned()).collect();
        let mut emails: Vec<String> = methods.email.iter().map(|email| email.key()).collect();
        let mut profiles: Vec<String> = methods.linkedin.iter().cloned().collect();
        let mut accounts = Vec::new();
        for key in keys {
            match key {
                IdentityKey::Phone(phone) => phones.push(phone.as_str().to_owned()),
                IdentityKey::Email(email) => emails.push(email.key()),
                IdentityKey::LinkedIn(profile) => profiles.push(profile.url()),
                IdentityKey::Oidc { issuer, subject } => accounts.push((issuer.clone(), subject.clone())),
                // Of these, one person has many.
                IdentityKey::McpPrincipal(_) | IdentityKey::BrowserSession(_) => {}
            }
        }
        let several = |values: Vec<String>| (!values.is_empty()).then(|| values.join(";"));
        Self::new(&Fields {
            name: contact.name.clone(),
            company: contact.company.clone(),
            title: contact.role.clone(),
            phone: several(phones),
            email: several(emails),
            linkedin: several(profiles),
            accounts,
            ..Fields::default()
        })
    }
}
