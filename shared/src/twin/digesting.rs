//! The digest: planned when it is due, put together when it is sent.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use super::{
    Twin,
    executing::{Post, unwritten},
    spending::spent_of,
};
use crate::{
    analytics::Mark,
    contact::Source,
    error::Error,
    follow_up::{
        Content, FollowUp, Kind, State,
        digest::{self, Needed, Told, in_touch, last_due},
        due::awake,
        mail::{Letter, Mail, deliverable, moment},
        settings::FollowUpSettings,
    },
    id::{InteractionId, PersonId},
    interaction::Channel,
    store::LocalDay,
    wire::ticket::Tap,
};

/// Whose partition a digest is kept in, and what else only the owner is told: nobody's who talks to the twin.
pub(super) const OWNER: &str = "owner";
/// A link in a digest holds for this long.
const TAP_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);
/// No meeting is offered further ahead.
const BOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);
/// Conversations that are told of by what they were about, the newest first; the others are counted.
const MAX_TOLD: usize = 10;
/// Bytes of what was not mailed.
const MAX_SHORT: usize = 500;
/// Tasks that are looked at, for those that came since.
const MAX_TASKS: i32 = 100;
/// Why the owner was not told at once.
pub(super) const IN_DIGEST: &str = "you had as many messages as you allow in a day: your digest tells of it";
/// A digest that is later than this is not sent any more.
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(12);

impl Twin {
    /// Plans the digest that is due, once.
    pub(super) async fn plan_digest(&self, settings: &FollowUpSettings, now: Timestamp) -> Result<(), Error> {
        let Some((due, before)) = last_due(settings, now) else { return Ok(()) };
        if now.duration_since(due) > LATE_AFTER {
            return Ok(());
        }
        let Some(planned) = planned(due, before, now) else { return Ok(()) };
        if self.store.follow_up(&planned.person, &planned.id).await?.is_some() {
            return Ok(());
        }
        self.store.add_follow_up(&planned).await?;
        self.enqueue(&planned.person, &planned.interaction).await;
        Ok(())
    }

    /// It was enough for the owner's mailbox today: the digest tells it. Where none comes every day, one does when this day
    /// is over.
    pub(super) async fn left_for_digest(
        &self,
        mut left: FollowUp,
        settings: &FollowUpSettings,
        day: LocalDay,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_daily = settings.digest.is_some_and(|digest| digest.on.is_none());
        let due = awake(day.ends, settings.owner_quiet, &[settings.zone()]);
        if !is_daily && let Some(planned) = planned(due, day.begins, now) {
            self.store.add_follow_up(&planned).await?;
        }
        left.problem = Some(IN_DIGEST.to_owned());
        self.move_to(left, State::Approved, State::Cancelled, now).await
    }

    pub(super) async fn digest(
        &self,
        planned: &FollowUp,
        since: Timestamp,
        settings: &FollowUpSettings,
        post: &Post,
        now: Timestamp,
    ) -> Result<Mail, Error> {
        let zone = settings.zone();
        let day = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%-d %B %Y").to_string();
        let mut needs_you = Vec::new();
        for waiting in self.store.awaiting().await? {
            let what =
                format!("{} to {}", words(waiting.content.kind()), self.name_of(&waiting.person).await?);
            let why = waiting.problem.clone().unwrap_or_else(|| waiting.reason.clone());
            needs_you.push(Needed { what, why, url: tap_url(&waiting, post, now)? });
        }
        let days = ended(since, planned.due_at.unwrap_or(now));
        let gaps = self.store.gaps().await?.into_iter();
        let gaps = gaps.filter(|gap| gap.answer.is_none() && gap.last_asked_at >= since);
        let (decided, left) = self.settled_since(since, now).await?;
        let told = Told {
            since: day(since),
            needs_you,
            left,
            happened: self.happened_since(since, now).await?,
            decided,
            unanswered: gaps.map(|gap| gap.question).collect(),
            unread: self.unread(day).await?,
            spent_on: spent_on(&days),
            spent: self.spent_on(&days).await?,
            is_simulated: self.simulated.model,
            dashboard_url: format!("{}/dashboard", post.public_base_url),
        };
        let persona = self.persona().await?;
        let letter = digest::letter(told, &post.owner).map_err(unwritten)?;
        deliverable(planned, letter, &persona.persona, &post.from, &post.owner, now).map_err(unwritten)
    }

    /// What the twin knows from, and could not read last night.
    async fn unread(&self, day: impl Fn(Timestamp) -> String) -> Result<Vec<String>, Error> {
        let unread = self.store.refreshed().await?.unread.into_iter();
        Ok(unread.map(|one| format!("{}, since {}: {}", one.source, day(one.since), one.why)).collect())
    }

