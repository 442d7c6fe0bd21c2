//! A table that answers as a test says.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::Client;
use axum::{Router, routing::MethodRouter};
use tokio::net::TcpListener;

use super::Store;

pub async fn answered_by(answer: MethodRouter) -> Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/", answer)).into_future());
    Store::new(Client::new(&config(&url)), "t")
}

pub fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("any", "any", None, None, "a test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .http_client(crate::clients::transport())
        .endpoint_url(url)
        .build()
}
