//! Google Calendar API v3: `Events` of the primary calendar, which is written, too, and of others; `CalendarList`. Source: developers.google.com/workspace/calendar/api/v3.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Accounts, Fault, MAX_PAGES, Spans, answered, asked};
use crate::scheduling::{
    ics::is_ours,
    outside::{Meeting, Part, Provider},
};

pub const SCOPE: &str = "https://www.googleapis.com/auth/calendar.events";
/// A refresh token is given only with `offline`, and after the first time only to who is asked again.
pub const CONSENT: [(&str, &str); 3] = [
    (
        "scope",
        "openid email https://www.googleapis.com/auth/calendar.events \
         https://www.googleapis.com/auth/calendar.calendarlist.readonly",
    ),
    ("access_type", "offline"),
    ("prompt", "consent"),
];
/// What a private property is called that tells our own entries.
const BOOKING: &str = "omnitwinBooking";
const FIELDS: &str = "nextPageToken,items(status,transparency,start,end,iCalUID,attendees(self,responseStatus),\
                      extendedProperties/private)";
/// The most that a page may have.
const PAGE: &str = "2500";

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Listed>,
    #[serde(default, rename = "nextPageToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    #[serde(default)]
    summary: String,
    /// As the owner calls it.
    #[serde(default)]
    summary_override: Option<String>,
    #[serde(default)]
    primary: bool,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    items: Vec<Event>,
    #[serde(default, rename = "nextPageToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    transparency: Option<String>,
    #[serde(default)]
    start: Option<Moment>,
    #[serde(default)]
    end: Option<Moment>,
    #[serde(default, rename = "iCalUID")]
    uid: Option<String>,
    #[serde(default)]
    attendees: Vec<Attendee>,
    #[serde(default)]
    extended_properties: Option<Properties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    #[serde(default)]
    date: Option<Date>,
    #[serde(default)]
    date_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attendee {
    #[serde(default, rename = "self")]
    is_self: bool,
    #[serde(default)]
    response_status: Option<String>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(default)]
    private: serde_json::Map<String, Value>,
}

/// `{"error": {"errors": [{"reason": "rateLimitExceeded"}]}}`
#[derive(Deserialize)]
pub(super) struct Failure {
    error: Reasons,
}

#[derive(Deserialize)]
struct Reasons {
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

impl Failure {
    pub(super) fn is_about_rate(&self) -> bool {
        let rates = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"];
        self.error.errors.iter().any(|error| rates.contains(&error.reason.as_str()))
    }
}

impl Event {
    fn is_busy(&self, owner: &str) -> bool {
        let declined =
            |attendee: &Attendee| attendee.is_self && attendee.response_status.as_deref() == Some("declined");
        let is_own = self.extended_properties.as_ref().is_some_and(|set| set.private.contains_key(BOOKING))
            || self.uid.as_deref().is_some_and(|uid| is_ours(uid, owner));
        self.status.as_deref() != Some("cancelled")
            && self.transparency.as_deref() != Some("transparent")
            && !is_own
            && !self.attendees.iter().any(declined)
    }

    fn span(&self, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let at = |moment: &Option<Moment>| match moment {
            Some(Moment { date_time: Some(at), .. }) => Some(*at),
            Some(Moment { date: Some(day), .. }) => Some(day.to_zoned(zone.clone()).ok()?.timestamp()),
            _ => None,
        };
        Some((at(&self.start)?, at(&self.end)?))
    }
}

/// The account's address, of its ID token: the title of a calendar may be any. The token comes from the token endpoint
/// itself, which is as good as its signature (`OpenID` Connect Core §3.1.3.7).
pub fn account(id_token: &str) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Claims {
        email: String,
    }
    let claims = id_token.split('.').nth(1).unwrap_or_default();
    let claims = BASE64.decode(claims).map_err(|_| Fault::Unreadable)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Fault::Unreadable)?;
    Ok(claims.email)
}

