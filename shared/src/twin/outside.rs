//! Calendars that the owner keeps elsewhere are read, on a schedule and before a booking.

use std::{sync::OnceLock, time::Duration};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::time::timeout;

use super::{Twin, digesting::OWNER};
use crate::{
    clients::{
        calendars::{Accounts, Fault, Spans},
        fetch::{FetchError, Fetched, Fetcher, Limits, Policy, Version},
    },
    error::Error,
    follow_up::{Content, FollowUp, News, State, due::awake},
    id::{InteractionId, OutsideId, PersonId},
    scheduling::{
        CalendarSettings, Outside,
        outside::{Account, Busy, Grant, MAX_OUTSIDE, Provider, Read, STANDS_FOR, ical, window},
    },
    store::StoreError,
};

/// Bytes of a calendar: one that is exported whole has years in it.
const MAX_CALENDAR: usize = 4 * 1024 * 1024;
/// What somebody who books waits for a calendar, with all that it takes: pages of it, and a new token.
const BOOKING_WAITS: Duration = Duration::from_secs(4);
/// The same of the owner, who looks on; and of the schedule.
pub(super) const OWNER_WAITS: Duration = Duration::from_secs(7);
const SCHEDULE_WAITS: Duration = Duration::from_secs(15);
/// Meetings of the next year count.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);
/// Where neither the owner nor the address names it.
const UNNAMED: &str = "Calendar";
const LOST: &str = "calendar-lost";
/// Of a name.
const MAX_NAME: usize = 80;

/// Who may be asked, and what asks: made when it is first needed.
#[derive(Default)]
pub(super) struct Elsewhere {
    policy: Policy,
    fetcher: OnceLock<Fetcher>,
    accounts: Option<Accounts>,
}

impl Elsewhere {
    pub(super) fn new(policy: Policy, accounts: Option<Accounts>) -> Self {
        Self { policy, fetcher: OnceLock::new(), accounts }
    }

    pub(super) fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_ref()
    }

    /// Whether it can be asked from here, now.
    fn can_ask(&self, one: &Outside, now: Timestamp) -> bool {
        let is_set_up = |provider| self.accounts().is_some_and(|all| all.providers().contains(&provider));
        one.is_askable(now) && one.account.grant().is_none_or(|(provider, _)| is_set_up(provider))
    }

    fn fetcher(&self) -> Result<&Fetcher, FetchError> {
        if let Some(made) = self.fetcher.get() {
            return Ok(made);
        }
        let limits = Limits { body: MAX_CALENDAR, ..Limits::default() };
        let made = Fetcher::new(self.policy.clone(), limits)?;
        Ok(self.fetcher.get_or_init(|| made))
    }
}

impl Twin {
    /// Adds a calendar by its address (`https`, `webcal`), once it could be read. `owner`: the address that they invite
    /// with. `Invalid` says in words what is wrong with it.
    pub async fn add_outside(
        &self,
        name: Option<&str>,
        url: &str,
        owner: &str,
        now: Timestamp,
    ) -> Result<Outside, Error> {
        let url = web_address(url)?;
        let known = self.store.outside().await?;
        if known.len() >= MAX_OUTSIDE {
            return Err(Error::Invalid(format!("there are {MAX_OUTSIDE} calendars already")));
        }
        let account = Account::Ics { url, owner: owner.to_owned() };
        if known.iter().any(|one| one.account == account) {
            return Err(Error::Invalid("this calendar is here already".to_owned()));
        }
        let name = named(name.or(Some(account.shown()).filter(|host| !host.is_empty())).unwrap_or(UNNAMED))?;
        let id = OutsideId::generate(now);
        let new = Outside {
            id,
            name,
            account,
            chosen: Vec::new(),
            added_at: now,
            read: Read::none(now),
            version: 0,
        };
        let settings = self.store.calendar_settings().await?.settings;
        let (_, read) = self.read_anew(&new, &settings, OWNER_WAITS, now).await;
        match read.problem {
            Some(problem) => Err(Error::Invalid(problem)),
            None => Ok(self.store.save_outside(Outside { read, ..new }).await?),
        }
    }

    /// Reads one now.
    pub async fn read_outside(&self, id: &OutsideId, now: Timestamp) -> Result<Outside, Error> {
        let known = self.store.outside_of(id).await?.ok_or(Error::NotFound)?;
        let settings = self.store.calendar_settings().await?.settings;
        self.brought_up(known, &settings, OWNER_WAITS, now).await?.ok_or(Error::NotFound)
    }

