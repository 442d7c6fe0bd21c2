//! Where a request comes from: what is let in is counted by it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::{self, Next},
    response::IntoResponse,
};
use http::{HeaderMap, HeaderValue, request::Parts};
use subtle::ConstantTimeEq;

use crate::{config::Secret, error::Error};

/// Who stands behind the edge, as the edge says it.
#[derive(Clone)]
struct Viewer(String);

/// What the edge adds to a request, and nobody else can: a secret of its configuration (`infra/edge.yaml`).
/// `CloudFront` adds no header whose name begins with `X-Edge-`.
const ORIGIN_SECRET: &str = "x-origin-secret";
const VIEWER_ADDRESS: &str = "x-viewer-address";

/// Behind `CloudFront` the gateway sees only that. Whoever does not show its secret came around it and is refused;
/// what it says of the viewer counts.
pub fn behind_edge(router: Router, secret: Option<Secret>) -> Router {
    let Some(secret) = secret else { return router };
    router.layer(middleware::from_fn(move |mut request: Request, next: Next| {
        let came_through = shows(request.headers(), &secret);
        request.headers_mut().remove(ORIGIN_SECRET);
        if let Some(viewer) = viewer(request.headers()) {
            request.extensions_mut().insert(Viewer(viewer));
        }
        async move {
            match came_through {
                true => next.run(request).await,
                false => Error::Forbidden.into_response(),
            }
        }
    }))
}

fn shows(headers: &HeaderMap, secret: &Secret) -> bool {
    let shown = headers.get(ORIGIN_SECRET).map(HeaderValue::as_bytes).unwrap_or_default();
    shown.ct_eq(secret.reveal().as_bytes()).into()
}

/// The address of the viewer, without a port.
fn viewer(headers: &HeaderMap) -> Option<String> {
    let address = headers.get(VIEWER_ADDRESS)?.to_str().ok()?;
    address.parse::<IpAddr>().ok().map(|address| address.to_string())
}

/// Where a request comes from. On a laptop the peer; behind a gateway what the gateway put last; behind the edge what
/// the edge says.
pub fn address(parts: &Parts) -> String {
    if let Some(Viewer(address)) = parts.extensions.get() {
        return network(address);
    }
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        return network(&peer.ip().to_string());
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").into_iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()).and_then(|value| value.rsplit(',').next());
    network(last.map_or("unknown", str::trim))
}

/// Whoever has one address of IPv6 has 2^64 of them: all count as one.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use http::StatusCode;
    use tower::ServiceExt as _;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect::<HeaderMap>()
    }

    /// What a handler takes for the address, if it is asked.
    async fn seen(secret: Option<&str>, all: &[(&'static str, &'static str)]) -> Result<String, StatusCode> {
        let router = Router::new().route("/", get(async |parts: Parts| address(&parts)));
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers(all);
        let answer = behind_edge(router, secret.map(Secret::new)).oneshot(request).await.unwrap();
        if answer.status() != StatusCode::OK {
            return Err(answer.status());
        }
        let bytes = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_edge_is_believed_and_who_comes_around_it_is_refused() {
        let said = (VIEWER_ADDRESS, "198.51.100.10");
        let forwarded = ("x-forwarded-for", "203.0.113.9, 192.0.2.1");
        let edge = (ORIGIN_SECRET, "hidden");
        for (secret, all, expected) in [
            (Some("hidden"), vec![said, forwarded, edge], Ok("198.51.100.10")),
            (Some("hidden"), vec![forwarded, edge], Ok("192.0.2.1")),
            (Some("hidden"), vec![(VIEWER_ADDRESS, "somewhere"), forwarded, edge], Ok("192.0.2.1")),
            (Some("hidden"), vec![said, forwarded], Err(StatusCode::FORBIDDEN)),
            (Some("hidden"), vec![said, forwarded, (ORIGIN_SECRET, "guess")], Err(StatusCode::FORBIDDEN)),
            (Some("hidden"), vec![said, forwarded, (ORIGIN_SECRET, "")], Err(StatusCode::FORBIDDEN)),
            (None, vec![said, forwarded, edge], Ok("192.0.2.1")),
        ] {
            assert_eq!(seen(secret, &all).await, expected.map(str::to_owned), "{all:?}");
        }
    }

    #[test]
    fn an_address_of_ipv6_counts_with_its_network() {
        let all = headers(&[(VIEWER_ADDRESS, "2001:db8:1:2:3:4:5:6")]);
        assert_eq!(network(&viewer(&all).unwrap()), "2001:db8:1:2::/64");
        assert_eq!(network("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    }
}
