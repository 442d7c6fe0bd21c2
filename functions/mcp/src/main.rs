use mcp::{Keys, State, app, oauth};
use twin::{clients::fetch::Policy, config, deployed::Deployed, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(config::Secret::new);
    let public_base_url = config::PublicUrls::from(&deployed.settings)?.base;
    let auth = http::OwnerAuth::new(twin.store().clone(), token);
    let oidc = oauth::Oidc::from(&deployed.settings)?;
    let oauth = oauth::OAuth::new(twin.clone(), auth.clone(), &public_base_url, oidc, Policy::public())?;
    let state = State {
        auth,
        twin,
        public_base_url,
        oauth,
        phone_number: deployed.settings.optional("TWILIO_PHONE_NUMBER").unwrap_or_default(),
        origins: deployed.settings.list("MCP_ALLOWED_ORIGINS"),
        keys: Keys::of(config::ticket_secret(&deployed.settings)?)?,
    };
    lambda_http::run(deployed.edge(app(state))).await
}