    /// Tells the owner, once, of each calendar that they have to see to.
    pub(super) async fn tell_of_lost(&self, now: Timestamp) -> Result<(), Error> {
        let lost: Vec<Outside> =
            self.store.outside().await?.into_iter().filter(|one| one.is_lost(now)).collect();
        let mut untold = Vec::new();
        let Ok(owner) = PersonId::derived(OWNER) else { return Ok(()) };
        for one in lost {
            let Some(id) = told_of(&one).and_then(|of| FollowUp::id_of(&of, LOST)) else { continue };
            if self.store.follow_up(&owner, &id).await?.is_none() {
                untold.push(one);
            }
        }
        if untold.is_empty() {
            return Ok(());
        }
        let zone = self.store.calendar_settings().await?.settings.zone();
        let settings = self.store.follow_up_settings().await?.settings;
        let until = now.checked_add(AHEAD).unwrap_or(now);
        let ahead = self.store.bookings(now, until).await?.len();
        for one in &untold {
            let Some(mut told) = lost_told(one, ahead, &zone, now) else { continue };
            let at = awake(now, settings.owner_quiet, &[settings.zone()]);
            told.due_at = Some(at).filter(|at| *at > now);
            self.store.add_follow_up(&told).await?;
            if told.is_due(now) {
                self.enqueue(&told.person, &told.interaction).await;
            }
        }
        Ok(())
    }

    /// Reads those whose time it is.
    pub(super) async fn read_due_outside(&self, now: Timestamp) -> Result<(), Error> {
        let is_read = |one: &Outside| !one.is_due(now) || !self.elsewhere.can_ask(one, now);
        self.outside_where(is_read, SCHEDULE_WAITS, now).await.map(drop)
    }

