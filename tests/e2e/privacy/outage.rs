//! The audit log cannot be written: nothing is done that would have to stand in it, and reading goes on.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde_json::json;
use tests::Bench;
use tokio::net::TcpListener;
use twin::{
    audit::Actor,
    clients::queue::Queue,
    config::Secret,
    error::Error,
    export::For,
    http::{OwnerAuth, edge},
    identity::Assurance,
    interaction::Channel,
    policy::Permit,
    store::Store,
    twin::Twin,
};

use super::{EMAIL, config, details, opened, person, traces};

const TOKEN: &str = "owner";

/// In front of the table: hands everything on but what would write a line of the log.
async fn without_log(
    State((http, table)): State<(reqwest::Client, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if target.ends_with("PutItem") && body.windows(6).any(|part| part == b"AUDIT#") {
        let refused =
            json!({ "__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no" });
        return (StatusCode::BAD_REQUEST, refused.to_string()).into_response();
    }
    let mut request = http.post(table).body(body);
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request = headers.get(name).into_iter().fold(request, |request, value| request.header(name, value));
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap()).into_response()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The twin over a table that takes no lines of the log.
async fn unlogged(bench: &Bench) -> Twin {
    let table = bench.stack.aws().dynamodb_url();
    let proxy = serve(Router::new().fallback(without_log).with_state((reqwest::Client::new(), table))).await;
    let sdk = config(bench).to_builder().endpoint_url(proxy).build();
    let nowhere = Queue::new(aws_sdk_sqs::Client::new(&sdk), "http://127.0.0.1:1/jobs");
    Twin::new(Store::new(aws_sdk_dynamodb::Client::new(&sdk), omnitwin::stack::TABLE), nowhere)
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let session = opened(&bench, &dana, Channel::Phone, Assurance::Verified).await;
    let (twin, now) = (unlogged(&bench).await, Timestamp::now());
    let unavailable = |came: Result<(), Error>| matches!(came, Err(Error::Unavailable(_)));
    assert!(unavailable(twin.erase(&dana, Actor::Owner, now).await.map(drop)));
    assert!(unavailable(
        twin.export(Permit::of_the_owner(), &dana, (For::Owner, Actor::Owner), None, now).await.map(drop)
    ));
    let arguments = details(true).to_string();
    assert!(unavailable(twin.act(&session, "c1", "save_contact", &arguments, now).await.map(drop)));
    let kept = twin.store().known(&dana).await.unwrap().expect("nobody was erased");
    assert_eq!(kept.contact.name, None);
    assert_eq!(traces(&bench, &dana, &["Whitfield"]).await.len(), traces(&bench, &dana, &[]).await.len());
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn the_owner_reads_on_and_changes_nothing() {
    let bench = Bench::start().await;
    let dana = person(&bench, EMAIL).await;
    let twin = unlogged(&bench).await;
    let auth = OwnerAuth::new(twin.store().clone(), Some(Secret::new(TOKEN)));
    let url = serve(edge(context::app(context::State { twin, auth }))).await;
    let path = format!("{url}/api/omni-context/{dana}");
    let read = bench.http.get(path).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
    let path = format!("{url}/api/people/{dana}/consents");
    let consent = json!({ "matter": "mails", "given": true });
    let changed = bench.http.post(path).bearer_auth(TOKEN).json(&consent).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bench.stack.twin.store().consents(&dana).await.unwrap(), []);
    bench.stack.stop().await.unwrap();
}
