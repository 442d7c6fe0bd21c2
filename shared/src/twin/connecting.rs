//! Calendars of Google and Microsoft 365 are connected with the owner's consent there, and disconnected.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::{Twin, outside::OWNER_WAITS};
use crate::{
    clients::calendars::{Accounts, Fault},
    error::Error,
    handoff::Secret,
    id::OutsideId,
    scheduling::{
        Booking, Outside,
        outside::{Grant, MAX_CHOSEN, MAX_OUTSIDE, Part, Provider, Read},
    },
    store::{Connecting, ToMirror},
};

/// So long the owner may take at the provider.
const AWAY_FOR: SignedDuration = SignedDuration::from_mins(10);
/// What the owner who is back waits for the tokens; then for the calendar.
const TOKENS_WAIT: Duration = Duration::from_secs(6);
/// Meetings of the next year are written into a calendar that is connected.
const WRITTEN_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);

impl Twin {
    /// The providers whose calendars can be connected here.
    pub fn connectable(&self) -> Vec<Provider> {
        self.elsewhere.accounts().map(Accounts::providers).unwrap_or_default()
    }

    /// Where the owner's browser goes to consent. `NotFound`: the provider is not set up here.
    pub async fn connect_calendar(&self, provider: Provider, now: Timestamp) -> Result<String, Error> {
        let accounts = self.elsewhere.accounts().ok_or(Error::NotFound)?;
        if !accounts.providers().contains(&provider) {
            return Err(Error::NotFound);
        }
        let (state, half, other) = (Secret::generate(), Secret::generate(), Secret::generate());
        // At least 43 characters (RFC 7636 §4.1).
        let verifier = format!("{}{}", half.reveal(), other.reveal());
        let url = accounts.authorize(provider, state.reveal(), &verifier).map_err(asked)?;
        let expires_at = now.checked_add(AWAY_FOR).unwrap_or(now);
        self.store.save_connecting(&state, &Connecting { provider, verifier, expires_at }).await?;
        Ok(url)
    }

    /// The owner is back from the provider with a code: the calendar is read, and meetings that are ahead are written
    /// into it. One that is known already is connected anew. `owner`: the address that
    /// they invite with. `Invalid` says in words what is wrong.
    pub async fn calendar_connected(
        &self,
        state: &str,
        code: &str,
        owner: &str,
        now: Timestamp,
    ) -> Result<Outside, Error> {
        let expired =
            || Error::Invalid("this took too long, or it was used before: connect again".to_owned());
        let connecting = self.store.take_connecting(state, now).await?.ok_or_else(expired)?;
        let provider = connecting.provider;
        let accounts = self.elsewhere.accounts().ok_or(Error::NotFound)?;
        let id = OutsideId::generate(now);
        let redeemed = accounts.redeem(provider, &id, (code, &connecting.verifier), owner, now);
        let grant = timeout(TOKENS_WAIT, redeemed).await.unwrap_or(Err(Fault::Slow)).map_err(asked)?;
        let known = self.store.outside().await?;
        let is_it = |(of, other): (Provider, &Grant)| of == provider && other.account == grant.account;
        let before = known.iter().find(|one| one.account.grant().is_some_and(is_it));
        if before.is_none() && known.len() >= MAX_OUTSIDE {
            return Err(Error::Invalid(format!("there are {MAX_OUTSIDE} calendars already")));
        }
        let name = before.map_or_else(|| grant.account.clone(), |before| before.name.clone());
        let account = provider.account(grant);
        let chosen = before.map(|before| before.chosen.clone()).unwrap_or_default();
        let read = before.map_or_else(|| Read::none(now), |before| before.read.clone());
        let new = Outside { id, name, account, chosen, added_at: now, read, version: 0 };
        let settings = self.store.calendar_settings().await?.settings;
        let (account, read) = self.read_anew(&new, &settings, OWNER_WAITS, now).await;
        // Whoever is connected can choose again.
        let is_to_choose = format!("{}: {}", provider.name(), Fault::NoCalendar);
        if let Some(problem) = read.problem.clone().filter(|problem| *problem != is_to_choose) {
            return Err(Error::Invalid(problem));
        }
        let saved = self.store.save_outside(Outside { account, read, ..new }).await?;
        if let Some(before) = before {
            self.store.remove_outside(&before.id).await?;
        }
        let until = now.checked_add(WRITTEN_AHEAD).unwrap_or(now);
        for booking in self.store.bookings(now, until).await? {
            if let Some(before) = before {
                self.rename(&booking, &before.id, &saved.id).await?;
            }
            self.store.save_to_mirror(&ToMirror::of(&booking, now), now).await?;
        }
        Ok(saved)
    }