    /// What the owner is told that is about nobody.
    pub(super) async fn of_the_house(
        &self,
        planned: &FollowUp,
        message: &str,
        post: &Post,
        now: Timestamp,
    ) -> Result<Mail, Error> {
        let text = format!("{message}\n\nSee to it here: {}/dashboard/calendar\n", post.public_base_url);
        let (to, subject) = (post.owner.clone(), "A calendar of yours needs you".to_owned());
        let letter = Letter { to, subject, text, html: None, body: None };
        let persona = self.persona().await?;
        deliverable(planned, letter, &persona.persona, &post.from, &post.owner, now).map_err(unwritten)
    }

    /// Who was in touch, which meetings were booked, and what was left for the owner to do.
    async fn happened_since(&self, since: Timestamp, now: Timestamp) -> Result<Vec<String>, Error> {
        let mut held = Vec::new();
        for date in date_of(since).series(1.day()).take_while(|date| *date <= date_of(now)) {
            held.extend(self.store.held_since(date, since.max(begin_of(date)?)).await?);
        }
        held.retain(|held| !Mark::Spam.holds(held) && !Mark::Unreached.holds(held));
        let channels: Vec<Channel> = held.iter().map(|held| held.channel).collect();
        let mut happened: Vec<String> = in_touch(&channels).into_iter().collect();
        let analysed = held.iter().rev().filter_map(|held| held.analysis.as_ref().map(|read| (held, read)));
        for (held, analysis) in analysed.take(MAX_TOLD) {
            happened.push(format!("{}: {}", self.name_of(&held.person).await?, analysis.summary));
        }
        let zone = self.calendar().await?.zone();
        let ahead = now.checked_add(BOOKED_AHEAD).unwrap_or(now);
        let booked = self.store.bookings(now, ahead).await?.into_iter();
        happened.extend(booked.filter(|booking| booking.created_at >= since).map(|booking| {
            let who = booking.guest.name.as_deref().unwrap_or("somebody");
            format!("Booked: {} with {who}, {}", booking.meeting.title, moment(booking.start, &zone))
        }));
        for task in self.store.open_tasks(MAX_TASKS).await? {
            if task.created_at >= since && task.source == Source::Conversation {
                happened.push(format!("To do for {}: {}", self.name_of(&task.person).await?, task.title));
            }
        }
        Ok(happened)
    }

