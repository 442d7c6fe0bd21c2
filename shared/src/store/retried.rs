//! A write of one item that meets a transaction over that item is refused, and AWS's SDK does not try it again by itself.
//! Nothing was written, so we do. Source: Amazon DynamoDB, "Transaction conflict handling in DynamoDB".

use aws_sdk_dynamodb::{
    Client,
    operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError},
};
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    retries::classifiers::{ClassifyRetry, RetryAction},
};

/// The same client, as patient with transactions as it is with connections that break.
pub(super) fn patient(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().retry_classifier(MetTransaction).build())
}

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
        if put || update || delete { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "met a transaction"
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{Json, http::StatusCode, routing::post};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use crate::{
        knowledge::refresh::Refreshed,
        store::{Limit, Store, fixtures::answered_by},
    };

    /// A table in which the first try of each write meets a transaction; how often it was asked.
    async fn busy_table() -> (Store, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || {
            let is_free = counted.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            let conflict = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
            std::future::ready(match is_free {
                true => (StatusCode::OK, Json(json!({}))),
                false => (StatusCode::BAD_REQUEST, Json(json!({ "__type": conflict }))),
            })
        };
        (answered_by(post(answer)).await, asked)
    }

    #[tokio::test]
    async fn what_meets_a_transaction_is_written_after_it() {
        let (store, asked) = busy_table().await;
        let limit = Limit { name: "any", most: 1, window: SignedDuration::from_hours(1) };
        store.save_refreshed(&Refreshed::default()).await.unwrap();
        store.correct(&limit, "anybody", 1, Timestamp::UNIX_EPOCH).await.unwrap();
        store.end_owner_session("any").await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 6, "each twice");
    }
}
