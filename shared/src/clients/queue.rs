//! The job queue: SQS.

use aws_sdk_sqs::Client;

use crate::job::{Envelope, Job};

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

    pub async fn send(&self, job: Job) -> Result<(), QueueError> {
        let body =
            serde_json::to_string(&Envelope::from(job)).map_err(|error| QueueError(error.to_string()))?;
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| QueueError(error.to_string()))
    }
}
