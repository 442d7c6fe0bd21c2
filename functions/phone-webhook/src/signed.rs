//! A webhook that Twilio signed for this URL and this account, with each field once.

use axum::extract::{FromRequest, Request};
use http::header;
use twin::{
    error::Error,
    http::body,
    id::CallSid,
    wire::{
        trace::{self, Trace},
        twilio::{
            signature::Signature,
            webhook::{Form, FormError, TextStatus, Texted, VoiceRequest, about, pairs},
        },
    },
};

use crate::State;

/// A request about a call that says who speaks with whom.
pub struct Signed {
    pub form: Form,
    pub voice: VoiceRequest,
    /// What it belongs to, where AWS says so.
    pub trace: Option<Trace>,
}

/// A callback about something of a call.
pub struct Callback {
    pub form: Form,
    pub call: CallSid,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl FromRequest<State> for Signed {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let trace = request.headers().get(trace::HEADER).and_then(|value| Trace::read(value.to_str().ok()?));
        let Callback { form, .. } = Callback::from_request(request, state).await?;
        let voice = VoiceRequest::from_form(&form).map_err(malformed)?;
        Ok(Self { form, voice, trace })
    }
}

/// A text message to our number.
pub struct Message(pub Texted);

impl FromRequest<State> for Message {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let texted = Texted::from_form(&signed(request, state).await?).map_err(malformed)?;
        if texted.account_sid != state.twilio.account_sid || texted.to != state.twilio.phone_number.as_str() {
            return Err(Error::Forbidden);
        }
        Ok(Self(texted))
    }
}

/// What becomes of a text message of ours.
pub struct Sent(pub TextStatus);

impl FromRequest<State> for Sent {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let text = TextStatus::from_form(&signed(request, state).await?).map_err(malformed)?;
        if text.account_sid != state.twilio.account_sid {
            return Err(Error::Forbidden);
        }
        Ok(Self(text))
    }
}

impl FromRequest<State> for Callback {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        let form = signed(request, state).await?;
        let (account, call) = about(&form).map_err(malformed)?;
        if account != state.twilio.account_sid {
            return Err(Error::Forbidden);
        }
        Ok(Self { form, call })
    }
}

async fn signed(request: Request, state: &State) -> Result<Form, Error> {
    let (parts, body) = body(request).await?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|kind| kind.starts_with(FORM)) {
        return Err(Error::UnsupportedMediaType);
    }
    // The URL that was signed is the configured one, never what a header claims.
    let mut url = format!("{}{}", state.urls.base, parts.uri.path());
    if let Some(query) = parts.uri.query() {
        url.push('?');
        url.push_str(query);
    }
    let signature = Signature::of(|name| parts.headers.get(name)?.to_str().ok()).ok_or(Error::Forbidden)?;
    let pairs = pairs(&body).map_err(malformed)?;
    if !state.twilio.has_signed(signature, &url, &pairs) {
        return Err(Error::Forbidden);
    }
    Form::new(pairs).map_err(malformed)
}

pub fn malformed(error: FormError) -> Error {
    Error::Malformed(error.to_string())
}
