//! The job queue: SQS.

use aws_sdk_sqs::Client;

use crate::job::{Envelope, Job};

/// Messages that SQS hands out at once.
const BATCH: i32 = 10;

#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the job could not be queued: {0}")]
pub struct QueueError(String);

impl Queue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Takes up to so many messages from another queue and sends them to this one, each before it is deleted there: a
    /// job that comes twice does nothing twice. How many there were.
    pub async fn take_over(&self, other: &str, most: usize) -> Result<usize, QueueError> {
        let failed = |error: String| QueueError(error);
        let mut taken = 0;
        while taken < most {
            let receive = self.client.receive_message().queue_url(other).max_number_of_messages(BATCH);
            let received = receive.send().await.map_err(|error| failed(error.to_string()))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let (Some(body), Some(handle)) = (message.body, message.receipt_handle) else { continue };
                let send = self.client.send_message().queue_url(&self.url).message_body(body);
                send.send().await.map_err(|error| failed(error.to_string()))?;
                let delete = self.client.delete_message().queue_url(other).receipt_handle(handle);
                delete.send().await.map_err(|error| failed(error.to_string()))?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    pub async fn send(&self, job: Job) -> Result<(), QueueError> {
        let body =
            serde_json::to_string(&Envelope::from(job)).map_err(|error| QueueError(error.to_string()))?;
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| QueueError(error.to_string()))
    }
}
