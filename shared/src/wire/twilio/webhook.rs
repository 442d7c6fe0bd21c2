//! The voice webhook's form: fields that are used, each with a strict pattern.
//!
//! The signature's encoding is ambiguous (`{a:b,c:d}` and `{a:bcd}` sign alike), so a repeated or odd field
//! is refused even when the signature is right. Source: Twilio, "TwiML voice request parameters".

use std::collections::HashMap;

use crate::{
    id::{CallSid, CallSidError},
    identity::{Caller, Phone},
};

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FormError {
    #[error("the body is not a form")]
    NotAForm,
    #[error("the field {0} is there twice")]
    Repeated(String),
    #[error("the field {0} is missing")]
    Missing(&'static str),
    #[error("the field {0} is not as Twilio writes it")]
    Malformed(&'static str),
}

impl From<CallSidError> for FormError {
    fn from(_: CallSidError) -> Self {
        Self::Malformed("CallSid")
    }
}

/// The decoded pairs in the order of the body: what the signature covers.
pub fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    serde_urlencoded::from_bytes(body).map_err(|_| FormError::NotAForm)
}

/// A form whose signature was checked, with each field once.
pub struct Form(HashMap<String, String>);

impl Form {
    pub fn new(pairs: Vec<(String, String)>) -> Result<Self, FormError> {
        let mut fields = HashMap::with_capacity(pairs.len());
        for (name, value) in pairs {
            if let Some(repeated) = fields.insert(name.clone(), value) {
                drop(repeated);
                return Err(FormError::Repeated(name.chars().filter(char::is_ascii_alphanumeric).collect()));
            }
        }
        Ok(Self(fields))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, FormError> {
        self.get(name).ok_or(FormError::Missing(name))
    }
}

/// Who calls whom, and where the call stands: the fields that each voice request carries.
#[derive(Debug, Clone)]
pub struct VoiceRequest {
    pub call_sid: CallSid,
    pub account_sid: String,
    pub caller: Caller,
    /// The number that was called, as Twilio wrote it.
    pub to: String,
    pub status: CallStatus,
    /// We placed it.
    pub outbound: bool,
    pub stir_verstat: Option<String>,
    /// The telephone that passed it on, where the carrier tells.
    pub forwarded_from: Option<Phone>,
    /// Seconds, in the final status callback.
    pub duration: Option<u64>,
    /// Order of status callbacks, from 0.
    pub sequence_number: Option<u64>,
}

/// Twilio's call statuses, in the order in which a call may pass them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    Failed,
    NoAnswer,
    Canceled,
}

impl CallStatus {
    const PASSING: [Self; 4] = [Self::Queued, Self::Initiated, Self::Ringing, Self::InProgress];

    /// The statuses from which a call may come to this one. None follows a final one.
    pub fn before(self) -> impl Iterator<Item = Self> {
        Self::PASSING.into_iter().filter(move |earlier| *earlier < self)
    }

    pub fn is_final(self) -> bool {
        self >= Self::Completed
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "queued" => Self::Queued,
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "in-progress" => Self::InProgress,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            _ => return None,
        })
    }
}

/// Which account and which call a request is about.
pub fn about(form: &Form) -> Result<(&str, CallSid), FormError> {
    Ok((account(form)?, form.required("CallSid")?.parse()?))
}

const MAX_ADDRESS: usize = 128;

/// A text message to our number.
#[derive(Debug, Clone)]
pub struct Texted {
    pub account_sid: String,
    /// `SM…`, or `MM…` with pictures.
    pub id: String,
    pub from: Caller,
    pub to: String,
    /// What it says about our texts, if it is a word about them and nothing else.
    pub word: Option<Word>,
}

/// What somebody wants of our texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Stop,
    Start,
}

impl Word {
    /// Words that Twilio takes so by itself, for any number.
    const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
    const START: [&str; 3] = ["START", "YES", "UNSTOP"];

    fn parse(text: &str) -> Option<Self> {
        let word = text.trim().trim_end_matches(['.', '!']).to_ascii_uppercase();
        if Self::STOP.contains(&word.as_str()) {
            return Some(Self::Stop);
        }
        Self::START.contains(&word.as_str()).then_some(Self::Start)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
        }
    }

    pub fn wants_texts(self) -> bool {
        self == Self::Start
    }
}

