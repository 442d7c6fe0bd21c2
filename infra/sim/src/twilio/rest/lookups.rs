//! `GET /v2/PhoneNumbers/{E164}` of Lookup: whose line it is, and whether it has changed hands.

use serde_json::{Value, json};

use super::{Answer, Form, RestError, is_e164};
use crate::twilio::{Twilio, live::held};

/// Below the host of Lookup.
pub const PATH: &str = "/v2/PhoneNumbers/";

/// What is known of a number.
#[derive(Debug, Clone)]
pub struct Line {
    /// `mobile`, `landline`, `fixedVoip`, `nonFixedVoip`, `tollFree`, …
    pub kind: &'static str,
    pub is_reassigned: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { kind: "mobile", is_reassigned: false }
    }
}

/// The fields that are asked for are there; all others are null.
pub fn fetch(sim: &Twilio, number: &str, query: &Form) -> Result<Answer, RestError> {
    if !is_e164(number) {
        return Err(RestError::new(
            404,
            20404,
            format!("The requested resource {PATH}{number} was not found"),
        ));
    }
    let line = held(&sim.lines).get(number).cloned().unwrap_or_default();
    let fields: Vec<&str> = query.get("Fields").unwrap_or_default().split(',').collect();
    let wanted = |name: &str, value: Value| if fields.contains(&name) { value } else { Value::Null };
    let reassigned = match query.get("LastVerifiedDate") {
        Some(date) if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => json!({
            "last_verified_date": date,
            "is_number_reassigned": if line.is_reassigned { "yes" } else { "no" },
            "error_code": null,
        }),
        // A package that cannot be served says so in its own field.
        _ => json!({ "last_verified_date": null, "is_number_reassigned": null, "error_code": 60617 }),
    };
    let kind = json!({
        "type": line.kind,
        "carrier_name": "Example Wireless",
        "mobile_country_code": null,
        "mobile_network_code": null,
        "error_code": null,
    });
    let body = json!({
        "calling_country_code": null,
        "country_code": null,
        "phone_number": number,
        "national_format": null,
        "valid": true,
        "validation_errors": [],
        "line_type_intelligence": wanted("line_type_intelligence", kind),
        "reassigned_number": wanted("reassigned_number", reassigned),
        "caller_name": null,
        "sim_swap": null,
        "call_forwarding": null,
        "line_status": null,
        "identity_match": null,
        "sms_pumping_risk": null,
        "phone_number_quality_score": null,
        "url": format!("https://lookups.twilio.com{PATH}{number}"),
    });
    Ok(Answer::Json(200, body))
}
