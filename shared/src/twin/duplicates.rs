//! Who may be the same person as somebody: looked for when a contact is new or learned something, among all contacts in
//! memory; told the owner, who decides.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::{MAX_CONFLICTS, Twin};
use crate::{
    contact::{Card, Contact},
    error::Error,
    id::PersonId,
    identity::{
        Identity, IdentityKey,
        matching::{Decision, Pair, Rarity, Record, Roll, compare, conflicts, decide, few},
    },
    merging::{By, Merge, Proposal, Verdict},
    store::StoreError,
};

/// What was written this long before the last look is looked at again: clocks differ, and indexes come late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// After this it is read anew, so that who was erased elsewhere is gone from memory, too.
const CALLED_FOR: SignedDuration = SignedDuration::from_hours(12);

/// People who are looked at together, and reads of the table that run side by side.
const LOOKED_FOR_AT_ONCE: usize = 500;
const AT_ONCE: usize = 8;

/// Somebody with all that is known of them.
struct Seen {
    contact: Contact,
    partitions: Vec<PersonId>,
    record: Record,
}

/// All contacts, ready to be compared, since when, and what they were read at.
#[derive(Default)]
pub(super) struct Called {
    roll: Roll,
    began: Timestamp,
    read: Option<Timestamp>,
}

impl Twin {
    /// Looks for others who may be these people, and proposes them. What goes wrong is for the next time.
    pub async fn look_for_others(&self, people: &[PersonId], now: Timestamp) {
        const FAILED: &str = "nobody was looked for who may be the same person";
        if people.is_empty() {
            return;
        }
        // Once for all of them: whatever is known of them was written before.
        if let Err(error) = self.call_up(now).await {
            tracing::warn!(%error, "{FAILED}");
            return;
        }
        for some in people.chunks(LOOKED_FOR_AT_ONCE) {
            if let Err(error) = self.looked_for(some, now).await {
                tracing::warn!(%error, "{FAILED}");
            }
        }
    }

    async fn looked_for(&self, people: &[PersonId], now: Timestamp) -> Result<(), Error> {
        let pairs = self.roll.lock().await.roll.pairs(people);
        let pairs = self.undecided(pairs).await?;
        let seen = self.seen(&pairs).await?;
        let both = pairs.iter().filter_map(|(one, other)| seen.get(one).zip(seen.get(other)));
        let looked: Vec<_> = both
            .map(|(one, other)| async move {
                let is_same = self.looked_at(one, other, now).await?;
                Ok::<_, Error>(is_same.then(|| (one.contact.id.clone(), other.contact.id.clone())))
            })
            .collect();
        let same: Vec<Option<(PersonId, PersonId)>> =
            stream::iter(looked).buffer_unordered(AT_ONCE).try_collect().await?;
        // One after the other, as each is by then: the one before may have made one of them somebody else.
        for (one, other) in same.into_iter().flatten() {
            Box::pin(self.joined_if_proved(&one, &other, now)).await?;
        }
        Ok(())
    }

    /// A few pairs of each person, without those of which the owner said that they are two.
    async fn undecided(&self, mut pairs: Vec<Pair>) -> Result<Vec<(PersonId, PersonId)>, Error> {
        loop {
            let taken = few(&pairs);
            let dismissed = self.dismissed_of(&taken).await?;
            if dismissed.is_empty() {
                return Ok(taken);
            }
            pairs.retain(|pair| !dismissed.contains(&pair.both));
        }
    }

    async fn dismissed_of(
        &self,
        pairs: &[(PersonId, PersonId)],
    ) -> Result<HashSet<(PersonId, PersonId)>, Error> {
        let read: Vec<_> = pairs.iter().map(|(one, other)| self.store.proposal(one, other)).collect();
        let known: Vec<Option<Proposal>> = stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await?;
        let dismissed = known.into_iter().flatten().filter(|known| known.state == Verdict::Dismissed);
        Ok(dismissed.map(|known| (known.one, known.other)).collect())
    }

    /// What is known of everybody in some pairs, read once, by the ids that stand there.
    async fn seen(&self, pairs: &[(PersonId, PersonId)]) -> Result<HashMap<PersonId, Seen>, Error> {
        let people: HashSet<&PersonId> = pairs.iter().flat_map(|(one, other)| [one, other]).collect();
        let seen: Vec<_> = people
            .into_iter()
            .map(|person| async move {
                let Some(contact) = self.store.contact(person).await? else { return Ok(None) };
                Ok::<_, Error>(Some((person.clone(), self.seen_as(contact).await?)))
            })
            .collect();
        let seen: Vec<Option<(PersonId, Seen)>> =
            stream::iter(seen).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }

