//! Mail through SES: raw MIME, sent once. A send whose outcome is not known is not repeated.

use aws_sdk_ses::{
    Client,
    config::retry::RetryConfig,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::RawMessage,
};

#[derive(Clone)]
pub struct Mailer {
    client: Client,
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
        let config = aws_sdk_ses::config::Builder::from(config).retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), configuration_set: None }
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

fn classify<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> SendError {
    match error {
        SdkError::ServiceError(service) => match service.err().code().unwrap_or("error") {
            code @ ("Throttling" | "ThrottlingException" | "ServiceUnavailable") => {
                SendError::NotSent(code.to_owned())
            }
            "InternalFailure" => SendError::Unknown,
            code => SendError::Refused(code.to_owned()),
        },
        SdkError::ConstructionFailure(_) => SendError::Refused("the request cannot be built".to_owned()),
        SdkError::DispatchFailure(failure)
            if failure.as_connector_error().is_some_and(|e| !e.is_timeout()) =>
        {
            SendError::NotSent("not reached".to_owned())
        }
        _ => SendError::Unknown,
    }
}
