//! The table that a command works on: of an AWS account, or of this machine's data while no system runs with it.

use std::path::Path;

use aws_config::SdkConfig;
use twin::{
    clients::{queue::Queue, transport},
    store::Store,
    twin::Twin,
};

use crate::{
    aws::Aws,
    stack::{TABLE, embedded},
};

/// What runs on this machine for it is to be stopped afterwards.
pub async fn opened(
    table: Option<&str>,
    directory: &Path,
) -> Result<(Twin, Option<Aws>), Box<dyn std::error::Error>> {
    if let Some(table) = table {
        let config = aws_config::from_env().http_client(transport()).load().await;
        return Ok((twin(&config, &config, table), None));
    }
    match embedded(directory).await {
        Ok((aws, dynamodb, queue)) => Ok((twin(&dynamodb, &queue, TABLE), Some(aws))),
        Err(error) if error.is_in_use() => Err("a system runs with this data: stop it first".into()),
        Err(error) => Err(error.into()),
    }
}

fn twin(dynamodb: &SdkConfig, queue: &SdkConfig, table: &str) -> Twin {
    let store = Store::new(aws_sdk_dynamodb::Client::new(dynamodb), table);
    // Commands send no job.
    Twin::new(store, Queue::new(aws_sdk_sqs::Client::new(queue), String::new()))
}
