//! Mail through SES: raw MIME, sent once. A send whose outcome is not known is not repeated.

use std::{error::Error as StdError, iter::successors};

use aws_sdk_ses::{
    Client,
    config::{http::HttpResponse, retry::RetryConfig},
    error::{ConnectorError, ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::RawMessage,
};

use super::Lazy;

#[derive(Clone)]
pub struct Mailer {
    client: Lazy<Client>,
    configuration_set: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It was refused: nothing was sent.
    #[error("it was refused: {0}")]
    Refused(String),
    /// Nothing was sent, and later may be better.
    #[error("it could not be handed over: {0}")]
    NotSent(String),
    /// It may have been sent.
    #[error("no answer came")]
    Unknown,
}

impl Mailer {
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        let config = aws_sdk_ses::config::Builder::from(config).retry_config(RetryConfig::disabled());
        Self { client: Lazy::new(|| Client::from_conf(config.build())), configuration_set: None }
    }

    /// The set that has SES publish what becomes of a mail.
    #[must_use]
    pub fn with_configuration_set(self, configuration_set: Option<String>) -> Self {
        Self { configuration_set, ..self }
    }

    /// Sends a whole MIME message to one recipient; returns SES's id of it.
    pub async fn send(&self, from: &str, to: &str, mime: Vec<u8>) -> Result<String, SendError> {
        let message = RawMessage::builder().data(Blob::new(mime)).build();
        let message = message.map_err(|error| SendError::Refused(error.to_string()))?;
        let request = self.client.send_raw_email().source(from).destinations(to).raw_message(message);
        let request = request.set_configuration_set_name(self.configuration_set.clone());
        match request.send().await {
            Ok(output) => Ok(output.message_id),
            Err(error) => Err(classify(&error)),
        }
    }
}

fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> SendError {
    match error {
        SdkError::ServiceError(service) => answered(service.raw().status().as_u16(), service.err().code()),
        SdkError::ConstructionFailure(_) => SendError::Refused("the request cannot be built".to_owned()),
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(met_nobody) => {
            SendError::NotSent("not reached".to_owned())
        }
        _ => SendError::Unknown,
    }
}

/// What an answer other than yes comes to: only who says that the fault is ours has surely not sent it.
fn answered(status: u16, code: Option<&str>) -> SendError {
    match (status, code) {
        (_, Some(code @ ("Throttling" | "ThrottlingException" | "ServiceUnavailable"))) => {
            SendError::NotSent(code.to_owned())
        }
        (429, _) => SendError::NotSent("too many requests".to_owned()),
        (408, _) | (_, Some("RequestTimeout")) => SendError::Unknown,
        (400..=499, code) => SendError::Refused(code.unwrap_or("no reason was given").to_owned()),
        _ => SendError::Unknown,
    }
}

/// Not even a connection came about. A connection that broke may have carried the mail before.
fn met_nobody(error: &ConnectorError) -> bool {
    let mut chain = successors(error.source(), |&error| error.source());
    chain.any(|error| error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect))
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;

    fn mailer(endpoint: &str) -> Mailer {
        let credentials =
            SharedCredentialsProvider::new(Credentials::new("any", "any", None, None, "a test"));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(credentials)
            .http_client(crate::clients::transport())
            .endpoint_url(endpoint)
            .build();
        Mailer::new(&config)
    }

    #[tokio::test]
    async fn whoever_hangs_up_may_have_it_and_whoever_is_not_there_has_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailer = mailer(&format!("http://{}", listener.local_addr().unwrap()));
        let hangs_up = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read(&mut [0; 1024]).await.unwrap()
        });
        let send =
            || mailer.send("twin@sample.example", "sam@sample.example", b"Subject: Hi\r\n\r\n".to_vec());
        assert!(matches!(send().await, Err(SendError::Unknown)));
        assert!(hangs_up.await.unwrap() > 0);
        assert!(matches!(send().await, Err(SendError::NotSent(_))), "nobody listens any more");
    }

    #[test]
    fn what_an_answer_comes_to() {
        let words = |status, code| match answered(status, code) {
            SendError::Refused(_) => "refused",
            SendError::NotSent(_) => "not sent",
            SendError::Unknown => "unknown",
        };
        for (status, code, expected) in [
            (400, Some("MessageRejected"), "refused"),
            (403, Some("AccessDenied"), "refused"),
            (413, None, "refused"),
            (400, Some("Throttling"), "not sent"),
            (429, None, "not sent"),
            (503, Some("ServiceUnavailable"), "not sent"),
            (400, Some("RequestTimeout"), "unknown"),
            (408, None, "unknown"),
            (500, Some("InternalFailure"), "unknown"),
            (500, Some("Something"), "unknown"),
            (502, None, "unknown"),
            (503, None, "unknown"),
            (200, None, "unknown"),
        ] {
            assert_eq!(words(status, code), expected, "{status} {code:?}");
        }
    }
}
