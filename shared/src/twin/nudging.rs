//! Who does not answer is reminded once; whoever answers is not.

use jiff::{SignedDuration, Timestamp};

use super::Twin;
use crate::{
    error::Error,
    follow_up::{Content, FollowUp, Kind, News, State, settings::Recipient},
    id::{InteractionId, PersonId},
    identity::Assurance,
    interaction::Interaction,
    policy::{Right, Standing},
};

/// Conversations whose reminder may still wait: several may go on at once.
const EARLIER: usize = 3;
/// No meeting is offered further ahead.
const BOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366);
const IN_TOUCH: &str = "they were in touch again";
const ANSWERS_ELSEWHERE: &str =
    "answers to your mail come to your own mailbox, which I do not see: did they answer you?";

impl Twin {
    /// They are in touch again: what would have reminded them of something before is not needed.
    pub(super) async fn came_back(
        &self,
        person: &PersonId,
        with: &InteractionId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.cancel_nudges(person, Some(with), now).await
    }

    /// All that are still to come, but for those of a conversation.
    pub(super) async fn cancel_nudges(
        &self,
        person: &PersonId,
        but_of: Option<&InteractionId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(known) = self.store.known(person).await? else { return Ok(()) };
        // Those of longer ago were cancelled when one of these came.
        let earlier = known.contact.relationship.interaction_history.iter().rev();
        let earlier = earlier.map(|record| &record.interaction).filter(|id| Some(*id) != but_of);
        let ids = earlier.take(EARLIER).filter_map(|of| FollowUp::id_of(of, Kind::Nudge.key()));
        for mut nudge in self.store.follow_ups_with(person, &ids.collect::<Vec<_>>()).await? {
            if matches!(nudge.state, State::Planned | State::AwaitingApproval | State::Approved) {
                nudge.problem = Some(IN_TOUCH.to_owned());
                let from = nudge.state;
                self.move_to(nudge, from, State::Cancelled, now).await?;
            }
        }
        Ok(())
    }

    /// The time of a nudge has come: it goes on only if they got what it reminds of, and did not answer.
    pub(super) async fn ripe(&self, mut nudge: FollowUp, now: Timestamp) -> Result<(), Error> {
        let Content::Nudge { about, .. } = &nudge.content else { return Ok(()) };
        let first = self.store.follow_up(&nudge.person, about).await?;
        let (next, problem) = match first.filter(|first| first.state.was_sent()) {
            None => (State::Cancelled, Some("what it would remind of was not sent")),
            Some(first) => match self.needless(&nudge, now).await? {
                Some(why) => (State::Cancelled, Some(why)),
                // The twin cannot know whether they answered.
                None if first.receives_answers == Some(false) => {
                    (State::AwaitingApproval, Some(ANSWERS_ELSEWHERE))
                }
                None => (self.decided(&nudge).await?, None),
            },
        };
        nudge.problem = problem.map(ToOwned::to_owned);
        let (person, interaction) = (nudge.person.clone(), nudge.interaction.clone());
        self.move_to(nudge, State::Planned, next, now).await?;
        if next == State::Approved {
            self.enqueue(&person, &interaction).await;
        }
        Ok(())
    }

    /// Why there is nothing to remind them of any more, if so. It is asked once more when it is sent: whoever took in their
    /// answer may have died before this was cancelled, or come a moment too late for that.
    pub(super) async fn needless(
        &self,
        nudge: &FollowUp,
        now: Timestamp,
    ) -> Result<Option<&'static str>, Error> {
        let since = |held: &Interaction| held.started_at > nudge.planned_at && held.id != nudge.interaction;
        if self.store.interactions(&nudge.person).await?.iter().any(since) {
            return Ok(Some(IN_TOUCH));
        }
        let tells_of_answer = |one: &FollowUp| {
            let is_answer = matches!(one.content, Content::OwnerNotification { news: News::Answer, .. });
            is_answer && one.planned_at > nudge.planned_at
        };
        if self.store.follow_ups(&nudge.person).await?.iter().any(tells_of_answer) {
            return Ok(Some("they answered"));
        }
        Ok(self.has_booked(nudge, now).await?.then_some("they booked a meeting"))
    }

    /// Whether they have a meeting since: whoever books on the page may be somebody else to us, with the same address.
    async fn has_booked(&self, nudge: &FollowUp, now: Timestamp) -> Result<bool, Error> {
        let until = now.checked_add(BOOKED_AHEAD).unwrap_or(now);
        let booked = self.store.bookings(nudge.planned_at, until).await?;
        let to = nudge.content.to();
        Ok(booked
            .iter()
            .any(|one| one.person == nudge.person || (to.is_some() && one.guest.email.as_ref() == to)))
    }

    /// Whether it waits for the owner's word, as settings and persona are now.
    async fn decided(&self, nudge: &FollowUp) -> Result<State, Error> {
        let settings = self.store.follow_up_settings().await?.settings;
        let persona = self.persona().await?;
        let known = self.store.known(&nudge.person).await?.ok_or(Error::NotFound)?;
        let held = self.store.interaction(&nudge.person, &nudge.interaction).await?;
        let may_mail =
            |held: &Interaction| Standing::new(held.channel, held.level).allows(Right::MailUnasked);
        let methods = &known.contact.contact_methods;
        // What was confirmed may be another address than the one that this goes to.
        let is_confirmed = methods.email_confirmed && methods.email.as_ref() == nudge.content.to();
        let to = Recipient {
            relationship: known.contact.relationship.kind,
            level: held.as_ref().map_or(Assurance::Anonymous, |held| held.level),
            is_theirs: is_confirmed && held.as_ref().is_some_and(may_mail),
        };
        Ok(settings.decide(&nudge.content, to, persona.persona.follow_up_policy))
    }
}
