//! `X-Twilio-Signature`: base64 of an HMAC over the URL as Twilio called it and the sorted form.
//!
//! It is HMAC-SHA1 with the account's token. Where a rule of the account has webhooks signed with a shared key, another
//! header says so, and with which hash.
//! Source: Twilio, "Validating requests are coming from Twilio" and "Sign webhooks with shared keys"; vectors from its SDKs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The header that carries the signature.
pub const HEADER: &str = "x-twilio-signature";
/// Beside it, where a shared key was used: `key=<its id>,algorithm=HMAC_SHA256`.
pub const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// What Twilio may have signed with.
#[derive(Clone)]
pub struct Keys<'a> {
    pub auth_token: &'a str,
    /// More than one while another takes its place.
    pub shared: Vec<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
}

/// A signature, and what a request says of it.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    value: &'a str,
    settings: Option<&'a str>,
}

impl<'a> Signature<'a> {
    /// `header`: the value of the header with that name.
    pub fn of(header: impl Fn(&'static str) -> Option<&'a str>) -> Option<Self> {
        let settings = header(SETTINGS).map(str::trim).filter(|settings| !settings.is_empty());
        header(HEADER).map(|value| Self { value, settings })
    }

    /// Not with the account's token.
    pub fn is_with_a_shared_key(&self) -> bool {
        self.settings.is_some()
    }

    /// Whether it is right for the URL, with or without the scheme's default port.
    pub fn is_right(&self, keys: &Keys<'_>, url: &str, parameters: &[(String, String)]) -> bool {
        let is_by = |key: &str, hash: Hash| verify(key, hash, url, parameters, self.value);
        match self.settings.map(algorithm) {
            None => is_by(keys.auth_token, Hash::Sha1),
            Some(None) => false,
            Some(Some(hash)) => keys.shared.iter().any(|key| is_by(key, hash)),
        }
    }
}

/// None: one that we do not know.
fn algorithm(settings: &str) -> Option<Hash> {
    let mut said = settings.split(',').filter_map(|part| part.split_once('='));
    let named = said.find(|(name, _)| name.trim() == "algorithm");
    match named.map(|(_, value)| value.trim().to_ascii_uppercase()).as_deref() {
        None | Some("" | "HMAC_SHA1") => Some(Hash::Sha1),
        Some("HMAC_SHA256") => Some(Hash::Sha256),
        Some(_) => None,
    }
}

/// Signs a form POST; with no parameters, a GET or a WebSocket upgrade.
pub fn sign<'a>(
    key: &str,
    hash: Hash,
    url: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut parameters: Vec<_> = parameters.into_iter().collect();
    parameters.sort_unstable();
    parameters.dedup();
    let parameters = parameters.iter().flat_map(|(name, value)| [*name, *value]);
    let signed = std::iter::once(url).chain(parameters);
    match hash {
        Hash::Sha1 => mac::<Hmac<Sha1>>(key, signed),
        Hash::Sha256 => mac::<Hmac<Sha256>>(key, signed),
    }
}

fn verify(key: &str, hash: Hash, url: &str, parameters: &[(String, String)], signature: &str) -> bool {
    let pairs = || parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let plain = sign(key, hash, url, pairs());
    let mut matches = plain.as_bytes().ct_eq(signature.as_bytes());
    if let Some(with_port) = with_default_port(url) {
        matches |= sign(key, hash, &with_port, pairs()).as_bytes().ct_eq(signature.as_bytes());
    }
    matches.into()
}

#[allow(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac<'a, M: Mac + KeyInit>(key: &str, signed: impl Iterator<Item = &'a str>) -> String {
    let mut mac = M::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    signed.for_each(|part| mac.update(part.as_bytes()));
    STANDARD.encode(mac.finalize().into_bytes())
}

fn with_default_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" | "wss" => 443,
        "http" | "ws" => 80,
        _ => return None,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    (!host.contains(':')).then(|| format!("{scheme}://{host}:{port}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn parameters() -> Vec<(String, String)> {
        [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    const SHARED: &str = "nP4H9DItn6QAJh4SQqZmBdubzeLDGFubsgk6tqVjPs0=";
    const SETTINGS: &str = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256";

    fn is_right(settings: Option<&str>, value: &str) -> bool {
        is_right_with(&["another", "whsec-shared"], settings, value)
    }

    fn is_right_with(shared: &[&str], settings: Option<&str>, value: &str) -> bool {
        let keys = Keys { auth_token: "12345", shared: shared.to_vec() };
        Signature { value, settings }.is_right(&keys, URL, &parameters())
    }

    #[test]
    fn the_vendors_vectors() {
        assert!(is_right(None, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(is_right(None, "kvajT1Ptam85bY51eRf/AJRuM3w="), "with :443");
        let with_port = "grxRoa/VNtXxd524NGLxIdev83nh23xhrRUVm50Umq4=";
        assert!(verify("12345", Hash::Sha256, URL, &parameters(), with_port), "with :443");
        assert_eq!(
            sign("12345", Hash::Sha256, "wss://relay.example/media/1", []),
            "7KPBBnEoM5HwBRx7QfVjj+ShvnrE6KV2+lLnyx0WjXQ="
        );
        assert_eq!(
            sign(
                "12345",
                Hash::Sha1,
                &format!("{URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"),
                []
            ),
            "a9nBmqA0ju/hNViExpshrM61xv4="
        );
    }

    #[test]
    fn a_shared_key_counts_where_a_header_says_so() {
        assert!(is_right(Some(SETTINGS), SHARED));
        assert!(is_right(Some("algorithm = hmac_sha256 , key=1"), SHARED));
        assert!(!is_right(None, SHARED), "it is not the account's token");
        assert!(!is_right_with(&[], Some(SETTINGS), SHARED), "there is none");
        for other in
            ["key=1", "key=1,algorithm=", "algorithm=HMAC_SHA1", "algorithm=HMAC_SHA512", "algorithm"]
        {
            assert!(!is_right(Some(other), SHARED), "{other}");
        }
        let with_the_token = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
        assert!(!is_right(Some(SETTINGS), with_the_token), "the token is no shared key");
        assert!(!is_right(Some(SETTINGS), "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn an_empty_header_says_nothing() {
        let given = |settings| {
            let signature = Signature::of(|name| if name == HEADER { Some("x") } else { settings }).unwrap();
            signature.is_with_a_shared_key()
        };
        assert_eq!([given(None), given(Some(" ")), given(Some(SETTINGS))], [false, false, true]);
        assert!(Signature::of(|_| None).is_none());
    }

    #[test]
    fn any_change_is_refused() {
        let verify = |token, url, parameters: &[(String, String)], signature| {
            verify(token, Hash::Sha1, url, parameters, signature)
        };
        let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(!verify("12346", URL, &parameters(), good));
        assert!(!verify("12345", "https://mycompany.com/myapp.php?foo=1&bar=3", &parameters(), good));
        for i in 0..parameters().len() {
            let mut changed = parameters();
            changed[i].1.push('0');
            assert!(!verify("12345", URL, &changed, good));
            changed.remove(i);
            assert!(!verify("12345", URL, &changed, good));
        }
        assert!(!verify("12345", URL, &parameters(), ""));
    }
}
