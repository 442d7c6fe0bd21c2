//! The worker: takes jobs from SQS, and says which of a batch are to come again.

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use twin::{
    clients::{twilio::TwilioRest, vault::Vault},
    error::Error,
    job::{Envelope, Job},
    twin::{Post, Twin},
};

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub post: Arc<Post>,
    pub telephony: TwilioRest,
    pub vault: Vault,
}

/// Works a batch through. A message that fails comes again alone; the others are done.
pub async fn handle(state: &State, event: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        let id = message.message_id.clone().unwrap_or_default();
        if let Err(error) = work(state, &message).await {
            tracing::warn!(message = id, %error, "a job failed and comes again");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

async fn work(state: &State, message: &SqsMessage) -> Result<(), Error> {
    let body = message.body.as_deref().unwrap_or_default();
    let envelope = serde_json::from_str(body).map_err(|_| Error::Malformed("not a job".to_owned()))?;
    let Envelope::V1(job) = envelope;
    let now = Timestamp::now();
    match job {
        Job::InteractionClosed { person, interaction } => {
            state.twin.follow_up(&person, &interaction, &state.post, now).await?;
            tracing::info!(%interaction, "followed up");
        }
        Job::KeepRecording { person, interaction, recording, seconds } => {
            let places = (&state.telephony, &state.vault);
            state.twin.keep_recording((&person, &interaction), (&recording, seconds), places).await?;
        }
        Job::PlaceCall { person, dial } => {
            let through = (&state.telephony, state.post.public_base_url.as_str());
            match state.twin.place(&person, &dial, through, now).await {
                // Whoever was to be called was erased.
                Ok(_) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Job::RemoveRecordings { call } => {
            state.twin.remove_recordings(&call, (&state.telephony, &state.vault), now).await?;
        }
    }
    Ok(())
}
