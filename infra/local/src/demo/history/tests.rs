use std::collections::BTreeSet;

use twin::{
    analytics::{Day, Mark, Rollup, on},
    contact::Stage,
    follow_up::State,
    id::PersonId,
    memory::MAX_EXCHANGES,
    routing::REFUSED_FROM,
};

use super::*;
use crate::settings::SIMULATED_NUMBER;

fn now() -> Timestamp {
    "2026-11-29T12:00:00Z".parse().unwrap()
}

#[test]
fn a_year_is_plausible_and_the_same_each_time() {
    let (year, again) = (History::of(365, now()), History::of(365, now()));
    assert_eq!(year.interactions, again.interactions);
    assert!((800..3_000).contains(&year.interactions.len()), "{}", year.interactions.len());
    assert!(year.people.len() > 100 && year.opportunities.len() > 50);
    let won = year.opportunities.iter().filter(|one| one.stage == Stage::Won).count();
    assert!(won > 10 && won < year.opportunities.len());
    assert!(year.follow_ups.iter().any(|one| one.state == State::AwaitingApproval));
    let opened = year.links.iter().filter(|link| link.taken_up.is_some()).count();
    assert!((10..year.links.len()).contains(&opened), "{opened} of {}", year.links.len());
    for mark in Mark::ALL {
        assert!(year.interactions.iter().any(|held| mark.holds(held)), "{mark:?}");
    }
    let ids: BTreeSet<_> = year.interactions.iter().map(|held| &held.id).collect();
    assert_eq!(ids.len(), year.interactions.len());
    assert!(year.interactions.iter().all(|held| held.ended_at < Some(now())), "nothing is in the future");
}

#[test]
fn mails_go_to_the_address_of_whom_they_are_for() {
    let month = History::of(30, now());
    assert!(!month.follow_ups.is_empty());
    for mail in &month.follow_ups {
        let to = month.people.iter().find(|visitor| visitor.contact.id == mail.person);
        assert_eq!(mail.content.to(), to.unwrap().contact.contact_methods.email.as_ref());
    }
}

#[test]
fn nobody_in_it_is_a_person() {
    let month = History::of(30, now());
    for Known { contact, .. } in &month.people {
        let name = contact.name.as_deref();
        assert!(name.is_none_or(|name| name.starts_with("Demo ")) && contact.tags == [TAG]);
    }
    let year = History::of(365, now());
    let numbers: Vec<_> = year
        .people
        .iter()
        .map(|known| known.contact.contact_methods.phone.as_ref().unwrap().as_str())
        .collect();
    assert!(
        numbers.iter().all(|number| &number[5..10] == "55501" && *number != SIMULATED_NUMBER),
        "{numbers:?}"
    );
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "each has one of their own");
    let held: Vec<Interaction> = month.interactions;
    let day = Day { interactions: &held, ..Day::default() };
    let counted: u64 = (0..30)
        .map(|back| on(now()).checked_sub(back.days()).unwrap())
        .map(|date| Rollup::of_day(date, &day).tally(|_, _| true).of(Mark::Conversation))
        .sum();
    assert_eq!(counted, held.len() as u64);
}

/// Whoever is known is never refused, and each call that was can be let through.
#[test]
fn spam_comes_from_strangers_who_call_once() {
    let year = History::of(365, now());
    let spam: Vec<&Interaction> = year.interactions.iter().filter(|held| Mark::Spam.holds(held)).collect();
    assert!(spam.len() > 10 && spam.len() == year.screened.len());
    let whose: BTreeSet<&PersonId> = spam.iter().map(|held| &held.person).collect();
    assert_eq!(whose.len(), spam.len());
    for (held, call) in spam.iter().zip(&year.screened) {
        let known = year.people.iter().find(|known| known.contact.id == held.person).unwrap();
        assert!(known.contact.name.is_none() && known.context.metadata.total_interactions == 1);
        assert_eq!((&call.interaction, &call.person), (&held.id, &held.person));
        assert!(Some(&call.sid) == held.call_sid.as_ref() && call.screening.score >= REFUSED_FROM);
        assert_eq!(call.number, known.contact.contact_methods.phone);
    }
    assert!((1..spam.len()).contains(&year.recovered.len()), "{}", year.recovered.len());
    for one in &year.recovered {
        assert!(year.screened.iter().any(|call| call.sid == one.call && call.at < one.at));
    }
}

/// What is said of how close somebody is counts the conversations that their page counts.
#[test]
fn conversations_are_remembered() {
    let year = History::of(365, now());
    for Known { contact, context, memory } in &year.people {
        let held = year.interactions.iter().filter(|held| held.person == contact.id).count();
        assert_eq!(u64::try_from(held).unwrap(), context.metadata.total_interactions);
        assert_eq!(memory.exchanges.len(), held.min(MAX_EXCHANGES), "{contact:?}");
    }
}
