use std::convert::Infallible;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const LIMIT: usize = 4096;
const SHORT: Limits = Limits { body: LIMIT, total: Duration::from_millis(200) };
const LONG: Limits = Limits { body: LIMIT, total: Duration::from_secs(30) };

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Serves one answer and fetches it.
async fn fetched(
    limits: Limits,
    answer: impl Fn() -> Answer + Clone + Send + Sync + 'static,
) -> Result<Fetched, FetchError> {
    let address = serve(Router::new().fallback(move || {
        let answer = answer();
        async { answer }
    }))
    .await;
    let fetcher = Fetcher::new(Policy::public().with_loopback("127.0.0.1"), limits).unwrap();
    fetcher.fetch(&format!("http://{address}/page"), &Version::default()).await
}

fn length(fetched: Result<Fetched, FetchError>) -> Result<usize, FetchError> {
    match fetched? {
        Fetched::Body { bytes, .. } => Ok(bytes.len()),
        Fetched::NotModified => panic!("a body was expected"),
    }
}

fn streamed(size: usize) -> Body {
    let byte = || async { Ok::<_, Infallible>(Bytes::from_static(b"a")) };
    Body::from_stream(stream::repeat_with(byte).take(size).then(|byte| byte))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Answers each look-up with the next of `answers`, and counts.
fn playing(answers: Vec<Vec<IpAddr>>) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answers = Mutex::new(answers.into_iter());
    let lookup: Lookup = Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        let next = answers.lock().unwrap().next().unwrap_or_default();
        Box::pin(async move { Ok(next) })
    });
    (lookup, asked)
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    let sized = |size: usize| fetched(LONG, move || vec![b'a'; size].into_response());
    assert_eq!(length(sized(LIMIT - 1).await).unwrap(), LIMIT - 1);
    assert_eq!(length(sized(LIMIT).await).unwrap(), LIMIT);
    let refused = sized(LIMIT + 1).await.unwrap_err();
    assert!(matches!(refused, FetchError::TooLarge { limit: LIMIT, .. }), "{refused}");
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_as_it_comes() {
    let sized = |size: usize| fetched(LONG, move || streamed(size).into_response());
    assert_eq!(length(sized(LIMIT).await).unwrap(), LIMIT);
    assert!(matches!(sized(LIMIT + 1).await, Err(FetchError::TooLarge { .. })));
    let endless = fetched(LONG, || streamed(usize::MAX).into_response());
    assert!(matches!(endless.await, Err(FetchError::TooLarge { .. })));
}

#[tokio::test]
async fn a_compressed_body_is_counted_as_it_unfolds() {
    let zipped = |size: usize| {
        fetched(LONG, move || ([("content-encoding", "gzip")], gzip(&vec![b'a'; size])).into_response())
    };
    assert_eq!(length(zipped(LIMIT).await).unwrap(), LIMIT);
    assert!(matches!(zipped(LIMIT + 1).await, Err(FetchError::TooLarge { .. })));
    // 16 MiB in 16 KiB pass the cap on what is sent.
    let roomy = Limits { body: MAX_BODY, ..LONG };
    let bomb = gzip(&vec![0; 16 * MAX_BODY]);
    assert!(bomb.len() < MAX_BODY);
    let bombed = fetched(roomy, move || ([("content-encoding", "gzip")], bomb.clone()).into_response()).await;
    assert!(matches!(bombed, Err(FetchError::TooLarge { limit: MAX_BODY, .. })));
}

