//! Twilio's REST API, as far as it is used. Source: Twilio, "Call resource", "Recordings resource", "Lookup v2".

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;

use crate::{config, id::CallSid, identity::Phone, recording::is_sid, screening::Line};

pub const BASE: &str = "https://api.twilio.com";
const LOOKUPS: &str = "https://lookups.twilio.com";
const TIMEOUT: Duration = Duration::from_secs(5);
/// For the audio of a long call.
pub const FETCH_TIMEOUT: Duration = Duration::from_mins(1);
/// A list has so many recordings at most; a call has hardly ever more than one.
const MAX_PAGES: usize = 20;
/// "Attempt to send to unsubscribed recipient".
pub const OPTED_OUT: u32 = 21610;

#[derive(Clone)]
pub struct TwilioRest {
    http: reqwest::Client,
    base: String,
    account: config::Twilio,
}

#[derive(Debug, thiserror::Error)]
pub enum RestError {
    #[error("Twilio did not answer: {0}")]
    Transport(String),
    /// Nothing was asked for.
    #[error("Twilio was not reached")]
    NotReached,
    /// 20404: the call, or the recording, is gone.
    #[error("Twilio does not know this call")]
    Gone,
    #[error("Twilio answered something else than was asked for")]
    Unreadable,
    #[error("there are more recordings than can be removed at once")]
    TooMany,
    /// 21610: they answered STOP to a text.
    #[error("they answered STOP to texts from this number")]
    OptedOut,
    #[error("Twilio refused with status {0}")]
    Refused(u16),
}

