//! The SES v1 API in the AWS Query protocol: `POST /` with a form whose `Action` names the operation,
//! answered in XML, as `aws-sdk-ses` sends and expects it.

use std::{collections::HashMap, io};

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use quick_xml::escape::escape;

use super::{Error, Ses, Submission};
use crate::aws::random_uuid;

const NAMESPACE: &str = "http://ses.amazonaws.com/doc/2010-12-01/";

/// Answers one request.
pub async fn answer(ses: &Ses, body: &[u8]) -> Response<Body> {
    let request_id = random_uuid();
    let (status, xml) = match run(ses, body).await {
        Ok((action, result)) => (StatusCode::OK, success_xml(&action, &result, &request_id)),
        Err(Error::Dropped) => return dropped(),
        Err(error) => {
            let status = match error {
                Error::InternalFailure => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, error_xml(&error, &request_id))
        }
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/xml")
        .header("x-amzn-requestid", request_id)
        .body(Body::from(xml))
        .unwrap_or_default()
}

/// No answer: a body that breaks before its first byte takes the head with it, and the connection.
fn dropped() -> Response<Body> {
    let broken = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    Response::new(Body::from_stream(stream::iter([broken])))
}

/// The operation and its result, in XML.
async fn run(ses: &Ses, body: &[u8]) -> Result<(String, String), Error> {
    let form = Form::parse(body)?;
    let action = form.get("Action").unwrap_or_default();
    let result = match action {
        "SendRawEmail" => {
            let id = ses.send(submission(&form)?).await?;
            format!("<MessageId>{}</MessageId>", escape(id))
        }
        "GetSendQuota" => format!(
            "<Max24HourSend>50000.0</Max24HourSend><MaxSendRate>14.0</MaxSendRate>\
             <SentLast24Hours>{}.0</SentLast24Hours>",
            ses.sent().len()
        ),
        "VerifyEmailIdentity" => {
            ses.verify(form.get("EmailAddress").ok_or_else(|| Error::invalid("Missing EmailAddress"))?);
            String::new()
        }
        "GetIdentityVerificationAttributes" => verification(ses, &form),
        _ => return Err(Error::InvalidAction(action.into())),
    };
    Ok((action.into(), result))
}

fn submission(form: &Form) -> Result<Submission, Error> {
    let data = form.get("RawMessage.Data").ok_or_else(|| Error::invalid("Missing RawMessage.Data"))?;
    let raw = STANDARD.decode(data).map_err(|_| Error::invalid("RawMessage.Data is not base64"))?;
    let source = form.get("Source").map(Into::into);
    Ok(Submission { source, destinations: form.list("Destinations"), raw })
}

fn verification(ses: &Ses, form: &Form) -> String {
    let mut entries = String::new();
    for identity in form.list("Identities").iter().filter(|identity| ses.is_verified(identity)) {
        entries.push_str("<entry><key>");
        entries.push_str(&escape(identity));
        entries.push_str("</key><value><VerificationStatus>Success</VerificationStatus></value></entry>");
    }
    format!("<VerificationAttributes>{entries}</VerificationAttributes>")
}

fn success_xml(action: &str, result: &str, request_id: &str) -> String {
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn error_xml(error: &Error, request_id: &str) -> String {
    let (side, code) = match error {
        Error::MessageRejected(_) => ("Sender", "MessageRejected"),
        Error::InvalidParameterValue(_) => ("Sender", "InvalidParameterValue"),
        Error::Throttling => ("Sender", "Throttling"),
        Error::InvalidAction(_) => ("Sender", "InvalidAction"),
        Error::InternalFailure | Error::Dropped => ("Receiver", "InternalFailure"),
    };
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code>\
         <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        escape(error.to_string())
    )
}

/// The fields of a query request.
struct Form(HashMap<String, String>);

impl Form {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let fields = serde_urlencoded::from_bytes(body);
        fields.map(Self).map_err(|_| Error::invalid("The request is not a form."))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A list: `Name.member.1`, `Name.member.2` and so on.
    fn list(&self, name: &str) -> Vec<String> {
        (1..).map_while(|n| self.get(&format!("{name}.member.{n}")).map(Into::into)).collect()
    }
}
