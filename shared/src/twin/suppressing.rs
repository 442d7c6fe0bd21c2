//! What is to go out does not, or not now: nobody wants it, the address is another's, it is enough for a day, or it is night.

use jiff::{SignedDuration, Timestamp};

use super::{Twin, digesting::IN_DIGEST, executing::unwritten, inviting::OUTDATED};
use crate::{
    error::Error,
    follow_up::{
        Content, FollowUp, Kind, Medium, State,
        due::{awake, zones},
        settings::{Caps, FollowUpSettings},
    },
    id::PersonId,
    identity::IdentityKey,
    interaction::Interaction,
    store::{Limit, LocalDay},
};

/// What was approved and could not go out for so long, because everything was stopped, is asked for anew.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
const STALE: &str = "it was to go out more than a week ago: is it still right?";
const READS_OTHERWISE: &str =
    "it reads otherwise than what you approved, because a name, your persona or the program changed since";
const ANOTHERS: &str = "somebody else has this address, or named it before: it waits for your word";
const UNTIED: &str = "you said that this address or number is not theirs: it waits for your word";
const DOCUMENT_OTHERWISE: &str =
    "its document is not the one that you approved, since the program that makes it changed";
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A meeting that is moved or off is told of beyond the cap: a calendar that says otherwise is worse than one mail more.
const MORE_OF_MEETINGS: u32 = 3;
/// An address that nobody proved is mailed for one person.
const MAILED: Limit = Limit { name: "mailed", most: 1, window: NAMED_FOR };
const NAMED_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Who is missed is told so once a day: whoever shows their number may call on and on.
const MISSED: Limit = Limit { name: "missed", most: 1, window: DAY };

impl Twin {
    /// Where it waits or ends because it may not leave, or not now.
    pub(super) async fn prevented(
        &self,
        planned: &mut FollowUp,
        settings: &FollowUpSettings,
        now: Timestamp,
    ) -> Result<Option<State>, Error> {
        let is_over = match self.unwanted(planned).await? {
            Some(unwanted) => Some(unwanted),
            None if planned.content.kind() == Kind::Nudge => self.needless(planned, now).await?,
            None => self.is_outdated(planned).await?.then_some(OUTDATED),
        };
        if let Some(why) = is_over {
            planned.problem = Some(why.to_owned());
            return Ok(Some(State::Cancelled));
        }
        let otherwise = if !is_as_approved(planned)? {
            Some(DOCUMENT_OTHERWISE)
        } else if planned.approved.is_some() && planned.approved != self.reads(planned).await? {
            Some(READS_OTHERWISE)
        } else {
            None
        };
        if let Some(why) = otherwise {
            (planned.decided, planned.approved) = (None, None);
            planned.problem = Some(why.to_owned());
            return Ok(Some(State::AwaitingApproval));
        }
        if planned.is_to_person() && is_stale(planned, now) {
            planned.decided = None;
            planned.problem = Some(STALE.to_owned());
            return Ok(Some(State::AwaitingApproval));
        }
        let why = match self.is_untied(planned).await? {
            true => Some(UNTIED),
            false => self.is_anothers(planned, now).await?.then_some(ANOTHERS),
        };
        if let Some(why) = why {
            planned.problem = Some(why.to_owned());
            return Ok(Some(State::AwaitingApproval));
        }
        if let Some(until) = self.quiet_until(planned, settings, now).await? {
            planned.due_at = Some(until);
            return Ok(Some(State::Approved));
        }
        Ok(None)
    }

    /// Leaves out what they said that they do not want.
    pub(super) async fn only_wanted(
        &self,
        person: &PersonId,
        planned: &mut Vec<FollowUp>,
    ) -> Result<(), Error> {
        for medium in [Medium::Mail, Medium::Text] {
            let Some(matter) = medium.matter() else { continue };
            if self.is_withdrawn(person, matter).await? {
                planned.retain(|planned| planned.content.medium() != medium);
            }
        }
        Ok(())
    }

