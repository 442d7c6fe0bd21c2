//! Another emulator of DynamoDB under the same tests: `TESTS_DYNAMODB=http://127.0.0.1:4566`.
//!
//! `ministack` keeps each account's tables apart, and takes an access key of twelve digits for the account. Each system
//! of a test so gets an account of its own, whatever its clients sign with.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use tokio::net::TcpListener;

const VARIABLE: &str = "TESTS_DYNAMODB";

struct Account {
    http: reqwest::Client,
    emulator: String,
    number: String,
}

/// Where a new account of the other emulator is reached; `None` if there is none to test with.
pub(crate) async fn own_account() -> Option<String> {
    let emulator = std::env::var(VARIABLE).ok()?;
    let number = format!("{:012}", jiff::Timestamp::now().as_nanosecond().rem_euclid(1_000_000_000_000));
    let account = Arc::new(Account { http: reqwest::Client::new(), emulator, number });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(signed_by_it).with_state(account);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Some(url)
}

async fn signed_by_it(State(account): State<Arc<Account>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut request = account.http.post(&account.emulator).body(body);
    for (name, value) in &headers {
        if name == header::AUTHORIZATION {
            let signed = value.to_str().unwrap().replacen("Credential=local/", &account.credential(), 1);
            request = request.header(name, signed);
        } else if name != header::HOST && name != header::CONTENT_LENGTH {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    let mut response = (status, answer.bytes().await.unwrap()).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

impl Account {
    fn credential(&self) -> String {
        format!("Credential={}/", self.number)
    }
}
