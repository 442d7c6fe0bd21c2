//! Meetings: what the owner offers, and who books it. One rule decides for what is listed and for
//! what is booked, which looks again at what is taken by then.

use std::sync::Arc;

use garde::Validate as _;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{MAX_CONFLICTS, Twin};
use crate::{
    audit::{Act, Actor, Line},
    error::Error,
    follow_up::Follows,
    handoff::{Secret, hash},
    id::{BookingId, InteractionId, PersonId},
    identity::{Assurance, Email},
    interaction::Channel,
    scheduling::{
        Booking, CalendarSettings, Guest, MeetingType, Party, Refusal, SavedCalendar, Slot, Standing, Taken,
        Window, booking::HELD_FOR, offered, outside::FRESH_FOR, read, slots, spread, waking,
    },
    store::{Claimed, Limit, StoreError},
};

/// Meetings of one person that are ahead.
const MAX_AHEAD: usize = 3;
/// Bookings that are asked for on one day: with one address, and by all.
const OF_EMAIL: Limit = Limit { name: "calendar-email-day", most: 5, window: A_DAY };
pub const OF_ALL: Limit = Limit { name: "calendar-day", most: 200, window: A_DAY };
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// Whoever commits to a time looks at what was put into calendars elsewhere this very minute.
const ANEW: SignedDuration = SignedDuration::ZERO;
/// Bytes of a hash that make an id of it.
const ID_LENGTH: usize = 26;
/// The feed begins so long ago.
const FEED_PAST: SignedDuration = SignedDuration::from_hours(24 * 30);
const FEED_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Times are proposed of the next days, and so many.
const PROPOSED_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 10);
const MAX_PROPOSED: usize = 4;

/// Free times, and what they are for.
#[derive(Debug, Clone, PartialEq)]
pub struct Free {
    pub settings: Arc<CalendarSettings>,
    pub meeting: MeetingType,
    pub slots: Vec<Slot>,
}

/// What somebody wants to book.
#[derive(Debug, Clone, PartialEq)]
pub struct ToBook {
    /// The same again is the same booking.
    pub key: String,
    pub meeting: Option<String>,
    pub start: Timestamp,
    pub guest: Guest,
    pub topic: Option<String>,
}

/// Who books, where, and how sure that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Booker {
    pub person: PersonId,
    /// None on the page.
    pub interaction: Option<InteractionId>,
    pub channel: Channel,
    pub level: Assurance,
    /// The address was read back, and they agreed.
    pub read_back: bool,
}

impl Twin {
    /// What the owner decided about the calendar, at most a minute ago.
    pub async fn calendar(&self) -> Result<Arc<CalendarSettings>, Error> {
        let read = async {
            let saved = self.store.calendar_settings().await?;
            Ok::<_, Error>((saved.version, saved.settings))
        };
        self.calendar.or_read(read).await
    }