    /// All of them, none from longer ago than `within`, as far as they can be read.
    pub(super) async fn fresh_outside(
        &self,
        within: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Outside>, Error> {
        let is_read = |one: &Outside| {
            one.is_fresh(within, now) || one.has_just_failed(now) || !self.elsewhere.can_ask(one, now)
        };
        self.outside_where(is_read, BOOKING_WAITS, now).await
    }

    async fn outside_where(
        &self,
        is_read: impl Fn(&Outside) -> bool,
        within: Duration,
        now: Timestamp,
    ) -> Result<Vec<Outside>, Error> {
        let known = self.store.outside().await?;
        if known.iter().all(&is_read) {
            return Ok(known);
        }
        let settings = self.store.calendar_settings().await?.settings;
        let read = known.into_iter().map(|one| async {
            if is_read(&one) { Ok(Some(one)) } else { self.brought_up(one, &settings, within, now).await }
        });
        let read: Result<Vec<Option<Outside>>, Error> = join_all(read).await.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }

    /// As it stands now; as somebody else read it meanwhile, if they did; nothing if it was taken away.
    async fn brought_up(
        &self,
        known: Outside,
        settings: &CalendarSettings,
        within: Duration,
        now: Timestamp,
    ) -> Result<Option<Outside>, Error> {
        let (account, read) = self.read_anew(&known, settings, within, now).await;
        if read.problem.is_some() {
            tracing::warn!(calendar = %known.id, "a calendar elsewhere could not be read");
        }
        let id = known.id.clone();
        match self.store.save_outside(Outside { account, read, ..known }).await {
            Err(StoreError::Conflict) => Ok(self.store.outside_of(&id).await?),
            saved => Ok(Some(saved?)),
        }
    }

    /// As it is found, with the consent as it stands then. What takes longer than `within` counts as not read.
    pub(super) async fn read_anew(
        &self,
        known: &Outside,
        settings: &CalendarSettings,
        within: Duration,
        now: Timestamp,
    ) -> (Account, Read) {
        let read = known.read.clone();
        let (url, owner) = match &known.account {
            Account::Ics { url, owner } => (url, owner),
            Account::Google(grant) => {
                return self.asked(known, (Provider::Google, grant), settings, within, now).await;
            }
            Account::Microsoft(grant) => {
                return self.asked(known, (Provider::Microsoft, grant), settings, within, now).await;
            }
        };
        let read = match timeout(within, self.fetched(url, owner, &read, settings, now)).await {
            Ok(Ok(Some(new))) => new,
            Ok(Ok(None)) => read.unchanged(now),
            Ok(Err(problem)) => read.failed(problem, now),
            Err(_) => read.failed(too_slow(within.as_secs_f32()), now),
        };
        (known.account.clone(), read)
    }

    async fn asked(
        &self,
        known: &Outside,
        (provider, grant): (Provider, &Grant),
        settings: &CalendarSettings,
        within: Duration,
        now: Timestamp,
    ) -> (Account, Read) {
        let mut grant = grant.clone();
        let spans = timeout(within, self.spans(known, provider, &mut grant, settings, now)).await;
        let read = match spans.unwrap_or(Err(Fault::Slow)) {
            Ok(spans) => Read {
                worked_out_at: now,
                zone: settings.time_zone.clone(),
                busy: Busy::of(spans, window(now)),
                ..Read::none(now)
            },
            Err(fault) => {
                grant.is_over = fault == Fault::Ended || fault == Fault::Sealed;
                let wait = match &fault {
                    Fault::Later(wait) => wait.and_then(|wait| now.checked_add(wait).ok()),
                    _ => None,
                };
                let problem = format!("{}: {fault}", provider.name());
                Read { wait_until: wait, ..known.read.clone().failed(problem, now) }
            }
        };
        (provider.account(grant), read)
    }

    async fn spans(
        &self,
        Outside { id, chosen, .. }: &Outside,
        provider: Provider,
        grant: &mut Grant,
        settings: &CalendarSettings,
        now: Timestamp,
    ) -> Result<Spans, Fault> {
        let accounts = self.elsewhere.accounts().ok_or(Fault::NotSetUp)?;
        let zone = settings.zone();
        let (next, access) = accounts.access(provider, id, grant, false, now).await?;
        *grant = next;
        match accounts.busy(provider, &access, (&grant.owner, chosen), &zone, window(now)).await {
            Err(Fault::Expired) => {
                let (next, access) = accounts.access(provider, id, grant, true, now).await?;
                *grant = next;
                accounts.busy(provider, &access, (&grant.owner, chosen), &zone, window(now)).await
            }
            read => read,
        }
    }

    /// An access token of a calendar, renewed if need be. `again`: the one that is kept was refused.
    pub(super) async fn access(&self, of: &OutsideId, again: bool, now: Timestamp) -> Result<String, Fault> {
        let accounts = self.elsewhere.accounts().ok_or(Fault::NotSetUp)?;
        let stored = self.store.outside_of(of).await.map_err(|_| Fault::NotReached)?.ok_or(Fault::Gone)?;
        let (provider, grant) = stored.account.grant().ok_or(Fault::NotSetUp)?;
        let (next, access) = match accounts.access(provider, of, grant, again, now).await {
            Err(fault @ (Fault::Ended | Fault::Sealed)) => {
                (Grant { is_over: true, ..grant.clone() }, Err(fault))
            }
            other => other.map(|(next, access)| (next, Ok(access)))?,
        };
        if next != *grant {
            let mut read = stored.read.clone();
            if let Err(fault) = &access {
                read.problem = Some(format!("{}: {fault}", provider.name()));
            }
            let account = provider.account(next);
            match self.store.save_outside(Outside { account, read, ..stored }).await {
                // Somebody else renewed it, too: either is good.
                Ok(_) | Err(StoreError::Conflict) => {}
                Err(_) => return Err(Fault::NotReached),
            }
        }
        access
    }

    /// What the file says; nothing if it says what is known.
    async fn fetched(
        &self,
        url: &str,
        owner: &str,
        read: &Read,
        settings: &CalendarSettings,
        now: Timestamp,
    ) -> Result<Option<Read>, String> {
        let known = match read.is_worked_out(&settings.time_zone, now) {
            true => Version { etag: read.etag.clone(), last_modified: read.last_modified.clone() },
            false => Version::default(),
        };
        let fetcher = self.elsewhere.fetcher().map_err(|error| in_words(&error))?;
        let (bytes, etag, last_modified) =
            match fetcher.fetch(url, &known).await.map_err(|error| in_words(&error))? {
                Fetched::NotModified => return Ok(None),
                Fetched::Body { bytes, etag, last_modified, .. } => (bytes, etag, last_modified),
            };
        let text = String::from_utf8_lossy(&bytes);
        let said =
            ical::read(&text, &settings.zone(), owner, window(now)).map_err(|error| error.to_string())?;
        Ok(Some(Read {
            worked_out_at: now,
            zone: settings.time_zone.clone(),
            unread: said.unread,
            busy: said.busy,
            etag,
            last_modified,
            ..Read::none(now)
        }))
    }
}

/// What stands for the conversation, once for each time that it is lost: as of when it was read last, a calendar is known
/// by that.
fn told_of(one: &Outside) -> Option<InteractionId> {
    let of = format!("calendar-{}-{}", one.id.suffix(), one.read.good_at.as_second());
    InteractionId::derived(&of).ok()
}

fn lost_told(one: &Outside, ahead: usize, zone: &TimeZone, now: Timestamp) -> Option<FollowUp> {
    let at = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%A, %-d %B, %H:%M (%Z)").to_string();
    let why = one.read.problem.as_deref().unwrap_or("it does not answer");
    let until = one.read.good_at.checked_add(STANDS_FOR).unwrap_or(now);
    let since = match one.stands(now) {
        true => format!("What was read of it last stands until {}; then nobody can book.", at(until)),
        false => format!("It was read last on {}, so nobody can book now.", at(one.read.good_at)),
    };
    let meetings = match ahead {
        0 => String::new(),
        1 => " One meeting that is booked is not kept up to date in it.".to_owned(),
        many => format!(" {many} meetings that are booked are not kept up to date in it."),
    };
    let message = format!("“{}” cannot be read any more: {why}. {since}{meetings}", one.name);
    let of = (PersonId::derived(OWNER).ok()?, told_of(one)?);
    let content = Content::news(News::Message, message);
    let reason = "a calendar of yours cannot be read any more".to_owned();
    FollowUp::of(of, LOST, content, State::Approved, reason, now)
}

/// `webcal` is how calendars are subscribed to by hand: `https` in truth.
fn web_address(given: &str) -> Result<String, Error> {
    let given = given.trim();
    let scheme = given.split(':').next().unwrap_or_default();
    let rest = given.get(scheme.len()..).unwrap_or_default();
    let url = match scheme.to_ascii_lowercase().as_str() {
        "webcal" | "webcals" => format!("https{rest}"),
        _ => given.to_owned(),
    };
    crate::clients::fetch::parse(&url).map(String::from).map_err(|error| Error::Invalid(in_words(&error)))
}

fn named(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Error::Invalid(format!("a name is one line of at most {MAX_NAME} characters")));
    }
    Ok(name.to_owned())
}

