//! Certificates with which SNS signs, fetched from SNS itself and kept. Source: AWS, "Verifying the signatures of Amazon
//! SNS messages".

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use twin::{
    error::Error,
    wire::sns::{SnsMessage, is_of_sns},
};
use url::Url;
use webpki::{EndEntityCert, aws_lc_rs::RSA_PKCS1_2048_8192_SHA256};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a certificate in PEM.
const MAX_PEM: usize = 32 * 1024;
/// More addresses than SNS has certificates at a time.
const MAX_KEPT: usize = 16;

#[derive(Debug, thiserror::Error)]
#[error("the client for certificates cannot be built: {0}")]
pub struct SetupError(#[from] reqwest::Error);

#[derive(Clone)]
pub struct Certificates {
    http: reqwest::Client,
    kept: Arc<Mutex<HashMap<Url, CertificateDer<'static>>>>,
    /// A simulator on this machine, beside SNS itself.
    also: Option<String>,
}

impl Certificates {
    pub fn of_sns() -> Result<Self, SetupError> {
        // Who redirects is not SNS.
        let http =
            twin::clients::http().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, kept: Arc::default(), also: None })
    }

    /// Believes what is below `base`, too: for a simulator on the same machine.
    #[must_use]
    pub fn and(self, base: &str) -> Self {
        Self { also: Some(base.to_owned()), ..self }
    }

    /// `Forbidden` unless SNS signed it, by version 2 (SHA-256). The certificate is what SNS itself serves over TLS: it is
    /// believed for that, as AWS says.
    pub async fn check(&self, message: &SnsMessage) -> Result<(), Error> {
        if message.signature_version != "2" {
            return Err(Error::Forbidden);
        }
        let signature = STANDARD.decode(&message.signature).map_err(|_| Error::Forbidden)?;
        let url = self.believed(&message.signing_cert_url).filter(is_certificate);
        let certificate = self.certificate(url.ok_or(Error::Forbidden)?).await?;
        let certificate = EndEntityCert::try_from(&certificate).map_err(|_| Error::Forbidden)?;
        let text = message.signed_text();
        let checked = certificate.verify_signature(RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &signature);
        checked.map_err(|_| Error::Forbidden)
    }

    /// Says to SNS that we are who it is to post to.
    pub async fn confirm(&self, message: &SnsMessage) -> Result<(), Error> {
        let url = message.subscribe_url.as_deref().and_then(|url| self.believed(url));
        self.fetch(url.ok_or(Error::Forbidden)?).await?;
        tracing::info!("SNS posts events of mails from now on");
        Ok(())
    }

    fn believed(&self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let simulated = self.also.as_ref().is_some_and(|base| text.starts_with(&format!("{base}/")));
        (simulated || is_of_sns(&url)).then_some(url)
    }

    async fn certificate(&self, url: Url) -> Result<CertificateDer<'static>, Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let pem = self.fetch(url.clone()).await?;
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| Error::Forbidden)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(url, certificate.clone());
        Ok(certificate)
    }

    async fn fetch(&self, url: Url) -> Result<Vec<u8>, Error> {
        let failed = |error: reqwest::Error| {
            let error = error.without_url();
            tracing::warn!(%error, "SNS did not answer");
            Error::Upstream(Box::new(error))
        };
        let mut answer =
            self.http.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_PEM {
                return Err(Error::Forbidden);
            }
        }
        Ok(body)
    }
}

fn is_certificate(url: &Url) -> bool {
    url.query().is_none() && url.path().rsplit_once('.').is_some_and(|(_, ending)| ending == "pem")
}
