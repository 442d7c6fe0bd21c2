use mail::{Certificates, State, app};
use twin::{
    config::{PublicUrls, ticket_secret},
    deployed::Deployed,
    wire::ticket::TicketKey,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let deployed = Deployed::start(&environment);
    let state = State {
        twin: deployed.twin()?,
        public_base_url: PublicUrls::from(&deployed.settings)?.base,
        links: TicketKey::new(ticket_secret(&deployed.settings)?.reveal()),
        certificates: Certificates::of_sns()?,
        topics: deployed.settings.list("MAIL_TOPICS"),
    };
    lambda_http::run(deployed.edge(app(state))).await
}
