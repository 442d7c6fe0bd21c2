//! The owner's persona, and what a model is told of it.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::{
    error::Error, identity::Assurance, interaction::Channel, routing::RouteKind, store::oauth::Scope,
};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_persona",
    title: "Persona",
    description: "The persona that the twin speaks for, its version, and what a model is told in a chat with somebody \
                  unknown. Read it before `update_persona`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            get(call).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Output {
    version: u64,
    persona: Value,
    instructions: String,
}

async fn get(call: &Call) -> Result<Answer, Error> {
    let saved = call.state.twin.persona().await?;
    let (place, whom) = ((Channel::Chat, RouteKind::Unknown), (None, Assurance::Anonymous));
    let briefing = call.state.twin.would_be_told(&saved.persona, place, whom, None, call.now).await?;
    Ok(Answer::done(Output {
        version: saved.version,
        persona: serde_json::to_value(&saved.persona).unwrap_or_default(),
        instructions: briefing.instructions,
    }))
}
