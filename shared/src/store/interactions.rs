//! Interactions with their turns and actions: opened, added to, closed in one transaction, analysed once.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Condition, Item, Known, Remnant, Removal, Result, Store, StoreError, ToMirror, applied,
    crm::{change_item, opportunity_item, task_item},
    due, expires, item, keys,
    people::{contact_items, context_item},
    set, unavailable,
};
use crate::{
    contact::{Change, Contact, Opportunity, Task},
    context::UnifiedContext,
    follow_up::{FollowUp, Follows},
    id::{FactId, InteractionId, PersonId},
    identity::Assurance,
    interaction::{Action, Interaction, Status, Turn, second_transcript::TranscriptLine},
    memory::Fact,
    outbound::Dial,
    retention::Kind,
    routing::RouteKind,
    spelled::without_cards,
};

const STATUS: (&str, &str) = ("#status", "status");
/// Of one shard, so much is dealt with in one sweep.
const MAX_DUE: usize = 5000;
/// An open interaction that nobody closed is closed by the sweep after this.
const CLOSE_AFTER: SignedDuration = SignedDuration::from_mins(45);
/// A closed one whose job got lost is queued again by the sweep after this.
pub(super) const REQUEUE_AFTER: SignedDuration = SignedDuration::from_mins(2);

/// Everything about one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Conversation {
    #[serde(flatten)]
    pub interaction: Interaction,
    pub turns: Vec<Turn>,
    pub actions: Vec<Action>,
}

/// What a tool call did, under its own id, so that it is not done twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Acted {
    pub at: Timestamp,
    #[serde(default)]
    pub action: Option<Action>,
    /// JSON, as the model got it.
    pub output: String,
}

/// What a conversation taught about its person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learned {
    pub changes: Vec<Change>,
    /// Those that changed.
    pub facts: Vec<Fact>,
    pub opportunity: Option<Opportunity>,
    /// What was promised and the owner has to do.
    pub tasks: Vec<Task>,
}

/// Something that the sweep found.
#[derive(Debug, Clone, PartialEq)]
pub enum DueWork {
    Interaction(Box<Interaction>),
    FollowUp(Box<FollowUp>),
    /// The owner wants to be reminded of it.
    Task(Box<Task>),
    /// Somebody without any identity is forgotten.
    Forget(PersonId),
    /// The words that a fact of this partition rests on are over.
    Quote(PersonId, FactId),
    /// The words that the analysis of a conversation rests on are over.
    Stated(PersonId, InteractionId),
    /// Somebody who was erased is looked through once more.
    Erasure(PersonId),
    /// Recordings are to be removed.
    Recordings(Box<Removal>),
    /// Calendars elsewhere are to hear of a booking.
    Mirror(Box<ToMirror>),
    /// What calendars elsewhere have of somebody who was erased is to be taken out.
    Remnant(Box<Remnant>),
    /// A call is to be placed, or never told how it ended.
    Dial(Box<Dial>),
}

