//! Meetings in the middle of a conversation: times that are offered, held and booked for its person.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Booker, Session, ToBook, Twin};
use crate::{
    error::Error,
    interaction::Channel,
    policy::Right,
    scheduling::{
        Booking, CalendarSettings, Guest, NoZone, Party, Standing, Unread, Window, read, spread, waking,
        zone_called, zone_said,
    },
    store::{Claimed, Known},
    tools::{
        book_meeting::{self, Arranged, Said},
        change_meeting::{self, Changed},
        find_times::{self, Fit, MAX_TIMES, Offer, Offered},
    },
};

/// Of free times so many are looked at, to offer a few of them.
const LOOKED_AT: usize = 200;
/// Where no time is named, or none is free: the next times are of so many days.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Twin {
    /// What is free of what somebody asks for; the next times if nothing is.
    pub async fn offer(
        &self,
        asked: &find_times::Arguments,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Result<Offered, Error> {
        let settings = self.calendar().await?;
        if !settings.is_open() {
            return Ok(Offered::Closed);
        }
        if settings.meeting(asked.meeting.as_deref()).is_none() {
            return Ok(Offered::Refused("there is no meeting of this type: leave it out"));
        }
        let (own, lives_in) = match session {
            Some(session) => {
                let known = self.store.known(&session.person).await?;
                (self.held_by(&session.person, now).await?, known.and_then(|known| lives_in(session, &known)))
            }
            None => (None, None),
        };
        let (zone, is_owners) = match zone_of(asked, lives_in) {
            Ok(Some(theirs)) => (theirs, false),
            Ok(None) => (settings.time_zone.clone(), true),
            Err(why) => return Ok(Offered::OnNoClock(why)),
        };
        let clock = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
        let (mut spans, mut fit) = (Vec::new(), Fit::Next);
        if let Some(said) = &asked.when {
            match read(said, &clock, now) {
                Ok(windows) => {
                    spans = windows.into_iter().map(Window::span).collect();
                    fit = Fit::AsAsked;
                }
                // "As soon as you can".
                Err(Unread::Nothing) => {}
                Err(Unread::Past) => fit = Fit::Past,
                Err(Unread::NoSuchTime) => fit = Fit::NoSuchTime,
            }
        }
        let own = own.as_ref().map(|own| &own.id);
        let meeting = asked.meeting.as_deref();
        let mut slots = self.free_times(meeting, &spans, own, LOOKED_AT, now).await?.slots;
        if slots.is_empty() {
            if fit == Fit::AsAsked {
                fit = Fit::NotFree;
            }
            for span in around(&spans, &clock, settings.horizon(now)) {
                slots = self.free_times(meeting, &[span], own, LOOKED_AT, now).await?.slots;
                if !slots.is_empty() {
                    break;
                }
            }
        }
        let slots = spread(&waking(slots, &clock), &clock, MAX_TIMES);
        Ok(Offered::Times(Offer { zone, is_owners, meetings: settings.meetings.clone(), slots, fit }))
    }

    /// Holds or books what somebody asks for. The same time again, in the same conversation, is the same booking.
    pub(super) async fn arrange(
        &self,
        session: &Session,
        tool_call: &str,
        asked: &book_meeting::Arguments,
        now: Timestamp,
    ) -> Result<Arranged, Error> {
        let settings = self.calendar().await?;
        if !settings.is_open() {
            return Ok(Arranged::Closed);
        }
        let said = match asked.said() {
            Ok(said) => said,
            Err(why) => return Ok(Arranged::Refused(why.to_owned())),
        };
        let known = self.store.known(&session.person).await?.ok_or(Error::NotFound)?;
        let told = session.standing_of(&known).allows(Right::Details);
        let all = self.store.bookings_of(&session.person).await?;
        let (held, booked) = made_here(all, session, asked.start, now);
        let key = format!("{}-{tool_call}", session.interaction);
        if let Some(booking) = booked.filter(|booking| booking.key.as_ref() != Some(&key)) {
            let invitation = self.invitation_to(&booking, told).await?;
            return Ok(Arranged::Already(Box::new(booking), invitation));
        }
        let topic = said.topic.clone().or_else(|| held.as_ref().and_then(|held| held.topic.clone()));
        let same = held.as_ref().filter(|held| held.start == asked.start);
        let meeting = asked.meeting.clone().or_else(|| same.map(|held| held.meeting.id.clone()));
        let is_call = settings.meeting(meeting.as_deref()).is_some_and(|meeting| meeting.asks_phone);
        let mut guest = guest(session, &known, said, held.as_ref(), &settings);
        if is_call && guest.phone.is_none() {
            guest.phone = self.called_from(session).await?;
        }
        let before = held.as_ref().and_then(|held| held.guest.email.as_ref());
        let read_back = before.is_some() && before == guest.email.as_ref();
        let email = guest.email.clone();
        let is_whole = guest.name.is_some() && guest.email.is_some() && (guest.phone.is_some() || !is_call);
        let wanted = ToBook { key, meeting, start: asked.start, guest, topic };
        let booker = Booker {
            person: session.person.clone(),
            interaction: Some(session.interaction.clone()),
            channel: session.channel,
            level: session.level,
            read_back,
        };
        let done = if asked.confirmed && is_whole {
            match self.count_booking(email.as_ref(), now).await {
                Ok(()) => self.book(&booker, wanted, now).await,
                Err(error) => Err(error),
            }
        } else {
            self.hold(&booker, wanted, now).await
        };
        self.arranged(done, told).await
    }

    /// What came of it, as the tool tells it.
    async fn arranged(&self, done: Result<Claimed, Error>, told: bool) -> Result<Arranged, Error> {
        match done {
            Ok(Ok(booking)) if booking.is_on() => {
                let invitation = self.invitation_to(&booking, told).await?;
                Ok(Arranged::Booked(Box::new(booking), invitation))
            }
            Ok(Ok(booking)) => Ok(Arranged::Held(Box::new(booking))),
            Ok(Err(refusal)) => Ok(Arranged::Gone(refusal)),
            Err(Error::Invalid(why)) => Ok(Arranged::Refused(why)),
            Err(Error::Conflict) => {
                Ok(Arranged::Refused("it was changed meanwhile: look at the times again".to_owned()))
            }
            Err(Error::TooMany { .. }) => Ok(Arranged::TooMany),
            Err(error) => Err(error),
        }
    }

    /// Moves or cancels a meeting of theirs: one of this conversation, or any of them, where their past may be told. The
    /// same again is done already.
    pub(super) async fn change_meeting(
        &self,
        session: &Session,
        asked: &change_meeting::Arguments,
        now: Timestamp,
    ) -> Result<Changed, Error> {
        let known = self.store.known(&session.person).await?.ok_or(Error::NotFound)?;
        let may_change_all = session.standing_of(&known).allows(Right::Past);
        let mut theirs = self.store.bookings_of(&session.person).await?;
        let is_here = |booking: &Booking| booking.interaction.as_ref() == Some(&session.interaction);
        theirs.retain(|booking| may_change_all || is_here(booking));
        let Some(booking) = meant(&theirs, asked, now).cloned() else {
            theirs.retain(|booking| booking.is_ahead(now));
            let none = theirs.is_empty() && !may_change_all;
            return Ok(if none { Changed::Unproved } else { Changed::Theirs(theirs) });
        };
        if !asked.confirmed {
            return Ok(Changed::Asked { booking: Box::new(booking), to: asked.to });
        }
        let Some(to) = asked.to else {
            return match self.cancel_booking(&booking, Party::Guest, now).await {
                Ok(cancelled) => Ok(Changed::Cancelled(Box::new(cancelled))),
                Err(Error::Conflict) => Ok(Changed::Meanwhile),
                Err(error) => Err(error),
            };
        };
        let from = asked.start.unwrap_or(booking.start);
        match self.move_booking(&booking, to, Party::Guest, now).await {
            Ok(Ok(moved)) => Ok(Changed::Moved { from, booking: Box::new(moved) }),
            Ok(Err(refusal)) => Ok(Changed::Gone(refusal)),
            Err(Error::Conflict) => Ok(Changed::Meanwhile),
            Err(error) => Err(error),
        }
    }
}

