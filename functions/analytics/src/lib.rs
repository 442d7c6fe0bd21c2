//! How things go, for the owner: reports of any period, what is behind each count, and what needs a look today.

mod behind;
mod events;
mod health;
mod period;
mod report;
mod today;

use axum::{Router, extract::FromRef, routing::get};
use http::Method;
use twin::{
    analytics::Report,
    http::{Operation, OwnerAuth, Route, app as router},
    twin::{Health, Twin},
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/analytics/report", get(report::read)).described(
            Operation::new("readReport", "The metrics of a period, beside those of the period before")
                .query::<report::Asked>()
                .gives::<Report>(200)
                .gives_file("text/csv"),
        ),
        Route::new(Method::GET, behind::PATH, get(behind::list)).described(
            Operation::new("listBehind", "The conversations behind a count, the newest first")
                .query::<behind::Asked>()
                .gives::<behind::Page>(200)
                .gives_file("text/csv"),
        ),
        Route::new(Method::GET, events::PATH, get(events::list)).described(
            Operation::new(
                "listEvents",
                "What else is behind a count: follow-ups, opportunities, links, questions",
            )
            .query::<events::Asked>()
            .gives::<events::Page>(200)
            .gives_file("text/csv"),
        ),
        Route::new(Method::GET, "/api/analytics/health", get(health::read)).described(
            Operation::new("readHealth", "What went wrong, and what today came to beside what it may")
                .gives::<Health>(200),
        ),
        Route::new(Method::GET, "/api/analytics/today", get(today::read)).described(
            Operation::new("readToday", "What needs a look, and what goes on").gives::<today::Today>(200),
        ),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
