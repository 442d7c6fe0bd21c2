//! Two people made one, and one made two again.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin};
use crate::{
    audit::{Act, Actor, Line},
    contact::{Contact, Field},
    context::VoiceInteraction,
    error::Error,
    id::{FactId, InteractionId, PersonId},
    identity::{
        IdentityKey,
        matching::{self, Record},
    },
    interaction::Interaction,
    memory::{Fact, Known, rewrite, settled},
    merging::{By, Later, Merge, Plan, Verdict, joined, rebased, went_on},
    store::{Absorbed, Before, Head, Parted, StoreError},
};

/// Turns of a conversation, for what follows from them.
type Theirs = (HashSet<FactId>, HashSet<InteractionId>);

impl Twin {
    /// Whether two ids lead to one person.
    pub(super) async fn is_one(&self, one: &PersonId, other: &PersonId) -> Result<bool, Error> {
        Ok(one == other || self.store.partitions(one).await?.contains(other))
    }

    /// What merging two would do. Whoever is merged already stands for the one into whom; whoever would be forgotten, and
    /// the other not, is the one that is absorbed.
    pub async fn plan_merge(&self, survivor: &PersonId, absorbed: &PersonId) -> Result<Plan, Error> {
        let (one, other) = Box::pin(self.two(survivor, absorbed)).await?;
        self.planned(&one, &other).await
    }

    async fn two(&self, survivor: &PersonId, absorbed: &PersonId) -> Result<(Head, Head), Error> {
        let (one, other) = tokio::try_join!(self.whole(survivor), self.whole(absorbed))?;
        if one.known.contact.id == other.known.contact.id {
            return Err(Error::Invalid("they are one person already".to_owned()));
        }
        // Who has nothing to be found by, and will be forgotten, absorbs nobody.
        let is_fleeting = |head: &Head| head.known.contact.forget_at.is_some();
        Ok(if is_fleeting(&one) && !is_fleeting(&other) { (other, one) } else { (one, other) })
    }

    /// The head that speaks for somebody.
    async fn whole(&self, person: &PersonId) -> Result<Head, Error> {
        let partitions = self.store.partitions(person).await?;
        let first = partitions.first().ok_or(Error::NotFound)?;
        self.store.head(first).await?.ok_or(Error::NotFound)
    }

    async fn planned(&self, one: &Head, other: &Head) -> Result<Plan, Error> {
        let (one, other) = (&one.known.contact, &other.known.contact);
        let moving = self.store.under(&other.id).await?;
        Ok(Plan {
            survivor: one.id.clone(),
            absorbed: other.id.clone(),
            fields: one.choices(other),
            moves: self.store.counted(&moving).await?,
            conflicts: matching::conflicts(&self.comparable(one).await?, &self.comparable(other).await?),
        })
    }

    /// A contact with all keys that lead there, to be compared with others.
    pub(super) async fn comparable(&self, contact: &Contact) -> Result<Record, Error> {
        let mut keys: Vec<IdentityKey> = Vec::new();
        for partition in self.store.partitions(&contact.id).await? {
            keys.extend(self.store.keys_of(&partition).await?);
        }
        Ok(Record::of(contact, &keys))
    }

    /// Makes two people one, as it was planned. `Invalid`: they have different accounts of one kind.
    pub async fn merge(
        &self,
        survivor: &PersonId,
        absorbed: &PersonId,
        by: (By, Vec<String>),
        now: Timestamp,
    ) -> Result<(Merge, Plan), Error> {
        self.merge_unless(|plan| !plan.conflicts.is_empty(), (survivor, absorbed), by, now).await
    }

    /// The same on the owner's word, whatever accounts they have.
    pub async fn merge_despite_conflicts(
        &self,
        survivor: &PersonId,
        absorbed: &PersonId,
        now: Timestamp,
    ) -> Result<(Merge, Plan), Error> {
        let by =
            (By::Owner, vec!["the owner knows that their different accounts are one person's".to_owned()]);
        self.merge_unless(|_| false, (survivor, absorbed), by, now).await
    }

