//! Forms of our own pages.

use axum::extract::Request;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::{
    origin,
    read::{body, media_type},
};
use crate::error::Error;

const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form that was sent from one of our own pages.
pub async fn posted<T: DeserializeOwned>(request: Request, base_url: &str) -> Result<T, Error> {
    from_own_page(request.headers(), base_url)?;
    form(request).await
}

/// The fields of a form.
pub async fn form<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    let (parts, bytes) = body(request).await?;
    if !media_type(&parts.headers).eq_ignore_ascii_case(FORM) {
        return Err(Error::UnsupportedMediaType);
    }
    let read = serde_urlencoded::from_bytes(&bytes);
    read.map_err(|_| Error::Malformed("not the fields of this form".to_owned()))
}

/// Browsers name the page that a form is on: another one, or none, is not ours.
pub fn from_own_page(headers: &HeaderMap, base_url: &str) -> Result<(), Error> {
    let given = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if given.is_some_and(|given| given == origin(base_url)) { Ok(()) } else { Err(Error::Forbidden) }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::HeaderValue;

    use super::*;

    #[test]
    fn origins_as_browsers_write_them() {
        let rows = [
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://Twin.Example:443/prod", "https://twin.example"),
            ("http://twin.example:80", "http://twin.example"),
            ("https://twin.example:8443", "https://twin.example:8443"),
        ];
        for (url, expected) in rows {
            assert_eq!(origin(url), expected);
        }
    }

    #[test]
    fn forms_come_from_our_own_pages_only() {
        let from = |value: Option<&'static str>, base: &str| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (header::ORIGIN, HeaderValue::from_static(value))));
            from_own_page(&headers, base).is_ok()
        };
        assert!(from(Some("https://twin.example"), "https://Twin.example:443/"));
        assert!(from(Some("http://localhost:8080"), "http://localhost:8080"));
        for other in
            ["null", "http://twin.example", "https://twin.example.evil.example", "https://evil.example", ""]
        {
            assert!(!from(Some(other), "https://twin.example"), "{other}");
        }
        assert!(!from(None, "https://twin.example"));
    }

    #[tokio::test]
    async fn a_form_is_told_by_its_type() {
        let read = async |kind: &str| {
            let request =
                Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from("a=b&c=d%20e"));
            form::<Vec<(String, String)>>(request.unwrap()).await
        };
        let fields = [("a".to_owned(), "b".to_owned()), ("c".to_owned(), "d e".to_owned())];
        assert_eq!(read("Application/X-www-form-urlencoded; charset=UTF-8").await.unwrap(), fields);
        assert!(matches!(read("text/plain").await, Err(Error::UnsupportedMediaType)));
    }
}
