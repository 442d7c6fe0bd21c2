//! Simulator of SNS, as far as somebody who is posted to sees it: signed messages, and the certificate to check them by.
//! Shapes: AWS, "Parsing Amazon SNS message formats", "Verifying the signatures of Amazon SNS messages".

use std::sync::OnceLock;

use axum::{Router, routing::get};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, SigningKey as _};
use serde_json::{Value, json};

pub const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:mail";
/// Where the certificate is, below the simulator's own address.
pub const CERTIFICATE: &str = "/SimpleNotificationService-simulated.pem";
const CONFIRM: &str = "/confirm";

struct Signer {
    key: KeyPair,
    pem: String,
}

/// Made when it is first needed.
static SIGNER: OnceLock<Option<Signer>> = OnceLock::new();

fn signer() -> Option<&'static Signer> {
    let made = SIGNER.get_or_init(|| {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).ok()?;
        let params = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()]).ok()?;
        let pem = params.self_signed(&key).ok()?.pem();
        Some(Signer { key, pem })
    });
    made.as_ref()
}

pub fn app<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(CERTIFICATE, get(|| async { signer().map(|signer| signer.pem.clone()).unwrap_or_default() }))
        .route(CONFIRM, get(|| async { "<ConfirmSubscriptionResponse/>" }))
}

/// What SNS posts for a message on a topic, signed (version 2). `base`: where this simulator is reached.
pub fn notification(base: &str, topic: &str, message: &Value) -> Option<Value> {
    let message = message.to_string();
    let (id, at) = (id(), Timestamp::now().to_string());
    let text = format!(
        "Message\n{message}\nMessageId\n{id}\nTimestamp\n{at}\nTopicArn\n{topic}\nType\nNotification\n"
    );
    Some(json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": topic,
        "Message": message,
        "Timestamp": at,
        "SignatureVersion": "2",
        "Signature": signed(&text)?,
        "SigningCertURL": format!("{base}{CERTIFICATE}"),
        "UnsubscribeURL": format!("{base}/unsubscribe"),
    }))
}

/// What SNS posts when an address is subscribed to a topic.
pub fn confirmation(base: &str, topic: &str) -> Option<Value> {
    let (id, at, token) = (id(), Timestamp::now().to_string(), id());
    let message = format!("You have chosen to subscribe to the topic {topic}.");
    let url = format!("{base}{CONFIRM}");
    let text = format!(
        "Message\n{message}\nMessageId\n{id}\nSubscribeURL\n{url}\nTimestamp\n{at}\nToken\n{token}\nTopicArn\n{topic}\n\
         Type\nSubscriptionConfirmation\n"
    );
    Some(json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": id,
        "Token": token,
        "TopicArn": topic,
        "Message": message,
        "SubscribeURL": url,
        "Timestamp": at,
        "SignatureVersion": "2",
        "Signature": signed(&text)?,
        "SigningCertURL": format!("{base}{CERTIFICATE}"),
    }))
}

fn signed(text: &str) -> Option<String> {
    Some(STANDARD.encode(signer()?.key.sign(text.as_bytes()).ok()?))
}

fn id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
