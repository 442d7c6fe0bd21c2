//! That two may be one: found once, decided once. It lies with the one of the two whose id comes first.

use super::{Condition, Item, Result, Store, item, keys, set};
use crate::{
    id::PersonId,
    merging::{Proposal, Verdict},
};

/// Of what waits for the owner's word, so many are listed.
const MAX_LISTED: i32 = 500;

const STATE: (&str, &str) = ("#state", "state");

impl Condition {
    /// It was decided as it was read, and then.
    fn proposal(read: &Proposal) -> Result<Self> {
        let state = serde_dynamo::to_attribute_value(read.state)?;
        let mut condition = Self::new("#state = :state AND ", [(":state", state)]).naming(STATE);
        match read.decided_at {
            None => condition.expression += "attribute_not_exists(decidedAt)",
            Some(at) => {
                condition.expression += "decidedAt = :decidedAt";
                condition.values.insert(":decidedAt".to_owned(), serde_dynamo::to_attribute_value(at)?);
            }
        }
        Ok(condition)
    }
}

impl Store {
    pub async fn proposal(&self, one: &PersonId, other: &PersonId) -> Result<Option<Proposal>> {
        self.get(keys::proposal(one, other)).await
    }

    /// Writes one that is new, or not decided yet. A conflict: it is decided.
    pub async fn save_proposal(&self, proposal: &Proposal) -> Result<()> {
        let open = serde_dynamo::to_attribute_value(Verdict::Open)?;
        let undecided = Condition::new("attribute_not_exists(pk) OR #state = :open", [(":open", open)]);
        self.put_if(proposal_item(proposal)?, Some(undecided.naming(STATE))).await
    }

    /// What was decided, in the place of what was `read`. A conflict: something else was decided meanwhile, or found.
    pub async fn decide_proposal(&self, decided: &Proposal, read: Option<&Proposal>) -> Result<()> {
        let as_read = read.map_or_else(|| Ok(Condition::absent()), Condition::proposal)?;
        self.put_if(proposal_item(decided)?, Some(as_read)).await
    }

    /// Those that wait for the owner's word, the latest first: proposals, or conflicts.
    pub async fn open_proposals(&self, conflicting: bool) -> Result<Vec<Proposal>> {
        let list = if conflicting { keys::CONFLICTS } else { keys::PROPOSALS };
        self.listed(list, MAX_LISTED, false).await
    }
}

fn proposal_item(proposal: &Proposal) -> Result<Item> {
    let mut new = item(keys::proposal(&proposal.one, &proposal.other), proposal)?;
    let (list, at) = match proposal.state {
        Verdict::Dismissed | Verdict::Merged => (keys::DECIDED, proposal.decided_at),
        Verdict::Open if proposal.conflicts.is_empty() => (keys::PROPOSALS, None),
        Verdict::Open => (keys::CONFLICTS, None),
    };
    set(&mut new, keys::LIST, list);
    set(&mut new, keys::LIST_AT, keys::time(at.unwrap_or(proposal.found_at)));
    Ok(new)
}
