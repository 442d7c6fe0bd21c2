//! Pages around a link in a mail. No script, nothing from elsewhere, no frame, and the address is told to nobody.

use askama::Template;
use axum::{
    extract::Request,
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use mail_parser::{MessageParser, MessagePart, MimeHeaders as _};
use serde::de::{
    DeserializeOwned,
    value::{self, MapDeserializer},
};
use twin::{
    error::Error,
    http::{body, media_type},
    wire::ticket::TicketError,
};

const FORM_DATA: &str = "multipart/form-data";

type Fields = std::vec::IntoIter<(String, String)>;

/// `strict-origin` and not `no-referrer`: with that, browsers send a form's POST with `Origin: null`.
const GUARDS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in GUARDS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A page that says something, and nothing is to be done.
#[derive(Template)]
#[template(path = "notice.html")]
pub struct Notice {
    pub title: &'static str,
    pub text: String,
}

impl Notice {
    pub fn new(title: &'static str, text: impl Into<String>) -> Self {
        Self { title, text: text.into() }
    }
}

/// What is shown in place of the page that was asked for; its status is the common mapping's business.
pub struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.0.into_response().status();
        let notice = match status {
            StatusCode::NOT_FOUND => Notice::new(
                "This link does not work any more",
                "It has expired, or it was cut off on its way. Nothing was changed.",
            ),
            StatusCode::CONFLICT => Notice::new(
                "This was changed meanwhile",
                "It was decided on, or it says something else now. Nothing was changed; a newer digest has a newer link.",
            ),
            StatusCode::FORBIDDEN => {
                Notice::new("This did not come from our own page", "Open the link in the mail once more.")
            }
            status if status.is_client_error() => {
                Notice::new("This cannot be read", "Open the link in the mail once more.")
            }
            _ => Notice::new("Not available right now", "Nothing is lost. Please try again in a moment."),
        };
        match notice.render() {
            Ok(page) => (status, Html(page)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

pub fn html(page: &impl Template) -> Result<Response, Failure> {
    let rendered = page.render().map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(Html(rendered).into_response())
}

/// A link that is not ours and one that has expired are answered alike.
pub fn no_link(_: TicketError) -> Error {
    Error::NotFound
}

/// The fields of a form, in either of its types.
pub async fn form<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    if !media_type(request.headers()).eq_ignore_ascii_case(FORM_DATA) {
        return twin::http::form(request).await;
    }
    let (parts, bytes) = body(request).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let fields = form_data(kind.unwrap_or_default(), &bytes).and_then(|fields| T::deserialize(fields).ok());
    fields.ok_or_else(|| Error::Malformed("not the fields of this form".to_owned()))
}

/// The fields of a form that is sent as MIME (RFC 7578): mail programs may choose it (RFC 8058, 3.2).
fn form_data(media_type: &str, body: &[u8]) -> Option<MapDeserializer<'static, Fields, value::Error>> {
    let head = format!("MIME-Version: 1.0\r\nContent-Type: {media_type}\r\n\r\n");
    let mime = [head.as_bytes(), body].concat();
    let message = MessageParser::default().parse(&mime)?;
    let field = |part: &MessagePart<'_>| {
        let name = part.content_disposition()?.attribute("name")?.to_owned();
        Some((name, part.text_contents()?.trim_end().to_owned()))
    };
    let fields: Vec<(String, String)> = message.parts.iter().filter_map(field).collect();
    Some(MapDeserializer::new(fields.into_iter()))
}
