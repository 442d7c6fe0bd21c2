use phone_webhook::{State, app};
use twin::{
    config::{PublicUrls, Secret, Twilio, ticket_secret},
    deployed::Deployed,
    http::OwnerAuth,
    identity::Phone,
    wire::ticket::TicketKey,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let twin = deployed.twin()?;
    let twilio = Twilio::from(&deployed.settings)?;
    // Each call needs the table, and what is known of all countries' numbers, and a function has more of a processor while it
    // starts than while a caller waits.
    twin.store().ready();
    if Phone::parse(twilio.phone_number.as_str()).is_err() {
        tracing::warn!("the twin's own number is not known to be in use");
    }
    let token = deployed.settings.optional("OWNER_TOKEN").map(Secret::new);
    let state = State {
        auth: OwnerAuth::new(twin.store().clone(), token),
        twin,
        telephony: deployed.telephony()?,
        twilio,
        urls: PublicUrls::from(&deployed.settings)?,
        tickets: TicketKey::new(ticket_secret(&deployed.settings)?.reveal()),
    };
    lambda_http::run(deployed.edge(app(state))).await
}
