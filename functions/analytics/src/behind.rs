//! The conversations behind a count.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    analytics::Mark,
    contact::RelationshipKind,
    error::Error,
    http::{Owner, query},
    id::{InteractionId, PersonId},
    interaction::{Channel, Intent, Interaction, Outcome},
    store::Store,
    twin::{Behind, Counted},
};

use crate::{
    State,
    period::{Format, period},
    report::file,
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// As in a report.
    #[schemars(range(min = 1, max = 731))]
    days: Option<i64>,
    from: Option<Date>,
    to: Option<Date>,
    /// Which of them; all if nothing is said.
    mark: Option<Mark>,
    channel: Option<Channel>,
    relationship: Option<RelationshipKind>,
    /// The `next` of the page before, with all else as it was asked then.
    #[schemars(length(max = 120))]
    cursor: Option<String>,
    format: Format,
}

#[derive(Serialize, JsonSchema)]
pub struct Page {
    interactions: Vec<Shown>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: InteractionId,
    person: PersonId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    channel: Channel,
    started_at: Timestamp,
    seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    relationship: RelationshipKind,
    intent: Intent,
    summary: String,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let asked: Asked = query(&request.into_parts().0)?;
    let period = period(asked.days, asked.from, asked.to, Timestamp::now())?;
    let wanted = Behind {
        mark: asked.mark,
        channel: asked.channel,
        relationship: asked.relationship,
        before: asked.cursor.as_deref().map(cursor).transpose()?,
    };
    let Counted { interactions, next } = state.twin.behind(period, &wanted).await?;
    let interactions = shown(state.twin.store(), interactions).await?;
    let next = next.map(|(at, id)| format!("{at} {id}"));
    Ok(match asked.format {
        Format::Json => Json(Page { interactions, next }).into_response(),
        Format::Csv => file("conversations.csv", table(&interactions)),
    })
}

/// With the names of who they were held with.
pub async fn shown(store: &Store, held: Vec<Interaction>) -> Result<Vec<Shown>, Error> {
    let mut people: Vec<PersonId> = held.iter().map(|held| held.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = store.contacts(&people).await?;
    let shown = held.into_iter().map(|held| {
        let seconds = held.seconds();
        let analysis = held.analysis.unwrap_or_default();
        Shown {
            name: contacts.get(&held.person).and_then(|contact| contact.name.clone()),
            id: held.id,
            person: held.person,
            channel: held.channel,
            started_at: held.started_at,
            seconds,
            outcome: held.outcome,
            relationship: analysis.relationship,
            intent: analysis.intent,
            summary: analysis.summary,
        }
    });
    Ok(shown.collect())
}

fn cursor(text: &str) -> Result<(Timestamp, String), Error> {
    let wrong = || Error::Invalid("the cursor is not one of this list".to_owned());
    let (at, id) = text.split_once(' ').ok_or_else(wrong)?;
    let is_id = id.is_empty() || id.parse::<InteractionId>().is_ok();
    let at = at.parse().map_err(|_| wrong())?;
    if is_id { Ok((at, id.to_owned())) } else { Err(wrong()) }
}

const HEAD: &str = "startedAt,channel,relationship,intent,outcome,seconds,name,id,person,summary\r\n";

/// RFC 4180.
fn table(shown: &[Shown]) -> String {
    let lines = shown.iter().map(|one| {
        let fields = [
            one.started_at.to_string(),
            written(&one.channel),
            written(&one.relationship),
            one.intent.label().to_owned(),
            written(&one.outcome),
            one.seconds.to_string(),
            quoted(one.name.as_deref().unwrap_or_default()),
            one.id.to_string(),
            one.person.to_string(),
            quoted(&one.summary),
        ];
        fields.join(",") + "\r\n"
    });
    std::iter::once(HEAD.to_owned()).chain(lines).collect()
}

fn written(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What a spreadsheet would take for a formula is text.
fn quoted(text: &str) -> String {
    let harmless = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{harmless}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_time_and_an_id() {
        assert!(cursor("2026-03-01T10:00:00Z int_1").is_ok() && cursor("2026-03-01T10:00:00Z ").is_ok());
        for wrong in ["", "2026-03-01T10:00:00Z", "yesterday int_1", "2026-03-01T10:00:00Z int_1 x"] {
            assert!(matches!(cursor(wrong), Err(Error::Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("a role"), "\"a role\"");
    }
}
