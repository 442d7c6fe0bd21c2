//! Handoffs by the hash of their secret: redeemed once.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Item, Place, Result, Store, StoreError, expires, item, keys, set, update_error};
use crate::{
    chat::Chat,
    handoff::{Handoff, TakenUp, hash},
    id::{InteractionId, PersonId},
    retention::Kind,
};

impl Store {
    pub async fn save_handoff(&self, handoff: &Handoff) -> Result<()> {
        let mut new = item(keys::handoff(&handoff.secret_hash), handoff)?;
        set(&mut new, keys::LIST, keys::handed_over(handoff.expires_at));
        set(&mut new, keys::LIST_AT, keys::time(handoff.expires_at));
        // It opens nothing once its time is over, and is counted for as long as its conversation is.
        let counted_until = self.retention.until(Kind::Conversations, handoff.created_at);
        expires(&mut new, counted_until.max(handoff.expires_at));
        self.put_elsewhere(&handoff.person, new, None).await
    }

    /// What a link leads to, while it works; it is not used up. Expired, used and unknown ones are all `NotFound`.
    pub async fn handoff(&self, secret: &str, now: Timestamp) -> Result<Handoff> {
        let row: Option<Row> = self.get(keys::handoff(&hash(secret))).await?;
        let works = |row: &Row| row.redeemed_at.is_none() && row.handoff.expires_at > now;
        row.filter(works).map(|row| row.handoff).ok_or(StoreError::NotFound)
    }

    /// Uses a link up, and begins the chat that it leads to: both or none. `NotFound` as above.
    pub async fn redeem_into(&self, secret: &str, place: &Place, chat: &Chat, now: Timestamp) -> Result<()> {
        let by = TakenUp { person: chat.person.clone(), interaction: chat.interaction.clone() };
        let Used { key, names, values } = Used::of(secret, now, "", &by);
        let used = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(key))
            .update_expression(USE)
            .condition_expression(UNUSED)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        // Table, key and expression are set: building cannot fail.
        let mut writes = vec![TransactWriteItem::builder().set_update(used.build().ok()).build()];
        writes.extend(self.elsewhere(&chat.person, Self::chat_item(place, chat)?, None)?);
        match self.transact(writes).await {
            Err(StoreError::Conflict) => Err(StoreError::NotFound),
            redeemed => redeemed,
        }
    }

    /// Uses a code up, for what goes on by this name: the same again gets the same. `NotFound` as above.
    pub async fn redeem_handoff(
        &self,
        secret: &str,
        (name, by): (&str, &TakenUp),
        now: Timestamp,
    ) -> Result<Handoff> {
        let Used { key, names, values } = Used::of(secret, now, name, by);
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key))
            .update_expression(USE)
            .condition_expression(format!("{UNUSED} OR redeemed_by = :by"))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let output = match update.map_err(update_error) {
            Err(StoreError::Conflict) => return Err(StoreError::NotFound),
            other => other?,
        };
        let found = output.attributes.ok_or(StoreError::NotFound)?;
        Ok(serde_dynamo::from_item(found)?)
    }
}

const USE: &str =
    "SET redeemed_at = :at, redeemed_by = :by, taken_up_by = :person, taken_up_in = :interaction";
const UNUSED: &str = "(attribute_exists(pk) AND attribute_not_exists(redeemed_at) AND #over_at > :at)";

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(flatten)]
    pub handoff: Handoff,
    #[serde(default)]
    redeemed_at: Option<String>,
    #[serde(default)]
    taken_up_by: Option<PersonId>,
    #[serde(default)]
    taken_up_in: Option<InteractionId>,
}

impl Row {
    /// It, and the conversation that it was taken up in.
    pub fn with_taken_up(self) -> (Handoff, Option<TakenUp>) {
        let taken_up = self.taken_up_by.zip(self.taken_up_in);
        (self.handoff, taken_up.map(|(person, interaction)| TakenUp { person, interaction }))
    }
}

/// What an update needs that uses a handoff up.
struct Used {
    key: Item,
    names: HashMap<String, String>,
    values: Item,
}

impl Used {
    fn of(secret: &str, now: Timestamp, name: &str, by: &TakenUp) -> Self {
        let keys::Key { pk, sk } = keys::handoff(&hash(secret));
        let text = |text: String| AttributeValue::S(text);
        Self {
            key: Item::from([(keys::PK.to_owned(), text(pk)), (keys::SK.to_owned(), text(sk))]),
            names: HashMap::from([("#over_at".to_owned(), keys::LIST_AT.to_owned())]),
            values: Item::from([
                (":at".to_owned(), text(keys::time(now))),
                (":by".to_owned(), text(name.to_owned())),
                (":person".to_owned(), text(by.person.to_string())),
                (":interaction".to_owned(), text(by.interaction.to_string())),
            ]),
        }
    }
}
