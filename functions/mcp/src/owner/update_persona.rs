//! The owner changes the persona: from the next conversation on the twin speaks like that.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use twin::{error::Error, persona::Persona, store::oauth::Scope};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "update_persona",
    title: "Change the persona",
    description: "Change the persona that the twin speaks for, on every channel: only what the owner asks for. Needs \
                  the version that `get_persona` showed, and the owner's yes. Every version is kept.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Destroys,
    reaches_out: false,
    scope: Scope::Write,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            update(call, given).await
        })
    },
};

/// Changes that a question names, and characters of a value in it.
const NAMED: usize = 10;
const SHOWN: usize = 80;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The version that is changed.
    version: u64,
    /// What becomes different, in the shape of `persona` in `get_persona`; a list replaces the whole list.
    changes: Map<String, Value>,
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
    version: u64,
    persona: Value,
    changed: Vec<Change>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Change {
    /// `core.title`
    field: String,
    before: Value,
    after: Value,
}

async fn update(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let twin = &call.state.twin;
    let current = twin.store().persona().await?.ok_or(Error::NotFound)?;
    let named = json!([given.version, given.changes]);
    let key = given.idempotency_key.as_deref();
    let once = match call.owners_once(key, "update_persona", &named).await? {
        Ok(once) => once,
        Err(refused) => return Ok(refused),
    };
    // Again under its key, a persona that is like this in the next version is the answer that was lost.
    let is_next = given.version.checked_add(1) == Some(current.version);
    let is_again = is_next && once.is_some_and(|once| once.is_again);
    if current.version != given.version && !is_again {
        return Ok(changed_meanwhile(current.version));
    }
    let before = serde_json::to_value(&current.persona).unwrap_or_default();
    let mut after = before.clone();
    merge(&mut after, Value::Object(given.changes));
    let persona: Persona = match serde_json::from_value(after) {
        Ok(persona) => persona,
        Err(wrong) => return Ok(Answer::wrong(wrong)),
    };
    let after = serde_json::to_value(&persona).unwrap_or_default();
    let mut changed = Vec::new();
    differences("", &before, &after, &mut changed);
    if is_again {
        return Ok(match changed.is_empty() {
            true => Answer::done(Output { version: current.version, persona: after, changed }),
            false => changed_meanwhile(current.version),
        });
    }
    if changed.is_empty() {
        return Ok(Answer::wrong("the persona is like this already"));
    }
    match given.confirm {
        Some(true) => {}
        Some(false) => return Ok(Answer::declined()),
        None => return Ok(Answer::confirm(&question(&changed))),
    }
    match twin.replace_persona(&persona, given.version, call.now).await {
        Ok(saved) => Ok(Answer::done(Output { version: saved.version, persona: after, changed })),
        Err(Error::Conflict) => Ok(changed_meanwhile(given.version + 1)),
        Err(Error::Invalid(why)) => Ok(Answer::wrong(why)),
        Err(error) => Err(error),
    }
}

fn changed_meanwhile(version: u64) -> Answer {
    Answer::Refused(json!({
        "error": "conflict",
        "version": version,
        "detail": "the persona has another version meanwhile: read it with get_persona, and decide again",
    }))
}

/// RFC 7396: what is named is replaced, objects by their members.
fn merge(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(members), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    members.remove(&name);
                } else {
                    merge(members.entry(name).or_insert(Value::Null), change);
                }
            }
        }
        (target, changes) => *target = changes,
    }
}

/// What is different, down to where the values are no objects.
fn differences(at: &str, before: &Value, after: &Value, found: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, after) in other {
                let field = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                differences(&field, one.get(name).unwrap_or(&Value::Null), after, found);
            }
        }
        _ if before == after => {}
        _ => found.push(Change { field: at.to_owned(), before: before.clone(), after: after.clone() }),
    }
}

fn question(changed: &[Change]) -> String {
    let shown = |value: &Value| {
        let text = value.to_string();
        let cut: String = text.chars().take(SHOWN).collect();
        if cut == text { cut } else { format!("{cut}…") }
    };
    let mut lines: Vec<String> = changed
        .iter()
        .take(NAMED)
        .map(|change| format!("{}: {} → {}", change.field, shown(&change.before), shown(&change.after)))
        .collect();
    let more = changed.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    format!("Change the persona like this?\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_merged_and_told() {
        let before = json!({ "core": { "name": "Alex", "expertise": ["Rust", "Go"] }, "sample": true });
        let mut after = before.clone();
        merge(&mut after, json!({ "core": { "expertise": ["Rust"], "title": "Engineer" }, "sample": null }));
        assert_eq!(after, json!({ "core": { "name": "Alex", "expertise": ["Rust"], "title": "Engineer" } }));
        let mut found = Vec::new();
        differences("", &before, &after, &mut found);
        let fields: Vec<&str> = found.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["core.expertise", "core.title"]);
        assert_eq!(
            question(&found),
            "Change the persona like this?\ncore.expertise: [\"Rust\",\"Go\"] → [\"Rust\"]\ncore.title: null → \
             \"Engineer\""
        );
    }

    #[test]
    fn a_question_stays_short() {
        let change = |number: usize| Change {
            field: format!("core.{number}"),
            before: json!("é".repeat(500)),
            after: Value::Null,
        };
        let asked = question(&(0..NAMED + 5).map(change).collect::<Vec<_>>());
        assert!(asked.ends_with("and 5 more") && asked.chars().count() < NAMED * (2 * SHOWN), "{asked}");
    }
}