    /// The calendars of an account, its first one foremost, and whether what is busy in each counts. `Invalid` says in words
    /// why they cannot be read.
    pub async fn calendars_of(&self, id: &OutsideId, now: Timestamp) -> Result<Vec<(Part, bool)>, Error> {
        let known = self.store.outside_of(id).await?.ok_or(Error::NotFound)?;
        let mut listed = self.listed(&known, now).await?;
        listed.sort_by_key(|(_, is_first)| !is_first);
        let counts = |part: &Part, is_first: bool| match known.chosen.is_empty() {
            true => is_first,
            false => known.chosen.iter().any(|chosen| chosen.id == part.id),
        };
        let listed = listed.into_iter().map(|(part, is_first)| {
            let counts = counts(&part, is_first);
            (part, counts)
        });
        Ok(listed.collect())
    }

    /// From now on what is busy in these calendars of an account counts, and in no other of it. `Invalid`: there are too many
    /// or none, or the account has no such calendar, or they cannot be read.
    pub async fn choose_calendars(
        &self,
        id: &OutsideId,
        wanted: &[String],
        now: Timestamp,
    ) -> Result<Outside, Error> {
        if wanted.is_empty() || wanted.len() > MAX_CHOSEN {
            return Err(Error::Invalid(format!("choose one calendar or several, at most {MAX_CHOSEN}")));
        }
        let known = self.store.outside_of(id).await?.ok_or(Error::NotFound)?;
        let listed = self.listed(&known, now).await?;
        let mut chosen: Vec<Part> = Vec::new();
        for id in wanted {
            let part = listed.iter().find(|(part, _)| part.id == *id);
            let (part, _) =
                part.ok_or_else(|| Error::Invalid("the account has no such calendar".to_owned()))?;
            if !chosen.contains(part) {
                chosen.push(part.clone());
            }
        }
        // The list may have renewed its tokens.
        let known = self.store.outside_of(id).await?.ok_or(Error::NotFound)?;
        let settings = self.store.calendar_settings().await?.settings;
        let next = Outside { chosen, ..known };
        let (account, read) = self.read_anew(&next, &settings, OWNER_WAITS, now).await;
        match read.problem {
            Some(problem) => Err(Error::Invalid(problem)),
            None => Ok(self.store.save_outside(Outside { account, read, ..next }).await?),
        }
    }

    async fn listed(&self, known: &Outside, now: Timestamp) -> Result<Vec<(Part, bool)>, Error> {
        let single = || Error::Invalid("this is one calendar: there is nothing to choose".to_owned());
        let (provider, _) = known.account.grant().ok_or_else(single)?;
        let accounts = self.elsewhere.accounts().ok_or(Error::NotFound)?;
        let access = self.access(&known.id, false, now).await.map_err(asked)?;
        let listed = match accounts.calendars(provider, &access).await {
            Err(Fault::Expired) => {
                let access = self.access(&known.id, true, now).await.map_err(asked)?;
                accounts.calendars(provider, &access).await
            }
            listed => listed,
        };
        listed.map_err(asked)
    }

    /// How a booking is called there is known under the calendar's new id.
    async fn rename(&self, booking: &Booking, old: &OutsideId, new: &OutsideId) -> Result<(), Error> {
        let mut names = self.store.names_of(&booking.person, &booking.id).await?;
        let Some(name) = names.remove(old.as_str()) else { return Ok(()) };
        names.insert(new.to_string(), name);
        Ok(self.store.save_names_of(&booking.person, &booking.id, names).await?)
    }

    /// Reads a calendar no more. A consent is given back, as far as the provider can be reached; its tokens are forgotten
    /// in any case.
    pub async fn remove_outside(&self, id: &OutsideId) -> Result<(), Error> {
        let known = self.store.outside_of(id).await?.ok_or(Error::NotFound)?;
        self.store.remove_outside(id).await?;
        if let (Some((provider, grant)), Some(accounts)) = (known.account.grant(), self.elsewhere.accounts())
            && let Err(fault) = accounts.revoke(provider, id, grant).await
        {
            tracing::warn!(calendar = %id, %fault, "a consent was not given back");
        }
        Ok(())
    }
}

fn asked(fault: Fault) -> Error {
    match fault {
        Fault::NotSetUp => Error::NotFound,
        fault => Error::Invalid(fault.to_string()),
    }
}
