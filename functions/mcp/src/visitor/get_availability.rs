//! Whether the professional takes on new work, as far as they have said so.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_availability",
    title: "Availability",
    description: "What the professional has said about being available, with sources. Times are proposed with \
                  `book_meeting`, and the professional confirms them.",
    input: schema::<Arguments>,
    output: produced::<Output>,
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
const QUESTIONS: [&str; 3] = [
    "Is open to new roles, and which?",
    "Is available for new projects or consulting, and when?",
    "Works remotely?",
];

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
    let mut statements: Vec<Statement> = Vec::new();
    for question in QUESTIONS {
        let found = call.state.twin.consult(question, 1, call.now).await?;
        for found in found {
            if statements.iter().any(|known| known.text == found.text) {
                continue;
            }
            statements.push(Statement { text: found.text, source: found.citation.to_string() });
        }
    }
    let booking =
        "Propose times with book_meeting; nothing is booked before the professional confirms.".to_owned();
    Ok(Answer::done(Output { statements, booking }))
}
