//! A write of one item that meets a transaction over that item is refused, and so is a transaction that meets a write; AWS's SDK
//! tries neither again by itself. Nothing was written, so we do: else it would be told as somebody else's. Nor does it try a
//! transaction again that is refused because the table is growing, as it does what is written alone. Source: Amazon DynamoDB,
//! "Transaction conflict handling in DynamoDB" and `TransactionCanceledException`.

use aws_sdk_dynamodb::{
    Client,
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
    types::CancellationReason,
};
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};

/// The same client, as patient with transactions as it is with connections that break.
pub(super) fn patient(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().retry_classifier(MetTransaction).build())
}

/// Why a transaction is refused that may be written a moment later.
const WILL_PASS: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

#[derive(Debug)]
struct MetTransaction;

impl ClassifyRetry for MetTransaction {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(failed)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let Some(error) = failed.as_operation_error() else { return RetryAction::NoActionIndicated };
        let put =
            error.downcast_ref::<PutItemError>().is_some_and(PutItemError::is_transaction_conflict_exception);
        let update = error
            .downcast_ref::<UpdateItemError>()
            .is_some_and(UpdateItemError::is_transaction_conflict_exception);
        let delete = error
            .downcast_ref::<DeleteItemError>()
            .is_some_and(DeleteItemError::is_transaction_conflict_exception);
        let transaction = error.downcast_ref::<TransactWriteItemsError>().is_some_and(will_pass);
        if put || update || delete || transaction {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "met a transaction"
    }
}

/// All that was against it is over in a moment.
fn will_pass(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return false };
    let reasons = cancelled.cancellation_reasons().iter().filter_map(CancellationReason::code);
    let mut against = reasons.filter(|code| *code != "None").peekable();
    against.peek().is_some() && against.all(|code| WILL_PASS.contains(&code))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{
        Json,
        http::{HeaderMap, StatusCode},
        routing::post,
    };
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use crate::{
        knowledge::refresh::Refreshed,
        routing::settings::PhoneSettings,
        store::{Limit, Store, StoreError, fixtures::answered_by},
    };

    /// A table in which the first try of each write meets another; how often it was asked. `reasons` are those of a transaction.
    async fn busy_table(reasons: [&'static str; 2]) -> (Store, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let answer = move |headers: HeaderMap| {
            let is_free = counted.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
            let is_transaction = target.is_some_and(|target| target.ends_with("TransactWriteItems"));
            let exception = if is_transaction { "TransactionCanceled" } else { "TransactionConflict" };
            let conflict = json!({
                "__type": format!("com.amazonaws.dynamodb.v20120810#{exception}Exception"),
                "CancellationReasons": reasons.map(|code| json!({ "Code": code })),
            });
            std::future::ready(match is_free {
                true => (StatusCode::OK, Json(json!({}))),
                false => (StatusCode::BAD_REQUEST, Json(conflict)),
            })
        };
        (answered_by(post(answer)).await, asked)
    }

    #[tokio::test]
    async fn what_meets_a_transaction_is_written_after_it() {
        let (store, asked) = busy_table(["None", "TransactionConflict"]).await;
        let limit = Limit { name: "any", most: 1, window: SignedDuration::from_hours(1) };
        store.save_refreshed(&Refreshed::default()).await.unwrap();
        store.correct(&limit, "anybody", 1, Timestamp::UNIX_EPOCH).await.unwrap();
        store.end_owner_session("any").await.unwrap();
        store.save_phone_settings(&PhoneSettings::default(), 0, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 8, "each twice");
    }

    #[tokio::test]
    async fn a_transaction_waits_for_a_table_that_grows() {
        let (store, asked) = busy_table(["ThrottlingError", "ProvisionedThroughputExceeded"]).await;
        store.save_phone_settings(&PhoneSettings::default(), 0, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn what_does_not_hold_is_not_asked_again() {
        let (store, asked) = busy_table(["ConditionalCheckFailed", "TransactionConflict"]).await;
        let saved = store.save_phone_settings(&PhoneSettings::default(), 0, Timestamp::UNIX_EPOCH).await;
        assert!(matches!(saved, Err(StoreError::Conflict)), "{saved:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
