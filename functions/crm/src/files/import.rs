//! Contacts of a file into the table, in batches: each is found by its addresses, or by the id that our own files give it, or
//! made, and fills what is empty.
//! The same file again changes nothing.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Contact, Detail, Field, Note, Origin, folded, key_of},
    error::Error,
    id::{NoteId, PersonId},
    identity::{Evidence, EvidenceSource, Identity, IdentityKey},
    store::Beside,
    twin::Twin,
};

use super::{Broken, Record};

/// Contacts that are read together.
pub const BATCH: usize = 50;
/// Reads and writes that run side by side.
const AT_ONCE: usize = 8;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
}

/// One run.
pub struct Importer<'a> {
    twin: &'a Twin,
    /// Nothing is written: what would be is counted.
    dry: bool,
    origin: Origin,
    now: Timestamp,
    /// Who is made in a run that writes nothing, so that whoever comes twice is counted once.
    made: HashMap<IdentityKey, PersonId>,
    /// What it would have made of them.
    drafts: HashMap<PersonId, Contact>,
    /// Whom the file names.
    named: Vec<PersonId>,
}

/// A contact that is written at the end of its batch.
struct Pending {
    /// Where the file first names it.
    line: u64,
    contact: Contact,
    /// Those that it had before, where the file brings some.
    notes: Vec<Note>,
    beside: Beside,
    is_new: bool,
    is_changed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Became {
    Created,
    Changed,
    Unchanged,
    /// Somebody else was first.
    Failed,
}

/// The people of a batch, as they become.
#[derive(Default)]
struct Batch {
    leads: HashMap<IdentityKey, PersonId>,
    /// Keys that lead there, but by somebody's word alone: the file is more than that.
    said: HashMap<IdentityKey, Identity>,
    people: HashMap<PersonId, Pending>,
    merged: HashMap<PersonId, PersonId>,
    order: Vec<PersonId>,
}

impl<'a> Importer<'a> {
    pub fn new(twin: &'a Twin, dry: bool, now: Timestamp) -> Self {
        let (made, drafts, named) = (HashMap::new(), HashMap::new(), Vec::new());
        Self { twin, dry, origin: Origin::import(now), now, made, drafts, named }
    }

    /// Whom the file names, also where it changes nothing: a run before may have broken off between writing them and looking
    /// for others who may be them. Nobody in a run that writes nothing.
    pub fn named(&self) -> &[PersonId] {
        &self.named
    }

    /// Takes some records. What leads to several contacts, or was changed meanwhile, is named.
    pub async fn take(&mut self, records: Vec<Record>) -> Result<(Counts, Vec<Broken>), Error> {
        let (mut batch, mut broken, mut counts) =
            (self.known(&records).await?, Vec::new(), Counts::default());
        for record in records {
            if let Err(failed) = self.place(&mut batch, record) {
                broken.push(failed);
            }
        }
        let pending: Vec<Pending> =
            batch.order.iter().filter_map(|person| batch.people.remove(person)).collect();
        if self.dry {
            self.made.extend(batch.leads);
            self.drafts.extend(pending.iter().map(|one| (one.contact.id.clone(), one.contact.clone())));
        }
        let taken = stream::iter(pending.into_iter().map(|one| self.became(one))).buffer_unordered(AT_ONCE);
        let taken: Vec<Result<(u64, PersonId, Became), Error>> = taken.collect().await;
        for one in taken {
            let (line, person, became) = one?;
            match became {
                Became::Created => counts.created += 1,
                Became::Changed => counts.changed += 1,
                Became::Unchanged => counts.unchanged += 1,
                Became::Failed => {
                    broken.push(Broken::new(line, "this contact was changed meanwhile: import again"));
                }
            }
            if !self.dry && became != Became::Failed {
                self.named.push(person);
            }
        }
        Ok((counts, broken))
    }

    /// What becomes of a contact, written unless nothing is to be.
    async fn became(&self, pending: Pending) -> Result<(u64, PersonId, Became), Error> {
        let (line, person) = (pending.line, pending.contact.id.clone());
        let becomes = match (pending.is_new, pending.is_changed) {
            (true, _) => Became::Created,
            (false, true) => Became::Changed,
            (false, false) => Became::Unchanged,
        };
        let is_done = self.dry || becomes == Became::Unchanged || self.write(pending).await?;
        Ok((line, person, if is_done { becomes } else { Became::Failed }))
    }

