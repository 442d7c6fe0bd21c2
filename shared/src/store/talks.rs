//! How somebody talks in the browser, in their own partition: it goes with them.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue};
use jiff::Timestamp;

use super::{Condition, Result, Store, applied, expires, item, keys, update_error, updating};
use crate::{
    id::{InteractionId, PersonId},
    retention::Kind,
    talk::Talk,
};

impl Store {
    pub async fn save_talk(&self, person: &PersonId, talk: &Talk) -> Result<()> {
        let mut new = item(keys::talk(person, &talk.interaction), talk)?;
        expires(&mut new, self.until(Kind::Transcripts));
        self.transact(vec![self.write(new, Some(Condition::absent()))]).await
    }

    pub async fn talk(&self, person: &PersonId, interaction: &InteractionId) -> Result<Option<Talk>> {
        self.get(keys::talk(person, interaction)).await
    }

    /// Another one is about to go on with it. One that is gone stays so.
    pub async fn talk_goes_on(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        next: &InteractionId,
    ) -> Result<()> {
        let update = self.update(keys::talk(person, interaction)).update_expression("SET wentOn = :next");
        let update = update.condition_expression("attribute_exists(pk)");
        let update = update.expression_attribute_values(":next", AttributeValue::S(next.to_string()));
        applied(update).await?;
        Ok(())
    }

    /// The browser is believed nothing until then: a relay attends this call. A conflict: another does, and is not gone.
    pub async fn take_over(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        call: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let update = self
            .attended_until(person, interaction, until)
            .update_expression("SET attendedUntil = :until, #call = :call")
            .expression_attribute_names("#call", "call")
            .expression_attribute_values(":call", AttributeValue::S(call.to_owned()))
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(attendedUntil) OR attendedUntil <= :now)",
            )
            .expression_attribute_values(":now", AttributeValue::S(keys::time(now)));
        self.transact(vec![updating(&update)]).await
    }

    /// Whoever attended it until `before` does so until `until`. The same again is the same: its answer may have been lost.
    /// A conflict: another has taken it over.
    pub async fn attend_on(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        before: Timestamp,
        until: Timestamp,
    ) -> Result<()> {
        let update = self
            .attended_until(person, interaction, until)
            .update_expression("SET attendedUntil = :until")
            .condition_expression("attendedUntil IN (:before, :until)")
            .expression_attribute_values(":before", AttributeValue::S(keys::time(before)));
        update.send().await.map_err(update_error)?;
        Ok(())
    }

    fn attended_until(
        &self,
        person: &PersonId,
        interaction: &InteractionId,
        until: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let update = self.update(keys::talk(person, interaction));
        update.expression_attribute_values(":until", AttributeValue::S(keys::time(until)))
    }
}
