use phone_webhook::{State, app};
use twin::{
    config::{PublicUrls, Secret, Twilio, ticket_secret},
    deployed::Deployed,
    http::OwnerAuth,
    wire::ticket::TicketKey,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    deployed.ready_for_calls(&twin)?;
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let state = State {
        auth: OwnerAuth::new(twin.store().clone(), token),
        twin,
        telephony: deployed.telephony()?,
        twilio: Twilio::from(&deployed.settings)?,
        urls: PublicUrls::from(&deployed.settings)?,
        tickets: TicketKey::new(ticket_secret(&deployed.settings)?.reveal()),
    };
    lambda_http::run(deployed.edge(app(state))).await
}