    /// Who the records lead to, with what is known of them.
    async fn known(&self, records: &[Record]) -> Result<Batch, Error> {
        let keys: HashSet<IdentityKey> = records.iter().flat_map(Record::keys).collect();
        let keys: Vec<IdentityKey> = keys.into_iter().collect();
        let found = self.twin.store().identities(&keys).await?;
        let leads: HashMap<IdentityKey, PersonId> = keys
            .into_iter()
            .filter_map(|key| {
                let known = found.get(&key).map(|identity| &identity.person).or(self.made.get(&key));
                known.cloned().map(|person| (key, person))
            })
            .collect();
        let derived = records.iter().filter(|record| record.keys().is_empty()).filter_map(Record::derived_id);
        let named = records.iter().filter_map(|record| record.id.clone());
        let people: HashSet<PersonId> = leads.values().cloned().chain(derived).chain(named).collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        let contacts = self.twin.store().contacts(&people).await?;
        let said = found.into_iter().filter(|(_, identity)| is_only_said(identity)).collect();
        let mut batch = Batch { leads, said, ..Batch::default() };
        let mut notes = match records.iter().all(|record| record.notes.is_empty()) {
            true => HashMap::new(),
            false => self.notes(contacts.values().map(|contact| contact.id.clone()).collect()).await?,
        };
        for (person, contact) in contacts {
            let whole = contact.id.clone();
            if whole != person {
                // They were merged: what leads to one of them leads to both.
                batch.leads.values_mut().filter(|led| **led == person).for_each(|led| *led = whole.clone());
                batch.merged.insert(person, whole.clone());
            }
            let contact = self.drafts.get(&whole).cloned().unwrap_or(contact);
            let Entry::Vacant(place) = batch.people.entry(whole) else { continue };
            let notes = notes.remove(place.key()).unwrap_or_default();
            let beside = Beside::default();
            place.insert(Pending { line: 0, contact, notes, beside, is_new: false, is_changed: false });
        }
        Ok(batch)
    }