#[tokio::test]
async fn a_broken_or_unknown_encoding_is_an_error() {
    for (encoding, body) in [("gzip", &b"not gzip"[..]), ("br", b"x"), ("gzip, gzip", b"x")] {
        let answer = fetched(LONG, move || ([("content-encoding", encoding)], body).into_response()).await;
        assert!(matches!(answer, Err(FetchError::Body { .. })), "{encoding}: {answer:?}");
    }
    let cut = gzip(b"hello, hello, hello")[..20].to_vec();
    let answer = fetched(LONG, move || ([("content-encoding", "gzip")], cut.clone()).into_response()).await;
    assert!(matches!(answer, Err(FetchError::Body { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_never_ends_times_out() {
    let slow = || {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"a"))]);
        Body::from_stream(first.chain(stream::pending())).into_response()
    };
    let answer = fetched(SHORT, slow).await.unwrap_err();
    assert!(matches!(answer, FetchError::Timeout { .. }), "{answer}");
    assert!(answer.to_string().ends_with("did not answer within 0.2 s"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_an_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert_ne!(connection.read(&mut [0; 1024]).await.unwrap(), 0);
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    });
    let fetcher = Fetcher::new(Policy::public().with_loopback("127.0.0.1"), LONG).unwrap();
    let answer = fetcher.fetch(&url, &Version::default()).await.unwrap_err();
    assert!(matches!(answer, FetchError::Body { .. }), "{answer}");
}

#[tokio::test]
async fn a_redirect_names_its_target_and_is_not_followed() {
    for (location, named) in [
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
        ("http://169.254.169.254/latest", "http://169.254.169.254/latest"),
        ("/other", "/other"),
    ] {
        let moved = move || (StatusCode::FOUND, [("location", location)]).into_response();
        let answer = fetched(LONG, moved).await.unwrap_err();
        let FetchError::Redirect { target, .. } = &answer else { panic!("{answer}") };
        assert!(target.ends_with(named), "{target}");
    }
    let nowhere = fetched(LONG, || StatusCode::MULTIPLE_CHOICES.into_response()).await.unwrap_err();
    assert!(matches!(nowhere, FetchError::Redirect { .. }), "{nowhere}");
}

#[tokio::test]
async fn other_statuses_are_errors() {
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
        let answer = fetched(LONG, move || status.into_response()).await.unwrap_err();
        assert!(
            matches!(answer, FetchError::Status { status: code, .. } if code == status.as_u16()),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_known_version_is_asked_for_only_if_it_changed() {
    async fn answer(request: Request) -> Answer {
        let known = request.headers().get(IF_NONE_MATCH).is_some_and(|etag| etag == "\"v1\"");
        let since = request.headers().get(IF_MODIFIED_SINCE).is_some_and(|date| date == "yesterday");
        if known && since {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        let headers = [("etag", "\"v1\""), ("last-modified", "yesterday"), ("content-type", "text/plain")];
        (headers, "hello").into_response()
    }
    let address = serve(Router::new().route("/page", get(answer))).await;
    let fetcher = Fetcher::new(Policy::public().with_loopback("127.0.0.1"), LONG).unwrap();
    let url = format!("http://{address}/page#part");

    let first = fetcher.fetch(&url, &Version::default()).await.unwrap();
    let Fetched::Body { bytes, content_type, etag, last_modified } = first else { panic!("no body") };
    assert_eq!((bytes.as_slice(), content_type.as_deref()), (&b"hello"[..], Some("text/plain")));
    let known = Version { etag, last_modified };
    assert_eq!(fetcher.fetch(&url, &known).await.unwrap(), Fetched::NotModified);

    let forged = Version { etag: Some("\"v1\"\r\nHost: evil".into()), last_modified: None };
    assert!(matches!(fetcher.fetch(&url, &forged).await, Ok(Fetched::Body { .. })));
}

#[tokio::test]
async fn a_request_tells_nothing_but_who_asks() {
    async fn answer(request: Request) -> String {
        let mut names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    }
    let address = serve(Router::new().fallback(answer)).await;
    let fetcher = Fetcher::new(Policy::public().with_loopback("127.0.0.1"), LONG).unwrap();
    let Fetched::Body { bytes, .. } =
        fetcher.fetch(&format!("http://{address}/"), &Version::default()).await.unwrap()
    else {
        panic!("no body")
    };
    assert_eq!(String::from_utf8(bytes).unwrap(), "accept accept-encoding host user-agent");
}

#[tokio::test]
async fn a_name_is_resolved_once_and_connected_to_where_it_was_checked() {
    let address = serve(Router::new().fallback(|| async { "here" })).await;
    let metadata = Ipv4Addr::new(169, 254, 169, 254).into();
    let (lookup, asked) = playing(vec![vec![Ipv4Addr::LOCALHOST.into()], vec![metadata]]);
    let policy = Policy::public().with_loopback("rebinding.test");
    let fetcher = Fetcher::with_lookup(policy, LONG, lookup).unwrap();
    let url = format!("http://rebinding.test:{}/", address.port());

    assert_eq!(length(fetcher.fetch(&url, &Version::default()).await).unwrap(), 4);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_name_that_rebinds_between_requests_is_refused() {
    let closing = || async { ([("connection", "close")], "here") };
    let address = serve(Router::new().fallback(closing)).await;
    let metadata: IpAddr = Ipv4Addr::new(169, 254, 169, 254).into();
    let (lookup, _) = playing(vec![vec![Ipv4Addr::LOCALHOST.into()], vec![metadata]]);
    let policy = Policy::public().with_loopback("rebinding.test");
    let fetcher = Fetcher::with_lookup(policy, LONG, lookup).unwrap();
    let url = format!("http://rebinding.test:{}/", address.port());

    assert!(fetcher.fetch(&url, &Version::default()).await.is_ok());
    let refused = fetcher.fetch(&url, &Version::default()).await.unwrap_err();
    assert!(matches!(&refused, FetchError::Private { address, .. } if *address == metadata), "{refused}");
}

#[tokio::test]
async fn the_system_resolves_local_names_to_addresses_that_are_refused() {
    let fetcher = Fetcher::new(Policy::public(), LONG).unwrap();
    let refused = fetcher.fetch("https://localhost/", &Version::default()).await.unwrap_err();
    assert!(matches!(refused, FetchError::Private { .. }), "{refused}");
}

#[tokio::test]
async fn a_name_with_any_private_address_is_refused_unconnected() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let address = serve(Router::new().fallback(move || async move {
        count.fetch_add(1, Ordering::Relaxed);
    }))
    .await;
    let public: IpAddr = Ipv4Addr::new(1, 1, 1, 1).into();
    for answer in [
        vec![Ipv4Addr::LOCALHOST.into()],
        vec![public, Ipv4Addr::LOCALHOST.into()],
        vec!["::ffff:127.0.0.1".parse().unwrap()],
        vec!["fd00:ec2::254".parse().unwrap(), public],
    ] {
        let (lookup, _) = playing(vec![answer]);
        let fetcher = Fetcher::with_lookup(Policy::public().with_plain_http(), LONG, lookup).unwrap();
        let refused = fetcher.fetch("https://mixed.example/", &Version::default()).await.unwrap_err();
        assert!(matches!(refused, FetchError::Private { .. }), "{refused}");
    }
    let (lookup, _) = playing(vec![vec![]]);
    let fetcher = Fetcher::with_lookup(Policy::public(), LONG, lookup).unwrap();
    let refused = fetcher.fetch("https://nowhere.example/", &Version::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "nowhere.example does not resolve: it has no address");
    assert!(fetcher.fetch(&format!("http://{address}/"), &Version::default()).await.is_err());
    assert_eq!(reached.load(Ordering::Relaxed), 0);
}
