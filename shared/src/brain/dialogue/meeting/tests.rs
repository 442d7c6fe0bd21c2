mod booking;
mod changing;
mod choosing;
mod telling;

use super::{super::wanted, *};
use crate::{brain::Brain, contact::Contact, id::PersonId};

const TUESDAY: &str = "2026-12-08T14:00:00Z";
const WEDNESDAY: &str = "2026-12-09T15:30:00Z";

fn slot(booking: &str) -> Expects {
    let starts = ["2026-12-08T14:00:00Z", "2026-12-08T15:30:00Z", "2026-12-09T15:30:00Z"];
    Expects::Slot {
        booking: booking.to_owned(),
        when: Some("next week".to_owned()),
        zone: "Europe/Berlin".to_owned(),
        starts: starts.iter().map(|start| start.parse().unwrap()).collect(),
    }
}

fn after(said: &str, expects: &Expects) -> Vec<Wanted> {
    let contact = Contact::new(PersonId::derived("1").unwrap(), None, Timestamp::UNIX_EPOCH);
    wanted(
        said,
        &Brain::Offline.determine_intent(said, "Alex Sample"),
        Some(expects),
        &contact,
        "Alex Sample",
        Manner::Written,
    )
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}