    async fn merge_unless(
        &self,
        is_refused: impl Fn(&Plan) -> bool + Send,
        (survivor, absorbed): (&PersonId, &PersonId),
        (by, why): (By, Vec<String>),
        now: Timestamp,
    ) -> Result<(Merge, Plan), Error> {
        let mut audited = false;
        for _ in 0..MAX_CONFLICTS {
            let (one, other) = Box::pin(self.two(survivor, absorbed)).await?;
            let plan = Box::pin(self.planned(&one, &other)).await?;
            if is_refused(&plan) {
                let kinds = plan.conflicts.join(", ");
                return Err(Error::Invalid(format!(
                    "they have different accounts, which are two people's unless you say despiteConflicts: {kinds}"
                )));
            }
            if !std::mem::replace(&mut audited, true) {
                self.audit_both(Act::Merged, by, &plan.survivor, &plan.absorbed, now).await?;
            }
            let merge = Merge {
                survivor: plan.survivor.clone(),
                absorbed: plan.absorbed.clone(),
                at: now,
                by,
                why: why.clone(),
            };
            let before = match self.store.before(&merge.survivor).await? {
                Some(before) => before,
                None => Before::new(one.clone()),
            };
            let head = Box::pin(self.made_one(&one.known, &other.known, now)).await?;
            match Box::pin(self.store.merge(&merge, &one.known, &other, &before, head)).await {
                Ok(()) => {
                    self.settle_proposal(&merge, Verdict::Merged, now).await?;
                    tracing::info!(survivor = %merge.survivor, absorbed = %merge.absorbed, "two became one");
                    return Ok((merge, plan));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    async fn made_one(&self, one: &Known, other: &Known, now: Timestamp) -> Result<Known, Error> {
        let (ours, theirs) =
            tokio::try_join!(self.store.facts(&one.contact.id), self.store.facts(&other.contact.id))?;
        let mut head = joined(one, [other]);
        head.remember(&settled(ours.into_iter().chain(theirs).collect()), now);
        head.contact.updated_at = now;
        Ok(head)
    }

    /// Makes one person two again. What happened since stays with the survivor, except for what was said with the
    /// absorbed by their own keys, and what was learned from that. `NotFound` if they were not merged; `Invalid` if
    /// that merge is inside of a later one.
    pub async fn unmerge(&self, absorbed: &PersonId, now: Timestamp) -> Result<Merge, Error> {
        let mut audited = false;
        for _ in 0..MAX_CONFLICTS {
            let gone = self.store.absorbed(absorbed).await?.ok_or(Error::NotFound)?;
            let merges = self.store.absorbed_by(&gone.into).await?;
            let merge = merges.iter().find(|merge| merge.absorbed == *absorbed).ok_or(Error::Conflict)?;
            if self.store.absorbed(&gone.into).await?.is_some() {
                let why = format!("{} was merged into somebody else since: take that back first", gone.into);
                return Err(Error::Invalid(why));
            }
            let current = self.store.head(&gone.into).await?.ok_or(Error::NotFound)?.known;
            let before = self.store.before(&gone.into).await?.ok_or(Error::Conflict)?;
            if !std::mem::replace(&mut audited, true) {
                self.audit_both(Act::Unmerged, By::Owner, &merge.survivor, &merge.absorbed, now).await?;
                // Before it is done: nobody makes them one again meanwhile.
                self.settle_proposal(merge, Verdict::Dismissed, now).await?;
            }
            let parted = Box::pin(self.parted((merge, &merges), &current, &before, &gone, now)).await;
            let stored = match parted {
                Ok(parted) => Box::pin(self.store.part(parted, now)).await,
                Err(Error::Conflict) => continue,
                Err(error) => return Err(error),
            };
            match stored {
                Ok(()) => {
                    tracing::info!(survivor = %merge.survivor, absorbed = %merge.absorbed, "one became two again");
                    return Ok(merge.clone());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What becomes of the two. Facts are given back to where they belong before that, unseen: as long as the two are
    /// one, it does not matter in which partition a fact lies.
    async fn parted<'a>(
        &self,
        (merge, merges): (&'a Merge, &[Merge]),
        current: &'a Known,
        before: &'a Before,
        gone: &'a Absorbed,
        now: Timestamp,
    ) -> Result<Parted<'a>, Error> {
        let theirs = self.store.under(&merge.absorbed).await?;
        let later = self.later(&theirs, &gone.head.known, merge.at).await?;
        let mut went = went_on(&gone.head.known, current, &later, merge.at);
        let (left, given_back) = self.facts_given_back(merge, &theirs, now).await?;
        let changed = went != gone.head.known || !given_back.is_empty();
        if changed {
            went.remember(&given_back, now);
        }
        let is_last = merges.len() == 1;
        let survivor = if is_last && before.is_untouched(current) {
            None
        } else {
            let (mut from, mut to) = (Vec::new(), Vec::new());
            for one in merges {
                if one.absorbed == merge.absorbed {
                    from.push(went.clone());
                } else if let Some(other) = self.store.absorbed(&one.absorbed).await? {
                    from.push(other.head.known.clone());
                    to.push(other.head.known);
                }
            }
            let own = &before.head.known;
            Some(rebased(current, &joined(own, &from), &joined(own, &to), &left, now))
        };
        let went_on = changed.then_some(went);
        Ok(Parted { merge, current, survivor, before, is_last, absorbed: gone, went_on })
    }

    /// Conversations in these partitions of which an absorbed head knows nothing.
    async fn later(&self, theirs: &[PersonId], head: &Known, merged: Timestamp) -> Result<Vec<Later>, Error> {
        let mut later = Vec::new();
        for partition in theirs {
            for held in self.store.interactions_in(partition).await? {
                let mut one = Later { held, turns: Vec::new(), talk: VoiceInteraction::default() };
                if one.is_news(head, merged) {
                    one.turns = self.store.turns(partition, &one.held.id).await?;
                    if let Some(talk) = self.store.talk(partition, &one.held.id).await? {
                        one.talk = talk.kind;
                    }
                    later.push(one);
                }
            }
        }
        later.sort_by_key(|later| later.held.ended_at);
        Ok(later)
    }

    /// Moves facts that were written in the survivor's partition, and are the absorbed's. The survivor's facts then; and
    /// the absorbed's, if any were moved.
    async fn facts_given_back(
        &self,
        merge: &Merge,
        theirs: &[PersonId],
        now: Timestamp,
    ) -> Result<(Vec<Fact>, Vec<Fact>), Error> {
        let mut known: Vec<Fact> = Vec::new();
        let mut of: Theirs = Theirs::default();
        for partition in theirs {
            for fact in self.store.facts_in(partition).await? {
                if of.0.insert(fact.id.clone()) {
                    known.push(fact);
                }
            }
            let held = self.store.interactions_in(partition).await?;
            of.1.extend(held.into_iter().map(|held| held.id));
        }
        let ours = self.store.interactions_in(&merge.survivor).await?;
        let ours: HashSet<InteractionId> = ours.into_iter().map(|held| held.id).collect();
        // Of what is said again and again the last time has the id of an earlier one, whosever that was.
        let is_theirs = |fact: &Fact| match &fact.interaction {
            Some(held) if ours.contains(held) => false,
            Some(held) if of.1.contains(held) => true,
            _ => of.0.contains(&fact.id),
        };
        let written = self.store.facts_in(&merge.survivor).await?;
        let (moved, own): (Vec<Fact>, Vec<Fact>) = written.into_iter().partition(is_theirs);
        let mut given_back = Vec::new();
        if !moved.is_empty() {
            let there = self.store.facts_in(&merge.absorbed).await?;
            let read =
                |fact: &Fact| there.iter().find(|known| known.id == fact.id).map_or(0, |known| known.version);
            let (all, changed) = rewrite(&known, moved.clone());
            for fact in &changed {
                self.store.put_fact_in(&merge.absorbed, fact, read(fact)).await?;
            }
            for fact in &moved {
                self.store.drop_fact_in(&merge.survivor, fact).await?;
            }
            given_back = all;
        }
        let left = self.left_alone(merge, own, theirs).await?;
        tracing::debug!(moved = moved.len(), at = %now, "facts were given back");
        Ok((left, given_back))
    }

    /// The survivor's facts, with what follows from them alone.
    async fn left_alone(
        &self,
        merge: &Merge,
        own: Vec<Fact>,
        theirs: &[PersonId],
    ) -> Result<Vec<Fact>, Error> {
        let read = own.clone();
        let mut all = own;
        for partition in self.store.under(&merge.survivor).await? {
            if partition != merge.survivor && !theirs.contains(&partition) {
                let more = self.store.facts_in(&partition).await?;
                all.extend(more.into_iter().filter(|fact| !read.iter().any(|known| known.id == fact.id)));
            }
        }
        let (all, changed) = rewrite(&all, Vec::new());
        for fact in changed {
            if let Some(known) = read.iter().find(|known| known.id == fact.id) {
                self.store.put_fact_in(&merge.survivor, &fact, known.version).await?;
            }
        }
        Ok(all)
    }

    async fn audit_both(
        &self,
        act: Act,
        by: By,
        survivor: &PersonId,
        absorbed: &PersonId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let who = match by {
            By::Owner => Actor::Owner,
            By::Twin => Actor::Twin,
        };
        self.audit(Line::new(who, act.clone(), now).about(survivor).within(absorbed)).await?;
        self.audit(Line::new(who, act, now).about(absorbed).within(survivor)).await
    }

    /// A contact as it is reached in answer to a conversation: where two are one, by what belongs to the one with whom it
    /// was held, or was named in it. What belongs to the other alone is shown to the owner first.
    pub(super) async fn reached(&self, contact: &Contact, held: &Interaction) -> Result<Contact, Error> {
        let Some(own) = self.store.own_methods(&held.person).await? else { return Ok(contact.clone()) };
        let mut reached = contact.clone();
        let named_in = contact.origins.get(&Field::Email).and_then(|origin| origin.interaction.as_ref());
        let is_named = match named_in {
            Some(interaction) => self.store.lies_in(&held.person, interaction).await?,
            None => false,
        };
        let methods = &mut reached.contact_methods;
        if !is_named && own.email.is_some() {
            methods.email_confirmed = own.email_confirmed;
            methods.email = own.email;
        } else if !is_named {
            methods.email_confirmed = false;
        }
        Ok(reached)
    }
}
