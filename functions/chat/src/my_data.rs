//! All that is kept of whoever writes, for them to keep: once it is sure who they are. What is large comes in parts.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use twin::{
    audit::Actor,
    error::Error,
    export::For,
    http::{After, known, part, query},
    interaction::Channel,
    policy::{Right, Standing},
    tools::export_my_data::PATH,
};

use crate::State;

pub async fn my_data(
    Extract(state): Extract<State>,
    request: Request,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let now = Timestamp::now();
    let (parts, _) = request.into_parts();
    let After { after } = query(&parts)?;
    let chatting = known(&state.twin, &parts.headers, now).await?.ok_or(Error::NotFound)?;
    let standing = Standing::new(Channel::Chat, chatting.chat.level);
    let permit = standing.permit(Right::Export).ok_or(Error::Forbidden)?;
    let (person, whose) = (&chatting.chat.person, (For::Person, Actor::Person));
    let found = state.twin.export(permit, person, whose, after.as_deref(), now).await?;
    Ok(part(PATH, "my-data.json", found))
}
