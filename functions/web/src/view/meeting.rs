//! A meeting with somebody, on their page.

use jiff::Timestamp;
use twin::scheduling::{Booking, Party, Says, Standing};

use super::time::Moment;

pub struct Meeting {
    pub title: String,
    pub start: Moment,
    /// Why it does not take place any more.
    pub ended: Option<&'static str>,
    /// Whether they come, as their calendar says.
    pub answer: Option<String>,
    /// What it is about, and where.
    pub about: Option<String>,
}

/// The latest first; what is only held for somebody is none.
pub fn meetings(mut all: Vec<Booking>, now: Timestamp) -> Vec<Meeting> {
    all.retain(|booking| !matches!(booking.standing, Standing::Held { .. }));
    all.sort_by_key(|booking| std::cmp::Reverse(booking.start));
    all.into_iter().map(|booking| Meeting::new(&booking, now)).collect()
}

impl Meeting {
    fn new(booking: &Booking, now: Timestamp) -> Self {
        let about: Vec<String> = booking.topic.clone().into_iter().chain(booking.place()).collect();
        Self {
            title: booking.meeting.title.clone(),
            start: Moment::new(booking.start, now),
            ended: match booking.standing {
                Standing::Cancelled { by: Party::Guest } => Some("cancelled by them"),
                Standing::Cancelled { by: Party::Owner } => Some("cancelled by you"),
                Standing::Booked if booking.end <= now => Some("over"),
                Standing::Booked | Standing::Held { .. } => None,
            },
            answer: booking.answer.filter(|_| booking.is_on()).map(|answer| match answer.says {
                Says::Accepted => "accepted".to_owned(),
                Says::Declined => "they will not come".to_owned(),
                Says::Tentative => "they may come".to_owned(),
                Says::Counter { start, .. } => {
                    format!("they would rather meet: {}", Moment::new(start, now).absolute)
                }
            }),
            about: (!about.is_empty()).then(|| about.join(" · ")),
        }
    }
}
