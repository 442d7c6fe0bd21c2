//! `X-Twilio-Signature`: base64(HMAC-SHA1(auth token, S)), or with HMAC-SHA256 and a shared key.
//!
//! S is the URL as called, followed for a form by every parameter. Written from Twilio's description and
//! checked against its official validator; the encoding is ambiguous (`{a:b,c:d}` and `{a:bcd}` sign alike),
//! which is why the product may not trust a signature alone.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The header of HTTP requests; a WebSocket upgrade carries it in lower case.
pub const HEADER: &str = "X-Twilio-Signature";
/// Where the signature was made with a shared key: which, and how.
pub const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";

/// A form POST: the URL, then each name with its distinct values, all sorted, without separators.
pub fn form<N: AsRef<str>, V: AsRef<str>>(token: &str, url: &str, params: &[(N, V)]) -> String {
    mac::<Hmac<Sha1>>(token, &to_sign(url, params))
}

/// The same with a shared key, as [`SETTINGS`] says beside it.
pub fn shared<N: AsRef<str>, V: AsRef<str>>(key: &str, url: &str, params: &[(N, V)]) -> String {
    mac::<Hmac<Sha256>>(key, &to_sign(url, params))
}

fn to_sign<N: AsRef<str>, V: AsRef<str>>(url: &str, params: &[(N, V)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in params {
        sorted.entry(name.as_ref()).or_default().insert(value.as_ref());
    }
    let mut signed = url.to_owned();
    for (name, values) in sorted {
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    signed
}

/// A GET with its query, a JSON POST (see [`with_body_hash`]), or an upgrade (see [`upgrade_url`]).
pub fn url(token: &str, url: &str) -> String {
    mac::<Hmac<Sha1>>(token, url)
}

/// The URL of a JSON POST: `bodySHA256=<hex>` of the raw body is added to its query.
pub fn with_body_hash(url: &str, body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hashed = format!("{url}{}bodySHA256=", if url.contains('?') { '&' } else { '?' });
    for byte in Sha256::digest(body) {
        let _infallible = write!(hashed, "{byte:02x}");
    }
    hashed
}

/// The form of a Media Streams URL that is signed: `wss://`, no query; host, port and path unchanged.
pub fn upgrade_url(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or(url);
    bare.strip_prefix("ws://").map_or_else(|| bare.to_owned(), |rest| format!("wss://{rest}"))
}

fn mac<M: Mac + KeyInit>(key: &str, signed: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = M::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "12345";
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const PARAMS: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("Caller", "+14158675309"),
        ("To", "+18005551212"),
    ];

    #[test]
    fn a_form_signs_as_in_twilios_own_vectors() {
        assert_eq!(form(TOKEN, URL, &PARAMS), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let with_port = URL.replace(".com/", ".com:443/");
        assert_eq!(form(TOKEN, &with_port, &PARAMS), "kvajT1Ptam85bY51eRf/AJRuM3w=");
    }

    /// By Twilio's SDK for Python, 9.13.0.
    #[test]
    fn a_form_signs_with_a_shared_key_as_by_twilios_own_code() {
        assert_eq!(shared("whsec-shared", URL, &PARAMS), "nP4H9DItn6QAJh4SQqZmBdubzeLDGFubsgk6tqVjPs0=");
    }

    #[test]
    fn a_json_body_is_signed_by_its_hash_in_the_url() {
        let hashed = with_body_hash(URL, br#"{"property": "value", "boolean": true}"#);
        assert_eq!(url(TOKEN, &hashed), "a9nBmqA0ju/hNViExpshrM61xv4=");
    }

    #[test]
    fn repeated_names_sign_distinct_values_in_order() {
        let once = form(TOKEN, URL, &[("MediaUrl", "a"), ("MediaUrl", "b")]);
        assert_eq!(form(TOKEN, URL, &[("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b")]), once);
        assert_eq!(form(TOKEN, URL, &[("MediaUrlaMediaUrl", "b")]), once, "the ambiguity is Twilio's");
    }

    #[test]
    fn an_upgrade_is_signed_over_wss_without_query() {
        assert_eq!(upgrade_url("ws://127.0.0.1:8080/a/b?c=d"), "wss://127.0.0.1:8080/a/b");
        assert_eq!(upgrade_url("wss://example.com/a#b"), "wss://example.com/a");
    }
}
