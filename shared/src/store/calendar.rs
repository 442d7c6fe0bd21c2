//! The owner's calendar. A booking claims each quarter-hour that it takes, with the buffer behind it, and one numbered
//! place among the meetings of its day: items that only one booking can hold, written with it in one transaction. So
//! of any number that book the same time at once, one does.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Condition, Item, Result, Store, StoreError, ToMirror, expires, item, keys, keys::Key, set};
use crate::{
    follow_up::{FollowUp, Follows},
    handoff::{Secret, hash},
    id::{BookingId, PersonId},
    retention::Kind,
    scheduling::{
        Booking, CalendarSettings, Quarter, Refusal, SavedCalendar, Standing, Taken, booking::LINKED_FOR,
        days_of,
    },
};

/// How often a place on the day is looked for, while others book.
const MAX_TRIES: usize = 40;
/// What is taken is of no use when it is over.
const CLAIMED_PAST: SignedDuration = SignedDuration::from_hours(24);

/// Epoch seconds: from then on what is held is anybody's.
const HELD_UNTIL: &str = "held_until";

/// What came of claiming a time.
pub type Claimed = std::result::Result<Booking, Refusal>;

/// Who holds a quarter-hour or a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    booking: BookingId,
    /// Epoch seconds: from then on it is anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<i64>,
}

impl Claim {
    fn is_over(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| until <= now.as_second())
    }
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    person: PersonId,
    booking: BookingId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feed {
    secret_hash: String,
}

impl Store {
    /// What holds; the default before anything was saved.
    pub async fn calendar_settings(&self) -> Result<SavedCalendar> {
        Ok(self.get(keys::calendar_settings()).await?.unwrap_or_default())
    }

    /// Saves what replaces `version` (0: the first one). `Conflict` if that is no longer the current one.
    pub async fn save_calendar_settings(
        &self,
        settings: &CalendarSettings,
        version: u64,
        now: Timestamp,
    ) -> Result<SavedCalendar> {
        let saved = SavedCalendar { version: version + 1, updated_at: Some(now), settings: settings.clone() };
        let kept = keys::calendar_settings_version(saved.version);
        let writes = vec![
            self.write(item(keys::calendar_settings(), &saved)?, Some(Condition::version(version))),
            self.write(item(kept, &saved)?, Some(Condition::absent())),
        ];
        self.transact(writes).await?;
        Ok(saved)
    }

    /// What is taken in a span, without what `but` holds itself.
    pub async fn busy(
        &self,
        zone: &TimeZone,
        span: (Timestamp, Timestamp),
        but: Option<&BookingId>,
        now: Timestamp,
    ) -> Result<Taken> {
        let mut taken = Taken::default();
        for month in months(zone, span) {
            for found in self.query_items(month, "").await? {
                let claim: Claim = serde_dynamo::from_item(found.clone())?;
                if but == Some(&claim.booking) || claim.is_over(now) {
                    continue;
                }
                let sk = found.get(keys::SK).and_then(|sk| sk.as_s().ok()).map_or("", String::as_str);
                if let Some(start) = sk.strip_prefix(keys::QUARTERS) {
                    taken.quarters.extend(start.parse().ok().and_then(Quarter::beginning));
                } else if let Some(day) =
                    sk.strip_prefix(keys::PLACES).and_then(|rest| rest.split('#').next())
                    && let Ok(day) = day.parse()
                {
                    *taken.meetings.entry(day).or_default() += 1;
                }
            }
        }
        Ok(taken)
    }

