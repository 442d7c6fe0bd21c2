//! The services as the unchanged SDK crates see them, over HTTP.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageSystemAttributeName, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry,
};

use super::*;
use sqs::queue::Redrive;

/// A directory that is removed again.
pub(super) struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("omnitwin-test-{}", random_uuid())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

pub(super) async fn sdk(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"))
        .http_client(twin::clients::transport())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .load()
        .await
}

async fn local() -> Aws {
    let redrive = Some(Redrive { queue: "dead".into(), max_receives: 5 });
    let settings = Settings { redrive, ..Settings::default() };
    let config = Config {
        queues: vec![("jobs".into(), settings)],
        identities: vec!["twin@example.com".into()],
        ..Config::default()
    };
    start(config).await.expect("starts")
}

async fn sqs_client(aws: &Aws) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&sdk(&aws.sqs_url()).await)
}

async fn ses_client(aws: &Aws) -> aws_sdk_ses::Client {
    aws_sdk_ses::Client::new(&sdk(&aws.ses_url()).await)
}

#[test]
fn an_id_is_a_uuid_of_version_4() {
    let id = random_uuid();
    let (marks, lengths) = ((&id[14..15], &id[19..20]), id.split('-').map(str::len).collect::<Vec<_>>());
    assert_eq!((marks.0, lengths), ("4", vec![8, 4, 4, 4, 12]), "{id}");
    assert!(["8", "9", "a", "b"].contains(&marks.1), "{id}");
}

#[tokio::test]
async fn a_message_goes_through_the_sdk_and_back() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = client.get_queue_url().queue_name("jobs").send().await.expect("known").queue_url.expect("url");
    assert_eq!(url, aws.queue_url("jobs").expect("known"));

    let sent = client.send_message().queue_url(&url).message_body("hello").send().await.expect("sent");
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));

    let received = client
        .receive_message()
        .queue_url(&url)
        .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
        .send()
        .await
        .expect("received");
    let message = &received.messages()[0];
    assert_eq!((message.body(), message.message_id()), (Some("hello"), sent.message_id()));
    let attributes = message.attributes().expect("asked for");
    assert_eq!(attributes.len(), 1);
    assert_eq!(attributes[&MessageSystemAttributeName::ApproximateReceiveCount], "1");

    let handle = message.receipt_handle().expect("handle");
    client
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle(handle)
        .visibility_timeout(60)
        .send()
        .await
        .expect("in flight");
    client.delete_message().queue_url(&url).receipt_handle(handle).send().await.expect("deleted");
    let counts = aws.sqs.drained("jobs").await.expect("known");
    assert_eq!((counts.sent, counts.deleted), (1, 1));
    aws.stop().await.expect("stops");
}