/// What the owner is told: the address, which may be a secret, is not in it.
fn in_words(error: &FetchError) -> String {
    match error {
        FetchError::Invalid { why, .. } => format!("this is not a web address: {why}"),
        FetchError::Forbidden { why, .. } => format!("this address is not allowed: {why}"),
        FetchError::Unresolved { host, .. } => format!("there is no host {host}"),
        FetchError::Private { host, .. } => format!("{host} is not on the public internet"),
        FetchError::Redirect { target, .. } => {
            let host = target.split('/').nth(2).unwrap_or("another address");
            format!("it moved to {host}: add the address there")
        }
        FetchError::Status { status: status @ (401 | 403), .. } => {
            format!("it is not open to whoever has the address (status {status}): use its secret address")
        }
        FetchError::Status { status: status @ (404 | 410), .. } => {
            format!("there is nothing at this address (status {status}): it may have been renewed")
        }
        FetchError::Status { status, .. } => format!("its server answers with an error (status {status})"),
        FetchError::TooLarge { limit, .. } => format!("it is larger than {} MB", limit / (1024 * 1024)),
        FetchError::Timeout { seconds, .. } => too_slow(*seconds),
        FetchError::Body { .. } => "what its server sent cannot be read".to_owned(),
        FetchError::Unreachable { .. } => "its server cannot be reached".to_owned(),
    }
}

fn too_slow(seconds: f32) -> String {
    format!("its server did not answer within {seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_calendars() {
        for (given, wanted) in [
            ("webcal://calendar.example/a.ics", Some("https://calendar.example/a.ics")),
            (" WEBCAL://calendar.example/a.ics ", Some("https://calendar.example/a.ics")),
            ("https://calendar.example/a.ics#x", Some("https://calendar.example/a.ics")),
            ("calendar.example/a.ics", None),
            ("", None),
        ] {
            assert_eq!(web_address(given).ok().as_deref(), wanted, "{given}");
        }
    }

    #[test]
    fn no_secret_address_is_told() {
        let url = || "https://calendar.example/private-5f2a/basic.ics".to_owned();
        let errors = [
            FetchError::Status { url: url(), status: 404 },
            FetchError::Redirect { url: url(), target: url() },
            FetchError::Timeout { url: url(), seconds: 5.0 },
            FetchError::Unreachable { url: url(), why: url() },
            FetchError::Body { url: url(), why: url() },
            FetchError::TooLarge { url: url(), limit: MAX_CALENDAR },
        ];
        for error in errors {
            assert!(!in_words(&error).contains("5f2a"), "{error:?}");
        }
    }
}
