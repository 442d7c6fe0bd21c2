//! The table that a command works on: of an AWS account, or of this machine's data while no system runs with it.

use std::path::Path;

use aws_config::{Region, SdkConfig};
use twin::{
    clients::{queue::Queue, transport},
    store::Store,
    twin::Twin,
};

use super::setup::aws::{Aws as CommandLine, AwsError};
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
        return Ok((deployed(table, &CommandLine::found(&|_| None, None)).await?, None));
    }
    match embedded(directory).await {
        Ok((aws, dynamodb, queue)) => Ok((twin(&dynamodb, &queue, TABLE), Some(aws))),
        Err(error) if error.is_in_use() => Err("a system runs with this data: stop it first".into()),
        Err(error) => Err(error.into()),
    }
}

/// A table of the account that AWS's command line works with, which knows profiles, single sign-on and roles. Where it is not
/// installed, or an old one, of the one that the environment and profiles with keys name.
pub async fn deployed(table: &str, account: &CommandLine) -> Result<Twin, AwsError> {
    let mut config = aws_config::from_env().http_client(transport());
    match account.credentials() {
        Ok(credentials) => config = config.credentials_provider(credentials),
        Err(AwsError::Missing) => {}
        // Version 1 knows no such command.
        Err(AwsError::Refused(said)) if said.contains("Invalid choice") => {}
        Err(error) => return Err(error),
    }
    if let Some(region) = &account.region {
        config = config.region(Region::new(region.clone()));
    }
    let config = config.load().await;
    Ok(twin(&config, &config, table))
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
