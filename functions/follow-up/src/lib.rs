//! The worker: takes jobs from SQS, and says which of a batch are to come again.

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use tracing::{Instrument as _, Span, info_span};
use twin::{
    clients::{twilio::TwilioRest, vault::Vault},
    error::Error,
    job::{Envelope, Job},
    twin::{Post, Twin},
    wire::trace::{self, Trace},
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
        let body = message.body.unwrap_or_default();
        let job = read(&body);
        // A job is ids alone: every line of the log says while it is worked on which one it is.
        let trace = message.attributes.get(trace::ATTRIBUTE).and_then(|header| Trace::read(header));
        let trace = trace.as_ref().map(Trace::root);
        let span = job.as_ref().map_or_else(|_| Span::none(), |_| info_span!("work", job = %body, trace));
        let id = message.message_id.unwrap_or_default();
        let worked = async {
            let done = match job {
                Ok(job) => Box::pin(work(state, job)).await,
                Err(error) => Err(error),
            };
            done.inspect_err(|error| tracing::warn!(id, %error, "a job failed and comes again"))
        };
        if worked.instrument(span).await.is_err() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

fn read(body: &str) -> Result<Job, Error> {
    let envelope = serde_json::from_str(body).map_err(|_| Error::Malformed("not a job".to_owned()))?;
    let Envelope::V1(job) = envelope;
    Ok(job)
}

async fn work(state: &State, job: Job) -> Result<(), Error> {
    let now = Timestamp::now();
    match job {
        Job::InteractionClosed { person, interaction } => {
            if state.twin.introduced().await?.is_none() {
                tracing::warn!(%interaction, "nobody has set up this twin: the sweep asks again when somebody has");
                return Ok(());
            }
            state.twin.follow_up(&person, &interaction, &state.post, now).await?;
            state.twin.call_back(&person, &interaction, state.telephony.number(), now).await?;
            tracing::info!(%interaction, "followed up");
        }
        Job::SendCode { person, interaction } => {
            state.twin.send_code(&person, &interaction, (&state.post, &state.telephony), now).await?;
        }
        Job::KeepRecording { person, interaction, recording, seconds } => {
            let places = (&state.telephony, &state.vault);
            state.twin.keep_recording((&person, &interaction), (&recording, seconds), places).await?;
        }
        Job::TranscribeRecording { person, interaction, recording } => {
            state.twin.transcribe_recording((&person, &interaction), &recording, &state.vault, now).await?;
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
