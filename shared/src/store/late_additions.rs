//! What is added to a conversation once it is over: whoever reads it then has read all of it, or begins again.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;

use super::{
    Condition, Result, Store, StoreError, applied, expires,
    interactions::{Acted, REQUEUE_AFTER},
    item, keys, updating,
};
use crate::{
    id::{InteractionId, PersonId},
    interaction::{Action, Cost, Interaction, Status},
    retention::Kind,
};

/// Whether a conversation is measured may change while this is written.
const METER_TRIES: usize = 6;
const ONE_MORE: &str = "ADD cameLater :one";

impl Store {
    /// Something was added to a conversation that is still to be read: whoever reads it now begins again. `false`: it is
    /// read, or goes on, or is gone.
    pub async fn came_later(&self, person: &PersonId, id: &InteractionId) -> Result<bool> {
        let update = self
            .update(keys::interaction(person, id))
            .update_expression(ONE_MORE)
            .condition_expression("#status = :closed")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":closed", serde_dynamo::to_attribute_value(Status::Closed)?)
            .expression_attribute_values(":one", number(1));
        applied(update).await
    }

    /// A conversation that was read is to be read again. `false`: it is another one by now.
    pub async fn read_again(&self, read: &Interaction, now: Timestamp) -> Result<bool> {
        let Condition { expression, values, .. } = Condition::unchanged(read);
        let update = self
            .update(keys::interaction(&read.person, &read.id))
            .update_expression(format!("SET #status = :closed, due_shard = :shard, due_at = :at {ONE_MORE}"))
            .condition_expression(format!("#status = :analysed AND {expression}"))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":analysed", serde_dynamo::to_attribute_value(Status::Analysed)?)
            .expression_attribute_values(":closed", serde_dynamo::to_attribute_value(Status::Closed)?)
            .expression_attribute_values(":shard", AttributeValue::S(keys::due_shard(read.id.as_str())))
            .expression_attribute_values(":at", AttributeValue::S(keys::time(now + REQUEUE_AFTER)))
            .expression_attribute_values(":one", number(1));
        applied(update).await
    }

    /// What was paid by its time, under its name: noted once, and counted once. The cost of a conversation that is measured
    /// grows in the same transaction; whoever measures it meanwhile begins again. Noted before, or of a conversation that is
    /// gone, nothing changes.
    pub async fn meter(
        &self,
        (person, id): (&PersonId, &InteractionId),
        name: &str,
        metered: Action,
        more: Cost,
        at: Timestamp,
    ) -> Result<()> {
        let acted = Acted { at, action: Some(metered), output: "{}".to_owned() };
        let mut new = item(keys::action(person, id, name), &acted)?;
        expires(&mut new, self.until(Kind::Transcripts));
        for is_measured in [true, false].into_iter().cycle().take(METER_TRIES) {
            let noted = self.write(new.clone(), Some(Condition::absent()));
            match self.transact(vec![noted, self.costs_more(person, id, more, is_measured)]).await {
                Err(StoreError::Conflict) => {}
                written => return written,
            }
            if self.acted(person, id, name).await?.is_some() || !self.lies_in(person, id).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    fn costs_more(
        &self,
        person: &PersonId,
        id: &InteractionId,
        more: Cost,
        is_measured: bool,
    ) -> TransactWriteItem {
        let update = self.update(keys::interaction(person, id));
        let update = update.expression_attribute_values(":one", number(1));
        let update = if is_measured {
            let grows = "measured.cost.telephony = measured.cost.telephony + :more";
            update
                .update_expression(format!("SET {grows} {ONE_MORE}"))
                .condition_expression("attribute_exists(measured.cost)")
                .expression_attribute_values(":more", number(more.telephony))
        } else {
            update
                .update_expression(ONE_MORE)
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(measured.cost)")
        };
        updating(&update)
    }
}

impl Condition {
    /// Nothing was added to it since.
    pub(super) fn unchanged(read: &Interaction) -> Self {
        let expression = match read.came_later {
            0 => "(attribute_not_exists(cameLater) OR cameLater = :read)",
            _ => "cameLater = :read",
        };
        Self::new(expression, [(":read", number(read.came_later.into()))])
    }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
