//! Transfers to the owner: one at a time for each conversation, moved forward by condition.

use super::{About, Result, Store, StoreError, expires, item, keys, put_error};
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

    /// Written if the stored one is in one of these states, which the condition calls `:a`, `:b` and `:c`.
    async fn put_transfer(&self, transfer: &Transfer, condition: &str, states: &[State]) -> Result<bool> {
        let mut new = item(keys::transfer(&transfer.person, &transfer.interaction), transfer)?;
        expires(&mut new, self.until(Kind::Conversations));
        let written = About::of(&new);
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(new));
        let mut put = put.condition_expression(condition).expression_attribute_names("#state", "state");
        for (name, state) in [":a", ":b", ":c"].into_iter().zip(states) {
            put = put.expression_attribute_values(name, serde_dynamo::to_attribute_value(state)?);
        }
        match put.send().await.map_err(put_error) {
            Ok(_) => {}
            Err(StoreError::Conflict) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.unless_erased(written).await?;
        Ok(true)
    }
}
