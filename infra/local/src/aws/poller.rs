//! Lambda's event source mapping for SQS, in process: receive a batch, call the function, delete what it
//! does not report as failed.
//!
//! As in Lambda, what the function reports in `batchItemFailures` stays on the queue until its visibility
//! timeout, and so does the whole batch when the function returns an error, panics, runs for longer than
//! that timeout, or reports a message that it was not given. (AWS Lambda Developer Guide: "Handling errors
//! for an SQS event source in Lambda".)

use std::collections::HashSet;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::aws::sqs::queue::Received;
use crate::aws::sqs::wire::{md5_of, system_attributes};
use crate::aws::sqs::{Error, Sqs};

/// The largest batch, and Lambda's default (`BatchSize`).
const BATCH: usize = 10;

/// How long a receive waits for a message. It costs nothing here; it only bounds how long one call takes.
const WAIT: Duration = Duration::from_secs(20);

/// An event source mapping at work.
#[derive(Debug)]
pub struct Poller {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Poller {
    /// Feeds the messages of `queue` to `function`, one batch at a time. Start several for several at a
    /// time. Fails when there is no such queue.
    pub fn start<F, A, E>(sqs: Arc<Sqs>, queue: &str, function: F) -> Result<Self, Error>
    where
        F: Fn(SqsEvent) -> A + Send + Sync + 'static,
        A: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let limit = sqs.settings(queue)?.visibility;
        let (stop, stopped) = watch::channel(false);
        let mapping = Mapping { sqs, queue: queue.into(), limit, function };
        Ok(Self { task: tokio::spawn(mapping.run(stopped)), stop })
    }

    /// Takes no further batch, and returns once the current one is done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the poller ended early");
        }
    }
}

struct Mapping<F> {
    sqs: Arc<Sqs>,
    queue: String,
    /// How long the function may take: no longer than its messages stay hidden.
    limit: Duration,
    function: F,
}

impl<F, A, E> Mapping<F>
where
    F: Fn(SqsEvent) -> A + Send + Sync,
    A: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
    E: Display + Send + 'static,
{
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        loop {
            // A receive that is given up takes no message: it yields only while there is none.
            let received = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => return,
                received = self.sqs.receive(&self.queue, BATCH, None, WAIT) => received,
            };
            match received {
                Ok(batch) if batch.is_empty() && self.sqs.is_closed() => return,
                Ok(batch) if batch.is_empty() => {}
                Ok(batch) => self.handle(&batch).await,
                Err(error) => return tracing::error!(%error, queue = self.queue, "the poller stops"),
            }
        }
    }

    async fn handle(&self, batch: &[Received]) {
        match self.failures(batch).await {
            Ok(failed) => {
                for one in batch.iter().filter(|one| !failed.contains(one.message.id.as_str())) {
                    if let Err(error) = self.sqs.delete(&self.queue, &one.receipt.to_string()) {
                        tracing::error!(%error, queue = self.queue, "cannot delete a handled message");
                    }
                }
            }
            Err(reason) => {
                tracing::warn!(reason, queue = self.queue, messages = batch.len(), "a batch failed");
            }
        }
    }

    /// Calls the function: the IDs of the messages that it reports as failed, or why all of them are.
    async fn failures(&self, batch: &[Received]) -> Result<HashSet<String>, String> {
        let event = event(batch, &self.sqs.queue_arn(&self.queue), self.sqs.region());
        // In a task of its own, so that a panic ends the task and not the poller.
        let mut call = tokio::spawn((self.function)(event));
        let Ok(answer) = timeout(self.limit, &mut call).await else {
            call.abort();
            return Err("the function timed out".into());
        };
        let response = answer
            .map_err(|error| format!("the function did not return: {error}"))?
            .map_err(|error| format!("the function failed: {error}"))?;
        let given: HashSet<&str> = batch.iter().map(|one| one.message.id.as_str()).collect();
        let failed: HashSet<String> =
            response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        if failed.iter().all(|id| given.contains(id.as_str())) {
            Ok(failed)
        } else {
            Err("the function reported a message that it was not given".into())
        }
    }
}

/// The event that Lambda makes of a batch.
fn event(batch: &[Received], arn: &str, region: &str) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(|received| record(received, arn, region)).collect();
    event
}

fn record(received: &Received, arn: &str, region: &str) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(received.message.id.clone());
    record.receipt_handle = Some(received.receipt.to_string());
    record.body = Some(received.message.body.clone());
    record.md5_of_body = Some(md5_of(&received.message.body));
    record.attributes =
        system_attributes(received).into_iter().map(|(name, value)| (name.into(), value)).collect();
    record.event_source = Some("aws:sqs".into());
    record.event_source_arn = Some(arn.into());
    record.aws_region = Some(region.into());
    record
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