impl Store {
    /// The same interaction again is no error: it goes on.
    pub async fn open_interaction(&self, interaction: &Interaction) -> Result<()> {
        match self.put_new(self.interaction_item(interaction)?).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    /// A conversation without its turns and actions.
    pub async fn interaction(&self, person: &PersonId, id: &InteractionId) -> Result<Option<Interaction>> {
        self.found(person, |partition| keys::interaction(partition, id)).await
    }

    /// A person's conversations, oldest first.
    pub async fn interactions(&self, person: &PersonId) -> Result<Vec<Interaction>> {
        self.across(person, keys::INTERACTIONS).await
    }

    /// Those that were held with one of the partitions of a person.
    pub async fn interactions_in(&self, partition: &PersonId) -> Result<Vec<Interaction>> {
        self.query(keys::person(partition), keys::INTERACTIONS).await
    }

    /// Whether a conversation was held with this partition itself.
    pub async fn lies_in(&self, partition: &PersonId, id: &InteractionId) -> Result<bool> {
        Ok(self.raw(keys::interaction(partition, id)).await?.is_some())
    }

    /// What was said in it, in order.
    pub async fn turns(&self, person: &PersonId, id: &InteractionId) -> Result<Vec<Turn>> {
        self.query(keys::person(person), &keys::turns(id)).await
    }

    /// A conversation with its turns and actions, each in order.
    pub async fn conversation(&self, person: &PersonId, id: &InteractionId) -> Result<Option<Conversation>> {
        let Some(interaction) = self.interaction(person, id).await? else { return Ok(None) };
        let person = &interaction.person;
        let turns = self.turns(person, id).await?;
        let actions = self.actions(person, id).await?;
        Ok(Some(Conversation { interaction, turns, actions }))
    }

    /// What was done in a conversation, in its order.
    pub async fn actions(&self, person: &PersonId, id: &InteractionId) -> Result<Vec<Action>> {
        let mut acted: Vec<Acted> = self.query(keys::person(person), &keys::actions(id)).await?;
        acted.sort_by_key(|acted| acted.at);
        Ok(acted.into_iter().filter_map(|acted| acted.action).collect())
    }

    /// Without the numbers of cards that were said.
    pub async fn add_turn(&self, person: &PersonId, interaction: &InteractionId, turn: &Turn) -> Result<()> {
        let turn = &Turn { text: without_cards(&turn.text).into_owned(), ..turn.clone() };
        let mut new = item(keys::turn(person, interaction, turn), turn)?;
        expires(&mut new, self.until(Kind::Transcripts));
        self.put(new).await
    }

    /// What Twilio's live transcription heard, or a recording says; the same again is the same.
    pub async fn add_transcript_line(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        heard: &TranscriptLine,
    ) -> Result<()> {
        let heard = &TranscriptLine { text: without_cards(&heard.text).into_owned(), ..heard.clone() };
        let mut new = item(keys::transcript_line(person, interaction, heard), heard)?;
        expires(&mut new, self.until(Kind::Transcripts));
        self.put(new).await
    }

    /// What was kept of its second transcript, side by side.
    pub async fn transcript_lines(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
    ) -> Result<Vec<TranscriptLine>> {
        self.query(keys::person(person), &keys::transcript_lines(interaction)).await
    }

    /// What a tool call answered, if it was made before.
    pub async fn acted(
        &self,
        person: &PersonId,
        id: &InteractionId,
        tool_call: &str,
    ) -> Result<Option<Value>> {
        let acted: Option<Acted> = self.get(keys::action(person, id, tool_call)).await?;
        Ok(acted.and_then(|acted| serde_json::from_str(&acted.output).ok()))
    }

    /// Stores what a tool call did, together with what it changed about the contact.
    pub async fn act(
        &self,
        person: &PersonId,
        id: &InteractionId,
        tool_call: &str,
        action: Option<Action>,
        output: &Value,
        contact: Option<Contact>,
        changes: &[Change],
        at: Timestamp,
    ) -> Result<()> {
        let acted = Acted { at, action, output: output.to_string() };
        let mut new = item(keys::action(person, id, tool_call), &acted)?;
        expires(&mut new, self.until(Kind::Transcripts));
        let mut writes = vec![self.write(new, Some(Condition::absent()))];
        if let Some(contact) = contact {
            writes.extend(self.next_contact(contact)?);
        }
        for change in changes {
            writes.push(self.write(change_item(change)?, None));
        }
        self.transact(writes).await
    }

    /// Closes an open interaction together with the context. A conflict: it was closed already, or the
    /// context has moved on.
    pub async fn close_interaction(&self, closed: &Interaction, context: UnifiedContext) -> Result<()> {
        let open = serde_dynamo::to_attribute_value(Status::Open)?;
        let open = Condition::new("#status = :open", [(":open", open)]).naming(STATUS);
        let closed = self.write(self.interaction_item(closed)?, Some(open));
        self.transact(vec![closed, self.next_context(context)?]).await
    }

    /// How an open conversation is taken from now on; of one that is over it is not changed.
    pub async fn reroute(&self, person: &PersonId, id: &InteractionId, route: RouteKind) -> Result<()> {
        let update = self
            .update(keys::interaction(person, id))
            .update_expression("SET route = :route")
            .condition_expression("#status = :open")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":route", serde_dynamo::to_attribute_value(route)?)
            .expression_attribute_values(":open", serde_dynamo::to_attribute_value(Status::Open)?);
        applied(update).await?;
        Ok(())
    }

