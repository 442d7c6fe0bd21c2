//! What waits for the owner's word.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::{follow_up::FollowUp, store::oauth::Scope};

use crate::{
    page::{NO_CURSOR, cut, fitting},
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "list_follow_ups",
    title: "Follow-ups awaiting approval",
    description: "Mails and other follow-ups that wait for the owner's word, the oldest first, each as it would go \
                  out. Show it to the owner, and decide with `decide_follow_up` by the fingerprint of what was shown.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Read,
    run: |call, arguments| {
        Box::pin(async move {
            let Arguments { cursor } = given!(arguments);
            let awaiting = call.state.twin.store().awaiting().await?;
            let total = awaiting.len();
            let mut follow_ups = Vec::new();
            let Some((shown, next_cursor)) = cut(&awaiting, cursor.as_deref(), MOST, |one| one.id.as_str())
            else {
                return Ok(Answer::wrong(NO_CURSOR));
            };
            for one in &shown {
                let letter = call.state.twin.preview(one, &call.state.public_base_url, call.now).await?;
                follow_ups.push(Waiting { says: letter.map(|letter| letter.text), ..Waiting::of(one) });
            }
            let (follow_ups, next_cursor) = fitting(follow_ups, next_cursor, |one| one.id.as_str());
            Ok(Answer::done(Output { follow_ups, total, next_cursor }))
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
    follow_ups: Vec<Waiting>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Waiting {
    id: String,
    contact: String,
    /// Recipient and contents, as they are stored.
    content: Value,
    /// What it would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    says: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    problem: Option<String>,
    planned_at: String,
    state: String,
    /// An approval is for exactly this.
    fingerprint: String,
}

impl Waiting {
    pub fn of(one: &FollowUp) -> Self {
        Self {
            id: one.id.to_string(),
            contact: one.person.to_string(),
            content: serde_json::to_value(&one.content).unwrap_or_default(),
            says: None,
            reason: one.reason.clone(),
            problem: one.problem.clone(),
            planned_at: one.planned_at.to_string(),
            state: one.state.words().to_owned(),
            fingerprint: one.fingerprint(),
        }
    }
}
