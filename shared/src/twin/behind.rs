//! What is behind a count: the conversations and the events that it was made of, page by page, the newest first.

use std::cmp::Reverse;

use futures_util::{FutureExt as _, future::BoxFuture};
use jiff::{Timestamp, civil::Date};

use super::Twin;
use crate::{
    analytics::{CameOver, Event, Mark, Passage, Period, Subject, Via, on},
    contact::{Opportunity, RelationshipKind},
    error::Error,
    follow_up::FollowUp,
    interaction::{Channel, Interaction},
    knowledge::gap::Gap,
    merging::{Merging, Proposal},
    screening::Recovered,
    store::HandedOver,
};

/// What a page has, and days that are looked through for it.
const PAGE: usize = 50;
const LOOKED_THROUGH: usize = 62;

/// Where something stands in such a list: when it happened, and its id.
pub type Place = (Timestamp, String);

/// Which conversations are behind a count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Behind {
    pub mark: Option<Mark>,
    pub channel: Option<Channel>,
    pub relationship: Option<RelationshipKind>,
    /// Those that began before this one did.
    pub before: Option<Place>,
}

/// Of which channel and with whom; all, where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slice {
    pub via: Option<Via>,
    pub relationship: Option<RelationshipKind>,
}

/// A page, and where it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    pub list: Vec<T>,
    pub next: Option<Place>,
}

/// An event, and what it happened to.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    pub at: Timestamp,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    FollowUp(Box<FollowUp>),
    /// With its place among those of the same opportunity.
    Opportunity(Opportunity, usize, Passage),
    Link(HandedOver, CameOver),
    Gap(Gap),
    Spam(Recovered),
    Merge(Merging),
    Conflict(Proposal),
}

/// What stands in such a list.
pub trait Placed {
    fn place(&self) -> Place;
}

impl Placed for Interaction {
    fn place(&self) -> Place {
        (self.started_at, self.id.to_string())
    }
}

impl Placed for Happening {
    fn place(&self) -> Place {
        let id = match &self.what {
            What::FollowUp(follow_up) => follow_up.id.to_string(),
            What::Opportunity(opportunity, number, _) => format!("{}-{number:02}", opportunity.id),
            What::Link(handed, _) => handed.handoff.id.to_string(),
            What::Gap(gap) => gap.id.to_string(),
            What::Spam(recovered) => recovered.interaction.to_string(),
            // Two may be merged, parted and merged again.
            What::Merge(Merging { merge, .. }) => {
                format!("{}-{}-{}", merge.survivor, merge.absorbed, merge.at.as_millisecond())
            }
            What::Conflict(pair) => format!("{}-{}", pair.one, pair.other),
        };
        (self.at, id)
    }
}

impl Happening {
    /// What tells it from all others of its list.
    pub fn id(&self) -> String {
        self.place().1
    }
}

impl Twin {
    /// The conversations behind a count.
    pub async fn behind(&self, period: Period, wanted: &Behind) -> Result<Found<Interaction>, Error> {
        let on = |date| {
            async move {
                let mut held = self.store.held_on(date).await?;
                held.retain(|held| wanted.holds(held));
                Ok(held)
            }
            .boxed()
        };
        by_days(period, wanted.before.as_ref(), on).await
    }

    /// What else is behind one; of a slice, if one is wanted and the event has such.
    pub async fn events(
        &self,
        period: Period,
        event: Event,
        wanted: Slice,
        before: Option<&Place>,
        now: Timestamp,
    ) -> Result<Found<Happening>, Error> {
        match event.subject() {
            Subject::FollowUp => {
                by_days(period, before, |date| self.follow_ups_over(date, event, wanted).boxed()).await
            }
            Subject::Link => by_days(period, before, |date| self.links_over(date, event, now).boxed()).await,
            Subject::Opportunity => {
                let moved = self.store.moved_since(period.from).await?;
                let moved = moved.iter().filter(|one| wanted.holds(Via::of(one), one.source.relationship));
                Ok(all_at_once(period, before, moved.flat_map(|one| passages(one, event))))
            }
            Subject::Gap => {
                let gaps = self.store.gaps_since(period.from).await?.into_iter();
                let happened =
                    gaps.filter_map(|gap| Some(Happening { at: event.of_gap(&gap)?, what: What::Gap(gap) }));
                Ok(all_at_once(period, before, happened))
            }
            Subject::Spam => {
                let recovered = self.store.recovered_since(period.from).await?.into_iter();
                let recovered = recovered.filter(|one| wanted.holds(Via::Phone, one.relationship));
                let happened = recovered.map(|one| Happening { at: one.at, what: What::Spam(one) });
                Ok(all_at_once(period, before, happened))
            }
            Subject::Merge => {
                let (merges, _) = self.store.paired_since(period.from).await?;
                let happened = merges
                    .into_iter()
                    .filter_map(|one| Some(Happening { at: event.of_merge(&one)?, what: What::Merge(one) }));
                Ok(all_at_once(period, before, happened))
            }
            Subject::Conflict => {
                let (_, pairs) = self.store.paired_since(period.from).await?;
                let happened = pairs.into_iter().filter_map(|pair| {
                    Some(Happening { at: event.of_pair(&pair)?, what: What::Conflict(pair) })
                });
                Ok(all_at_once(period, before, happened))
            }
        }
    }

