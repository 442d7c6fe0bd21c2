//! The CRM: contacts listed and searched in memory, edited by the owner, and what changed by itself undone.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::{MAX_CONFLICTS, Twin, proving::MAX_FACTS};
use crate::{
    contact::{
        Change, Contact, Detail, Directory, Field, Filter, Note, Page, Place, Sort, Source, detail_of, key_of,
    },
    error::Error,
    id::{ChangeId, InteractionId, PersonId},
    identity::{Evidence, EvidenceSource, Identity, IdentityKey},
    memory::DORMANT_AFTER,
    store::{Beside, StoreError},
};

/// What was written this long before the last look is looked at again: clocks differ, and indexes come late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// After this it is read anew, so that who was erased elsewhere is gone from memory, too.
const DIRECTORY_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Whom the owner wrote something about is kept for good, as far as people go; they are still nobody whom anything leads to,
/// so that their conversation is all that there is of them.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);
/// It is not written down each time.
const WRITTEN_UP_AGAIN: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// All contacts in memory, since when, and what they were read at.
#[derive(Default)]
pub(super) struct Loaded {
    directory: Directory,
    began: Timestamp,
    read: Option<Timestamp>,
}

/// Which contacts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    pub filter: Filter,
    pub has_open_task: Option<bool>,
    pub sort: Sort,
    pub after: Option<Place>,
    pub limit: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub contacts: Vec<Contact>,
    pub end: Option<Place>,
    pub total: usize,
}

impl Twin {
    /// A page of contacts, as they are now: memory says which, the table what they are.
    pub async fn contacts(&self, wanted: &Contacts, now: Timestamp) -> Result<Listed, Error> {
        let mut filter = wanted.filter.clone();
        let mut without = None;
        if let Some(has) = wanted.has_open_task {
            let people = self.store.with_open_tasks().await?;
            match has {
                true => filter.among = Some(people),
                false => without = Some(people),
            }
        }
        filter.without = without;
        let Page { people, end, total } = self.page(&filter, wanted, now).await?;
        let mut found = self.store.contacts(&people).await?;
        let contacts: Vec<Contact> = people.iter().filter_map(|person| found.remove(person)).collect();
        if contacts.len() < people.len() {
            self.drop_from_directory(&people, &contacts).await;
        }
        Ok(Listed { contacts, end, total })
    }

