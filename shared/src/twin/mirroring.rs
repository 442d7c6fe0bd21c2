//! Meetings are written into the calendars that are connected. What is to be written stands in the table with the booking
//! itself, and goes once it was written; to write the same again changes nothing there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::Twin;
use crate::{
    clients::calendars::Fault,
    error::Error,
    id::OutsideId,
    scheduling::{
        Outside,
        outside::{Meeting, Provider},
    },
    store::{DueWork, Mirrored, Remnant, StoreError, ToMirror},
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

/// How it went with all of them.
struct Went {
    is_done: bool,
    needs_consent: bool,
}

impl Twin {
    /// Whether a booking is written anywhere.
    pub(super) async fn is_mirrored(&self) -> Result<bool, Error> {
        Ok(self.store.outside().await?.iter().any(|one| one.account.grant().is_some()))
    }

    /// Calendars elsewhere are read, then written, in a time of their own and after all else: a provider that is slow
    /// keeps nobody waiting. What is left is due in the next sweep.
    pub(super) async fn swept_outside(&self, due: Vec<DueWork>, now: Timestamp) {
        let all = async {
            if let Err(error) = self.read_due_outside(now).await {
                tracing::error!(%error, "calendars elsewhere are left for the next sweep");
            }
            for work in due {
                let done = match work {
                    DueWork::Mirror(wanted) => self.mirror(*wanted, now).await,
                    DueWork::Remnant(remnant) => self.take_out(*remnant, now).await,
                    _ => Ok(()),
                };
                if let Err(error) = done {
                    tracing::error!(%error, "a meeting is left for the next sweep to write");
                }
            }
        };
        if timeout(OUTSIDE_WITHIN, all).await.is_err() {
            tracing::warn!("calendars elsewhere took too long: what is left is for the next sweep");
        }
    }

    /// Writes a booking as it stands into each connected calendar.
    async fn mirror(&self, wanted: ToMirror, now: Timestamp) -> Result<(), Error> {
        let Some(booking) = self.store.booking(&wanted.person, &wanted.booking).await? else {
            return Ok(self.store.mirrored(&wanted).await?);
        };
        let wanted = ToMirror { sequence: booking.sequence, ..wanted };
        let names = self.store.names_of(&wanted.person, &wanted.booking).await?;
        let mut next = names.clone();
        let went = self.write(&Meeting::of(&booking), booking.is_on(), &mut next, now).await?;
        if next != names {
            self.store.save_names_of(&wanted.person, &wanted.booking, next).await?;
        }
        // Who was slow may have written what is not so any more: it is written once more.
        let stands = self.store.booking(&wanted.person, &wanted.booking).await?;
        if let Some(stands) = stands.filter(|stands| stands.sequence != booking.sequence) {
            return Ok(self.store.save_to_mirror(&ToMirror::of(&stands, now), now).await?);
        }
        let is_late = now.duration_since(wanted.since) > GIVEN_UP_AFTER;
        if went.is_done || is_late && (!went.needs_consent || booking.end < now) {
            return Ok(self.store.mirrored(&wanted).await?);
        }
        let at = again_at(wanted.tries, now);
        Ok(self
            .store
            .put_off_mirror(&ToMirror { tries: wanted.tries.saturating_add(1), ..wanted }, at)
            .await?)
    }

    /// Takes the entry of somebody who was erased out of each connected calendar.
    async fn take_out(&self, mut remnant: Remnant, now: Timestamp) -> Result<(), Error> {
        let meeting = Meeting::erased(remnant.booking.clone(), remnant.created_at);
        if self.write(&meeting, false, &mut remnant.names, now).await?.is_done {
            return Ok(self.store.remove_remnant(&remnant.booking).await?);
        }
        let at = again_at(remnant.tries, now);
        remnant.tries = remnant.tries.saturating_add(1);
        Ok(self.store.save_remnant(&remnant, at).await?)
    }

    /// Writes a meeting into each connected calendar, or takes it out if it is not `on`.
    async fn write(
        &self,
        meeting: &Meeting,
        on: bool,
        names: &mut Mirrored,
        now: Timestamp,
    ) -> Result<Went, Error> {
        let mut went = Went { is_done: true, needs_consent: false };
        for outside in self.store.outside().await? {
            let Some((provider, grant)) = outside.account.grant() else { continue };
            went.needs_consent |= grant.is_over;
            if !outside.is_askable(now) {
                went.is_done = false;
                continue;
            }
            let writing = self.written((&outside.id, provider), meeting, on, names, now);
            if let Err(fault) = timeout(WRITTEN_WITHIN, writing).await.unwrap_or(Err(Fault::Slow)) {
                let (calendar, booking) = (&outside.id, &meeting.booking);
                tracing::warn!(%calendar, %booking, %fault, "a meeting was not written");
                went.is_done = false;
                if let Fault::Later(wait) = fault {
                    self.leave_alone(outside, now.checked_add(wait.unwrap_or(AGAIN_AFTER)).ok()).await?;
                }
            }
        }
        Ok(went)
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
        (of, provider): (&OutsideId, Provider),
        meeting: &Meeting,
        on: bool,
        names: &mut Mirrored,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let known = names.get(of.as_str()).cloned();
        let known = known.as_deref();
        let access = self.access(of, false, now).await?;
        let name = match self.wrote(provider, &access, meeting, on, known).await {
            Err(Fault::Expired) => {
                let access = self.access(of, true, now).await?;
                self.wrote(provider, &access, meeting, on, known).await?
            }
            other => other?,
        };
        match name {
            Some(name) => names.insert(of.to_string(), name),
            None => names.remove(of.as_str()),
        };
        Ok(())
    }

    /// How the provider calls it from now on.
    async fn wrote(
        &self,
        provider: Provider,
        access: &str,
        meeting: &Meeting,
        on: bool,
        known: Option<&str>,
    ) -> Result<Option<String>, Fault> {
        let accounts = self.elsewhere.accounts().ok_or(Fault::NotSetUp)?;
        if on {
            return accounts.put(provider, access, meeting, known).await.map(Some);
        }
        accounts.remove(provider, access, meeting, known).await.map(|()| None)
    }
}

fn again_at(tries: u32, now: Timestamp) -> Timestamp {
    let doubled = AGAIN_AFTER.as_secs().saturating_mul(1 << tries.min(10));
    now.checked_add(SignedDuration::from_secs(doubled).min(MAX_AGAIN_AFTER)).unwrap_or(now)
}
