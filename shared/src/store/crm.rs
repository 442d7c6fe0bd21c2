//! What the CRM keeps beside a contact: notes, tasks, opportunities, automatic changes, and the cards that lists are
//! made of. Each is an item of its own in the person's partition.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Condition, Item, Result, Store, StoreError, due, expires, item, keys,
    keys::Key,
    knowledge::GET_BATCH,
    partitions::{MAX_CHAIN, endless, merged_into},
    people::{person_items, remembered},
    set, unavailable,
};
use crate::{
    contact::{Card, Change, Contact, Money, Note, Opportunity, Stage, Task, Worth},
    id::{ChangeId, NoteId, OpportunityId, PersonId, TaskId},
    identity::{Identity, IdentityKey},
    interaction::{Action, Interaction, Turn},
    timeline::{Entry, Heard, What},
};

/// A deleted note is kept empty for so long: searches that are kept in memory learn of it.
const DELETED_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Turns of one conversation that a timeline shows.
const MAX_TURNS: usize = 200;

/// What is written together with a contact.
#[derive(Debug, Default)]
pub struct Beside {
    /// Keys that lead to the person from now on.
    pub keys: Vec<Identity>,
    /// Keys that do already, with evidence added to what was read.
    pub grounds: Vec<Identity>,
    /// Keys that do not any more.
    pub dropped: Vec<Identity>,
    pub changes: Vec<Change>,
    pub notes: Vec<Note>,
}

/// Whom something is of.
#[derive(Deserialize)]
struct With {
    person: PersonId,
}

#[derive(Deserialize)]
struct Valued {
    value: Option<Money>,
}

impl Store {
    /// A contact as it reads: that of the survivor, if they were merged. Nothing of whom nobody knows.
    pub async fn contact(&self, person: &PersonId) -> Result<Option<Contact>> {
        let mut person = person.clone();
        for _ in 0..=MAX_CHAIN {
            let Some(found) = self.raw(keys::contact(&person)).await? else { return Ok(None) };
            match merged_into(&found) {
                Some(into) => person = into,
                None => return Ok(remembered(serde_dynamo::from_item(found)?)),
            }
        }
        Err(endless())
    }

    /// The contacts of these people, by the ids that were asked for; who is gone is left out.
    pub async fn contacts(&self, people: &[PersonId]) -> Result<HashMap<PersonId, Contact>> {
        let mut found = HashMap::with_capacity(people.len());
        for some in people.chunks(GET_BATCH) {
            for item in self.batch(some.iter().map(keys::contact).collect()).await? {
                let asked = item.get(keys::PK).and_then(|pk| keys::person_of(pk.as_s().ok()?));
                let contact = match merged_into(&item) {
                    Some(into) => self.contact(&into).await?,
                    None => remembered(serde_dynamo::from_item(item)?),
                };
                found.extend(asked.zip(contact));
            }
        }
        Ok(found)
    }

    /// Who these keys lead to.
    pub async fn identities(&self, wanted: &[IdentityKey]) -> Result<HashMap<IdentityKey, Identity>> {
        let mut found = HashMap::with_capacity(wanted.len());
        for some in wanted.chunks(GET_BATCH) {
            for item in self.batch(some.iter().map(keys::identity).collect()).await? {
                let identity: Identity = serde_dynamo::from_item(item)?;
                found.insert(identity.key.clone(), identity);
            }
        }
        Ok(found)
    }

    /// A new person. A conflict: there is one with this id, or one of the keys leads to somebody.
    pub async fn create_contact(&self, contact: &Contact, beside: &Beside, now: Timestamp) -> Result<()> {
        let mut writes = self.beside(&contact.id, beside)?;
        for new in person_items(contact, now)? {
            writes.push(self.write(new, Some(Condition::absent())));
        }
        self.transact(writes).await
    }

    /// A contact's next version. A conflict: it is not the one that was read, or a key leads to somebody.
    pub async fn save_contact(&self, contact: Contact, beside: &Beside) -> Result<()> {
        let mut writes = self.beside(&contact.id, beside)?;
        writes.extend(self.next_contact(contact)?);
        self.transact(writes).await
    }

    fn beside(&self, person: &PersonId, beside: &Beside) -> Result<Vec<TransactWriteItem>> {
        let mut writes = Vec::new();
        for identity in &beside.keys {
            let pointer = item(keys::key_of(person, &identity.key), &identity.key)?;
            let new = item(keys::identity(&identity.key), identity)?;
            writes.push(self.write(new, Some(Condition::absent())));
            writes.push(self.write(pointer, None));
        }
        for mut identity in beside.grounds.iter().cloned() {
            writes.push(self.next_identity(&mut identity)?);
        }
        for Identity { key, person, .. } in &beside.dropped {
            writes.push(self.deletion(keys::identity(key), Some(Condition::of(person))));
            writes.push(self.deletion(keys::key_of(person, key), None));
        }
        for change in &beside.changes {
            writes.push(self.write(change_item(change)?, None));
        }
        for note in &beside.notes {
            writes.push(self.write(note_item(note)?, None));
        }
        Ok(writes)
    }

