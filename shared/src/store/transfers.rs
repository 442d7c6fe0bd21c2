//! Transfers to the owner: one at a time for each conversation, moved forward by condition.

use super::{Condition, Result, Store, StoreError, expires, item, keys};
use crate::{
    id::{InteractionId, PersonId},
    retention::Kind,
    transfer::{State, Transfer},
};

impl Store {
    /// The newest of a conversation.
    pub async fn transfer(&self, person: &PersonId, interaction: &InteractionId) -> Result<Option<Transfer>> {
        self.get(keys::transfer(person, interaction)).await
    }

    /// Begins one. `false`: another one rings, or was accepted.
    pub async fn begin_transfer(&self, transfer: &Transfer) -> Result<bool> {
        let over = "attribute_not_exists(pk) OR #state IN (:a, :b, :c)";
        self.put_transfer(transfer, over, &[State::Declined, State::Unanswered, State::Failed]).await
    }

    /// Moves one that is in state `from` on. `false`: it was not, and nothing changed.
    pub async fn move_transfer(&self, next: &Transfer, from: State) -> Result<bool> {
        self.put_transfer(next, "#state = :a", &[from]).await
    }

    /// Written if the stored one is in one of these states, which the condition calls `:a`, `:b` and `:c`. A transaction: tried
    /// again because its answer was lost, it does not take what it wrote for another's, and nobody would ring.
    async fn put_transfer(&self, transfer: &Transfer, condition: &str, states: &[State]) -> Result<bool> {
        let mut new = item(keys::transfer(&transfer.person, &transfer.interaction), transfer)?;
        expires(&mut new, self.until(Kind::Conversations));
        let mut condition = Condition::new(condition, []).naming(("#state", "state"));
        for (name, state) in [":a", ":b", ":c"].into_iter().zip(states) {
            condition.values.insert(name.to_owned(), serde_dynamo::to_attribute_value(state)?);
        }
        match self.transact(vec![self.write(new, Some(condition))]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
