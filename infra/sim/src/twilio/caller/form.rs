//! The parameters of voice webhooks and callbacks.

use super::CallConfig;
use crate::twilio::{new_sid, rfc2822, web::Params};

/// What every request of one call carries.
#[derive(Debug, Clone)]
pub struct Form {
    identity: Params,
    details: Params,
    direction: &'static str,
}

impl Form {
    pub fn of(config: &CallConfig, call_sid: &str) -> Self {
        let mut details = vec![
            pair("From", &config.from),
            pair("To", &config.to),
            pair("Caller", &config.from),
            pair("Called", &config.to),
            pair("ApiVersion", "2010-04-01"),
            pair("CallToken", &new_sid("")),
        ];
        for (side, number) in
            [("From", &config.from), ("Caller", &config.from), ("To", &config.to), ("Called", &config.to)]
        {
            for place in ["City", "State", "Zip"] {
                details.push(pair(&format!("{side}{place}"), ""));
            }
            details.push(pair(&format!("{side}Country"), country(number)));
        }
        let optional = [("StirVerstat", &config.stir_verstat), ("CallerName", &config.caller_name)];
        for (name, value) in optional {
            details.extend(value.as_ref().map(|value| pair(name, value)));
        }
        let identity = vec![pair("CallSid", call_sid), pair("AccountSid", &config.account_sid)];
        Self { identity, details, direction: config.direction }
    }

    /// A request for TwiML.
    pub fn with(&self, status: &str, further: &[(String, String)]) -> Params {
        let mut params = self.identity.clone();
        params.extend_from_slice(&self.details);
        params.push(pair("CallStatus", status));
        params.push(pair("Direction", self.direction));
        params.extend_from_slice(further);
        params
    }

    /// A call status callback; `duration` in seconds at the end.
    pub fn status(&self, status: &str, sequence: u32, duration: Option<u64>) -> Params {
        let mut further = vec![
            pair("SequenceNumber", &sequence.to_string()),
            pair("Timestamp", &rfc2822(jiff::Timestamp::now())),
            pair("CallbackSource", "call-progress-events"),
        ];
        if let Some(seconds) = duration {
            further.push(pair("CallDuration", &seconds.to_string()));
            further.push(pair("Duration", &seconds.div_ceil(60).to_string()));
        }
        self.with(status, &further)
    }

    /// A callback of a stream or a recording.
    pub fn callback(&self, further: &[(String, String)]) -> Params {
        [self.identity.as_slice(), further].concat()
    }
}

pub fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Enough for the numbers of sample data.
fn country(number: &str) -> &'static str {
    let prefixes = [("+1", "US"), ("+44", "GB"), ("+49", "DE"), ("+43", "AT"), ("+41", "CH"), ("+33", "FR")];
    prefixes.iter().find(|(prefix, _)| number.starts_with(prefix)).map_or("", |(_, country)| country)
}