    pub async fn note(&self, person: &PersonId, id: &NoteId) -> Result<Option<Note>> {
        self.found(person, |partition| keys::note(partition, id)).await
    }

    /// A person's notes, the oldest first.
    pub async fn notes(&self, person: &PersonId) -> Result<Vec<Note>> {
        let mut notes: Vec<Note> = self.across(person, keys::NOTE).await?;
        notes.retain(|note| note.deleted_at.is_none());
        Ok(notes)
    }

    /// Writes the next version of a note that was read; version 0: a new one.
    pub async fn save_note(&self, note: &mut Note) -> Result<()> {
        let read = note.version;
        note.version += 1;
        self.next_of(&note.person, note_item(note)?, read).await
    }

    pub async fn task(&self, person: &PersonId, id: &TaskId) -> Result<Option<Task>> {
        self.found(person, |partition| keys::task(partition, id)).await
    }

    /// Open and done ones.
    pub async fn tasks(&self, person: &PersonId) -> Result<Vec<Task>> {
        self.across(person, keys::TASK).await
    }

    /// Saves the next version of a task, or a first one. `Conflict`: it is another than was read.
    pub async fn save_task(&self, task: &mut Task) -> Result<()> {
        let read = task.version;
        task.version += 1;
        self.next_of(&task.person, task_item(task)?, read).await
    }

    pub async fn delete_task(&self, task: &Task) -> Result<()> {
        self.delete(keys::task(&task.person, &task.id)).await
    }