    /// It became surer who speaks in an open conversation; less sure it never becomes.
    pub async fn raise(&self, person: &PersonId, id: &InteractionId, level: Assurance) -> Result<()> {
        let update = self
            .update(keys::interaction(person, id))
            .update_expression("SET #level = :level")
            .condition_expression("#status = :open AND #level < :level")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#level", "level")
            .expression_attribute_values(":level", serde_dynamo::to_attribute_value(level)?)
            .expression_attribute_values(":open", serde_dynamo::to_attribute_value(Status::Open)?);
        applied(update).await?;
        Ok(())
    }

    /// What is left of a conversation whose person is gone.
    pub async fn drop_interaction(&self, person: &PersonId, id: &InteractionId) -> Result<()> {
        self.delete(keys::interaction(person, id)).await
    }

    /// An open interaction is closed by the sweep at this time, unless it is closed before.
    pub async fn hasten_close(&self, person: &PersonId, id: &InteractionId, at: Timestamp) -> Result<()> {
        self.set_due(person, id, at, "#status = :status AND due_at > :at", Status::Open).await?;
        Ok(())
    }

    /// An open interaction stays open until this time; `false` if it is not open any more.
    pub async fn keep_open(&self, person: &PersonId, id: &InteractionId, until: Timestamp) -> Result<bool> {
        self.set_due(person, id, until, "#status = :status", Status::Open).await
    }

    /// A closed interaction is looked at again at this time, unless it is analysed before.
    pub async fn postpone(&self, person: &PersonId, id: &InteractionId, at: Timestamp) -> Result<()> {
        self.set_due(person, id, at, "#status = :status", Status::Closed).await?;
        Ok(())
    }

