//! Where recordings are kept: a bucket of S3 when deployed, a folder on a laptop.
//!
//! S3 is asked by plain requests that are signed, because three of them do not need an SDK of its own. Source: Amazon S3
//! API reference, `PutObject`, `GetObject`, `DeleteObject`; Signature Version 4.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use bytes::Bytes;
use http::Method;
use sha2::{Digest as _, Sha256};

const TIMEOUT: Duration = Duration::from_secs(20);
/// A browser asks again for each part of a recording that is jumped to.
const LINK_LIVES: Duration = Duration::from_mins(15);

#[derive(Clone)]
pub enum Vault {
    Folder(Arc<PathBuf>),
    S3(Arc<Bucket>),
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the folder of recordings cannot be used: {0}")]
    Folder(#[from] io::Error),
    #[error("S3 was not reached: {0}")]
    Transport(String),
    #[error("a request to S3 cannot be signed: {0}")]
    Signing(String),
    #[error("S3 refused with status {0}")]
    Refused(u16),
    #[error("this is not the name of a recording")]
    Name,
}

pub struct Bucket {
    http: reqwest::Client,
    /// `https://bucket.s3.region.amazonaws.com`
    url: String,
    region: String,
    credentials: SharedCredentialsProvider,
}

/// What is said of contents that are kept: SHA-256 in hexadecimal digits.
pub fn checksum(contents: &[u8]) -> String {
    Sha256::digest(contents).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Vault {
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(Arc::new(path.into()))
    }

    /// `endpoint`: another than AWS's, with the bucket in it.
    pub fn s3(aws: &SdkConfig, bucket: &str, endpoint: Option<&str>) -> Result<Self, VaultError> {
        let region = aws.region().map_or("us-east-1", |region| region.as_ref()).to_owned();
        let credentials =
            aws.credentials_provider().ok_or_else(|| VaultError::Signing("no credentials".to_owned()))?;
        let http = super::http().timeout(TIMEOUT).build().map_err(transport)?;
        let ours = format!("https://{bucket}.s3.{region}.amazonaws.com");
        let url = endpoint.map_or(ours, |url| url.trim_end_matches('/').to_owned());
        Ok(Self::S3(Arc::new(Bucket { http, url, region, credentials })))
    }

    /// The same name again is replaced.
    pub async fn put(&self, name: &str, contents: Bytes) -> Result<(), VaultError> {
        check(name)?;
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if let Some(parent) = path.parent() {
                    tokio::fs::create_dir_all(parent).await?;
                }
                Ok(tokio::fs::write(path, contents).await?)
            }
            Self::S3(bucket) => bucket.ask(Method::PUT, name, contents).await.map(drop),
        }
    }

    /// `None` if there is nothing of this name.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, VaultError> {
        check(name)?;
        match self {
            Self::Folder(folder) => match tokio::fs::read(folder.join(name)).await {
                Ok(contents) => Ok(Some(contents.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Self::S3(bucket) => match bucket.ask(Method::GET, name, Bytes::new()).await {
                Ok(contents) => Ok(Some(contents)),
                Err(VaultError::Refused(404)) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// Where a browser fetches it by itself, for a while; `None` where it lies in a folder.
    pub async fn link(&self, name: &str) -> Result<Option<String>, VaultError> {
        check(name)?;
        match self {
            Self::Folder(_) => Ok(None),
            Self::S3(bucket) => bucket.link(name).await.map(Some),
        }
    }

    /// What such links begin with.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Folder(_) => None,
            Self::S3(bucket) => Some(&bucket.url),
        }
    }

    /// `false`: it was gone already, as far as can be told.
    pub async fn remove(&self, name: &str) -> Result<bool, VaultError> {
        check(name)?;
        match self {
            Self::Folder(folder) => match tokio::fs::remove_file(folder.join(name)).await {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error.into()),
            },
            Self::S3(bucket) => bucket.ask(Method::DELETE, name, Bytes::new()).await.map(|_| true),
        }
    }
}

impl Bucket {
    async fn ask(&self, method: Method, name: &str, contents: Bytes) -> Result<Bytes, VaultError> {
        let request = self.signed(method, name, contents).await?;
        let answer = self.http.execute(request).await.map_err(transport)?;
        match answer.status().as_u16() {
            200 | 204 => answer.bytes().await.map_err(transport),
            status => Err(VaultError::Refused(status)),
        }
    }

    async fn signed(
        &self,
        method: Method,
        name: &str,
        contents: Bytes,
    ) -> Result<reqwest::Request, VaultError> {
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let url = format!("{}/{name}", self.url);
        let request = http::Request::builder().method(method).uri(&url);
        let mut request = request.body(contents.clone()).map_err(signing)?;
        // It may be long, and nobody who talks meanwhile waits for it.
        let checksum = tokio::task::spawn_blocking(move || checksum(&contents)).await.map_err(signing)?;
        let by = (&self.credentials().await?, self.region.as_str(), SystemTime::now());
        apply(&mut request, SignableBody::Precomputed(checksum), settings, by)?;
        reqwest::Request::try_from(request).map_err(transport)
    }

    async fn link(&self, name: &str) -> Result<String, VaultError> {
        let url = format!("{}/{name}?response-content-type=audio%2Fwav", self.url);
        presigned(&url, LINK_LIVES, (&self.credentials().await?, &self.region, SystemTime::now()))
    }

    async fn credentials(&self) -> Result<Credentials, VaultError> {
        self.credentials.provide_credentials().await.map_err(signing)
    }
}

/// Who signs, for which region, and when.
type By<'a> = (&'a Credentials, &'a str, SystemTime);

/// A GET that needs no header. Source: Amazon S3, "Authenticating requests: using query parameters".
fn presigned(url: &str, lives: Duration, by: By<'_>) -> Result<String, VaultError> {
    let mut settings = settings();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(lives);
    let mut request = http::Request::get(url).body(Bytes::new()).map_err(signing)?;
    apply(&mut request, SignableBody::UnsignedPayload, settings, by)?;
    Ok(request.uri().to_string())
}

/// As S3 wants it.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn apply(
    request: &mut http::Request<Bytes>,
    body: SignableBody<'_>,
    settings: SigningSettings,
    (credentials, region, time): By<'_>,
) -> Result<(), VaultError> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(time)
        .settings(settings)
        .build()
        .map_err(signing)?
        .into();
    let (method, url) = (request.method().to_string(), request.uri().to_string());
    let to_sign = SignableRequest::new(&method, &url, std::iter::empty(), body).map_err(signing)?;
    let (instructions, _) = sign(to_sign, &params).map_err(signing)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn signing(why: impl std::fmt::Display) -> VaultError {
    VaultError::Signing(why.to_string())
}