impl TwilioRest {
    /// `base`: [`BASE`], or a simulator's.
    pub fn new(base: &str, account: config::Twilio) -> Result<Self, RestError> {
        let http = super::http().timeout(TIMEOUT).build().map_err(transport)?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), account })
    }

    /// Ours.
    pub fn number(&self) -> &Phone {
        &self.account.phone_number
    }

    /// Whether a number has changed hands since somebody was known to have it: Lookup's `reassigned_number`, from the
    /// FCC's database. What the database does not know counts as no.
    pub async fn is_reassigned(&self, number: &Phone, since: Timestamp) -> Result<bool, RestError> {
        let last_verified = since.strftime("%Y%m%d").to_string();
        let query = [("Fields", "reassigned_number"), ("LastVerifiedDate", &last_verified)];
        let found: Found = self.lookup(number, &query).await?;
        let reassigned = found.reassigned_number.ok_or(RestError::Unreadable)?;
        Ok(reassigned.is_number_reassigned.as_deref() == Some("yes"))
    }

    /// The kind of a line: Lookup's `line_type_intelligence`. `None` if it is not known.
    pub async fn line(&self, number: &Phone) -> Result<Option<Line>, RestError> {
        let found: Found = self.lookup(number, &[("Fields", "line_type_intelligence")]).await?;
        Ok(found.line_type_intelligence.and_then(|line| line.kind))
    }

    /// `GET https://lookups.twilio.com/v2/PhoneNumbers/{E164}`; of a simulator, below its own address.
    async fn lookup(&self, number: &Phone, query: &[(&str, &str)]) -> Result<Found, RestError> {
        let base = if self.base == BASE { LOOKUPS } else { &self.base };
        let url = format!("{base}/v2/PhoneNumbers/{}", number.as_str());
        let (sid, token) = (&self.account.account_sid, self.account.auth_token.reveal());
        let answer = answered(self.http.get(url).query(query).basic_auth(sid, Some(token))).await?;
        answer.json().await.map_err(|_| RestError::Unreadable)
    }

    /// Ends a call: `POST /Calls/{CallSid}.json` with `Status=completed`.
    pub async fn hang_up(&self, call: &CallSid) -> Result<(), RestError> {
        let request = self.request(Method::POST, &format!("Calls/{call}.json"));
        answered(request.form(&[("Status", "completed")])).await?;
        Ok(())
    }

    /// Places a call from our number: `POST /Calls.json`. Twilio asks `url` what to say once somebody answers.
    pub async fn create_call(&self, call: &NewCall<'_>) -> Result<CallSid, RestError> {
        let (rings_for, lasts_for) = (call.rings_for.to_string(), call.lasts_for.to_string());
        let mut form = vec![
            ("To", call.to.as_str()),
            ("From", self.account.phone_number.as_str()),
            ("Url", call.url),
            ("StatusCallback", call.status_callback),
            ("Timeout", &rings_for),
            ("TimeLimit", &lasts_for),
        ];
        if let Some(detected) = call.detected {
            form.extend([
                // Tells of a machine once it has said what it has to say.
                ("MachineDetection", "DetectMessageEnd"),
                ("AsyncAmd", "true"),
                ("AsyncAmdStatusCallback", detected),
            ]);
        }
        let answer = answered(self.request(Method::POST, "Calls.json").form(&form)).await?;
        let placed: Placed = answer.json().await.map_err(|_| RestError::Unreadable)?;
        placed.sid.parse().map_err(|_| RestError::Unreadable)
    }

    /// Sends a text message from our number: `POST /Messages.json`. Its id. What is not delivered within `valid_for` is
    /// not delivered any more; what becomes of it is told to `callback`. Source: Twilio, "Messages resource".
    pub async fn send_message(
        &self,
        to: &Phone,
        body: &str,
        valid_for: Option<SignedDuration>,
        callback: Option<&str>,
    ) -> Result<String, RestError> {
        let mut form =
            vec![("To", to.as_str()), ("From", self.account.phone_number.as_str()), ("Body", body)];
        let seconds = valid_for.map(|valid_for| valid_for.as_secs().to_string());
        form.extend(seconds.as_deref().map(|seconds| ("ValidityPeriod", seconds)));
        form.extend(callback.map(|url| ("StatusCallback", url)));
        let answer = answered(self.request(Method::POST, "Messages.json").form(&form)).await?;
        let accepted: Placed = answer.json().await.map_err(|_| RestError::Unreadable)?;
        Ok(accepted.sid)
    }

    /// Has a call go on with this document: `POST /Calls/{CallSid}.json` with `Twiml`. What ran before is over.
    pub async fn replace(&self, call: &CallSid, document: &str) -> Result<(), RestError> {
        let request = self.request(Method::POST, &format!("Calls/{call}.json"));
        answered(request.form(&[("Twiml", document)])).await?;
        Ok(())
    }

    /// Records both sides of a call, each on a channel: `POST /Calls/{CallSid}/Recordings.json`. Its id.
    pub async fn start_recording(&self, call: &CallSid, callback: &str) -> Result<String, RestError> {
        let form = [
            ("RecordingChannels", "dual"),
            ("RecordingStatusCallback", callback),
            ("RecordingStatusCallbackEvent", "completed"),
        ];
        let request = self.request(Method::POST, &format!("Calls/{call}/Recordings.json"));
        let answer = answered(request.form(&form)).await?;
        let begun: Recording = answer.json().await.map_err(|_| RestError::Unreadable)?;
        if is_sid(&begun.sid) { Ok(begun.sid) } else { Err(RestError::Unreadable) }
    }

    /// Nothing is recorded until it is resumed; what was said meanwhile is silence.
    pub async fn pause_recording(&self, call: &CallSid) -> Result<(), RestError> {
        self.change_recording(call, &[("Status", "paused"), ("PauseBehavior", "silence")]).await
    }

    pub async fn resume_recording(&self, call: &CallSid) -> Result<(), RestError> {
        self.change_recording(call, &[("Status", "in-progress")]).await
    }

    /// What was recorded so far is complete; nothing more is.
    pub async fn stop_recording(&self, call: &CallSid) -> Result<(), RestError> {
        self.change_recording(call, &[("Status", "stopped")]).await
    }

    async fn change_recording(&self, call: &CallSid, form: &[(&str, &str)]) -> Result<(), RestError> {
        let path = format!("Calls/{call}/Recordings/Twilio.CURRENT.json");
        answered(self.request(Method::POST, &path).form(form)).await?;
        Ok(())
    }

    /// How long a recording is, in seconds: `GET /Recordings/{RE…}.json`. `None` until it is complete.
    pub async fn recording_seconds(&self, recording: &str) -> Result<Option<u64>, RestError> {
        if !is_sid(recording) {
            return Err(RestError::Unreadable);
        }
        let answer = answered(self.request(Method::GET, &format!("Recordings/{recording}.json"))).await?;
        let told: Length = answer.json().await.map_err(|_| RestError::Unreadable)?;
        Ok(told.duration.and_then(|seconds| seconds.parse().ok()))
    }

    /// The audio of a recording as WAV, each side on a channel: `GET /Recordings/{RE…}.wav`.
    pub async fn recording(&self, recording: &str) -> Result<Bytes, RestError> {
        if !is_sid(recording) {
            return Err(RestError::Unreadable);
        }
        let of = async |channels: &[(&str, &str)]| {
            let request = self.request(Method::GET, &format!("Recordings/{recording}.wav"));
            let answer = answered(request.query(channels).timeout(FETCH_TIMEOUT)).await?;
            answer.bytes().await.map_err(transport)
        };
        match of(&[("RequestedChannels", "2")]).await {
            // A message has one channel, and of two Twilio wants to hear nothing (its warning 16113).
            Err(RestError::Refused(400)) => of(&[]).await,
            fetched => fetched,
        }
    }

    /// Removes every recording of a call; how many there were. Again, it removes those that came since.
    pub async fn remove_recordings(&self, call: &CallSid) -> Result<u32, RestError> {
        let mut removed = 0;
        // What was removed is not in the next list: there is no need to turn pages.
        for _ in 0..MAX_PAGES {
            let recordings = self.recordings(call).await?;
            if recordings.is_empty() {
                return Ok(removed);
            }
            for recording in recordings {
                self.delete_recording(&recording).await?;
                removed += 1;
            }
        }
        Err(RestError::TooMany)
    }

    /// `GET /Calls/{CallSid}/Recordings.json`; of a call that Twilio does not know there are none.
    async fn recordings(&self, call: &CallSid) -> Result<Vec<String>, RestError> {
        let request = self.request(Method::GET, &format!("Calls/{call}/Recordings.json"));
        let answer = match answered(request).await {
            Err(RestError::Gone) => return Ok(Vec::new()),
            answer => answer?,
        };
        let list: List = answer.json().await.map_err(|_| RestError::Unreadable)?;
        Ok(list.recordings.into_iter().map(|recording| recording.sid).collect())
    }

    /// `DELETE /Recordings/{RE…}.json`; one that is gone is no error.
    pub async fn delete_recording(&self, recording: &str) -> Result<(), RestError> {
        if !is_sid(recording) {
            return Err(RestError::Unreadable);
        }
        match answered(self.request(Method::DELETE, &format!("Recordings/{recording}.json"))).await {
            Ok(_) | Err(RestError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let sid = &self.account.account_sid;
        let url = format!("{}/2010-04-01/Accounts/{sid}/{path}", self.base);
        self.http.request(method, url).basic_auth(sid, Some(self.account.auth_token.reveal()))
    }
}

/// A call that we place.
#[derive(Debug, Clone, Copy)]
pub struct NewCall<'a> {
    pub to: &'a Phone,
    pub url: &'a str,
    pub status_callback: &'a str,
    /// Where Twilio tells who, or what, has picked up, while the call goes on.
    pub detected: Option<&'a str>,
    /// In seconds.
    pub rings_for: u32,
    /// Twilio ends it after so many seconds, whoever still talks.
    pub lasts_for: u32,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    reassigned_number: Option<Reassigned>,
    #[serde(default)]
    line_type_intelligence: Option<LineType>,
}

