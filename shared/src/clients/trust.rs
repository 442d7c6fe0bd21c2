//! Whom a TLS connection trusts: what the system trusts, or what `SSL_CERT_FILE` names.
//!
//! The certificates are read by the first handshake, once for all clients of a process: a function that calls nobody
//! while it answers reads none.

use std::sync::{Arc, OnceLock};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// Set once certificates were found: until then nobody is trusted, and each handshake looks again.
static ROOTS: OnceLock<Arc<WebPkiServerVerifier>> = OnceLock::new();

/// What all TLS clients begin with.
pub fn config() -> ClientConfig {
    ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(OnceNeeded))
        .with_no_client_auth()
}

/// Reads the certificates now, where the first handshake must not wait for it.
pub fn ready() {
    if roots().is_none() {
        tracing::error!("no server is trusted, so none can be reached by TLS");
    }
}

fn roots() -> Option<&'static WebPkiServerVerifier> {
    if ROOTS.get().is_none() {
        let read = read()?;
        return Some(ROOTS.get_or_init(|| read));
    }
    ROOTS.get().map(Arc::as_ref)
}

fn read() -> Option<Arc<WebPkiServerVerifier>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "root certificates were not read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let built = WebPkiServerVerifier::builder(Arc::new(roots)).build();
    built.inspect_err(|error| tracing::error!(%error, "no root certificate was found")).ok()
}

/// The verifier of rustls, from the moment on when a server shows its certificate.
#[derive(Debug)]
struct OnceNeeded;

impl OnceNeeded {
    fn verifier() -> Result<&'static WebPkiServerVerifier, Error> {
        roots().ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

impl ServerCertVerifier for OnceNeeded {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Self::verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        roots().map_or_else(Vec::new, ServerCertVerifier::supported_verify_schemes)
    }
}
