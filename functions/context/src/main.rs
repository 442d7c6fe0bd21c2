use context::{State, app};
use twin::{
    config::Secret,
    deployed::Deployed,
    http::{OwnerAuth, edge},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment).await;
    let store = deployed.store()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let state = State { auth: OwnerAuth::new(store.clone(), token), store };
    lambda_http::run(edge(app(state))).await
}