impl Texted {
    /// `OptOutType`, where Twilio tells it, counts before the words: they may be the account's own.
    pub fn from_form(form: &Form) -> Result<Self, FormError> {
        let id = message_sid(form)?;
        let word = match form.get("OptOutType") {
            None | Some("HELP") => Word::parse(form.required("Body")?),
            Some("STOP") => Some(Word::Stop),
            Some("START") => Some(Word::Start),
            Some(_) => return Err(FormError::Malformed("OptOutType")),
        };
        Ok(Self {
            account_sid: account(form)?.to_owned(),
            id: id.to_owned(),
            from: Caller::from_twilio(address(form, "From")?),
            to: address(form, "To")?.to_owned(),
            word,
        })
    }
}

/// What becomes of a text message of ours. Source: Twilio, "Track the message status of outbound messages".
#[derive(Debug, Clone)]
pub struct TextStatus {
    pub account_sid: String,
    /// `SM…`, or `MM…` with pictures.
    pub id: String,
    pub status: MessageStatus,
    /// Twilio's code for why it did not arrive.
    pub error: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageStatus {
    /// Twilio has it: `accepted`, `scheduled`, `queued`, `sending`.
    Underway,
    /// The carrier took it.
    Sent,
    /// It is on the handset: `delivered`, or `read`.
    Delivered,
    Undelivered,
    /// It never left: `failed`, or `canceled`.
    Failed,
}

impl TextStatus {
    pub fn from_form(form: &Form) -> Result<Self, FormError> {
        let status = match form.required("MessageStatus")? {
            "accepted" | "scheduled" | "queued" | "sending" => MessageStatus::Underway,
            "sent" => MessageStatus::Sent,
            "delivered" | "read" => MessageStatus::Delivered,
            "undelivered" => MessageStatus::Undelivered,
            "failed" | "canceled" => MessageStatus::Failed,
            _ => return Err(FormError::Malformed("MessageStatus")),
        };
        let error = form.get("ErrorCode").filter(|code| !code.is_empty());
        let error = error.map(|code| code.parse().map_err(|_| FormError::Malformed("ErrorCode")));
        Ok(Self {
            account_sid: account(form)?.to_owned(),
            id: message_sid(form)?.to_owned(),
            status,
            error: error.transpose()?,
        })
    }
}

fn message_sid(form: &Form) -> Result<&str, FormError> {
    let id = form.required("MessageSid")?;
    if is_sid(id, "SM") || is_sid(id, "MM") { Ok(id) } else { Err(FormError::Malformed("MessageSid")) }
}

fn account(form: &Form) -> Result<&str, FormError> {
    let sid = form.required("AccountSid")?;
    if is_sid(sid, "AC") { Ok(sid) } else { Err(FormError::Malformed("AccountSid")) }
}

fn address<'a>(form: &'a Form, name: &'static str) -> Result<&'a str, FormError> {
    let value = form.required(name)?;
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    let plain = value.len() <= MAX_ADDRESS && value.chars().all(plain) && !value.contains(['=', '&']);
    if !plain || has_swallowed(value) {
        return Err(FormError::Malformed(name));
    }
    Ok(value)
}

impl VoiceRequest {
    pub fn from_form(form: &Form) -> Result<Self, FormError> {
        let (account_sid, call_sid) = about(form)?;
        let outbound = match form.required("Direction")? {
            "inbound" => false,
            "outbound-api" | "outbound-dial" => true,
            _ => return Err(FormError::Malformed("Direction")),
        };
        Ok(Self {
            call_sid,
            account_sid: account_sid.to_owned(),
            caller: Caller::from_twilio(address(form, "From")?),
            to: address(form, "To")?.to_owned(),
            status: CallStatus::parse(form.required("CallStatus")?)
                .ok_or(FormError::Malformed("CallStatus"))?,
            outbound,
            stir_verstat: form.get("StirVerstat").map(ToOwned::to_owned),
            forwarded_from: form.get("ForwardedFrom").and_then(|number| Phone::parse(number).ok()),
            duration: number(form, "CallDuration")?,
            sequence_number: number(form, "SequenceNumber")?,
        })
    }
}

/// A number that goes on in other characters has the name of the next field in it.
fn has_swallowed(address: &str) -> bool {
    let digits = address.strip_prefix('+').unwrap_or_default();
    digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.bytes().all(|b| b.is_ascii_digit())
}

fn number(form: &Form, name: &'static str) -> Result<Option<u64>, FormError> {
    form.get(name).map(|text| text.parse().map_err(|_| FormError::Malformed(name))).transpose()
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
