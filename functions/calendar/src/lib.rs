//! The owner's calendar: free times and bookings for anybody, links for those who booked, settings and a private feed
//! for the owner.
//!
//! - `times`: what is free
//! - `book`: a time is booked, from the page
//! - `links`: what a guest's link shows and does
//! - `outside`: calendars that the owner keeps elsewhere
//! - `owner`: settings, what is booked, the feed
//! - `limits`: how much is let in

mod times;
mod book;
mod links;
mod outside;
mod owner;
mod shown;
mod limits;

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post, put},
};
use http::Method;
use twin::{
    clients::calendars::CALLBACK,
    error::Error,
    http::{Operation, OwnerAuth, Route, app as router},
    id::{BookingId, OutsideId, PersonId},
    scheduling::{Booking, Refusal, SavedCalendar},
    twin::Twin,
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
    /// Where this deployment is reached, without a path.
    pub public_base_url: String,
    /// Who invites.
    pub owner_email: String,
    /// The domain where answers are received, of guests' calendars, too; without one they go to the owner.
    pub reply_domain: Option<String>,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

const LINK: &str = "/api/calendar/links/{link}";

const OF_ACCOUNT: &str = "/api/calendar/outside/{calendar}/calendars";

pub fn routes() -> Vec<Route<State>> {
    [public(), of_a_link(), of_the_owner(), elsewhere()].into_iter().flatten().collect()
}

fn public() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/calendar/slots", get(times::list)).described(
            Operation::new("listTimes", "Free times, also by what somebody said: `Tuesday after three`")
                .public()
                .query::<times::Query>()
                .gives::<times::Times>(200)
                .fails(&[429]),
        ),
        Route::new(Method::POST, "/api/calendar/bookings", post(book::book)).described(
            Operation::new("bookMeeting", "Book a free time")
                .public()
                .takes::<book::Wish>()
                .gives::<book::Booked>(201)
                .fails(&[403, 404, 409, 429]),
        ),
    ]
}

fn of_a_link() -> Vec<Route<State>> {
    let of = |id, summary| Operation::new(id, summary).public().place::<String>("link");
    vec![
        Route::new(Method::GET, LINK, get(links::show))
            .described(of("readBooking", "The booking that a link leads to").gives::<shown::Shown>(200)),
        Route::new(Method::POST, "/api/calendar/links/{link}/move", post(links::relocate)).described(
            of("moveBooking", "Move it to another free time")
                .takes::<links::Move>()
                .gives::<shown::Shown>(200)
                .fails(&[403, 409]),
        ),
        Route::new(Method::POST, "/api/calendar/links/{link}/cancel", post(links::cancel))
            .described(of("cancelBooking", "Cancel it").gives::<shown::Shown>(200).fails(&[403, 409])),
        Route::new(Method::GET, "/api/calendar/links/{link}/invitation.ics", get(links::invitation))
            .described(of("readInvitation", "For a calendar: iCalendar").gives_file("text/calendar")),
    ]
}

fn of_the_owner() -> Vec<Route<State>> {
    let settings = "/api/calendar/settings";
    vec![
        Route::new(Method::GET, settings, get(owner::settings)).described(
            Operation::new("readCalendar", "When the owner may be met").gives::<SavedCalendar>(200),
        ),
        Route::new(Method::PUT, settings, put(owner::replace)).described(
            Operation::new("replaceCalendar", "Save settings in place of the version that was read")
                .takes::<owner::Replacement>()
                .gives::<SavedCalendar>(200)
                .fails(&[409]),
        ),
        Route::new(Method::GET, "/api/calendar/bookings", get(owner::list)).described(
            Operation::new("listBookings", "What is booked, by when it begins")
                .query::<owner::Span>()
                .gives::<owner::Bookings>(200),
        ),
        Route::new(
            Method::POST,
            "/api/calendar/people/{person}/bookings/{booking}/cancel",
            post(owner::cancel),
        )
        .described(
            Operation::new("cancelForGuest", "Cancel a booking; the guest is told")
                .place::<PersonId>("person")
                .place::<BookingId>("booking")
                .gives::<Booking>(200)
                .fails(&[409]),
        ),
        Route::new(Method::POST, "/api/calendar/feed", post(owner::new_feed)).described(
            Operation::new("makeFeed", "A new secret address of the feed; the one before ends")
                .gives::<owner::Feed>(201),
        ),
        Route::new(Method::GET, "/api/calendar/feed/{secret}/feed.ics", get(owner::feed)).described(
            Operation::new("readFeed", "What is booked, for the owner's own calendar: iCalendar")
                .public()
                .place::<String>("secret")
                .gives_file("text/calendar"),
        ),
    ]
}

fn elsewhere() -> Vec<Route<State>> {
    let (all, one) = ("/api/calendar/outside", "/api/calendar/outside/{calendar}");
    let of = |id, summary| Operation::new(id, summary).place::<OutsideId>("calendar");
    vec![
        Route::new(Method::GET, all, get(outside::list)).described(
            Operation::new("listOutsideCalendars", "Calendars elsewhere that are read, and how that goes")
                .gives::<outside::All>(200),
        ),
        Route::new(Method::POST, all, post(outside::add)).described(
            Operation::new(
                "addOutsideCalendar",
                "Read a calendar by its address: what is busy there cannot be booked",
            )
            .takes::<outside::New>()
            .gives::<outside::Shown>(201),
        ),
        Route::new(Method::POST, "/api/calendar/outside/connections", post(outside::connect)).described(
            Operation::new(
                "connectCalendar",
                "Where to consent to a provider's calendar being read and written",
            )
            .takes::<outside::Connect>()
            .gives::<outside::Consent>(201)
            .fails(&[404]),
        ),
        Route::new(Method::GET, CALLBACK, get(outside::callback)),
        Route::new(Method::POST, "/api/calendar/outside/{calendar}/read", post(outside::read))
            .described(of("readOutsideCalendar", "Read it now").gives::<outside::Shown>(200)),
        Route::new(Method::GET, OF_ACCOUNT, get(outside::calendars)).described(
            of(
                "listCalendarsOfAccount",
                "The calendars of a connected account, and which of them count as busy",
            )
            .gives::<outside::OfAccount>(200)
            .fails(&[422]),
        ),
        Route::new(Method::PUT, OF_ACCOUNT, put(outside::choose)).described(
            of("chooseCalendarsOfAccount", "Which calendars of a connected account count as busy")
                .takes::<outside::Choice>()
                .gives::<outside::Shown>(200)
                .fails(&[409]),
        ),
        Route::new(Method::DELETE, one, delete(outside::remove))
            .described(of("removeOutsideCalendar", "Read it no more").gives_nothing(204)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}

/// What somebody else was quicker to take is a conflict; what is never offered is wrong.
fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Taken | Refusal::DayFull => Error::Taken(refusal.to_string()),
        refusal => Error::Invalid(refusal.to_string()),
    }
}