/// A consent of before they were asked for does not allow it.
pub async fn calendars(accounts: &Accounts, access: &str) -> Result<Vec<(Part, bool)>, Fault> {
    let base = &accounts.of(Provider::Google)?.api;
    let mut found = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut query = vec![("minAccessRole", "reader"), ("maxResults", "250")];
        query.extend(next.as_deref().map(|token| ("pageToken", token)));
        let request = accounts.http.get(format!("{base}/users/me/calendarList")).query(&query);
        let list: List = asked(request, access).await?;
        found.extend(list.items.into_iter().map(|one| {
            let name = one.summary_override.unwrap_or(one.summary);
            (Part { id: one.id, name }, one.primary)
        }));
        match list.next {
            Some(token) => next = Some(token),
            None => return Ok(found),
        }
    }
    Err(Fault::TooMany)
}

pub async fn busy(
    accounts: &Accounts,
    access: &str,
    (owner, calendar): (&str, Option<&str>),
    zone: &TimeZone,
    window: (Timestamp, Timestamp),
) -> Result<Spans, Fault> {
    let (from, to) = (window.0.to_string(), window.1.to_string());
    let mut spans = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let mut query = vec![
            ("singleEvents", "true"),
            ("timeMin", &from),
            ("timeMax", &to),
            ("maxResults", PAGE),
            ("fields", FIELDS),
        ];
        query.extend(next.as_deref().map(|token| ("pageToken", token)));
        let page: Page = asked(accounts.http.get(events(accounts, calendar)?).query(&query), access).await?;
        for event in page.items.iter().filter(|event| event.is_busy(owner)) {
            // What has no time is not read as free.
            spans.push(event.span(zone).ok_or(Fault::Unreadable)?);
        }
        match page.next {
            Some(token) => next = Some(token),
            None => return Ok(spans),
        }
    }
    Err(Fault::TooMany)
}

/// The id is ours to choose (base32hex): the same meeting is the same entry, however often it is written.
pub async fn put(accounts: &Accounts, access: &str, meeting: &Meeting) -> Result<String, Fault> {
    let id = id(meeting);
    let mut body = json!({
        "status": "confirmed",
        "summary": meeting.title,
        "description": meeting.about,
        "location": meeting.place,
        "start": { "dateTime": meeting.start },
        "end": { "dateTime": meeting.end },
        "extendedProperties": { "private": { BOOKING: meeting.booking } },
    });
    // One that was deleted is there, cancelled: it is not made again, but changed.
    let patch = accounts.http.patch(url(accounts, &id)?).query(&SILENT).json(&body).bearer_auth(access);
    match answered(patch).await {
        Err(Fault::Gone) => {}
        done => return done.map(|_| id),
    }
    body["id"] = json!(id);
    let insert = accounts.http.post(url(accounts, "")?).query(&SILENT).json(&body).bearer_auth(access);
    match answered(insert).await {
        // Somebody else was faster with the same.
        Ok(_) | Err(Fault::Exists) => Ok(id),
        Err(fault) => Err(fault),
    }
}

pub async fn remove(accounts: &Accounts, access: &str, meeting: &Meeting) -> Result<(), Fault> {
    let delete = accounts.http.delete(url(accounts, &id(meeting))?).query(&SILENT).bearer_auth(access);
    match answered(delete).await {
        Ok(_) | Err(Fault::Gone) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// The guest is told by us.
const SILENT: [(&str, &str); 1] = [("sendUpdates", "none")];

fn id(meeting: &Meeting) -> String {
    let digest = Sha256::digest(meeting.booking.as_str());
    digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The entries of a calendar; of the account's first one without a name.
fn events(accounts: &Accounts, calendar: Option<&str>) -> Result<String, Fault> {
    let base = &accounts.of(Provider::Google)?.api;
    let calendar = utf8_percent_encode(calendar.unwrap_or("primary"), NON_ALPHANUMERIC);
    Ok(format!("{base}/calendars/{calendar}/events"))
}

fn url(accounts: &Accounts, event: &str) -> Result<String, Fault> {
    let event = if event.is_empty() { String::new() } else { format!("/{event}") };
    Ok(format!("{}{event}", events(accounts, None)?))
}
