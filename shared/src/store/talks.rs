//! How somebody talks in the browser, in their own partition: it goes with them.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Result, Store, expires, item, keys, update_error};
use crate::{
    id::{InteractionId, PersonId},
    retention::Kind,
    talk::{Control, Talk},
};

impl Store {
    pub async fn save_talk(&self, person: &PersonId, talk: &Talk) -> Result<()> {
        let mut new = item(keys::talk(person, &talk.interaction), talk)?;
        expires(&mut new, self.until(Kind::Transcripts));
        self.put_new(new).await
    }

    pub async fn talk(&self, person: &PersonId, interaction: &InteractionId) -> Result<Option<Talk>> {
        self.get(keys::talk(person, interaction)).await
    }

    /// From now on the browser is believed nothing: the relay attends this call. A conflict: somebody has taken it over
    /// before.
    pub async fn take_over(&self, person: &PersonId, interaction: &InteractionId, call: &str) -> Result<()> {
        let control = |control: Control| serde_dynamo::to_attribute_value(control);
        let taken: AttributeValue = control(Control::Relay)?;
        let before: AttributeValue = control(Control::Browser)?;
        let update = self
            .update(keys::talk(person, interaction))
            .update_expression("SET control = :taken, #call = :call")
            .expression_attribute_names("#call", "call")
            .condition_expression("control = :before")
            .expression_attribute_values(":taken", taken)
            .expression_attribute_values(":before", before)
            .expression_attribute_values(":call", AttributeValue::S(call.to_owned()))
            .send()
            .await;
        update.map_err(update_error)?;
        Ok(())
    }
}
