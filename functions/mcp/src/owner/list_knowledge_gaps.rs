//! Questions that the twin could not answer.

use std::cmp::Reverse;

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{error::Error, knowledge::gap::Gap, store::oauth::Scope};

use crate::{
    call::Call,
    page::{NO_CURSOR, cut, fitting},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "list_knowledge_gaps",
    title: "Knowledge gaps",
    description: "Questions that the twin could not answer, the most frequent first. Ask the owner, and answer with \
                  `answer_knowledge_gap`.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments { cursor } = given!(arguments);
            let open = open(call).await?;
            let total = open.len();
            let Some((shown, next_cursor)) = cut(&open, cursor.as_deref(), MOST, |gap| gap.id.as_str())
            else {
                return Ok(Answer::wrong(NO_CURSOR));
            };
            let gaps = shown.into_iter().map(Open::of).collect();
            let (gaps, next_cursor) = fitting(gaps, next_cursor, |gap: &Open| gap.id.as_str());
            Ok(Answer::done(Output { gaps, total, next_cursor }))
        })
    },
};

const MOST: usize = 25;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The `next_cursor` of an earlier result.
    #[serde(default)]
    #[schemars(with = "String")]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    gaps: Vec<Open>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
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

/// The questions that wait for an answer, the most frequent first.
pub async fn open(call: &Call) -> Result<Vec<Gap>, Error> {
    let gaps = call.state.twin.store().gaps().await?.into_iter();
    let mut open: Vec<Gap> = gaps.filter(|gap| gap.answer.is_none()).collect();
    open.sort_by_key(|gap| Reverse((gap.count, gap.last_asked_at)));
    Ok(open)
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