#[derive(Deserialize)]
struct LineType {
    #[serde(default, rename = "type")]
    kind: Option<Line>,
}

#[derive(Deserialize)]
struct Reassigned {
    #[serde(default)]
    is_number_reassigned: Option<String>,
}

/// Twilio's code for why it refused.
#[derive(Deserialize)]
struct Told {
    code: u32,
}

#[derive(Deserialize)]
struct Placed {
    sid: String,
}

#[derive(Deserialize)]
struct List {
    recordings: Vec<Recording>,
}

#[derive(Deserialize)]
struct Recording {
    sid: String,
}

#[derive(Deserialize)]
struct Length {
    #[serde(default)]
    duration: Option<String>,
}

async fn answered(request: RequestBuilder) -> Result<Response, RestError> {
    let answer = request.send().await.map_err(transport)?;
    match answer.status().as_u16() {
        200..300 => Ok(answer),
        404 => Err(RestError::Gone),
        status => {
            let told: Option<Told> = answer.json().await.ok();
            match told {
                Some(Told { code: OPTED_OUT }) => Err(RestError::OptedOut),
                _ => Err(RestError::Refused(status)),
            }
        }
    }
}

fn transport(error: reqwest::Error) -> RestError {
    if error.is_connect() {
        return RestError::NotReached;
    }
    RestError::Transport(error.without_url().to_string())
}
