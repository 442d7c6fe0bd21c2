//! That two may be one: found once, decided once. It lies with the one of the two whose id comes first.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, Result, Store, StoreError, item, keys, put_error, set};
use crate::{
    id::PersonId,
    merging::{Proposal, Verdict},
};

/// Of what waits for the owner's word, so many are listed.
const MAX_LISTED: i32 = 500;

impl Store {
    pub async fn proposal(&self, one: &PersonId, other: &PersonId) -> Result<Option<Proposal>> {
        self.get(keys::proposal(one, other)).await
    }

    /// Writes one that is new, or not decided yet. A conflict: it is decided.
    pub async fn save_proposal(&self, proposal: &Proposal) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(proposal_item(proposal)?));
        let put = put
            .condition_expression("attribute_not_exists(pk) OR #state = :open")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":open", AttributeValue::S("open".to_owned()));
        put.send().await.map_err(put_error)?;
        if self.erased(&proposal.one).await?.is_some() {
            self.delete(keys::proposal(&proposal.one, &proposal.other)).await?;
            return Err(StoreError::Erased);
        }
        Ok(())
    }

    /// What the owner decided, whatever was decided before.
    pub async fn decide_proposal(&self, proposal: &Proposal) -> Result<()> {
        self.put(proposal_item(proposal)?).await
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
