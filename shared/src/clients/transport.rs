//! How AWS's SDK reaches AWS: by the client of HTTP that everything else uses, so that a function has one, with one idea of
//! whom to trust. It is built by the first request.

use std::sync::OnceLock;

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use reqwest::redirect;

use super::{CONNECT_TIMEOUT, http};

/// For all clients of one configuration.
pub fn transport() -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Transport::default());
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug, Default)]
struct Transport(OnceLock<reqwest::Client>);

impl Transport {
    fn client(&self) -> Result<reqwest::Client, reqwest::Error> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        // As with the SDK's own client: neither the stack on a laptop nor what gives a task its credentials is behind a proxy.
        let built = http().no_proxy().connect_timeout(CONNECT_TIMEOUT).redirect(redirect::Policy::none());
        let built = built.build()?;
        Ok(self.0.get_or_init(|| built).clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.client() {
            Ok(client) => HttpConnectorFuture::new(sent(client, request)),
            Err(error) => HttpConnectorFuture::ready(Err(failed(error))),
        }
    }
}

async fn sent(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(failed)?;
    let response = http::Response::from(client.execute(request).await.map_err(failed)?);
    let response = HttpResponse::try_from(response.map(SdkBody::from_body_1_x));
    response.map_err(|error| ConnectorError::other(error.into(), None))
}

/// The SDK tries again what was not reached, broke off or took too long.
fn failed(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_sdk_dynamodb::{
        Client,
        config::retry::RetryConfig,
        error::SdkError,
        operation::get_item::{GetItemError, GetItemOutput},
        types::AttributeValue,
    };
    use axum::{
        Json, Router,
        body::Bytes,
        http::{HeaderMap, StatusCode, header},
        response::{IntoResponse as _, Redirect},
        routing::post,
    };
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::*;

    async fn asked(endpoint: &str) -> Result<GetItemOutput, Box<SdkError<GetItemError, HttpResponse>>> {
        let credentials = Credentials::new("any", "any", None, None, "a test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(transport())
            .endpoint_url(endpoint)
            .build();
        let key = AttributeValue::S("somebody".to_owned());
        Client::new(&config).get_item().table_name("t").key("pk", key).send().await.map_err(Box::new)
    }

    #[tokio::test]
    async fn the_sdk_asks_and_is_answered() {
        let heard = async |headers: HeaderMap, body: Bytes| {
            let text = |name: &str| headers[name].to_str().unwrap_or_default().to_owned();
            assert!(text("x-amz-target").ends_with(".GetItem"));
            assert_eq!(text(header::CONTENT_LENGTH.as_str()), body.len().to_string());
            Json(json!({ "Item": { "said": { "S": String::from_utf8_lossy(&body) } } }))
        };
        let routes = Router::new()
            .route("/", post(heard))
            .route("/elsewhere/", post(async || Redirect::temporary("/")))
            .route("/refusing/", post(async || (StatusCode::BAD_REQUEST, "{}").into_response()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(axum::serve(listener, routes).into_future());

        let item = asked(&url).await.unwrap().item.unwrap();
        assert!(item["said"].as_s().unwrap().contains("somebody"));
        for path in ["elsewhere", "refusing"] {
            let error = asked(&format!("{url}/{path}")).await.unwrap_err();
            assert!(matches!(*error, SdkError::ServiceError(_)), "{path}: {error:?}");
        }

        server.abort();
        assert!(server.await.is_err());
        match *asked(&url).await.unwrap_err() {
            SdkError::DispatchFailure(failure) => assert!(failure.is_io()),
            other => panic!("{other:?}"),
        }
    }
}
