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
    stack::{DATA_FILE, TABLE, embedded},
};

/// As [`opened`], for what is of no use without data: a directory that was mistyped is not made.
pub async fn kept(
    table: Option<&str>,
    directory: &Path,
) -> Result<(Twin, Option<Aws>), Box<dyn std::error::Error>> {
    if table.is_none() && !directory.join(DATA_FILE).try_exists()? {
        let place = directory.display();
        return Err(format!("there is no data in {place}: --data names the directory where it is").into());
    }
    opened(table, directory).await
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_that_was_mistyped_is_not_made() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mistyped");
        let error = kept(None, &directory).await.err().unwrap();
        assert!(error.to_string().contains("mistyped"), "{error}");
        assert!(!directory.exists());
    }
}
