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
    http::{Owner, linked, query},
    id::{InteractionId, PersonId},
    interaction::{Channel, Intent, Interaction, Measured, Outcome},
    store::Store,
    twin::{Behind, Counted, Place},
};

use crate::{
    State,
    period::{Format, period},
    report::file,
};

pub const PATH: &str = "/api/analytics/interactions";
/// Pages that a table of one answer has; a link leads to the rest.
pub const PAGES: usize = 20;

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// As in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 731))]
    days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Date>,
    /// Which of them; all if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<Mark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship: Option<RelationshipKind>,
    /// The `next` of the page before, with all else as it was asked then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 120))]
    cursor: Option<String>,
    /// As a table: up to 1,000 at once, with a link to the next ones (RFC 8288).
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
    /// The MCP host that they ask with, as it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    channel: Channel,
    started_at: Timestamp,
    seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    relationship: RelationshipKind,
    intent: Intent,
    summary: String,
    /// Questions that needed a source, and how many of these one supported an answer to.
    asked: u32,
    grounded: u32,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let mut asked: Asked = query(&request.into_parts().0)?;
    let period = period(asked.days, asked.from, asked.to, Timestamp::now())?;
    let mut wanted = Behind {
        mark: asked.mark,
        channel: asked.channel,
        relationship: asked.relationship,
        before: asked.cursor.as_deref().map(cursor).transpose()?,
    };
    if asked.format == Format::Json {
        let Counted { list, next } = state.twin.behind(period, &wanted).await?;
        let interactions = shown(state.twin.store(), list).await?;
        return Ok(Json(Page { interactions, next: next.map(place) }).into_response());
    }
    let mut lines = if wanted.before.is_none() { HEAD.to_owned() } else { String::new() };
    for _ in 0..PAGES {
        let Counted { list, next } = state.twin.behind(period, &wanted).await?;
        lines.push_str(&table(&shown(state.twin.store(), list).await?));
        wanted.before = next;
        if wanted.before.is_none() {
            break;
        }
    }
    let mut answer = file("conversations.csv", lines);
    if let Some(next) = wanted.before.map(place) {
        asked.cursor = Some(next);
        rest(&mut answer, PATH, &asked)?;
    }
    Ok(answer)
}

/// Links to what is left, by what was asked.
pub fn rest(answer: &mut Response, path: &str, asked: &impl Serialize) -> Result<(), Error> {
    let rest = serde_urlencoded::to_string(asked).map_err(|error| Error::Internal(Box::new(error)))?;
    linked(answer.headers_mut(), &format!("{path}?{rest}"));
    Ok(())
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
        let Measured { grounded, abstained, .. } = held.measured.unwrap_or_default();
        Shown {
            name: contacts.get(&held.person).and_then(|contact| contact.name.clone()),
            host: held.host,
            id: held.id,
            person: held.person,
            channel: held.channel,
            started_at: held.started_at,
            seconds,
            outcome: held.outcome,
            relationship: analysis.relationship,
            intent: analysis.intent,
            summary: analysis.summary,
            asked: grounded + abstained,
            grounded,
        }
    });
    Ok(shown.collect())
}

/// Where a page goes on, as it is asked for.
pub fn place((at, id): Place) -> String {
    format!("{at} {id}")
}

pub fn cursor(text: &str) -> Result<Place, Error> {
    let wrong = || Error::Invalid("the cursor is not one of this list".to_owned());
    let (at, id) = text.split_once(' ').ok_or_else(wrong)?;
    let is_id = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let at = at.parse().map_err(|_| wrong())?;
    if is_id { Ok((at, id.to_owned())) } else { Err(wrong()) }
}

const HEAD: &str = "startedAt,channel,relationship,intent,outcome,seconds,name,id,person,summary\r\n";

/// The lines after the first (RFC 4180).
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
    lines.collect()
}

pub fn written(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What a spreadsheet would take for a formula is text.
pub fn quoted(text: &str) -> String {
    let harmless = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
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