/// `recordings/CA…/RE….wav`: letters, digits and what parts them; nothing that leads elsewhere.
fn check(name: &str) -> Result<(), VaultError> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    if name.split('/').all(plain) { Ok(()) } else { Err(VaultError::Name) }
}

fn transport(error: reqwest::Error) -> VaultError {
    VaultError::Transport(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_keeps_gives_and_forgets() {
        let folder = std::env::temp_dir().join(format!("omnitwin-vault-{}", ulid::Ulid::generate()));
        let vault = Vault::folder(&folder);
        let name = "recordings/CA1/RE1.wav";
        assert!(vault.get(name).await.unwrap().is_none() && !vault.remove(name).await.unwrap());
        vault.put(name, Bytes::from_static(b"RIFF")).await.unwrap();
        assert_eq!(vault.get(name).await.unwrap().unwrap(), "RIFF");
        for bad in ["", "../x", "a/../b", "/etc/passwd", "a//b", "a b", ".hidden", "a/.b"] {
            assert!(matches!(vault.get(bad).await, Err(VaultError::Name)), "{bad:?}");
        }
        assert!(vault.remove(name).await.unwrap() && vault.get(name).await.unwrap().is_none());
        tokio::fs::remove_dir_all(folder).await.unwrap();
    }

    /// The example of Amazon S3's documentation.
    #[test]
    fn a_link_is_signed_as_s3_wants_it() {
        let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let credentials = Credentials::new(id, secret, None, None, "documentation");
        // 2013-05-24T00:00:00Z
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(380_376);
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let link = presigned(url, Duration::from_hours(24), (&credentials, "us-east-1", at)).unwrap();
        let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(link.starts_with(url) && link.contains("X-Amz-Expires=86400"), "{link}");
        assert!(link.ends_with(&format!("X-Amz-Signature={signature}")), "{link}");
    }

    /// What is kept may be as long as an hour of audio, and is hashed where nobody talks.
    #[tokio::test]
    async fn what_is_kept_is_hashed_on_the_side() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let bucket = Bucket {
            http: super::super::http().build().unwrap(),
            url: "https://bucket.example".to_owned(),
            region: "us-east-1".to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
        };
        let contents = Bytes::from(vec![7; 16 * 1024 * 1024]);
        let known = checksum(&contents);
        let mut signed = std::pin::pin!(bucket.signed(Method::PUT, "logs/CA1.call.log", contents));
        let first = std::future::poll_fn(|cx| std::task::Poll::Ready(signed.as_mut().poll(cx))).await;
        assert!(first.is_pending(), "the runtime goes on");
        let request = signed.await.unwrap();
        assert_eq!(request.headers()["x-amz-content-sha256"], known.as_str());
        let authorized = request.headers()[http::header::AUTHORIZATION].to_str().unwrap();
        assert!(authorized.contains("x-amz-content-sha256"), "{authorized}");
    }

    #[test]
    fn a_checksum_is_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum(b"abc"), known);
    }
}
