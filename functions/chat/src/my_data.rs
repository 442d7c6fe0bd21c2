//! All that is kept of whoever writes, for them to keep: once it is sure who they are.

use axum::{Json, extract::State as Extract};
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde_json::Value;
use twin::{
    audit::Actor,
    error::Error,
    export::For,
    http::known,
    interaction::Channel,
    policy::{Right, Standing},
};

use crate::State;

pub async fn my_data(
    Extract(state): Extract<State>,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let now = Timestamp::now();
    let chatting = known(&state.twin, &headers, now).await?.ok_or(Error::NotFound)?;
    let standing = Standing::new(Channel::Chat, chatting.chat.level);
    let permit = standing.permit(Right::Export).ok_or(Error::Forbidden)?;
    let document = state.twin.export(permit, &chatting.chat.person, For::Person, Actor::Person, now).await?;
    let headers = [
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers.into_iter().collect(), Json(document)))
}