    /// The notes about each of these people.
    async fn notes(&self, people: HashSet<PersonId>) -> Result<HashMap<PersonId, Vec<Note>>, Error> {
        let read = people.into_iter().map(|person| async move {
            let notes = self.twin.store().notes(&person).await?;
            Ok::<_, Error>((person, notes))
        });
        stream::iter(read.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn place(&self, batch: &mut Batch, record: Record) -> Result<(), Broken> {
        let mut keys = record.keys();
        let person = if let Some(person) = stands(batch, &record, &keys) {
            // What they only said is no more than that because we wrote it into a file.
            keys.clear();
            person
        } else {
            self.led(batch, &record, &keys)?
        };
        if !batch.people.contains_key(&person) {
            // What a run that writes nothing would have made is there for the rest of it.
            let draft = self.drafts.get(&person).cloned();
            let is_new = draft.is_none();
            let contact = draft.unwrap_or_else(|| Contact::new(person.clone(), None, self.now));
            let (notes, beside) = (Vec::new(), Beside::default());
            let pending = Pending { line: record.line, contact, notes, beside, is_new, is_changed: is_new };
            batch.people.insert(person.clone(), pending);
        }
        if !batch.order.contains(&person) {
            batch.order.push(person.clone());
        }
        let Some(pending) = batch.people.get_mut(&person) else { return Ok(()) };
        if pending.line == 0 {
            pending.line = record.line;
        }
        for key in keys {
            // The owner untied it: the same file again is no news.
            if pending.contact.refuses(&key) {
                continue;
            }
            let evidence = Evidence::new(EvidenceSource::Import, self.now, None);
            if let Some(mut identity) = batch.said.remove(&key) {
                identity.record(evidence);
                pending.beside.grounds.push(identity);
                pending.is_changed = true;
            } else if let Entry::Vacant(lead) = batch.leads.entry(key) {
                pending.beside.keys.push(Identity::new(lead.key().clone(), person.clone(), evidence));
                pending.is_changed = true;
                lead.insert(person.clone());
            }
        }
        self.merge(pending, record);
        Ok(())
    }

    /// Whom a record leads to, new or not.
    fn led(&self, batch: &Batch, record: &Record, keys: &[IdentityKey]) -> Result<PersonId, Broken> {
        let mut led: Vec<&PersonId> = keys.iter().filter_map(|key| batch.leads.get(key)).collect();
        led.sort();
        led.dedup();
        let person = match led.as_slice() {
            [] if keys.is_empty() => {
                record.derived_id().ok_or_else(|| Broken::new(record.line, "it names nobody"))?
            }
            [] => PersonId::generate(self.now),
            [person] => (*person).clone(),
            _ => return Err(Broken::new(record.line, "it leads to several contacts")),
        };
        Ok(batch.merged.get(&person).cloned().unwrap_or(person))
    }

    fn merge(&self, pending: &mut Pending, record: Record) {
        let details = record.details.into_iter().map(|detail| joined(&pending.contact, detail));
        let details: Vec<Detail> = details.collect();
        let changes = pending.contact.learn(details, &self.origin);
        pending.is_changed |= !changes.is_empty();
        // Who is new has nothing to go back to.
        if !pending.is_new {
            for change in changes {
                // Two lines about one person are one change.
                match pending.beside.changes.iter_mut().find(|known| known.id == change.id) {
                    Some(known) => known.after = change.after,
                    None => pending.beside.changes.push(change),
                }
            }
        }
        for text in record.notes {
            let is_known = pending.notes.iter().chain(&pending.beside.notes).any(|note| note.text == text);
            if !is_known {
                let id = NoteId::generate(self.now);
                let mut note = Note::new(id, pending.contact.id.clone(), text, self.now);
                note.version = 1;
                pending.beside.notes.push(note);
                pending.is_changed = true;
            }
        }
    }

    /// `false`: somebody else was first.
    async fn write(&self, mut pending: Pending) -> Result<bool, Error> {
        pending.contact.updated_at = Timestamp::now();
        let (contact, beside) = (pending.contact, &pending.beside);
        let written = match pending.is_new {
            true => self.twin.store().create_contact(&contact, beside, self.now).await.map_err(Error::from),
            false => Box::pin(self.twin.save_contact(contact, beside, self.now)).await.map(drop),
        };
        match written {
            Ok(()) => Ok(true),
            Err(Error::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn is_only_said(identity: &Identity) -> bool {
    !identity.is_tied() && identity.evidence.iter().all(|one| one.source != EvidenceSource::Import)
}

/// Whom a record names by our id, if its addresses are no news of them: a card goes from hand to hand, and its id does not
/// tie an address of whoever it came from. One without any has to have their name.
fn stands(batch: &Batch, record: &Record, keys: &[IdentityKey]) -> Option<PersonId> {
    let id = record.id.as_ref()?;
    let person = batch.merged.get(id).unwrap_or(id);
    let contact = &batch.people.get(person)?.contact;
    let own = [Field::Email, Field::Phone, Field::Linkedin].map(|field| key_of(&contact.detail(field)));
    let is_theirs = |key: &IdentityKey| {
        batch.leads.get(key) == Some(person)
            || own.iter().flatten().any(|own| own == key)
            || contact.refuses(key)
    };
    let is_named_so = match (record.text(Field::Name), &contact.name) {
        (Some(name), Some(own)) => folded(name) == folded(own),
        _ => true,
    };
    (keys.iter().all(is_theirs) && (!keys.is_empty() || is_named_so)).then(|| person.clone())
}

/// A list of a file adds to the list that there is.
fn joined(contact: &Contact, detail: Detail) -> Detail {
    let with = |known: &[String], new: Vec<String>| {
        let mut all = known.to_vec();
        all.extend(new.into_iter().filter(|one| !known.contains(one)));
        all
    };
    match detail {
        Detail::Tags(new) => Detail::Tags(with(&contact.tags, new)),
        Detail::Interests(new) => Detail::Interests(with(&contact.professional.interests, new)),
        Detail::Topics(new) => Detail::Topics(with(&contact.preferences.topics, new)),
        other => other,
    }
}