    /// Leaves out that they were missed, if another call of the day tells them so.
    pub(super) async fn missed_once(
        &self,
        held: &Interaction,
        planned: &mut Vec<FollowUp>,
        settings: &FollowUpSettings,
    ) -> Result<(), Error> {
        let (who, call) = (held.person.as_str(), held.id.as_str());
        let day = LocalDay::of(held.started_at, &settings.zone());
        let is_of_a_missed_call = |one: &FollowUp| one.content.is_of_a_missed_call();
        if planned.iter().any(is_of_a_missed_call) && !self.store().is_first(&MISSED, who, call, day).await? {
            planned.retain(|one| !is_of_a_missed_call(one));
        }
        Ok(())
    }

    /// Why it must not go to them at all.
    pub(super) async fn unwanted(&self, planned: &FollowUp) -> Result<Option<&'static str>, Error> {
        let medium = planned.content.medium();
        if let Some(to) = planned.content.to()
            && let Some(why) = self.store().suppressed(to).await?
        {
            return Ok(Some(why.words()));
        }
        if let Content::SummaryEmail { to, copy: true, .. } = &planned.content
            && !self.is_reached_by(&planned.person, &IdentityKey::Email(to.clone())).await?
        {
            return Ok(Some("it is not sure any more that the address is theirs"));
        }
        if planned.content.is_of_rehearsal()
            && let Some(talk) = self.store().talk(&planned.person, &planned.interaction).await?
            && let Some(next) = talk.went_on
            && self.store().interaction(&planned.person, &next).await?.is_some()
        {
            return Ok(Some("it went on, and how all of it went is told then"));
        }
        let Some(matter) = medium.matter() else { return Ok(None) };
        let why = if medium == Medium::Text { "they do not want texts" } else { "they do not want mails" };
        Ok(self.is_withdrawn(&planned.person, matter).await?.then_some(why))
    }

    /// Whether the address belongs to somebody else, or was somebody else's word before: who shows several numbers, or none,
    /// could have anybody mailed as often. Who has an invitation is told what becomes of it.
    pub(super) async fn is_anothers(&self, planned: &FollowUp, now: Timestamp) -> Result<bool, Error> {
        let Some(to) = planned.content.to().filter(|_| !planned.has_yes()) else { return Ok(false) };
        if let Content::Invitation { booking, .. } = &planned.content
            && self.was_told(booking).await?
        {
            return Ok(false);
        }
        if let Some(known) = self.store().identity(&IdentityKey::Email(to.clone())).await? {
            return Ok(!self.is_one(&known.person, &planned.person).await?);
        }
        Ok(!self.store().is_first(&MAILED, &to.key(), planned.person.as_str(), now).await?)
    }

    /// The owner untied where it goes from the person since it was planned, or undid that it was theirs. Who has an invitation
    /// is told what becomes of it.
    async fn is_untied(&self, planned: &FollowUp) -> Result<bool, Error> {
        if !planned.is_to_person() || planned.has_yes() {
            return Ok(false);
        }
        if let Content::Invitation { booking, .. } = &planned.content
            && self.was_told(booking).await?
        {
            return Ok(false);
        }
        let address = planned.content.to().cloned().map(IdentityKey::Email);
        let number = planned.content.texted_to().cloned().map(IdentityKey::Phone);
        let contact = self.store().contact(&planned.person).await?;
        Ok(contact.is_some_and(|contact| address.or(number).is_some_and(|key| contact.refuses(&key))))
    }

    /// Counts it where it is counted; `Err` of the inner result: why it does not go out now, although it was to go out by
    /// itself.
    pub(super) async fn within_caps(
        &self,
        planned: &FollowUp,
        caps: &Caps,
        day: LocalDay,
    ) -> Result<Result<Vec<Counted>, Enough>, Error> {
        let mut counted = Vec::new();
        for next in counts(planned, caps) {
            if self.store().take(&next.limit, &next.who, 1, day).await?.is_err() {
                self.uncounted(&counted, day).await?;
                return Ok(Err(Enough(next.why)));
            }
            counted.push(next);
        }
        Ok(Ok(counted))
    }

    /// It was not sent after all, or by somebody else, who counted it, too.
    pub(super) async fn uncounted(&self, counted: &[Counted], day: LocalDay) -> Result<(), Error> {
        for one in counted {
            self.store().correct(&one.limit, &one.who, -1, day).await?;
        }
        Ok(())
    }

    /// When it may reach whom it goes to, if it is quiet there now: a word of the owner's, or a cap that lets it through,
    /// may have come at night.
    pub(super) async fn quiet_until(
        &self,
        planned: &FollowUp,
        settings: &FollowUpSettings,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let is_to_person = planned.is_to_person();
        let quiet = if is_to_person { settings.quiet } else { settings.owner_quiet };
        if quiet.is_none() || planned.content.was_asked_for() || planned.is_for_any_hour() {
            return Ok(None);
        }
        let contact = if is_to_person { self.store().contact(&planned.person).await? } else { None };
        let zones = contact.map_or_else(|| vec![settings.zone()], |contact| zones(&contact, settings));
        Ok(Some(awake(now, quiet, &zones)).filter(|at| *at > now))
    }
}

