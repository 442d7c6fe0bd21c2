//! What is told of a meeting: the owner at once, the guest by an invitation to an address that is surely theirs, or once the
//! owner has said so. What is not true any more is not sent.

use jiff::{SignedDuration, Timestamp};

use super::{MAX_CONFLICTS, Twin, scheduling::Booker};
use crate::{
    contact::{Contact, Detail, Origin, Source},
    error::Error,
    follow_up::{Content, FollowUp, Follows, State, Word, settings::Recipient},
    id::InteractionId,
    identity::{Assurance, IdentityKey},
    policy::{self, Right},
    scheduling::{Booking, Party, Standing, booking::LINKED_FOR},
    store::{Beside, StoreError},
    tools::book_meeting::Invitation,
};

/// What the id of a conversation begins with that stands for what is told of a booking: nothing is to be analysed.
const BOOKING: &str = "booking-";
/// Tells what goes to the guest from what the owner is told of the same change of a booking.
pub(super) const INVITATION: &str = "invitation";

/// Why what is told of a booking is not sent.
pub(super) const OUTDATED: &str = "what it tells of was changed since";

impl Twin {
    /// What the owner and the guest are told. What anybody can type is no proof of an address: such an invitation waits
    /// for the owner's word, until one of this booking was sent.
    pub(super) async fn told(
        &self,
        booking: &Booking,
        contact: &Contact,
        booker: Option<&Booker>,
        now: Timestamp,
    ) -> Result<Vec<FollowUp>, Error> {
        let mut told = Vec::new();
        if !matches!(booking.standing, Standing::Cancelled { by: Party::Owner }) {
            let content = Content::MeetingNotification { booking: Box::new(booking.clone()) };
            let reason = "a meeting in your calendar changed".to_owned();
            told.extend(planned(booking, "owner", content, State::Approved, reason, now));
        }
        let Some(to) = booking.guest.email.clone() else { return Ok(told) };
        let sent = self.was_told(booking).await?;
        if matches!(booking.standing, Standing::Cancelled { .. }) && !sent {
            return Ok(told);
        }
        let methods = &contact.contact_methods;
        let confirmed = methods.email.as_ref() == Some(&to) && methods.email_confirmed;
        let unasked = |booker: &Booker| {
            let standing = policy::Standing::new(booker.channel, booker.level);
            standing.allows(Right::MailUnasked) && (confirmed || booker.read_back)
        };
        let proved = booker.is_some_and(unasked);
        let levels = match booker {
            Some(booker) => vec![booker.level],
            // Who may have the invitation is told what became of it, however sure it had to be who they are.
            None if sent => {
                vec![Assurance::Anonymous, Assurance::Claimed, Assurance::Verified, Assurance::SignedIn]
            }
            None => vec![Assurance::Anonymous],
        };
        let content = Content::Invitation { to, booking: Box::new(booking.clone()) };
        let policy = self.persona().await?.persona.follow_up_policy;
        let settings = self.store.follow_up_settings().await?.settings;
        let (relationship, is_theirs) = (contact.relationship.kind, sent || proved);
        let decided = |level| settings.decide(&content, Recipient { relationship, level, is_theirs }, policy);
        let state = match levels.into_iter().map(decided).any(|state| state == State::Approved) {
            true => State::Approved,
            false => State::AwaitingApproval,
        };
        let reason = match booking.standing {
            Standing::Cancelled { .. } => "a meeting was cancelled",
            _ if booking.sequence > 0 => "a meeting was moved",
            _ => "they booked a meeting",
        };
        told.extend(planned(booking, INVITATION, content, state, reason.to_owned(), now));
        Ok(told)
    }

    /// What becomes of the mail to the guest, as far as it is decided. Whoever may be `told` what is known of them hears it of
    /// an address that is surely theirs; of another, nothing tells whether it is known, or takes no mail.
    pub(super) async fn invitation_to(&self, booking: &Booking, told: bool) -> Result<Invitation, Error> {
        let all = self.store.follow_ups_of(&booking.person, &stem(booking)).await?;
        let last = all.into_iter().filter_map(|one| invites_to(&one, booking).map(|number| (number, one)));
        let Some((_, last)) = last.max_by_key(|(sequence, _)| *sequence) else {
            return Ok(Invitation::Never);
        };
        if last.decided == Some(Word::Rejected) {
            return Ok(Invitation::Never);
        }
        let is_theirs = match last.content.to().filter(|_| told) {
            Some(to) => self.is_reached_by(&booking.person, &IdentityKey::Email(to.clone())).await?,
            None => false,
        };
        if is_theirs
            && !last.state.was_sent()
            && (is_lost(last.state) || self.unwanted(&last).await?.is_some())
        {
            return Ok(Invitation::Never);
        }
        let is_stopped = self.store.follow_up_settings().await?.settings.stopped.is_some();
        Ok(match last.state {
            _ if last.needs_a_word() || (is_stopped && !last.state.is_final()) => Invitation::Waits,
            _ if is_theirs => Invitation::Goes,
            _ => Invitation::Expected,
        })
    }

    /// The guest has an invitation to this booking, or may have.
    pub(super) async fn was_told(&self, booking: &Booking) -> Result<bool, Error> {
        let all = self.store.follow_ups_of(&booking.person, &stem(booking)).await?;
        Ok(all.iter().any(|told| invites_to(told, booking).is_some() && told.state.has_left()))
    }