    /// Whoever was close and has not been in touch since then is called dormant.
    pub fn dormant_since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(DORMANT_AFTER).unwrap_or(now)
    }

    /// How many are dormant.
    pub async fn dormant(&self, now: Timestamp) -> Result<usize, Error> {
        let dormant_since = Some(self.dormant_since(now));
        let wanted =
            Contacts { filter: Filter { dormant_since, ..Filter::default() }, ..Contacts::default() };
        Ok(self.page(&wanted.filter, &wanted, now).await?.total)
    }

    /// Who is wanted, whatever becomes of them, and where the page ends.
    pub async fn people_of(
        &self,
        wanted: &Contacts,
        now: Timestamp,
    ) -> Result<(Vec<PersonId>, Option<Place>), Error> {
        let Page { people, end, .. } = self.page(&wanted.filter, wanted, now).await?;
        Ok((people, end))
    }

    async fn page(&self, filter: &Filter, wanted: &Contacts, now: Timestamp) -> Result<Page, Error> {
        let look = |directory: &Directory| {
            directory.page(filter, wanted.sort, wanted.after.as_ref(), wanted.limit, now)
        };
        self.looked_up(look, now).await
    }

    /// Names in a contact the owner's connections who work or worked at the same company.
    pub async fn connected(&self, mut contact: Contact, now: Timestamp) -> Result<Contact, Error> {
        let found = self.looked_up(|directory| directory.connections(&contact), now).await?;
        let people: Vec<PersonId> = found.iter().map(|(person, _)| person.clone()).collect();
        // Who was erased elsewhere is named no more.
        let there = self.store.contacts(&people).await?;
        contact.connect(found.into_iter().filter(|(who, _)| there.contains_key(who)).map(|(_, name)| name));
        Ok(contact)
    }

    async fn looked_up<T>(&self, look: impl FnOnce(&Directory) -> T, now: Timestamp) -> Result<T, Error> {
        let mut loaded = self.directory.lock().await;
        if now.duration_since(loaded.began) >= DIRECTORY_FOR {
            *loaded = Loaded { began: now, ..Loaded::default() };
        }
        self.refresh(&mut loaded, now).await?;
        Ok(look(&loaded.directory))
    }

    /// What was written since it was read last is put in. If that cannot be read, or nobody waits for it any more, it is as
    /// it was.
    async fn refresh(&self, loaded: &mut Loaded, now: Timestamp) -> Result<(), Error> {
        let since = loaded.read.map(|read| read - OVERLAP);
        let (mut cards, mut notes) = (Vec::new(), Vec::new());
        tokio::try_join!(
            self.store.cards_since(since, |card| cards.push(card)),
            self.store.notes_since(since, |note: Note| notes.push(note)),
        )?;
        // Notes first: they are joined once for each card, and not once for each of them.
        for note in &notes {
            loaded.directory.put_note(note);
        }
        for card in cards {
            loaded.directory.put(card);
        }
        loaded.read = Some(now);
        Ok(())
    }

    async fn drop_from_directory(&self, people: &[PersonId], there: &[Contact]) {
        let there: HashSet<&PersonId> = there.iter().map(|contact| &contact.id).collect();
        let mut loaded = self.directory.lock().await;
        for gone in people.iter().filter(|person| !there.contains(person)) {
            loaded.directory.remove(gone);
        }
    }

    /// A contact that the owner typed in. A conflict: somebody has one of the addresses or the number already.
    pub async fn create_contact(&self, details: Vec<Detail>, now: Timestamp) -> Result<Contact, Error> {
        let mut contact = Contact::new(PersonId::generate(now), None, now);
        for detail in details {
            contact.edit(detail, now);
        }
        let beside = self.keys_beside(&contact, now).await?;
        self.store.create_contact(&contact, &beside, now).await?;
        contact.version = 1;
        self.look_for_others(&[contact.id.clone()], now).await;
        Ok(contact)
    }

    /// Takes what the owner typed over the version that they saw.
    pub async fn edit_contact(
        &self,
        person: &PersonId,
        version: u64,
        details: Vec<Detail>,
        now: Timestamp,
    ) -> Result<Contact, Error> {
        let mut contact = self.store.contact(person).await?.ok_or(Error::NotFound)?;
        if contact.version != version {
            return Err(Error::Conflict);
        }
        let tells_apart = details.iter().any(|detail| detail.field().tells_people_apart());
        for detail in details {
            contact.edit(detail, now);
        }
        contact.updated_at = now;
        let beside = self.keys_beside(&contact, now).await?;
        let contact = Box::pin(self.save_contact(contact, &beside, now)).await?;
        if tells_apart {
            self.look_for_others(std::slice::from_ref(&contact.id), now).await;
        }
        Ok(contact)
    }

    /// The next version of a contact about whom somebody wrote: who only came by is kept for longer. A conflict: it is not
    /// the one that was read.
    pub async fn save_contact(
        &self,
        mut contact: Contact,
        beside: &Beside,
        now: Timestamp,
    ) -> Result<Contact, Error> {
        if contact.forget_at.is_some() {
            let is_found_by_it = !beside.keys.is_empty() || !beside.grounds.is_empty();
            let until = (!is_found_by_it).then(|| now + KEPT_FOR);
            let (kept, is_written) = self.written_up_until(&contact.id, until, now).await?;
            // What somebody else wrote since is not written over.
            if kept.version != contact.version + u64::from(is_written) {
                return Err(Error::Conflict);
            }
            (contact.version, contact.forget_at) = (kept.version, kept.forget_at);
        }
        self.store.save_contact(contact.clone(), beside).await?;
        contact.version += 1;
        Ok(contact)
    }

    /// Whoever the owner writes something about is not forgotten like one who only came by.
    pub async fn written_up(&self, person: &PersonId, now: Timestamp) -> Result<Contact, Error> {
        Ok(self.written_up_until(person, Some(now + KEPT_FOR), now).await?.0)
    }

    async fn written_up_until(
        &self,
        person: &PersonId,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Contact, bool), Error> {
        self.kept_until(person, (until, WRITTEN_UP_AGAIN), now).await
    }

    /// At least until then, or so much before; without a time, they are not forgotten. Whether that had to be written is told
    /// beside.
    pub(super) async fn kept_until(
        &self,
        person: &PersonId,
        (until, or_before): (Option<Timestamp>, SignedDuration),
        now: Timestamp,
    ) -> Result<(Contact, bool), Error> {
        for _ in 0..MAX_CONFLICTS {
            let mut known = self.store.known(person).await?.ok_or(Error::NotFound)?;
            let is_kept = match (known.contact.forget_at, until) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(at), Some(until)) => at >= until - or_before,
            };
            if is_kept {
                return Ok((known.contact, false));
            }
            let facts = self.store.facts(&known.contact.id).await?;
            known.contact.updated_at = now;
            let facts = &facts[facts.len().saturating_sub(MAX_FACTS)..];
            match self.store.keep_until(known, until, facts).await {
                Ok(kept) => return Ok((kept, true)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// Gives or takes a tag, whatever else changes meanwhile.
    pub async fn tag(
        &self,
        person: &PersonId,
        tag: &str,
        given: bool,
        now: Timestamp,
    ) -> Result<Contact, Error> {
        for _ in 0..MAX_CONFLICTS {
            let contact = self.store.contact(person).await?.ok_or(Error::NotFound)?;
            let mut tags = contact.tags.clone();
            if tags.iter().any(|known| known == tag) == given {
                return Ok(contact);
            }
            match given {
                true => tags.push(tag.to_owned()),
                false => tags.retain(|known| known != tag),
            }
            match self.edit_contact(person, contact.version, vec![Detail::Tags(tags)], now).await {
                Err(Error::Conflict) => {}
                edited => return edited,
            }
        }
        Err(Error::Conflict)
    }

    /// Puts back what stood there before a change. A conflict: it was edited since, or undone before. An address that
    /// only this change tied to the person is untied.
    pub async fn undo(
        &self,
        person: &PersonId,
        change: &ChangeId,
        now: Timestamp,
    ) -> Result<(Contact, Change), Error> {
        for _ in 0..MAX_CONFLICTS {
            let mut contact = self.store.contact(person).await?.ok_or(Error::NotFound)?;
            let mut change = self.store.change(person, change).await?.ok_or(Error::NotFound)?;
            contact.undo(&mut change, now).map_err(StoreError::from)?;
            let dropped = self.only_by(&change).await?.into_iter().collect();
            let beside = Beside { dropped, changes: vec![change.clone()], ..Beside::default() };
            match self.store.save_contact(contact.clone(), &beside).await {
                Ok(()) => {
                    contact.version += 1;
                    return Ok((contact, change));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What leads to somebody, whoever was merged into them.
    pub async fn keys_of(&self, person: &PersonId) -> Result<Vec<Identity>, Error> {
        self.store.contact(person).await?.ok_or(Error::NotFound)?;
        let mut all = Vec::new();
        for partition in self.store.partitions(person).await? {
            let keys = self.store.keys_of(&partition).await?;
            let found = self.store.identities(&keys).await?.into_values();
            all.extend(found.filter(|identity| identity.person == partition));
        }
        all.sort_by_key(|identity| (identity.key.kind(), identity.key.value().into_owned()));
        Ok(all)
    }

    /// A key leads to somebody no more, and stands in the contact no more: whoever gets in touch by it next is somebody
    /// new. Of an account, what was signed in and let in as them ends, and the address that it alone brought goes with it.
    /// `NotFound`: it does not lead to them.
    pub async fn untie(
        &self,
        person: &PersonId,
        kind: &str,
        value: &str,
        now: Timestamp,
    ) -> Result<Contact, Error> {
        for _ in 0..MAX_CONFLICTS {
            let mut contact = self.store.contact(person).await?.ok_or(Error::NotFound)?;
            let keys = self.keys_of(person).await?;
            let is_it = |one: &&Identity| one.key.kind() == kind && one.key.value() == value;
            let untied = keys.iter().find(is_it).ok_or(Error::NotFound)?.key.clone();
            let dropped: Vec<Identity> =
                keys.into_iter().filter(|one| one.key == untied || one.is_only_by(&untied)).collect();
            for emptied in [Detail::Email(None), Detail::Phone(None), Detail::Linkedin(None)] {
                let stands = key_of(&contact.detail(emptied.field()));
                if stands.is_some_and(|stands| dropped.iter().any(|one| one.key == stands)) {
                    contact.edit(emptied, now);
                }
            }
            // Nor does a file that says so once more tie it again.
            if let Some(detail) = detail_of(&untied) {
                contact.refuse(detail);
            }
            contact.updated_at = now;
            let is_account = matches!(untied, IdentityKey::Oidc { .. });
            if is_account {
                self.store.sign_out(person).await?;
            }
            let beside = Beside { dropped, ..Beside::default() };
            match self.store.save_contact(contact.clone(), &beside).await {
                Ok(()) => {
                    // Who signed in since, too.
                    if is_account {
                        self.store.sign_out(person).await?;
                    }
                    contact.version += 1;
                    return Ok(contact);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// The key that a change brought, if nothing else speaks for it.
    async fn only_by(&self, change: &Change) -> Result<Option<Identity>, Error> {
        let Some(key) = key_of(&change.after) else { return Ok(None) };
        let Some(identity) = self.store.identity(&key).await? else { return Ok(None) };
        let of_this = |evidence: &Evidence| match change.origin.source {
            Source::Import => evidence.source == EvidenceSource::Import,
            Source::Conversation => {
                let interaction = change.origin.interaction.as_ref().map(InteractionId::as_str);
                evidence.source == EvidenceSource::SpokenAndConfirmed
                    && evidence.interaction.as_deref() == interaction
            }
            Source::SignIn => evidence.source == EvidenceSource::SignIn,
            Source::Owner => false,
        };
        let only = identity.person == change.person && identity.evidence.iter().all(of_this);
        Ok(only.then_some(identity))
    }

    /// The keys that a contact's own fields are, as far as the owner typed them: the owner vouches for them.
    async fn keys_beside(&self, contact: &Contact, now: Timestamp) -> Result<Beside, Error> {
        let typed = [Field::Email, Field::Phone, Field::Linkedin].into_iter().filter(|field| {
            contact
                .origins
                .get(field)
                .is_some_and(|origin| origin.source == Source::Owner && origin.at == now)
        });
        let keys: Vec<IdentityKey> = typed.filter_map(|field| key_of(&contact.detail(field))).collect();
        let known = self.store.identities(&keys).await?;
        let vouched = || Evidence::new(EvidenceSource::Owner, now, None);
        let mut beside = Beside::default();
        for key in keys {
            match known.get(&key) {
                Some(identity) if self.is_one(&identity.person, &contact.id).await? => {
                    let mut identity = identity.clone();
                    identity.record(vouched());
                    beside.grounds.push(identity);
                }
                Some(_) => return Err(leads_elsewhere(&key)),
                None => beside.keys.push(Identity::new(key, contact.id.clone(), vouched())),
            }
        }
        Ok(beside)
    }
}

/// Whose it is, the owner finds by it.
fn leads_elsewhere(key: &IdentityKey) -> Error {
    Error::Taken(format!("{}: this is another contact's; if the two are one person, merge them", key.kind()))
}
