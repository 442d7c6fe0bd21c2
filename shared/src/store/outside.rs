//! Calendars that the owner keeps elsewhere, with what was read of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Condition, Item, Result, Store, StoreError, due,
    erasure::{REMEMBERED_FOR, sort_key},
    expires, item, keys,
};
use crate::{
    handoff::{Secret, hash},
    id::{BookingId, OutsideId, PersonId},
    retention::Kind,
    scheduling::{Booking, Outside, outside::Provider},
};

/// A sweep that was writing when somebody was erased is over by then.
const TAKEN_OUT_AFTER: SignedDuration = SignedDuration::from_mins(1);

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

/// An entry in calendars elsewhere whose booking was erased. Nothing of a person is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remnant {
    pub booking: BookingId,
    pub created_at: Timestamp,
    pub names: Mirrored,
    pub since: Timestamp,
    #[serde(default)]
    pub tries: u32,
}

/// What is read of a booking that is erased.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    id: BookingId,
    created_at: Timestamp,
}

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
        self.transact(vec![self.write(item(keys::outside(&outside.id), &outside)?, Some(condition))]).await?;
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
        let taken: Option<Connecting> = self.take_item(keys::connecting(&hash(state))).await?;
        Ok(taken.filter(|connecting| connecting.expires_at > now))
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
        match self.delete_if(key, of_sequence(done.sequence)).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }

    /// Of a partition that is to be wiped: what calendars elsewhere have of it, or may have, is taken out.
    pub(super) async fn leave_remnants(&self, all: &[Item], now: Timestamp) -> Result<()> {
        let of = |prefix: &str, id: &BookingId| {
            let sk = format!("{prefix}{id}");
            all.iter().find(|found| sort_key(found) == sk)
        };
        for found in all.iter().filter(|found| sort_key(found).starts_with(keys::BOOKING)) {
            let Made { id, created_at } = serde_dynamo::from_item(found.clone())?;
            let written = of(keys::MIRRORED, &id);
            if written.or_else(|| of(keys::TO_MIRROR, &id)).is_none() {
                continue;
            }
            let names: Option<Names> = written.cloned().map(serde_dynamo::from_item).transpose()?;
            let names = names.unwrap_or_default().names;
            let remnant = Remnant { booking: id, created_at, names, since: now, tries: 0 };
            self.save_remnant(&remnant, now + TAKEN_OUT_AFTER).await?;
        }
        Ok(())
    }

    /// For the sweep to find.
    pub async fn save_remnant(&self, remnant: &Remnant, at: Timestamp) -> Result<()> {
        let mut new = item(keys::remnant(&remnant.booking), remnant)?;
        due(&mut new, remnant.booking.as_str(), at);
        expires(&mut new, remnant.since + REMEMBERED_FOR);
        self.put(new).await
    }

    pub async fn remove_remnant(&self, booking: &BookingId) -> Result<()> {
        self.delete(keys::remnant(booking)).await
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
    let sequence = AttributeValue::N(sequence.to_string());
    Condition::new("bookingSequence <= :sequence", [(":sequence", sequence)])
}
