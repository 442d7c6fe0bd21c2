//! Tokens as they are kept: sealed with a key that is not in the table (AES-256-GCM, NIST SP 800-38D), each for the one
//! calendar that it belongs to.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Fault;

/// What the key is derived for: another use of the same secret has another key.
const PURPOSE: &str = "omnitwin: tokens of calendars, 1";

pub struct Seal(LessSafeKey);

impl Seal {
    pub fn new(secret: &str) -> Result<Self, Fault> {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| Fault::Sealed)?;
        let key = mac.chain_update(PURPOSE).finalize().into_bytes();
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Fault::Sealed)?)))
    }

    pub fn close(&self, of: &str, plain: &[u8]) -> Result<String, Fault> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = plain.to_vec();
        let for_one = Aad::from(of.as_bytes());
        let nonce_once = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce_once, for_one, &mut sealed).map_err(|_| Fault::Sealed)?;
        Ok(BASE64.encode([nonce.as_slice(), sealed.as_slice()].concat()))
    }

    /// `Sealed`: with another key, for another calendar, or changed since.
    pub fn open(&self, of: &str, sealed: &str) -> Result<Vec<u8>, Fault> {
        let mut sealed = BASE64.decode(sealed).map_err(|_| Fault::Sealed)?;
        let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(Fault::Sealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Fault::Sealed)?;
        let plain = self.0.open_in_place(nonce, Aad::from(of.as_bytes()), text).map_err(|_| Fault::Sealed)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_calendar_alone() {
        let seal = Seal::new("secret").unwrap();
        let kept = seal.close("cal_1", b"refresh-token").unwrap();
        assert!(!kept.contains("refresh") && kept != seal.close("cal_1", b"refresh-token").unwrap());
        assert_eq!(seal.open("cal_1", &kept).unwrap(), b"refresh-token");
        assert!(seal.open("cal_2", &kept).is_err());
        assert!(Seal::new("another").unwrap().open("cal_1", &kept).is_err());
        for broken in ["", "AAAA", &kept[1..], &kept.replace(&kept[20..24], "AAAA")] {
            assert!(seal.open("cal_1", broken).is_err(), "{broken}");
        }
    }
}
