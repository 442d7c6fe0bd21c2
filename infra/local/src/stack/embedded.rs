//! AWS in this process, and where its data is.

use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use twin::{
    clients::{timeouts, transport},
    store::Store,
};

use super::{DEAD_JOBS, JOBS, MAIL_FROM, Options, StackError, TABLE};
use crate::aws::{
    self, Aws,
    dynamodb::Data,
    sqs::queue::{Redrive, Settings as QueueSettings},
};

const MAX_RECEIVES: u32 = 5;
const REGION: &str = "us-east-1";
/// Of the data directory.
pub const DATA_FILE: &str = "twin.db";

pub(super) async fn start(options: &Options) -> Result<Aws, aws::Error> {
    let data = match (&options.dynamodb, &options.directory) {
        (Some(endpoint), _) => Data::Elsewhere(endpoint.clone()),
        (None, Some(directory)) => Data::File(directory.join(DATA_FILE)),
        (None, None) => Data::Memory,
    };
    let redrive = Redrive { queue: DEAD_JOBS.to_owned(), max_receives: MAX_RECEIVES };
    let jobs = QueueSettings { visibility: options.visibility, redrive: Some(redrive) };
    aws::start(aws::Config {
        region: REGION.to_owned(),
        data,
        queues: vec![(JOBS.to_owned(), jobs)],
        identities: vec![MAIL_FROM.to_owned()],
        outbox: options.directory.as_ref().map(|directory| directory.join("outbox")),
        ..aws::Config::default()
    })
    .await
}

/// The AWS SDK as a function would have it, pointed at an embedded service.
pub(super) fn sdk_config(endpoint: String) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(transport())
        .timeout_config(timeouts())
        .endpoint_url(endpoint)
        .build()
}

/// The table in `directory`, for a command while the system does not run.
pub async fn embedded(directory: &Path) -> Result<(Aws, SdkConfig, SdkConfig), StackError> {
    let options = Options { directory: Some(directory.to_owned()), ..Options::default() };
    let aws = start(&options).await?;
    let (dynamodb, queue) = (sdk_config(aws.dynamodb_url()), sdk_config(aws.sqs_url()));
    Store::new(aws_sdk_dynamodb::Client::new(&dynamodb), TABLE).create_table().await?;
    Ok((aws, dynamodb, queue))
}

/// Where recordings are kept; those of a system in memory go with the machine's temporary files.
pub(super) fn recordings(options: &Options) -> PathBuf {
    match &options.directory {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("omnitwin-{:016x}", rand::random::<u64>())),
    }
}
