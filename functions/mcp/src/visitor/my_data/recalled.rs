//! What was said in the person's earlier conversations.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twin::error::Error;

use super::Output;
use crate::{
    call::{Call, Held, not_verified},
    tool::Answer,
};

#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Turn {
    /// The day, UTC.
    on: String,
    /// `chat`, `voice` or `phone`.
    channel: String,
    /// `person` or `twin`.
    speaker: String,
    text: String,
}

pub(super) async fn recalled(call: &Call, about: &str, conversation: Option<&str>) -> Result<Answer, Error> {
    if call.is_nobodys(conversation) {
        return Ok(not_verified());
    }
    let Held { mut chatting, handle } = match call.hold(conversation, None).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    let session = call.state.twin.enter(&mut chatting, call.now).await?.session;
    let done = call.act_anew(&session, "recall", &json!({ "about": about })).await?.output;
    if let Some(why) = done.get("error").and_then(Value::as_str) {
        return Ok(Answer::wrong(why));
    }
    if done["verified"] == false {
        return Ok(not_verified());
    }
    let turns = serde_json::from_value(done["turns"].clone()).unwrap_or_default();
    Ok(Answer::done(Output { turns: Some(turns), conversation: handle, ..Output::default() }))
}
