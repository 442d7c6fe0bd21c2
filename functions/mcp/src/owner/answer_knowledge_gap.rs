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
                  succeeds, citing the owner: everybody is told it. Only what the owner has said themselves.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Writes,
    reaches_out: false,
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
    let key = given.idempotency_key.as_deref();
    let once = match call.owners_once(key, "answer_knowledge_gap", &named).await? {
        Ok(once) => once,
        Err(refused) => return Ok(refused),
    };
    let twin = &call.state.twin;
    // Again under its key: what was answered since stands.
    if once.is_some_and(|once| once.is_again) {
        let gap = twin.store().gap(&id).await?.ok_or(Error::NotFound)?;
        if gap.answer.is_some() {
            return Ok(Answer::done(Output { question: gap.question, answered: true }));
        }
    }
    let gap = twin.fill_gap(&id, &given.answer, call.now).await?;
    Ok(Answer::done(Output { question: gap.question, answered: true }))
}
