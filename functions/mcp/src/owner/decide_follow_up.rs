//! The owner's word on a follow-up.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use twin::{
    error::Error,
    follow_up::{Content, Edited, FollowUp, settings::Then},
    proposal::Rewritten,
    store::oauth::Scope,
    twin::Decision,
};

use super::list_follow_ups::Waiting;
use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "decide_follow_up",
    title: "Approve or reject a follow-up",
    description: "Approve a follow-up as it was shown (it is sent), approve it with a note of the owner's own words in \
                  it or in the owner's own words altogether, or reject it. A proposal can be edited first: nothing is \
                  sent, and the answer has the fingerprint to approve it by. Takes id, contact and fingerprint as \
                  `list_follow_ups` gave them, and the owner's yes, which is never yours.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    reaches_out: true,
    scope: Scope::Call,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            decide(call, given).await
        })
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Reject,
    Edit,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// From `list_follow_ups`.
    id: String,
    /// From `list_follow_ups`: whose it is.
    contact: String,
    /// From `list_follow_ups`, or from an `edit`: of exactly what was shown.
    fingerprint: String,
    decision: Word,
    /// What the owner adds to the mail.
    #[serde(default)]
    #[schemars(with = "String")]
    note: Option<String>,
    /// Of the mail that `body` writes.
    #[serde(default)]
    #[schemars(with = "String")]
    subject: Option<String>,
    /// To approve a mail in the owner's words, in place of the one that was shown: plain text.
    #[serde(default)]
    #[schemars(with = "String")]
    body: Option<String>,
    /// With `edit`: what a proposal says in place of what it said: `title`, `validUntil`, `problem` and `approach` and
    /// `assumptions` (lists of paragraphs), `services`, as in its `content`; what is left out stays.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>")]
    proposal: Option<Rewritten>,
    /// This kind, to people of this relationship, goes out by itself from now on.
    #[serde(default)]
    #[schemars(with = "bool")]
    always: Option<bool>,
    /// The owner has said yes to exactly this.
    #[serde(default)]
    #[schemars(with = "bool")]
    confirm: Option<bool>,
    /// The same key again is the same call: nothing is done twice.
    #[serde(default)]
    #[schemars(with = "String")]
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    follow_up: Waiting,
    /// What to ask the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    suggestion: Option<String>,
}

const SUGGESTION: &str = "The owner approved several of these in a row as they were. Ask whether this kind, to people \
                          like this one, should go out by itself from now on; if yes, approve the next with `always`.";

/// Whether this is what was decided of a follow-up, in these words: somebody else may have decided meanwhile.
fn is_decided(decision: &Decision, known: &FollowUp) -> bool {
    let Some(word) = known.decided else { return false };
    let is_written = |given: &str, kept: &str| given.replace("\r\n", "\n").trim() == kept;
    match decision {
        Decision::Reject => word == twin::follow_up::Word::Rejected,
        Decision::Approve { .. } if word == twin::follow_up::Word::Rejected => false,
        Decision::Approve { note, edited, .. } => {
            let is_noted = note.as_ref().is_none_or(|given| match &known.content {
                Content::SummaryEmail { note: Some(kept), .. } => is_written(given, kept),
                _ => false,
            });
            let is_edited = edited.as_ref().is_none_or(|given| {
                known.edited.as_ref().is_some_and(|kept| {
                    is_written(&given.subject, &kept.subject) && is_written(&given.body, &kept.body)
                })
            });
            is_noted && is_edited
        }
    }
}

/// Whether what is like a follow-up goes out by itself, as it was asked for.
async fn is_always(call: &Call, decision: &Decision, known: &FollowUp) -> Result<bool, Error> {
    if !matches!(decision, Decision::Approve { always: true, .. }) {
        return Ok(true);
    }
    let twin = &call.state.twin;
    let (kind, relationship) = (known.content.kind(), twin.relationship(&known.person).await?);
    let rules = twin.store().follow_up_settings().await?.settings.rules;
    Ok(rules.iter().any(|rule| {
        (rule.kind, rule.relationship, rule.then) == (Some(kind), Some(relationship), Then::Automatic)
    }))
}

