//! A time is booked from the page: whoever books is the person of the browser's chat, a new one if it has none.

use axum::{
    Json,
    extract::{Request, State as Extract},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    error::Error,
    http::{address, json, known, or_begun, same_origin},
    identity::{Email, PersonName, Phone},
    interaction::Channel,
    scheduling::{Guest, booking::MAX_TOPIC},
    twin::{Booker, ToBook},
};

use crate::{State, limits, refused, shown::Shown, times::zone_of};

/// Bytes of a key: a UUID has 36.
const KEY: std::ops::RangeInclusive<usize> = 16..=64;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wish {
    /// A UUID that the caller makes: the same again is the same booking.
    #[schemars(length(min = 16, max = 64))]
    key: String,
    /// The type of the meeting; without one, the owner's first.
    meeting: Option<String>,
    start: Timestamp,
    #[schemars(length(min = 1, max = 200))]
    name: String,
    email: Email,
    /// With the country code; of a meeting in which the guest is called, it has to be there (`asksPhone`).
    #[schemars(length(max = 40))]
    phone: Option<String>,
    /// The guest's: an IANA name.
    time_zone: String,
    /// What it is about.
    #[schemars(length(max = 300))]
    topic: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    booking: Shown,
    /// The page that shows it, moves and cancels it.
    link: String,
    /// For a calendar.
    invitation: String,
}

pub async fn book(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let headers = request.headers().clone();
    same_origin(&headers, &state.public_base_url)?;
    let (parts, body) = request.into_parts();
    let from = address(&parts);
    let wish: Wish = json(Request::from_parts(parts, body)).await?;
    let now = Timestamp::now();
    let wanted = checked(wish)?;
    state.twin.may_be_booked(&wanted).await?;
    limits::book(state.twin.store(), &from, now).await?;
    state.twin.count_booking(wanted.guest.email.as_ref(), now).await?;
    let found = known(&state.twin, &headers, now).await?;
    let (chatting, cookie) = or_begun(&state.twin, found, &headers, &state.public_base_url, now).await?;
    let booker = Booker {
        person: chatting.chat.person.clone(),
        interaction: None,
        channel: Channel::Chat,
        level: chatting.chat.level,
        read_back: false,
    };
    let booking = state.twin.book(&booker, wanted, now).await?.map_err(refused)?;
    let secret = state.twin.link_to(&booking).await?;
    let base = &state.public_base_url;
    let booked = Booked {
        booking: Shown::of(&booking, now),
        link: format!("{base}/book/{}", secret.reveal()),
        invitation: format!("{base}/api/calendar/links/{}/invitation.ics", secret.reveal()),
    };
    let mut response = (StatusCode::CREATED, Json(booked)).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn checked(wish: Wish) -> Result<ToBook, Error> {
    let wrong = |why: &str| Error::Invalid(why.to_owned());
    if !KEY.contains(&wish.key.len()) || !wish.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("the key has 16 to 64 visible characters"));
    }
    let name = PersonName::clean(&wish.name).map_err(|error| Error::Invalid(error.to_string()))?;
    zone_of(&wish.time_zone)?;
    let topic = wish.topic.as_deref().map(str::trim).filter(|topic| !topic.is_empty());
    let topic = match topic {
        Some(topic) if topic.chars().count() > MAX_TOPIC => {
            return Err(wrong("what it is about has 300 characters at most"));
        }
        Some(topic) if topic.chars().any(|c| c.is_control() && c != '\n') => {
            return Err(wrong("what it is about is plain text"));
        }
        topic => topic.map(str::to_owned),
    };
    let phone = wish.phone.as_deref().map(str::trim).filter(|phone| !phone.is_empty());
    let phone = phone.map(Phone::from_said).transpose();
    let phone = phone.map_err(|_| wrong("the number is one with its country code, such as +49 30 901820"))?;
    let guest = Guest { name: Some(name), email: Some(wish.email), phone, time_zone: wish.time_zone };
    Ok(ToBook { key: wish.key, meeting: wish.meeting, start: wish.start, guest, topic })
}
