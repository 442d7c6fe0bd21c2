//! The one DynamoDB table. Every access is a single `GetItem`, `Query`, write or transaction.

mod analytics;
mod audit;
mod calendar;
mod calls;
mod chats;
mod codes;
mod consents;
mod crm;
mod dials;
mod follow_ups;
mod handoffs;
mod history;
mod idempotency;
mod interactions;
pub mod keys;
mod knowledge;
mod later;
mod limits;
mod memory;
mod merging;
pub mod oauth;
mod outside;
mod people;
mod erasure;
mod persona;
mod phone_settings;
mod proposals;
mod recordings;
mod retried;
mod sessions;
pub mod table;
mod transfers;
mod talks;

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        put_item::PutItemError,
        transact_write_items::TransactWriteItemsError,
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{AttributeValue, Put, ReturnValue, TransactWriteItem},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    analytics::{SoFar, begins},
    audit::Page,
    calendar::Claimed,
    calls::{Call, Redeemed},
    chats::Place,
    crm::Beside,
    erasure::Wiped,
    handoffs::HandedOver,
    idempotency::Stands,
    interactions::{Conversation, DueWork, Learned},
    limits::{BEGUN, Limit, LocalDay, MODEL_SPEND, When},
    merging::{Absorbed, Before, Head, Parted},
    outside::{Connecting, Mirrored, Remnant, ToMirror},
    people::PersonSummary,
    recordings::{Removal, Removing},
};
use self::{erasure::About, keys::Key};
pub use crate::memory::Known;
use crate::{
    clients::why,
    error::unquoted,
    id::PersonId,
    retention::{Kind, Retention},
};

/// An item as DynamoDB takes it: values by the names of attributes, keys among them.
pub type Item = HashMap<String, AttributeValue>;

/// The table, as one client reaches it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    retention: Retention,
}

/// Why something was not read or not written; of a transaction, nothing was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: somebody else was first, or the version is stale.
    #[error("the item was changed or exists already")]
    Conflict,
    #[error("no such item")]
    NotFound,
    /// Whoever it is about was erased: nothing about them is kept.
    #[error("the person was erased")]
    Erased,
    /// The table could not be reached, is throttled, or refuses.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// An item does not have the shape that it was written with.
    #[error("an item cannot be read: {}", unquoted(&.0.to_string()))]
    Corrupt(#[from] serde_dynamo::Error),
    /// What is to be stored does not fit into an item.
    #[error("this is more than the table takes in one item")]
    TooLarge,
    /// Packed data does not have the shape that it was written with.
    #[error("packed data cannot be read: {}", unquoted(.0))]
    Unreadable(String),
}

type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// Keeps things for the default times of [`Retention`].
    pub fn new(client: Client, table: impl Into<Arc<str>>) -> Self {
        let client = retried::patient(&client);
        Self { client, table: table.into(), retention: Retention::default() }
    }

    /// The same, keeping things for these times.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// When something that is written now is over.
    fn until(&self, kind: Kind) -> Timestamp {
        self.retention.until(kind, Timestamp::now())
    }

    /// Whether the table answers.
    pub async fn check(&self) -> Result<()> {
        self.client.describe_table().table_name(&*self.table).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>> {
        let item = self.raw(key).await?;
        item.map(|item| Ok(serde_dynamo::from_item(item)?)).transpose()
    }

    async fn raw(&self, key: Key) -> Result<Option<Item>> {
        let output = self
            .client
            .get_item()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(output.item.and_then(|item| self.current(item, Timestamp::now())))
    }

    /// A list by time, at most `limit` of it; `ascending`: the oldest first.
    async fn listed<T: DeserializeOwned>(&self, list: &str, limit: i32, ascending: bool) -> Result<Vec<T>> {
        let output = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .key_condition_expression("#list = :list")
            .expression_attribute_names("#list", keys::LIST)
            .expression_attribute_values(":list", AttributeValue::S(list.to_owned()))
            .scan_index_forward(ascending)
            .limit(limit)
            .send()
            .await
            .map_err(unavailable)?;
        let now = Timestamp::now();
        let items = output.items.unwrap_or_default().into_iter().filter_map(|item| self.current(item, now));
        items.map(|item| Ok(serde_dynamo::from_item(item)?)).collect()
    }

    async fn put(&self, item: Item) -> Result<()> {
        self.put_if(item, None).await
    }

    /// Writes an item that must not exist yet.
    async fn put_new(&self, item: Item) -> Result<()> {
        self.put_if(item, Some(Condition::absent())).await
    }

    async fn put_if(&self, item: Item, condition: Option<Condition>) -> Result<()> {
        let written = About::of(&item);
        self.put_unseen(item, condition).await?;
        self.unless_erased(written).await
    }

    /// Writes an item without looking whether whoever it is about was erased.
    async fn put_unseen(&self, item: Item, condition: Option<Condition>) -> Result<()> {
        let mut put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        if let Some(Condition { expression, values }) = condition {
            put = put
                .condition_expression(expression)
                .set_expression_attribute_values((!values.is_empty()).then_some(values));
        }
        put.send().await.map_err(put_error)?;
        Ok(())
    }

    /// What is not there is gone already.
    async fn delete(&self, key: Key) -> Result<()> {
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete = delete.key(keys::PK, AttributeValue::S(key.pk)).key(keys::SK, AttributeValue::S(key.sk));
        delete.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Deletes an item that counts once, and says what it was: of all who ask at once, one is told.
    async fn take_item<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>> {
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete = delete.key(keys::PK, AttributeValue::S(key.pk)).key(keys::SK, AttributeValue::S(key.sk));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await.map_err(unavailable)?;
        Ok(deleted.attributes.map(serde_dynamo::from_item).transpose()?)
    }

    /// An update of one item, to be completed.
    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&*self.table);
        update.key(keys::PK, AttributeValue::S(key.pk)).key(keys::SK, AttributeValue::S(key.sk))
    }

    /// All items of a partition whose sort key begins with `prefix`, in order.
    async fn query<T: DeserializeOwned>(&self, pk: String, prefix: &str) -> Result<Vec<T>> {
        self.query_items(pk, prefix)
            .await?
            .into_iter()
            .map(|item| Ok(serde_dynamo::from_item(item)?))
            .collect()
    }

    async fn query_items(&self, pk: String, prefix: &str) -> Result<Vec<Item>> {
        let now = Timestamp::now();
        let items = self.query_all(pk, prefix).await?;
        Ok(items.into_iter().filter_map(|item| self.current(item, now)).collect())
    }

    /// What of an item is not past its time: DynamoDB deletes late.
    fn current(&self, mut item: Item, now: Timestamp) -> Option<Item> {
        if is_over(&item, now) {
            return None;
        }
        memory::unquote(&mut item, &self.retention, now);
        Some(item)
    }

    /// The same with what is past its time and was not deleted yet.
    async fn query_all(&self, pk: String, prefix: &str) -> Result<Vec<Item>> {
        let query = self.client.query().table_name(&*self.table).consistent_read(true);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk));
        // DynamoDB takes no empty string for a key, and what is embedded does.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :pk"),
            _ => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
        };
        let pages = query.into_paginator().items().send();
        pages.collect::<std::result::Result<Vec<_>, _>>().await.map_err(unavailable)
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<()> {
        let puts = writes.iter().filter_map(|write| write.put());
        let written: Vec<About> = puts.filter_map(|put| About::of(put.item())).collect();
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(transaction_error)?;
        self.unless_erased(written).await
    }

    /// A write for a transaction; with a condition in terms of the stored item.
    fn write(&self, item: Item, condition: Option<Condition>) -> TransactWriteItem {
        let mut put = Put::builder().table_name(&*self.table).set_item(Some(item));
        if let Some(condition) = condition {
            put = put
                .condition_expression(condition.expression)
                .set_expression_attribute_values((!condition.values.is_empty()).then_some(condition.values));
        }
        // Table and item are set: building cannot fail.
        TransactWriteItem::builder().set_put(put.build().ok()).build()
    }
}

