//! Whether the professional takes on new work, as far as they have said so.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_availability",
    title: "Availability",
    description: "What the professional has said about being available, with sources. Times are proposed with \
                  `book_meeting`, and the professional confirms them.",
    input: schema::<Arguments>,
    output: schema::<Output>,
    kind: Kind::Reads,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            available(call).await
        })
    },
};

/// What is looked up.
const QUESTION: &str = "Is available for new work, open to roles, projects or consulting?";
const STATEMENTS: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// What was said; empty if nothing is known.
    statements: Vec<Statement>,
    /// How a time is agreed on.
    booking: String,
}

#[derive(Serialize, JsonSchema)]
struct Statement {
    text: String,
    source: String,
}

async fn available(call: &Call) -> Result<Answer, Error> {
    let found = call.state.twin.consult(QUESTION, STATEMENTS, call.now).await?;
    let statements = found
        .into_iter()
        .map(|found| Statement { text: found.text, source: found.citation.to_string() })
        .collect();
    let booking =
        "Propose times with book_meeting; nothing is booked before the professional confirms.".to_owned();
    Ok(Answer::done(Output { statements, booking }))
}
