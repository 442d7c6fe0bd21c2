//! Contacts: listed, typed in, read, edited, tagged.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Contact, Filter, Note, Opportunity, RelationshipKind, Sort, Task},
    error::Error,
    http::{Owner, cursor, json, query},
    interaction::{Channel, Importance},
    twin::Contacts,
};

use crate::{
    State,
    fields::{Fields, MAX_FIELD, MAX_TAG, bounded, text},
    given::{Of, Seen},
};

const DEFAULT_PAGE: usize = 25;
const MAX_PAGE: usize = 100;
/// Notes that come with a contact, the newest first.
const NOTES: usize = 50;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Query {
    /// Each word begins a word of name, company, role, tags, notes or the last summary.
    #[schemars(length(max = 200))]
    q: Option<String>,
    relationship: Option<RelationshipKind>,
    importance: Option<Importance>,
    #[schemars(length(max = 60))]
    tag: Option<String>,
    #[schemars(length(max = 200))]
    company: Option<String>,
    /// Of one of their latest conversations.
    channel: Option<Channel>,
    /// In touch at this time or later.
    since: Option<Timestamp>,
    /// `true`: who was close, and has not been in touch for 90 days.
    dormant: Option<bool>,
    has_open_task: Option<bool>,
    /// Whether their name is known.
    named: Option<bool>,
    sort: Sort,
    #[schemars(range(min = 1, max = 100))]
    limit: Option<usize>,
    /// The `nextCursor` of the page before, with all else as it was asked then.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    contacts: Vec<Contact>,
    /// On all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A contact with what is kept beside it.
#[derive(Serialize, JsonSchema)]
pub struct Full {
    contact: Contact,
    opportunities: Vec<Opportunity>,
    tasks: Vec<Task>,
    notes: Vec<Note>,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Page>, Error> {
    let mut query: Query = query(&request.into_parts().0)?;
    let limit = query.limit.take().unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("limit is 1 to {MAX_PAGE}")));
    }
    for (value, max) in [(&query.q, MAX_FIELD), (&query.tag, MAX_TAG), (&query.company, MAX_FIELD)] {
        bounded(value.as_deref(), max)?;
    }
    let after = query.cursor.take();
    let question = format!("{query:?}");
    let wanted = Contacts {
        filter: Filter {
            relationship: query.relationship,
            importance: query.importance,
            tag: query.tag,
            company: query.company,
            channel: query.channel,
            since: query.since,
            dormant_since: query
                .dormant
                .unwrap_or_default()
                .then(|| state.twin.dormant_since(Timestamp::now())),
            named: query.named,
            words: query.q,
            ..Filter::default()
        },
        has_open_task: query.has_open_task,
        sort: query.sort,
        after: after.map(|after| cursor::read(&question, &after)).transpose()?,
        limit,
    };
    let listed = state.twin.contacts(&wanted, Timestamp::now()).await?;
    let next_cursor = listed.end.map(|end| cursor::write(&question, &end)).transpose()?;
    Ok(Json(Page { contacts: listed.contacts, total: listed.total, next_cursor }))
}

pub async fn create(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let fields: Fields = json(request).await?;
    let details = fields.details()?;
    if details.iter().all(twin::contact::Detail::is_empty) {
        return Err(Error::Invalid("a contact has a name, an address or something else".to_owned()));
    }
    let contact = state.twin.create_contact(details, Timestamp::now()).await?;
    let at = format!("/api/crm/contacts/{}", contact.id);
    let mut answer = (StatusCode::CREATED, versioned(contact)).into_response();
    if let Ok(at) = HeaderValue::from_str(&at) {
        answer.headers_mut().insert(header::LOCATION, at);
    }
    Ok(answer)
}

pub async fn read(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Response, Error> {
    let store = state.twin.store();
    let (contact, opportunities, tasks, mut notes) = tokio::try_join!(
        store.contact(&of.person),
        store.opportunities(&of.person),
        store.tasks(&of.person),
        store.notes(&of.person),
    )?;
    let contact = state.twin.connected(contact.ok_or(Error::NotFound)?, Timestamp::now()).await?;
    notes.sort_by_key(|note| std::cmp::Reverse(note.created_at));
    notes.truncate(NOTES);
    let tag = etag(contact.version);
    Ok(([(header::ETAG, tag)], Json(Full { contact, opportunities, tasks, notes })).into_response())
}

pub async fn edit(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    Seen(version): Seen,
    request: Request,
) -> Result<Response, Error> {
    let fields: Fields = json(request).await?;
    let details = fields.details()?;
    let contact = state.twin.edit_contact(&of.person, version, details, Timestamp::now()).await?;
    Ok(versioned(contact))
}

pub async fn tag(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Response, Error> {
    let tag = text(of.text("tag")?, MAX_TAG)?;
    Ok(versioned(state.twin.tag(&of.person, &tag, true, Timestamp::now()).await?))
}

pub async fn untag(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Response, Error> {
    let tag = text(of.text("tag")?, MAX_TAG)?;
    Ok(versioned(state.twin.tag(&of.person, &tag, false, Timestamp::now()).await?))
}

/// A contact, and the tag of its version.
fn versioned(contact: Contact) -> Response {
    ([(header::ETAG, etag(contact.version))], Json(contact)).into_response()
}

pub fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
