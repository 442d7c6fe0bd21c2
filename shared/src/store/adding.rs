//! Updates that add: asked again because an answer was lost, they would add twice. So each leaves its name beside what it
//! adds to, and finds it there. Only where another adds between the two it may still count twice.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Item, Result, update_error};

/// Whose addition was the last.
const BY: &str = "addedBy";

/// Adds, and sets what else is to be set, if this holds; the item as it stands then. None: it does not hold.
pub(super) async fn added(
    update: UpdateItemFluentBuilder,
    (add, set): (&str, Option<&str>),
    condition: Option<&str>,
) -> Result<Option<Item>> {
    let me = AttributeValue::S(format!("{:032x}", rand::random::<u128>()));
    let set = set.map_or_else(String::new, |set| format!("{set}, "));
    let condition = condition.map_or_else(String::new, |condition| format!("({condition}) AND "));
    let update = update
        .update_expression(format!("ADD {add} SET {set}{BY} = :me"))
        .condition_expression(format!("{condition}(attribute_not_exists({BY}) OR {BY} <> :me)"))
        .expression_attribute_values(":me", me.clone())
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let error = match update.send().await {
        Ok(output) => return Ok(Some(output.attributes.unwrap_or_default())),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(failed.item().filter(|stands| stands.get(BY) == Some(&me)).cloned())
        }
        _ => Err(update_error(error)),
    }
}
