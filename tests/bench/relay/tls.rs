//! The model's side of TLS: a certificate for this run, and a socket that speaks it.

use std::{
    fs,
    io::{Error, ErrorKind, Read, Result, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use mio::net::TcpStream;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, pki_types::PrivateKeyDer};

use crate::Outcome;

/// A certificate that signs itself, and the file that a relay must be told to trust.
pub struct Identity {
    pub config: Arc<ServerConfig>,
    pub certificate: PathBuf,
}

impl Identity {
    pub fn generate() -> Outcome<Self> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let certificate = Path::new(env!("CARGO_TARGET_TMPDIR")).join("relay-model.pem");
        fs::write(&certificate, cert.pem())?;
        let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key)?;
        Ok(Self { config: Arc::new(config), certificate })
    }
}

pub struct Tls {
    pub socket: TcpStream,
    session: ServerConnection,
}

impl Tls {
    pub fn new(socket: TcpStream, config: Arc<ServerConfig>) -> Outcome<Self> {
        let mut session = ServerConnection::new(config)?;
        session.set_buffer_limit(None);
        Ok(Self { socket, session })
    }

    /// What the socket does not take now goes when it can be written again.
    fn send(&mut self) -> Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes what came on the socket, and answers the handshake. `false`: the other side is gone.
    fn receive(&mut self) -> Result<bool> {
        let bytes = self.session.read_tls(&mut self.socket)?;
        self.session.process_new_packets().map_err(Error::other)?;
        self.send()?;
        Ok(bytes > 0)
    }
}

impl Read for Tls {
    /// As much as there is: less than there is room for means that nothing is left.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.session.reader().read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(_) => match self.receive() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) if error.kind() == ErrorKind::WouldBlock && filled > 0 => break,
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(filled)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let taken = self.session.writer().write(bytes)?;
        self.send()?;
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        self.send()
    }
}
