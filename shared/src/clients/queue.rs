//! The job queue: SQS.

use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue},
};

use super::{Lazy, why};
use crate::{
    job::{Envelope, Job},
    wire::trace::Trace,
};

/// Messages that SQS hands out at once.
const BATCH: i32 = 10;

#[derive(Clone)]
pub struct Queue {
    client: Lazy<Client>,
    url: String,
    /// What its jobs belong to, where no function's own trace says so: a function's goes along with each of its requests.
    trace: Option<Trace>,
}

#[derive(Debug, thiserror::Error)]
#[error("the job could not be queued: {0}")]
pub struct QueueError(String);

impl Queue {
    pub fn new(client: impl Into<Lazy<Client>>, url: impl Into<String>) -> Self {
        Self { client: client.into(), url: url.into(), trace: None }
    }

    pub fn traced(self, trace: Option<Trace>) -> Self {
        Self { trace, ..self }
    }

    /// Takes up to so many messages from another queue and sends them to this one, each before it is deleted there: a
    /// job that comes twice does nothing twice. How many there were.
    pub async fn take_over(&self, other: &str, most: usize) -> Result<usize, QueueError> {
        let mut taken = 0;
        while taken < most {
            let receive = self.client.receive_message().queue_url(other).max_number_of_messages(BATCH);
            let received = receive.send().await.map_err(failed)?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let (Some(body), Some(handle)) = (message.body, message.receipt_handle) else { continue };
                let send = self.client.send_message().queue_url(&self.url).message_body(body);
                send.send().await.map_err(failed)?;
                let delete = self.client.delete_message().queue_url(other).receipt_handle(handle);
                delete.send().await.map_err(failed)?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    pub async fn send(&self, job: Job) -> Result<(), QueueError> {
        let body =
            serde_json::to_string(&Envelope::from(job)).map_err(|error| QueueError(error.to_string()))?;
        let mut send = self.client.send_message().queue_url(&self.url).message_body(body);
        if let Some(trace) = &self.trace {
            let value =
                MessageSystemAttributeValue::builder().data_type("String").string_value(trace.as_str());
            let value = value.build().map_err(|error| QueueError(error.to_string()))?;
            send = send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
        }
        send.send().await.map(drop).map_err(failed)
    }
}

fn failed<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> QueueError {
    QueueError(why(&error))
}
