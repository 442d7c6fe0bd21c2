//! `Messages.json`: an outbox; nothing is sent to anybody.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Form, Found, RestError, VERSION, is_e164};
use crate::twilio::{
    Twilio,
    live::held,
    new_sid, rfc2822,
    twiml::Target,
    web::{Params, Web},
};

/// The longest body, in characters.
const LONGEST: usize = 1600;
const PER_SEGMENT: usize = 153;

/// A message that was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub sid: String,
    /// Empty if a messaging service chooses.
    pub from: String,
    pub messaging_service_sid: Option<String>,
    pub to: String,
    pub body: String,
    pub status_callback: Option<String>,
    pub created: Timestamp,
}

pub fn create(sim: &Twilio, form: &Form) -> Result<Answer, RestError> {
    let message = accept(sim, form)?;
    let body = resource(sim, &message);
    if let Some(url) = message.status_callback.clone() {
        let lost = held(&sim.undeliverable).get(&message.to).copied();
        let notify =
            deliver(sim.web.clone(), Target { url, get: false }, callback_params(sim, &message), lost);
        tokio::spawn(notify);
    }
    held(&sim.outbox).push(message);
    Ok(Answer::Json(201, body))
}

/// Tells the status callback that the message is sent, then delivered; or that it is lost, by which error.
async fn deliver(web: Web, callback: Target, params: Params, lost: Option<u32>) {
    let last = if lost.is_some() { "undelivered" } else { "delivered" };
    for status in ["sent", last] {
        let names = ["MessageStatus", "SmsStatus"];
        let mut told: Params = names.map(|name| (name.to_owned(), status.to_owned())).to_vec();
        if let Some(error) = lost.filter(|_| status == last) {
            told.push(("ErrorCode".to_owned(), error.to_string()));
        }
        web.notify("message-status", &callback, [params.as_slice(), &told].concat()).await;
    }
}

fn callback_params(sim: &Twilio, message: &Message) -> Params {
    let params = [
        ("MessageSid", &message.sid),
        ("SmsSid", &message.sid),
        ("AccountSid", &sim.account_sid),
        ("From", &message.from),
        ("To", &message.to),
    ];
    params.map(|(name, value)| (name.to_owned(), value.clone())).to_vec()
}

pub fn fetch(sim: &Twilio, sid: &str) -> Found {
    let outbox = held(&sim.outbox);
    let message = outbox.iter().find(|message| message.sid == sid)?;
    Some(Ok(Answer::Json(200, resource(sim, message))))
}

/// 21604 no To, 21603 no From, 21602 no Body, 21617 too long, 21211 and 21212 bad numbers, 21610 STOP.
fn accept(sim: &Twilio, form: &Form) -> Result<Message, RestError> {
    let to = form.require("To", 21604)?;
    let service = form.get("MessagingServiceSid");
    let from =
        if service.is_some() { form.get("From").unwrap_or_default() } else { form.require("From", 21603)? };
    let body = form.require("Body", 21602)?;
    if body.chars().count() > LONGEST {
        let why = "The concatenated message body exceeds the 1600 character limit";
        return Err(RestError::new(400, 21617, why));
    }
    if !is_e164(to) {
        return Err(RestError::new(400, 21211, format!("Invalid 'To' Phone Number: {to}")));
    }
    if !from.is_empty() && !is_e164(from) {
        return Err(RestError::new(400, 21212, format!("Invalid From Number (caller ID): {from}")));
    }
    if held(&sim.opted_out).contains(to) {
        return Err(RestError::new(400, 21610, "Attempt to send to unsubscribed recipient"));
    }
    Ok(Message {
        sid: new_sid("SM"),
        from: from.to_owned(),
        messaging_service_sid: service.map(str::to_owned),
        to: to.to_owned(),
        body: body.to_owned(),
        status_callback: form.get("StatusCallback").map(str::to_owned),
        created: Timestamp::now(),
    })
}

fn resource(sim: &Twilio, message: &Message) -> Value {
    let uri = format!("{VERSION}{}/Messages/{}", sim.account_sid, message.sid);
    let created = rfc2822(message.created);
    json!({
        "sid": message.sid,
        "account_sid": sim.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "num_segments": message.body.chars().count().div_ceil(PER_SEGMENT).to_string(),
        "num_media": "0",
        "direction": "outbound-api",
        "from": message.from,
        "to": message.to,
        "messaging_service_sid": message.messaging_service_sid,
        "status": if message.messaging_service_sid.is_some() { "accepted" } else { "queued" },
        "error_code": null,
        "error_message": null,
        "price": null,
        "price_unit": "USD",
        "date_created": created,
        "date_updated": created,
        "date_sent": null,
        "uri": format!("{uri}.json"),
        "subresource_uris": {"media": format!("{uri}/Media.json")},
    })
}