    async fn seen_as(&self, contact: Contact) -> Result<Seen, Error> {
        let partitions = self.store.under(&contact.id).await?;
        let mut keys: Vec<IdentityKey> = Vec::new();
        for partition in &partitions {
            keys.extend(self.store.keys_of(partition).await?);
        }
        Ok(Seen { record: Record::of(&contact, &keys), contact, partitions })
    }

    /// What was written since it was read last is put in. If not all of that can be read, it is read again.
    async fn call_up(&self, now: Timestamp) -> Result<(), Error> {
        let mut called = self.roll.lock().await;
        if now.duration_since(called.began) >= CALLED_FOR {
            *called = Called { began: now, ..Called::default() };
        }
        let since = called.read.map(|read| read - OVERLAP);
        let roll = &mut called.roll;
        self.store
            .cards_since(since, |card: Card| match card.merged_into {
                Some(_) => roll.remove(&card.person),
                None => roll.put(&card.person, Record::of_card(&card)),
            })
            .await?;
        called.read = Some(now);
        Ok(())
    }

    /// Compares two with all that is known of them, and proposes them, unless they are the same for sure.
    async fn looked_at(&self, one: &Seen, other: &Seen, now: Timestamp) -> Result<bool, Error> {
        if one.contact.id == other.contact.id {
            return Ok(false);
        }
        let score = self.weighed(|rarity| compare(&one.record, &other.record, rarity)).await;
        let decision = decide(&score);
        if decision == Decision::Different || self.are_apart(&one.partitions, &other.partitions).await? {
            return Ok(false);
        }
        let conflicts = conflicts(&one.record, &other.record);
        if decision == Decision::Same && conflicts.is_empty() {
            return Ok(true);
        }
        let because = (score.bits, score.why());
        self.propose((&one.contact.id, &other.contact.id), because, conflicts, now).await?;
        Ok(false)
    }

    /// One proved what leads to the other, and yet they have different accounts: that is the owner's to decide, however
    /// little is known of them.
    pub(super) async fn propose_proved(
        &self,
        (one, other): (&Contact, &Contact),
        kind: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (ours, theirs) = tokio::try_join!(self.comparable(one), self.comparable(other))?;
        let score = self.weighed(|rarity| compare(&ours, &theirs, rarity)).await;
        let mut why = vec![format!("a code that was sent to the other's {kind} came back")];
        why.extend(score.why());
        self.propose((&one.id, &other.id), (score.bits, why), conflicts(&ours, &theirs), now).await
    }

