//! The SQS API in AWS JSON 1.0: `POST /` with `X-Amz-Target: AmazonSQS.<operation>`, as `aws-sdk-sqs`
//! sends it.

use std::collections::HashSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::queue::{Counts, Received, Sent};
use super::{Error, MAX_BYTES, Sqs};
use crate::aws::{ACCOUNT, random_uuid};

/// What comes before the operation in `X-Amz-Target`.
pub const TARGET: &str = "AmazonSQS.";

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TRACE: &str = "AWSTraceHeader";
const STRING: &str = "String";

/// Answers one request.
pub async fn answer(sqs: &Sqs, operation: &str, body: &[u8]) -> Response<Body> {
    let (status, error, body) = match run(sqs, operation, body).await {
        Ok(output) => (StatusCode::OK, None, output),
        Err(error) => {
            let (status, side) = if error.is_service_fault() {
                (StatusCode::INTERNAL_SERVER_ERROR, "Receiver")
            } else {
                (StatusCode::BAD_REQUEST, "Sender")
            };
            let (shape, code) = error.names();
            let body = json!({ "__type": shape, "message": error.to_string() });
            (status, Some(format!("{code};{side}")), body)
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .header("x-amzn-requestid", random_uuid());
    if let Some(error) = error {
        response = response.header("x-amzn-query-error", error);
    }
    response.body(Body::from(body.to_string())).unwrap_or_default()
}

async fn run(sqs: &Sqs, operation: &str, body: &[u8]) -> Result<Value, Error> {
    match operation {
        "SendMessage" => send(sqs, &parse(body)?),
        "SendMessageBatch" => send_batch(sqs, &parse(body)?),
        "ReceiveMessage" => receive(sqs, &parse(body)?).await,
        "DeleteMessage" => delete(sqs, &parse(body)?),
        "DeleteMessageBatch" => delete_batch(sqs, &parse(body)?),
        "ChangeMessageVisibility" => change_visibility(sqs, &parse(body)?),
        "GetQueueUrl" => get_queue_url(sqs, &parse(body)?),
        "GetQueueAttributes" => get_queue_attributes(sqs, &parse(body)?),
        "PurgeQueue" => purge(sqs, &parse(body)?),
        _ => Err(Error::UnsupportedOperation(operation.into())),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::MalformedInput(error.to_string()))
}

/// The part of a queue URL that names the queue; its host and account may be anything.
fn queue_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    #[serde(flatten)]
    message: Outgoing,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outgoing {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: Map<String, Value>,
    #[serde(default)]
    message_system_attributes: Map<String, Value>,
    message_group_id: Option<String>,
}

impl Outgoing {
    fn send(&self, sqs: &Sqs, queue: &str) -> Result<Map<String, Value>, Error> {
        if !self.message_attributes.is_empty() || self.message_group_id.is_some() {
            return Err(Error::UnsupportedOperation("A message attribute or group".into()));
        }
        let delay = seconds("DelaySeconds", self.delay_seconds, 900)?.unwrap_or_default();
        let trace = self.trace()?;
        let message = Sent { body: self.message_body.clone(), trace: trace.map(str::to_owned) };
        let id = sqs.send(queue, message, delay)?;
        let mut sent = Map::new();
        sent.insert("MessageId".into(), id.into());
        sent.insert("MD5OfMessageBody".into(), md5_of(&self.message_body).into());
        if let Some(trace) = trace {
            sent.insert("MD5OfMessageSystemAttributes".into(), md5_of_trace(trace).into());
        }
        Ok(sent)
    }

    /// `AWSTraceHeader`: the one system attribute that a sender may give.
    fn trace(&self) -> Result<Option<&str>, Error> {
        let Some((name, value)) = self.message_system_attributes.iter().next() else { return Ok(None) };
        let text = value["StringValue"].as_str().filter(|_| value["DataType"] == STRING);
        match text {
            Some(text) if name == TRACE && self.message_system_attributes.len() == 1 => Ok(Some(text)),
            _ => {
                Err(Error::invalid("MessageSystemAttributes", "Only AWSTraceHeader, a String, is supported."))
            }
        }
    }
}

fn send(sqs: &Sqs, request: &SendMessage) -> Result<Value, Error> {
    request.message.send(sqs, queue_name(&request.queue_url)).map(Value::Object)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<T> {
    queue_url: String,
    #[serde(default = "Vec::new")]
    entries: Vec<Entry<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<T> {
    id: String,
    #[serde(flatten)]
    item: T,
}

impl<T> Batch<T> {
    /// Runs the entries one by one: one that fails does not hold up the others.
    fn each(&self, run: impl Fn(&T) -> Result<Map<String, Value>, Error>) -> Result<Value, Error> {
        self.check()?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            match run(&entry.item) {
                Ok(mut done) => {
                    done.insert("Id".into(), entry.id.clone().into());
                    successful.push(Value::Object(done));
                }
                Err(error) => failed.push(json!({
                    "Id": entry.id,
                    "Code": error.names().1,
                    "Message": error.to_string(),
                    "SenderFault": !error.is_service_fault(),
                })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    fn check(&self) -> Result<(), Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut seen = HashSet::new();
        match self.entries.len() {
            0 => return Err(Error::EmptyBatchRequest),
            1..=10 => {}
            count => return Err(Error::TooManyEntriesInBatchRequest(count)),
        }
        for entry in &self.entries {
            if entry.id.is_empty() || entry.id.len() > 80 || !entry.id.chars().all(allowed) {
                return Err(Error::InvalidBatchEntryId);
            }
            if !seen.insert(&entry.id) {
                return Err(Error::BatchEntryIdsNotDistinct(entry.id.clone()));
            }
        }
        Ok(())
    }
}

fn send_batch(sqs: &Sqs, batch: &Batch<Outgoing>) -> Result<Value, Error> {
    let queue = queue_name(&batch.queue_url);
    sqs.settings(queue)?;
    let bytes = batch.entries.iter().map(|entry| entry.item.message_body.len()).sum();
    if bytes > MAX_BYTES {
        return Err(Error::BatchRequestTooLong(bytes));
    }
    batch.each(|message| message.send(sqs, queue))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    /// The older name of the next field.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
}

async fn receive(sqs: &Sqs, request: &ReceiveMessage) -> Result<Value, Error> {
    let max = request.max_number_of_messages.unwrap_or(1);
    if !(1..=10).contains(&max) {
        return Err(Error::invalid("MaxNumberOfMessages", "Must be between 1 and 10, if provided."));
    }
    let visibility = seconds("VisibilityTimeout", request.visibility_timeout, 43_200)?;
    let wait = seconds("WaitTimeSeconds", request.wait_time_seconds, 20)?.unwrap_or_default();
    let received = sqs.receive(queue_name(&request.queue_url), max, visibility, wait).await?;
    let names: Vec<&str> = request
        .attribute_names
        .iter()
        .chain(&request.message_system_attribute_names)
        .map(String::as_str)
        .collect();
    if received.is_empty() {
        return Ok(json!({}));
    }
    Ok(json!({ "Messages": received.iter().map(|one| message(one, &names)).collect::<Vec<_>>() }))
}

fn message(received: &Received, names: &[&str]) -> Value {
    let body = &received.message.body;
    let mut message = json!({
        "MessageId": received.message.id,
        "ReceiptHandle": received.receipt.to_string(),
        "MD5OfBody": md5_of(body),
        "Body": body,
    });
    let attributes = select(system_attributes(received), names);
    if !attributes.is_empty() {
        message["Attributes"] = Value::Object(attributes);
    }
    message
}

/// The attributes that the service itself gives a received message, and the trace that its sender gave.
pub fn system_attributes(received: &Received) -> Vec<(&'static str, String)> {
    let message = &received.message;
    let first = message.first_received.unwrap_or(message.sent);
    let mut all = vec![
        ("SenderId", ACCOUNT.into()),
        ("SentTimestamp", message.sent.as_millisecond().to_string()),
        ("ApproximateReceiveCount", message.receives.to_string()),
        ("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string()),
    ];
    all.extend(message.trace.clone().map(|trace| (TRACE, trace)));
    all
}

/// Of `all` attributes the ones asked for by name, or by `All`.
fn select(all: impl IntoIterator<Item = (&'static str, String)>, names: &[&str]) -> Map<String, Value> {
    let wanted = |name: &str| names.iter().any(|asked| *asked == "All" || *asked == name);
    all.into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

fn delete(sqs: &Sqs, request: &DeleteMessage) -> Result<Value, Error> {
    sqs.delete(queue_name(&request.queue_url), &request.receipt_handle)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Handle {
    receipt_handle: String,
}

fn delete_batch(sqs: &Sqs, batch: &Batch<Handle>) -> Result<Value, Error> {
    let queue = queue_name(&batch.queue_url);
    sqs.settings(queue)?;
    batch.each(|handle| sqs.delete(queue, &handle.receipt_handle).map(|()| Map::new()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: i64,
}

fn change_visibility(sqs: &Sqs, request: &ChangeMessageVisibility) -> Result<Value, Error> {
    let visibility = seconds("VisibilityTimeout", Some(request.visibility_timeout), 43_200)?;
    let queue = queue_name(&request.queue_url);
    sqs.change_visibility(queue, &request.receipt_handle, visibility.unwrap_or_default())?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

fn get_queue_url(sqs: &Sqs, request: &GetQueueUrl) -> Result<Value, Error> {
    Ok(json!({ "QueueUrl": sqs.queue_url(&request.queue_name)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

fn get_queue_attributes(sqs: &Sqs, request: &GetQueueAttributes) -> Result<Value, Error> {
    let all = queue_attributes(sqs, queue_name(&request.queue_url))?;
    let names: Vec<&str> = request.attribute_names.iter().map(String::as_str).collect();
    let known = |name: &str| name == "All" || name == "RedrivePolicy" || all.iter().any(|(n, _)| *n == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(Error::InvalidAttributeName((*unknown).into()));
    }
    Ok(json!({ "Attributes": select(all, &names) }))
}

fn queue_attributes(sqs: &Sqs, queue: &str) -> Result<Vec<(&'static str, String)>, Error> {
    let settings = sqs.settings(queue)?;
    let Counts { visible, in_flight, delayed, .. } = sqs.counts(queue)?;
    let mut all = vec![
        ("QueueArn", sqs.queue_arn(queue)),
        ("VisibilityTimeout", settings.visibility.as_secs().to_string()),
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
    ];
    if let Some(redrive) = settings.redrive {
        let target = sqs.queue_arn(&redrive.queue);
        let policy = json!({ "deadLetterTargetArn": target, "maxReceiveCount": redrive.max_receives });
        all.push(("RedrivePolicy", policy.to_string()));
    }
    Ok(all)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PurgeQueue {
    queue_url: String,
}

fn purge(sqs: &Sqs, request: &PurgeQueue) -> Result<Value, Error> {
    sqs.purge(queue_name(&request.queue_url))?;
    Ok(json!({}))
}

/// A number of seconds from 0 to `max`.
fn seconds(parameter: &'static str, value: Option<i64>, max: u64) -> Result<Option<Duration>, Error> {
    let Some(value) = value else { return Ok(None) };
    match u64::try_from(value) {
        Ok(value) if value <= max => Ok(Some(Duration::from_secs(value))),
        _ => Err(Error::invalid(parameter, format!("Must be between 0 and {max}, if provided."))),
    }
}

/// `MD5OfMessageSystemAttributes`: name, type and value, each behind its length, and what kind of value it is.
fn md5_of_trace(trace: &str) -> String {
    const TEXT: u8 = 1;
    let mut digest = Md5::new();
    let mut part = |part: &str| {
        digest.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(part);
    };
    part(TRACE);
    part(STRING);
    digest.update([TEXT]);
    digest.update(u32::try_from(trace.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(trace);
    format!("{:032x}", u128::from_be_bytes(digest.finalize().into()))
}

/// `MD5OfMessageBody`: what SQS answers so that a sender can check what arrived.
pub fn md5_of(body: &str) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(body).into()))
}
