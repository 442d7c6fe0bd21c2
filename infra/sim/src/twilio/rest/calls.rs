//! `Calls.json` and `Calls/{sid}.json`

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Answer, Form, Found, RestError, VERSION, is_e164};
use crate::twilio::{
    Control, Live, Twilio,
    caller::{CallConfig, Detection},
    live::held,
    rfc2822,
    twiml::Target,
};

/// The longest `Twiml` parameter, in characters.
const LONGEST_TWIML: usize = 4000;

/// 201 and the call, `queued`. It is answered only if somebody is there ([`Twilio::answer_with`]).
pub fn create(sim: &Twilio, form: &Form) -> Result<Answer, RestError> {
    let to = form.require("To", 21201)?;
    let from = form.require("From", 21213)?;
    if !is_e164(to) {
        return Err(RestError::new(
            400,
            21211,
            format!("The phone number you are attempting to call, {to}, is not valid."),
        ));
    }
    if !is_e164(from) {
        let why = format!("The source phone number provided, {from}, is not yet verified for your account.");
        return Err(RestError::new(400, 21210, why));
    }
    let document = twiml(form)?;
    let Some(document) = document else {
        return Err(RestError::new(400, 21205, "Url parameter is required."));
    };
    let callee = held(&sim.callees).get(to).cloned().or_else(|| held(&sim.callee).clone());
    let somebody = callee.clone().unwrap_or_default();
    let mut config = CallConfig {
        direction: "outbound-api",
        status_callback: form.get("StatusCallback").map(str::to_owned),
        fallback: form.get("FallbackUrl").map(str::to_owned),
        progress: form.0.iter().any(|(name, _)| name == "StatusCallbackEvent"),
        lines: somebody.lines,
        digits: somebody.digits,
        manners: somebody.manners,
        picks_up: somebody.picks_up,
        detects: detects(form, somebody.detected)?,
        tempo: somebody.tempo,
        faults: somebody.faults,
        ..sim.call("", from, to)
    };
    config.limit = time_limit(form)?.unwrap_or(config.limit);
    match document {
        Control::Document(text) => config.twiml = Some(text),
        Control::Fetch(target) => config.webhook = target.url,
        Control::HangUp => {}
    }
    let live = if callee.is_some() {
        let placed = sim.place(config).map_err(|why| RestError::new(500, 20500, why.message))?;
        let live = Arc::clone(&placed.live);
        held(&sim.answered).push(placed);
        live
    } else {
        let parties = [from, to].map(str::to_owned);
        let live = Arc::new(Live::new(crate::twilio::new_sid("CA"), parties, "outbound-api", None).0);
        held(&sim.calls).push(Arc::clone(&live));
        live
    };
    let mut body = resource(sim, &live);
    body["status"] = json!("queued");
    Ok(Answer::Json(201, body))
}

/// Whole seconds, of which there is at least one.
fn time_limit(form: &Form) -> Result<Option<Duration>, RestError> {
    let Some(text) = form.get("TimeLimit") else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or_else(|| RestError::new(400, 21218, format!("Invalid TimeLimit: {text}")))?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// When which callback tells what, of a call for which it is asked.
fn detects(form: &Form, detected: Option<(Duration, &'static str)>) -> Result<Option<Detection>, RestError> {
    let Some(mode) = form.get("MachineDetection") else { return Ok(None) };
    if !matches!(mode, "Enable" | "DetectMessageEnd") {
        return Err(RestError::new(400, 21218, format!("Invalid MachineDetection: {mode}")));
    }
    let callback = form.target("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod");
    let Some(callback) = callback.filter(|_| form.get("AsyncAmd") == Some("true")) else {
        // Twilio would wait with the document: nothing here asks for that.
        return Err(RestError::new(400, 21262, "AsyncAmdStatusCallback is required"));
    };
    Ok(detected.map(|(after, answered_by)| Detection { callback, after, answered_by }))
}

pub fn fetch(sim: &Twilio, sid: &str) -> Found {
    let live = find(sim, sid)?;
    Some(Ok(Answer::Json(200, resource(sim, &live))))
}

/// Ends a live call (`Status`) or gives it new TwiML (`Twiml`, `Url`).
pub fn update(sim: &Twilio, sid: &str, form: &Form) -> Found {
    let live = find(sim, sid)?;
    Some(try_update(&live, form).map(|()| Answer::Json(200, resource(sim, &live))))
}

fn try_update(live: &Live, form: &Form) -> Result<(), RestError> {
    let control = match form.get("Status") {
        Some("completed" | "canceled") => Control::HangUp,
        Some(other) => return Err(RestError::new(400, 21218, format!("Invalid Status: {other}"))),
        None => match twiml(form)? {
            Some(control) => control,
            None => return Ok(()),
        },
    };
    if live.control(control) {
        return Ok(());
    }
    Err(RestError::new(400, 21220, "Call is not in-progress. Cannot redirect."))
}

fn twiml(form: &Form) -> Result<Option<Control>, RestError> {
    if let Some(text) = form.get("Twiml") {
        if text.chars().count() > LONGEST_TWIML {
            return Err(RestError::new(400, 21218, "Twiml parameter is too long"));
        }
        return Ok(Some(Control::Document(text.to_owned())));
    }
    let Some(target) = form.target("Url", "Method") else { return Ok(None) };
    let is_url = |Target { url, .. }: &Target| url.starts_with("http://") || url.starts_with("https://");
    if !is_url(&target) {
        return Err(RestError::new(400, 21205, format!("Url is not a valid URL: {}", target.url)));
    }
    Ok(Some(Control::Fetch(target)))
}

pub fn find(sim: &Twilio, sid: &str) -> Option<Arc<Live>> {
    held(&sim.calls).iter().rev().find(|live| live.sid == sid).cloned()
}

fn resource(sim: &Twilio, live: &Live) -> Value {
    let progress = live.progress();
    let uri = format!("{VERSION}{}/Calls/{}", sim.account_sid, live.sid);
    let list = |name: &str| format!("{uri}/{name}.json");
    json!({
        "sid": live.sid,
        "account_sid": sim.account_sid,
        "api_version": "2010-04-01",
        "from": live.from,
        "from_formatted": live.from,
        "to": live.to,
        "to_formatted": live.to,
        "direction": live.direction,
        "status": progress.status,
        "answered_by": null,
        "parent_call_sid": null,
        "phone_number_sid": null,
        "group_sid": null,
        "trunk_sid": null,
        "queue_time": "0",
        "annotation": null,
        "caller_name": live.caller_name,
        "forwarded_from": null,
        "start_time": progress.started.map(rfc2822),
        "end_time": progress.ended.map(rfc2822),
        "duration": progress.ended.map(|_| progress.duration().as_secs().to_string()),
        "price": null,
        "price_unit": "USD",
        "date_created": rfc2822(live.created),
        "date_updated": rfc2822(progress.ended.or(progress.started).unwrap_or(live.created)),
        "uri": format!("{uri}.json"),
        "subresource_uris": {
            "recordings": list("Recordings"),
            "notifications": list("Notifications"),
            "streams": list("Streams"),
            "transcriptions": list("Transcriptions"),
        },
    })
}
