#![recursion_limit = "256"]

use std::sync::Arc;

use follow_up::{State, handle};
use lambda_runtime::{LambdaEvent, service_fn};
use twin::deployed::Deployed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let (twin, post) = (deployed.twin()?, Arc::new(deployed.post()?));
    let state = &State { twin, post, telephony: deployed.telephony()?, vault: deployed.vault()? };
    let work =
        async |event: LambdaEvent<_>| Ok::<_, lambda_runtime::Error>(handle(state, event.payload).await);
    Box::pin(lambda_runtime::run(service_fn(work))).await
}
