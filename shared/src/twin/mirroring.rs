//! Meetings are written into the calendars that are connected. What is to be written stands in the table with the booking
//! itself, and goes once it was written; to write the same again changes nothing there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::Twin;
use crate::{
    clients::calendars::Fault,
    error::Error,
    scheduling::{
        Booking, Outside,
        outside::{Meeting, Provider},
    },
    store::{Mirrored, StoreError, ToMirror},
};

/// After the first failure; twice as long after each more.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
const MAX_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Then it is given up: the feed has it all the same. One that waits for a consent is given up once the meeting is over.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24 * 3);
/// What a sweep has for all calendars elsewhere: well below the time limit of the scheduler.
const OUTSIDE_WITHIN: Duration = Duration::from_secs(30);
/// What writing one meeting into one calendar may take.
const WRITTEN_WITHIN: Duration = Duration::from_secs(6);

impl Twin {
    /// Whether a booking is written anywhere.
    pub(super) async fn is_mirrored(&self) -> Result<bool, Error> {
        Ok(self.store.outside().await?.iter().any(|one| one.account.grant().is_some()))
    }

    /// Calendars elsewhere are read, then written, in a time of their own and after all else: a provider that is slow
    /// keeps nobody waiting. What is left is due in the next sweep.
    pub(super) async fn swept_outside(&self, to_mirror: Vec<ToMirror>, now: Timestamp) {
        let all = async {
            if let Err(error) = self.read_due_outside(now).await {
                tracing::error!(%error, "calendars elsewhere are left for the next sweep");
            }
            for wanted in to_mirror {
                if let Err(error) = self.mirror(wanted, now).await {
                    tracing::error!(%error, "a meeting is left for the next sweep to write");
                }
            }
        };
        if timeout(OUTSIDE_WITHIN, all).await.is_err() {
            tracing::warn!("calendars elsewhere took too long: what is left is for the next sweep");
        }
    }

    /// Writes a booking as it stands into each connected calendar.
    pub(super) async fn mirror(&self, wanted: ToMirror, now: Timestamp) -> Result<(), Error> {
        let Some(booking) = self.store.booking(&wanted.person, &wanted.booking).await? else {
            return Ok(self.store.mirrored(&wanted).await?);
        };
        let wanted = ToMirror { sequence: booking.sequence, ..wanted };
        let names = self.store.names_of(&wanted.person, &wanted.booking).await?;
        let mut next = names.clone();
        let (mut is_done, mut needs_consent) = (true, false);
        for outside in self.store.outside().await? {
            let Some((provider, grant)) = outside.account.grant() else { continue };
            needs_consent |= grant.is_over;
            if !outside.is_askable(now) {
                is_done = false;
                continue;
            }
            let writing = self.written(&outside, provider, &booking, &mut next, now);
            if let Err(fault) = timeout(WRITTEN_WITHIN, writing).await.unwrap_or(Err(Fault::Slow)) {
                tracing::warn!(calendar = %outside.id, booking = %booking.id, %fault, "a meeting was not written");
                is_done = false;
                if let Fault::Later(wait) = fault {
                    self.leave_alone(outside, now.checked_add(wait.unwrap_or(AGAIN_AFTER)).ok()).await?;
                }
            }
        }
        if next != names {
            self.store.save_names_of(&wanted.person, &wanted.booking, next).await?;
        }
        // Who was slow may have written what is not so any more: it is written once more.
        let stands = self.store.booking(&wanted.person, &wanted.booking).await?;
        if let Some(stands) = stands.filter(|stands| stands.sequence != booking.sequence) {
            return Ok(self.store.save_to_mirror(&ToMirror::of(&stands, now), now).await?);
        }
        let is_late = now.duration_since(wanted.since) > GIVEN_UP_AFTER;
        if is_done || is_late && (!needs_consent || booking.end < now) {
            return Ok(self.store.mirrored(&wanted).await?);
        }
        let doubled = AGAIN_AFTER.as_secs().saturating_mul(1 << wanted.tries.min(10));
        let wait = SignedDuration::from_secs(doubled).min(MAX_AGAIN_AFTER);
        let again = ToMirror { tries: wanted.tries + 1, ..wanted };
        Ok(self.store.put_off_mirror(&again, now.checked_add(wait).unwrap_or(now)).await?)
    }

    /// Its server is asked nothing until then, for other meetings neither.
    async fn leave_alone(&self, mut outside: Outside, until: Option<Timestamp>) -> Result<(), Error> {
        outside.read.wait_until = until;
        match self.store.save_outside(outside).await {
            // It was read meanwhile: whoever writes the next meeting is told the same.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn written(
        &self,
        outside: &Outside,
        provider: Provider,
        booking: &Booking,
        names: &mut Mirrored,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let known = names.get(outside.id.as_str()).cloned();
        let known = known.as_deref();
        let access = self.access(&outside.id, false, now).await?;
        let name = match self.wrote(provider, &access, booking, known).await {
            Err(Fault::Expired) => {
                let access = self.access(&outside.id, true, now).await?;
                self.wrote(provider, &access, booking, known).await?
            }
            other => other?,
        };
        match name {
            Some(name) => names.insert(outside.id.to_string(), name),
            None => names.remove(outside.id.as_str()),
        };
        Ok(())
    }

    /// How the provider calls it from now on.
    async fn wrote(
        &self,
        provider: Provider,
        access: &str,
        booking: &Booking,
        known: Option<&str>,
    ) -> Result<Option<String>, Fault> {
        let accounts = self.elsewhere.accounts().ok_or(Fault::NotSetUp)?;
        let meeting = Meeting::of(booking);
        if booking.is_on() {
            return accounts.put(provider, access, &meeting, known).await.map(Some);
        }
        accounts.remove(provider, access, &meeting, known).await.map(|()| None)
    }
}
