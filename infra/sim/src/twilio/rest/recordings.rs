//! Recordings of a call: start, change, fetch, delete, and the audio.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Answer, Form, Found, RestError, VERSION, calls};
use crate::twilio::{Live, Twilio, live::held, recording::Recording, rfc2822};

/// The running recording, whatever its sid.
const CURRENT: &str = "Twilio.CURRENT";

pub fn start(sim: &Twilio, call: &str, form: &Form) -> Found {
    let live = calls::find(sim, call)?;
    if live.progress().status != "in-progress" {
        return Some(Err(RestError::new(400, 21220, "Requested resource is not eligible for recording")));
    }
    let callback = form.target("RecordingStatusCallback", "RecordingStatusCallbackMethod");
    let dual = form.get("RecordingChannels") == Some("dual");
    let sid = live.record(Recording::start("StartCallRecordingAPI", dual, callback));
    let (live, recording) = find(sim, Some(call), &sid)?;
    Some(Ok(Answer::Json(201, resource(sim, &live, &recording))))
}

pub fn list(sim: &Twilio, call: &str) -> Found {
    let live = calls::find(sim, call)?;
    let all: Vec<_> =
        live.recordings(|all| all.iter().map(|recording| resource(sim, &live, recording)).collect());
    let uri = format!("{VERSION}{}/Calls/{call}/Recordings.json", sim.account_sid);
    let page = json!({"recordings": all, "page": 0, "page_size": 50, "start": 0, "end": 0,
        "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null, "uri": uri});
    Some(Ok(Answer::Json(200, page)))
}

pub fn fetch(sim: &Twilio, call: Option<&str>, sid: &str) -> Found {
    let (live, recording) = find(sim, call, sid)?;
    Some(Ok(Answer::Json(200, resource(sim, &live, &recording))))
}

/// `Status=paused|in-progress|stopped`
pub fn update(sim: &Twilio, call: &str, sid: &str, form: &Form) -> Found {
    let (live, found) = find(sim, Some(call), sid)?;
    let status = match form.get("Status") {
        Some("paused") => "paused",
        Some("in-progress") => "in-progress",
        Some("stopped") => "stopped",
        _ => return Some(Err(RestError::new(400, 20001, "Status must be paused, in-progress or stopped"))),
    };
    if !found.is_open() {
        return Some(Err(RestError::new(400, 21220, "Recording is not in progress")));
    }
    let changed = live.recordings(|all| {
        let recording = all.iter_mut().find(|recording| recording.sid == found.sid)?;
        recording.status = status;
        Some(resource(sim, &live, recording))
    });
    Some(Ok(Answer::Json(200, changed?)))
}

pub fn delete(sim: &Twilio, call: Option<&str>, sid: &str) -> Found {
    let (live, recording) = find(sim, call, sid)?;
    live.recordings(|all| all.retain(|one| one.sid != recording.sid));
    Some(Ok(Answer::Deleted))
}

/// `Recordings/{sid}.wav`, with `RequestedChannels=2` as stereo, if it was recorded so; `Recordings/{sid}.json` describes it.
pub fn media(sim: &Twilio, file: &str, query: &Form) -> Found {
    let Some(sid) = file.strip_suffix(".wav") else { return fetch(sim, None, file) };
    let (_, recording) = find(sim, None, sid)?;
    if recording.is_open() {
        return None;
    }
    let two = match query.get("RequestedChannels") {
        Some(channels) => channels == "2",
        None => recording.dual,
    };
    if two && !recording.dual {
        let why = "Cannot download a dual-channel presentation of a mono recording";
        return Some(Err(RestError::new(400, 16113, why)));
    }
    Some(Ok(Answer::Wav(recording.wav(two))))
}

fn find(sim: &Twilio, call: Option<&str>, sid: &str) -> Option<(Arc<Live>, Recording)> {
    let calls = held(&sim.calls).clone();
    let is_asked =
        |one: &Recording| if sid == CURRENT { call.is_some() && one.is_open() } else { one.sid == sid };
    calls.into_iter().filter(|live| call.is_none_or(|call| live.sid == call)).find_map(|live| {
        let recording = live.recordings(|all| all.iter().rev().find(|one| is_asked(one)).cloned())?;
        Some((live, recording))
    })
}

fn resource(sim: &Twilio, live: &Live, recording: &Recording) -> Value {
    let uri = format!("{VERSION}{}/Recordings/{}", sim.account_sid, recording.sid);
    let duration = (!recording.is_open()).then(|| recording.duration().as_secs().to_string());
    json!({
        "sid": recording.sid,
        "account_sid": sim.account_sid,
        "api_version": "2010-04-01",
        "call_sid": live.sid,
        "conference_sid": null,
        "status": recording.status,
        "channels": if recording.dual { 2 } else { 1 },
        "source": recording.source,
        "track": "both",
        "duration": duration,
        "error_code": null,
        "price": null,
        "price_unit": "USD",
        "encryption_details": null,
        "start_time": rfc2822(recording.started),
        "date_created": rfc2822(recording.started),
        "date_updated": rfc2822(recording.started),
        "uri": format!("{VERSION}{}/Calls/{}/Recordings/{}.json", sim.account_sid, live.sid, recording.sid),
        "media_url": format!("{}{uri}", sim.api_base),
        "subresource_uris": {},
    })
}
