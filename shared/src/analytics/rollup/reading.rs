//! What is read out of counts: of a channel, of a relationship, or of all.

use std::collections::BTreeMap;

use super::Rollup;
use crate::{
    analytics::{Mark, Pipeline, Settled, Tally, Via},
    contact::RelationshipKind,
    interaction::{Channel, Cost},
};

impl Rollup {
    /// How many conversations have a mark, of a channel if one is wanted; nothing else is added up.
    pub fn count(&self, mark: Mark, wanted: Option<Channel>) -> u64 {
        self.tallies(wanted).map(|tally| tally.of(mark)).sum()
    }

    /// What the conversations cost, of a channel if one is wanted.
    pub fn cost(&self, wanted: Option<Channel>) -> Cost {
        let mut cost = Cost::default();
        for tally in self.tallies(wanted) {
            cost += tally.cost;
        }
        cost
    }

    fn tallies(&self, wanted: Option<Channel>) -> impl Iterator<Item = &Tally> {
        let channels = self.by_channel.iter();
        let channels = channels.filter(move |(channel, _)| wanted.is_none_or(|wanted| wanted == **channel));
        channels.flat_map(|(_, tallies)| tallies.values())
    }

    /// The tally of what `is` picks.
    pub fn tally(&self, is: impl Fn(Channel, RelationshipKind) -> bool) -> Tally {
        let mut sum = Tally::default();
        for (channel, of_channel) in &self.by_channel {
            for (relationship, tally) in of_channel {
                if is(*channel, *relationship) {
                    sum.add(tally);
                }
            }
        }
        sum
    }

    /// Micro-dollars of the mails that came of a channel, if one is wanted.
    pub fn mailed(&self, wanted: Option<Via>) -> u64 {
        let settled = self.settled.iter().filter(|(via, _)| wanted.is_none_or(|wanted| wanted == **via));
        settled.flat_map(|(_, of_channel)| of_channel.values()).map(|settled| settled.cost).sum()
    }

    /// The follow-ups of what `is` picks.
    pub fn settled_of(&self, is: impl Fn(Via, RelationshipKind) -> bool) -> Settled {
        let mut sum = Settled::default();
        for settled in picked(&self.settled, is) {
            sum.add(settled);
        }
        sum
    }

    /// And the opportunities.
    pub fn pipeline_of(&self, is: impl Fn(Via, RelationshipKind) -> bool) -> Pipeline {
        let mut sum = Pipeline::default();
        for pipeline in picked(&self.pipeline, is) {
            sum.add(pipeline);
        }
        sum
    }
}

fn picked<T>(
    counts: &BTreeMap<Via, BTreeMap<RelationshipKind, T>>,
    is: impl Fn(Via, RelationshipKind) -> bool,
) -> Vec<&T> {
    let all = counts
        .iter()
        .flat_map(|(via, of_channel)| of_channel.iter().map(move |(kind, one)| (*via, *kind, one)));
    all.filter(|(via, kind, _)| is(*via, *kind)).map(|(.., one)| one).collect()
}
