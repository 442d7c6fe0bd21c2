use knowledge::web::fetch::Policy;
use mcp::{State, app, oauth, seal};
use twin::{config, deployed::Deployed, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment).await;
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(config::Secret::new);
    let public_base_url = config::PublicUrls::from(&deployed.settings)?.base;
    let (store, auth) = (twin.store().clone(), http::OwnerAuth::new(twin.store().clone(), token));
    let oidc = oauth::Oidc::from(&deployed.settings)?;
    let oauth = oauth::OAuth::new(store, auth.clone(), &public_base_url, oidc, Policy::public())?;
    let secret = config::ticket_secret(&deployed.settings)?;
    let origins = deployed.settings.optional("MCP_ALLOWED_ORIGINS").unwrap_or_default();
    let state = State {
        auth,
        twin,
        public_base_url,
        oauth,
        phone_number: deployed.settings.optional("TWILIO_PHONE_NUMBER").unwrap_or_default(),
        origins: origins.split_whitespace().map(str::to_owned).collect(),
        sealed: seal(&secret)?,
        secret,
    };
    lambda_http::run(http::edge(app(state))).await
}
