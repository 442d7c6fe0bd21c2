//! Conversations in writing: the chat by the hash of its secret, or by its person; what each message was answered.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{
    Condition, Item, Result, Store, StoreError, expires, item, keys, keys::Key, put_error, update_error,
};
use crate::{
    chat::{Chat, Exchange},
    handoff::hash,
    id::{InteractionId, MessageId, PersonId},
    retention::Kind,
};

/// Where a chat is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Under the secret that a browser or a host holds; only its hash is kept.
    Secret(String),
    /// With a person who is signed in.
    Person(PersonId),
}

impl Place {
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

    /// A conflict: there is none under this secret, or not any more.
    pub async fn update_chat(&self, place: &Place, chat: &Chat) -> Result<()> {
        let mut new = item(place.key(), chat)?;
        expires(&mut new, chat.expires_at);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(new));
        put.condition_expression("attribute_exists(pk)").send().await.map_err(put_error)?;
        Ok(())
    }

    /// A conflict: there is one under this secret, or was.
    pub async fn begin_chat(&self, place: &Place, chat: &Chat) -> Result<()> {
        let mut new = item(place.key(), chat)?;
        expires(&mut new, chat.expires_at);
        self.put_elsewhere(&chat.person, new, Some(Condition::absent())).await
    }

    pub async fn save_chat(&self, place: &Place, chat: &Chat) -> Result<()> {
        let mut new = item(place.key(), chat)?;
        expires(&mut new, chat.expires_at);
        match place {
            Place::Secret(_) => self.put_elsewhere(&chat.person, new, None).await,
            Place::Person(_) => self.put(new).await,
        }
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
        self.put_new(self.exchange_item(person, interaction, exchange)?).await
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
            .expression_attribute_values(":running", AttributeValue::S("running".to_owned()))
            .send()
            .await;
        match update.map_err(update_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
