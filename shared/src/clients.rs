//! The outside world: thin clients, built once by `main`.

pub mod calendars;
pub mod fetch;
pub mod mail;
pub mod openai;
pub mod queue;
pub mod realtime;
pub mod relay;
pub mod trust;
pub mod twilio;
pub mod vault;

use std::time::Duration;

use aws_config::{SdkConfig, timeout::TimeoutConfig};

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

/// What all our clients of HTTP begin with.
pub fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(trust::config())
}

/// Region, credentials and endpoints as AWS gives them to a function or a task.
pub async fn aws() -> SdkConfig {
    aws_config::from_env().timeout_config(timeouts()).load().await
}
