use std::collections::HashMap;
use std::fs;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
    TimeToLiveSpecification, TransactWriteItem,
};

use super::*;
use crate::aws::tests::{Scratch, sdk};

/// A DynamoDB, a client for it, and what stops it.
struct Running {
    client: Client,
    dynamodb: Dynamodb,
    stop: oneshot::Sender<()>,
}

impl Running {
    async fn start(data: Data, sweep: Duration) -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            stopped.await.ok();
        };
        let dynamodb = Dynamodb::start(listener, data, sweep, shutdown).await?;
        let client = Client::new(&sdk(&format!("http://{}", dynamodb.address())).await);
        Ok(Self { client, dynamodb, stop })
    }

    async fn memory() -> Self {
        Self::start(Data::Memory, Duration::from_mins(1)).await.expect("starts")
    }

    async fn stop(self) {
        drop(self.client);
        self.stop.send(()).expect("running");
        self.dynamodb.stopped().await.expect("stops");
    }
}

async fn open(file: &Path) -> Result<Running, Error> {
    Running::start(Data::File(file.into()), Duration::from_mins(1)).await
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete")
}

fn index(name: &str) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(&format!("{name}pk"), KeyType::Hash))
        .key_schema(key(&format!("{name}sk"), KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .expect("complete")
}

async fn create_table(client: &Client) {
    let mut request = client
        .create_table()
        .table_name("twin")
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index("gsi1"))
        .global_secondary_indexes(index("gsi2"));
    for name in ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build().expect("complete");
        request = request.attribute_definitions(attribute);
    }
    request.send().await.expect("created");
    let ttl =
        TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().expect("complete");
    client
        .update_time_to_live()
        .table_name("twin")
        .time_to_live_specification(ttl)
        .send()
        .await
        .expect("set");
}

fn item(fields: &[(&str, &str)]) -> HashMap<String, AttributeValue> {
    fields.iter().map(|(name, value)| ((*name).into(), AttributeValue::S((*value).into()))).collect()
}

async fn put(client: &Client, fields: &[(&str, &str)]) {
    client.put_item().table_name("twin").set_item(Some(item(fields))).send().await.expect("put");
}

async fn get(client: &Client, pk: &str) -> Option<HashMap<String, AttributeValue>> {
    let request = client.get_item().table_name("twin").set_key(Some(item(&[("pk", pk), ("sk", "a")])));
    request.consistent_read(true).send().await.expect("got").item
}

#[tokio::test]
async fn an_index_is_sparse_and_sorted_and_paged() {
    let running = Running::memory().await;
    let client = &running.client;
    create_table(client).await;
    for n in ["3", "1", "2"] {
        put(client, &[("pk", n), ("sk", "a"), ("gsi1pk", "due"), ("gsi1sk", n)]).await;
    }
    put(client, &[("pk", "4"), ("sk", "a")]).await;
    let pages: Vec<_> = client
        .query()
        .table_name("twin")
        .index_name("gsi1")
        .key_condition_expression("gsi1pk = :p AND gsi1sk <= :now")
        .expression_attribute_values(":p", AttributeValue::S("due".into()))
        .expression_attribute_values(":now", AttributeValue::S("2".into()))
        .limit(1)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<_, _>>()
        .await
        .expect("queried");
    assert_eq!(pages.iter().map(|item| item["pk"].as_s().expect("S")).collect::<Vec<_>>(), ["1", "2"]);
    running.stop().await;
}

#[tokio::test]
async fn a_failed_condition_gives_the_item_back() {
    let running = Running::memory().await;
    let client = &running.client;
    create_table(client).await;
    put(client, &[("pk", "1"), ("sk", "a"), ("name", "Ada")]).await;
    let refused = client
        .put_item()
        .table_name("twin")
        .set_item(Some(item(&[("pk", "1"), ("sk", "a")])))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .expect_err("refused")
        .into_service_error();
    let old = match refused {
        PutItemError::ConditionalCheckFailedException(error) => error.item,
        other => panic!("{other:?}"),
    };
    assert_eq!(old.expect("asked for")["name"], AttributeValue::S("Ada".into()));
    running.stop().await;
}

#[tokio::test]
async fn a_cancelled_transaction_says_which_part_and_writes_nothing() {
    let running = Running::memory().await;
    let client = &running.client;
    create_table(client).await;
    put(client, &[("pk", "1"), ("sk", "a"), ("version", "7")]).await;
    let put = Put::builder().table_name("twin").set_item(Some(item(&[("pk", "2"), ("sk", "a")])));
    let check = ConditionCheck::builder()
        .table_name("twin")
        .set_key(Some(item(&[("pk", "1"), ("sk", "a")])))
        .condition_expression("version = :v")
        .expression_attribute_values(":v", AttributeValue::S("6".into()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let cancelled = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put.build().expect("complete")).build())
        .transact_items(
            TransactWriteItem::builder().condition_check(check.build().expect("complete")).build(),
        )
        .client_request_token("once")
        .send()
        .await
        .expect_err("cancelled")
        .into_service_error();
    let reasons = match cancelled {
        TransactWriteItemsError::TransactionCanceledException(error) => {
            error.cancellation_reasons.expect("reasons")
        }
        other => panic!("{other:?}"),
    };
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap_or_default()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1].item().expect("asked for")["version"], AttributeValue::S("7".into()));
    assert_eq!(get(client, "2").await, None);
    running.stop().await;
}

