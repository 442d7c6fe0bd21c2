use knowledge::web::fetch::Policy;
use mcp::{
    State, app,
    oauth::{OAuth, Oidc},
};
use twin::{
    config::{PublicUrls, Secret},
    deployed::Deployed,
    http::{OwnerAuth, edge},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment).await;
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let public_base_url = PublicUrls::from(&deployed.settings)?.base;
    let (store, auth) = (twin.store().clone(), OwnerAuth::new(twin.store().clone(), token));
    let oidc = Oidc::from(&deployed.settings)?;
    let oauth = OAuth::new(store, auth.clone(), &public_base_url, oidc, Policy::public())?;
    let state = State { auth, twin, public_base_url, oauth };
    lambda_http::run(edge(app(state))).await
}
