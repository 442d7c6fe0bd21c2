//! ID tokens, and those that a client has to refuse. Written out by hand: what checks them is a library.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{
    Fault, Options, Pending,
    key::{Key, KeyError},
};

const LASTS: i64 = 3600;
const LONG: i64 = 86_400;

pub fn issue(options: &Options, pending: &Pending, key: &Key) -> Result<String, KeyError> {
    let fault = pending.fault;
    let claims = claims(options, pending);
    let (name, algorithm) = (key.name(), key.algorithm().name());
    let header = match fault {
        Some(Fault::AlgNone) => json!({ "alg": "none", "typ": "JWT" }),
        Some(Fault::Hmac) => json!({ "alg": "HS256", "typ": "JWT", "kid": name }),
        Some(Fault::UnknownKey) => json!({ "alg": algorithm, "typ": "JWT", "kid": "unknown" }),
        _ => json!({ "alg": algorithm, "typ": "JWT", "kid": name }),
    };
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = match fault {
        Some(Fault::AlgNone) => Vec::new(),
        Some(Fault::Hmac) => {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key.public_bytes()?).map_err(|_| KeyError)?;
            mac.update(message.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        Some(Fault::OtherKey) => Key::generate(key.algorithm(), name)?.sign(message.as_bytes())?,
        _ => key.sign(message.as_bytes())?,
    };
    let signature = BASE64.encode(signature);
    if fault == Some(Fault::Tampered) {
        let mut changed = claims;
        changed["sub"] = json!("somebody-else");
        return Ok(format!("{}.{}.{signature}", part(&header), part(&changed)));
    }
    Ok(format!("{message}.{signature}"))
}

fn claims(options: &Options, pending: &Pending) -> Value {
    let now = Timestamp::now().as_second();
    let Options { issuer, client_id, .. } = options;
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(issuer));
    set("sub", json!(pending.account.subject));
    set("aud", json!(client_id));
    set("iat", json!(now));
    set("exp", json!(now + LASTS));
    if let Some(name) = &pending.account.name {
        set("name", json!(name));
    }
    set("email", json!(pending.account.email));
    let is_verified = pending.account.email_verified;
    let told =
        if options.without_nonce_and_pkce { json!(is_verified.to_string()) } else { json!(is_verified) };
    set("email_verified", told);
    if let Some(nonce) = &pending.nonce {
        set("nonce", json!(nonce));
    }
    match pending.fault {
        Some(Fault::WrongAudience) => set("aud", json!("another-client")),
        Some(Fault::TwoAudiences) => set("aud", json!([client_id, "another-client"])),
        Some(Fault::WrongParty) => set("azp", json!("another-client")),
        Some(Fault::WrongIssuer) => set("iss", json!("https://evil.example")),
        Some(Fault::Expired) => set("exp", json!(now - LONG)),
        Some(Fault::StringExp) => set("exp", json!((now + LASTS).to_string())),
        Some(Fault::NotYet) => set("nbf", json!(now + LONG)),
        Some(Fault::WrongNonce) => set("nonce", json!("another-nonce")),
        Some(Fault::NoSubject) => set("sub", json!("")),
        Some(Fault::NoNonce) => claims.remove("nonce"),
        Some(Fault::NoIssuer) => claims.remove("iss"),
        Some(Fault::NoExp) => claims.remove("exp"),
        _ => None,
    };
    Value::Object(claims)
}
