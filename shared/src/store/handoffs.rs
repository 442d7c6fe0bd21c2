//! Handoffs by the hash of their secret: redeemed once.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Place, Result, Store, StoreError,
    erasure::leading_to,
    expires, item,
    keys::{self, Key},
    set, update_error, updating,
};
use crate::{
    chat::Chat,
    handoff::{EMAILED_FOR, Handoff, TakenUp, hash},
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
        let mut writes = vec![self.using(secret, ("", &by), UNUSED, now)];
        writes.extend(self.elsewhere(&chat.person, Self::chat_item(place, chat)?, None)?);
        match self.transact(writes).await {
            Err(StoreError::Conflict) => Err(StoreError::NotFound),
            redeemed => redeemed,
        }
    }

    /// Uses a code up, for what goes on by this name: the same again gets the same. `NotFound` as above. It may be somebody
    /// else's, so whoever uses it has a note that leads to it: by that it forgets them when they are erased.
    pub async fn redeem_handoff(
        &self,
        secret: &str,
        (name, by): (&str, &TakenUp),
        now: Timestamp,
    ) -> Result<Handoff> {
        let unused = format!("{UNUSED} OR redeemed_by = :by");
        let key = keys::handoff(&hash(secret));
        let mut note = leading_to(&by.person, &key)?;
        let counted_until = self.retention.until(Kind::Conversations, now);
        expires(&mut note, counted_until.max(now + EMAILED_FOR));
        let writes = vec![self.using(secret, (name, by), &unused, now), self.write(note, None)];
        match self.transact(writes).await {
            Err(StoreError::Conflict) => return Err(StoreError::NotFound),
            Err(StoreError::Erased) => {
                self.forget_taker(key, &by.person).await?;
                return Err(StoreError::Erased);
            }
            used => used?,
        }
        self.get(key).await?.ok_or(StoreError::NotFound)
    }

    /// What uses a handoff up.
    fn using(
        &self,
        secret: &str,
        (name, by): (&str, &TakenUp),
        condition: &str,
        now: Timestamp,
    ) -> TransactWriteItem {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let used = self
            .update(keys::handoff(&hash(secret)))
            .update_expression(USE)
            .condition_expression(condition)
            .expression_attribute_names("#over_at", keys::LIST_AT)
            .expression_attribute_values(":at", text(&keys::time(now)))
            .expression_attribute_values(":by", text(name))
            .expression_attribute_values(":person", text(by.person.as_str()))
            .expression_attribute_values(":interaction", text(by.interaction.as_str()));
        updating(&used)
    }

    /// That a handoff was used stays; who used it, and in which conversation, does not.
    pub(super) async fn forget_taker(&self, key: Key, person: &PersonId) -> Result<()> {
        let forgotten = self
            .update(key)
            .update_expression(FORGET)
            .condition_expression("taken_up_by = :person")
            .expression_attribute_values(":person", AttributeValue::S(person.to_string()));
        match forgotten.send().await.map_err(update_error) {
            // Somebody else used it, or it is gone.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

const USE: &str =
    "SET redeemed_at = :at, redeemed_by = :by, taken_up_by = :person, taken_up_in = :interaction";
const FORGET: &str = "REMOVE redeemed_by, taken_up_by, taken_up_in";
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

/// A handoff whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    pub handoff: Handoff,
    pub is_taken_up: bool,
    /// None once whoever took it up is erased.
    pub by: Option<TakenUp>,
}

impl From<Row> for HandedOver {
    fn from(row: Row) -> Self {
        let by = row.taken_up_by.zip(row.taken_up_in);
        Self {
            handoff: row.handoff,
            is_taken_up: row.redeemed_at.is_some(),
            by: by.map(|(person, interaction)| TakenUp { person, interaction }),
        }
    }
}
