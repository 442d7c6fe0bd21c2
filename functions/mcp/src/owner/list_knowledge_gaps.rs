//! Questions that the twin could not answer.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{knowledge::gap::Gap, store::oauth::Scope};

use crate::tool::{Answer, Entry, Kind, given, produced, schema};

pub const ENTRY: Entry = Entry {
    name: "list_knowledge_gaps",
    title: "Knowledge gaps",
    description: "Questions that the twin could not answer, the most frequent first. Answer with \
                  `answer_knowledge_gap`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments {} = given!(arguments);
            let mut open: Vec<Gap> = call
                .state
                .twin
                .store()
                .gaps()
                .await?
                .into_iter()
                .filter(|gap| gap.answer.is_none())
                .collect();
            open.sort_by(|one, other| {
                (other.count, other.last_asked_at).cmp(&(one.count, one.last_asked_at))
            });
            let total = open.len();
            let gaps = open.into_iter().take(MOST).map(Open::of).collect();
            Ok(Answer::done(Output { gaps, total }))
        })
    },
};

const MOST: usize = 25;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Output {
    gaps: Vec<Open>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct Open {
    id: String,
    question: String,
    /// Other ways in which it was asked.
    examples: Vec<String>,
    count: u64,
    last_asked_at: String,
}

impl Open {
    fn of(gap: Gap) -> Self {
        Self {
            id: gap.id.to_string(),
            question: gap.question,
            examples: gap.examples,
            count: gap.count,
            last_asked_at: gap.last_asked_at.to_string(),
        }
    }
}
