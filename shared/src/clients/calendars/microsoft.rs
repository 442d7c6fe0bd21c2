//! Microsoft Graph v1.0: `calendarView` and `events` of the owner's calendar. Source:
//! learn.microsoft.com/graph/api/resources/event.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Accounts, Fault, MAX_PAGES, Spans, answered, asked};
use crate::{
    id::BookingId,
    scheduling::{
        ics::is_ours,
        outside::{Meeting, Part, Provider, window},
    },
};

pub const SCOPE: &str = "https://graph.microsoft.com/Calendars.ReadWrite";
pub const CONSENT: [(&str, &str); 3] = [
    ("scope", "offline_access https://graph.microsoft.com/Calendars.ReadWrite"),
    ("response_mode", "query"),
    ("prompt", "select_account"),
];
const SELECTED: &str = "id,start,end,showAs,isAllDay,isCancelled,responseStatus,iCalUId,transactionId";
const PAGE: &str = "500";

#[derive(Deserialize)]
struct List {
    value: Vec<Listed>,
    #[serde(default, rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    is_default_calendar: bool,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Event>,
    #[serde(default, rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: String,
    start: Moment,
    end: Moment,
    #[serde(default)]
    show_as: Option<String>,
    #[serde(default)]
    is_all_day: bool,
    #[serde(default)]
    is_cancelled: bool,
    #[serde(default)]
    response_status: Option<Answered>,
    #[serde(default, rename = "iCalUId")]
    uid: Option<String>,
    #[serde(default)]
    transaction_id: Option<String>,
}

/// In UTC, as is asked for: `2026-12-01T10:00:00.0000000`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    date_time: DateTime,
    time_zone: String,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    response: Option<String>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

impl Event {
    fn is_own(&self, owner: &str) -> bool {
        self.transaction_id.as_deref().is_some_and(|id| id.parse::<BookingId>().is_ok())
            || self.uid.as_deref().is_some_and(|uid| is_ours(uid, owner))
    }

    fn is_busy(&self, owner: &str) -> bool {
        let declined = self.response_status.as_ref().and_then(|status| status.response.as_deref());
        // Who works elsewhere is not away.
        !matches!(self.show_as.as_deref(), Some("free" | "workingElsewhere"))
            && !self.is_cancelled
            && declined != Some("declined")
            && !self.is_own(owner)
    }