    /// Books, holds or moves: claims what `next` takes, and lets go of what `before` had, with what follows from it, in
    /// one transaction. `DayFull` or `Taken`: nothing was written. `Conflict`: `before`, or what was planned then, is not
    /// what is stored.
    pub async fn claim(
        &self,
        mut next: Booking,
        before: Option<&Booking>,
        daily_cap: u8,
        follows: &Follows,
        is_mirrored: bool,
        now: Timestamp,
    ) -> Result<Claimed> {
        let before = before.filter(|before| holds(before, now));
        let own_place = before.filter(|before| before.day == next.day).map(|before| before.place);
        next.version = before.map_or(next.version, |before| before.version) + 1;
        for _ in 0..MAX_TRIES {
            let (quarters, places) = self.claims_of(&next, now).await?;
            if next.quarters().any(|quarter| quarters.contains(&quarter)) {
                return Ok(Err(Refusal::Taken));
            }
            let place = own_place.or_else(|| (1..=daily_cap).find(|number| !places.contains(number)));
            let Some(place) = place else { return Ok(Err(Refusal::DayFull)) };
            next.place = place;
            let mut writes = self.claiming(&next, before, now)?;
            writes.extend(self.planned(follows)?);
            writes.extend(self.mirroring(&next, is_mirrored, now)?);
            match self.transact(writes).await {
                Ok(()) => return Ok(Ok(next)),
                Err(StoreError::Conflict) => self.unchanged(&next, before, follows).await?,
                Err(StoreError::Erased) => {
                    self.let_go(&next).await?;
                    return Err(StoreError::Erased);
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// A booking that does not take place any more: what it claimed is free. `Conflict`: it, or what was planned before, was
    /// changed meanwhile.
    pub async fn release(
        &self,
        mut cancelled: Booking,
        follows: &Follows,
        is_mirrored: bool,
        now: Timestamp,
    ) -> Result<Booking> {
        let condition = Condition::version(cancelled.version);
        cancelled.version += 1;
        let mut writes = vec![self.write(self.booking_item(&cancelled)?, Some(condition))];
        writes.extend(self.freeing(&cancelled, cancelled.quarters(), true));
        writes.extend(self.planned(follows)?);
        writes.extend(self.mirroring(&cancelled, is_mirrored, now)?);
        self.transact(writes).await?;
        Ok(cancelled)
    }

    /// What the guest's calendar says of a booking that stands, and what the owner is told of it, in one transaction.
    /// `Conflict`: the booking was changed meanwhile, or they were told.
    pub async fn save_answered(&self, mut answered: Booking, told: Option<&FollowUp>) -> Result<()> {
        let condition = Condition::version(answered.version);
        answered.version += 1;
        let mut writes = vec![self.write(self.booking_item(&answered)?, Some(condition))];
        if let Some(told) = told {
            writes.push(self.write(self.follow_up_item(told)?, Some(Condition::absent())));
        }
        self.transact(writes).await
    }

    /// A booking, or a time that is held, whatever became of it.
    pub async fn booking(&self, person: &PersonId, id: &BookingId) -> Result<Option<Booking>> {
        self.found(person, |partition| keys::booking(partition, id)).await
    }

    /// All of a person's, also those that are held, over or cancelled.
    pub async fn bookings_of(&self, person: &PersonId) -> Result<Vec<Booking>> {
        self.across(person, keys::BOOKING).await
    }

    /// Bookings that are on and begin in a span, in order.
    pub async fn bookings(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Booking>> {
        let mut all: Vec<Booking> = self.all_listed(keys::BOOKINGS, Some(from)).await?;
        all.retain(|booking| booking.start <= to);
        Ok(all)
    }

    /// A link that shows a booking, moves and cancels it.
    pub async fn save_booking_link(&self, secret: &Secret, booking: &Booking) -> Result<()> {
        let link = Link { person: booking.person.clone(), booking: booking.id.clone() };
        let mut new = item(keys::booking_link(&secret.hash()), &link)?;
        expires(&mut new, until(booking));
        self.put_elsewhere(&booking.person, new, None).await
    }

    /// Where a link leads.
    pub async fn linked_booking(&self, secret: &str) -> Result<Option<Booking>> {
        match self.get::<Link>(keys::booking_link(&hash(secret))).await? {
            Some(link) => self.booking(&link.person, &link.booking).await,
            None => Ok(None),
        }
    }

    /// The secret under which the owner's feed is read from now on; the one before ends.
    pub async fn save_feed(&self, secret: &Secret) -> Result<()> {
        self.put(item(keys::feed(), &Feed { secret_hash: secret.hash() })?).await
    }

    /// Whether this is the secret of the feed; compared in constant time.
    pub async fn is_feed(&self, secret: &str) -> Result<bool> {
        use subtle::ConstantTimeEq as _;
        let feed: Option<Feed> = self.get(keys::feed()).await?;
        let given = hash(secret);
        Ok(feed.is_some_and(|feed| feed.secret_hash.as_bytes().ct_eq(given.as_bytes()).into()))
    }

    /// Frees what an item of somebody who is erased claims, if it is a booking.
    pub(super) async fn free(&self, found: &Item) -> Result<()> {
        let is_booking =
            found.get(keys::SK).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.starts_with(keys::BOOKING));
        if !is_booking {
            return Ok(());
        }
        let booking: Booking = serde_dynamo::from_item(found.clone())?;
        self.let_go(&booking).await
    }

    /// Frees what is still this booking's.
    async fn let_go(&self, booking: &Booking) -> Result<()> {
        if booking.place == 0 || matches!(booking.standing, Standing::Cancelled { .. }) {
            return Ok(());
        }
        for key in booking.quarters().map(keys::quarter).chain([keys::place(booking.day, booking.place)]) {
            match self.delete_if(key, of(&booking.id)).await {
                // Another's by now, or gone.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What others hold of what a booking wants, and of the places on its day.
    async fn claims_of(&self, next: &Booking, now: Timestamp) -> Result<(BTreeSet<Quarter>, BTreeSet<u8>)> {
        let mut quarters = BTreeSet::new();
        let mut places = BTreeSet::new();
        let days: BTreeSet<(String, String)> = next
            .quarters()
            .map(keys::quarter)
            .map(|key| (key.pk, key.sk.split('T').next().unwrap_or_default().to_owned()))
            .collect();
        for (month, day) in days {
            for found in self.query_items(month, &day).await? {
                if let Some(start) = others(&found, next, now, keys::QUARTERS)? {
                    quarters.extend(start.parse().ok().and_then(Quarter::beginning));
                }
            }
        }
        let place = keys::place(next.day, 1);
        for found in self.query_items(place.pk, &keys::places(next.day)).await? {
            if let Some(number) = others(&found, next, now, &keys::places(next.day))? {
                places.extend(number.parse::<u8>().ok());
            }
        }
        Ok((quarters, places))
    }

    fn claiming(
        &self,
        next: &Booking,
        before: Option<&Booking>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let stored = before.map_or_else(|| gone(now), |before| Condition::version(before.version));
        let held_until = match next.standing {
            Standing::Held { until } => Some(until.as_second()),
            Standing::Booked | Standing::Cancelled { .. } => None,
        };
        let claim = Claim { booking: next.id.clone(), held_until };
        let over = held_until
            .map_or_else(
                || next.clear_until.checked_add(CLAIMED_PAST).ok(),
                |second| Timestamp::from_second(second).ok(),
            )
            .unwrap_or(Timestamp::MAX);
        let mut writes = vec![self.write(self.booking_item(next)?, Some(stored))];
        let wanted = next.quarters().map(keys::quarter).chain([keys::place(next.day, next.place)]);
        for key in wanted {
            let mut new = item(key, &claim)?;
            expires(&mut new, over);
            writes.push(self.write(new, Some(free_for(&next.id, now))));
        }
        if let Some(before) = before {
            let kept: BTreeSet<Quarter> = next.quarters().collect();
            let left = before.quarters().filter(|quarter| !kept.contains(quarter));
            let leaves_place = (before.day, before.place) != (next.day, next.place);
            writes.extend(self.freeing(before, left, leaves_place));
        }
        Ok(writes)
    }

    fn planned(&self, follows: &Follows) -> Result<Vec<TransactWriteItem>> {
        let mut writes = self.changing(follows)?;
        for planned in &follows.new {
            writes.push(self.write(self.follow_up_item(planned)?, None));
        }
        Ok(writes)
    }

    /// What calendars elsewhere are to hear of it, in the transaction of the booking itself.
    fn mirroring(
        &self,
        booking: &Booking,
        is_mirrored: bool,
        now: Timestamp,
    ) -> Result<Option<TransactWriteItem>> {
        let wanted =
            is_mirrored.then(|| self.to_mirror_item(&ToMirror::of(booking, now), now)).transpose()?;
        Ok(wanted.map(|wanted| self.write(wanted, None)))
    }

    fn freeing(
        &self,
        booking: &Booking,
        quarters: impl Iterator<Item = Quarter>,
        place: bool,
    ) -> Vec<TransactWriteItem> {
        let place = place.then(|| keys::place(booking.day, booking.place));
        let keys = quarters.map(keys::quarter).chain(place);
        keys.map(|key| self.deletion(key, Some(of_or_gone(&booking.id)))).collect()
    }

    /// A conflict is about the time; `Conflict` if it is about the booking itself, or what was planned before.
    async fn unchanged(&self, next: &Booking, before: Option<&Booking>, follows: &Follows) -> Result<()> {
        for (read, _) in &follows.changed {
            let stored = self.follow_up(&read.person, &read.id).await?;
            if stored.as_ref() != Some(read) {
                return Err(StoreError::Conflict);
            }
        }
        let key: Key = keys::booking(&next.person, &next.id);
        let stored: Option<Booking> = self.get(key).await?;
        let version = stored.map_or(0, |stored| stored.version);
        match before {
            Some(before) if before.version != version => Err(StoreError::Conflict),
            None if version > 0 => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    fn booking_item(&self, booking: &Booking) -> Result<Item> {
        let mut new = item(keys::booking(&booking.person, &booking.id), booking)?;
        let kept = match booking.standing {
            Standing::Held { until } => until,
            _ => self.until(Kind::Conversations).max(until(booking)),
        };
        expires(&mut new, kept);
        if let Standing::Held { until } = booking.standing {
            new.insert(HELD_UNTIL.to_owned(), AttributeValue::N(until.as_second().to_string()));
        }
        if booking.is_on() {
            set(&mut new, keys::LIST, keys::BOOKINGS);
            set(&mut new, keys::LIST_AT, keys::time(booking.start));
        }
        Ok(new)
    }
}

/// Something is still claimed for it.
fn holds(booking: &Booking, now: Timestamp) -> bool {
    match booking.standing {
        Standing::Held { until } => until > now,
        Standing::Booked => true,
        Standing::Cancelled { .. } => false,
    }
}

/// What comes after the prefix in the key of a claim that is another's.
fn others<'a>(found: &'a Item, next: &Booking, now: Timestamp, prefix: &str) -> Result<Option<&'a str>> {
    let claim: Claim = serde_dynamo::from_item(found.clone())?;
    let is_free = claim.booking == next.id || claim.is_over(now);
    let sk = found.get(keys::SK).and_then(|sk| sk.as_s().ok());
    Ok(sk.and_then(|sk| sk.strip_prefix(prefix)).filter(|_| !is_free))
}

fn until(booking: &Booking) -> Timestamp {
    booking.end.checked_add(LINKED_FOR).unwrap_or(booking.end)
}

fn months(zone: &TimeZone, (from, to): (Timestamp, Timestamp)) -> BTreeSet<String> {
    // Places are by the owner's day, quarters by that of UTC: a day more on each side has both.
    let around = |at: Timestamp, days: i64| at.checked_add((24 * days).hours()).unwrap_or(at);
    let days = days_of(zone, (around(from, -1), around(to, 1)));
    days.map(keys::calendar_month).collect()
}

fn of(id: &BookingId) -> Condition {
    Condition::new("booking = :booking", [(":booking", AttributeValue::S(id.to_string()))])
}

fn of_or_gone(id: &BookingId) -> Condition {
    let mut condition = of(id);
    condition.expression += " OR attribute_not_exists(pk)";
    condition
}

/// Not there, or a hold that is over.
fn gone(now: Timestamp) -> Condition {
    let now = AttributeValue::N(now.as_second().to_string());
    Condition::new("attribute_not_exists(pk) OR held_until <= :now", [(":now", now)])
}

/// Nobody's, ours, or of a hold that is over.
fn free_for(id: &BookingId, now: Timestamp) -> Condition {
    let mut condition = gone(now);
    condition.expression += " OR booking = :booking";
    condition.values.extend(of(id).values);
    condition
}