/// The meeting that is named; else, where they agreed already, the one that is moved or cancelled by that.
fn meant<'a>(
    theirs: &'a [Booking],
    asked: &change_meeting::Arguments,
    now: Timestamp,
) -> Option<&'a Booking> {
    let ahead = |at: Timestamp| theirs.iter().find(move |one| one.start == at && one.is_ahead(now));
    let start = asked.start?;
    ahead(start).or_else(|| match asked.to {
        _ if !asked.confirmed => None,
        Some(to) => ahead(to).filter(|moved| moved.sequence > 0),
        None => theirs.iter().find(|one| one.start == start && one.was_cancelled_by(Party::Guest)),
    })
}

/// Of all their bookings the one that this conversation holds, and the one that it made at this time and is ahead.
fn made_here(
    all: Vec<Booking>,
    session: &Session,
    start: Timestamp,
    now: Timestamp,
) -> (Option<Booking>, Option<Booking>) {
    let is_here = |booking: &Booking| booking.interaction.as_ref() == Some(&session.interaction);
    let (mut held, mut booked) = (None, None);
    for booking in all.into_iter().filter(is_here) {
        match booking.standing {
            Standing::Held { until } if until > now => held = Some(booking),
            Standing::Booked if booking.start == start && booking.is_ahead(now) => booked = Some(booking),
            _ => {}
        }
    }
    (held, booked)
}

