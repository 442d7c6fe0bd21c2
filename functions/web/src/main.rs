use twin::{config, deployed::Deployed, http, interaction::Simulated};
use web::{Entrance, State, app, deployed_parts};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let store = deployed.store()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(config::Secret::new);
    let state = State {
        auth: http::OwnerAuth::new(store.clone(), token),
        entrance: Entrance::deployed(&deployed.settings),
        store,
        public_base_url: config::PublicUrls::from(&deployed.settings)?.base,
        vault: deployed.vault()?,
        calls_origin: deployed.settings.optional("CALLS_ORIGIN"),
        phone_number: deployed.settings.optional("TWILIO_PHONE_NUMBER").unwrap_or_default(),
        parts: deployed_parts(&deployed.settings),
        simulated: Simulated::default(),
        call: None,
    };
    lambda_http::run(deployed.edge(app(state))).await
}