const ABSENT: &str = "attribute_not_exists(pk)";

struct Condition {
    expression: String,
    values: Item,
}

impl Condition {
    fn absent() -> Self {
        Self { expression: ABSENT.to_owned(), values: Item::new() }
    }

    fn there() -> Self {
        Self { expression: "attribute_exists(pk)".to_owned(), values: Item::new() }
    }

    /// The stored item belongs to this person.
    fn of(person: &PersonId) -> Self {
        let values = Item::from([(":person".to_owned(), AttributeValue::S(person.to_string()))]);
        Self { expression: "person = :person".to_owned(), values }
    }

    /// The stored item still has the version that was read; 0 when there was none.
    fn version(read: u64) -> Self {
        if read == 0 {
            return Self::absent();
        }
        let values = Item::from([(":version".to_owned(), AttributeValue::N(read.to_string()))]);
        Self { expression: "version = :version".to_owned(), values }
    }

    /// The same of what is there, belongs to this person, and may have been stored before it had versions. Of another
    /// person it is another item, whatever its version.
    fn version_or_none(person: &PersonId, read: u64) -> Self {
        let mut condition = Self::of(person);
        condition.expression += " AND (attribute_not_exists(version) OR version = :version)";
        condition.values.insert(":version".to_owned(), AttributeValue::N(read.to_string()));
        condition
    }
}

/// The item of a value under its key.
fn item(key: Key, value: &impl Serialize) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(value)?;
    item.insert(keys::PK.to_owned(), AttributeValue::S(key.pk));
    item.insert(keys::SK.to_owned(), AttributeValue::S(key.sk));
    Ok(item)
}

fn set(item: &mut Item, name: &str, value: impl Into<String>) {
    item.insert(name.to_owned(), AttributeValue::S(value.into()));
}

fn due(item: &mut Item, id: &str, at: Timestamp) {
    set(item, keys::DUE_SHARD, keys::due_shard(id));
    set(item, keys::DUE_AT, keys::time(at));
}

fn expires(item: &mut Item, at: Timestamp) {
    item.insert(keys::TTL.to_owned(), AttributeValue::N(at.as_second().to_string()));
}

/// Past its time: DynamoDB deletes late.
fn is_over(item: &Item, now: Timestamp) -> bool {
    let ttl = item.get(keys::TTL).and_then(|ttl| ttl.as_n().ok());
    ttl.and_then(|ttl| ttl.parse::<i64>().ok()).is_some_and(|ttl| ttl <= now.as_second())
}

fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> StoreError {
    StoreError::Unavailable(why(&error))
}

fn put_error<R>(error: SdkError<PutItemError, R>) -> StoreError {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(_)) => StoreError::Conflict,
        _ => unavailable(error),
    }
}

/// Updates an item if its condition holds. `false`: it does not, and nothing changed.
async fn applied(update: UpdateItemFluentBuilder) -> Result<bool> {
    match update.send().await.map_err(update_error) {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

fn update_error<R>(error: SdkError<UpdateItemError, R>) -> StoreError {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => StoreError::Conflict,
        _ => unavailable(error),
    }
}

fn transaction_error<R>(error: SdkError<TransactWriteItemsError, R>) -> StoreError {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let lost =
            |code: Option<&str>| matches!(code, Some("ConditionalCheckFailed" | "TransactionConflict"));
        if cancelled.cancellation_reasons().iter().any(|reason| lost(reason.code())) {
            return StoreError::Conflict;
        }
    }
    unavailable(error)
}