/// Where something is counted, and what is said when there was too much.
pub(super) struct Counted {
    limit: Limit,
    who: String,
    why: &'static str,
}

/// It was enough for this day, and of what.
pub(super) struct Enough(pub(super) &'static str);

/// It was to go out so long ago that it may not be right any more.
fn is_stale(planned: &FollowUp, now: Timestamp) -> bool {
    let since = planned.due_at.map_or(planned.updated_at, |due| due.max(planned.updated_at));
    now.duration_since(since) > STALE_AFTER
}

/// A proposal goes out as the bytes that were approved; if they are others now, those are what is shown next.
fn is_as_approved(planned: &mut FollowUp) -> Result<bool, Error> {
    let Content::Proposal { proposal, document, .. } = &mut planned.content else { return Ok(true) };
    let now = proposal.document().map_err(|error| unwritten(error.into()))?.hash();
    let before = std::mem::replace(document, now);
    Ok(before == *document)
}

/// What goes out on one day of the owner's without their word.
pub(super) fn follow_ups_of_all(caps: &Caps) -> Limit {
    Limit { name: "follow-ups", most: u64::from(caps.in_all), window: DAY }
}

/// Once, however often it is tried. What the owner said yes to counts for the person, and is not held back.
fn counts(planned: &FollowUp, caps: &Caps) -> Vec<Counted> {
    if planned.attempts > 0 {
        return Vec::new();
    }
    let kind = planned.content.kind();
    let count = |name, who: &str, most, why| Counted {
        limit: Limit { name, most, window: DAY },
        who: who.to_owned(),
        why,
    };
    if !planned.is_to_person() {
        let told = count("owner-mails", "", u64::from(caps.to_owner), IN_DIGEST);
        return if planned.is_for_any_hour() { Vec::new() } else { vec![told] };
    }
    let most = match kind {
        Kind::Invitation => caps.per_person.saturating_add(MORE_OF_MEETINGS),
        _ => caps.per_person,
    };
    let most = if planned.has_yes() { u64::MAX } else { u64::from(most) };
    let why = "they heard enough from us today: it waits for your word";
    let mut counts = vec![count("messages", planned.person.as_str(), most, why)];
    if planned.has_yes() {
        return counts;
    }
    if let Some(most) = caps.per_kind.get(&kind) {
        let why = "enough of this kind went out today: it waits for your word";
        counts.push(count(kind.key(), "", u64::from(*most), why));
    }
    let why = "enough went out today: it waits for your word";
    counts.push(Counted { limit: follow_ups_of_all(caps), who: String::new(), why });
    counts
}
