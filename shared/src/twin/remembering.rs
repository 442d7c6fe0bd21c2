//! What the owner does with what is remembered of a person, and what a conversation is reminded of.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{MAX_CONFLICTS, Twin};
use crate::{
    error::Error,
    id::{FactId, PersonId},
    memory::{
        Edit, EditError, Fact, Given, Loaded, Recollection, Withdrawn, edited, recollect, rewrite, typed,
    },
    policy::{Permit, Right, Standing},
    predicate::Predicate,
    store::StoreError,
};

/// For what a conversation in writing is reminded of, in tokens.
const REMINDED: usize = 800;
/// Turns that are looked at for it: the last ones, and the best of a search.
const LAST_TURNS: usize = 12;
const FOUND_TURNS: usize = 8;

impl Twin {
    /// Notes what the owner states of a person.
    pub async fn state_fact(&self, person: &PersonId, given: &Given, now: Timestamp) -> Result<Fact, Error> {
        let new = typed(given, FactId::generate(now), now)?;
        let id = new.id.clone();
        let all = self.put_facts(person, now, |_| Ok(vec![new.clone()])).await?;
        all.into_iter().find(|fact| fact.id == id).ok_or(Error::NotFound)
    }

    /// Pins, corrects or takes back a fact. What now stands in its place is the answer. A conflict: it is not in this
    /// version any more.
    pub async fn edit_fact(
        &self,
        person: &PersonId,
        id: &FactId,
        version: u64,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Fact, Error> {
        let new = FactId::generate(now);
        let change = |facts: &[Fact]| {
            let fact = facts.iter().find(|fact| fact.id == *id).ok_or(Error::NotFound)?;
            if fact.version != version {
                return Err(Error::Conflict);
            }
            let (left, instead) = edited(fact, edit, new.clone(), now)?;
            Ok(std::iter::once(left).chain(instead).collect())
        };
        let all = self.put_facts(person, now, change).await?;
        let answer = if matches!(edit, Edit::Correct { .. }) { &new } else { id };
        all.into_iter().find(|fact| fact.id == *answer).ok_or(Error::NotFound)
    }

    /// What was promised and is done is open no more.
    pub(super) async fn kept(
        &self,
        person: &PersonId,
        keeps: impl Fn(&Fact) -> bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_kept =
            |fact: &&Fact| fact.predicate == Predicate::Promised && fact.is_current() && keeps(fact);
        let done =
            |fact: &Fact| Fact { withdrawn: Some(Withdrawn { at: now, corrected_by: None }), ..fact.clone() };
        let change = |facts: &[Fact]| Ok(facts.iter().filter(is_kept).map(done).collect());
        self.put_facts(person, now, change).await.map(|_| ())
    }

    /// Puts facts in the place of those with their ids; all of them, as they then are, is the answer.
    async fn put_facts(
        &self,
        person: &PersonId,
        now: Timestamp,
        change: impl Fn(&[Fact]) -> Result<Vec<Fact>, Error>,
    ) -> Result<Vec<Fact>, Error> {
        for _ in 0..MAX_CONFLICTS {
            // The head first: whoever writes facts after it was read changes its version.
            let mut known = self.store.known(person).await?.ok_or(Error::NotFound)?;
            let facts = self.store.facts(person).await?;
            let (all, changed) = rewrite(&facts, change(&facts)?);
            if changed.is_empty() {
                return Ok(all);
            }
            known.remember(&all, now);
            match self.store.save_facts(known, &changed).await {
                Ok(()) => return Ok(all),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What of a person's past belongs to a question, within `budget` tokens: facts that the brief does not name, the
    /// last turns, and what a search finds.
    pub async fn recollect(
        &self,
        _: Permit,
        person: &PersonId,
        question: &str,
        budget: usize,
        now: Timestamp,
    ) -> Result<Recollection, Error> {
        let known = self.store.known(person).await?.ok_or(Error::NotFound)?;
        let lines = known.memory.facts.iter().chain(&known.memory.promises);
        let told: HashSet<&FactId> = lines.map(|line| &line.fact).collect();
        let (facts, past) =
            tokio::join!(self.store.facts(person), self.past(person, known.contact.name.clone()));
        let (mut facts, past) = (facts?, past?);
        facts.retain(|fact| !told.contains(&fact.id));
        let recent = past.last(LAST_TURNS);
        let found = past.search(question, FOUND_TURNS, now);
        Ok(recollect(&Loaded { facts: &facts, recent: &recent, found: &found }, budget))
    }

    /// The same as text for a model, for whom it is sure enough who they are. Without it a conversation goes on.
    pub async fn reminded(&self, who: (&PersonId, Standing), said: &str, now: Timestamp) -> String {
        let (person, standing) = who;
        let Some(permit) = standing.permit(Right::Past) else { return String::new() };
        match self.recollect(permit, person, said, REMINDED, now).await {
            Ok(recollection) if recollection.pieces.is_empty() => String::new(),
            Ok(recollection) => format!("\n\nOf earlier, in quotes:\n{}", recollection.text()),
            Err(error) => {
                tracing::warn!(%error, "a conversation was not reminded of earlier ones");
                String::new()
            }
        }
    }
}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        Self::Invalid(error.to_string())
    }
}