#[tokio::test]
async fn expired_items_are_swept() {
    let running = Running::start(Data::Memory, Duration::from_millis(5)).await.expect("starts");
    let client = &running.client;
    create_table(client).await;
    let mut expired = item(&[("pk", "1"), ("sk", "a")]);
    let past = jiff::Timestamp::now().as_second() - 60;
    expired.insert("ttl".into(), AttributeValue::N(past.to_string()));
    client.put_item().table_name("twin").set_item(Some(expired)).send().await.expect("put");
    put(client, &[("pk", "2"), ("sk", "a")]).await;
    while get(client, "1").await.is_some() {}
    assert!(get(client, "2").await.is_some());
    running.stop().await;
}

#[tokio::test]
async fn data_survives_a_restart() {
    let scratch = Scratch::new();
    let file = scratch.0.join("deep/data.db");
    let running = open(&file).await.expect("starts");
    create_table(&running.client).await;
    put(&running.client, &[("pk", "1"), ("sk", "a"), ("name", "Ada")]).await;
    running.stop().await;

    let running = open(&file).await.expect("starts again");
    assert_eq!(get(&running.client, "1").await, Some(item(&[("pk", "1"), ("sk", "a"), ("name", "Ada")])));
    let again = running.client.create_table().table_name("twin").billing_mode(BillingMode::PayPerRequest);
    let attribute =
        AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let again = again.attribute_definitions(attribute.build().expect("complete"));
    let exists =
        again.key_schema(key("pk", KeyType::Hash)).send().await.map_err(SdkError::into_service_error);
    assert!(exists.is_err_and(|error| error.is_resource_in_use_exception()));
    running.stop().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn what_was_deleted_is_not_in_the_file_of_a_system_that_stopped() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data.db");
    let running = open(&file).await.expect("starts");
    create_table(&running.client).await;
    let word = "brightwater".repeat(50);
    for pk in ["1", "2", "3"] {
        put(&running.client, &[("pk", pk), ("sk", "a"), ("gsi1pk", "due"), ("gsi1sk", &word)]).await;
    }
    for pk in ["1", "2", "3"] {
        let request = running.client.delete_item().table_name("twin");
        request.set_key(Some(item(&[("pk", pk), ("sk", "a")]))).send().await.expect("deleted");
    }
    running.stop().await;
    for entry in fs::read_dir(&scratch.0).expect("read") {
        let path = entry.expect("entry").path();
        let bytes = fs::read(&path).expect("read");
        assert!(!bytes.windows(11).any(|window| window == b"brightwater"), "{}", path.display());
    }
}

#[tokio::test]
async fn a_file_is_opened_once() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data.db");
    let running = open(&file).await.expect("starts");
    let error = open(&file).await.err().expect("refused");
    assert!(matches!(&error, Error::InUse(named) if *named == file), "{error}");
    assert!(error.to_string().contains("data.db is in use by another process"), "{error}");
    running.stop().await;
    open(&file).await.expect("free again").stop().await;
}

#[tokio::test]
async fn a_file_that_another_program_writes_to_is_in_use() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data.db");
    open(&file).await.expect("starts").stop().await;
    let other = Connection::open(&file).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let error = check(&file, Duration::ZERO).expect_err("refused");
    assert!(matches!(sqlite_error(&file, &error), Error::InUse(_)), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data.db");
    private::create_dir(&scratch.0).expect("made");
    fs::write(&file, "this is no database, but it is longer than a header of one would have to be")
        .expect("written");
    let before = fs::read(&file).expect("read");
    let error = open(&file).await.err().expect("refused");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("data.db"), "{error}");
    assert_eq!(fs::read(&file).expect("read"), before);
}

#[tokio::test]
async fn damage_inside_is_found_at_the_start() {
    let scratch = Scratch::new();
    let file = scratch.0.join("data.db");
    let running = open(&file).await.expect("starts");
    create_table(&running.client).await;
    running.stop().await;
    let mut bytes = fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    for byte in &mut bytes[4096..middle] {
        *byte = 0xA5;
    }
    fs::write(&file, bytes).expect("written");
    let error = open(&file).await.err().expect("refused");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_file_is_unusable() {
    let scratch = Scratch::new();
    private::create_dir(&scratch.0).expect("made");
    let error = open(&scratch.0).await.err().expect("refused");
    assert!(matches!(error, Error::Unusable { .. }), "{error}");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error_of_the_sdk() {
    let running = Running::memory().await;
    let error = running.client.describe_table().table_name("none").send().await.expect_err("refused");
    assert_eq!(error.into_service_error().code(), Some("ResourceNotFoundException"));
    running.stop().await;
}
