//! All that happened with a contact, over all channels.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{Owner, cursor, query},
    timeline::{Entry, page},
};

use crate::{State, given::Of};

const DEFAULT_PAGE: usize = 20;
const MAX_PAGE: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[schemars(range(min = 1, max = 50))]
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    /// The newest first.
    entries: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub async fn read(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<Json<Timeline>, Error> {
    let asked: Query = query(&request.into_parts().0)?;
    let limit = asked.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("limit is 1 to {MAX_PAGE}")));
    }
    let question = of.person.as_str();
    let after = asked.cursor.map(|after| cursor::read(question, &after)).transpose()?;
    let store = state.twin.store();
    let (contact, happened) = tokio::try_join!(store.contact(&of.person), store.happened(&of.person))?;
    contact.ok_or(Error::NotFound)?;
    let (mut entries, end) = page(happened, after.as_ref(), limit);
    store.recount(&of.person, &mut entries).await?;
    let next_cursor = end.map(|end| cursor::write(question, &end)).transpose()?;
    Ok(Json(Timeline { entries, next_cursor }))
}
