//! Lists by time, each a partition of one index.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Result, Store, keys, unavailable};

impl Store {
    /// The first or the last `most` of a list; `ascending`: the oldest first. DynamoDB gives a megabyte at a time, and counts
    /// what is past its time.
    pub(super) async fn listed<T: DeserializeOwned>(
        &self,
        list: &str,
        most: i32,
        ascending: bool,
    ) -> Result<Vec<T>> {
        let query = self.list(list).key_condition_expression("#list = :list");
        let mut pages = query.scan_index_forward(ascending).limit(most).into_paginator().send();
        let (mut listed, now): (Vec<T>, _) = (Vec::new(), Timestamp::now());
        let most = usize::try_from(most).unwrap_or(0);
        while listed.len() < most
            && let Some(page) = pages.next().await
        {
            let items = page.map_err(unavailable)?.items.unwrap_or_default();
            for item in items.into_iter().filter_map(|item| self.current(item, now)) {
                listed.push(serde_dynamo::from_item(item)?);
            }
        }
        listed.truncate(most);
        Ok(listed)
    }

    /// All of a list since some time, the oldest first; from the beginning, if no time is given.
    pub(super) async fn all_listed<T: DeserializeOwned + Send>(
        &self,
        list: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        self.each_listed(list, since, |one| all.push(one)).await?;
        Ok(all)
    }

    /// The same, one by one.
    pub(super) async fn each_listed<T: DeserializeOwned>(
        &self,
        list: &str,
        since: Option<Timestamp>,
        mut take: impl FnMut(T) + Send,
    ) -> Result<()> {
        let mut pages = self.list_since(list, since).into_paginator().send();
        let now = Timestamp::now();
        while let Some(page) = pages.next().await {
            let items = page.map_err(unavailable)?.items.unwrap_or_default();
            for item in items.into_iter().filter_map(|item| self.current(item, now)) {
                take(serde_dynamo::from_item(item)?);
            }
        }
        Ok(())
    }

    /// One attribute of each of a list.
    pub(super) fn each_with(&self, list: &str, attribute: &str) -> QueryFluentBuilder {
        let query = self.list_since(list, None).projection_expression("#only");
        query.expression_attribute_names("#only", attribute)
    }

    fn list_since(&self, list: &str, since: Option<Timestamp>) -> QueryFluentBuilder {
        self.list(list)
            .key_condition_expression("#list = :list AND list_at >= :since")
            .expression_attribute_values(
                ":since",
                AttributeValue::S(since.map_or_else(|| keys::NEVER_YET.to_owned(), keys::time)),
            )
    }

    /// A query of a list, without what is asked of it.
    pub(super) fn list(&self, list: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&*self.table)
            .index_name(keys::LIST_INDEX)
            .expression_attribute_names("#list", keys::LIST)
            .expression_attribute_values(":list", AttributeValue::S(list.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use axum::{Json, routing::post};
    use serde_json::json;

    use crate::store::fixtures::answered_by;

    #[tokio::test]
    async fn a_list_is_read_on_until_there_is_enough_of_it() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        // Three pages, each with something that is past its time.
        let answer = move || {
            let page = counted.fetch_add(1, Ordering::SeqCst);
            let key = |sk: String| json!({ "pk": { "S": "OWNER" }, "sk": { "S": sk } });
            let mut over = key("over".to_owned());
            over["ttl"] = json!({ "N": "1" });
            let mut answer = json!({ "Items": [over, key(page.to_string())], "Count": 2 });
            if page < 2 {
                answer["LastEvaluatedKey"] = key(page.to_string());
            }
            std::future::ready(Json(answer))
        };
        let store = answered_by(post(answer)).await;
        for (most, found, pages) in
            [(1, &["0"][..], 1), (2, &["0", "1"][..], 2), (9, &["0", "1", "2"][..], 3)]
        {
            asked.store(0, Ordering::SeqCst);
            let listed: Vec<BTreeMap<String, String>> = store.listed("ANY", most, true).await.unwrap();
            let listed: Vec<&str> = listed.iter().map(|one| one["sk"].as_str()).collect();
            assert_eq!((listed.as_slice(), asked.load(Ordering::SeqCst)), (found, pages), "of {most}");
        }
    }
}
