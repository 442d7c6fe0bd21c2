//! What SNS posts: what became of our mails, and mails that came in. Nothing is believed before its signature is.

use axum::{
    extract::{Request, State as Extract},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use twin::{
    error::Error,
    follow_up::{
        feedback::feedback,
        reply::{ReplyAddress, read},
    },
    http::body_up_to,
    wire::sns::{SnsMessage, SnsType},
};

use crate::State;

pub const PATH: &str = "/api/mail/events";
/// SNS posts at most 256 KiB of message, with its JSON around it.
const MAX_BODY: usize = 320 * 1024;

/// A mail that came in. Source: AWS, "Contents of notifications for Amazon SES email receiving".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    mail: Mail,
    receipt: Receipt,
    /// All of it, if the rule's action says so: up to 150 KB.
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    recipients: Vec<String>,
    #[serde(default)]
    spam_verdict: Verdict,
    #[serde(default)]
    virus_verdict: Verdict,
    #[serde(default)]
    dmarc_verdict: Verdict,
    #[serde(default)]
    action: Action,
}

#[derive(Default, Deserialize)]
struct Verdict {
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
struct Action {
    #[serde(default)]
    encoding: String,
}

impl Verdict {
    fn is(&self, status: &str) -> bool {
        self.status == status
    }
}

/// What an event is about.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    notification_type: String,
    #[serde(default)]
    event_type: String,
}

pub async fn take(Extract(state): Extract<State>, request: Request) -> Result<Response, Error> {
    let (_, bytes) = body_up_to(request, MAX_BODY).await?;
    let message: SnsMessage =
        serde_json::from_slice(&bytes).map_err(|_| Error::Malformed("not a message of SNS".to_owned()))?;
    if !state.topics.contains(&message.topic_arn) {
        return Err(Error::Forbidden);
    }
    state.certificates.check(&message).await?;
    match message.kind {
        SnsType::Notification => notified(&state, &message.message).await?,
        SnsType::SubscriptionConfirmation => state.certificates.confirm(&message).await?,
        SnsType::UnsubscribeConfirmation => tracing::error!("SNS was told to post no more events of mails"),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn notified(state: &State, message: &str) -> Result<(), Error> {
    let now = Timestamp::now();
    let unreadable = |_| Error::Malformed("not an event of SES".to_owned());
    let kind: Kind = match serde_json::from_str(message) {
        Ok(kind) => kind,
        // SES says hello to a new destination in words.
        Err(_) if message.starts_with("Successfully validated") => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    if kind.notification_type == "Received" {
        let incoming = serde_json::from_str(message).map_err(unreadable)?;
        return received(state, &incoming, now).await;
    }
    if kind.event_type.is_empty() {
        return Ok(());
    }
    match feedback(message).map_err(unreadable)? {
        Some(feedback) => state.twin.fed_back(&feedback, now).await,
        None => Ok(()),
    }
}

async fn received(state: &State, incoming: &Incoming, now: Timestamp) -> Result<(), Error> {
    let Incoming { mail, receipt, content } = incoming;
    if receipt.spam_verdict.is("FAIL") || receipt.virus_verdict.is("FAIL") {
        tracing::info!("a mail that came in is spam or worse, and was dropped");
        return Ok(());
    }
    let token = receipt.recipients.iter().find_map(|recipient| ReplyAddress::token_in(recipient));
    let answers = match token {
        Some(token) => state.twin.store().reply_address(&token).await?,
        None => None,
    };
    let Some(answers) = answers else {
        tracing::info!("a mail that came in answers to none of ours, and was dropped");
        return Ok(());
    };
    let content = content.as_deref().unwrap_or_default();
    let mime = match receipt.action.encoding.as_str() {
        "BASE64" => STANDARD.decode(content).map_err(|_| Error::Malformed("not base64".to_owned()))?,
        _ => content.as_bytes().to_vec(),
    };
    let read = read(&mime).ok_or_else(|| Error::Malformed("not a mail".to_owned()))?;
    // A signature may be of any domain; only DMARC says that it is the sender's own (RFC 7489, 3.1).
    let proved = receipt.dmarc_verdict.is("PASS");
    state.twin.wrote_back(&answers, &mail.message_id, read, proved, now).await
}
