//! A contact as a record that can be compared with others.

use super::{Card, Contact, Field, Source, key_of};
use crate::identity::{
    Email, IdentityKey,
    matching::{Fields, Record},
};

impl Contact {
    /// The contact with what can be relied on: what the owner typed or has in a file, and what was proved. What anybody
    /// can say of themselves is left out.
    #[must_use]
    pub fn proved(&self, proved: &[IdentityKey]) -> Contact {
        let mut left = self.clone();
        for field in Field::ALL {
            let detail = self.detail(field);
            let origin = self.origins.get(&field).map(|origin| origin.source);
            let vouched = matches!(origin, Some(Source::Owner | Source::Import));
            let is_proved = key_of(&detail).is_some_and(|key| proved.contains(&key));
            if !vouched && !is_proved {
                left.put(Contact::new(self.id.clone(), None, self.created_at).detail(field));
            }
        }
        left
    }
}

impl Record {
    /// As far as the list of contacts knows them.
    pub fn of_card(card: &Card) -> Self {
        Self::new(&Fields {
            name: card.name.clone(),
            company: card.company.clone(),
            title: card.role.clone(),
            phone: card.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: card.email.as_ref().map(Email::key),
            linkedin: card.linkedin.clone(),
            ..Fields::default()
        })
    }

    /// What the CRM knows of somebody, together with the keys that lead there.
    pub fn of(contact: &Contact, keys: &[IdentityKey]) -> Self {
        let methods = &contact.contact_methods;
        let mut phones: Vec<String> = methods.phone.iter().map(|phone| phone.as_str().to_owned()).collect();
        let mut emails: Vec<String> = methods.email.iter().map(Email::key).collect();
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::identity::{
        LinkedIn, Phone,
        matching::{Decision, Rarity, compare, decide},
    };

    #[test]
    fn a_contact_is_compared_by_what_it_holds_and_by_its_keys() {
        let phone = Phone::parse("+14155550123").unwrap();
        let mut known = Contact::new("per_1".parse().unwrap(), None, Timestamp::UNIX_EPOCH);
        known.name = Some("Robert Lee".into());
        known.company = Some("Northgate, Inc.".into());
        known.role = Some("Senior Recruiter".into());
        known.contact_methods.email = Some(Email::parse("Bob.Lee@northgate.example").unwrap());
        let mut new = Contact::new("per_2".parse().unwrap(), Some(phone.clone()), Timestamp::UNIX_EPOCH);
        new.name = Some("Bob Lee".into());

        let decision = |keys: &[IdentityKey], others: &[IdentityKey]| {
            decide(&compare(&Record::of(&known, keys), &Record::of(&new, others), &Rarity::default()))
        };
        let account = |subject: &str| IdentityKey::Oidc {
            issuer: "https://id.example".into(),
            subject: subject.into(),
        };
        let profile =
            |slug: &str| IdentityKey::LinkedIn(LinkedIn::parse(&format!("linkedin.com/in/{slug}")).unwrap());
        let browser = |id: &str| IdentityKey::BrowserSession(id.into());
        assert_eq!(decision(&[], &[]), Decision::Propose);
        assert_eq!(decision(&[IdentityKey::Phone(phone.clone())], &[]), Decision::Same);
        assert_eq!(decision(&[profile("bob-lee")], &[profile("bob-lee")]), Decision::Same);
        assert_eq!(decision(&[account("1")], &[account("1")]), Decision::Same);
        assert_eq!(
            decision(&[IdentityKey::Phone(phone.clone()), account("1")], &[account("2")]),
            Decision::Propose
        );
        assert_eq!(decision(&[IdentityKey::Phone(phone), browser("a")], &[browser("b")]), Decision::Same);
    }
}
