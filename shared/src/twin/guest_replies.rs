//! What a guest's calendar answers to an invitation becomes a state of the meeting, which the owner sees and is told of.
//! Nothing is moved or cancelled by it: that is the owner's to do, or the guest's with their link.

use jiff::{Timestamp, tz::TimeZone};

use super::{MAX_CONFLICTS, Twin, hearing_back::Answered};
use crate::{
    audit::{Act, Actor, Line},
    error::Error,
    follow_up::{Content, FollowUp, mail::moment, reply::ReplyAddress},
    memory::quoted,
    scheduling::{
        Booking, Says,
        booking::Answer,
        ics::names,
        itip::{Message, read},
    },
    store::StoreError,
};

/// What came of a message of a guest's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attended {
    /// It is none that says whether they come to this meeting.
    Nothing,
    /// It is noted, with what the owner is told of it, if anything; or it was before.
    Noted,
    /// It is of an invitation that does not stand any more; the owner is told what they wrote.
    Outdated(Option<String>),
}

impl Twin {
    /// The address that an invitation names as its organizer leads to what was told last of its meeting.
    pub(super) async fn answers_lead_back(&self, told: &[FollowUp]) -> Result<(), Error> {
        for told in told {
            if let Content::Invitation { booking, .. } = &told.content {
                self.store.save_reply_address(&ReplyAddress::of_booking(booking, told)).await?;
            }
        }
        Ok(())
    }

    /// Takes in what the calendar of whoever was invited says; it is sure that it is theirs. Again, it comes to the same.
    /// What the owner is told is stored with the answer, because once that is, it is no news any more.
    pub(super) async fn guest_answered(
        &self,
        invited: &FollowUp,
        answer: Answered<'_>,
        calendar: &str,
        now: Timestamp,
    ) -> Result<Attended, Error> {
        let Content::Invitation { to, booking } = &invited.content else { return Ok(Attended::Nothing) };
        let Some(message) = read(calendar, to).filter(|message| names(&message.uid, booking)) else {
            return Ok(Attended::Nothing);
        };
        let says = Answer { at: message.at.map_or(now, |at| at.min(now)), says: message.says };
        for _ in 0..MAX_CONFLICTS {
            let stands = match self.store.booking(&invited.person, &booking.id).await {
                Err(StoreError::Erased) | Ok(None) => return Ok(Attended::Outdated(None)),
                Ok(Some(stands)) => stands,
                Err(error) => return Err(error.into()),
            };
            let told = self.told_of_answer(&stands, &message).await?;
            if self.is_told_of(answer).await? || (stands.answer == Some(says) && told.is_none()) {
                return Ok(Attended::Noted);
            }
            let Some(next) = stands.answered(says, message.sequence) else {
                let late = |comment| format!("They wrote to an invitation of before: {}", quoted(comment));
                return Ok(Attended::Outdated(message.comment.as_deref().map(late)));
            };
            let line = Line::new(Actor::Person, Act::BookingAnswered, now).about(&invited.person);
            self.audit(line.within(&booking.id)).await?;
            let told = match told {
                Some(told) => self.news_of(answer, told, now).await?,
                None => None,
            };
            match self.store.save_answered(next, told.as_ref()).await {
                Ok(()) => return Ok(Attended::Noted),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// Whoever booked comes: only that they do not, or not surely, or come after all, is news; and what they write beside it.
    async fn told_of_answer(&self, stands: &Booking, message: &Message) -> Result<Option<String>, Error> {
        let before = stands.answer.map(|answer| answer.says);
        let is_news = message.says != Says::Accepted || before.is_some_and(|before| before != Says::Accepted);
        if !is_news && message.comment.is_none() {
            return Ok(None);
        }
        let told = in_words(stands, message.says, is_news, &self.calendar().await?.zone());
        Ok(Some(match &message.comment {
            Some(comment) => format!("{told} They wrote: {}", quoted(comment)),
            None => told,
        }))
    }
}

fn in_words(booking: &Booking, says: Says, is_news: bool, zone: &TimeZone) -> String {
    let meeting = format!("{}, {}", booking.meeting.title, moment(booking.start, zone));
    match says {
        Says::Accepted if is_news => format!("They come after all: {meeting}."),
        Says::Accepted => format!("They come: {meeting}."),
        Says::Tentative => format!("They may come, and may not: {meeting}."),
        Says::Declined => {
            format!(
                "They will not come: {meeting}. The time stays taken until you cancel it in your calendar."
            )
        }
        Says::Counter { start, .. } => {
            format!("They would rather meet on {}: {meeting}. Nothing was moved.", moment(start, zone))
        }
    }
}
