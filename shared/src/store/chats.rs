//! Conversations in writing: the chat by the hash of its secret, or by its person; what each message was answered.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Condition, Item, Result, Store, StoreError, applied, expires, item, keys, keys::Key};
use crate::{
    chat::{Chat, Exchange},
    handoff::hash,
    id::{InteractionId, MessageId, PersonId},
    identity::Assurance,
    retention::Kind,
};

/// How often a change is tried that others were faster than.
const MAX_CONFLICTS: usize = 8;

/// Where a chat is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Under the secret that a browser or a host holds; only its hash is kept.
    Secret(String),
    /// With a person who is signed in.
    Person(PersonId),
}

impl Place {
    /// The hash of the secret, if it is kept under one.
    pub fn secret_hash(&self) -> Option<String> {
        match self {
            Self::Secret(secret) => Some(hash(secret)),
            Self::Person(_) => None,
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::Secret(secret) => keys::chat(&hash(secret)),
            Self::Person(person) => keys::chat_of(person),
        }
    }
}

impl Store {
    pub async fn chat(&self, place: &Place, now: Timestamp) -> Result<Option<Chat>> {
        let found: Option<Chat> = self.get(place.key()).await?;
        Ok(found.filter(|chat| chat.expires_at > now))
    }

    /// Changes a chat as it stands by then, whatever else is written to it meanwhile, and says what it is now. A
    /// conflict: there is none under this secret, or not any more.
    pub async fn change_chat(&self, place: &Place, change: impl Fn(&mut Chat)) -> Result<Chat> {
        for _ in 0..MAX_CONFLICTS {
            let mut chat: Chat = self.get(place.key()).await?.ok_or(StoreError::Conflict)?;
            let read = AttributeValue::N(chat.version.to_string());
            change(&mut chat);
            chat.version += 1;
            let condition = Condition::new("version = :read", [(":read", read)]);
            match self.put_unseen(Self::chat_item(place, &chat)?, Some(condition)).await {
                Err(StoreError::Conflict) => {}
                put => return put.map(|()| chat),
            }
        }
        Err(StoreError::Conflict)
    }

    /// A conflict: there is one under this secret, or was.
    pub async fn begin_chat(&self, place: &Place, chat: &Chat) -> Result<()> {
        let new = Self::chat_item(place, chat)?;
        self.put_elsewhere(&chat.person, new, Some(Condition::absent())).await
    }

    /// The same of a person who is signed in, in the place of one that is over.
    pub async fn begin_chat_of(&self, person: &PersonId, chat: &Chat, now: Timestamp) -> Result<()> {
        let now = AttributeValue::N(now.as_second().to_string());
        let none = Condition::new("attribute_not_exists(pk) OR #ttl <= :now", [(":now", now)]);
        let new = Self::chat_item(&Place::Person(person.clone()), chat)?;
        self.put_if(new, Some(none.naming(("#ttl", keys::TTL)))).await
    }

    pub(super) fn chat_item(place: &Place, chat: &Chat) -> Result<Item> {
        let mut new = item(place.key(), chat)?;
        expires(&mut new, chat.expires_at);
        Ok(new)
    }

    /// Somebody talks in the browser of this chat: it goes on with that. A chat that is over stays so.
    pub async fn chat_talked(&self, secret_hash: &str, talk: &InteractionId) -> Result<()> {
        let update =
            self.update(keys::chat(secret_hash)).update_expression("SET talked = :talk ADD version :one");
        let update = update.condition_expression("attribute_exists(pk)");
        let update = update.expression_attribute_values(":talk", AttributeValue::S(talk.to_string()));
        let update = update.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        applied(update).await?;
        Ok(())
    }

    /// Who has this chat was proved elsewhere in its browser. It only rises, and only if it is that person's and not over.
    pub async fn raise_chat(
        &self,
        secret_hash: &str,
        person: &PersonId,
        level: Assurance,
        now: Timestamp,
    ) -> Result<()> {
        let update = self
            .update(keys::chat(secret_hash))
            .update_expression("SET #level = :level ADD version :one")
            .condition_expression("person = :person AND #level < :level AND #ttl > :now")
            .expression_attribute_names("#level", "level")
            .expression_attribute_names("#ttl", keys::TTL)
            .expression_attribute_values(":level", serde_dynamo::to_attribute_value(level)?)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":person", AttributeValue::S(person.to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()));
        applied(update).await?;
        Ok(())
    }

    /// The browser forgets it: so do we.
    pub async fn end_chat(&self, place: &Place) -> Result<()> {
        self.delete(place.key()).await
    }

    /// A message is being answered. A conflict: it was sent before.
    pub async fn begin_exchange(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        exchange: &Exchange,
    ) -> Result<()> {
        let new = self.exchange_item(person, interaction, exchange)?;
        self.transact(vec![self.write(new, Some(Condition::absent()))]).await
    }

    pub async fn end_exchange(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        exchange: &Exchange,
    ) -> Result<()> {
        self.put(self.exchange_item(person, interaction, exchange)?).await
    }

    fn exchange_item(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        exchange: &Exchange,
    ) -> Result<Item> {
        let mut new = item(keys::exchange(person, interaction, &exchange.id), exchange)?;
        expires(&mut new, self.until(Kind::Transcripts));
        Ok(new)
    }

    /// It came to nothing: the same message may be sent again.
    pub async fn drop_exchange(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        message: &MessageId,
    ) -> Result<()> {
        self.delete(keys::exchange(person, interaction, message)).await
    }

    pub async fn exchange(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        message: &MessageId,
    ) -> Result<Option<Exchange>> {
        self.get(keys::exchange(person, interaction, message)).await
    }

    pub async fn exchanges(&self, person: &PersonId, interaction: &InteractionId) -> Result<Vec<Exchange>> {
        self.query(keys::person(person), &keys::exchanges(interaction)).await
    }

    /// Asks whoever makes the answer to stop. `NotFound` if there is no such answer; one that is over stays as it is.
    pub async fn stop_exchange(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        message: &MessageId,
    ) -> Result<()> {
        if self.exchange(person, interaction, message).await?.is_none() {
            return Err(StoreError::NotFound);
        }
        let update = self
            .update(keys::exchange(person, interaction, message))
            .update_expression("SET #state = :stopping")
            .condition_expression("#state = :running")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":stopping", AttributeValue::S("stopping".to_owned()))
            .expression_attribute_values(":running", AttributeValue::S("running".to_owned()));
        applied(update).await?;
        Ok(())
    }
}
