#![recursion_limit = "256"]

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use twin::deployed::Deployed;

/// Each minute: finds what is overdue. The event says nothing that is needed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = &deployed.twin()?;
    let sweep = async |_: LambdaEvent<Value>| {
        twin.sweep(Timestamp::now()).await?;
        Ok::<_, lambda_runtime::Error>(())
    };
    // On the heap, because it is large.
    Box::pin(lambda_runtime::run(service_fn(sweep))).await
}
