//! A socket to the model: opened in time or not at all.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, header};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Error, client::IntoClientRequest, error::UrlError, handshake::client::Request},
};
use twin::{
    clients::{realtime::CallId, trust},
    config::OpenAi,
    wire::live::session::LiveOptions,
};

use crate::socket::{MAX_FROM_MODEL, Socket};

pub type ModelSocket = Socket<MaybeTlsStream<TcpStream>>;

/// A caller does not wait longer for a model, or for another engine.
const WITHIN: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;
/// A host that says nothing is asked once more within that.
const TRY_TIMEOUT: Duration = Duration::from_millis(900);
const PAUSE: Duration = Duration::from_millis(150);

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// 401, 403, 429 and the like: trying again does not help a caller who waits.
    #[error("the model refused the connection with status {0}")]
    Refused(u16),
    #[error("the model was not reached: {0}")]
    Unreachable(String),
}

/// Where the model is, and what all sockets to it share.
#[derive(Clone)]
pub struct Model {
    openai: Arc<OpenAi>,
    /// One for all calls: the roots are read once, and TLS sessions are resumed. None without TLS.
    tls: Option<TlsConnector>,
}

impl Model {
    pub fn new(openai: OpenAi) -> Self {
        let tls = openai.realtime_url().starts_with("wss:").then(connector);
        Self { openai: Arc::new(openai), tls }
    }

    /// Opens a Realtime socket within two seconds; a network fault is tried three times, a refusal is not.
    pub async fn connect(&self) -> Result<ModelSocket, ModelError> {
        self.open(&self.openai.realtime_url()).await
    }

    /// What GPT-Live is told of itself, where it speaks.
    pub fn live(&self) -> Option<LiveOptions> {
        self.openai.live()
    }

    /// Opens a Live socket in the same way.
    pub async fn connect_live(&self) -> Result<ModelSocket, ModelError> {
        self.open(&self.openai.live_url()).await
    }

    /// Opens the server's own line to a call in the same way.
    pub async fn attend(&self, call: &CallId) -> Result<ModelSocket, ModelError> {
        let url = if call.is_live() {
            self.openai.attach_url(call.as_str())
        } else {
            self.openai.call_url(call.as_str())
        };
        self.open(&url).await
    }

    async fn open(&self, url: &str) -> Result<ModelSocket, ModelError> {
        let tried = tokio::time::timeout(WITHIN, self.tried(url)).await;
        tried.unwrap_or_else(|_| Err(ModelError::Unreachable("timed out".to_owned())))
    }

    async fn tried(&self, url: &str) -> Result<ModelSocket, ModelError> {
        let mut last = ModelError::Unreachable("not tried".to_owned());
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * attempt).await;
            }
            match self.try_once(url).await {
                Ok(socket) => return Ok(socket),
                Err(refused @ ModelError::Refused(400..500)) => return Err(refused),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn try_once(&self, url: &str) -> Result<ModelSocket, ModelError> {
        let unreachable = |error: Error| ModelError::Unreachable(error.to_string());
        let mut request = url.into_client_request().map_err(unreachable)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.openai.api_key.reveal()));
        let mut bearer = bearer.map_err(|_| ModelError::Unreachable("the key is not a header".to_owned()))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let connecting = async {
            let stream = self.reach(&request).await?;
            Socket::connected(stream, request, MAX_FROM_MODEL).await
        };
        match tokio::time::timeout(TRY_TIMEOUT, connecting).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(Error::Http(response))) => Err(ModelError::Refused(response.status().as_u16())),
            Ok(Err(error)) => Err(unreachable(error)),
            Err(_) => Err(ModelError::Unreachable("timed out".to_owned())),
        }
    }

    async fn reach(&self, request: &Request) -> Result<MaybeTlsStream<TcpStream>, Error> {
        let uri = request.uri();
        let host = uri.host().ok_or(UrlError::NoHostName)?.trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(MaybeTlsStream::Plain(stream)) };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| UrlError::NoHostName)?;
        Ok(MaybeTlsStream::Rustls(tls.connect(name, stream).await?))
    }
}

/// The certificates are read before the first caller rings.
fn connector() -> TlsConnector {
    trust::ready();
    TlsConnector::from(Arc::new(trust::config()))
}

#[cfg(test)]
mod tests {
    use tokio::{net::TcpListener, time::Instant};
    use twin::config::Settings;

    use super::*;

    fn model(base: &str) -> Model {
        let lookup = |name: &str| match name {
            "OPENAI_BASE_URL" => Some(base.to_owned()),
            "OPENAI_API_KEY" => Some("x".to_owned()),
            _ => None,
        };
        Model::new(OpenAi::from(&Settings::new(&lookup)).unwrap())
    }

    /// A host that takes connections and says nothing, on a clock that runs when everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_host_that_says_nothing_is_given_up_in_time() {
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let model = model(&format!("http://{}/v1", host.local_addr().unwrap()));
        let began = Instant::now();
        let opened = model.connect().await.map(drop);
        assert!(matches!(opened, Err(ModelError::Unreachable(_))), "{opened:?}");
        assert!(TRY_TIMEOUT < began.elapsed() && began.elapsed() <= WITHIN, "{:?}", began.elapsed());
    }

    #[test]
    fn roots_are_read_only_where_tls_is_spoken() {
        assert!(model("http://127.0.0.1:1/v1").tls.is_none());
        assert!(model("https://127.0.0.1:1/v1").tls.is_some());
    }
}
