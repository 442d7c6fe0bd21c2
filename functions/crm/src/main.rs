use crm::{State, app};
use twin::{
    config::{PublicUrls, Secret},
    deployed::Deployed,
    http::OwnerAuth,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let dead_jobs = deployed.settings.optional("DEAD_JOBS_QUEUE_URL");
    let public_base_url = PublicUrls::from(&deployed.settings)?.base;
    let state = State { auth: OwnerAuth::new(twin.store().clone(), token), twin, public_base_url, dead_jobs };
    lambda_http::run(deployed.edge(app(state))).await
}