/// What X-Ray goes by from a sender to the function behind the queue.
#[tokio::test]
async fn a_trace_goes_along_with_a_message() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let of_kind = |kind: &str| {
        let value = MessageSystemAttributeValue::builder().data_type(kind).string_value(trace);
        let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
        let send = client.send_message().queue_url(&url).message_body("hello");
        send.message_system_attributes(name, value.build().expect("complete")).send()
    };
    let sent = of_kind("String").await.expect("sent");
    // Source: Amazon SQS, "Calculating the MD5 message digest for message attributes", by another program.
    assert_eq!(sent.md5_of_message_system_attributes(), Some("5f48eef650c1d0207456969c85af2fdd"));
    assert_eq!(of_kind("Number").await.expect_err("no such trace").code(), Some("InvalidParameterValue"));
    let receive = client.receive_message().queue_url(&url);
    let received =
        receive.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader).send().await;
    let received = received.expect("received");
    let attributes = received.messages()[0].attributes().expect("asked for");
    assert_eq!(attributes[&MessageSystemAttributeName::AwsTraceHeader], trace);
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn batches_fail_entry_by_entry() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().expect("complete")
    };
    let sent = client
        .send_message_batch()
        .queue_url(&url)
        .entries(entry("good", "a"))
        .entries(entry("bad", "\u{1}"))
        .send()
        .await
        .expect("answered");
    assert_eq!(sent.successful()[0].id(), "good");
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("bad", "InvalidMessageContents"));

    let received =
        client.receive_message().queue_url(&url).max_number_of_messages(10).send().await.expect("received");
    let delete = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().expect("complete")
    };
    let deleted = client
        .delete_message_batch()
        .queue_url(&url)
        .entries(delete("1", received.messages()[0].receipt_handle().expect("handle")))
        .entries(delete("2", "not a handle"))
        .send()
        .await
        .expect("answered");
    assert_eq!(deleted.successful()[0].id(), "1");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");

    let twice = client.send_message_batch().queue_url(&url).entries(entry("x", "a")).entries(entry("x", "b"));
    assert!(twice.send().await.expect_err("refused").into_service_error().is_batch_entry_ids_not_distinct());
    let none = client.send_message_batch().queue_url(&url).set_entries(Some(Vec::new()));
    assert!(none.send().await.expect_err("refused").into_service_error().is_empty_batch_request());
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn the_sdk_understands_refusals_of_sqs() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");

    let unknown = client.get_queue_url().queue_name("none").send().await.expect_err("refused");
    assert!(unknown.into_service_error().is_queue_does_not_exist());
    let unknown = client.receive_message().queue_url("http://x/1/none").send().await.expect_err("refused");
    assert!(unknown.into_service_error().is_queue_does_not_exist());

    let bad = client.delete_message().queue_url(&url).receipt_handle("x").send().await.expect_err("refused");
    assert!(bad.into_service_error().is_receipt_handle_is_invalid());
    let gone = client
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle("AQEB-9-1")
        .visibility_timeout(0)
        .send()
        .await
        .expect_err("refused");
    assert!(gone.into_service_error().is_message_not_inflight());

    for (parameter, request) in [
        ("MaxNumberOfMessages", client.receive_message().max_number_of_messages(11)),
        ("WaitTimeSeconds", client.receive_message().wait_time_seconds(21)),
        ("VisibilityTimeout", client.receive_message().visibility_timeout(-1)),
    ] {
        let error = request.queue_url(&url).send().await.expect_err("refused").into_service_error();
        assert_eq!(error.code(), Some("InvalidParameterValue"), "{parameter}");
        assert!(error.message().is_some_and(|message| message.contains(parameter)));
    }
    let other = client.list_queues().send().await.expect_err("refused").into_service_error();
    assert!(other.is_unsupported_operation());
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn attributes_tell_the_state_and_a_purge_empties() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");
    client.send_message().queue_url(&url).message_body("a").delay_seconds(900).send().await.expect("sent");
    let ask = || client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
    let attributes = ask().send().await.expect("answered").attributes.expect("all");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesDelayed], "1");
    assert_eq!(
        attributes[&QueueAttributeName::RedrivePolicy],
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":5}"#
    );
    client.purge_queue().queue_url(&url).send().await.expect("purged");
    let attributes = ask().send().await.expect("answered").attributes.expect("all");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesDelayed], "0");
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn a_long_poll_ends_with_a_message_or_with_the_stop() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");
    let poll = || client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let (received, sent) =
        tokio::join!(poll(), client.send_message().queue_url(&url).message_body("a").send());
    sent.expect("sent");
    assert_eq!(received.expect("received").messages()[0].body(), Some("a"));

    let waiting = tokio::spawn(poll());
    aws.stop().await.expect("stops");
    // Either answered with nothing or, when it had not even arrived, refused.
    assert!(waiting.await.expect("no panic").map_or(true, |answer| answer.messages().is_empty()));
}

#[tokio::test]
async fn the_sdk_retries_what_a_queue_throttles_or_loses() {
    let aws = local().await;
    let client = sqs_client(&aws).await;
    let url = aws.queue_url("jobs").expect("known");
    aws.sqs.fault(sqs::Fault::Throttle, 1);
    aws.sqs.fault(sqs::Fault::LoseAnswer, 1);
    client.send_message().queue_url(&url).message_body("a").send().await.expect("the third try");
    assert_eq!(aws.sqs.counts("jobs").expect("known").visible, 2);
    aws.stop().await.expect("stops");
}

const RAW: &str = "From: Twin <twin@example.com>\r\nTo: ada@example.org\r\nBcc: bob@example.org\r\n\
                   Subject: Our talk\r\n\r\nThank you.\r\n";

fn raw(message: &str) -> aws_sdk_ses::types::RawMessage {
    aws_sdk_ses::types::RawMessage::builder().data(Blob::new(message)).build().expect("complete")
}