    /// What went out to people without a word of the owner's; and what the owner was not mailed, because it was enough.
    async fn settled_since(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(Vec<String>, Vec<String>), Error> {
        let (mut decided, mut left) = (Vec::new(), Vec::new());
        for date in date_of(since).series(1.day()).take_while(|date| *date <= date_of(now)) {
            for one in self.store.settled_on(date).await? {
                let was_left = one.state == State::Cancelled && one.problem.as_deref() == Some(IN_DIGEST);
                let was_decided = one.state.has_left() && one.is_to_person() && !one.has_yes();
                if one.updated_at < since || !(was_left || was_decided) {
                    continue;
                }
                if was_left {
                    left.push(in_short(&one.content, self.named(&one.person).await?.as_deref()));
                } else {
                    let (what, who) = (words(one.content.kind()), self.name_of(&one.person).await?);
                    decided.push(format!("{what} to {who}: {}", one.state.words()));
                }
            }
        }
        Ok((decided, left))
    }

    async fn name_of(&self, person: &PersonId) -> Result<String, Error> {
        Ok(self.named(person).await?.unwrap_or_else(|| "somebody".to_owned()))
    }

    async fn named(&self, person: &PersonId) -> Result<Option<String>, Error> {
        Ok(self.store.contact(person).await?.and_then(|contact| contact.name))
    }

    async fn spent_on(&self, days: &[Date]) -> Result<u64, Error> {
        let mut spent = 0;
        for day in days {
            spent += self.store.taken(&spent_of(), "", begin_of(*day)?).await?;
        }
        Ok(spent)
    }
}

/// What the owner would have been sent, in a line.
fn in_short(content: &Content, name: Option<&str>) -> String {
    let who = name.unwrap_or("somebody");
    let (what, text) = match content {
        Content::OwnerNotification { news, message, about: None } => (news.subject(name), message.as_str()),
        Content::OwnerNotification { message, .. } | Content::OwnerText { message, .. } => {
            (format!("About {who}"), message.as_str())
        }
        Content::MeetingNotification { booking } => {
            (format!("News of a meeting with {who}"), booking.meeting.title.as_str())
        }
        Content::TaskReminder { title, .. } => (format!("A reminder about {who}"), title.as_str()),
        Content::LinkedinSuggestion { note, .. } => {
            (format!("Connect with {who} on LinkedIn"), note.as_str())
        }
        other => (format!("{}, {who}", words(other.kind())), ""),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.floor_char_boundary(MAX_SHORT);
    let more = if end < line.len() { " …" } else { "" };
    format!("{what}: {}{more}", &line[..end])
}

/// The days by UTC, as budgets are of those, that ended after `since` and by `until`: each is in one digest.
fn ended(since: Timestamp, until: Timestamp) -> Vec<Date> {
    let (first, last) = (date_of(since), date_of(until));
    first.series(1.day()).take_while(|day| *day < last).collect()
}

fn spent_on(days: &[Date]) -> String {
    let words = |day: &Date| day.strftime("%-d %B %Y").to_string();
    match days {
        [] => "in this time (no day of UTC ended)".to_owned(),
        [day] => format!("on {} (UTC)", words(day)),
        [first, .., last] => format!("from {} to {} (UTC)", words(first), words(last)),
    }
}

fn date_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn begin_of(day: Date) -> Result<Timestamp, Error> {
    let begin = day.to_zoned(TimeZone::UTC).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(begin.timestamp())
}

/// One tap: the follow-up as it is now is shown, and can be decided on.
pub(super) fn tap_url(waiting: &FollowUp, post: &Post, now: Timestamp) -> Result<String, Error> {
    let tap = Tap {
        person: waiting.person.clone(),
        follow_up: waiting.id.clone(),
        fingerprint: waiting.fingerprint(),
        expires: now + TAP_FOR,
    };
    let token = post.links.sign(&tap).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(format!("{}/decide?token={token}", post.public_base_url))
}

/// Nothing is to be analysed for it.
pub(super) fn is_digest(person: &PersonId) -> bool {
    person.suffix() == OWNER
}

fn planned(due: Timestamp, since: Timestamp, now: Timestamp) -> Option<FollowUp> {
    let suffix = format!("digest-{}", due.as_second());
    let of = (PersonId::derived(OWNER).ok()?, InteractionId::derived(&suffix).ok()?);
    let (content, reason) = (Content::Digest { since }, "you wanted a digest".to_owned());
    let planned = FollowUp::of(of, content.kind().key(), content, State::Approved, reason, now)?;
    Some(FollowUp { due_at: Some(due), ..planned })
}

pub(super) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::SummaryEmail => "Summary by e-mail",
        Kind::Invitation => "Invitation by e-mail",
        Kind::MissedCallEmail => "Mail after a missed call",
        Kind::MissedCallText => "Text after a missed call",
        Kind::HandoffText => "Text with the link to the chat",
        Kind::Nudge => "Mail because they did not answer",
        Kind::Proposal => "Proposal by e-mail",
        Kind::LinkedinSuggestion => "Whom to connect with on LinkedIn",
        Kind::OwnerNotification => "Notification",
        Kind::OwnerText => "Text to you",
        Kind::MeetingNotification => "News of a meeting",
        Kind::TaskReminder => "Reminder",
        Kind::Digest => "Digest",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::News;

    #[test]
    fn what_was_not_sent_is_a_line() {
        let news = |news, message: &str| Content::news(news, message.to_owned());
        let long = "word ".repeat(200);
        assert_eq!(
            in_short(&news(News::Message, "Please\nread it."), Some("Dana")),
            "A message from Dana: Please read it."
        );
        let told = in_short(&news(News::Voicemail, &long), None);
        assert!(told.starts_with("A voicemail from somebody: word word") && told.ends_with(" …"), "{told}");
        assert!(told.len() < long.len() && !told.contains('\n'));
        let reminder = Content::TaskReminder { title: "Call her".to_owned(), due_at: None };
        assert_eq!(in_short(&reminder, Some("Dana")), "A reminder about Dana: Call her");
    }

    #[test]
    fn each_day_is_told_of_once() {
        let told = |since: &str, until: &str| {
            let days = ended(since.parse().unwrap(), until.parse().unwrap());
            (days.len(), spent_on(&days))
        };
        let daily = told("2026-06-01T05:30:00Z", "2026-06-02T05:30:00Z");
        assert_eq!(daily, (1, "on 1 June 2026 (UTC)".to_owned()));
        assert_eq!(told("2026-06-02T05:30:00Z", "2026-06-03T05:30:00Z").1, "on 2 June 2026 (UTC)");
        let weekly = told("2026-05-25T05:30:00Z", "2026-06-01T05:30:00Z");
        assert_eq!(weekly, (7, "from 25 May 2026 to 31 May 2026 (UTC)".to_owned()));
        // At midnight sharp, and where clocks went forward.
        assert_eq!(told("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z").1, "on 1 June 2026 (UTC)");
        assert_eq!(told("2026-06-01T00:30:00Z", "2026-06-01T23:30:00Z").0, 0);
    }
}