impl Arguments {
    /// What is given and would not be used: whoever gives it counts on it.
    fn unused(&self) -> Option<&'static str> {
        let is_worded = self.note.is_some() || self.subject.is_some() || self.body.is_some();
        let is_always = self.always == Some(true);
        match self.decision {
            Word::Approve if self.proposal.is_some() => Some(
                "a proposal is changed with `edit` first, and approved by the fingerprint that this gives",
            ),
            Word::Reject if is_worded || is_always || self.proposal.is_some() => {
                Some("what is rejected takes no `note`, `subject`, `body`, `proposal` or `always`")
            }
            Word::Edit if is_worded || is_always => Some(
                "`edit` takes a `proposal`, and no `note`, `subject`, `body` or `always`: approve with these after it",
            ),
            Word::Approve | Word::Reject | Word::Edit => None,
        }
    }
}

async fn decide(call: &Call, given: Arguments) -> Result<Answer, Error> {
    if let Some(unused) = given.unused() {
        return Err(Error::Invalid(unused.to_owned()));
    }
    match given.confirm {
        Some(true) => {}
        Some(false) => return Ok(Answer::declined()),
        None => return Ok(Answer::confirm("Do exactly this? What is approved is sent.")),
    }
    let (Ok(person), Ok(id)) = (given.contact.parse(), given.id.parse()) else {
        return Err(Error::NotFound);
    };
    let worded = [&given.note, &given.subject, &given.body];
    let named = json!([given.contact, given.id, given.fingerprint, given.decision, worded, given.always]);
    let named = json!([named, given.proposal]);
    let key = given.idempotency_key.as_deref();
    let once = match call.owners_once(key, "decide_follow_up", &named).await? {
        Ok(once) => once,
        Err(refused) => return Ok(refused),
    };
    let decision = match given.decision {
        Word::Approve => Decision::Approve {
            note: given.note,
            edited: match (given.subject, given.body) {
                (None, None) => None,
                (Some(_), None) => return Err(Error::Invalid("a subject comes with a body".to_owned())),
                (subject, Some(body)) => Some(Edited { subject: subject.unwrap_or_default(), body }),
            },
            always: given.always.unwrap_or_default(),
        },
        Word::Reject => Decision::Reject,
        Word::Edit => {
            let edit =
                given.proposal.ok_or_else(|| Error::Invalid("what is edited is a proposal".to_owned()))?;
            let twin = &call.state.twin;
            let edited = twin.rewrite((&person, &id), &given.fingerprint, edit, call.now).await?;
            return Ok(Answer::done(Output { follow_up: Waiting::of(&edited), suggestion: None }));
        }
    };
    let twin = &call.state.twin;
    let decided = match twin.decide(&person, &id, &given.fingerprint, decision.clone(), call.now).await {
        // Again under its key, what was decided so is the answer that was lost.
        Err(Error::Conflict) if once.is_some_and(|once| once.is_again) => {
            let known = twin.store().follow_up(&person, &id).await?.ok_or(Error::Conflict)?;
            if !is_decided(&decision, &known) || !is_always(call, &decision, &known).await? {
                return Err(Error::Conflict);
            }
            return Ok(Answer::done(Output { follow_up: Waiting::of(&known), suggestion: None }));
        }
        decided => decided?,
    };
    let suggestion = decided.suggests_always.map(|_| SUGGESTION.to_owned());
    Ok(Answer::done(Output { follow_up: Waiting::of(&decided.follow_up), suggestion }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_given_is_left_out_silently() {
        let proposal = json!({ "title": "Fast payments" });
        let rows = [
            (json!({ "decision": "approve" }), true),
            (
                json!({ "decision": "approve", "note": "x", "subject": "x", "body": "x", "always": true }),
                true,
            ),
            (json!({ "decision": "approve", "proposal": proposal }), false),
            (json!({ "decision": "reject", "always": false }), true),
            (json!({ "decision": "reject", "note": "x" }), false),
            (json!({ "decision": "reject", "always": true }), false),
            (json!({ "decision": "reject", "proposal": proposal }), false),
            (json!({ "decision": "edit", "proposal": proposal }), true),
            (json!({ "decision": "edit", "proposal": proposal, "note": "x" }), false),
            (json!({ "decision": "edit", "proposal": proposal, "subject": "x" }), false),
            (json!({ "decision": "edit", "proposal": proposal, "body": "x" }), false),
            (json!({ "decision": "edit", "proposal": proposal, "always": true }), false),
        ];
        for (mut given, is_good) in rows {
            for (name, value) in [("id", "fup_1"), ("contact", "per_1"), ("fingerprint", "x")] {
                given[name] = json!(value);
            }
            let arguments: Arguments = serde_json::from_value(given.clone()).unwrap();
            assert_eq!(arguments.unused().is_none(), is_good, "{given}");
        }
    }
}
