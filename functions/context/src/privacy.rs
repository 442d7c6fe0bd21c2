//! What is kept of a person, and who looked at it: the export, the erasure, what they agreed to, and the audit log.

use axum::{
    Json,
    extract::{Path, Request, State as Extract},
};
use http::HeaderMap;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twin::{
    audit::Actor,
    consent::{Consent, Matter},
    error::Error,
    export::For,
    http::{After, Owner, json, part, query},
    id::{AuditId, PersonId},
    policy::Permit,
    store::Page,
};

use crate::{State, person_id};

/// Lines of a page, unless fewer are asked for.
const LINES: i32 = 200;
const MAX_QUOTE: usize = 500;

/// Everything about a person, as a file; what is large comes in parts.
pub async fn export(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let person = person_id(&id)?;
    let After { after } = query(&request.into_parts().0)?;
    let (permit, whose) = (Permit::of_the_owner(), (For::Owner, Actor::Owner));
    let found = state.twin.export(permit, &person, whose, after.as_deref(), Timestamp::now()).await?;
    Ok(part(&format!("/api/people/{person}/export"), &format!("{person}.json"), found))
}

/// The document, without its lists.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is of interest")]
pub struct Document {
    version: u32,
    exported_at: Timestamp,
    person: PersonId,
    /// Where the next part is.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The person's id once more.
    confirm: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Erasure {
    erased: bool,
    /// What was still there.
    items: usize,
    /// Calls whose recordings are being removed.
    calls: usize,
}

/// Erases a person, once their id is given a second time. Again, it says so again.
pub async fn erase(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Erasure>, Error> {
    let person = person_id(&id)?;
    let given: Confirmed = query(&request.into_parts().0)?;
    if given.confirm.as_deref() != Some(person.as_str()) {
        return Err(Error::Invalid(
            "it cannot be undone: confirm with ?confirm= and the person's id".to_owned(),
        ));
    }
    let wiped = state.twin.erase(&person, Actor::Owner, Timestamp::now()).await?;
    Ok(Json(Erasure { erased: true, items: wiped.items, calls: wiped.calls.len() }))
}

#[derive(Serialize, JsonSchema)]
pub struct Consents {
    consents: Vec<Consent>,
}

/// What they were told and agreed to, the oldest first: the latest about a matter counts.
pub async fn consents(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
) -> Result<Json<Consents>, Error> {
    let person = person_id(&id)?;
    state.twin.store().known(&person).await?.ok_or(Error::NotFound)?;
    Ok(Json(Consents { consents: state.twin.store().consents(&person).await? }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    matter: Matter,
    given: bool,
    #[schemars(length(max = 500))]
    quote: Option<String>,
}

/// Notes what the owner was told elsewhere.
pub async fn note_consent(
    _: Owner,
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Consent>, Error> {
    let person = person_id(&id)?;
    let noted: Noted = json(request).await?;
    if noted.quote.as_ref().is_some_and(|quote| quote.len() > MAX_QUOTE || quote.contains('\0')) {
        return Err(Error::Invalid(format!("a quote has at most {MAX_QUOTE} bytes of text")));
    }
    let now = Timestamp::now();
    let consent = Consent::noted(noted.matter, noted.given, noted.quote.as_deref(), now);
    state.twin.note_consent(&person, &consent, now).await?;
    Ok(Json(consent))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// In UTC; today, if none is named.
    day: Option<Date>,
    /// `next` of the page before.
    after: Option<AuditId>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i32>,
}

/// Who looked at what and did what on a day, the oldest first.
pub async fn audit(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Page>, Error> {
    let asked: Asked = query(&request.into_parts().0)?;
    let limit = asked.limit.unwrap_or(LINES);
    if !(1..=LINES).contains(&limit) {
        return Err(Error::Invalid(format!("limit is 1 to {LINES}")));
    }
    let day = match asked.day {
        Some(day) => {
            day.to_zoned(TimeZone::UTC).map_err(|error| Error::Invalid(error.to_string()))?.timestamp()
        }
        None => Timestamp::now(),
    };
    Ok(Json(state.twin.store().audited(day, asked.after.as_ref(), limit).await?))
}
