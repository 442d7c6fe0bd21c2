//! The audit log: lines are added, read, and end by their time. Nothing here changes or deletes one.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Condition, Result, Store, StoreError, expires, is_over, item, keys, set, unavailable};
use crate::{
    audit::Line,
    id::{AuditId, PersonId},
    retention::Kind,
};

/// Of the lines about somebody, so many are listed.
const MAX_ABOUT: i32 = 1000;

/// Lines of a day, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page {
    pub lines: Vec<Line>,
    /// The line after which the next page begins.
    pub next: Option<AuditId>,
}

impl Store {
    /// The same line again is no error.
    pub async fn append(&self, line: &Line) -> Result<()> {
        let mut new = item(keys::audit(line.at, &line.id), line)?;
        if let Some(person) = &line.person {
            set(&mut new, keys::LIST, keys::audited(person));
            set(&mut new, keys::LIST_AT, keys::time(line.at));
        }
        expires(&mut new, self.retention.until(Kind::Audit, line.at));
        // That somebody was erased is a line about them.
        match self.put_unseen(new, Some(Condition::absent())).await {
            Err(StoreError::Conflict) => Ok(()),
            put => put,
        }
    }

    /// At most `limit` lines of a day (UTC), the oldest first, from behind `after` on.
    pub async fn audited(&self, day: Timestamp, after: Option<&AuditId>, limit: i32) -> Result<Page> {
        let after = after.map_or_else(|| keys::LINES.to_owned(), keys::audit_line);
        let output = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND sk > :after")
            .expression_attribute_values(":pk", AttributeValue::S(keys::audit_day(day)))
            .expression_attribute_values(":after", AttributeValue::S(after))
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(unavailable)?;
        let (mut lines, mut last, now) = (Vec::new(), None, Timestamp::now());
        for item in output.items.unwrap_or_default() {
            let is_over = is_over(&item, now);
            let line: Line = serde_dynamo::from_item(item)?;
            // Behind lines that are over there are some that are not.
            last = Some(line.id.clone());
            if !is_over {
                lines.push(line);
            }
        }
        Ok(Page { lines, next: last.filter(|_| output.last_evaluated_key.is_some()) })
    }

    /// The latest lines about somebody, the latest first.
    pub async fn audited_about(&self, person: &PersonId) -> Result<Vec<Line>> {
        let mut lines: Vec<Line> = Vec::new();
        for partition in self.partitions(person).await? {
            lines.extend(self.listed::<Line>(&keys::audited(&partition), MAX_ABOUT, false).await?);
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        Ok(lines)
    }
}