    async fn follow_ups_over(
        &self,
        date: Date,
        event: Event,
        wanted: Slice,
    ) -> Result<Vec<Happening>, Error> {
        let is_wanted =
            |one: &FollowUp| event.is_of(one) && wanted.holds(Via::of_follow_up(one), one.relationship);
        let settled = self.store.settled_on(date).await?.into_iter().filter(is_wanted);
        let happened = settled.map(|one| Happening {
            at: one.settled_at.unwrap_or(one.updated_at),
            what: What::FollowUp(Box::new(one)),
        });
        Ok(happened.collect())
    }

    async fn links_over(&self, date: Date, event: Event, now: Timestamp) -> Result<Vec<Happening>, Error> {
        let over = self.handoffs_over(date, crate::store::begins(date)?, now).await?.into_iter();
        let happened = over.filter(|(_, came_over)| event.came_of(came_over)).map(|(handed, came_over)| {
            Happening { at: came_over.ended_at, what: What::Link(handed, came_over) }
        });
        Ok(happened.collect())
    }
}

fn passages(opportunity: &Opportunity, event: Event) -> Vec<Happening> {
    let passages = event.passages(opportunity).into_iter().enumerate();
    let happened = passages.map(|(number, passage)| Happening {
        at: passage.at,
        what: What::Opportunity(opportunity.clone(), number, passage),
    });
    happened.collect()
}

impl Slice {
    fn holds(self, via: Via, relationship: RelationshipKind) -> bool {
        self.via.is_none_or(|wanted| wanted == via)
            && self.relationship.is_none_or(|wanted| wanted == relationship)
    }
}

impl Behind {
    fn holds(&self, held: &Interaction) -> bool {
        let relationship = held.relationship();
        self.mark.is_none_or(|mark| mark.holds(held))
            && self.channel.is_none_or(|channel| channel == held.channel)
            && self.relationship.is_none_or(|wanted| wanted == relationship)
    }
}

/// The days of a period backwards, until a page is full, or enough of them were looked through.
async fn by_days<'a, T: Placed>(
    period: Period,
    before: Option<&Place>,
    of: impl Fn(Date) -> BoxFuture<'a, Result<Vec<T>, Error>>,
) -> Result<Found<T>, Error> {
    let last = before.map_or(period.to, |(at, _)| on(*at).min(period.to));
    let mut dates: Vec<Date> = period.dates().take_while(|date| *date <= last).collect();
    dates.reverse();
    let mut found = Found { list: Vec::new(), next: None };
    for (looked, date) in dates.iter().enumerate() {
        if found.fill(of(*date).await?, before) {
            break;
        }
        if looked + 1 == LOOKED_THROUGH && looked + 1 < dates.len() {
            found.next = Some((crate::store::begins(*date)?, String::new()));
            break;
        }
    }
    Ok(found)
}

/// Of what is read at once, as it is not many.
fn all_at_once(
    period: Period,
    before: Option<&Place>,
    happened: impl Iterator<Item = Happening>,
) -> Found<Happening> {
    let mut found = Found { list: Vec::new(), next: None };
    let days = period.from..=period.to;
    found.fill(happened.filter(|one| days.contains(&on(one.at))).collect(), before);
    found
}

impl<T: Placed> Found<T> {
    /// Takes these as the next ones, the newest first; whether there are more than fit.
    fn fill(&mut self, mut some: Vec<T>, before: Option<&Place>) -> bool {
        some.retain(|one| before.is_none_or(|before| one.place() < *before));
        some.sort_by_cached_key(|one| Reverse(one.place()));
        let room = PAGE - self.list.len();
        let is_full = some.len() > room;
        self.list.extend(some.into_iter().take(room));
        if is_full {
            self.next = self.list.last().map(Placed::place);
        }
        is_full
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::contact::{Brought, Source, Stage};

    /// Each change of a stage is an event of its own, also where several are of one moment; pages have each once.
    #[test]
    fn pages_have_each_event_once() {
        let (first, now) = ("2026-03-01T12:00:00Z".parse().unwrap(), "2026-03-02T12:00:00Z".parse().unwrap());
        let source = Brought {
            by: Source::Owner,
            channel: None,
            relationship: RelationshipKind::Unknown,
            interaction: None,
        };
        let opportunities: Vec<_> = (0..40)
            .map(|number| {
                let (id, person) = (format!("opp_{number}").parse().unwrap(), "per_1".parse().unwrap());
                let mut one =
                    Opportunity::new(id, person, "A role".to_owned(), source.clone(), Stage::Lead, first);
                one.move_to(Stage::Contacted, Source::Owner, now);
                one.move_to(Stage::Proposal, Source::Owner, now);
                one.move_to(Stage::Won, Source::Owner, now);
                one
            })
            .collect();
        let listed = |period: Period| {
            let (mut seen, mut before) = (Vec::new(), None::<Place>);
            loop {
                let all = opportunities.iter().flat_map(|one| passages(one, Event::OpportunityWentOn));
                let page = all_at_once(period, before.as_ref(), all);
                assert!(page.list.len() <= PAGE);
                seen.extend(page.list.iter().map(Happening::id));
                before = page.next;
                if before.is_none() {
                    return seen;
                }
            }
        };
        let mut seen = listed(Period { from: date(2026, 3, 1), to: date(2026, 3, 2) });
        assert_eq!(seen.len(), 120);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 120);
        assert!(listed(Period { from: date(2026, 3, 1), to: date(2026, 3, 1) }).is_empty());
    }
}
