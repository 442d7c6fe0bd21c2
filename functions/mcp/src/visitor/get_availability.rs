//! Whether the professional takes on new work, as far as they have said so, and when they can be met.

use jiff::tz::TimeZone;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    store::oauth::Scope,
    tools::find_times::{self, Offered},
};

use crate::{
    call::Call,
    tool::{Answer, Entry, Kind, given, produced, schema},
};

pub const ENTRY: Entry = Entry {
    name: "get_availability",
    title: "Availability",
    description: "When the professional can be met, and what they have said of being available for work, with sources. \
                  Gives free times in their calendar, of which `book_meeting` takes the `start`; it books nothing.",
    input: schema::<Arguments>,
    output: produced::<Output>,
    kind: Kind::Reads,
    reaches_out: false,
    scope: Scope::Talk,
    run: |call, arguments| {
        Box::pin(async move {
            let given = given!(arguments);
            available(call, given).await
        })
    },
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// When it suits the person, in their words: "Tuesday after three". Without it, the next times.
    #[serde(default)]
    #[schemars(with = "String")]
    when: Option<String>,
    /// Where the person is: an IANA name, such as Europe/London.
    #[serde(default)]
    #[schemars(with = "String")]
    time_zone: Option<String>,
    /// The id of a type of meeting that an earlier result named.
    #[serde(default)]
    #[schemars(with = "String")]
    meeting: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// What was said; empty if nothing is known.
    statements: Vec<Statement>,
    /// On whose clock the times are said.
    time_zone: String,
    /// Free times; empty if nobody can book.
    times: Vec<Time>,
    /// What may be booked.
    meetings: Vec<Meeting>,
    /// How a time is agreed on.
    booking: String,
}

#[derive(Serialize, JsonSchema)]
struct Time {
    /// For `book_meeting`.
    start: String,
    /// For the person.
    say: String,
}

#[derive(Serialize, JsonSchema)]
struct Meeting {
    id: String,
    title: String,
    minutes: u16,
}

#[derive(Serialize, JsonSchema)]
struct Statement {
    text: String,
    source: String,
}

async fn available(call: &Call, given: Arguments) -> Result<Answer, Error> {
    let Arguments { when, time_zone, meeting } = given;
    let asked = find_times::Arguments { when, time_zone, meeting };
    let offer = match call.state.twin.offer(&asked, None, call.now).await? {
        Offered::Times(offer) => Some(offer),
        Offered::Closed => None,
        Offered::Refused(why) => return Ok(Answer::wrong(why)),
        Offered::OnNoClock(why) => return Ok(Answer::wrong(why.why())),
    };
    let time_zone = offer.as_ref().map_or_else(|| "UTC".to_owned(), |offer| offer.zone.clone());
    let zone = TimeZone::get(&time_zone).unwrap_or(TimeZone::UTC);
    let slots = offer.iter().flat_map(|offer| &offer.slots);
    let times: Vec<Time> = slots
        .map(|slot| Time { start: slot.start.to_string(), say: find_times::said(slot.start, &zone) })
        .collect();
    let stated = call.state.twin.availability(call.now).await?.into_iter();
    let statements =
        stated.map(|found| Statement { text: found.text, source: found.citation.to_string() }).collect();
    let booking = match &offer {
        Some(offer) if !times.is_empty() => {
            format!("{}. Book one with book_meeting, once the person agrees.", offer.fit.words())
        }
        _ => "No time can be booked: propose times with book_meeting, and the professional confirms."
            .to_owned(),
    };
    let meetings = offer.into_iter().flat_map(|offer| offer.meetings);
    let meetings =
        meetings.map(|kind| Meeting { id: kind.id, title: kind.title, minutes: kind.minutes }).collect();
    Ok(Answer::done(Output { statements, time_zone, times, meetings, booking }))
}
