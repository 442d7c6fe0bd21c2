use context::{State, app};
use twin::{config::Secret, deployed::Deployed, http::OwnerAuth};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let state = State { auth: OwnerAuth::new(twin.store().clone(), token), twin };
    lambda_http::run(deployed.edge(app(state))).await
}
