#![recursion_limit = "256"]

use jiff::Timestamp;
use knowledge::import::Importer;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use twin::deployed::Deployed;

/// Each night: reads pages, feeds and GitHub again. The event says nothing that is needed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let importer = &Importer::from(&deployed.settings, deployed.twin()?)?;
    let refresh = async |_: LambdaEvent<Value>| {
        importer.refresh(Timestamp::now()).await?;
        Ok::<_, lambda_runtime::Error>(())
    };
    lambda_runtime::run(service_fn(refresh)).await
}
