//! The outside world: thin clients, built once by `main`.

pub mod calendars;
pub mod fetch;
pub mod mail;
pub mod openai;
pub mod queue;
pub mod realtime;
pub mod relay;
mod transport;
pub mod trust;
pub mod twilio;
pub mod vault;

use std::{
    ops::Deref,
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, ecs::EcsCredentialsProvider, identity::IdentityCache,
    provider_config::ProviderConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

pub use self::transport::transport;
use crate::config::Settings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// Within the webhook's own deadline, so that a caller always hears something.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(4);

/// How long AWS is waited for.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// A client that is made when it is first used: a request that needs none waits for none, and each of AWS's takes as long as a whole
/// small function to start.
pub struct Lazy<C>(Arc<LazyLock<C, Box<dyn FnOnce() -> C + Send>>>);

impl<C> Lazy<C> {
    pub fn new(make: impl FnOnce() -> C + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }

    /// Now, if it was not before.
    pub fn make(&self) {
        LazyLock::force(&self.0);
    }
}

impl<C> Clone for Lazy<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C> Deref for Lazy<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: Send + 'static> From<C> for Lazy<C> {
    fn from(made: C) -> Self {
        Self::new(|| made)
    }
}

/// What went wrong with a request to AWS, because what the SDK writes out is only where it did. What went wrong inside of the
/// service is told in its words, such as that a disk is full. Words about a request may quote it.
pub fn why<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => told(service.err()),
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        SdkError::DispatchFailure(_) => "not reached".to_owned(),
        _ => "no answer".to_owned(),
    }
}

fn told(error: &impl ProvideErrorMetadata) -> String {
    match (error.code(), error.message()) {
        (Some(code @ "InternalServerError"), Some(why)) => format!("{code}: {why}"),
        (code, _) => code.unwrap_or("service error").to_owned(),
    }
}

/// What all our clients of HTTP begin with.
pub fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(trust::config())
}

/// Where a task finds its credentials. Source: Amazon ECS, "Task IAM role".
const OF_A_TASK: [&str; 2] = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// Region, credentials and endpoint as a function or a task is given them, by its environment. Whatever else the SDK would
/// look into (profiles, single sign-on, the machine) is not there, and need not be in the binary.
pub fn aws(settings: &Settings<'_>) -> SdkConfig {
    let region = settings.optional("AWS_REGION").or_else(|| settings.optional("AWS_DEFAULT_REGION"));
    let http = transport();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .identity_cache(IdentityCache::lazy().build())
        .timeout_config(timeouts())
        .region(region.map(Region::new))
        .http_client(http.clone());
    config.set_endpoint_url(settings.optional("AWS_ENDPOINT_URL"));
    if OF_A_TASK.iter().any(|name| settings.optional(name).is_some()) {
        let asked = ProviderConfig::default().with_http_client(http);
        let provider = EcsCredentialsProvider::builder().configure(&asked).build();
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(provider)));
    } else {
        config.set_credentials_provider(credentials(settings).map(SharedCredentialsProvider::new));
    }
    config.build()
}

/// The same for a service that is elsewhere: `AWS_ENDPOINT_URL_SQS`, and so on.
pub fn aws_of(service: &str, config: &SdkConfig, settings: &Settings<'_>) -> SdkConfig {
    match settings.optional(&format!("AWS_ENDPOINT_URL_{service}")) {
        Some(url) => config.to_builder().endpoint_url(url).build(),
        None => config.clone(),
    }
}

/// Those of a function, which stay the same while it lives.
fn credentials(settings: &Settings<'_>) -> Option<Credentials> {
    let (id, secret) = (settings.optional("AWS_ACCESS_KEY_ID")?, settings.optional("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, settings.optional("AWS_SESSION_TOKEN"), None, "environment"))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials as _;
    use aws_sdk_dynamodb::error::ErrorMetadata;

    use super::*;

    #[test]
    fn a_fault_of_the_service_is_told_in_its_words_and_a_request_is_not_quoted() {
        let error = |code: &str, why: &str| told(&ErrorMetadata::builder().code(code).message(why).build());
        let full = error("InternalServerError", "database or disk is full");
        assert_eq!(full, "InternalServerError: database or disk is full");
        assert_eq!(error("ValidationException", "dana@northgate.example is no key"), "ValidationException");
    }

    fn given(name: &str) -> Option<String> {
        let value = match name {
            "AWS_REGION" => "eu-central-1",
            "AWS_ACCESS_KEY_ID" => "id",
            "AWS_SECRET_ACCESS_KEY" => "secret",
            "AWS_SESSION_TOKEN" => "session",
            "AWS_ENDPOINT_URL" => "http://everything",
            "AWS_ENDPOINT_URL_SQS" => "http://queues",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[tokio::test]
    async fn a_function_is_told_by_its_environment_who_it_is_and_where_aws_is() {
        let settings = Settings::new(&given);
        let config = aws(&settings);
        assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
        let credentials = config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("id", "secret"));
        assert_eq!(credentials.session_token(), Some("session"));
        assert_eq!(config.endpoint_url(), Some("http://everything"));
        assert_eq!(aws_of("SQS", &config, &settings).endpoint_url(), Some("http://queues"));
        assert_eq!(aws_of("DYNAMODB", &config, &settings).endpoint_url(), Some("http://everything"));
    }

    #[tokio::test]
    async fn a_task_asks_for_its_credentials_whatever_else_it_was_given() {
        let task = |name: &str| if name == OF_A_TASK[0] { Some("/role".to_owned()) } else { given(name) };
        let provider = aws(&Settings::new(&task)).credentials_provider().unwrap();
        assert!(provider.provide_credentials().await.is_err(), "nobody answers a test");
        let nothing = |_: &str| None;
        assert!(aws(&Settings::new(&nothing)).credentials_provider().is_none());
    }
}
