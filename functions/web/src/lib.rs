//! The pages: who this is, the chat, the voice, and the owner's view of people and their timelines.
//!
//! Rendered here from typed templates that escape; the chat, the voice, the calendar and the dashboard have scripts. A link
//! that works once is used up by the POST of a form, never by a GET: what scans mails for links does GET.

mod home;
mod sign_in;
mod people;
mod recordings;
mod chat;
mod dashboard;
mod voice;
mod handed;
mod book;
mod view;
mod page;
mod failure;
mod assets;
mod openapi;

/// Where the stylesheet is, for pages of others.
pub use assets::stylesheet;
pub use dashboard::{Part, Parts, Standing, deployed_parts};
pub use failure::sign_in_first;
/// The JSON API, described.
pub use openapi::{DOCUMENT, Document};
pub use sign_in::Entrance;

use axum::{
    Router,
    extract::FromRef,
    middleware,
    routing::{get, post},
};
use http::Method;
use twin::{
    clients::vault::Vault,
    http::{Operation, OwnerAuth, Route, app as router},
    interaction::Simulated,
    store::Store,
};

#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub auth: OwnerAuth,
    /// How the owner's browser is signed in.
    pub entrance: Entrance,
    /// Where these pages are reached: forms are taken from there only.
    pub public_base_url: String,
    /// The twin's own number, in E.164; empty when there is none.
    pub phone_number: String,
    /// The origin that browsers call to talk with the model; none where there is no model to talk with.
    pub calls_origin: Option<String>,
    pub vault: Vault,
    /// How the system is set up, for the owner to see.
    pub parts: Parts,
    /// What is only played, and costs nothing.
    pub simulated: Simulated,
    /// How a simulated call is placed; none where calls are real.
    pub call: Option<String>,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/", get(home::home)),
        Route::new(Method::GET, "/health", get(home::health)),
        Route::new(Method::GET, "/robots.txt", get(home::robots)),
        Route::new(Method::GET, "/openapi.json", get(openapi::document))
            .described(Operation::new("readDocument", "This document").public().gives::<Document>(200)),
        Route::new(Method::GET, "/assets/{file}", get(assets::asset)),
        Route::new(Method::GET, sign_in::PATH, get(sign_in::ask)),
        Route::new(Method::POST, sign_in::PATH, post(sign_in::redeem)),
        Route::new(Method::POST, sign_in::SIGN_OUT, post(sign_in::sign_out)),
        Route::new(Method::GET, "/people", get(people::people)),
        Route::new(Method::GET, "/people/{person}", get(people::person)),
        Route::new(Method::GET, "/people/{person}/recordings/{recording}", get(recordings::listen)),
        Route::new(Method::GET, dashboard::PATH, get(dashboard::today)),
        Route::new(Method::GET, "/dashboard/{view}", get(dashboard::view)),
        Route::new(Method::GET, chat::PATH, get(chat::page)),
        Route::new(Method::POST, chat::PATH, post(chat::redeem)),
        Route::new(Method::GET, voice::PATH, get(voice::page)),
        Route::new(Method::POST, voice::PATH, post(voice::redeem)),
        Route::new(Method::GET, book::PATH, get(book::page)),
        Route::new(Method::GET, book::LINK, get(book::booked)),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state).fallback(failure::nothing).layer(middleware::from_fn(page::guard))
}
