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
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use bytes::Bytes;
use http::Method;
use sha2::{Digest as _, Sha256};

const TIMEOUT: Duration = Duration::from_secs(20);

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
        let signing = |why: &dyn std::fmt::Display| VaultError::Signing(why.to_string());
        let credentials = self.credentials.provide_credentials().await.map_err(|error| signing(&error))?;
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        // As S3 wants it.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| signing(&error))?
            .into();
        let url = format!("{}/{name}", self.url);
        let mut request = http::Request::builder()
            .method(method.clone())
            .uri(&url)
            .body(contents.clone())
            .map_err(|error| signing(&error))?;
        let body = SignableBody::Bytes(&contents);
        let to_sign = SignableRequest::new(method.as_str(), &url, std::iter::empty(), body);
        let signed = sign(to_sign.map_err(|error| signing(&error))?, &params);
        let (instructions, _) = signed.map_err(|error| signing(&error))?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        reqwest::Request::try_from(request).map_err(transport)
    }
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

    #[test]
    fn a_checksum_is_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum(b"abc"), known);
    }
}