/// Who comes: as they say it now or said it when the time was held. What was known before counts only where it may be
/// told, because it is read back.
fn guest(
    session: &Session,
    known: &Known,
    said: Said,
    held: Option<&Booking>,
    settings: &CalendarSettings,
) -> Guest {
    let standing = session.standing_of(known);
    let contact = (standing.alone || standing.allows(Right::Details)).then_some(&known.contact);
    let before = held.map(|held| &held.guest);
    let name = said.name.or_else(|| before?.name.clone());
    let email = said.email.or_else(|| before?.email.clone());
    let phone = said.phone.or_else(|| before?.phone.clone());
    let time_zone = said.time_zone.or_else(|| Some(before?.time_zone.clone()));
    Guest {
        name: name.or_else(|| contact?.name.clone()),
        email: email.or_else(|| contact?.contact_methods.email.clone()),
        phone,
        time_zone: time_zone
            .or_else(|| lives_in(session, known))
            .unwrap_or_else(|| settings.time_zone.clone()),
    }
}

/// Where to look if nothing is free in the spans that were asked for, or none was: first near by, then everywhere.
fn around(
    spans: &[(Timestamp, Timestamp)],
    clock: &TimeZone,
    (first, last): (Timestamp, Timestamp),
) -> [(Timestamp, Timestamp); 2] {
    let asked = spans.first().map_or(first, |(from, _)| *from);
    let day = asked.to_zoned(clock.clone()).start_of_day().map_or(asked, |day| day.timestamp());
    // More notice may be wanted than there are days ahead: then nothing is free.
    let from = day.max(first).min(last);
    let to = from.checked_add(SOON).unwrap_or(last).min(last);
    [(from, to), (first, last)]
}

/// The zone of whoever speaks, as far as browser or number tell.
fn lives_in(session: &Session, known: &Known) -> Option<String> {
    if session.time_zone.is_some() {
        return session.time_zone.clone();
    }
    let phone = known.contact.contact_methods.phone.as_ref().filter(|_| session.channel == Channel::Phone)?;
    match phone.zones().as_slice() {
        [one] => one.iana_name().map(str::to_owned),
        _ => None,
    }
}

/// On whose clock they say times, as far as it is known: that which they name, or where they live.
fn zone_of(asked: &find_times::Arguments, lives_in: Option<String>) -> Result<Option<String>, NoZone> {
    let own = lives_in.as_deref();
    let named = asked.time_zone.as_deref().map(|zone| zone_called(zone, own)).transpose();
    // "4 pm IST" beside a city is on its clock.
    let beside = named.as_ref().ok().and_then(Option::as_ref).map(|(name, _)| name.as_str()).or(own);
    let said = asked.when.as_deref().map(|when| zone_said(when, beside)).transpose()?.flatten();
    match said {
        Some((name, _)) => Ok(Some(name)),
        None => Ok(named?.map(|(name, _)| name).or(lives_in)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_notice_than_days_ahead_leaves_nothing() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (notice, last) = (at("2026-12-03T00:00:00Z"), at("2026-12-02T00:00:00Z"));
        let asked = (at("2026-12-01T15:00:00Z"), at("2026-12-01T16:00:00Z"));
        assert_eq!(around(&[asked], &TimeZone::UTC, (notice, last)), [(last, last), (notice, last)]);
    }

    #[test]
    fn times_are_on_the_clock_that_is_named() {
        let of = |when: &str, time_zone: Option<&str>, lives_in: Option<&str>| {
            let asked = find_times::Arguments {
                when: Some(when.to_owned()),
                time_zone: time_zone.map(str::to_owned),
                meeting: None,
            };
            zone_of(&asked, lives_in.map(str::to_owned)).map_err(NoZone::called)
        };
        let rows = [
            ("Thursday at 4 pm IST", None, None, Err("IST")),
            ("Thursday at 4 pm IST", None, Some("Europe/Berlin"), Err("IST")),
            ("Thursday at 4 pm IST", None, Some("Asia/Kolkata"), Ok(Some("Asia/Kolkata"))),
            ("Thursday at 4 pm IST", Some("Tel Aviv"), Some("Asia/Kolkata"), Ok(Some("Asia/Jerusalem"))),
            ("Thursday at 4 pm", Some("IST"), None, Err("IST")),
            ("Thursday at 4 pm CET", Some("IST"), None, Ok(Some("Europe/Berlin"))),
            ("Thursday at 4 pm", None, Some("Europe/Lisbon"), Ok(Some("Europe/Lisbon"))),
            ("Thursday at 4 pm", None, None, Ok(None)),
        ];
        for (when, time_zone, lives_in, expected) in rows {
            let found = of(when, time_zone, lives_in);
            assert_eq!(found.as_ref().map(Option::as_deref), expected.as_ref().copied(), "{when}");
        }
    }
}
