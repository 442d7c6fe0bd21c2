//! A provider's signing key, and how it is published (RFC 7517, RFC 7518).

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the key does not work")]
pub struct KeyError;

pub struct Key {
    name: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl Key {
    pub fn generate(algorithm: Algorithm, name: &str) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 => {
                Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?))
            }
            Algorithm::Es256 => Pair::Ec(Box::new(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError)?,
            )),
        };
        Ok(Self { name: name.to_owned(), pair })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::Ec(_) => Algorithm::Es256,
        }
    }

    /// What anybody may know of it, as bytes.
    pub fn public_bytes(&self) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Rsa(pair) => Ok(pair.public_key().as_der().map_err(|_| KeyError)?.as_ref().to_vec()),
            Pair::Ec(pair) => Ok(pair.public_key().as_ref().to_vec()),
        }
    }

    /// As a JSON Web Key.
    pub fn public(&self) -> Value {
        let Self { name, pair } = self;
        match pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let modulus = BASE64.encode(public.modulus().big_endian_without_leading_zero());
                let exponent = BASE64.encode(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": name, "use": "sig", "alg": "RS256", "n": modulus, "e": exponent })
            }
            Pair::Ec(pair) => {
                // 0x04, x, y.
                let point = pair.public_key().as_ref();
                let coordinate =
                    |range: std::ops::Range<usize>| BASE64.encode(point.get(range).unwrap_or_default());
                let (x, y) = (coordinate(1..33), coordinate(33..65));
                json!({ "kty": "EC", "kid": name, "use": "sig", "alg": "ES256", "crv": "P-256", "x": x, "y": y })
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                let padding = &signature::RSA_PKCS1_SHA256;
                pair.sign(padding, &random, message, &mut signed).map_err(|_| KeyError)?;
                Ok(signed)
            }
            Pair::Ec(pair) => Ok(pair.sign(&random, message).map_err(|_| KeyError)?.as_ref().to_vec()),
        }
    }
}
