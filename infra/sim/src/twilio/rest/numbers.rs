//! `IncomingPhoneNumbers.json` and `AvailablePhoneNumbers/{country}/Local.json`: numbers that an account has, and could
//! have.

use serde_json::{Value, json};

use super::{Answer, Form, Found, RestError, is_e164};
use crate::twilio::{Twilio, live::held, new_sid};

/// What a number's resource lets be changed.
const CHANGED: [(&str, &str); 12] = [
    ("VoiceUrl", "voice_url"),
    ("VoiceMethod", "voice_method"),
    ("VoiceFallbackUrl", "voice_fallback_url"),
    ("VoiceFallbackMethod", "voice_fallback_method"),
    ("StatusCallback", "status_callback"),
    ("StatusCallbackMethod", "status_callback_method"),
    ("SmsUrl", "sms_url"),
    ("SmsMethod", "sms_method"),
    ("FriendlyName", "friendly_name"),
    ("VoiceApplicationSid", "voice_application_sid"),
    ("SmsApplicationSid", "sms_application_sid"),
    ("TrunkSid", "trunk_sid"),
];
/// Offered in any area.
const OFFERED: u32 = 3;

/// The numbers of the account; with `PhoneNumber` those that match.
pub fn list(sim: &Twilio, query: &Form) -> Answer {
    let wanted = query.get("PhoneNumber");
    let numbers = held(&sim.numbers).clone();
    let found: Vec<Value> = numbers
        .into_iter()
        .filter(|number| wanted.is_none_or(|wanted| number["phone_number"] == wanted))
        .collect();
    Answer::Json(200, json!({ "incoming_phone_numbers": found, "page": 0, "next_page_uri": null }))
}

/// Numbers of an area that nobody has.
pub fn available(country: &str, query: &Form) -> Found {
    if country != "US" {
        return None;
    }
    let area = query.get("AreaCode").unwrap_or("415");
    let numbers: Vec<Value> = (0..OFFERED)
        .map(|at| {
            let capabilities = json!({ "voice": true, "SMS": true, "MMS": true });
            json!({ "phone_number": format!("+1{area}55502{at:02}"), "iso_country": country, "capabilities": capabilities })
        })
        .collect();
    Some(Ok(Answer::Json(200, json!({ "available_phone_numbers": numbers }))))
}

/// Bought, with what is said of it.
pub fn buy(sim: &Twilio, form: &Form) -> Result<Answer, RestError> {
    let number = form.require("PhoneNumber", 21452)?;
    if !is_e164(number) {
        return Err(RestError::new(400, 21421, format!("PhoneNumber {number} is not valid")));
    }
    if held(&sim.numbers).iter().any(|known| known["phone_number"] == number) {
        return Err(RestError::new(400, 21422, format!("PhoneNumber {number} is not available")));
    }
    let mut made = json!({
        "sid": new_sid("PN"),
        "account_sid": sim.account_sid,
        "phone_number": number,
        "friendly_name": number,
        "voice_url": "",
        "voice_method": "POST",
        "voice_fallback_url": "",
        "voice_fallback_method": "POST",
        "status_callback": "",
        "status_callback_method": "POST",
        "sms_url": "",
        "sms_method": "POST",
        "voice_application_sid": "",
        "sms_application_sid": "",
        "trunk_sid": null,
    });
    change(&mut made, form);
    held(&sim.numbers).push(made.clone());
    Ok(Answer::Json(201, made))
}

pub fn update(sim: &Twilio, sid: &str, form: &Form) -> Found {
    let mut numbers = held(&sim.numbers);
    let number = numbers.iter_mut().find(|number| number["sid"] == sid)?;
    change(number, form);
    Some(Ok(Answer::Json(200, number.clone())))
}

pub fn release(sim: &Twilio, sid: &str) -> Found {
    let mut numbers = held(&sim.numbers);
    let at = numbers.iter().position(|number| number["sid"] == sid)?;
    numbers.remove(at);
    Some(Ok(Answer::Deleted))
}

/// A field that is given empty is emptied.
fn change(number: &mut Value, form: &Form) {
    for (given, field) in CHANGED {
        if let Some((_, value)) = form.0.iter().find(|(name, _)| name == given) {
            number[field] = json!(value);
        }
    }
}
