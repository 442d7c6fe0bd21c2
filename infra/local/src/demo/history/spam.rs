//! Robots and advertisements: who calls once, from a number that is not theirs, and is not answered.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use twin::{
    contact::Contact,
    id::PersonId,
    identity::{Phone, Signature},
    interaction::{Analysis, Channel, Cost, Interaction, Measured, Outcome, Used, price},
    routing::{Handling, RouteKind},
    screening::{Line, Recovered, Screening, Signs},
    store::Call,
    wire::twilio::webhook::CallStatus,
};

use super::{
    Maker, TAG,
    making::{exchange, held, nobodys, remember, stranger},
};
use crate::settings::SIMULATED_NUMBER;

/// Of a hundred, so many were none, and the owner let them through.
const WAS_NONE: f64 = 0.2;
/// As the network signs a number that is not the caller's.
const NOT_THEIRS: &str = "TN-Validation-Failed-A";
const AREAS: [&str; 3] = ["212", "646", "917"];

impl Maker {
    pub(super) fn spam(&mut self, at: Timestamp) {
        let (place, nth) = (self.history.interactions.len(), self.strangers.len());
        let Ok(person) = PersonId::derived(&format!("DEMOSPAM{nth:05}")) else { return };
        let of = (Channel::Phone, RouteKind::Spam);
        let Some(mut held) = held(place, &person, of, (at, 0, Outcome::Screened)) else { return };
        let Some(call) = self.rang(&held, place, nth) else { return };
        held.call_sid = Some(call.sid.clone());
        held.analysis = Some(Analysis { summary: "Nothing was said.".to_owned(), ..Analysis::default() });
        let used = Used { looked_up: call.screening.looked_up, ..Used::default() };
        held.measured = Some(Measured {
            is_first: true,
            cost: Cost::of(&held, &used),
            prices_as_of: Some(price::AS_OF),
            ..Measured::default()
        });
        let mut contact = Contact::new(person, call.number.clone(), at);
        contact.tags = vec![TAG.to_owned()];
        let mut known = stranger(contact, at);
        remember(&mut known, &held, exchange(&held, 0));
        if self.chance(WAS_NONE) {
            self.let_through(&held, &call);
        }
        self.strangers.push(known);
        self.history.screened.push(call);
        self.history.interactions.push(held);
    }

    /// The `nth` of these calls, which is the conversation at this place.
    fn rang(&mut self, held: &Interaction, place: usize, nth: usize) -> Option<Call> {
        let number = nobodys(&AREAS, nth)?;
        let own = Phone::parse(SIMULATED_NUMBER).ok()?;
        let is_looked_up = self.chance(0.5);
        let screening = Screening::of(&Signs {
            number: Some(&number),
            own: &own,
            stir_verstat: Some(NOT_THEIRS),
            line: is_looked_up.then_some(Line::NonFixedVoip),
            often: true,
            very_often: !is_looked_up,
            rotating: true,
        });
        Some(Call {
            sid: format!("CA{place:032x}").parse().ok()?,
            person: held.person.clone(),
            interaction: held.id.clone(),
            number: Some(number),
            route: held.route,
            handling: Handling::Refuse,
            screening,
            level: held.level,
            signature: Signature::of(Some(NOT_THEIRS)),
            at: held.started_at,
            status: CallStatus::Busy,
            not_taken: false,
            falls_back_at: None,
            fell_back_at: None,
            trace: None,
        })
    }

    fn let_through(&mut self, held: &Interaction, call: &Call) {
        let seen = held.started_at + SignedDuration::from_mins(self.random.random_range(20..2_000));
        self.history.recovered.push(Recovered {
            person: held.person.clone(),
            interaction: held.id.clone(),
            call: call.sid.clone(),
            relationship: held.relationship(),
            began_at: held.started_at,
            at: seen.min(self.now),
        });
    }
}