    fn span(&self, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let at = |moment: &Moment| {
            if self.is_all_day {
                let day: Date = moment.date_time.date();
                return Some(day.to_zoned(zone.clone()).ok()?.timestamp());
            }
            (moment.time_zone == "UTC").then_some(())?;
            Some(moment.date_time.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        Some((at(&self.start)?, at(&self.end)?))
    }
}

pub async fn account(accounts: &Accounts, access: &str) -> Result<String, Fault> {
    #[derive(Deserialize)]
    struct Calendar {
        owner: Owner,
    }
    #[derive(Deserialize)]
    struct Owner {
        address: String,
    }
    let request = accounts.http.get(url(accounts, "/calendar")?).query(&[("$select", "owner")]);
    let calendar: Calendar = asked(request, access).await?;
    Ok(calendar.owner.address)
}

pub async fn calendars(accounts: &Accounts, access: &str) -> Result<Vec<(Part, bool)>, Fault> {
    let query = [("$select", "id,name,isDefaultCalendar"), ("$top", "100")];
    let mut request = accounts.http.get(url(accounts, "/calendars")?).query(&query);
    let mut found = Vec::new();
    for _ in 0..MAX_PAGES {
        let list: List = asked(request, access).await?;
        let parts = list.value.into_iter();
        found.extend(parts.map(|one| (Part { id: one.id, name: one.name }, one.is_default_calendar)));
        match list.next {
            Some(next) => request = accounts.http.get(ours(accounts, next)?),
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
    let events = viewed(accounts, access, calendar, window).await?;
    let busy = events.iter().filter(|event| event.is_busy(owner));
    busy.map(|event| event.span(zone).ok_or(Fault::Unreadable)).collect()
}

/// The entries of a calendar; of the account's first one without a name.
async fn viewed(
    accounts: &Accounts,
    access: &str,
    calendar: Option<&str>,
    window: (Timestamp, Timestamp),
) -> Result<Vec<Event>, Fault> {
    let (from, to) = (window.0.to_string(), window.1.to_string());
    let query =
        [("startDateTime", from.as_str()), ("endDateTime", &to), ("$select", SELECTED), ("$top", PAGE)];
    let of = calendar.map(|id| format!("/calendars/{}", utf8_percent_encode(id, NON_ALPHANUMERIC)));
    let view = url(accounts, &format!("{}/calendarView", of.unwrap_or_default()))?;
    let mut request = accounts.http.get(view).query(&query);
    let mut events = Vec::new();
    for _ in 0..MAX_PAGES {
        let page: Page = asked(request.header("prefer", "outlook.timezone=\"UTC\""), access).await?;
        events.extend(page.value);
        match page.next {
            Some(next) => request = accounts.http.get(ours(accounts, next)?),
            None => return Ok(events),
        }
    }
    Err(Fault::TooMany)
}

/// Ids are Microsoft's to choose. A meeting is made under its transaction id, which makes the same only once; if nobody
/// remembers what came of that, it is looked for.
pub async fn put(
    accounts: &Accounts,
    access: &str,
    meeting: &Meeting,
    known: Option<&str>,
) -> Result<String, Fault> {
    let mut body = json!({
        "subject": meeting.title,
        "body": { "contentType": "text", "content": meeting.about },
        "location": { "displayName": meeting.place },
        "start": moment(meeting.start),
        "end": moment(meeting.end),
        "showAs": "busy",
    });
    if let Some(id) = known {
        match change(accounts, access, id, &body).await {
            Err(Fault::Gone) => {}
            done => return done,
        }
    }
    if let Some(id) = found(accounts, access, meeting).await? {
        return change(accounts, access, &id, &body).await;
    }
    body["transactionId"] = json!(meeting.booking);
    let created: Created = asked(accounts.http.post(url(accounts, "/events")?).json(&body), access).await?;
    Ok(created.id)
}

pub async fn remove(
    accounts: &Accounts,
    access: &str,
    meeting: &Meeting,
    known: Option<&str>,
) -> Result<(), Fault> {
    let id = match known {
        Some(id) => Some(id.to_owned()),
        None => found(accounts, access, meeting).await?,
    };
    let Some(id) = id else { return Ok(()) };
    let delete = accounts.http.delete(url(accounts, &format!("/events/{id}"))?).bearer_auth(access);
    match answered(delete).await {
        Ok(_) | Err(Fault::Gone) => Ok(()),
        Err(fault) => Err(fault),
    }
}

async fn change(accounts: &Accounts, access: &str, id: &str, body: &Value) -> Result<String, Fault> {
    let patch = accounts.http.patch(url(accounts, &format!("/events/{id}"))?).json(body);
    answered(patch.bearer_auth(access)).await.map(|_| id.to_owned())
}

async fn found(accounts: &Accounts, access: &str, meeting: &Meeting) -> Result<Option<String>, Fault> {
    let events = viewed(accounts, access, None, window(meeting.created_at)).await?;
    let is_it = |event: &&Event| event.transaction_id.as_deref() == Some(meeting.booking.as_str());
    Ok(events.iter().find(is_it).map(|event| event.id.clone()))
}

/// The next page, which is where the first was: the token goes nowhere else.
fn ours(accounts: &Accounts, next: String) -> Result<String, Fault> {
    let base = &accounts.of(Provider::Microsoft)?.api;
    if next.starts_with(&format!("{base}/")) { Ok(next) } else { Err(Fault::Unreadable) }
}

fn moment(at: Timestamp) -> Value {
    json!({ "dateTime": at.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": "UTC" })
}

fn url(accounts: &Accounts, path: &str) -> Result<String, Fault> {
    Ok(format!("{}/me{path}", accounts.of(Provider::Microsoft)?.api))
}