    /// What is told once a booking is `next`, in place of what was to be told of it and is not true any more: written with it.
    /// An invitation that leaves meanwhile makes that a conflict: then its guest is told what became of it.
    pub(super) async fn told_instead(
        &self,
        (before, next): (&Booking, &Booking),
        contact: &Contact,
        now: Timestamp,
    ) -> Result<Follows, Error> {
        let planned = self.store.follow_ups_of(&before.person, &stem(before)).await?.into_iter();
        let untold = planned.filter(|old| {
            let waits = matches!(old.state, State::AwaitingApproval | State::Approved | State::Planned);
            waits && invites_to(old, before).is_some_and(|sequence| sequence <= before.sequence)
        });
        let dropped = |old: FollowUp| {
            let problem = Some(OUTDATED.to_owned());
            let dropped = FollowUp { state: State::Cancelled, problem, updated_at: now, ..old.clone() };
            (old, dropped)
        };
        let changed = untold.map(dropped).collect();
        Ok(Follows { new: self.told(next, contact, None, now).await?, changed })
    }

    /// Whether what is told of a meeting, or of what waits, is still so.
    pub(super) async fn is_outdated(&self, told: &FollowUp) -> Result<bool, Error> {
        if let Content::OwnerNotification { about: Some(about), .. } = &told.content {
            let waiting = self.store.follow_up(&told.person, about).await?;
            return Ok(!waiting.is_some_and(|waiting| waiting.needs_a_word()));
        }
        let (Content::Invitation { booking, .. } | Content::MeetingNotification { booking }) = &told.content
        else {
            return Ok(false);
        };
        let stands = self.store.booking(&told.person, &booking.id).await?;
        Ok(stands.is_none_or(|stands| stands.sequence != booking.sequence))
    }

    /// If the queue does not take it, the sweep finds it; and what is sent leads its answers back, too.
    pub(super) async fn queue_told(&self, told: &[FollowUp]) {
        if let Err(error) = self.answers_lead_back(told).await {
            tracing::warn!(%error, "a guest's calendar is not heard before its invitation is sent");
        }
        if let Some(first) = told.iter().find(|told| told.state == State::Approved) {
            self.enqueue(&first.person, &first.interaction).await;
        }
    }

    /// The guest's name and address, as they gave them: one that was only typed is not confirmed by that. Somebody without any
    /// identity is kept until the meeting is over.
    pub(super) async fn remember_guest(
        &self,
        booking: &Booking,
        read_back: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let kept = booking.end.checked_add(LINKED_FOR).unwrap_or(booking.end);
        match Box::pin(self.kept_until(&booking.person, (Some(kept), SignedDuration::ZERO), now)).await {
            Ok(_) => {}
            Err(Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        }
        let origin =
            Origin { source: Source::Conversation, at: now, interaction: booking.interaction.clone() };
        for _ in 0..MAX_CONFLICTS {
            let Some(known) = self.store.known(&booking.person).await? else { return Ok(()) };
            let mut contact = known.contact;
            let before = contact.clone();
            let guest = &booking.guest;
            let name = guest.name.clone().filter(|_| contact.name.is_none());
            let email = guest.email.clone().filter(|_| contact.contact_methods.email.is_none());
            let details =
                [name.map(|name| Detail::Name(Some(name))), email.map(|email| Detail::Email(Some(email)))];
            let changes = contact.learn(details.into_iter().flatten(), &origin);
            if before.contact_methods.email != contact.contact_methods.email {
                contact.contact_methods.email_confirmed = read_back;
            }
            if contact == before {
                return Ok(());
            }
            match self.store.save_contact(contact, &Beside { changes, ..Beside::default() }).await {
                Err(StoreError::Conflict) => {}
                saved => return Ok(saved?),
            }
        }
        Err(Error::Conflict)
    }
}

/// Whether this stands for what is told of a booking rather than for a conversation.
pub(super) fn is_of_booking(interaction: &InteractionId) -> bool {
    interaction.suffix().starts_with(BOOKING)
}

/// Of which change of a booking it tells the guest, if it does.
fn invites_to(told: &FollowUp, wanted: &Booking) -> Option<u32> {
    match &told.content {
        Content::Invitation { booking, .. } if booking.id == wanted.id => Some(booking.sequence),
        _ => None,
    }
}

/// It did not get to whom it was sent, and nobody sends it any more.
fn is_lost(state: State) -> bool {
    matches!(state, State::Bounced | State::Complained | State::Failed | State::Cancelled)
}

/// One for each change of a booking: the same change plans the same.
fn planned(
    booking: &Booking,
    what: &str,
    content: Content,
    state: State,
    reason: String,
    now: Timestamp,
) -> Option<FollowUp> {
    let interaction = InteractionId::derived(&format!("{}-{}", stem(booking), booking.sequence)).ok()?;
    FollowUp::of((booking.person.clone(), interaction), what, content, state, reason, now)
}

/// How what stands for a conversation begins, whatever became of the booking since.
fn stem(booking: &Booking) -> String {
    format!("{BOOKING}{}", booking.id.suffix())
}
