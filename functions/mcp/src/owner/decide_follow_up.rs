//! The owner's word on a follow-up.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{error::Error, store::oauth::Scope, twin::Decision};

use super::list_follow_ups::Waiting;
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "decide_follow_up",
    title: "Approve or reject a follow-up",
    description: "Approve a follow-up as it was shown (it is sent), approve it with a note of the owner's own words \
                  in it, or reject it. Needs the fingerprint from `list_follow_ups`, and the owner's yes.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    scope: Scope::Write,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            decide(call, given).await
        })
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Reject,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: String,
    /// The contact's id.
    contact: String,
    fingerprint: String,
    decision: Word,
    /// What the owner adds to the mail.
    #[serde(default)]
    #[schemars(with = "String")]
    note: Option<String>,
    /// The owner has said yes to exactly this.
    #[serde(default)]
    #[schemars(with = "bool")]
    confirm: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    follow_up: Waiting,
}

async fn decide(call: &Call, given: Arguments) -> Result<Answer, Error> {
    match given.confirm {
        Some(true) => {}
        Some(false) => return Ok(Answer::Refused(json!({ "error": "declined" }))),
        None => return Ok(Answer::confirm("Do exactly this? What is approved is sent.")),
    }
    let (Ok(person), Ok(id)) = (given.contact.parse(), given.id.parse()) else {
        return Err(Error::NotFound);
    };
    let decision = match given.decision {
        Word::Approve => Decision::Approve { note: given.note },
        Word::Reject => Decision::Reject,
    };
    let decided = call.state.twin.decide(&person, &id, &given.fingerprint, decision, call.now).await?;
    Ok(Answer::done(Output { follow_up: Waiting::of(&decided) }))
}
