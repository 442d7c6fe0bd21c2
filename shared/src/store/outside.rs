//! Calendars that the owner keeps elsewhere, with what was read of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Condition, Item, Result, Store, StoreError, due, expires, item, keys, unavailable};
use crate::{
    handoff::{Secret, hash},
    id::{BookingId, OutsideId, PersonId},
    retention::Kind,
    scheduling::{Booking, Outside, outside::Provider},
};

/// A consent that the owner's browser is away for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connecting {
    pub provider: Provider,
    pub verifier: String,
    pub expires_at: Timestamp,
}

/// A booking that calendars elsewhere are to hear of, as of its `sequence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToMirror {
    pub person: PersonId,
    pub booking: BookingId,
    #[serde(rename = "bookingSequence")]
    pub sequence: u32,
    pub since: Timestamp,
    #[serde(default)]
    pub tries: u32,
}

/// How a booking is called in calendars elsewhere, by their ids.
pub type Mirrored = BTreeMap<String, String>;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Names {
    names: Mirrored,
}

impl ToMirror {
    pub fn of(booking: &Booking, now: Timestamp) -> Self {
        let (person, id) = (booking.person.clone(), booking.id.clone());
        Self { person, booking: id, sequence: booking.sequence, since: now, tries: 0 }
    }
}

impl Store {
    pub async fn outside(&self) -> Result<Vec<Outside>> {
        let prefix = keys::outside_prefix();
        self.query(prefix.pk, &prefix.sk).await
    }

    pub async fn outside_of(&self, id: &OutsideId) -> Result<Option<Outside>> {
        self.get(keys::outside(id)).await
    }

    /// Saves what replaces the version that it was made of; 0: a new one. `Conflict` if that is no longer the current one.
    pub async fn save_outside(&self, mut outside: Outside) -> Result<Outside> {
        let condition = Condition::version(outside.version);
        outside.version += 1;
        self.put_if(item(keys::outside(&outside.id), &outside)?, Some(condition)).await?;
        Ok(outside)
    }

    /// What is not there is gone already.
    pub async fn remove_outside(&self, id: &OutsideId) -> Result<()> {
        self.delete(keys::outside(id)).await
    }

    pub async fn save_connecting(&self, state: &Secret, connecting: &Connecting) -> Result<()> {
        let mut new = item(keys::connecting(&state.hash()), connecting)?;
        expires(&mut new, connecting.expires_at);
        self.put(new).await
    }

    /// The consent that a state stands for, once.
    pub async fn take_connecting(&self, state: &str, now: Timestamp) -> Result<Option<Connecting>> {
        let key = keys::connecting(&hash(state));
        let deleted = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(unavailable)?;
        let Some(found) = deleted.attributes else { return Ok(None) };
        let connecting: Connecting = serde_dynamo::from_item(found)?;
        Ok(Some(connecting).filter(|connecting| connecting.expires_at > now))
    }

    /// For the sweep to find.
    pub async fn save_to_mirror(&self, wanted: &ToMirror, at: Timestamp) -> Result<()> {
        self.put(self.to_mirror_item(wanted, at)?).await
    }

    pub(super) fn to_mirror_item(&self, wanted: &ToMirror, at: Timestamp) -> Result<Item> {
        let mut new = item(keys::to_mirror(&wanted.person, &wanted.booking), wanted)?;
        due(&mut new, wanted.booking.as_str(), at);
        expires(&mut new, self.until(Kind::Conversations));
        Ok(new)
    }

    /// It is done, unless the booking changed since.
    pub async fn mirrored(&self, done: &ToMirror) -> Result<()> {
        let key = keys::to_mirror(&done.person, &done.booking);
        match self.transact(vec![self.deletion(key, Some(of_sequence(done.sequence)))]).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    pub async fn names_of(&self, person: &PersonId, booking: &BookingId) -> Result<Mirrored> {
        let names: Option<Names> = self.get(keys::mirrored(person, booking)).await?;
        Ok(names.unwrap_or_default().names)
    }

    pub async fn save_names_of(&self, person: &PersonId, booking: &BookingId, names: Mirrored) -> Result<()> {
        let mut new = item(keys::mirrored(person, booking), &Names { names })?;
        expires(&mut new, self.until(Kind::Conversations));
        self.put(new).await
    }

    /// It is tried again then, unless the booking changed since.
    pub async fn put_off_mirror(&self, again: &ToMirror, at: Timestamp) -> Result<()> {
        let condition = Some(of_sequence(again.sequence));
        match self.put_if(self.to_mirror_item(again, at)?, condition).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }
}

fn of_sequence(sequence: u32) -> Condition {
    let values = Item::from([(":sequence".to_owned(), AttributeValue::N(sequence.to_string()))]);
    Condition { expression: "bookingSequence <= :sequence".to_owned(), values }
}