#[tokio::test]
async fn mail_goes_to_the_outbox() {
    let aws = local().await;
    let client = ses_client(&aws).await;
    let answer = client.send_raw_email().raw_message(raw(RAW)).send().await.expect("accepted");
    let sent = aws.ses.sent_at_least(1).await;
    assert_eq!(sent[0].message_id, answer.message_id());
    assert_eq!(sent[0].from, "twin@example.com");
    assert_eq!(sent[0].recipients, ["ada@example.org", "bob@example.org"]);
    assert_eq!(sent[0].raw, RAW.as_bytes());

    let to = client.send_raw_email().source("twin@example.com").destinations("Eve <eve+1@example.org>");
    to.raw_message(raw(RAW)).send().await.expect("accepted");
    assert_eq!(aws.ses.sent()[1].recipients, ["eve+1@example.org"]);

    let quota = client.get_send_quota().send().await.expect("answered");
    assert!((quota.sent_last24_hours() - 2.0).abs() < f64::EPSILON);
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn only_verified_senders_may_send() {
    let aws = local().await;
    let client = ses_client(&aws).await;
    let send = |message: String| client.send_raw_email().raw_message(raw(&message)).send();
    let other = RAW.replace("twin@example.com", "o'neil@example.net");
    let error = send(other.clone()).await.expect_err("refused").into_service_error();
    assert!(error.is_message_rejected());
    assert!(error.message().is_some_and(|message| message.contains("US-EAST-1: o'neil@example.net")));

    client.verify_email_identity().email_address("O'Neil@example.net").send().await.expect("verified");
    send(other).await.expect("accepted");
    let identities = client.get_identity_verification_attributes().identities("o'neil@example.net");
    let identities = identities.identities("unknown@example.net").send().await.expect("answered");
    let statuses: Vec<_> = identities
        .verification_attributes()
        .iter()
        .map(|(k, v)| (&**k, v.verification_status().as_str()))
        .collect();
    assert_eq!(statuses, [("o'neil@example.net", "Success")]);

    let error = send("no headers".into()).await.expect_err("refused").into_service_error();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    assert_eq!(aws.ses.sent().len(), 1);
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn the_sdk_retries_throttled_mail_and_not_rejected_mail() {
    let aws = local().await;
    let client = ses_client(&aws).await;
    let send = || client.send_raw_email().raw_message(raw(RAW)).send();
    aws.ses.fault(&ses::Fault::Throttle, 1);
    aws.ses.fault(&ses::Fault::Fail, 1);
    send().await.expect("the third try");
    aws.ses.fault(&ses::Fault::Throttle, 3);
    assert_eq!(send().await.expect_err("three tries").into_service_error().code(), Some("Throttling"));
    aws.ses.fault(&ses::Fault::Reject("Address blacklisted.".into()), 1);
    assert!(send().await.expect_err("refused").into_service_error().is_message_rejected());
    assert_eq!(aws.ses.sent().len(), 1);
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn mail_that_hangs_was_accepted_all_the_same() {
    let aws = local().await;
    // By then a busy machine, too, has taken it.
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)).build();
    let config = sdk(&aws.ses_url()).await.into_builder().timeout_config(timeouts).build();
    let client = aws_sdk_ses::Client::new(&config);
    aws.ses.fault(&ses::Fault::Hang, 1);
    client.send_raw_email().raw_message(raw(RAW)).send().await.expect_err("timed out");
    assert_eq!(aws.ses.sent_at_least(1).await.len(), 1);
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn mail_whose_connection_ends_was_accepted_all_the_same() {
    let aws = local().await;
    let config = sdk(&aws.ses_url()).await.into_builder().retry_config(RetryConfig::disabled()).build();
    let client = aws_sdk_ses::Client::new(&config);
    aws.ses.fault(&ses::Fault::Drop, 1);
    let error = client.send_raw_email().raw_message(raw(RAW)).send().await.expect_err("no answer");
    assert!(error.raw_response().is_none(), "not even a head: {error:?}");
    assert_eq!(aws.ses.sent().len(), 1);
    client.send_raw_email().raw_message(raw(RAW)).send().await.expect("the next one is answered");
    aws.stop().await.expect("stops");
}

#[tokio::test]
async fn other_requests_are_refused() {
    let aws = local().await;
    let sdk = sdk(&aws.sqs_url()).await;
    // DynamoDB's client at the door of the queues.
    let tables = aws_sdk_dynamodb::Client::new(&sdk).list_tables().send().await.expect_err("refused");
    assert_eq!(tables.into_service_error().code(), Some("UnknownOperationException"));
    let templates = aws_sdk_ses::Client::new(&sdk).list_templates().send().await.expect_err("refused");
    assert_eq!(templates.into_service_error().code(), Some("InvalidAction"));
    aws.stop().await.expect("stops");
}
