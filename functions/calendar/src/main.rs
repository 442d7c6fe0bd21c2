use calendar::{State, app};
use twin::{
    config::{MailSettings, PublicUrls, Secret},
    deployed::Deployed,
    http::OwnerAuth,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let mail = MailSettings::from(&deployed.settings)?;
    let state = State {
        auth: OwnerAuth::new(twin.store().clone(), token),
        twin,
        public_base_url: PublicUrls::from(&deployed.settings)?.base,
        owner_email: mail.owner,
        reply_domain: mail.reply_domain,
    };
    lambda_http::run(deployed.edge(app(state))).await
}