    /// Everybody with whom a task is open.
    pub async fn with_open_tasks(&self) -> Result<HashSet<PersonId>> {
        let mut people = HashSet::new();
        let mut pages = self.each_with(keys::TASKS, "person").into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(unavailable)?.items.unwrap_or_default() {
                let With { person } = serde_dynamo::from_item(item)?;
                people.insert(person);
            }
        }
        Ok(people)
    }

    /// Open tasks, those that are due first.
    pub async fn open_tasks(&self, limit: i32) -> Result<Vec<Task>> {
        self.listed(keys::TASKS, limit, true).await
    }

    pub async fn opportunity(&self, person: &PersonId, id: &OpportunityId) -> Result<Option<Opportunity>> {
        self.found(person, |partition| keys::opportunity(partition, id)).await
    }

    pub async fn opportunities(&self, person: &PersonId) -> Result<Vec<Opportunity>> {
        self.across(person, keys::OPPORTUNITY).await
    }

    /// Those in a stage, the latest first.
    pub async fn pipeline(&self, stage: Stage, limit: i32) -> Result<Vec<Opportunity>> {
        self.listed(&keys::stage(stage), limit, false).await
    }

    /// How many are in a stage and what they are worth together, of the first `most`.
    pub async fn worth(&self, stage: Stage, most: usize) -> Result<Worth> {
        let mut worth = Worth::default();
        let mut pages = self.each_with(&keys::stage(stage), "value").into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(unavailable)?.items.unwrap_or_default() {
                if worth.count == most {
                    worth.more = true;
                    return Ok(worth);
                }
                let Valued { value } = serde_dynamo::from_item(item)?;
                worth.add(value);
            }
        }
        Ok(worth)
    }

    /// The same of an opportunity.
    pub async fn save_opportunity(&self, opportunity: &mut Opportunity) -> Result<()> {
        let read = opportunity.version;
        opportunity.version += 1;
        self.next_of(&opportunity.person, opportunity_item(opportunity)?, read).await
    }

    pub async fn delete_opportunity(&self, opportunity: &Opportunity) -> Result<()> {
        self.delete(keys::opportunity(&opportunity.person, &opportunity.id)).await
    }

    pub async fn change(&self, person: &PersonId, id: &ChangeId) -> Result<Option<Change>> {
        self.found(person, |partition| keys::change(partition, id)).await
    }

    /// A person's automatic changes, the oldest first.
    pub async fn changes(&self, person: &PersonId) -> Result<Vec<Change>> {
        let mut changes: Vec<Change> = self.across(person, keys::CHANGE).await?;
        changes.sort_by(|one, other| (one.origin.at, &one.id).cmp(&(other.origin.at, &other.id)));
        Ok(changes)
    }

    /// Writes what belongs to a person, as long as there is such a person.
    async fn next_of(&self, person: &PersonId, new: Item, read: u64) -> Result<()> {
        let there = self.given(keys::contact(person), Condition::there());
        self.transact(vec![self.write(new, Some(Condition::version(read))), there]).await
    }

    /// Cards that were written since, in pages; from the beginning, if no time is given.
    pub async fn cards_since(&self, since: Option<Timestamp>, take: impl FnMut(Card) + Send) -> Result<()> {
        self.each_listed(keys::CARDS, since, take).await
    }

    /// The same of notes.
    pub async fn notes_since(&self, since: Option<Timestamp>, take: impl FnMut(Note) + Send) -> Result<()> {
        self.each_listed(keys::NOTES, since, take).await
    }

    /// All that happened with a person, in no order, without what was said.
    pub async fn happened(&self, person: &PersonId) -> Result<Vec<Entry>> {
        let (conversations, follow_ups, mails, notes, tasks, opportunities, bookings) = tokio::try_join!(
            self.interactions(person),
            self.follow_ups(person),
            self.mails(person),
            self.notes(person),
            self.tasks(person),
            self.opportunities(person),
            self.bookings_of(person),
        )?;
        let mut entries: Vec<Entry> = conversations.into_iter().map(Entry::conversation).collect();
        entries.extend(follow_ups.into_iter().map(Entry::follow_up));
        entries.extend(mails.into_iter().map(Entry::mail));
        entries.extend(notes.into_iter().filter_map(Entry::note));
        entries.extend(tasks.into_iter().flat_map(Entry::task));
        entries.extend(opportunities.into_iter().flat_map(Entry::stages));
        entries.extend(bookings.into_iter().filter_map(Entry::booking));
        Ok(entries)
    }

    /// Puts in what was said, done and recorded with a person.
    pub async fn recount(&self, person: &PersonId, entries: &mut [Entry]) -> Result<()> {
        let is_call = |entry: &Entry| match &entry.what {
            What::Conversation { conversation, .. } => conversation.call_sid.is_some(),
            _ => false,
        };
        let recorded = if entries.iter().any(is_call) { self.recordings(person).await? } else { Vec::new() };
        for entry in entries {
            if let What::Conversation { conversation, turns, turns_left_out, actions, recordings } =
                &mut entry.what
            {
                (*turns, *actions) = self.said_and_done(conversation).await?;
                *turns_left_out = turns.len().saturating_sub(MAX_TURNS);
                turns.truncate(MAX_TURNS);
                let of_this = recorded.iter().filter(|one| one.interaction == conversation.id);
                *recordings = of_this.cloned().map(Heard::from).collect();
                recordings.sort_by_key(|one| one.recording.at);
            }
        }
        Ok(())
    }

    async fn said_and_done(&self, held: &Interaction) -> Result<(Vec<Turn>, Vec<Action>)> {
        let conversation = self.conversation(&held.person, &held.id).await?;
        Ok(conversation.map(|found| (found.turns, found.actions)).unwrap_or_default())
    }
}

pub(super) fn change_item(change: &Change) -> Result<Item> {
    item(keys::change(&change.person, &change.id), change)
}

pub(super) fn opportunity_item(opportunity: &Opportunity) -> Result<Item> {
    let key = keys::opportunity(&opportunity.person, &opportunity.id);
    listed(key, opportunity, &keys::stage(opportunity.stage), keys::time(opportunity.since()))
}

fn note_item(note: &Note) -> Result<Item> {
    let mut new = listed(keys::note(&note.person, &note.id), note, keys::NOTES, keys::time(note.updated_at))?;
    if let Some(deleted) = note.deleted_at {
        expires(&mut new, deleted + DELETED_FOR);
    }
    Ok(new)
}

pub(super) fn task_item(task: &Task) -> Result<Item> {
    let key = keys::task(&task.person, &task.id);
    let mut new = match task.done_at {
        Some(_) => item(key, task)?,
        None => listed(key, task, keys::TASKS, task.due_at.map_or(keys::NEVER.to_owned(), keys::time))?,
    };
    if let Some(at) = task.reminder() {
        due(&mut new, task.id.as_str(), at);
    }
    Ok(new)
}

fn listed(key: Key, value: &impl Serialize, list: &str, at: String) -> Result<Item> {
    let mut new = item(key, value)?;
    set(&mut new, keys::LIST, list);
    set(&mut new, keys::LIST_AT, at);
    Ok(new)
}

impl From<crate::contact::Edited> for StoreError {
    fn from(_: crate::contact::Edited) -> Self {
        Self::Conflict
    }
}