    async fn set_due(
        &self,
        person: &PersonId,
        id: &InteractionId,
        at: Timestamp,
        condition: &str,
        status: Status,
    ) -> Result<bool> {
        let update = self
            .update(keys::interaction(person, id))
            .update_expression("SET due_at = :at")
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":at", AttributeValue::S(keys::time(at)))
            .expression_attribute_values(":status", serde_dynamo::to_attribute_value(status)?);
        applied(update).await
    }

    /// Stores what the brain made of an interaction, with the facts that changed and all that follows, or nothing. A
    /// conflict: more of it came since it was read, or something else moved on.
    pub async fn analyse_interaction(
        &self,
        analysed: &Interaction,
        known: Known,
        learned: &Learned,
        follows: &Follows,
    ) -> Result<()> {
        let mut closed = Condition::unchanged(analysed).naming(STATUS);
        closed.expression += " AND #status = :closed";
        closed.values.insert(":closed".to_owned(), serde_dynamo::to_attribute_value(Status::Closed)?);
        let mut writes = vec![
            self.write(self.interaction_item(analysed)?, Some(closed)),
            self.next_context(known.context)?,
        ];
        // Of somebody who was merged it is not the person of the conversation.
        let head = known.contact.id.clone();
        writes.extend(self.next_contact(known.contact)?);
        for change in &learned.changes {
            writes.push(self.write(change_item(change)?, None));
        }
        // One that is known already goes on as it is.
        if let Some(brought_up) = &learned.opportunity
            && self.opportunity(&brought_up.person, &brought_up.id).await?.is_none()
        {
            let brought_up = Opportunity { version: 1, ..brought_up.clone() };
            writes.push(self.write(opportunity_item(&brought_up)?, Some(Condition::absent())));
        }
        for task in &learned.tasks {
            let task = Task { version: 1, ..task.clone() };
            writes.push(self.write(task_item(&task)?, Some(Condition::absent())));
        }
        for follow_up in &follows.new {
            writes.push(self.write(self.follow_up_item(follow_up)?, Some(Condition::absent())));
        }
        writes.extend(self.changing(follows)?);
        writes.extend(self.next_memory(&head, known.memory, &learned.facts)?);
        self.transact(writes).await
    }

    /// Work that is due, of one shard; what cannot be read is an error among the rest.
    pub async fn due(&self, shard: u8, now: Timestamp) -> Result<Vec<Result<DueWork>>> {
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(format!("DUE#{shard}")))
            .expression_attribute_values(":now", AttributeValue::S(keys::time(now)));
        // What waits while everything is stopped stays in front, and keeps nothing behind it from being found.
        let (mut pages, mut due) = (query.into_paginator().send(), Vec::new());
        while due.len() < MAX_DUE
            && let Some(page) = pages.next().await
        {
            let items = page.map_err(unavailable)?.items.unwrap_or_default();
            due.extend(items.into_iter().map(due_work));
        }
        Ok(due)
    }

    /// A contact's next version, with its card.
    pub(super) fn next_contact(&self, mut contact: Contact) -> Result<[TransactWriteItem; 2]> {
        let read = contact.version;
        contact.version += 1;
        let [new, card] = contact_items(&contact)?;
        Ok([self.write(new, Some(Condition::version(read))), self.write(card, None)])
    }

    pub(super) fn next_context(&self, mut context: UnifiedContext) -> Result<TransactWriteItem> {
        let read = context.version;
        context.version += 1;
        Ok(self.write(context_item(&context)?, Some(Condition::version(read))))
    }

    fn interaction_item(&self, interaction: &Interaction) -> Result<Item> {
        let mut new = item(keys::interaction(&interaction.person, &interaction.id), interaction)?;
        expires(&mut new, self.until(Kind::Conversations));
        set(&mut new, keys::LIST, keys::day(interaction.started_at));
        set(&mut new, keys::LIST_AT, keys::time(interaction.started_at));
        match interaction.status {
            Status::Open => due(&mut new, interaction.id.as_str(), interaction.started_at + CLOSE_AFTER),
            Status::Closed => {
                let ended = interaction.ended_at.unwrap_or(interaction.started_at);
                due(&mut new, interaction.id.as_str(), ended + REQUEUE_AFTER);
            }
            Status::Analysed => {
                let analysis = interaction.analysis.as_ref();
                if analysis.is_some_and(|made| made.quote.is_some() || !made.facts.is_empty()) {
                    let over = self.retention.until(Kind::Transcripts, interaction.started_at);
                    due(&mut new, interaction.id.as_str(), over);
                }
            }
        }
        Ok(new)
    }
}

fn due_work(found: Item) -> Result<DueWork> {
    let part = |name: &str| found.get(name).and_then(|part| part.as_s().ok()).map_or("", String::as_str);
    let sk = part(keys::SK);
    let person = keys::person_of(part(keys::PK));
    Ok(match person {
        Some(person) if sk == keys::TOMBSTONE => DueWork::Erasure(person),
        Some(person) if sk.starts_with(keys::HEAD) => DueWork::Forget(person),
        Some(person) if sk.starts_with(keys::FACTS) => {
            DueWork::Quote(person, serde_dynamo::from_item::<_, Fact>(found)?.id)
        }
        _ if sk == keys::RECORDINGS => DueWork::Recordings(Box::new(serde_dynamo::from_item(found)?)),
        _ if sk == keys::REMNANT => DueWork::Remnant(Box::new(serde_dynamo::from_item(found)?)),
        _ if sk.starts_with(keys::INTERACTIONS) => {
            let held: Interaction = serde_dynamo::from_item(found)?;
            match held.status {
                Status::Analysed => DueWork::Stated(held.person, held.id),
                Status::Open | Status::Closed => DueWork::Interaction(Box::new(held)),
            }
        }
        _ if sk.starts_with(keys::TO_MIRROR) => DueWork::Mirror(Box::new(serde_dynamo::from_item(found)?)),
        _ if sk.starts_with(keys::DIAL) => DueWork::Dial(Box::new(serde_dynamo::from_item(found)?)),
        _ if sk.starts_with(keys::TASK) => DueWork::Task(Box::new(serde_dynamo::from_item(found)?)),
        _ => DueWork::FollowUp(Box::new(serde_dynamo::from_item(found)?)),
    })
}