    /// Saves settings in place of the version that was read. `Invalid` says which field is wrong; `Conflict`: there is
    /// another version meanwhile. What is booked stays booked.
    pub async fn replace_calendar(
        &self,
        settings: &CalendarSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedCalendar, Error> {
        let wrong = |report: garde::Report| Error::Invalid(report.to_string().trim().replace('\n', "; "));
        settings.validate().map_err(wrong)?;
        let saved = self.store.save_calendar_settings(settings, version, now).await?;
        self.calendar.put(saved.version, saved.settings.clone());
        Ok(saved)
    }

    /// At most `limit` free times that begin in the spans, in order; what is held as `own` is free. `Invalid`: there is no meeting of this type.
    pub async fn free_times(
        &self,
        meeting: Option<&str>,
        spans: &[(Timestamp, Timestamp)],
        own: Option<&BookingId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Free, Error> {
        let settings = self.calendar().await?;
        let meeting = kind(&settings, meeting)?.clone();
        let (first, last) = settings.horizon(now);
        let outside = self.store.outside().await?;
        let mut found: Vec<Slot> = Vec::new();
        for (from, to) in spans {
            let span = ((*from).max(first), (*to).min(last));
            if !settings.is_open() || span.0 > span.1 {
                continue;
            }
            let taken = self.store.busy(&settings.zone(), reach(span), own, now).await?;
            let taken = taken.and_outside(&outside, reach(span), now);
            found.extend(slots(&settings, &meeting, &taken, (*from, *to), now).take(limit));
        }
        found.sort();
        found.dedup();
        found.truncate(limit);
        Ok(Free { settings, meeting, slots: found })
    }

    /// Whether there is a meeting of this type, and a number if it is a call: before anything is counted or written. `Invalid`
    /// says what is wrong.
    pub async fn may_be_booked(&self, wanted: &ToBook) -> Result<(), Error> {
        let settings = self.store.calendar_settings().await?.settings;
        has_number(kind(&settings, wanted.meeting.as_deref())?, &wanted.guest)
    }

    /// Counts a booking that is asked for, by the address that is told of it and among all. `TooMany`: it is one too many.
    pub async fn count_booking(&self, email: Option<&Email>, now: Timestamp) -> Result<(), Error> {
        let email = email.map(Email::key);
        let mut limits: Vec<(&Limit, &str)> = email.iter().map(|key| (&OF_EMAIL, key.as_str())).collect();
        limits.push((&OF_ALL, ""));
        self.store.admit(&limits, now).await
    }

    /// Times to propose to whoever wants to meet: of those that they wished for on their clock, else the next at which they
    /// are up. None unless the owner has hours for it.
    pub(super) async fn proposed(
        &self,
        wishes: &[String],
        clock: &TimeZone,
        now: Timestamp,
    ) -> Result<Vec<Timestamp>, Error> {
        if !self.calendar().await?.is_open() {
            return Ok(Vec::new());
        }
        let wished: Vec<_> = wishes
            .iter()
            .filter_map(|wish| read(wish, clock, now).ok())
            .flatten()
            .map(Window::span)
            .collect();
        let mut slots = self.free_times(None, &wished, None, usize::MAX, now).await?.slots;
        if slots.is_empty() {
            let soon = (now, now.checked_add(PROPOSED_WITHIN).unwrap_or(now));
            slots = self.free_times(None, &[soon], None, usize::MAX, now).await?.slots;
        }
        let chosen = spread(&waking(slots, clock), clock, MAX_PROPOSED);
        Ok(chosen.into_iter().map(|slot| slot.start).collect())
    }

    /// Holds a time for a while, for whoever is asked whether it suits them. Each has one; a new one lets go of it.
    pub async fn hold(&self, booker: &Booker, wanted: ToBook, now: Timestamp) -> Result<Claimed, Error> {
        let settings = self.store.calendar_settings().await?.settings;
        let meeting = kind(&settings, wanted.meeting.as_deref())?.clone();
        let held = self.held_by(&booker.person, now).await?;
        let taken = self.taken_around(&settings, wanted.start, (held.as_ref(), FRESH_FOR), now).await?;
        let slot = match offered(&settings, &meeting, &taken, wanted.start, now) {
            Ok(slot) => slot,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = held.as_ref().map_or_else(|| BookingId::generate(now), |held| held.id.clone());
        let made = Booking::new(id, booker.person.clone(), &settings, &meeting, slot, wanted.guest, now);
        let until = now.checked_add(HELD_FOR).unwrap_or(now);
        let next = Booking {
            standing: Standing::Held { until },
            interaction: booker.interaction.clone(),
            topic: wanted.topic,
            ..made
        };
        Ok(self.store.claim(next, held.as_ref(), settings.daily_cap, &Follows::default(), false, now).await?)
    }

    /// Books a time, and plans what is told of it. The same key again is the same booking. `Invalid`: there is no
    /// meeting of this type; `TooMany`: they have enough ahead.
    pub async fn book(&self, booker: &Booker, wanted: ToBook, now: Timestamp) -> Result<Claimed, Error> {
        let settings = self.store.calendar_settings().await?.settings;
        let meeting = kind(&settings, wanted.meeting.as_deref())?.clone();
        let all = self.store.bookings_of(&booker.person).await?;
        let same = |booking: &&Booking| booking.key.as_ref() == Some(&wanted.key);
        if let Some(known) = all.iter().find(same) {
            return match known.start == wanted.start && known.meeting.id == meeting.id {
                true => Ok(Ok(known.clone())),
                false => Err(Error::Conflict),
            };
        }
        let ahead = all.iter().filter(|booking| booking.is_ahead(now)).map(|booking| booking.start);
        let ahead: Vec<Timestamp> = ahead.collect();
        if ahead.len() >= MAX_AHEAD {
            return Err(Error::TooMany { until: ahead.into_iter().min().unwrap_or(now) });
        }
        has_number(&meeting, &wanted.guest)?;
        let held = self.held_by(&booker.person, now).await?;
        let taken = self.taken_around(&settings, wanted.start, (held.as_ref(), ANEW), now).await?;
        let slot = match offered(&settings, &meeting, &taken, wanted.start, now) {
            Ok(slot) => slot,
            Err(refusal) => return self.made_meanwhile(booker, &wanted.key, wanted.start, refusal).await,
        };
        // What was held for them becomes theirs.
        let id = held
            .as_ref()
            .map_or_else(|| booking_id(&booker.person, &wanted.key), |held| Ok(held.id.clone()))?;
        let made = Booking::new(id, booker.person.clone(), &settings, &meeting, slot, wanted.guest, now);
        let next = Booking {
            interaction: booker.interaction.clone(),
            topic: wanted.topic,
            key: Some(wanted.key.clone()),
            ..made
        };
        let line = Line::new(Actor::Person, Act::Booked, now).about(&booker.person).within(&next.id);
        self.audit(line.on(booker.channel)).await?;
        let contact = self.store.known(&booker.person).await?.ok_or(Error::NotFound)?.contact;
        let new = self.told(&next, &contact, Some(booker), now).await?;
        let follows = Follows { new, changed: Vec::new() };
        let (cap, mirrored) = (settings.daily_cap, self.is_mirrored().await?);
        let claimed = match self.store.claim(next, held.as_ref(), cap, &follows, mirrored, now).await {
            Ok(Err(Refusal::Taken)) | Err(StoreError::Conflict) => {
                return self.made_meanwhile(booker, &wanted.key, wanted.start, Refusal::Taken).await;
            }
            claimed => claimed?,
        };
        if let Ok(booking) = &claimed {
            self.queue_told(&follows.new).await;
            self.once_booked(booking, booker.read_back, now).await;
        }
        Ok(claimed)
    }

    /// What follows from a booking that stands, whatever becomes of this.
    async fn once_booked(&self, booking: &Booking, read_back: bool, now: Timestamp) {
        if let Err(error) = self.remember_guest(booking, read_back, now).await {
            tracing::warn!(booking = %booking.id, %error, "a guest is not in the contacts yet");
        }
        self.settled_by_booking(&booking.person, now).await;
        if let Err(error) = self.cancel_nudges(&booking.person, None, now).await {
            tracing::warn!(booking = %booking.id, %error, "a reminder sees by itself that they booked");
        }
    }

    /// The same at the same time is one booking: theirs, unless the time is another's.
    async fn made_meanwhile(
        &self,
        booker: &Booker,
        key: &str,
        start: Timestamp,
        refusal: Refusal,
    ) -> Result<Claimed, Error> {
        let all = self.store.bookings_of(&booker.person).await?;
        let theirs = |booking: &Booking| booking.key.as_deref() == Some(key) && booking.start == start;
        Ok(all.into_iter().find(theirs).ok_or(refusal))
    }

    /// A link that shows a booking, moves and cancels it, until a day after the meeting.
    pub async fn link_to(&self, booking: &Booking) -> Result<Secret, Error> {
        let secret = Secret::generate();
        self.store.save_booking_link(&secret, booking).await?;
        Ok(secret)
    }

    /// The booking that a link leads to. Expired and unknown ones are all `NotFound`.
    pub async fn linked(&self, secret: &str) -> Result<Booking, Error> {
        self.store.linked_booking(secret).await?.ok_or(Error::NotFound)
    }

    /// Moves a booking that is ahead to another time. The same time again changes nothing. `Conflict`: it is over, or
    /// cancelled, or changed meanwhile.
    pub async fn move_booking(
        &self,
        booking: &Booking,
        start: Timestamp,
        by: Party,
        now: Timestamp,
    ) -> Result<Claimed, Error> {
        if booking.is_on() && booking.start == start {
            return Ok(Ok(booking.clone()));
        }
        if !booking.is_ahead(now) {
            return Err(Error::Conflict);
        }
        let settings = self.store.calendar_settings().await?.settings;
        let taken = self.taken_around(&settings, start, (Some(booking), ANEW), now).await?;
        let slot = match offered(&settings, &booking.meeting, &taken, start, now) {
            Ok(slot) => slot,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let next = booking.moved_to(&settings, slot, now);
        self.audit(line(by, Act::BookingMoved, booking, now)).await?;
        let contact = self.store.known(&booking.person).await?.ok_or(Error::NotFound)?.contact;
        let (cap, mirrored) = (settings.daily_cap, self.is_mirrored().await?);
        for _ in 0..MAX_CONFLICTS {
            let follows = Box::pin(self.told_instead((booking, &next), &contact, now)).await?;
            match self.store.claim(next.clone(), Some(booking), cap, &follows, mirrored, now).await {
                Err(StoreError::Conflict) if self.still_is(booking).await? => {}
                claimed => {
                    let claimed = claimed?;
                    if claimed.is_ok() {
                        self.queue_told(&follows.new).await;
                        self.changed_meeting(booking, Some(slot.start)).await;
                    }
                    return Ok(claimed);
                }
            }
        }
        Err(Error::Conflict)
    }

    /// Cancels a booking that is ahead. Again, it changes nothing. `Conflict`: it is over, or changed meanwhile.
    pub async fn cancel_booking(
        &self,
        booking: &Booking,
        by: Party,
        now: Timestamp,
    ) -> Result<Booking, Error> {
        if matches!(booking.standing, Standing::Cancelled { .. }) {
            return Ok(booking.clone());
        }
        if !booking.is_ahead(now) {
            return Err(Error::Conflict);
        }
        let next = booking.cancelled(by, now);
        self.audit(line(by, Act::BookingCancelled, booking, now)).await?;
        let contact = self.store.known(&booking.person).await?.ok_or(Error::NotFound)?.contact;
        let mirrored = self.is_mirrored().await?;
        for _ in 0..MAX_CONFLICTS {
            let follows = Box::pin(self.told_instead((booking, &next), &contact, now)).await?;
            match self.store.release(next.clone(), &follows, mirrored, now).await {
                Err(StoreError::Conflict) if self.still_is(booking).await? => {}
                cancelled => {
                    let cancelled = cancelled?;
                    self.queue_told(&follows.new).await;
                    self.changed_meeting(booking, None).await;
                    return Ok(cancelled);
                }
            }
        }
        Err(Error::Conflict)
    }

    /// Nobody changed it since it was read.
    async fn still_is(&self, read: &Booking) -> Result<bool, Error> {
        let stands = self.store.booking(&read.person, &read.id).await?;
        Ok(stands.is_some_and(|stands| stands.version == read.version))
    }

    /// What is booked from a month ago on, for the owner's calendar.
    pub async fn feed(&self, now: Timestamp) -> Result<Vec<Booking>, Error> {
        let at = |duration| now.checked_add(duration).unwrap_or(now);
        Ok(self.store.bookings(at(-FEED_PAST), at(FEED_AHEAD)).await?)
    }

    pub(super) async fn held_by(&self, person: &PersonId, now: Timestamp) -> Result<Option<Booking>, Error> {
        let all = self.store.bookings_of(person).await?;
        let held = |booking: &Booking| matches!(booking.standing, Standing::Held { until } if until > now);
        Ok(all.into_iter().find(held))
    }

    async fn taken_around(
        &self,
        settings: &CalendarSettings,
        start: Timestamp,
        (own, within): (Option<&Booking>, SignedDuration),
        now: Timestamp,
    ) -> Result<Taken, Error> {
        let (own, span, zone) = (own.map(|own| &own.id), reach((start, start)), settings.zone());
        let (outside, taken) =
            tokio::join!(self.fresh_outside(within, now), self.store.busy(&zone, span, own, now));
        Ok(taken?.and_outside(&outside?, span, now))
    }
}

/// Why a meeting that is a call is not booked.
const NO_NUMBER: &str = "in this meeting you are called: say on which number (phone)";
fn kind<'a>(settings: &'a CalendarSettings, id: Option<&str>) -> Result<&'a MeetingType, Error> {
    settings.meeting(id).ok_or_else(|| Error::Invalid("there is no meeting of this type".to_owned()))
}

fn has_number(meeting: &MeetingType, guest: &Guest) -> Result<(), Error> {
    match meeting.asks_phone && guest.phone.is_none() {
        true => Err(Error::Invalid(NO_NUMBER.to_owned())),
        false => Ok(()),
    }
}

/// A day on each side: what is taken there may reach into it.
fn reach((from, to): (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    (from.checked_sub(DAY).unwrap_or(from), to.checked_add(DAY).unwrap_or(to))
}

/// The one that belongs to a key of somebody's.
fn booking_id(person: &PersonId, key: &str) -> Result<BookingId, Error> {
    let hash = hash(&format!("{person}\n{key}")).replace('_', "-");
    BookingId::derived(hash.get(..ID_LENGTH).unwrap_or(&hash))
        .map_err(|error| Error::Internal(Box::new(error)))
}

fn line(by: Party, act: Act, booking: &Booking, now: Timestamp) -> Line {
    let who = match by {
        Party::Guest => Actor::Person,
        Party::Owner => Actor::Owner,
    };
    Line::new(who, act, now).about(&booking.person).within(&booking.id)
}
