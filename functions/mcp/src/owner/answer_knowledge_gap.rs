//! The owner answers what the twin could not: knowledge from then on.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{error::Error, id::GapId, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "answer_knowledge_gap",
    title: "Answer a knowledge gap",
    description: "Give the owner's answer to a question that the twin could not answer. The same question then \
                  succeeds, citing the owner.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    scope: Scope::Write,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            answer(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The gap's id.
    id: String,
    /// In the owner's words.
    answer: String,
    /// The same key again is the same call: nothing is done twice.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    question: String,
    answered: bool,
}

async fn answer(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let id: GapId = given.id.parse().map_err(|_| Error::NotFound)?;
    let named = json!([given.id, given.answer]);
    if let Err(refused) =
        call.owners_once(given.idempotency_key.as_deref(), "answer_knowledge_gap", &named).await?
    {
        return Ok(refused);
    }
    let gap = call.state.twin.fill_gap(&id, &given.answer, call.now).await?;
    Ok(Answer::done(Output { question: gap.question, answered: true }))
}