    /// Makes two one that are the same even by what was proved; else proposes them.
    async fn joined_if_proved(&self, one: &PersonId, other: &PersonId, now: Timestamp) -> Result<(), Error> {
        let (ours, theirs) = tokio::try_join!(self.store.contact(one), self.store.contact(other))?;
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return Ok(()) };
        if ours.id == theirs.id {
            return Ok(());
        }
        let (ours, theirs) = tokio::try_join!(self.seen_as(ours), self.seen_as(theirs))?;
        let conflicts = conflicts(&ours.record, &theirs.record);
        let score = self.weighed(|rarity| compare(&ours.record, &theirs.record, rarity)).await;
        let (ours, theirs) = (&ours.contact, &theirs.contact);
        if conflicts.is_empty()
            && decide(&score) == Decision::Same
            && self.is_proved(ours, theirs, now).await?
        {
            let (survivor, absorbed) = if ours.created_at <= theirs.created_at {
                (&ours.id, &theirs.id)
            } else {
                (&theirs.id, &ours.id)
            };
            let by = (By::Twin, score.why());
            return Box::pin(self.merge(survivor, absorbed, by, now)).await.map(drop);
        }
        self.propose((&ours.id, &theirs.id), (score.bits, score.why()), conflicts, now).await
    }

    async fn propose(
        &self,
        (one, other): (&PersonId, &PersonId),
        (bits, why): (f64, Vec<String>),
        conflicts: Vec<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        #[allow(clippy::cast_possible_truncation, reason = "some tens of bits")]
        let bits = bits.round() as i64;
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        // Where it turns out later that they have different accounts, that is found then.
        let known = self.store.proposal(one, other).await?;
        let known = known.filter(|known| known.conflicts.is_empty() == conflicts.is_empty());
        let found_at = known.map_or(now, |known| known.found_at);
        let proposal = Proposal {
            one: one.clone(),
            other: other.clone(),
            bits,
            why,
            conflicts,
            state: Verdict::Open,
            found_at,
            decided_at: None,
            undone: Vec::new(),
        };
        match self.store.save_proposal(&proposal).await {
            Ok(()) | Err(StoreError::Conflict | StoreError::Erased) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn weighed<T>(&self, weigh: impl FnOnce(&Rarity) -> T) -> T {
        weigh(self.roll.lock().await.roll.rarity())
    }

    /// The owner said of these, or of whoever was merged into them, that they are two.
    pub(super) async fn are_two(&self, one: &PersonId, other: &PersonId) -> Result<bool, Error> {
        let (ours, theirs) = tokio::try_join!(self.store.partitions(one), self.store.partitions(other))?;
        self.are_apart(&ours, &theirs).await
    }

    async fn are_apart(&self, ours: &[PersonId], theirs: &[PersonId]) -> Result<bool, Error> {
        for one in ours {
            for other in theirs {
                let known = self.store.proposal(one, other).await?;
                if known.is_some_and(|known| known.state == Verdict::Dismissed) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether two are the same even by what was proved or comes from the owner alone.
    async fn is_proved(&self, one: &Contact, other: &Contact, now: Timestamp) -> Result<bool, Error> {
        let (ours, theirs) =
            tokio::try_join!(self.proved_keys(&one.id, now), self.proved_keys(&other.id, now))?;
        let (record, another) =
            (Record::of(&one.proved(&ours), &ours), Record::of(&other.proved(&theirs), &theirs));
        let score = self.weighed(|rarity| compare(&record, &another, rarity)).await;
        Ok(decide(&score) == Decision::Same)
    }

    async fn proved_keys(&self, person: &PersonId, now: Timestamp) -> Result<Vec<IdentityKey>, Error> {
        let mut keys = Vec::new();
        for partition in self.store.partitions(person).await? {
            let known = self.store.keys_of(&partition).await?;
            let identities = self.store.identities(&known).await?;
            let proved = identities.into_values().filter(|identity: &Identity| identity.is_verified(now));
            keys.extend(proved.map(|one| one.key));
        }
        Ok(keys)
    }

    /// What waits for the owner's word: who may be one, or, `conflicting`, would be if they had not different accounts.
    /// What came to nothing since is left out.
    pub async fn proposals(&self, conflicting: bool) -> Result<Vec<Proposal>, Error> {
        let open = self.store.open_proposals(conflicting).await?;
        let people: Vec<PersonId> =
            open.iter().flat_map(|proposal| [proposal.one.clone(), proposal.other.clone()]).collect();
        let contacts = self.store.contacts(&people).await?;
        let stands = |proposal: &Proposal| {
            let pair = contacts.get(&proposal.one).zip(contacts.get(&proposal.other));
            pair.is_some_and(|(one, other)| one.id != other.id)
        };
        Ok(open.into_iter().filter(stands).collect())
    }

    /// These are two people: it is not proposed again. `NotFound` if it never was.
    pub async fn dismiss(&self, one: &PersonId, other: &PersonId, now: Timestamp) -> Result<Proposal, Error> {
        for _ in 0..MAX_CONFLICTS {
            let known = self.store.proposal(one, other).await?.ok_or(Error::NotFound)?;
            if known.state == Verdict::Dismissed {
                return Ok(known);
            }
            let decided = Proposal { state: Verdict::Dismissed, decided_at: Some(now), ..known.clone() };
            match self.store.decide_proposal(&decided, Some(&known)).await {
                Ok(()) => return Ok(decided),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// What was proposed of the two is settled by a merge, or by its being taken back.
    pub(super) async fn settle_proposal(
        &self,
        merge: &Merge,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<(), Error> {
        for _ in 0..MAX_CONFLICTS {
            let known = self.store.proposal(&merge.survivor, &merge.absorbed).await?;
            let Some(decided) = Proposal::settled(known.as_ref(), merge, verdict, now) else { return Ok(()) };
            match self.store.decide_proposal(&decided, known.as_ref()).await {
                Ok(()) | Err(StoreError::Erased) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{Json, routing::post};
    use serde_json::json;

    use super::*;
    use crate::{
        clients::queue::Queue,
        store::fixtures::{answered_by, config},
    };

    /// Each piece of a long list would read them all again, of which most were written a moment ago.
    #[tokio::test]
    async fn all_are_called_up_once_however_many_are_looked_for() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Json(json!({})))
        };
        let nowhere =
            Queue::new(aws_sdk_sqs::Client::new(&config("http://127.0.0.1:1")), "http://127.0.0.1:1/jobs");
        let twin = Twin::new(answered_by(post(answer)).await, nowhere);
        let now = Timestamp::now();
        twin.look_for_others(&[], now).await;
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        let people: Vec<PersonId> = (0..=2 * LOOKED_FOR_AT_ONCE).map(|_| PersonId::generate(now)).collect();
        twin.look_for_others(&people, now).await;
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
