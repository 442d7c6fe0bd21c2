//! The one DynamoDB table. Every access is a single `GetItem`, `Query`, write or transaction.

mod adding;
mod analytics;
mod audit;
mod calendar;
mod calls;
mod chats;
mod codes;
mod condition;
mod consents;
mod crm;
mod dials;
mod erasure;
#[cfg(test)]
pub(crate) mod fixtures;
mod follow_ups;
mod handoffs;
mod history;
mod idempotency;
mod interactions;
pub mod keys;
mod knowledge;
mod late_additions;
mod limits;
mod lists;
mod memory;
mod merging;
pub mod oauth;
mod outside;
mod partitions;
mod people;
mod persona;
mod phone_settings;
mod proposals;
mod recordings;
mod retried;
mod sessions;
pub mod table;
mod talks;
mod transfers;

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        delete_item::DeleteItemError,
        put_item::PutItemError,
        transact_write_items::TransactWriteItemsError,
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    analytics::{SoFar, begins},
    audit::Page,
    calendar::Claimed,
    calls::{CALL_KEPT_FOR, Call, Redeemed},
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
use self::{
    condition::{Condition, in_parts},
    erasure::About,
    keys::Key,
};
pub use crate::memory::Known;
use crate::{
    clients::{Lazy, why},
    error::unquoted,
    retention::{Kind, Retention},
};

/// An item as DynamoDB takes it: values by the names of attributes, keys among them.
pub type Item = HashMap<String, AttributeValue>;

/// The table, as one client reaches it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Lazy<Client>,
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
    pub fn new(client: impl Into<Lazy<Client>>, table: impl Into<Arc<str>>) -> Self {
        let client = client.into();
        let client = Lazy::new(move || retried::patient(&client));
        Self { client, table: table.into(), retention: Retention::default() }
    }

    /// Makes what it asks the table with, for whoever needs it with each request.
    pub fn ready(&self) {
        self.client.make();
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
        let (expression, names, values) = in_parts(condition);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let put = put.set_condition_expression(expression);
        let put = put.set_expression_attribute_names(names).set_expression_attribute_values(values);
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

    /// Deletes an item of which this holds. A conflict: it does not, or there is none.
    async fn delete_if(&self, key: Key, condition: Condition) -> Result<()> {
        let (expression, names, values) = in_parts(Some(condition));
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete = delete.key(keys::PK, AttributeValue::S(key.pk)).key(keys::SK, AttributeValue::S(key.sk));
        let delete = delete.set_condition_expression(expression);
        let delete = delete.set_expression_attribute_names(names).set_expression_attribute_values(values);
        delete.send().await.map_err(delete_error)?;
        Ok(())
    }

    /// Deletes an item that counts once, and says what it was: of all who ask at once, one is told.
    async fn take_item<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>> {
        let Some(found) = self.get(key.clone()).await? else { return Ok(None) };
        match self.transact(vec![self.deletion(key, Some(Condition::there()))]).await {
            Ok(()) => Ok(Some(found)),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
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

    /// All of these writes, or none. AWS's SDK asks again when an answer is lost, and DynamoDB knows a transaction by its token.
    /// So a single write is one, too, where a conflict is told: nobody takes what they wrote themselves for another's.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<()> {
        let puts = writes.iter().filter_map(|write| write.put());
        let written: Vec<About> = puts.filter_map(|put| About::of(put.item())).collect();
        Box::pin(self.transact_unseen(writes)).await?;
        self.unless_erased(written).await
    }

    /// The same without looking whether whoever it is about was erased.
    async fn transact_unseen(&self, writes: Vec<TransactWriteItem>) -> Result<()> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(transaction_error)?;
        Ok(())
    }

    /// A write for a transaction; with a condition in terms of the stored item.
    fn write(&self, item: Item, condition: Option<Condition>) -> TransactWriteItem {
        let (expression, names, values) = in_parts(condition);
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        // Table and item are set: building cannot fail.
        TransactWriteItem::builder().set_put(put.build().ok()).build()
    }

    /// The same of a deletion.
    fn deletion(&self, key: Key, condition: Option<Condition>) -> TransactWriteItem {
        let (expression, names, values) = in_parts(condition);
        let delete = Delete::builder()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        // Table and key are set: building cannot fail.
        TransactWriteItem::builder().set_delete(delete.build().ok()).build()
    }

    /// What has to hold of an item that a transaction leaves as it is.
    fn given(&self, key: Key, condition: Condition) -> TransactWriteItem {
        let (expression, names, values) = in_parts(Some(condition));
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        // Table, key and condition are set: building cannot fail.
        TransactWriteItem::builder().set_condition_check(check.build().ok()).build()
    }
}

/// An update, with its condition, for a transaction.
fn updating(update: &UpdateItemFluentBuilder) -> TransactWriteItem {
    let asked = update.as_input();
    let update = Update::builder()
        .set_table_name(asked.get_table_name().clone())
        .set_key(asked.get_key().clone())
        .set_update_expression(asked.get_update_expression().clone())
        .set_condition_expression(asked.get_condition_expression().clone())
        .set_expression_attribute_names(asked.get_expression_attribute_names().clone())
        .set_expression_attribute_values(asked.get_expression_attribute_values().clone());
    // Table, key and expression are set: building cannot fail.
    TransactWriteItem::builder().set_update(update.build().ok()).build()
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

fn delete_error<R>(error: SdkError<DeleteItemError, R>) -> StoreError {
    match error.as_service_error() {
        Some(DeleteItemError::ConditionalCheckFailedException(_)) => StoreError::Conflict,
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
