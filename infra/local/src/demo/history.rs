//! The history as plain data. Nobody in it is a person: who has a name is called "Demo", and all have the tag `demo`.

mod following;
mod making;
mod spam;
#[cfg(test)]
mod tests;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rand::{SeedableRng as _, rngs::StdRng};
use twin::{
    contact::Opportunity,
    follow_up::FollowUp,
    handoff::{EMAILED_FOR, Handoff, Secret, TakenUp},
    id::HandoffId,
    identity::Assurance,
    interaction::{Channel, Interaction, Left, Turn},
    knowledge::gap::Gap,
    memory::Known,
    screening::Recovered,
    store::Call,
};

/// Everything that happened.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub people: Vec<Known>,
    pub interactions: Vec<Interaction>,
    /// What was said in the latest of them, by their place.
    pub said: Vec<(usize, Vec<Turn>)>,
    /// Calls that were taken for spam, and those of them that the owner let through after all.
    pub screened: Vec<Call>,
    pub recovered: Vec<Recovered>,
    pub opportunities: Vec<Opportunity>,
    pub follow_ups: Vec<FollowUp>,
    pub links: Vec<Link>,
    pub gaps: Vec<Gap>,
}

/// With which a conversation was to go on in the chat, and did if somebody opened it.
#[derive(Debug, Clone)]
pub struct Link {
    pub secret: String,
    pub handoff: Handoff,
    pub taken_up: Option<(Timestamp, TakenUp)>,
}

pub const TAG: &str = "demo";
const SEED: u64 = 0x0D_E1_10;

impl History {
    /// Of the `days` before `now`, the day that goes on included.
    pub fn of(days: i64, now: Timestamp) -> Self {
        let random = StdRng::seed_from_u64(SEED);
        let mut made = Maker { random, history: Self::default(), strangers: Vec::new(), now };
        let today = now.to_zoned(TimeZone::UTC).date();
        for back in (0..days).rev() {
            let Ok(date) = today.checked_sub(back.days()) else { continue };
            made.day(date, back, days);
        }
        made.gaps(days);
        made.history.people.append(&mut made.strangers);
        made.history.links =
            made.history.interactions.iter().filter_map(|held| made.history.link(held)).collect();
        made.history
    }
}

impl History {
    /// If they asked for one; it was opened by whoever wrote while it worked.
    fn link(&self, held: &Interaction) -> Option<Link> {
        held.measured.as_ref().filter(|measured| measured.left.contains(&Left::Handoff))?;
        let (created_at, secret) = (held.ended_at?, Secret::generate());
        let expires_at = created_at + EMAILED_FOR;
        let goes_on = |one: &&Interaction| {
            one.person == held.person
                && one.channel == Channel::Chat
                && (created_at..expires_at).contains(&one.started_at)
        };
        let next = self.interactions.iter().filter(goes_on).min_by_key(|one| one.started_at);
        let taken_up = next
            .map(|one| (one.started_at, TakenUp { person: one.person.clone(), interaction: one.id.clone() }));
        let handoff = Handoff {
            id: HandoffId::derived(held.id.suffix()).ok()?,
            person: held.person.clone(),
            from: held.id.clone(),
            to: Channel::Chat,
            level: Assurance::Claimed,
            secret_hash: secret.hash(),
            created_at,
            expires_at,
        };
        Some(Link { secret: secret.reveal().to_owned(), handoff, taken_up })
    }
}

struct Maker {
    random: StdRng,
    history: History,
    /// Who called once, and nobody talked with.
    strangers: Vec<Known>,
    now: Timestamp,
}
