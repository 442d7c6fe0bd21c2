//! Where a request comes from: what is let in is counted by it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::{self, Next},
};
use http::{HeaderMap, request::Parts};
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// Who stands behind the edge, as the edge says it.
#[derive(Clone)]
struct Viewer(String);

/// What the edge adds to a request, and nobody else can: a secret of its configuration.
const EDGE_SECRET: &str = "x-edge-secret";
const VIEWER_ADDRESS: &str = "cloudfront-viewer-address";

/// Behind `CloudFront` the gateway sees only that; what it says of the viewer counts if the request shows its secret.
pub fn behind_edge(router: Router, secret: Option<Secret>) -> Router {
    let Some(secret) = secret else { return router };
    router.layer(middleware::from_fn(move |mut request: Request, next: Next| {
        let viewer = viewer(request.headers(), &secret);
        request.headers_mut().remove(EDGE_SECRET);
        if let Some(viewer) = viewer {
            request.extensions_mut().insert(Viewer(viewer));
        }
        next.run(request)
    }))
}

/// The address of the viewer; none if the request did not come through our edge.
fn viewer(headers: &HeaderMap, secret: &Secret) -> Option<String> {
    let shown = headers.get(EDGE_SECRET)?.as_bytes();
    if !bool::from(shown.ct_eq(secret.reveal().as_bytes())) {
        return None;
    }
    // With the port behind it, and an address of IPv6 without brackets.
    let (address, _port) = headers.get(VIEWER_ADDRESS)?.to_str().ok()?.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
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
    use http::HeaderValue;
    use tower::ServiceExt as _;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect::<HeaderMap>()
    }

    /// What a handler takes for the address.
    async fn seen(secret: Option<&str>, all: &[(&'static str, &'static str)]) -> String {
        let router = Router::new().route("/", get(async |parts: Parts| address(&parts)));
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers(all);
        let answer = behind_edge(router, secret.map(Secret::new)).oneshot(request).await.unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_edge_is_believed_if_it_shows_its_secret() {
        let said = (VIEWER_ADDRESS, "198.51.100.10:46532");
        let forwarded = ("x-forwarded-for", "203.0.113.9, 192.0.2.1");
        let edge = (EDGE_SECRET, "hidden");
        assert_eq!(seen(Some("hidden"), &[said, forwarded, edge]).await, "198.51.100.10");
        for (secret, all) in [
            (None, vec![said, forwarded, edge]),
            (Some("hidden"), vec![said, forwarded]),
            (Some("hidden"), vec![said, forwarded, (EDGE_SECRET, "guess")]),
            (Some("hidden"), vec![forwarded, edge]),
            (Some("hidden"), vec![(VIEWER_ADDRESS, "somewhere"), forwarded, edge]),
        ] {
            assert_eq!(seen(secret, &all).await, "192.0.2.1", "{all:?}");
        }
    }

    #[test]
    fn an_address_of_ipv6_counts_with_its_network() {
        let secret = Secret::new("hidden");
        for written in ["2001:db8:1:2:3:4:5:6:443", "[2001:db8:1:2:3:4:5:6]:443"] {
            let all = headers(&[(EDGE_SECRET, "hidden"), (VIEWER_ADDRESS, written)]);
            assert_eq!(network(&viewer(&all, &secret).unwrap()), "2001:db8:1:2::/64", "{written}");
        }
        assert_eq!(network("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    }
}
