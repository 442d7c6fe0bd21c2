//! The phone's webhooks: who calls, what Twilio does next, and how a call ended.
//!
//! Each answer is `TwiML`. Whatever breaks behind it, the caller hears something: a `SAFE` answer says what
//! is the matter and takes a voicemail.

mod answer;
mod calls;
mod incoming;
mod live_transcription;
mod settings;
mod signed;
mod texts;
mod transfer;
mod voicemail;

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post, put},
};
use http::Method;
use twin::{
    clients::twilio::TwilioRest,
    config::{PublicUrls, Twilio},
    http::{Operation, OwnerAuth, Route, app as router},
    id::{CallSid, DialId, PersonId},
    outbound::Dial,
    routing::settings::SavedSettings,
    twin::{
        ANSWERED, DETECTED, ENDED, LIVE_TRANSCRIPTION, OWNER, PROGRESS, RECORDED, TEXT_STATUS, TRANSCRIBED,
        Twin,
    },
    wire::ticket::TicketKey,
};

pub use incoming::{DEADLINE, a_day};
pub use voicemail::KEPT_WITHIN;

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub twilio: Twilio,
    pub urls: PublicUrls,
    pub tickets: TicketKey,
    pub auth: OwnerAuth,
    pub telephony: TwilioRest,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub const INCOMING: &str = "/api/phone/webhook";
pub const AFTER_STREAM: &str = "/api/phone/after-stream";
pub const STATUS: &str = "/api/phone/status";
pub const FALLBACK: &str = "/api/phone/fallback";
pub const RECORDING: &str = "/api/phone/recording";
pub const ANSWER: &str = "/api/phone/transfer/answer";
/// The owner is in the room.
pub const JOINED: &str = "/api/phone/transfer/joined";
pub const DIALLED: &str = "/api/phone/transfer/dialled";
pub const CALLS: &str = "/api/phone/calls";
pub const ONE_CALL: &str = "/api/phone/calls/{person}/{dial}";
pub const ALLOW: &str = "/api/phone/screened/{call}/allow";
/// Text messages to our number.
pub const TEXTS: &str = "/api/phone/texts";
pub const SETTINGS: &str = "/api/phone/settings";

pub fn routes() -> Vec<Route<State>> {
    [webhooks(), owners()].into_iter().flatten().collect()
}

/// Twilio's.
fn webhooks() -> Vec<Route<State>> {
    vec![
        Route::new(Method::POST, INCOMING, post(incoming::incoming)),
        Route::new(Method::POST, AFTER_STREAM, post(voicemail::after_stream)),
        Route::new(Method::POST, STATUS, post(incoming::status)),
        Route::new(Method::POST, FALLBACK, post(voicemail::fallback)),
        Route::new(Method::POST, RECORDING, post(voicemail::recording)),
        Route::new(Method::POST, RECORDED, post(voicemail::recorded)),
        Route::new(Method::POST, TRANSCRIBED, post(voicemail::transcription)),
        Route::new(Method::POST, LIVE_TRANSCRIPTION, post(live_transcription::live_transcription)),
        Route::new(Method::POST, OWNER, post(transfer::owner)),
        Route::new(Method::POST, ANSWER, post(transfer::answer)),
        Route::new(Method::POST, JOINED, post(transfer::joined)),
        Route::new(Method::POST, ENDED, post(transfer::status)),
        Route::new(Method::POST, DIALLED, post(transfer::dialled)),
        Route::new(Method::POST, ANSWERED, post(calls::answered)),
        Route::new(Method::POST, PROGRESS, post(calls::status)),
        Route::new(Method::POST, DETECTED, post(calls::detected)),
        Route::new(Method::POST, TEXTS, post(texts::texted)),
        Route::new(Method::POST, TEXT_STATUS, post(texts::status)),
    ]
}

fn owners() -> Vec<Route<State>> {
    let of = |id, summary| Operation::new(id, summary).place::<PersonId>("person").place::<DialId>("dial");
    let one = [("person", "$response.body#/person"), ("dial", "$response.body#/id")];
    vec![
        Route::new(Method::POST, CALLS, post(calls::place)).described(
            Operation::new("placeCall", "Have the twin call a contact, as soon as it may")
                .takes::<calls::New>()
                .gives::<Dial>(202)
                .fails(&[404, 409])
                .leads_to("readPlacedCall", &one)
                .leads_to("cancelPlacedCall", &one),
        ),
        Route::new(Method::GET, CALLS, get(calls::list)).described(
            Operation::new("listPlacedCalls", "Calls that the twin places, the newest first")
                .gives::<calls::Calls>(200),
        ),
        Route::new(Method::GET, ONE_CALL, get(calls::one))
            .described(of("readPlacedCall", "How far a call came").gives::<Dial>(200)),
        Route::new(Method::DELETE, ONE_CALL, delete(calls::cancel))
            .described(of("cancelPlacedCall", "Do not place it after all").gives::<Dial>(200).fails(&[409])),
        Route::new(Method::POST, ALLOW, post(settings::allow)).described(
            Operation::new("allowCaller", "Whoever made this call is not taken for spam again")
                .place::<CallSid>("call")
                .gives::<SavedSettings>(200)
                .fails(&[409, 422]),
        ),
        Route::new(Method::GET, SETTINGS, get(settings::read)).described(
            Operation::new("readPhoneSettings", "When the owner may be reached, and what the twin may do")
                .gives::<SavedSettings>(200),
        ),
        Route::new(Method::PUT, SETTINGS, put(settings::replace)).described(
            Operation::new("replacePhoneSettings", "Save settings in place of the version that was read")
                .takes::<settings::Replacement>()
                .gives::<SavedSettings>(200)
                .fails(&[409]),
        ),
    ]
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}
